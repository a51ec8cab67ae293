"""What a service is called, how long something lasted, and what its strip shows, in the reader's language. Reads nothing."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tideover.detect.record.strip import Piece, Sum
from tideover.web.headline import SERVICES
from tideover.words import Say
from tideover.world import from_ms

LINE = "line-"
NAMES = {"office-printer": "office printer"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT = {"en": 3, "fi": 2}  # Letters of a weekday where room is scarce.
SHADES = {"down": "down", "degraded": "works in part", "unknown": "not known", "gap": "nobody looked", "up": "works"}


def name_of(service: str, say: Say) -> str:
    """As people call it; a line by its own name, an unknown one by its key."""
    if service.startswith(LINE):
        return say("line {name}", name=service.removeprefix(LINE))
    return say(SERVICES.get(service) or NAMES.get(service, service))


def named(service: str, say: Say) -> str:
    """The same at the beginning of a line."""
    name = name_of(service, say)
    return name[:1].upper() + name[1:]


def weekday(at: datetime, zone: str, say: Say) -> str:
    """`Tue 17`, and in Finnish `ti 17.`: the shop's own day."""
    local = at.astimezone(ZoneInfo(zone))
    day = say(WEEKDAYS[local.weekday()])[: SHORT[say.language]]
    return f"{day} {local.day}{'.' if say.language == 'fi' else ''}"


def when(ms: int, zone: str, say: Say) -> str:
    """Weekday, day and time of the shop."""
    at = from_ms(ms)
    return f"{weekday(at, zone, say)} {say.clock(at, zone)}"


def dated(ms: int, zone: str, say: Say) -> str:
    """Date and time of the shop, for what may lie months back."""
    at = from_ms(ms)
    return f"{say.day(at.astimezone(ZoneInfo(zone)).date().isoformat())} {say.clock(at, zone)}"


def until(since_ms: int, ms: int, zone: str, say: Say) -> str:
    """The end of something: of the same day, only its time."""
    here = ZoneInfo(zone)
    is_same = from_ms(since_ms).astimezone(here).date() == from_ms(ms).astimezone(here).date()
    return say.clock(from_ms(ms), zone) if is_same else dated(ms, zone, say)


def long(ms: int, say: Say) -> str:
    """How long, in words."""
    return say.age(ms / 1000)


def summary(found: Sum, total_ms: int, zone: str, say: Say) -> str:
    """The strip as one or two sentences."""
    if found.unseen_ms >= total_ms * 999 // 1000:
        return say("Nobody looked at it in this time, or nobody could tell.")
    said = [_down(found, zone, say)]
    if found.degraded_ms:
        said.append(say("Worked in part: {time} in all.", time=long(found.degraded_ms, say)))
    if found.unseen_ms >= total_ms // 500:
        said.append(say("Nobody looked, or nobody could tell: {time} in all.", time=long(found.unseen_ms, say)))
    return " ".join(said)


def _down(found: Sum, zone: str, say: Say) -> str:
    if found.longest is None:
        return say("Never seen down.")
    begin, lasted = when(found.longest.first_ms, zone, say), long(found.longest.last_ms - found.longest.first_ms, say)
    if found.times == 1:
        return say("Down once: {when}, {time}.", when=begin, time=lasted)
    total = long(found.down_ms, say)
    return say("Down {n} times, {time} in all; the longest {time2}, {when}.", n=found.times, time=total, time2=lasted, when=begin)


def told_piece(piece: Piece, is_open: bool, zone: str, say: Say) -> str:
    """One stretch of a strip: what, from when, how long."""
    shade, begin, lasted = say(SHADES[piece.shade]), when(piece.first_ms, zone, say), long(piece.last_ms - piece.first_ms, say)
    if is_open:
        return say("{state} since {when}, {time} so far", state=shade, when=begin, time=lasted)
    return say("{state} {when}, for {time}", state=shade, when=begin, time=lasted)
