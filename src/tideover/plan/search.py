"""Finds records of the plan by any word in them, or by the digits of a number. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from tideover.copies.fold import fold
from tideover.plan.fields import key_of, name_of
from tideover.plan.history import Found

FOUND_MAX = 50
TEXT_LENGTH_MAX = 200  # Of what is searched for.
DIGITS_MIN = 4  # Fewer are a word, not a number.


def search(records: Iterable[Struct], text: str) -> list[Found]:
    """Records that hold every word, those whose name begins with the first one at the front; at most FOUND_MAX.

    A number is found however it is written: 040 123 4567 finds +358 40 1234567.
    """
    words = fold(text[:TEXT_LENGTH_MAX]).split()
    digits = _digits(text[:TEXT_LENGTH_MAX])
    if not words:
        return []
    found = [one for record in records if (one := _look(record, words, digits)) is not None]
    found.sort(key=lambda one: (not fold(one.key).startswith(words[0]), one.kind, one.key))
    return found[:FOUND_MAX]


def _look(record: Struct, words: list[str], digits: str) -> Found | None:
    texts = [(field, fold(text)) for field, text in _texts("", msgspec.to_builtins(record))]
    whole = "\n".join(text for _, text in texts)
    if all(word in whole for word in words):
        where = next(field for field, text in texts if words[0] in text)
    else:
        where = next((field for field, text in texts if digits and digits in re.sub(r"\D", "", text)), "")
    return Found(name_of(type(record)), key_of(record), record, where) if where else None


def _texts(field: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text in it with the name of its field."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(field or name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(field, inner)


def _digits(text: str) -> str:
    """The digits of a number without what changes with the country it is dialled from; "" for what is no number."""
    if not re.fullmatch(r"\+?[\d ()/.-]+", text.strip(), re.ASCII):
        return ""
    digits = re.sub(r"\D", "", text)
    return digits.lstrip("0") if len(digits) >= DIGITS_MIN else ""
