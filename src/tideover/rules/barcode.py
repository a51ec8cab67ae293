"""Barcodes of GS1: is the check digit right, and which one form is kept for look-ups.

Source: GS1 General Specifications, section 7.9 (check digit), 5.2.2 (UPC-E). Never guesses a missing digit.
"""

from __future__ import annotations

_LENGTHS = (8, 12, 13, 14)  # GTIN-8, UPC-A, EAN-13, GTIN-14.


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
