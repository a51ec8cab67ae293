"""Decides which copies are pulled now, which of them whole, and when each comes next. Pure.

On schedule, on a hint that something changed, whole once a night; after a failure soon again, then
less often, but never less often than on a fair day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from tideover.copies.freshness import Freshness
from tideover.model.item import Dataset

RETRY_FIRST_S = 10.0  # After the first failure; doubled with each further one up to the interval.
DOUBLINGS_MAX = 20
WHOLE_AFTER_FAILURES = 3  # The cursor may be what the cloud chokes on: start from the beginning.


class Due(Struct, frozen=True):
    """One copy to pull now."""

    dataset: Dataset
    whole: bool  # From the start, to find what pulls by cursor miss.


def due_now(states: Iterable[Freshness], hinted: frozenset[Dataset], now: datetime, interval_s: float, night: datetime) -> list[Due]:
    """What to pull now; healthy copies first, then the longest overdue.

    hinted: datasets that something told us have changed. night: the last instant at which whole pulls fell due.
    """
    wanted = [state for state in states if state.dataset in hinted or _is_due(state, now, interval_s)]
    wanted.sort(key=lambda state: (state.failures, state.next_due or now))
    return [Due(dataset=state.dataset, whole=_is_whole_due(state, night)) for state in wanted]


def _is_due(state: Freshness, now: datetime, interval_s: float) -> bool:
    if state.next_due is None or state.next_due <= now:
        return True
    # Further off than one interval: the clock was wrong when it was planned.
    return state.next_due > now + timedelta(seconds=max(interval_s, RETRY_FIRST_S))


def _is_whole_due(state: Freshness, night: datetime) -> bool:
    if state.whole_at is None or state.cursor is None:
        return True
    return state.whole_at < night or state.failures >= WHOLE_AFTER_FAILURES


def next_after_good(now: datetime, interval_s: float, next_night: datetime) -> datetime:
    """When a copy that was just pulled is pulled again."""
    return min(now + timedelta(seconds=interval_s), next_night)


def next_after_failure(now: datetime, interval_s: float, failures: int, retry_after_s: float | None = None) -> datetime:
    """When a copy whose pull failed (for the `failures`-th time in a row) is tried again; a cloud that asks to wait is heeded."""
    doubled = RETRY_FIRST_S * 2 ** min(max(failures - 1, 0), DOUBLINGS_MAX)
    wait_s = min(doubled, interval_s)
    if retry_after_s is not None:
        wait_s = max(wait_s, min(retry_after_s, interval_s))
    return now + timedelta(seconds=wait_s)


def last_night(now: datetime, at: str, zone: str) -> datetime:
    """The latest instant, not after `now`, that was `at` (HH:MM) on the shop's clock; UTC."""
    return _night(now, at, zone, days=(0, -1, -2))


def next_night(now: datetime, at: str, zone: str) -> datetime:
    """The first instant after `now` that is `at` (HH:MM) on the shop's clock; UTC."""
    local = now.astimezone(ZoneInfo(zone))
    nights = (_on(local, day, at) for day in (-1, 0, 1, 2))
    return next(night for night in nights if night > now)


def _night(now: datetime, at: str, zone: str, days: tuple[int, ...]) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    nights = (_on(local, day, at) for day in days)
    return next(night for night in nights if night <= now)


def _on(local: datetime, day: int, at: str) -> datetime:
    """A wall-clock time some days off; one that the clocks skip or repeat is taken as the first reading of it."""
    date = local.date() + timedelta(days=day)
    return datetime.combine(date, time.fromisoformat(at), tzinfo=local.tzinfo).astimezone(UTC)
