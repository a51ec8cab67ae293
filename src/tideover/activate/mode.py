"""When an outage begins, when the fallback opens, when the way back begins and when it is over.

none -> suspected -> cleared | fallback -> recovering -> fallback | closed, with the times of docs/contracts.md.
Never two outages at once; a line that comes and goes is one outage; unknown opens nothing and clears nothing.
Pure: values in, values out; `fallback` carries it out. docs/algorithms/outage.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tideover.model.outage import NO_OUTAGE, Kind, Outage, Phase, State
from tideover.settings import Settings

KINDS_MIN = 2  # Independent kinds of evidence that open the fallback without a person.
TOLD = "told-by-person"  # Cause of an outage that only a person noticed; the machine's fair view cannot end it.
FAILING: frozenset[State] = frozenset({"down", "degraded"})
OPEN: frozenset[Phase] = frozenset({"suspected", "fallback", "recovering"})

TRANSITIONS: frozenset[tuple[Phase, Phase]] = frozenset(
    {
        ("none", "suspected"),
        ("suspected", "cleared"),
        ("suspected", "fallback"),
        ("fallback", "recovering"),
        ("recovering", "fallback"),
        ("recovering", "closed"),
        ("cleared", "suspected"),
        ("closed", "suspected"),
    }
)


class Signals(Struct, frozen=True):
    """What the state machine is told at one instant."""

    state: State  # Of the service that the shop trades through.
    cause: str
    since: datetime | None  # First evidence, if failing.
    kinds: tuple[Kind, ...]  # Independent kinds of evidence that agree.
    fresh_id: str = ""  # The id a new outage would get.
    tolerable_s: int | None = None  # Of the service, by the plan; None: as the settings say.
    confirmed_by: str | None = None  # A person says: it is broken, open the fallback.
    cleared_by: str | None = None  # A person says: it works again.
    closed_by: str | None = None  # A person says: all is done.
    open_items: tuple[str, ...] = ()  # What the return checklist still names.


def step(outage: Outage, signals: Signals, settings: Settings, now: datetime) -> tuple[Outage, tuple[str, ...]]:
    """The outage after this instant, at most one phase further, and why (empty if the phase stays)."""
    outage = _observe(outage, signals, settings, now)
    moves = {"suspected": _suspected, "fallback": _fallback, "recovering": _recovering}
    return moves.get(outage.phase, _idle)(outage, signals, settings, now)


def is_open(outage: Outage) -> bool:
    return outage.phase in OPEN


def _observe(outage: Outage, signals: Signals, settings: Settings, now: datetime) -> Outage:
    """Keep the three clocks: up without a break, failing, and down with one cause."""
    up_since = (outage.up_since or now) if signals.state == "up" else None
    failing_since = outage.failing_since
    if signals.state in FAILING:
        failing_since = failing_since or _first(signals, outage.recovering_at, now)
    elif up_since is not None and _passed(up_since, settings.clean_s, now):
        failing_since = None
    cause_since, cause = None, outage.cause
    if signals.state == "down":
        cause_since = (outage.cause_since or now) if signals.cause == outage.cause else now
    if is_open(outage) and (signals.state == "down" or (signals.state == "degraded" and _says_more(signals.cause, cause))):
        cause = signals.cause
    return replace(outage, up_since=up_since, failing_since=failing_since, cause_since=cause_since, cause=cause)


def _first(signals: Signals, not_before: datetime | None, now: datetime) -> datetime:
    """When the failure began; what was seen before a person or clean time ended the last one no longer counts."""
    since = signals.since or now
    return since if not_before is None else max(since, not_before)


def _says_more(new: str, old: str) -> bool:
    """A half-working cloud replaces a cause only by a person's word, or where nothing better was known."""
    return new == TOLD or old in ("", TOLD, "not-known")


def _passed(since: datetime | None, seconds: float, now: datetime) -> bool:
    return since is not None and now - since >= timedelta(seconds=seconds)


def _idle(outage: Outage, signals: Signals, settings: Settings, now: datetime) -> tuple[Outage, tuple[str, ...]]:
    if signals.confirmed_by is None and signals.state not in FAILING:
        return outage, ()
    machine = signals.state in FAILING
    first = _first(signals, outage.closed_at, now) if machine else now
    begun = replace(
        NO_OUTAGE,
        id=signals.fresh_id,
        phase="suspected",
        cause=signals.cause if machine else TOLD,
        since=first,
        failing_since=first,
        cause_since=now if signals.state == "down" else None,
        up_since=None if machine else outage.up_since,
    )
    if outage.phase == "cleared" and _within(outage.closed_at, settings, now):
        begun = replace(begun, id=outage.id, follows=outage.follows)
    elif outage.phase == "closed" and _within(outage.closed_at, settings, now):
        begun = replace(begun, follows=outage.id)
    return begun, ("first evidence",) if machine else (f"reported by {signals.confirmed_by}",)


