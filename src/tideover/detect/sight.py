"""What we know about one thing we look at: answers, silent, or not known, folded from single looks.

One lost packet decides nothing, a missing look is a gap and never an outage, and a line that comes
and goes must prove itself longer each time. Pure: no clock, no I/O; the same looks give the same sights.
The rule and its figures: docs/algorithms/verdict.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.detect.ways import KEPT
from tideover.model.outage import Kind, Observation

Key = tuple[str, str, str, str]  # Service, kind, target, via.
Sights = Mapping[Key, "Sight"]
SightState = Literal["up", "down", "holding", "unknown"]

UP_LOOKS = 2  # Good looks in a row after which a thing that was down counts as back.
# Bad looks in a row, and the seconds they must span, until a thing is down. The cloud is one target where anchors are
# several, so it gets one look more. A nasty cloud loses three calls of ten and still works, so calls need a long row;
# a person or this machine's own disk does not fail by chance.
DOWN_AFTER: dict[Kind, tuple[int, float]] = {
    "link": (3, 2.0),
    "anchor": (3, 2.0),
    "cloud": (4, 2.0),
    "login": (3, 2.0),
    "call": (8, 60.0),
    "carrier": (1, 0.0),  # The cable's own word.
    "dns": (3, 2.0),
    "content": (3, 2.0),
    "card": (4, 2.0),
    "sip": (5, 2.0),  # A single packet that is lost is not sent again.
    "ups": (1, 0.0),
    "till": (2, 2.0),
    "person": (1, 0.0),
    "self": (1, 0.0),
    "device": (1, 0.0),  # It says so itself, or a receipt did not get out.
}
LOGIN_CALL_AFTER = (3, 10.0)  # Log-ins are rare, so three refused or unanswered ones in a row are many.
# Looks bound to a line come twice a second while it is in use, and the verdict asks for all anchors at once: four rounds
# of three lost by chance on a line that loses one packet of ten come once in many years, three rounds twice a month.
# What lies beyond is looked at again within a second there (doubt.py); a look that waits for two seconds spans them by itself.
LINE_DOWN_AFTER: dict[Kind, tuple[int, float]] = {
    "anchor": (4, 0.7), "link": (3, 0.7), "cloud": (4, 2.0), "login": (3, 1.4), "content": (3, 1.4), "card": (4, 2.0), "sip": (5, 2.0),
}  # fmt: skip
LINE_AGAIN_S_MAX = 30.0  # A line that is held must be silent for as long as it is held, up to this, to be down again.

FRESH_S_MIN = 120.0  # A look older than this (or than FRESH_LOOKS pauses) says nothing about now.
FRESH_LOOKS = 8
SLOW_FRESH_S = 900.0  # Calls and reports of people come rarely; they count this long.
SLOW_KINDS: frozenset[Kind] = frozenset({"call", "login", "person"})

HELD_KINDS: frozenset[Kind] = frozenset({"link", "anchor", "cloud"})  # Only what we look at ourselves is held down.
FLAP_WITHIN_S = 3600.0  # Falls further back are forgotten …
LINE_FLAP_WITHIN_S = 86_400.0  # … those of a line after a day: one that fails in bursts does so all day.
HOLD_S = 10.0  # Good time asked for after the second fall; doubles with each further one …
HOLD_S_MAX = 300.0  # … up to this.
FALLS_MAX = 8  # Falls remembered: HOLD_S doubled that often is far beyond HOLD_S_MAX.
SIGHTS_MAX = 240  # Things looked at; the one not seen for longest is forgotten first.
BESIDE_S = 3.0  # Rounds run beside each other: a look that ended so little before the last one is of the same row.
PACES = 4  # A line that costs by the byte is looked at rarely: its looks count for so many of their own pauses …
PACE_FRESH_S_MAX = 900.0  # … up to this.
PAST_LOOKS = 60  # Looks of a line's anchor of which the lost ones are counted …
PAST_KEPT = 180  # … and so many are kept, so that a line that was lossy lately is called so until it is clearly better.

USUAL_AFTER = 8  # Answers after which we know how long one usually takes.
USUAL_WEIGHT = 0.05  # Of each further answer.
SLOW_TIMES, SLOW_MORE_MS = 4.0, 700.0  # Slow: so many times as long as usual, and so much longer.
SLOW_MS = 1_500.0  # Slow whatever is usual, until that is known.
SLOW_ROW = 3  # Slow answers in a row that count.


class Sight(Struct, frozen=True):
    """One thing, as far as we know it."""

    service: str
    kind: Kind
    target: str
    via: str = ""  # The line that the look was bound to.
    state: SightState = "unknown"  # holding: it answers again, but fell too often lately to be trusted yet.
    good: int = 0  # Good looks in a row, up to the last one.
    bad: int = 0  # Bad looks in a row; one of the two is 0.
    turned_at: datetime | None = None  # First look of that row.
    since: datetime | None = None  # First look that speaks for the present state; None while unknown.
    last_at: datetime | None = None
    text: str = ""  # What the last look saw.
    falls: tuple[datetime, ...] = ()  # When it went down lately.
    pace_s: float = 0.0  # Pause between the last two looks.
    past: int = 0  # The last PAST_KEPT looks of an anchor, or of a line's thing, as bits, 1 for a lost one, the newest lowest.
    seen: int = 0  # How many of them there were.
    usual_ms: float = 0.0  # How long an answer usually takes; 0: not known.
    timed: int = 0  # Answers that it was told from, up to USUAL_AFTER.
    slow: int = 0  # Answers in a row that took far longer.
    took_ms: int = 0  # The last look.

    @property
    def failing(self) -> bool:
        """The last look was bad, whether or not that is enough to say down."""
        return self.bad > 0

    @property
    def began_at(self) -> datetime | None:
        """When the last look was begun: what it saw may have been so then."""
        return None if self.last_at is None else self.last_at - timedelta(milliseconds=self.took_ms)

    @property
    def answers(self) -> bool:
        """It is up, and the last look says so too."""
        return self.state == "up" and not self.bad

    @property
    def is_slow(self) -> bool:
        """It is up, and its answers take far longer than they usually do."""
        return self.state == "up" and self.slow >= SLOW_ROW


def fresh_s(kind: Kind, watch_s: float) -> float:
    """How long a look of that kind speaks about now."""
    return SLOW_FRESH_S if kind in SLOW_KINDS else max(FRESH_S_MIN, FRESH_LOOKS * watch_s)


def is_fresh(sight: Sight, now: datetime, watch_s: float, least_s: float = 0.0) -> bool:
    """A look from the future (the clock was set back) is as old as one from the past. least_s: it counts at least so long."""
    if sight.last_at is None:
        return False
    return abs((now - sight.last_at).total_seconds()) <= max(least_s, _speaks_s(sight, watch_s))


def _speaks_s(sight: Sight, watch_s: float) -> float:
    """How long its last look speaks about now: a line is looked at at its own pace."""
    usual = fresh_s(sight.kind, watch_s)
    return max(usual, min(PACE_FRESH_S_MAX, PACES * sight.pace_s)) if sight.via else usual


def see(sight: Sight, look: Observation, watch_s: float) -> Sight:
    """The sight after one more look; a look that could not be made changes nothing, but that of a battery whose monitor lost it."""
    if look.ok is None:
        if sight.kind != "ups" and not look.text.startswith(KEPT):
            return sight
        return replace(sight, state="unknown", good=0, bad=0, since=None, last_at=look.at, text=look.text)
    pace_s = (look.at - sight.last_at).total_seconds() if sight.last_at else 0.0
    if not -BESIDE_S <= pace_s <= _speaks_s(sight, watch_s) or sight.last_at is None:
        # Only looks close to each other make a row: what happened in between is not known.
        sight = replace(sight, state="unknown", good=0, bad=0, since=None, past=0, seen=0, slow=0, last_at=None)
    if look.ok and look.took_ms is not None:
        sight = _timed(sight, float(look.took_ms))
    if sight.via or sight.kind == "anchor":
        past = (sight.past << 1 | (not look.ok)) & (1 << PAST_KEPT) - 1
        sight = replace(sight, pace_s=max(0.0, pace_s), past=past, seen=min(PAST_KEPT, sight.seen + 1))
    same = sight.good > 0 if look.ok else sight.bad > 0
    sight = replace(
        sight,
        good=sight.good + 1 if look.ok else 0,
        bad=0 if look.ok else sight.bad + 1,
        turned_at=sight.turned_at if same else look.at,
        last_at=look.at if sight.last_at is None else max(look.at, sight.last_at),
        text=look.text,
        took_ms=look.took_ms or 0,
    )
    return _after_good(sight) if look.ok else _after_bad(sight)


def _timed(sight: Sight, took_ms: float) -> Sight:
    """What is usual is told from answers that are not slow, so that a slow day does not become the usual one."""
    usual, known = sight.usual_ms, sight.timed >= USUAL_AFTER
    is_slow = took_ms >= max(SLOW_TIMES * usual, usual + SLOW_MORE_MS) if known else took_ms >= SLOW_MS
    if is_slow:
        return replace(sight, slow=sight.slow + 1)
    weight = USUAL_WEIGHT if known else 1 / (sight.timed + 1)
    return replace(sight, slow=0, usual_ms=usual + weight * (took_ms - usual), timed=min(USUAL_AFTER, sight.timed + 1))


def _down_after(sight: Sight) -> tuple[int, float]:
    """Bad looks in a row, and the seconds they must span."""
    if (sight.service, sight.kind) == ("login", "call"):
        return LOGIN_CALL_AFTER
    looks, seconds = (LINE_DOWN_AFTER if sight.via else DOWN_AFTER).get(sight.kind) or DOWN_AFTER[sight.kind]
    return looks, max(seconds, min(LINE_AGAIN_S_MAX, hold_s(sight))) if sight.via and sight.state == "holding" else seconds


def _after_bad(sight: Sight) -> Sight:
    if sight.state == "down":
        return sight
    looks, seconds = _down_after(sight)
    if sight.bad < looks or _row_s(sight) < seconds:
        return sight
    since = sight.last_at - timedelta(seconds=_remembers_s(sight))
    falls = (*(at for at in sight.falls if at > since), sight.last_at)[-FALLS_MAX:]
    return replace(sight, state="down", since=sight.turned_at, falls=falls)


def _after_good(sight: Sight) -> Sight:
    if sight.state == "up":
        return sight
    if sight.state == "unknown":
        return replace(sight, state="up", since=sight.turned_at)
    if sight.kind in HELD_KINDS and sight.good < UP_LOOKS:
        return sight
    return replace(sight, state="up" if _row_s(sight) >= hold_s(sight) else "holding", since=sight.turned_at)


def _row_s(sight: Sight) -> float:
    return (sight.last_at - sight.turned_at).total_seconds()


def _remembers_s(sight: Sight) -> float:
    return LINE_FLAP_WITHIN_S if sight.via else FLAP_WITHIN_S


def hold_s(sight: Sight) -> float:
    """How long it must answer before it is trusted again: nothing after one fall, then doubling."""
    since = sight.last_at - timedelta(seconds=_remembers_s(sight))
    falls = sum(1 for at in sight.falls if at > since)
    if sight.kind not in HELD_KINDS or falls < 2:
        return 0.0
    return min(HOLD_S_MAX, HOLD_S * 2.0 ** (falls - 2))


def fold(looks: Iterable[Observation], watch_s: float, sights: Sights | None = None) -> dict[Key, Sight]:
    """The sights after all those looks, in the order given."""
    known = dict(sights or {})
    for look in looks:
        key = (look.service, look.kind, look.target, look.via)
        before = known.get(key) or Sight(*key)
        known[key] = after = see(before, look, watch_s)
        if before.state in ("down", "holding") and after.state == "up" and after.kind in HELD_KINDS and not after.via:
            _forget_calls(known)
        if len(known) > SIGHTS_MAX:
            _forget_oldest(known)
    return known


def _forget_calls(known: dict[Key, Sight]) -> None:
    """Calls that failed while the way to the cloud was cut say nothing about the cloud."""
    for key, sight in known.items():
        if sight.kind == "call" and sight.failing:
            known[key] = Sight(*key)


def _forget_oldest(known: dict[Key, Sight]) -> None:
    never = [key for key, sight in known.items() if sight.last_at is None]
    known.pop(never[0] if never else min(known, key=lambda key: known[key].last_at))
