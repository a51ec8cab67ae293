"""What a line and a document come to, in whole cents.

A line is rounded once, half away from zero; a document is the plain sum of its lines.
Never changes an amount to fit what a cloud says.
"""

from __future__ import annotations

from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, divide_rounded
from tideover.model.sale import Document
from tideover.rules.vat import gross_by_rate

_PER_MINOR = QUANTITY_SCALE * PRICE_SCALE // MINOR_PER_MAJOR  # Thousandths × ten-thousandths in one cent.


def line_amount(quantity: int, unit_price: int) -> int:
    """quantity × unit price in minor units, rounded once, half away from zero; before any discount.

    quantity in thousandths, unit_price in 1/10,000 of the major unit.
    """
    return divide_rounded(quantity * unit_price, _PER_MINOR)


def gross_sum(document: Document) -> int:
    """What the document comes to with VAT, before cash rounding."""
    return sum(gross_by_rate(document.lines, document.prices_include_vat).values())