def _within(ended_at: datetime | None, settings: Settings, now: datetime) -> bool:
    return ended_at is not None and now - ended_at <= timedelta(seconds=settings.same_outage_s)


def _suspected(outage: Outage, signals: Signals, settings: Settings, now: datetime) -> tuple[Outage, tuple[str, ...]]:
    why = _why_open(outage, outage.since, signals, settings, now)
    if why:
        return replace(outage, phase="fallback", opened_at=now, up_since=_anew(outage, now)), why
    if signals.cleared_by is not None:
        return _cleared(outage, now), (f"{signals.cleared_by} says it works",)
    if _passed(outage.up_since, settings.clean_s, now):
        return _cleared(outage, now), (f"up for {settings.clean_s} s",)
    return outage, ()


def _anew(outage: Outage, now: datetime) -> datetime | None:
    """Clean time from before a person's "it is down" does not count towards the way back."""
    return None if outage.up_since is None else now


def _cleared(outage: Outage, now: datetime) -> Outage:
    return replace(outage, phase="cleared", closed_at=now, failing_since=None, cause_since=None)


def _why_open(
    outage: Outage, first: datetime | None, signals: Signals, settings: Settings, now: datetime
) -> tuple[str, ...]:
    """The reasons to open the fallback now; empty if there is none."""
    if signals.confirmed_by is not None:
        return (f"confirmed by {signals.confirmed_by}",)
    proven = signals.state == "down" and len(set(signals.kinds)) >= KINDS_MIN
    if proven and _passed(outage.cause_since, settings.confirm_s, now):
        return (f"{signals.cause} for {settings.confirm_s} s on {', '.join(sorted(set(signals.kinds)))}",)
    tolerable_s = _tolerable_s(signals, settings)
    if signals.state in FAILING and _passed(first, tolerable_s, now):
        return (f"tolerable time of {tolerable_s} s is over",)
    return ()


def _tolerable_s(signals: Signals, settings: Settings) -> int:
    return settings.tolerable_s if signals.tolerable_s is None else signals.tolerable_s


def _fallback(outage: Outage, signals: Signals, settings: Settings, now: datetime) -> tuple[Outage, tuple[str, ...]]:
    why: tuple[str, ...] = ()
    if signals.cleared_by is not None:
        why = (f"all clear by {signals.cleared_by}",)
    elif outage.cause != TOLD and _passed(outage.up_since, settings.clean_s, now):
        why = (f"up for {settings.clean_s} s",)
    if not why:
        return outage, ()
    return replace(outage, phase="recovering", recovering_at=now, failing_since=None, cause_since=None), why


def _recovering(outage: Outage, signals: Signals, settings: Settings, now: datetime) -> tuple[Outage, tuple[str, ...]]:
    why = _why_open(outage, outage.failing_since, signals, settings, now)
    if why:
        return replace(outage, phase="fallback", recovering_at=None, up_since=_anew(outage, now)), ("failed again", *why)
    if signals.closed_by is not None and not signals.open_items:
        return replace(outage, phase="closed", closed_at=now), (f"checklist done, closed by {signals.closed_by}",)
    return outage, ()


def next_due_at(outage: Outage, signals: Signals, settings: Settings, now: datetime) -> datetime | None:
    """When time alone would next change the phase, everything else staying as it is; None: never."""
    dues: list[datetime] = []

    def add(since: datetime | None, seconds: float) -> None:
        if since is not None:
            dues.append(since + timedelta(seconds=seconds))

    if outage.phase in ("suspected", "recovering") and signals.state in FAILING:
        add(outage.since if outage.phase == "suspected" else outage.failing_since, _tolerable_s(signals, settings))
        if signals.state == "down" and len(set(signals.kinds)) >= KINDS_MIN:
            add(outage.cause_since, settings.confirm_s)
    if outage.phase == "suspected" or (outage.phase == "fallback" and outage.cause != TOLD):
        add(outage.up_since, settings.clean_s)
    later = [at for at in dues if at > now]
    return min(later, default=None)
