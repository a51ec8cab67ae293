"""Which trading day and week an instant belongs to; the day turns at a local hour, not at midnight.

Never goes back: a later instant never belongs to an earlier day, on the nights when clocks change too.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tideover.errors import BadRecord, Misconfigured


@lru_cache(maxsize=32)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Misconfigured(setting="time_zone", why=f"{name!r} is not a zone like Europe/Helsinki", file="tideover.toml") from error


@lru_cache(maxsize=32)
def _turn(text: str) -> time:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise Misconfigured(setting="day_turns_at", why=f"{text!r} is not a time like 04:00", file="tideover.toml")
    return time(int(text[:2]), int(text[3:]))


def day_starts_at(day: str, zone: str, turns_at: str) -> datetime:
    """The instant at which a trading day begins; an hour that the clocks skip or repeat counts once."""
    here = _zone(zone)
    local = datetime.combine(date.fromisoformat(day), _turn(turns_at), here)
    return local.astimezone(ZoneInfo("UTC"))


def local_date(at: datetime, zone: str) -> date:
    """The date on the shop's wall at an aware instant, whatever the hour at which its trading day turns. Raises Misconfigured."""
    return at.astimezone(_zone(zone)).date()


def trading_day(at: datetime, zone: str, turns_at: str) -> str:
    """The trading day (YYYY-MM-DD) of an aware instant.

    Raises Misconfigured for an unknown zone or an hour that is not HH:MM.
    """
    today = local_date(at, zone)
    if at >= day_starts_at(today.isoformat(), zone, turns_at):
        return today.isoformat()
    return (today - timedelta(days=1)).isoformat()


def noon_of(day: str, zone: str) -> datetime:
    """Local noon: when something happened of which only the day is known, as rules for late entry of receipts advise."""
    return day_starts_at(day, zone, "12:00")


def week_of(day: str) -> str:
    """The ISO 8601 week (YYYY-Www) of a day; weeks begin on Monday."""
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year:04d}-W{week:02d}"


def days_of(week: str) -> tuple[str, ...]:
    """The seven days of an ISO week, Monday first. Raises BadRecord if it is not one."""
    found = re.fullmatch(r"(\d{4})-W(\d{2})", week)
    try:
        if found is None:
            raise ValueError("it is not written like 2026-W47")
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError as error:
        raise BadRecord(what="week", why=str(error)) from error
    return tuple((monday + timedelta(days=n)).isoformat() for n in range(7))
