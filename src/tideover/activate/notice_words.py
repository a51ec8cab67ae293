"""What people outside the shop are told: which happenings, in which words, and how many of them make one letter. Pure.

Few things are worth a message at night: a service that matters went away or came back, the fallback opened or ended, a line was
moved, the battery ends. Everything else stands on the wall.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from tideover.journal.entry import Entry
from tideover.settings import Settings
from tideover.words import Say
from tideover.world import from_ms

KINDS = ("service_away", "service_back", "outage", "switched", "power")
LINE = "line-"
NUMBER = re.compile(r"\+?[0-9][0-9 ()-]{3,24}")  # As people write a telephone number.
AWAY = {
    "power": "The power is off.",
    "network": "The shop's network does not work.",
    "internet": "The internet line does not work.",
    "dns": "The name service of the internet does not work.",
    "cloud": "The cloud till does not work.",
    "login": "Nobody can log in at the cloud till.",
    "cards": "Card payments do not work.",
    "phones": "The phones do not work.",
    "box": "The box itself is not well.",
    "certificate": "The certificate of the box ends soon or has ended.",
}
BACK = {
    "power": "The power is back.",
    "network": "The shop's network works again.",
    "internet": "The internet line works again.",
    "dns": "The name service of the internet works again.",
    "cloud": "The cloud till works again.",
    "login": "The log-in at the cloud till works again.",
    "cards": "Card payments work again.",
    "phones": "The phones work again.",
    "box": "The box itself is well again.",
    "certificate": "The certificate of the box is in order again.",
}
LINE_AWAY, LINE_BACK = "The line '{name}' does not work.", "The line '{name}' works again."
PHASES = {
    "fallback": "The fallback is open: the shop sells without its cloud till.",
    "recovering": "The fallback has ended: what was sold meanwhile goes to the cloud till.",
}
MOVED = {
    "engaged": "The shop's internet goes over '{name}' now.",
    "restored": "The shop's internet goes over '{name}' again.",
    "failed": "Moving the shop's internet to '{name}' failed. Somebody must look.",
}
CALLS = {
    "engaged": "The shop's calls are diverted now.",
    "restored": "The shop's calls ring in the shop again.",
    "failed": "Diverting the shop's calls failed. Somebody must look.",
}
CALL_SWITCHES = ("pbx", "modem", "calls")
POWER = {
    "low": "The battery is nearly empty: the box will stop soon.",
    "stopping": "The box stops in good order, because its battery ends. Sell on numbered slips.",
}
LINES_MAX = 40  # Of one letter; the rest is counted.
TEXT_LINES_MAX = 2  # Of one text message.

State = Literal["waiting", "sending", "sent", "unknown", "refused", "ended"]


class Notice(Struct, frozen=True):
    """One happening, on its way to one receiver."""

    number: int
    event: str
    receiver: str
    at: int  # UTC ms.
    text: str  # In English.
    ends: str
    state: State
    letter: str = ""
    again: bool = False
    why: str = ""
    since: int = 0


class Told(Struct, frozen=True):
    """A happening that is worth a notice."""

    event: str
    at: int  # UTC ms.
    text: str  # In English.
    ends: str = ""


def told_of(entry: Entry, meaning: Callable[[str], str]) -> Told | None:
    """The notice that an entry makes; None: nobody outside needs to hear of it. meaning: of a cause, as a sentence."""
    body: Any = entry.body
    match entry.kind:
        case "service_away":
            what = _of_service(body.service, AWAY, LINE_AWAY)
            return Told(entry.id, body.since, f"{what} {meaning(body.cause)}".strip()) if what else None
        case "service_back":
            what = _of_service(body.service, BACK, LINE_BACK)
            return Told(entry.id, body.at, what, entry.refers_to or "") if what else None
        case "outage":
            text = PHASES.get(body.phase, "")
        case "switched":
            texts = CALLS if body.switch in CALL_SWITCHES else MOVED
            text = texts.get(body.what, "").format(name=body.target or body.before)
        case _:
            text = POWER.get(body.state, "")
    return Told(entry.id, entry.happened_at, text) if text else None


def _of_service(service: str, texts: dict[str, str], line: str) -> str:
    if service.startswith(LINE):
        return line.format(name=service.removeprefix(LINE))
    return texts.get(service, "")


def is_number(receiver: str) -> bool:
    """True for a telephone number; else it should be an e-mail address."""
    return NUMBER.fullmatch(receiver) is not None


def lines_of(notices: Sequence[Notice], say: Say, zone: str, now: datetime) -> list[str]:
    """One line per happening, the oldest first; what began and ended is one."""
    ended = {one.ends: one for one in notices if one.ends}
    here = {one.event for one in notices}
    lines = []
    for one in notices:
        if one.ends and one.ends in here:
            continue  # Told where it began.
        clock = say.clock(from_ms(one.at), zone, now)
        over = ended.get(one.event)
        if over is not None:
            clock = say("{clock} to {until}, over", clock=clock, until=say.clock(from_ms(over.at), zone, now))
        lines.append(f"{clock}: {say.told(one.text)}")
    return lines


def letter_of(notices: Sequence[Notice], settings: Settings, now: datetime) -> tuple[str, str]:
    """Subject and text of the one letter that carries all of these, the newest of them whole; it says where it may have come before."""
    say, is_again = Say(settings.language), any(one.again for one in notices)
    lines = lines_of(notices, say, settings.time_zone, now)
    about = say.told(notices[-1].text).partition(". ")[0] if len(lines) == 1 else say("{n} notices", n=len(lines))
    subject = f"{settings.shop_name}: {about}" + (f" ({say('again')})" if is_again else "")
    if len(lines) > LINES_MAX:
        lines = [*lines[-LINES_MAX:], say("And {n} more: they stand on the page 'Notices'.", n=len(lines) - LINES_MAX)]
    if is_again:
        lines.append(say("Nobody knows whether this arrived before: perhaps it comes for the second time."))
    return subject, "\n".join([*lines, "", say("The box of {who}", who=settings.shop_name)]) + "\n"


def text_of(notices: Sequence[Notice], settings: Settings, now: datetime) -> str:
    """The same as one short text message: the newest matter most there."""
    say = Say(settings.language)
    lines = lines_of(notices, say, settings.time_zone, now)
    more = say("{n} notices", n=len(lines)) + ". " if len(lines) > TEXT_LINES_MAX else ""
    mark = f"({say('again')}) " if any(one.again for one in notices) else ""
    return f"{settings.shop_name}: {mark}{more}{' '.join(lines[-TEXT_LINES_MAX:])}"
