"""A week: the sum of its closed days, what came late, and what is still open. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from tideover.model.facts import DayClosed
from tideover.recover.rows import Row


class WeekDay(Struct, frozen=True):
    """One day of the week."""

    day: str
    closed: DayClosed | None  # None: not closed (or nothing was traded).
    entries: int  # Fallback sales and refunds, voided ones left out.
    late_count: int  # Those that came after the day was closed.
    late_minor: int
    open_count: int  # Not yet in the cloud.
    open_minor: int


class Week(Struct, frozen=True):
    """The week. Sums are those that were frozen at each close; late sales stand beside them."""

    week: str  # YYYY-Www.
    days: tuple[WeekDay, ...]
    sales_minor: int
    refunds_minor: int
    rounding_minor: int
    by_tender: dict[str, int]
    by_vat: dict[str, int]
    cash_gap_minor: int  # Counted − expected, all closed days.
    card_gap_minor: int  # Terminal − recorded, all closed days.
    late_minor: int
    open_minor: int
    not_closed: tuple[str, ...]  # Days with entries that nobody closed.


def week_from(week: str, days: Iterable[tuple[str, DayClosed | None, Sequence[Row]]]) -> Week:
    """Sum up; days: each with what was frozen and the outbox's rows of it."""
    found = tuple(_day(day, closed, rows) for day, closed, rows in days)
    frozen = [one.closed for one in found if one.closed is not None]
    return Week(
        week=week,
        days=found,
        sales_minor=sum(one.sales_minor for one in frozen),
        refunds_minor=sum(one.refunds_minor for one in frozen),
        rounding_minor=sum(one.rounding_minor for one in frozen),
        by_tender=_sum(one.by_tender for one in frozen),
        by_vat=_sum(one.by_vat for one in frozen),
        cash_gap_minor=sum(one.cash_counted_minor - one.cash_expected_minor for one in frozen),
        card_gap_minor=sum(one.card_batch_minor - one.card_expected_minor for one in frozen),
        late_minor=sum(one.late_minor for one in found),
        open_minor=sum(one.open_minor for one in found),
        not_closed=tuple(one.day for one in found if one.closed is None and one.entries),
    )


def _day(day: str, closed: DayClosed | None, rows: Sequence[Row]) -> WeekDay:
    stands = [row for row in rows if row.state != "void"]
    late = [row for row in stands if row.late]
    ahead = [row for row in stands if row.state in ("waiting", "sending", "parked")]
    return WeekDay(
        day=day,
        closed=closed,
        entries=len(stands),
        late_count=len(late),
        late_minor=sum(row.amount_minor for row in late),
        open_count=len(ahead),
        open_minor=sum(row.amount_minor for row in ahead),
    )


def _sum(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for part in parts:
        for key, minor in part.items():
            sums[key] = sums.get(key, 0) + minor
    return sums
