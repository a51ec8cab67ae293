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
    "cloud": (4, 3.0),
    "login": (3, 10.0),
    "call": (8, 60.0),
    "carrier": (1, 0.0),  # The cable's own word.
    "dns": (3, 2.0),
    "content": (3, 2.0),
    "card": (4, 3.0),
    "sip": (4, 3.0),
    "ups": (1, 0.0),
    "till": (2, 2.0),
    "person": (1, 0.0),
    "self": (1, 0.0),
    "device": (1, 0.0),  # It says so itself, or a receipt did not get out.
}
LOGIN_CALL_AFTER = (3, 10.0)  # Log-ins are rare, so three refused or unanswered ones in a row are many.

FRESH_S_MIN = 120.0  # A look older than this (or than FRESH_LOOKS pauses) says nothing about now.
FRESH_LOOKS = 8
SLOW_FRESH_S = 900.0  # Calls and reports of people come rarely; they count this long.
SLOW_KINDS: frozenset[Kind] = frozenset({"call", "login", "person"})

HELD_KINDS: frozenset[Kind] = frozenset({"link", "anchor", "cloud"})  # Only what we look at ourselves is held down.
FLAP_WITHIN_S = 3600.0  # Falls further back are forgotten.
HOLD_S = 10.0  # Good time asked for after the second fall; doubles with each further one …
HOLD_S_MAX = 300.0  # … up to this.
FALLS_MAX = 8  # Falls remembered: HOLD_S doubled that often is far beyond HOLD_S_MAX.
SIGHTS_MAX = 64  # Things looked at; the one not seen for longest is forgotten first.


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

    @property
    def failing(self) -> bool:
        """The last look was bad, whether or not that is enough to say down."""
        return self.bad > 0


def fresh_s(kind: Kind, watch_s: float) -> float:
    """How long a look of that kind speaks about now."""
    return SLOW_FRESH_S if kind in SLOW_KINDS else max(FRESH_S_MIN, FRESH_LOOKS * watch_s)


def is_fresh(sight: Sight, now: datetime, watch_s: float) -> bool:
    """A look from the future (the clock was set back) is as old as one from the past."""
    return sight.last_at is not None and abs((now - sight.last_at).total_seconds()) <= fresh_s(sight.kind, watch_s)


def see(sight: Sight, look: Observation, watch_s: float) -> Sight:
    """The sight after one more look; a look that could not be made changes nothing."""
    if look.ok is None:
        return sight
    if not _joins(sight, look, watch_s):
        sight = replace(sight, state="unknown", good=0, bad=0, since=None)
    same = sight.good > 0 if look.ok else sight.bad > 0
    sight = replace(
        sight,
        good=sight.good + 1 if look.ok else 0,
        bad=0 if look.ok else sight.bad + 1,
        turned_at=sight.turned_at if same else look.at,
        last_at=look.at,
        text=look.text,
    )
    return _after_good(sight) if look.ok else _after_bad(sight)


def _joins(sight: Sight, look: Observation, watch_s: float) -> bool:
    """Only looks close to each other make a row: what happened in between is not known."""
    if sight.last_at is None:
        return False
    return 0 <= (look.at - sight.last_at).total_seconds() <= fresh_s(sight.kind, watch_s)


def _after_bad(sight: Sight) -> Sight:
    if sight.state == "down":
        return sight
    looks, seconds = LOGIN_CALL_AFTER if (sight.service, sight.kind) == ("login", "call") else DOWN_AFTER[sight.kind]
    if sight.bad < looks or _row_s(sight) < seconds:
        return sight
    since = sight.last_at - timedelta(seconds=FLAP_WITHIN_S)
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


def hold_s(sight: Sight) -> float:
    """How long it must answer before it is trusted again: nothing after one fall, then doubling."""
    since = sight.last_at - timedelta(seconds=FLAP_WITHIN_S)
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
        if before.state in ("down", "holding") and after.state == "up" and after.kind in HELD_KINDS:
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
