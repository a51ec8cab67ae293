"""The same slip keyed by two people: where they read the paper differently. Says where, never who is right."""

from __future__ import annotations

from collections.abc import Iterator

from tideover.model.money import QUANTITY_SCALE, decimal_text, sum_text
from tideover.model.sale import Document, Line
from tideover.rules.pricing import gross_sum

NAMED_MAX = 8  # Differences told in words; one wrong line may make many.


def differences(first: Document, second: Document, first_day: str, second_day: str) -> list[str]:
    """One sentence each, at most NAMED_MAX; empty if both read the same."""
    found = list(_found(first, second))
    if first_day != second_day:
        found.insert(0, f"The day was read as {first_day} and as {second_day}.")
    return found[:NAMED_MAX]


def _found(first: Document, second: Document) -> Iterator[str]:
    if len(first.lines) != len(second.lines):
        yield f"There were {len(first.lines)} lines, and then {len(second.lines)}."
    for number, (one, other) in enumerate(zip(first.lines, second.lines, strict=False), 1):
        yield from _line(number, one, other)
    if gross_sum(first) != gross_sum(second):
        yield f"The total was {sum_text(gross_sum(first))}, and then {sum_text(gross_sum(second))}."
    if _paid(first) != _paid(second):
        yield "It was paid in another way."
    if (first.customer or "") != (second.customer or ""):
        yield "Another customer was named."


def _line(number: int, one: Line, other: Line) -> Iterator[str]:
    if one.item != other.item:  # How a free line is worded differs between people, and says nothing.
        yield f"Line {number} was {one.item or one.name}, and then {other.item or other.name}."
    if one.quantity != other.quantity:
        how_many = [decimal_text(abs(line.quantity), QUANTITY_SCALE, 0) for line in (one, other)]
        yield f"Line {number} had {how_many[0]} pieces, and then {how_many[1]}."
    elif one.amount_minor != other.amount_minor:
        yield f"Line {number} came to {sum_text(one.amount_minor)}, and then to {sum_text(other.amount_minor)}."
    if one.vat_ppm != other.vat_ppm:
        yield f"Line {number} had another VAT rate."


def _paid(document: Document) -> dict[str, int]:
    paid: dict[str, int] = {}
    for tender in document.tenders:
        paid[tender.kind] = paid.get(tender.kind, 0) + tender.amount_minor
    return paid
