"""The hours in which nothing goes back by itself, as the settings name them: 'Fri 15:00-18:00'. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from msgspec import Struct

from tideover.errors import Misconfigured

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORM = re.compile(r"(\w{3}) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Rush(Struct, frozen=True):
    """One span of the week, by the shop's wall."""

    weekday: int  # Monday is 0.
    begins: time
    ends: time  # Not after `begins`: it goes on into the next day.


def rushes_of(texts: Iterable[str]) -> tuple[Rush, ...]:
    """Raises Misconfigured."""
    return tuple(_rush_of(text) for text in texts)


def _rush_of(text: str) -> Rush:
    found = FORM.fullmatch(text.strip())
    if found is None or found[1].lower() not in DAYS:
        raise Misconfigured(setting="rush", why=f"{text!r} is not written like 'Fri 15:00-18:00'", file="tideover.toml")
    begins, ends = time(int(found[2]), int(found[3])), time(int(found[4]), int(found[5]))
    return Rush(DAYS.index(found[1].lower()), begins, ends)


def is_rush(rushes: Iterable[Rush], now: datetime, zone: str) -> bool:
    """True while one of them lasts, by the shop's own clock."""
    here = now.astimezone(ZoneInfo(zone))
    today, clock = here.weekday(), here.time()
    for one in rushes:
        over_night = one.ends <= one.begins
        if today == one.weekday and one.begins <= clock and (over_night or clock < one.ends):
            return True
        if over_night and (today - 1) % len(DAYS) == one.weekday and clock < one.ends:
            return True
    return False
