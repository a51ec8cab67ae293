"""Cash rounding: to the nearest coin, half away from zero; the difference is a line of its own.

Finland rounds cash to 5 cents (Laki eräiden rahamäärien pyöristämisestä, 890/2000); Australia by
custom too; the United Kingdom does not. Card and other tenders are never rounded.
"""

from __future__ import annotations

from tideover.model.money import divide_rounded


def round_cash(minor: int, step: int) -> tuple[int, int]:
    """(what is paid in cash, rounding) with minor = paid + rounding; step ≥ 1, 1 rounds nothing."""
    rounded = divide_rounded(minor, step) * step
    return rounded, minor - rounded
