"""When a service went away and when it came back: one word each, however often it flapped in between.

What hangs on something that failed is silent: its parent says it. Verdicts in, words out; pure, writes nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tideover.model.outage import Verdict

SETTLE_S = 5.0  # Down with one cause for so long: then the cause is written, too.
SETTLE_S_MAX = 30.0  # A cause that changes all the time is written as it stands then.
DEGRADED_S = 300.0  # What works only in part for so long has gone away.
HOLD_S = 60.0  # It must work for so long until it is back; doubles with each spell that ended lately …
HOLD_S_MAX = 600.0  # … up to this.
LATELY_S = 3_600.0
GAP_S = 120.0  # Nobody looked for longer than this: nobody knows what it did meanwhile.
LASTED_S_MAX = 2**31

# From the lowest layer up: of two that fail for one cause only the lower is told.
LAYERS = ("power", "network", "internet", "dns", "cloud", "login", "cards", "phones", "printer", "office-printer")
LINE = "line-"
SILENT = frozenset({"box", "certificate", "tills"})  # They nag or sleep; they do not go away.
NO_ROOT = frozenset({"", "none", "not-known", "told-by-person"})  # Two that have these have no cause in common.


class Said(Struct, frozen=True):
    """A person says that a service does not work."""

    service: str
    name: str
    at: datetime


class Spell(Struct, frozen=True):
    """A service that is away."""

    service: str
    id: str  # Of its `service_away`.
    since: datetime
    up_since: datetime | None = None  # It works again since then, and is not trusted yet.
    seen_at: datetime | None = None  # When it was last concluded on; None: not since the box was started.
    unseen_s: float = 0.0  # Nobody looked for so long while it was away.


class Doubt(Struct, frozen=True):
    """A service that may be going away."""

    first_at: datetime
    since: datetime
    cause: str
    cause_at: datetime


class Away(Struct, frozen=True):
    """To be written: it went away."""

    service: str
    id: str
    cause: str
    since: datetime
    noticed_by: str  # "" for the box.


class Back(Struct, frozen=True):
    """To be written: it came back."""

    service: str
    id: str  # Of the `service_away` that it ends.
    at: datetime
    lasted_s: int
    unseen_s: int


Word = Away | Back


class Spells(Struct, frozen=True):
    """What is away, what may be, and what lately was."""

    away: Mapping[str, Spell] = {}
    doubts: Mapping[str, Doubt] = {}
    ends: Mapping[str, tuple[datetime, ...]] = {}  # When spells of a service ended lately.
    child_until: Mapping[str, datetime] = {}  # Until then something beneath it was to blame.


def step(
    spells: Spells, found: Sequence[Verdict], said: Sequence[Said], fresh_ids: Iterable[str], now: datetime
) -> tuple[Spells, list[Word]]:
    """The spells after these verdicts, and what is to be written. fresh_ids: one is taken for each service that goes away."""
    ids, words = iter(fresh_ids), list[Word]()
    away, doubts, ends, child_until = dict(spells.away), dict(spells.doubts), dict(spells.ends), dict(spells.child_until)
    for one in found:
        service = one.service
        if service in SILENT:
            continue
        is_child = _parent(one, found) is not None
        if is_child:
            child_until[service] = now
        if (spell := away.get(service)) is not None:
            ends[service] = _lately(ends.get(service, ()), now)
            after, back = _carry_on(spell, one, len(ends[service]), now)
            away[service] = after
            if back is not None:
                words.append(back)
                del away[service]
                ends[service] = (*ends[service], back.at)
            continue
        doubt = None if is_child else _doubt(doubts.pop(service, None), one, _not_before(service, ends, child_until), now)
        doubts.pop(service, None)
        if doubt is None:
            continue
        doubts[service] = doubt
        if _is_settled(doubt, one, now):
            del doubts[service]
            words.append(Away(service, next(ids), one.cause, doubt.since, _noticed_by(one, found, said, doubt.since)))
            away[service] = Spell(service, words[-1].id, doubt.since, seen_at=now)
    return Spells(away, doubts, ends, child_until), words


def _is_bad(verdict: Verdict) -> bool:
    return verdict.state in ("down", "degraded")


def _parent(one: Verdict, found: Sequence[Verdict]) -> Verdict | None:
    """The lowest service beneath it that fails for the same cause. Of several lines each speaks for itself."""
    if not _is_bad(one):
        return None
    if one.service.startswith(LINE) and sum(other.service.startswith(LINE) for other in found) == 1:
        return next((other for other in found if other.service == "internet" and _is_bad(other)), None)
    if one.cause in NO_ROOT or one.service not in LAYERS:
        return None
    beneath = LAYERS[: LAYERS.index(one.service)]
    return next((other for other in found if other.service in beneath and _is_bad(other) and other.cause == one.cause), None)


def _not_before(service: str, ends: Mapping[str, tuple[datetime, ...]], child_until: Mapping[str, datetime]) -> datetime | None:
    """A spell begins after the last one ended, and after its parent was to blame."""
    return max((*ends.get(service, ())[-1:], *([child_until[service]] if service in child_until else ())), default=None)


def _doubt(doubt: Doubt | None, one: Verdict, not_before: datetime | None, now: datetime) -> Doubt | None:
    if not _is_bad(one):
        return None
    if doubt is None or doubt.first_at > now:  # Or the clock was set back.
        since = min(one.since or now, now)
        since = since if not_before is None or not_before > now else max(since, not_before)
        return Doubt(now, since, one.cause, now)
    return doubt if doubt.cause == one.cause else replace(doubt, cause=one.cause, cause_at=now)


def _is_settled(doubt: Doubt, one: Verdict, now: datetime) -> bool:
    if one.state == "degraded":
        return now - doubt.first_at >= timedelta(seconds=DEGRADED_S)
    return now - doubt.cause_at >= timedelta(seconds=SETTLE_S) or now - doubt.first_at >= timedelta(seconds=SETTLE_S_MAX)


def _noticed_by(one: Verdict, found: Sequence[Verdict], said: Iterable[Said], since: datetime) -> str:
    """Who said so before the box saw it: of the service itself, or of one that hangs on it."""
    hang_on_it = {other.service for other in found if (parent := _parent(other, found)) is not None and parent.service == one.service}
    first = [word for word in said if word.service in {one.service, *hang_on_it} and word.at <= since]
    return min(first, key=lambda word: word.at).name if first else ""


def _carry_on(spell: Spell, one: Verdict, ended_lately: int, now: datetime) -> tuple[Spell, Back | None]:
    silent_s = (now - (spell.seen_at or spell.since)).total_seconds()
    unseen_s = spell.unseen_s + (silent_s if silent_s > GAP_S else 0.0)
    up_since = None
    if one.state == "up":
        began = one.since if one.since is not None and spell.since < one.since <= now else now
        up_since = spell.up_since if spell.up_since is not None and spell.up_since <= now else began
    spell = replace(spell, seen_at=now, unseen_s=unseen_s, up_since=up_since)
    if up_since is None or now - up_since < timedelta(seconds=hold_s(ended_lately)):
        return spell, None
    lasted_s = max(0, round((up_since - spell.since).total_seconds()))
    return spell, Back(spell.service, spell.id, up_since, min(lasted_s, LASTED_S_MAX), min(round(unseen_s), lasted_s, LASTED_S_MAX))


def hold_s(ended_lately: int) -> float:
    """How long it must work until it is back."""
    return min(HOLD_S_MAX, HOLD_S * 2.0 ** min(ended_lately, 8))


def _lately(ends: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in ends if abs((now - at).total_seconds()) <= LATELY_S)
