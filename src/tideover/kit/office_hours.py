"""A vendor's hours, written in their own time, as our clock shows them. Pure; a text that holds no hours stays as it is."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tideover.kit.matter import Matter
from tideover.plan.records import Channel
from tideover.words import Say

_HOUR = r"(\d{1,2})(?:[:.](\d{2}))?"
_RANGE = re.compile(rf"(?<![\d:.]){_HOUR}\s*[-–—]\s*{_HOUR}(?![\d:.]|\s*h\b)")
DAY_MIN = 24 * 60


def in_our_time(channel: Channel, matter: Matter, said: Say) -> str:
    """Their hours; in another zone, ours behind them: "Mon-Fri 8-18 London = 10-20 here"."""
    ahead = ahead_min(channel.time_zone, matter)
    if ahead == 0 or not channel.hours:
        return channel.hours
    place = channel.time_zone.rpartition("/")[2].replace("_", " ")
    ranges = [[_minutes(found[1], found[2]), _minutes(found[3], found[4])] for found in _RANGE.finditer(channel.hours)]
    if not ranges or max(map(max, ranges)) > DAY_MIN:
        return f"{channel.hours} ({place}: {_ahead(said, ahead)})"
    ours = _RANGE.sub(lambda found: _moved(found, ahead, said.language), channel.hours)
    return said("{hours} here ({theirs} in {place})", hours=ours, theirs=channel.hours, place=place)


def ahead_min(zone: str, matter: Matter) -> int:
    """How many minutes our clock is ahead of theirs at noon of the day; 0 for our own zone and one that nobody knows."""
    try:
        theirs = ZoneInfo(zone) if zone else None
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError.
        theirs = None
    if theirs is None:
        return 0
    noon = datetime.combine(matter.today, time(12), ZoneInfo(matter.settings.time_zone))
    ours, there = noon.utcoffset() or timedelta(), noon.astimezone(theirs).utcoffset() or timedelta()
    return int((ours - there).total_seconds()) // 60


def _moved(found: re.Match[str], ahead: int, language: str) -> str:
    begin, end = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    first, last = divmod(begin + ahead, DAY_MIN), divmod(end + ahead, DAY_MIN)
    # Where the whole span falls on another day, or ends on one, that is said with it: a wrong day is worse than a wrong hour.
    return f"{_clock(first, language)}–{_clock(last, language)}"


def _minutes(hour: str, minute: str | None) -> int:
    return int(hour) * 60 + int(minute or 0)


def _clock(moved: tuple[int, int], language: str) -> str:
    day, minutes = moved
    hour, minute = divmod(minutes, 60)
    sign = "." if language == "fi" else ":"
    text = f"{hour}{sign}{minute:02d}" if minute else f"{hour}"
    return f"{text} ({day:+d} d)" if day else text


def _ahead(said: Say, ahead: int) -> str:
    hours = f"{abs(ahead) // 60}{f':{abs(ahead) % 60:02d}' if ahead % 60 else ''}"
    return said("{hours} h behind us", hours=hours) if ahead > 0 else said("{hours} h ahead of us", hours=hours)
