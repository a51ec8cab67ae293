"""When one line is looked at, and with what: often while it is in use, rarely where each byte is paid for. Pure but for its own memory.

Figures of one look are packets with their headers, both ways, as bench/probes.py counts them on a real network device.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import Struct

from tideover.model.line import Line
from tideover.model.outage import Kind, Observation
from tideover.ports import Probe

IDLE_S = 3_600.0  # No lines are named: nothing is due until the settings change, and then the box opens anew.
QUICK_S = 0.5  # Between two rounds on the line in use.
DOUBT_S = 0.25  # So long after its start a round in which no anchor has answered is joined by the next one.
LOSS_S = 0.15  # Between two rounds of anchors alone, beside those, while one of them was lost lately: does the line lose packets?
LOSS_ROUNDS = 8  # So many of these after each lost look …
LOSS_PURSE = 60.0  # … as long as they last: enough to tell a loss of one packet in ten within ten seconds …
LOSS_PURSE_S = 0.25  # … and so much of a round a second comes to them.
SPARE_S = 5.0  # A spare line that costs nothing.
METERED_USE_S = 5.0  # A metered line in use: one anchor at a time.
METERED_SPARE_S = 300.0  # A metered spare: 8,640 looks a month.
FAR_S = 3.0  # Cloud, proof page, telephone … over a line that costs nothing.
METERED_FAR_USE_S = 600.0  # … and where each byte of the line in use costs: 4 MB a day.
METERED_FAR_SPARE_S = 43_200.0  # Twice a day: a TLS look costs as much as twenty connections.
HURRY_ROUNDS = 6  # Full rounds at QUICK_S after a change: enough to be sure either way.
ANEW_S = 0.7  # What lies beyond is looked at again this soon while a question about it is open (doubt.py) …
FAR_BESIDE_MAX = 4  # … beside so many looks that still wait for an answer.
FAR_FAILS_S = 5.0  # Over a metered line in use, once something beyond fails …
FAR_FAILS_PART = 0.1  # … and then after each tenth of the time that it has failed: an hour costs fifty looks.
METERED_FIRST_S = 60.0  # What lies beyond a metered line is looked at so long after the start, which is no reason for haste.
PURSE_BYTES = 250_000.0  # A metered spare may spend this on questions at once …
PURSE_BYTES_S = 1.0  # … and 2.6 MB in a month.
RECENT_S = 0.5  # A round that ended so little before is as good as a new one: lines may die at the same moment.
FAR_OLD_S = 600.0  # What lies beyond a metered spare was looked at longer ago: it is, too, when the line in use falls silent.
BESIDE_MAX = 4  # Rounds of one line that run beside each other; a machine that is late begins no more of them.
COST_BYTES: dict[str, int] = {
    "carrier": 0, "link": 110, "anchor": 460, "dns": 200, "content": 8_000, "cloud": 8_000, "login": 12_000, "card": 400, "sip": 1_000,
}  # fmt: skip


NOTHING: frozenset[Kind] = frozenset()


class Looks(Struct, frozen=True):
    """What may be looked at on a line."""

    near: tuple[Probe, ...] = ()  # Cable and router: free.
    anchors: tuple[Probe, ...] = ()
    names: tuple[Probe, ...] = ()
    far: tuple[Probe, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.near or self.anchors or self.names or self.far)


@dataclass(slots=True)
class Round:
    """Looks that run beside each other."""

    began_s: float
    probes: tuple[Probe, ...]
    is_full: bool = False  # Holds every anchor.
    is_far: bool = False
    is_asked: bool = False  # Because of a question.
    seen: list[Observation] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        return any(one.ok for one in self.seen if one.kind == "anchor")


class Purse:
    """What questions may cost: so much at once, and what comes to it with time."""

    def __init__(self, most: float, each_s: float, now_s: float) -> None:
        self._most, self._each_s = most, each_s
        self._left, self._at_s = most, now_s

    def pay(self, now_s: float, cost: float) -> bool:
        """False, and nothing is spent, where it is not enough."""
        self._left = min(self._most, self._left + (now_s - self._at_s) * self._each_s)
        self._at_s = now_s
        if self._left < cost:
            return False
        self._left -= cost
        return True


class Rounds:
    """The rounds of one line."""

    def __init__(self, line: Line, looks: Looks, now_s: float) -> None:
        self.line, self.spent_bytes, self.is_silent = line, 0, False
        self._looks, self._next_s, self._far_s = looks, now_s, now_s
        self._running: list[Round] = []
        self._purse, self._asked_s = Purse(PURSE_BYTES, PURSE_BYTES_S, now_s), now_s
        self._loss_rounds, self._loss_s = 0, now_s
        self._loss_purse = Purse(LOSS_PURSE, LOSS_PURSE_S, now_s)
        self._far_began_s: float | None = None
        self._far_fails_s: float | None = None  # Since when something beyond fails.
        self._turn, self._hurries, self._full_ended_s, self._far_ended_s = 0, HURRY_ROUNDS, -FAR_OLD_S, -FAR_OLD_S
        if line.is_metered:
            self._hurries, self._far_s = 0, now_s + METERED_FIRST_S

    def begin(self, now_s: float, in_use: str, asked: frozenset[Kind] = NOTHING, known: frozenset[Kind] = NOTHING) -> list[Round]:
        """The rounds that are due now; they count as running until `took_in`.

        asked: what a question is open about (doubt.py). known: what is down already, so that its silence opens no question.
        """
        found = []
        if self._looks.is_empty:
            return found
        if now_s >= self._quick_due_s(in_use) and self._near() < BESIDE_MAX:
            found.append(self._quick(now_s, in_use))
            self._next_s, self._loss_s = now_s + self._pause_s(in_use), now_s + LOSS_S
        elif now_s >= self._loss_due_s():
            found += self._again(now_s)
        is_out = any(one.is_far and not one.is_asked for one in self._running)
        if self._looks.far and not is_out and now_s >= self._far_due_s(now_s, in_use):
            found.append(Round(now_s, self._looks.far, is_far=True))
            self._far_began_s, self._asked_s = now_s, now_s + ANEW_S
            self._far_s = now_s + self._far_pause_s(now_s, in_use)
        elif (again := self._asked(now_s, in_use, asked, known)) is not None:
            found.append(again)
        self._running += found
        self.spent_bytes += sum(price(one.probes) for one in found)
        return found

    def due_s(self, in_use: str, asked: frozenset[Kind] = NOTHING) -> float:
        """When `begin` has something to do next, if nothing ends before."""
        if self._looks.is_empty:
            return self._next_s + IDLE_S
        near_s = min(self._quick_due_s(in_use), self._loss_due_s())
        if not self._looks.far and not asked:
            return near_s
        far = [one for one in self._running if one.is_far]
        is_out = not self._looks.far or any(not one.is_asked for one in far)
        far_s = self._next_s if is_out else self._far_due_s(self._next_s, in_use)
        if asked and len(far) < FAR_BESIDE_MAX:
            far_s = min(far_s, self._asked_s)
        return min(near_s, far_s)

    def took_in(self, one: Round, now_s: float) -> None:
        """That round is over."""
        self._running.remove(one)
        if one.is_far and not any(probe in self._looks.far for probe in one.probes):
            return  # Anchors or names that were asked for: nothing beyond was looked at.
        if one.is_far:
            self._far_ended_s = now_s
            fails = any(seen.ok is False for seen in one.seen)
            self._far_fails_s = (now_s if self._far_fails_s is None else self._far_fails_s) if fails else None
            return
        self._full_ended_s = now_s if one.is_full else self._full_ended_s
        looked = [seen for seen in one.seen if seen.kind == "anchor" and seen.ok is not None]
        if not looked:
            self._hurries = max(0, self._hurries - one.is_full)
            return
        silent = not one.answered
        if silent != self.is_silent:
            self.is_silent = silent
            self.hurry(now_s)
        elif self._hurries and one.is_full:
            self._hurries -= 1
        if not silent and not self.line.is_metered and any(seen.ok is False for seen in looked):
            self._loss_rounds = LOSS_ROUNDS

    def hurry(self, now_s: float, only_if_old: bool = False, is_free: bool = False) -> None:
        """Full rounds from now on until it is sure; and what lies beyond, if that was not looked at lately.

        only_if_old: another line missed its looks; a metered spare pays for that out of its purse, unless is_free: that line is dead.
        """
        pays = only_if_old and self.line.is_metered and not is_free
        if only_if_old:
            if now_s - self._full_ended_s < RECENT_S:
                return
            if pays and not self._hurries and not self._purse.pay(now_s, HURRY_ROUNDS * price(self._full())):
                return
        self._hurries, self._next_s = HURRY_ROUNDS, min(self._next_s, now_s)
        is_old = now_s - self._far_ended_s >= (FAR_OLD_S if self.line.is_metered else FAR_S)
        if is_old and now_s < self._far_s and not (pays and not self._purse.pay(now_s, price(self._looks.far))):
            self._far_s = now_s

    def waits(self, now_s: float) -> bool:
        """Its newest full round has waited for a while, and no anchor has answered in it."""
        last = self._last()
        return last is not None and last.is_full and not last.answered and bool(self._looks.anchors) and now_s - last.began_s > DOUBT_S

    def _last(self) -> Round | None:
        return next((one for one in reversed(self._running) if not one.is_far), None)

    def _quick_due_s(self, in_use: str) -> float:
        """The next round, or sooner beside one in which nobody has answered for a while."""
        if not self._is_quick(in_use):
            return self._next_s
        last = self._last()
        if last is not None and last.is_full and not last.answered:
            return min(self._next_s, last.began_s + DOUBT_S)
        return self._next_s

    def _near(self) -> int:
        """Rounds of the line itself that run now."""
        return sum(not one.is_far for one in self._running)

    def _loss_due_s(self) -> float:
        """The next round of anchors alone; never beside one in which nobody has answered yet, for that is another question."""
        last = self._last()
        is_open = last is not None and not last.answered
        return math.inf if is_open or not self._loss_rounds or self._near() >= BESIDE_MAX else self._loss_s

    def _again(self, now_s: float) -> list[Round]:
        """The anchors alone, while there is something in the purse for it."""
        if not self._loss_purse.pay(now_s, 1.0):
            self._loss_s = now_s + 1.0 / LOSS_PURSE_S
            return []
        self._loss_rounds, self._loss_s = self._loss_rounds - 1, now_s + LOSS_S
        return [Round(now_s, self._looks.anchors, is_full=True)]

    def _is_quick(self, in_use: str) -> bool:
        return self._hurries > 0 or (self.line.name == in_use and not self.line.is_metered)

    def _pause_s(self, in_use: str) -> float:
        if self._is_quick(in_use):
            return QUICK_S
        if self.line.is_metered:
            return METERED_USE_S if self.line.name == in_use else METERED_SPARE_S
        return SPARE_S

    def _far_due_s(self, now_s: float, in_use: str) -> float:
        """As it was set, or sooner where the line came into use meanwhile."""
        return self._far_s if self._far_began_s is None else min(self._far_s, self._far_began_s + self._far_pause_s(now_s, in_use))

    def _far_pause_s(self, now_s: float, in_use: str) -> float:
        if not self.line.is_metered:
            return FAR_S
        if self.line.name != in_use:
            return METERED_FAR_SPARE_S
        if self._far_fails_s is None:
            return METERED_FAR_USE_S
        return min(METERED_FAR_USE_S, max(FAR_FAILS_S, FAR_FAILS_PART * (now_s - self._far_fails_s)))

    def _asked(self, now_s: float, in_use: str, asked: frozenset[Kind], known: frozenset[Kind]) -> Round | None:
        """What a question is open about; over a metered spare only while its purse lasts."""
        far = [one for one in self._running if one.is_far]
        kinds = asked | self._late(now_s, far) - known
        if not kinds or now_s < self._asked_s or len(far) >= FAR_BESIDE_MAX:
            return None
        self._asked_s = now_s + ANEW_S  # Also where it cannot be asked: nothing is due at once, for ever.
        probes = tuple(one for one in (*self._looks.anchors, *self._looks.names, *self._looks.far) if kind_of(one) in kinds)
        if not probes or (self.line.is_metered and self.line.name != in_use and not self._purse.pay(now_s, price(probes))):
            return None
        return Round(now_s, probes, is_far=True, is_asked=True)

    def _late(self, now_s: float, far: list[Round]) -> frozenset[str]:
        """What has not answered for a while is a question already, where looking costs nothing."""
        if self.line.is_metered:
            return frozenset()
        late = [one for one in far if now_s - one.began_s >= ANEW_S]
        return frozenset(kind_of(probe) for one in late for probe in one.probes) - frozenset(seen.kind for one in late for seen in one.seen)

    def _full(self) -> tuple[Probe, ...]:
        return (*self._looks.near, *self._looks.anchors, *self._looks.names)

    def _quick(self, now_s: float, in_use: str) -> Round:
        """Everything near; where each byte is paid for, one anchor or one name server at a time, in turn."""
        looks = self._looks
        if not self.line.is_metered or self._hurries:
            return Round(now_s, self._full(), is_full=True)
        sparing = tuple(_in_turn(looks.anchors, looks.names))
        free = tuple(one for one in looks.near if COST_BYTES.get(kind_of(one), 0) == 0)
        one = (sparing[self._turn % len(sparing)],) if sparing else ()
        self._turn += 1
        return Round(now_s, (*free, *one))


def _in_turn(anchors: tuple[Probe, ...], names: tuple[Probe, ...]) -> list[Probe]:
    """An anchor, a name server, the next anchor …"""
    found: list[Probe] = []
    for number, anchor in enumerate(anchors):
        found.append(anchor)
        if names:
            found.append(names[number % len(names)])
    return found or list(names)


def price(probes: Iterable[Probe]) -> int:
    """What these looks cost, in bytes both ways."""
    return sum(COST_BYTES.get(kind_of(one), 0) for one in probes)


def kind_of(probe: Probe) -> str:
    """What kind of looks a probe gives; "" where it does not say."""
    return getattr(probe, "kind", "")
