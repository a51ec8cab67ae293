"""Says that a sale has waited for a person for more than a day: one notice a day at most, and none while all was solved. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from msgspec import Struct

TOO_LONG = timedelta(days=1)
LOOK_S = 900.0  # Between two looks.


class Late(Struct, frozen=True):
    """What is told."""

    event: str  # One a day: a second one of that name is never sent.
    text: str  # English.


def late(since: Iterable[datetime], now: datetime, today: date) -> Late | None:
    """since: when each of them was parked."""
    count = sum(now - one > TOO_LONG for one in since)
    if not count:
        return None
    text = f"Sales that have waited for a person for more than a day: {count}. The wall names each, with what to do."
    return Late(f"parked/{today.isoformat()}", text)
