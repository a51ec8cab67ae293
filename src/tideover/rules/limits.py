"""How far a person may go alone: discounts and refunds over a limit need a grant.

Says only whether a grant is needed and whether one is large enough; who holds it is the plan's word.
"""

from __future__ import annotations

from collections.abc import Iterable

from tideover.model.money import RATE_SCALE
from tideover.model.sale import Line
from tideover.rules.pricing import line_amount


def may_discount(full_minor: int, discount_minor: int, limit_ppm: int) -> bool:
    """True if this much off a full price stays within the limit (inclusive); a surcharge always does."""
    if discount_minor == 0 or (discount_minor > 0) != (full_minor > 0):
        return True
    return abs(discount_minor) * RATE_SCALE <= abs(full_minor) * limit_ppm


def lines_over(lines: Iterable[Line], limit_ppm: int) -> tuple[int, ...]:
    """Positions (from 0) of the lines whose discount is larger than the limit."""
    return tuple(
        position
        for position, line in enumerate(lines)
        if not may_discount(line_amount(line.quantity, line.unit_price), line.discount_minor, limit_ppm)
    )


def needs_grant(lines: Iterable[Line], limit_ppm: int) -> bool:
    """True if any line's discount is over the limit."""
    return bool(lines_over(lines, limit_ppm))


def is_covered(amount_minor: int, each_minor: int | None, day_minor: int | None, spent_minor: int) -> bool:
    """True if a grant of `each_minor` at a time and `day_minor` a day, `spent_minor` of it used, is enough (None: no limit)."""
    amount = abs(amount_minor)
    return (each_minor is None or amount <= each_minor) and (day_minor is None or spent_minor + amount <= day_minor)
