"""Which call suffers what: a seeded plan of bad luck between a shop and its cloud.

Pure: calls go in one after another, strikes come out, and every strike is counted. A share
above 0 strikes at least once. What a strike does is luck.py's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Literal

from msgspec import Struct

Fault = Literal["lost-reply", "duplicate", "refuse", "busy", "slow", "expire-login", "crash"]
SHARES: tuple[Fault, ...] = ("lost-reply", "duplicate", "busy", "slow")  # Shares of calls.
COUNTS: tuple[Fault, ...] = ("crash", "expire-login")  # So many times, spread over the sends.
FAULTS: tuple[Fault, ...] = (*SHARES, "refuse", *COUNTS)

HANG_S = 30.0  # A lost reply that hangs takes this long: beyond every time-out of a till.
SLOW_S = (2.0, 8.0)
RETRY_AFTER_S = (1, 5)
FORCE_FROM = 0.5  # A share that has not struck in this part of the sends is made to.
SHIFTS: dict[str, float] = {"crash": 0.7, "expire-login": 0.4}  # Of a step: so that the two do not fall on the same sends.


class Call(Struct, frozen=True):
    """What the plan must know of a call."""

    send: bool  # It books something.
    entry: str = ""  # The entry it books.


class Strike(Struct, frozen=True):
    """What this call suffers."""

    fault: Fault | None
    after: bool = False  # crash: the cloud got it before the box died.
    hang: bool = False  # lost-reply: no answer for HANG_S, instead of a dropped line.
    seconds: float = 0.0  # slow: how long; busy: the wait asked for, 0 for a bare 503.


NOTHING = Strike(fault=None)


class Plan:
    """The bad luck of one replay."""

    def __init__(self, faults: dict[str, float], sends_expected: int, entries: Sequence[str], chance: Random) -> None:
        """faults: shares (0 to 1) and counts by name; entries: among which `refuse` chooses."""
        self._chance = chance
        self._faults = {name: faults.get(name, 0) for name in FAULTS}
        self._sends, self._sends_expected = 0, sends_expected
        self._after = False
        count = min(len(entries), max(1, round(self._faults["refuse"] * len(entries)))) if self._faults["refuse"] > 0 else 0
        self.refused = set(self._chance.sample(sorted(entries), count))
        self.solved: set[str] = set()
        self.counts: dict[str, int] = dict.fromkeys(FAULTS, 0)
        self._struck_entries: set[str] = set()
        self._due = {name: _spread(int(self._faults[name]), sends_expected, SHIFTS[name]) for name in COUNTS}
        wanted = [name for name in SHARES if self._faults[name] > 0]
        step = sends_expected * (0.95 - FORCE_FROM) / max(1, len(wanted))
        self._forced = {name: max(1, int(sends_expected * FORCE_FROM + step * place)) for place, name in enumerate(wanted)}

    def strike(self, call: Call, may_crash: bool = True) -> Strike:
        """What this call suffers; call it once per call, in the order they come."""
        self._sends += call.send
        strike = self._choose(call, may_crash)
        if strike.fault == "refuse":
            self._struck_entries.add(call.entry)
            self.counts["refuse"] = len(self._struck_entries)  # A share of entries, however often they are sent.
        elif strike.fault is not None:
            self.counts[strike.fault] += 1
        return strike

    def _choose(self, call: Call, may_crash: bool) -> Strike:
        if self._faults["refuse"] > 0 and not self.refused and call.send and call.entry:
            self.refused.add(call.entry)  # No entry was waiting when the line came back: the first one since is it.
        if call.send and call.entry in self.refused and call.entry not in self.solved:
            return Strike("refuse")
        if may_crash and self._is_due("crash", call):
            self._after = not self._after
            return Strike("crash", after=not self._after)
        if self._is_due("expire-login", call):
            return Strike("expire-login")
        forced = self._force(call)
        return self._share(forced) if forced else self._draw(call)

    def _may_be_forced(self, call: Call) -> bool:
        """Sends, as long as there are some to come; then whatever the shop still calls."""
        return call.send or self._sends >= self._sends_expected

    def _is_due(self, name: str, call: Call) -> bool:
        due = self._due[name]
        if due and self._sends >= due[0] and self._may_be_forced(call):
            due.pop(0)
            return True
        return False

    def _force(self, call: Call) -> Fault | None:
        for name, at in self._forced.items():
            if self.counts[name] == 0 and self._sends >= at and self._may_be_forced(call) and (call.send or name != "duplicate"):
                return name
        return None

    def _draw(self, call: Call) -> Strike:
        number = self._chance.random()
        for name in SHARES:
            if number < self._faults[name]:
                return NOTHING if name == "duplicate" and not call.send else self._share(name)
            number -= self._faults[name]
        return NOTHING

    def _share(self, name: Fault) -> Strike:
        match name:
            case "lost-reply":
                return Strike(name, hang=self._chance.random() < 0.5)
            case "busy":
                return Strike(name, seconds=float(self._chance.randint(*RETRY_AFTER_S)) if self._chance.random() < 0.5 else 0.0)
            case "slow":
                return Strike(name, seconds=self._chance.uniform(*SLOW_S))
            case _:
                return Strike(name)


def _spread(count: int, over: int, shift: float) -> list[int]:
    """`count` places among `over` sends, evenly, the first not before send 1."""
    return [max(1, int(over * (place + shift) / max(1, count))) for place in range(count)]
