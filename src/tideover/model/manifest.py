"""What a cloud lets us rely on; each connector's manifest says it, `docs/connectors/once.md` shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from msgspec import Struct


class Field(Struct, frozen=True):
    """Something `tideover connect` asks for."""

    name: str
    question: str
    secret: bool = False
    default: str = ""


class Manifest(Struct, frozen=True):
    """One connector's promises and limits."""

    name: str
    title: str
    hands: Literal["interface", "person"]  # Who books: the connector, or a person at the cloud's screen.
    quality: Literal["bronze", "silver", "gold"]
    window: timedelta  # How long it honours our key from the first send; zero: no keys.
    settle: timedelta | None  # A booked sale is visible after this; None: cannot be asked.
    concurrent_max: int  # Sends in flight at once.
    calls_per_s_max: float
    once: str  # What "once" means with this cloud, in one sentence.
    asks: tuple[Field, ...] = ()
    closed_period: Literal["park", "open-period"] = "park"
