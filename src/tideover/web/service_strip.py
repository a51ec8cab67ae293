"""Draws a strip: where each bar and each tick stands, in hundredths of the width. Draws no colour and no word of its own.

A short outage is drawn wide enough to be seen and to be hit with a finger; ticks stand at the shop's own midnights and hours,
also on the days that have twenty-three or twenty-five of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from tideover.detect.record.strip import Piece, cells
from tideover.web.service_words import told_piece, weekday
from tideover.words import Say
from tideover.world import from_ms, to_ms

DAY_MS = 86_400_000
SPANS_MS = {"day": DAY_MS, "week": 7 * DAY_MS}
CELLS = {"day": 288, "week": 672}  # Five minutes; a quarter of an hour.
WIDTH_MIN = 0.7  # Of an outage; in hundredths of the strip.
HOURS_STEP = 3
LABEL_ROOM = 7.0  # A label needs so much of the width to its right.


class Bar(Struct, frozen=True):
    """One rectangle."""

    x: float
    width: float
    shade: str
    title: str = ""  # Of outages: what a pointer or a screen reader says.
    place: str = ""  # Where the list below tells more.


class Tick(Struct, frozen=True):
    """One line, perhaps with a word under it."""

    x: float
    text: str


def bars(strip: Sequence[Piece], away: Sequence[Piece], window: str, key: str, zone: str, say: Say) -> list[Bar]:
    """The ground first, then each outage over it."""
    if not strip:
        return []
    begin, end = strip[0].first_ms, strip[-1].last_ms
    ground = [Bar(*_across(one.first_ms, one.last_ms, begin, end), one.shade) for one in cells(strip, CELLS[window])]
    drawn = []
    for number, one in enumerate(away, 1):
        x, width = _across(one.first_ms, one.last_ms, begin, end)
        x, width = min(x, 100 - WIDTH_MIN), max(width, WIDTH_MIN)
        drawn.append(Bar(x, width, one.shade, told_piece(one, one.last_ms >= end, zone, say), f"{key}-{number}"))
    return [*(one for one in ground if one.shade not in ("down", "degraded")), *drawn]


def _across(first_ms: int, last_ms: int, begin: int, end: int) -> tuple[float, float]:
    x = round(100 * (first_ms - begin) / (end - begin), 2)
    return x, round(100 * (last_ms - begin) / (end - begin) - x, 2)


def ticks(from_ms_: int, to_ms_: int, window: str, zone: str, say: Say) -> list[Tick]:
    """The shop's midnights, and over one day each third hour."""
    found = []
    for at, text in _marks(from_ms_, to_ms_, window, zone, say):
        x = round(100 * (to_ms(at) - from_ms_) / (to_ms_ - from_ms_), 2)
        if 0 <= x <= 100:
            found.append(Tick(x, text if x <= 100 - LABEL_ROOM else ""))
    return found


def _marks(from_ms_: int, to_ms_: int, window: str, zone: str, say: Say) -> Iterator[tuple[datetime, str]]:
    here = ZoneInfo(zone)
    day, last = from_ms(from_ms_).astimezone(here).date(), from_ms(to_ms_).astimezone(here).date()
    while day <= last:
        midnight = datetime.combine(day, time(), here)
        yield midnight, weekday(midnight, zone, say)
        for hour in range(HOURS_STEP, 24, HOURS_STEP) if window == "day" else ():
            at = datetime.combine(day, time(hour), here)
            yield at, say.clock(at, zone) if hour % (2 * HOURS_STEP) == 0 else ""
        day += timedelta(days=1)
