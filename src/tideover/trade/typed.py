"""Numbers, days and times as people type them from paper: a comma or a dot, 1432 or 14.32. Never guesses at two readings."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, RATE_SCALE

DIGITS_MAX = 9  # Before the decimal sign: a sum of a milliard is no slip.
SPACES = str.maketrans("", "", " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}€")


def scaled(text: str, scale: int, *, may_be_negative: bool = False) -> int | None:
    """The number in whole parts of `scale` (a power of ten); None if it is none, or has more decimals than that."""
    plain = text.translate(SPACES).replace(",", ".").replace("\N{MINUS SIGN}", "-")
    decimals = len(str(scale)) - 1
    found = re.fullmatch(rf"(-?)([0-9]{{0,{DIGITS_MAX}}})(?:\.([0-9]{{0,{decimals}}}))?", plain)
    if found is None or not (found[2] or found[3]) or (found[1] and not may_be_negative):
        return None
    part = (found[3] or "").ljust(decimals, "0")
    value = int(found[2] or 0) * scale + int(part or 0)
    return -value if found[1] else value


def minor_of(text: str) -> int | None:
    """A sum, in minor units."""
    return scaled(text, MINOR_PER_MAJOR)


def price_of(text: str) -> int | None:
    """A price each, in 1/10,000 of the major unit."""
    return scaled(text, PRICE_SCALE)


def quantity_of(text: str) -> int | None:
    """How many, in thousandths; a deposit that comes back is negative."""
    return scaled(text, QUANTITY_SCALE, may_be_negative=True)


def rate_of(text: str) -> int | None:
    """A rate in percent, in millionths."""
    found = scaled(text.replace("%", ""), RATE_SCALE // 100)
    return found if found is not None and found <= RATE_SCALE else None


def day_of(text: str) -> str | None:
    """A day as the browser sends it (2026-11-20) or as people write it (20.11.2026)."""
    found = re.fullmatch(r"\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s*", text, re.ASCII)
    plain = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}" if found else text.strip()
    try:
        return date.fromisoformat(plain).isoformat() if re.fullmatch(r"\d{4}-\d{2}-\d{2}", plain, re.ASCII) else None
    except ValueError:
        return None


def time_of(text: str) -> str | None:
    """A time as HH:MM, from 14:32, 14.32, 1432, 932 or 9."""
    found = re.fullmatch(r"\s*(\d{1,2})\s*(?:[.:]?\s*(\d{2}))?\s*", text, re.ASCII)
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return f"{int(found[1]):02d}:{int(found[2] or 0):02d}"


def instant_of(day: str, time: str, zone: str) -> datetime:
    """When the shop's clock showed that; an hour that the clocks repeat is the first of the two."""
    hour, minute = time.split(":")
    local = datetime.combine(date.fromisoformat(day), datetime.min.time().replace(int(hour), int(minute)), ZoneInfo(zone))
    return local.astimezone(ZoneInfo("UTC"))
