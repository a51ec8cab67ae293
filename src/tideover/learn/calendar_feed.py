"""The days of practice as an iCalendar (RFC 5545): when the rehearsal is due, when checks are. Pure; our own forty lines.

The open feed says on which day something is due and nothing else: no name, no number, no text of the shop's own. The file that a
person takes away may say what. Why no secret stands in the address: docs/decisions/0008-a-calendar-without-a-secret.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

LINE_BYTES_MAX = 75  # RFC 5545, 3.1; the end of line not counted.
END = "\r\n"
PRODUCT = "-//Tideover//Practice//EN"


class Day(Struct, frozen=True):
    """One whole day of the calendar."""

    uid: str  # The same for the same matter, so that a day that moves does not come twice.
    on: str  # YYYY-MM-DD.
    title: str
    text: str = ""
    alarm: bool = False  # A word at nine in the morning of that day.


def calendar(name: str, days: Iterable[Day], now: datetime, url: str = "") -> bytes:
    """The whole file, in order of days."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", f"X-WR-CALNAME:{escaped(name)}"]
    lines = [*head, "REFRESH-INTERVAL;VALUE=DURATION:P1D", "X-PUBLISHED-TTL:P1D"]
    for one in sorted(days, key=lambda day: (day.on, day.uid)):
        lines += _event(one, stamp, url)
    return "".join(folded(line) + END for line in [*lines, "END:VCALENDAR"]).encode()


def _event(day: Day, stamp: str, url: str) -> Iterator[str]:
    start = date.fromisoformat(day.on)
    yield from ("BEGIN:VEVENT", f"UID:{escaped(day.uid)}@tideover", f"DTSTAMP:{stamp}")
    yield from (f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{start + timedelta(days=1):%Y%m%d}")
    yield f"SUMMARY:{escaped(day.title)}"
    if day.text:
        yield f"DESCRIPTION:{escaped(day.text)}"
    if url:
        yield f"URL:{url}"
    yield "TRANSP:TRANSPARENT"  # Nobody is booked out by it.
    if day.alarm:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{escaped(day.title)}", "TRIGGER:PT9H", "END:VALARM")
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """A text value: 3.3.11. Control characters, which no calendar may hold, are left out."""
    plain = "".join(one for one in text.replace("\r\n", "\n") if one == "\n" or one.isprintable())
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """Content lines of at most 75 octets, no character torn in two; each further one begins with a space."""
    parts, now, size = [], "", 0
    for one in line:
        width = len(one.encode())
        if size + width > LINE_BYTES_MAX:
            parts.append(now)
            now, size = " ", 1
        now, size = now + one, size + width
    return END.join([*parts, now])
