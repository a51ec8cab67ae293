"""Telephone numbers as people write them and as networks give them back: the same number in other clothes. Pure."""

from __future__ import annotations

import re

DIGITS = (3, 15)  # E.164 has at most 15; three are an emergency or service number.
COMPARED_MIN = 6  # Fewer digits at the end say nothing.
WRITTEN = re.compile(r"\+?[0-9][0-9 ()./-]*", re.ASCII)


def dialled(text: str) -> str:
    """What a telephone is given: digits, with + before an international number; "" where it is no number."""
    text = text.strip()
    if not WRITTEN.fullmatch(text):
        return ""
    number = re.sub(r"[^0-9+]", "", text)
    return number if DIGITS[0] <= len(number.lstrip("+")) <= DIGITS[1] else ""


def is_same(one: str, other: str) -> bool:
    """True for 040 123 4567 and +358 40 123 4567: a network may give back the one for the other."""
    one, other = dialled(one), dialled(other)
    if not one or not other:
        return one == other
    ends = [_end(number) for number in (one, other)]
    shorter, longer = sorted(ends, key=len)
    if one.startswith("+") == other.startswith("+"):
        return ends[0] == ends[1]
    return len(shorter) >= COMPARED_MIN and longer.endswith(shorter)


def masked(text: str) -> str:
    """The last digits alone, for whoever may know which number it is but not learn it here: …567. What is masked stays as it is."""
    if text.startswith("…") and text[1:].isdigit() and len(text) <= len("…567"):
        return text
    number = dialled(text)
    return f"…{number[-3:]}" if number else ""


def _end(number: str) -> str:
    """Without what tells only how to get out of the country or the town."""
    return number.lstrip("+").lstrip("0")
