"""Barcodes of GS1: is the check digit right, which one form is kept for look-ups, and what a weight label holds.

Sources: GS1 General Specifications, section 7.9 (check digit), 5.2.2 (UPC-E), 2.1.12 (numbers for variable measure, which are
national); GS1 Finland, "How to mark variable measure trade item". Never guesses a missing digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_LENGTHS = (8, 12, 13, 14)  # GTIN-8, UPC-A, EAN-13, GTIN-14.

# Country, then prefix of a weight label to grams per unit of its four digits: 23 has three decimals of a kilo, 24 two, 25 one.
# Labels with a price in them are each shop's own; none is read.
_WEIGHED: Mapping[str, Mapping[str, int]] = MappingProxyType({"FI": MappingProxyType({"23": 1, "24": 10, "25": 100})})
_ITEM_DIGITS = slice(2, 8)
_WEIGHT_DIGITS = slice(8, 12)


def check_digit(body: str) -> int:
    """The check digit for the digits before it: weights 3, 1, 3 … from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -total % 10


def is_barcode(code: str) -> bool:
    """True for a GTIN-8, UPC-A, EAN-13 or GTIN-14 whose check digit is right."""
    return len(code) in _LENGTHS and code.isascii() and code.isdigit() and check_digit(code[:-1]) == int(code[-1])


def normal_barcode(code: str) -> str:
    """One form for look-ups: without spaces and dashes, UPC-A as EAN-13; anything else unchanged but trimmed."""
    plain = code.strip().replace(" ", "").replace("-", "")
    if len(plain) == 12 and is_barcode(plain):
        return "0" + plain
    if len(plain) == 14 and plain[0] == "0" and is_barcode(plain):
        return plain[1:]
    return plain if plain.isascii() and plain.isdigit() else code.strip()


class Weighed(NamedTuple):
    """What a weight label says."""

    codes: tuple[str, ...]  # The item's code with zeros for the weight: of its own prefix first, then of the other classes.
    quantity: int  # Thousandths of a kilo.


def weighed(code: str, country: str) -> Weighed | None:
    """The item and weight of a label scanned in that country; None for any other code, and for a label of nothing."""
    prefixes = _WEIGHED.get(country, {})
    plain = normal_barcode(code)
    if len(plain) != 13 or not is_barcode(plain) or plain[:2] not in prefixes:
        return None
    own, quantity = plain[:2], int(plain[_WEIGHT_DIGITS]) * prefixes[plain[:2]]
    if quantity == 0:
        return None
    bodies = [f"{prefix}{plain[_ITEM_DIGITS]}0000" for prefix in (own, *sorted(set(prefixes) - {own}))]
    return Weighed(tuple(f"{body}{check_digit(body)}" for body in bodies), quantity)
