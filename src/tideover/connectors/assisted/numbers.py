"""Reads numbers as people and programs write them: 1 234,50 € and $1,234.50 and 12,5- and (3.00) and 12,-. Pure.

Whether a comma is the decimal sign is decided for a whole file, on evidence; where there is none
the file is not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Literal

from tideover.model.money import INT_MAX

DecimalSign = Literal[".", ","]

_CURRENCY = re.compile(r"(?i)(€|£|a?\$|¥|%|\b(?:eur|gbp|aud|sek|nok|dkk|usd|chf)\b|\bkr\.?(?=\s|$)|\bs?fr\.(?=[\s0-9]|$)|\bs?fr(?=\s|$))")
_GROUP_MARKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’]")
_NUMBER = re.compile(r"[0-9.,]*[0-9][0-9.,]*")
_WHOLE = re.compile(r"(.*[0-9])([.,])(?:--?|—)")  # 12,- and 12.-- and 12,— have no cents; 12,00- has a minus.
_DIGITS = re.compile(r"[0-9]+")


def bare(text: str) -> tuple[str, int] | None:
    """Digits, points and commas of a number, and its sign; None if it is none."""
    rest = _CURRENCY.sub("", text).replace("−", "-").replace("–", "-").strip()
    sign = 1
    if rest.startswith("(") and rest.endswith(")"):
        rest, sign = rest[1:-1], -1
    rest = _without_dash(_GROUP_MARKS.sub("", rest))
    if rest.startswith("-") or rest.endswith("-"):
        rest, sign = rest.removeprefix("-") if rest.startswith("-") else rest.removesuffix("-"), -sign
    rest = rest.removeprefix("+")
    return (rest, sign) if _NUMBER.fullmatch(rest) else None


def _without_dash(rest: str) -> str:
    """12,- is 12; of 1.234,- the comma stays, as it tells what the point is."""
    found = _WHOLE.fullmatch(rest)
    if found is None:
        return rest
    return found[1] + found[2] if {".": ",", ",": "."}[found[2]] in found[1] else found[1]


def decimal_signs(texts: Iterable[str]) -> set[DecimalSign]:
    """Which decimal signs these numbers prove; empty: they prove none, both: they contradict each other."""
    found: set[DecimalSign] = set()
    for text in texts:
        split = bare(text)
        proof = None if split is None else _proof(split[0])
        if proof is not None:
            found.add(proof)
    return found


def _proof(digits: str) -> DecimalSign | None:
    """What one number proves: 1.234,5 and 12,50 prove the comma; 1,234 proves nothing."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return "." if digits.rindex(".") > digits.rindex(",") else ","
    if points + commas == 0:
        return None
    mark, other = (".", ",") if points else (",", ".")
    before, _, after = digits.rpartition(mark)
    if points + commas > 1:
        return other  # type: ignore[return-value]  # 1.234.567: the point parts thousands.
    if len(after) != 3 or before in ("", "0") or len(before) > 3:
        return mark  # type: ignore[return-value]
    return None


def is_unclear(text: str) -> bool:
    """True if the number reads differently with the other decimal sign and proves neither: 1,234."""
    split = bare(text)
    return split is not None and ("." in split[0] or "," in split[0]) and _proof(split[0]) is None


def scaled(value: str | Decimal, sign: DecimalSign, scale: int) -> int | None:
    """The number in 1/scale, rounded half away from zero; None if it is no number, or one beyond all sums."""
    number = value if isinstance(value, Decimal) else _decimal(value, sign)
    if number is None or not number.is_finite() or abs(number) * scale > INT_MAX:
        return None
    raised = abs(number) * scale
    whole = int(raised) + (raised - int(raised) >= Decimal("0.5"))
    return whole if number >= 0 else -whole


def _decimal(text: str, sign: DecimalSign) -> Decimal | None:
    split = bare(text)
    if split is None:
        return None
    digits, factor = split
    thousands = "," if sign == "." else "."
    whole, _, part = digits.partition(sign)
    groups = whole.split(thousands)
    well_grouped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(one) == 3 for one in groups[1:]))
    if not well_grouped or (part and not _DIGITS.fullmatch(part)):
        return None
    try:
        return factor * Decimal(f"{''.join(groups) or '0'}.{part or '0'}")
    except InvalidOperation:
        return None
