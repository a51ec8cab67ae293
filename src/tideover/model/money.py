"""Units of money and quantity, and the one way of rounding. Nothing here is a float."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

INT_MAX = 2**53 - 1  # The largest integer that JSON readers everywhere keep exactly.
PRICE_SCALE = 10_000  # Unit prices are in 1/10,000 of the major unit.
QUANTITY_SCALE = 1_000  # Quantities are in thousandths.
RATE_SCALE = 1_000_000  # VAT rates are in millionths: 25.5 % is 255,000.
MINOR_PER_MAJOR = 100  # Every currency supported so far (EUR, GBP, AUD, SEK) has cents.

Minor = Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)]  # Cents, pence.
Price = Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)]  # 1/10,000 of the major unit, each.
Quantity = Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)]  # Thousandths.
RatePpm = Annotated[int, Meta(ge=0, le=RATE_SCALE)]


def sum_text(minor: int) -> str:
    """A sum inside an English sentence: -1234 is -12.34. `words` writes it as the reader's language does."""
    return decimal_text(minor, MINOR_PER_MAJOR, 2)


def decimal_text(value: int, scale: int, least: int) -> str:
    """value / scale with a decimal point, at least `least` decimals and no zeros beyond; scale is a power of ten."""
    whole, part = divmod(abs(value), scale)
    digits = f"{part:0{len(str(scale)) - 1}d}".rstrip("0").ljust(least, "0")
    return f"{'-' if value < 0 else ''}{whole}{'.' + digits if digits else ''}"


def divide_rounded(numerator: int, denominator: int) -> int:
    """numerator / denominator, rounded half away from zero; denominator > 0."""
    quotient, rest = divmod(abs(numerator), denominator)
    if 2 * rest >= denominator:
        quotient += 1
    return quotient if numerator >= 0 else -quotient
