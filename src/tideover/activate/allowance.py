"""What a line that counts every byte may still carry: how much of its cycle is used, when it ends at this rate, what is told.

Pure. Counters of ours are no bill: the provider counts otherwise, and every text that names a figure says so.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from tideover.model.line import Line
from tideover.rules.calendar import day_starts_at, local_date

STEPS = (75, 95, 100)  # Percent of the allowance at which a person is told, once in each cycle.
PRESSING, USED_UP = 95, 100  # From here the way back does not wait for the rush; from here for nothing.
BYTES_PER_MB = 1_000_000  # As providers write it.
FORECAST_AFTER_S = 12 * 3_600  # A rate of a shorter time says nothing about a month.
SLOW_BYTES_PER_S = 125_000  # 1 Mbit/s: what a till and its card terminal need.
THROTTLED_BELOW = 5  # A line that carries less than a fifth of its proof, and less than a till needs, is held back.
NOT_A_BILL = "Counted by the box; the provider's own count is what it bills."


class Usage(Struct, frozen=True):
    """One line in its present cycle."""

    line: str
    starts_at: datetime
    ends_at: datetime  # First instant of the next cycle.
    used: int  # Bytes, both ways.
    allowance: int | None  # Bytes; None: without end.
    by_class: tuple[tuple[str, int], ...] = ()  # Largest first; our own looks are one of them.

    @property
    def percent(self) -> int | None:
        """Whole percent used, rounded down; None without an allowance."""
        return None if self.allowance is None else self.used * 100 // self.allowance

    @property
    def left(self) -> int | None:
        """Bytes that may still go; None without an allowance."""
        return None if self.allowance is None else max(0, self.allowance - self.used)


def cycle_starts_at(now: datetime, cycle_day: int, zone: str) -> datetime:
    """The local midnight at which the present cycle began. cycle_day: 1 to 31; a month that lacks it begins on its last day."""
    today = local_date(now, zone)
    first = _day_in(today, cycle_day)
    if today < first:
        first = _day_in(today.replace(day=1) - timedelta(days=1), cycle_day)
    return day_starts_at(first.isoformat(), zone, "00:00")


def cycle_ends_at(now: datetime, cycle_day: int, zone: str) -> datetime:
    """The local midnight at which the next cycle begins."""
    first = local_date(cycle_starts_at(now, cycle_day, zone), zone)
    after = _day_in(first.replace(day=28) + timedelta(days=7), cycle_day)
    return day_starts_at(after.isoformat(), zone, "00:00")


def _day_in(month: date, cycle_day: int) -> date:
    """The day on which the cycle begins in the month of that date."""
    return month.replace(day=min(cycle_day, monthrange(month.year, month.month)[1]))


def usage_of(line: Line, counted: Mapping[str, int], now: datetime, zone: str) -> Usage:
    """counted: bytes of this cycle by class of traffic."""
    classes = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return Usage(
        line=line.name,
        starts_at=cycle_starts_at(now, line.cycle_day, zone),
        ends_at=cycle_ends_at(now, line.cycle_day, zone),
        used=sum(counted.values()),
        allowance=None if line.allowance_mb is None else line.allowance_mb * BYTES_PER_MB,
        by_class=tuple((name, count) for name, count in classes if count),
    )


def step_reached(usage: Usage) -> int:
    """The highest step that is reached; 0 for none."""
    percent = usage.percent
    return 0 if percent is None else max((step for step in STEPS if percent >= step), default=0)


def ends_on(usage: Usage, now: datetime, zone: str) -> date | None:
    """The day on which the allowance ends at the present rate; None: it lasts, has no end, or the cycle is too young to tell."""
    past_s = (now - usage.starts_at).total_seconds()
    if usage.allowance is None or not usage.used or past_s < FORECAST_AFTER_S:
        return None
    lasts_s = past_s * usage.allowance / usage.used
    if lasts_s > (usage.ends_at - usage.starts_at).total_seconds():
        return None
    return local_date(usage.starts_at + timedelta(seconds=lasts_s), zone)


def in_words(usage: Usage, now: datetime, zone: str) -> str:
    """One sentence or two for the page and the log."""
    used_mb = usage.used // BYTES_PER_MB
    if usage.allowance is None:
        return f"{usage.line}: {used_mb} MB in this cycle, without a limit."
    said = f"{usage.line}: {used_mb} MB of {usage.allowance // BYTES_PER_MB} MB are used ({usage.percent} %)."
    return f"{said} {_end_in_words(usage, now, zone)}"


def _end_in_words(usage: Usage, now: datetime, zone: str) -> str:
    next_day = local_date(usage.ends_at, zone)
    if usage.left == 0:
        return f"The allowance is used up until {next_day}."
    last_day = ends_on(usage, now, zone)
    if last_day is not None:
        return f"At this rate it ends on {last_day}; the next cycle begins on {next_day}."
    return f"The next cycle begins on {next_day}."


def is_throttled(measured: int, proofs: Sequence[int]) -> bool:
    """True where a line carries far less than it did before: the carrier holds it back. All in bytes per second."""
    return bool(proofs) and measured < SLOW_BYTES_PER_S and measured * THROTTLED_BELOW < max(proofs)
