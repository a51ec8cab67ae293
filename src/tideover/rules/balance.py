"""Does a document add up: lines, VAT on top, tenders and rounding. Collects every fault, changes nothing."""

from __future__ import annotations

from typing import Literal

from tideover.errors import BadRecord, UnbalancedDocument
from tideover.model.money import INT_MAX, sum_text
from tideover.model.sale import Document, Line
from tideover.rules.pricing import gross_sum, line_amount

ROUNDING_MINOR_MAX = 50  # Half of the largest coin that settings allow (100): more is not rounding.


def tenders_sum(document: Document) -> int:
    """What was paid, net of change; refunds negative."""
    return sum(tender.amount_minor for tender in document.tenders)


def check_document(document: Document, kind: Literal["sale", "refund"]) -> list[str]:
    """Every fault of a document, one sentence each; empty if it is sound. Raises nothing."""
    faults = [fault for number, line in enumerate(document.lines, 1) for fault in _line_faults(number, line)]
    if not document.lines:
        faults.append("There is no line.")
    if not (document.currency.isascii() and document.currency.isalpha() and document.currency.isupper()):
        faults.append(f"{document.currency!r} is not a currency like EUR.")
    faults += _sign_faults(document, 1 if kind == "sale" else -1, kind)
    faults += _rounding_faults(document)
    gross, paid = gross_sum(document), tenders_sum(document) + document.rounding_minor
    if gross != paid:
        faults.append(f"The lines come to {sum_text(gross)}, tenders and rounding to {sum_text(paid)}.")
    if abs(gross) > INT_MAX:
        faults.append("The document is larger than any sum that can be kept exactly.")
    return faults


def _line_faults(number: int, line: Line) -> list[str]:
    expected = line_amount(line.quantity, line.unit_price) - line.discount_minor
    if line.amount_minor != expected:
        return [f"Line {number} says {sum_text(line.amount_minor)}, but quantity × price − discount is {sum_text(expected)}."]
    return []


def _sign_faults(document: Document, sign: int, kind: str) -> list[str]:
    """A sale takes money in, a refund gives it out; only cash may go the other way (change from a card or voucher)."""
    faults = []
    if gross_sum(document) * sign < 0:
        faults.append(f"A {kind} cannot come to {sum_text(gross_sum(document))}.")
    for tender in document.tenders:
        if tender.amount_minor * sign < 0 and tender.kind != "cash":
            faults.append(f"A {kind} cannot hold a tender of {sum_text(tender.amount_minor)} by {tender.kind}.")
        if tender.given_minor is not None and tender.given_minor < tender.amount_minor:
            faults.append(f"{sum_text(tender.given_minor)} was given, less than the {sum_text(tender.amount_minor)} paid.")
    return faults


def _rounding_faults(document: Document) -> list[str]:
    if document.rounding_minor == 0:
        return []
    faults = []
    if abs(document.rounding_minor) > ROUNDING_MINOR_MAX:
        faults.append(f"A rounding of {sum_text(document.rounding_minor)} is larger than any coin's half.")
    # A sale of 2 cents paid in cash comes to no coin at all: then there may be no tender left.
    if document.tenders and all(tender.kind != "cash" for tender in document.tenders):
        faults.append("Only cash is rounded, and none was taken.")
    return faults


def raise_if_unbalanced(document: Document, kind: Literal["sale", "refund"]) -> None:
    """Raises UnbalancedDocument if the sums differ, BadRecord for every other fault (all of them named)."""
    faults = check_document(document, kind)
    if not faults:
        return
    gross, paid = gross_sum(document), tenders_sum(document) + document.rounding_minor
    if gross != paid:
        raise UnbalancedDocument(lines_minor=gross, paid_minor=paid)
    raise BadRecord(what=kind, why=" ".join(faults))
