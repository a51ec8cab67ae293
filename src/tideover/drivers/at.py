"""What is said to a mobile modem and what its answers mean: diversions (3GPP TS 27.007, +CCFC), SIM, network, signal. Pure.

Voice alone is ever touched (class 1). Three diversions matter to a shop: always, no reply, not reachable; "busy" is left to the phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

ALWAYS, NO_REPLY, NOT_REACHABLE = "0", "2", "3"
REASONS = (ALWAYS, NO_REPLY, NOT_REACHABLE)
VOICE = 1
DISABLE, ENABLE, QUERY, REGISTER, ERASE = range(5)
INTERNATIONAL, NATIONAL = 145, 129
NO_ONE = "-"  # Written where the network names no number.
AT_HOME, ROAMING = 1, 5  # Of +CREG: the network has let it in.
SIGNAL_MAX, SIGNAL_UNKNOWN = 31, 99

FORWARD = re.compile(r'\+CCFC: ?([01]),(\d{1,3})(?:,"?([0-9+*#]{0,40})"?(?:,(\d{0,3})(?:,[^,]*(?:,[^,]*(?:,(\d{0,2}))?)?)?)?)?')
FINAL = re.compile(r"OK|ERROR|\+CM[ES] ERROR: ?.{0,80}")
ERROR_NUMBER = re.compile(r"\+CM[ES] ERROR: ?(\d{1,4})")


class Forward(Struct, frozen=True):
    """One diversion as the network knows it."""

    is_on: bool
    number: str
    seconds: int | None = None  # Until it is diverted, where that is asked.

    def written(self) -> str:
        """For the disk."""
        return f"{'on' if self.is_on else 'off'} {self.number or NO_ONE} {'' if self.seconds is None else self.seconds}".strip()


def forward_read(text: str) -> Forward:
    """What `written` wrote. Raises ValueError."""
    word, number, *rest = text.split(" ")
    return Forward(word == "on", number.replace(NO_ONE, ""), int(rest[0]) if rest else None)


def is_final(line: str) -> bool:
    """True for the line that ends an answer."""
    return FINAL.fullmatch(line) is not None


def error_number(line: str) -> int | None:
    """The number of an error; None where it has none."""
    found = ERROR_NUMBER.match(line)
    return int(found[1]) if found else None


def query(reason: str) -> str:
    return f"AT+CCFC={reason},{QUERY}"


def act(reason: str, mode: int) -> str:
    """Enable, disable or erase, voice only."""
    return f"AT+CCFC={reason},{mode},,,{VOICE}"


def register(reason: str, number: str, seconds: int | None = None) -> str:
    """To that number, voice only; it is on from then on."""
    kind = INTERNATIONAL if number.startswith("+") else NATIONAL
    waits = f",,,{seconds}" if seconds is not None and reason == NO_REPLY else ""
    return f'AT+CCFC={reason},{REGISTER},"{number}",{kind},{VOICE}{waits}'


def forward_of(lines: Iterable[str]) -> Forward | None:
    """The voice diversion in the answer to `query`; None where there is none. Raises ValueError where the answer does not tell.

    A line that is not understood may be the very one that speaks of voice: then nothing is known.
    """
    told = [line for line in lines if line.startswith("+CCFC:")]
    found = [match for line in told if (match := FORWARD.fullmatch(line)) is not None]
    if not found or len(found) < len(told):
        raise ValueError("CCFC")
    for match in found:
        status, classes, number, kind, seconds = match.groups()
        if int(classes) & VOICE and number:
            is_bare = int(kind or 0) == INTERNATIONAL and not number.startswith("+")
            return Forward(status == "1", f"+{number}" if is_bare else number, int(seconds) if seconds else None)
        if int(classes) & VOICE and status == "1":
            return Forward(True, "")
    return None


def is_registered(lines: Sequence[str]) -> bool:
    """True where +CREG? or its sisters say that the network has let it in; an unasked line has one figure, an answer two."""
    for line in lines:
        found = re.fullmatch(r"\+C(?:E|G)?REG: ?\d,(\d)(?:,.*)?", line)
        if found is not None:
            return int(found[1]) in (AT_HOME, ROAMING)
    return False


def signal_percent(lines: Sequence[str]) -> int | None:
    """Of +CSQ; None where it does not know."""
    for line in lines:
        found = re.fullmatch(r"\+CSQ: ?(\d{1,2}),\d{1,2}", line)
        if found is not None and int(found[1]) <= SIGNAL_MAX:
            return round(int(found[1]) * 100 / SIGNAL_MAX)
    return None


def sim_word(lines: Sequence[str]) -> str:
    """READY, SIM PIN …; "" where it does not say."""
    return next((line.removeprefix("+CPIN:").strip() for line in lines if line.startswith("+CPIN:")), "")
