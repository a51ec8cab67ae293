"""Tryton's JSON-RPC as records: what a call looks like, typed values both ways, what an answer may say. Pure.

Decoding is strict: a sum is a `Decimal` object and never a float, a date is three numbers. A number of
another kind, or one too long to be money, is nonsense, and nonsense is silence.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, RATE_SCALE, decimal_text, divide_rounded

DIGITS_MAX = 15  # Before the point: beyond any shop, within what the integers of a sale hold.
QUANTITY_MAX = 1e12


class Call(Struct, frozen=True):
    """What is sent. Tryton answers in this shape only to exactly these three keys."""

    id: int
    method: str
    params: list[Any]


class Said(Struct, frozen=True):
    """What came back: a result, or an error as a list of its kind and its words."""

    id: int | None = None
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: list[Any] | msgspec.UnsetType = msgspec.UNSET


Number = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,12})?(E[+-]?[0-9])?\Z")]


class Sum(Struct, frozen=True, tag_field="__class__", tag="Decimal"):
    """A decimal number as Tryton writes it."""

    decimal: Number

    def scaled(self, scale: int) -> int:
        """value × scale as an integer, rounded half away from zero."""
        return scaled(Decimal(self.decimal), scale)


class Day(Struct, frozen=True, tag_field="__class__", tag="date"):
    year: Annotated[int, Meta(ge=1900, le=9999)]
    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=31)]

    @property
    def text(self) -> str:
        return f"{self.year:04}-{self.month:02}-{self.day:02}"


class Moment(Struct, frozen=True, tag_field="__class__", tag="datetime"):
    """An instant; Tryton keeps UTC."""

    year: Annotated[int, Meta(ge=1900, le=9999)]
    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=31)]
    hour: Annotated[int, Meta(ge=0, le=23)]
    minute: Annotated[int, Meta(ge=0, le=59)]
    second: Annotated[int, Meta(ge=0, le=59)]
    microsecond: Annotated[int, Meta(ge=0, le=999_999)]

    @property
    def text(self) -> str:
        """Sortable; the cursor's form."""
        date_part = f"{self.year:04}-{self.month:02}-{self.day:02}"
        return f"{date_part}T{self.hour:02}:{self.minute:02}:{self.second:02}.{self.microsecond:06}"


Flag = bool | int | None  # A truth value; SQLite has numbers for them.
Count = Annotated[float, Meta(ge=-QUANTITY_MAX, le=QUANTITY_MAX)]  # Quantities are floats in Tryton.


def scaled(value: Decimal, scale: int) -> int:
    """value × scale, rounded once, half away from zero."""
    numerator, denominator = (value * scale).as_integer_ratio()
    return divide_rounded(numerator, denominator)


def quantity_of(count: float) -> int:
    """Thousandths of a float quantity, by its shortest decimal text: 0.1 is 100, not 0.1000000000000000055."""
    return scaled(Decimal(repr(count)), QUANTITY_SCALE)


# Out -----------------------------------------------------------------------------------------------


def minor(value: int) -> dict[str, str]:
    """Minor units as Tryton's number."""
    return {"__class__": "Decimal", "decimal": decimal_text(value, MINOR_PER_MAJOR, 2)}


def price(value: int) -> dict[str, str]:
    """Ten-thousandths as Tryton's number."""
    return {"__class__": "Decimal", "decimal": decimal_text(value, PRICE_SCALE, 4)}


def rate(ppm: int) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": decimal_text(ppm, RATE_SCALE, 2)}


def count(quantity: int) -> float:
    """Thousandths as Tryton's float; its text is exact again (`quantity_of`)."""
    return quantity / QUANTITY_SCALE


def day(text: str) -> dict[str, Any]:
    """YYYY-MM-DD as Tryton's date."""
    at = date.fromisoformat(text)
    return {"__class__": "date", "year": at.year, "month": at.month, "day": at.day}


def moment(text: str) -> dict[str, Any]:
    """A cursor's time as Tryton's."""
    at = datetime.fromisoformat(text)
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{name: getattr(at, name) for name in names}}


def instant(of: Moment) -> datetime:
    """Aware, UTC. Raises ValueError for a day that no month has."""
    return datetime.fromisoformat(of.text).replace(tzinfo=UTC)


# Errors --------------------------------------------------------------------------------------------

Kind = Literal["user", "warning", "busy", "login", "inside"]
KINDS: dict[str, Kind] = {"UserError": "user", "UserWarning": "warning", "ConcurrencyException": "busy", "LoginException": "login"}


class Trouble(Struct, frozen=True):
    """Tryton said no: it refused (user), asks back (warning), had a clash (busy), or failed inside."""

    kind: Kind
    text: str
    name: str = ""  # Of a warning: what is answered to go on.


def trouble(error: list[Any]) -> Trouble:
    """The error list in words; one of a shape nobody knows is a failure inside."""
    kind = KINDS.get(error[0]) if error and isinstance(error[0], str) else None
    rest = error[1] if len(error) > 1 else ""
    said = [one for one in rest if isinstance(one, str)] if isinstance(rest, list) else [rest] if isinstance(rest, str) else []
    if kind is None or (kind != "busy" and not isinstance(rest, list)):
        return Trouble("inside", str(error[0])[:300] if error else "")
    if kind == "warning":
        name, *words = said or [""]
        return Trouble("warning", " ".join(words).strip(), name)
    return Trouble(kind, " ".join(said).strip())
