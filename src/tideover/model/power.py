"""What a battery says of itself, and where the shop's power stands."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

PowerWord = Literal["mains", "battery", "low", "unknown"]


class PowerLook(Struct, frozen=True):
    """One look at a battery; `unknown` is a gap and never a failure of the mains."""

    word: PowerWord  # low: the battery itself, or whoever it feeds first, says that it ends.
    at: datetime  # UTC.
    text: str = ""  # "on battery, about 20 minutes left"
    left_s: int | None = None  # What it still gives; None: it does not say.
    is_last_call: bool = False  # The machine that it feeds was told to go down (FSD): no second look is needed.
