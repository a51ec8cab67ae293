"""What a supplier's contract promises, held against what was seen: each outage mended in time, each month of the time that it worked.

Where there is no promise, nobody looked, or the fault may have lain elsewhere, it says that it is not known. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from tideover.learn.intervals import Interval, both, bridged, long, minus, union
from tideover.learn.vendor_record import DAY_MS, Absence, Watched
from tideover.model.line import Line
from tideover.plan.records import Service
from tideover.world import from_ms, to_ms

HOUR_MS = 3_600_000
DAYS_MS = 28 * DAY_MS  # No month is shorter.
MILLION = 1_000_000
THEIRS = frozenset(  # Causes that lie with whoever supplies the service; with any other it is not known whose fault it was.
    {
        "our-line", "line-tcp", "dns-provider", "same-carrier", "their-cloud", "their-login", "their-cards", "their-phones",
        "our-network", "our-printer", "our-office-printer",
    }
)  # fmt: skip

Kept = Literal["kept", "broken", "open", "unknown"]  # open: its time has not come yet.


class Contract(Struct, frozen=True):
    """The promise for one service."""

    works_ppm: int | None = None  # Of each month.
    repair_h: int | None = None
    text: str = ""


class Month(Struct, frozen=True):
    """One service in one month of the shop's calendar."""

    service: str
    name: str  # 2026-11.
    promised_ppm: int | None
    kept: Kept
    down_ms: int  # By the supplier's fault, as far as it was seen.
    unseen_ms: int  # Nobody looked, or nobody could tell.
    seen_ms: int
    is_whole: bool  # It begins within the days whose looks are kept; of an older one only the outages are known.

    @property
    def works_ppm(self) -> int | None:
        """In millionths of the time that was seen, rounded down; None where nobody looked, or the looks are gone."""
        return MILLION * (self.seen_ms - self.down_ms) // self.seen_ms if self.is_whole and self.seen_ms else None


def contracts(services: Iterable[Service], lines: Sequence[Line]) -> dict[str, Contract]:
    """Service to its promise. A log-in is its cloud's; the line of a fair day and the internet are one."""
    found = {
        one.key: Contract(one.promised_ppm, one.repair_h, one.promise)
        for one in services
        if one.promised_ppm is not None or one.repair_h is not None or one.promise
    }
    same = [("cloud", "login")]
    if lines:
        same += [("internet", f"line-{lines[0].name}"), (f"line-{lines[0].name}", "internet")]
    for one, other in same:
        if one in found:
            found.setdefault(other, found[one])
    return found


def repair(one: Absence, contract: Contract | None, watched: Iterable[Watched], now_ms: int) -> Kept:
    """Whether that outage was mended in time, counted from when it went away; what nobody saw proves nothing."""
    if contract is None or contract.repair_h is None:
        return "unknown"
    limit_ms = contract.repair_h * HOUR_MS
    lasted_ms = (now_ms if one.until_ms is None else one.until_ms) - one.since_ms
    if lasted_ms <= limit_ms:
        return "open" if one.until_ms is None else "kept"
    if one.until_ms is None:
        down = union((span.first_ms, span.last_ms) for span in watched if not span.works)
        seen_ms = long(both(bridged(down), [(one.since_ms, now_ms)]))
    else:
        seen_ms = lasted_ms - one.unseen_s * 1_000
    return "broken" if one.cause in THEIRS and seen_ms > limit_ms else "unknown"


def months(
    service: str, contract: Contract | None, watched: Iterable[Watched], away: Iterable[Absence], zone: str, days: int, now_ms: int
) -> list[Month]:
    """Each month of the last days, and each with an outage before them; the newest first."""
    spans, ours = list(watched), [one for one in away if one.service == service]
    names = {_name(now_ms - day * DAY_MS, zone) for day in range(days + 1)}
    for one in ours:
        until_ms = one.until_ms or now_ms
        names |= {_name(ms, zone) for ms in (*range(one.since_ms, until_ms, DAYS_MS), until_ms)}
    kept_ms = now_ms - days * DAY_MS
    return [_month(service, contract, name, spans, ours, zone, kept_ms, now_ms) for name in sorted(names, reverse=True)]


def _month(
    service: str, contract: Contract | None, name: str, spans: Sequence[Watched], away: Sequence[Absence], zone: str, kept_ms: int,
    now_ms: int,
) -> Month:  # fmt: skip
    first_ms, end_ms = _bounds(name, zone)
    window: list[Interval] = [(first_ms, min(end_ms, now_ms))]
    works, fails = (union((one.first_ms, one.last_ms) for one in spans if one.works is wanted) for wanted in (True, False))
    was_away = union((one.since_ms, one.until_ms or now_ms) for one in away)
    theirs = [one for one in away if one.cause in THEIRS]
    whole = [(one.since_ms, one.until_ms) for one in theirs if one.until_ms is not None and not one.unseen_s]
    partly = union((one.since_ms, one.until_ms or now_ms) for one in theirs)
    down_ms = long(both(union([*whole, *both(bridged(union([*works, *fails])), partly)]), window))
    seen_ms = down_ms + long(both(minus(minus(bridged(works), fails), was_away), window))
    unseen_ms = long(window) - seen_ms
    kept = _kept(contract, down_ms, unseen_ms, end_ms - first_ms, now_ms < end_ms)
    promised_ppm = contract.works_ppm if contract else None
    return Month(service, name, promised_ppm, kept, down_ms, unseen_ms, seen_ms, first_ms >= kept_ms)


def _kept(contract: Contract | None, down_ms: int, unseen_ms: int, month_ms: int, is_running: bool) -> Kept:
    if contract is None or contract.works_ppm is None:
        return "unknown"
    allowed_ms = month_ms * (MILLION - contract.works_ppm) // MILLION
    if down_ms > allowed_ms:
        return "broken"
    if is_running:
        return "open"
    return "kept" if down_ms + unseen_ms <= allowed_ms else "unknown"


def _name(ms: int, zone: str) -> str:
    return f"{from_ms(ms).astimezone(ZoneInfo(zone)):%Y-%m}"


def _bounds(name: str, zone: str) -> Interval:
    """The month's first moment and the next one's."""
    year, month = int(name[:4]), int(name[5:])
    ends = ((year, month), (year + month // 12, month % 12 + 1))
    first, last = (to_ms(datetime(*one, 1, tzinfo=ZoneInfo(zone))) for one in ends)
    return first, last
