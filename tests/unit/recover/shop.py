"""Builders for the recover tests: documents of a named corner shop and what a cloud made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tideover.model.answer import CloudDocument, CloudLine, CloudPayment
from tideover.model.sale import Document, Line, Tender
from tideover.recover.doubles import Ours, payments_of, tenders_of
from tideover.rules.pricing import line_amount
from tideover.rules.vat import by_rate

FRIDAY = "2026-11-20"
THREE_PM = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)


def line(item="coffee", quantity=1_000, unit_price=35_000, vat_ppm=135_000):
    return Line(item=item, name=item.title(), quantity=quantity, unit_price=unit_price,
                amount_minor=line_amount(quantity, unit_price), vat_ppm=vat_ppm)  # fmt: skip


def document(*lines, number="A-1", tenders=None, rounding_minor=0, **more):
    """A balanced document, paid in cash unless told otherwise."""
    lines = lines or (line(),)
    if tenders is None:
        gross = sum(sums[0] for sums in by_rate(lines, True).values())
        tenders = (Tender(kind="cash", amount_minor=gross - rounding_minor),)
    return Document(number=number, currency="EUR", prices_include_vat=True, lines=lines, tenders=tenders,
                    rounding_minor=rounding_minor, **more)  # fmt: skip


def ours(id="e1", doc=None, at=THREE_PM, state="booked", day=FRIDAY, **more):
    doc = doc or document()
    kind = "refund" if sum(one.amount_minor for one in doc.lines) < 0 else "sale"
    return Ours(id=id, kind=kind, day=day, at=at, document=doc, state=state, **more)


def in_cloud(one, number="C-1", entry="as ours", state="final", total_minor=None, **more):
    """The cloud's faithful copy of an entry, or what `more` makes of it."""
    lines = tuple(CloudLine(item=each.item, quantity=each.quantity, amount_minor=each.amount_minor, vat_ppm=each.vat_ppm)
                  for each in one.document.lines)  # fmt: skip
    payments = tuple(CloudPayment(tender=kind, amount_minor=minor) for kind, minor in tenders_of(one.document).items())
    fields = {
        "number": number, "entry": one.id if entry == "as ours" else entry, "day": one.day, "kind": one.kind, "state": state,
        "total_minor": sum(each.amount_minor for each in lines) if total_minor is None else total_minor,
        "lines": lines, "payments": payments, "at": one.at,
    }  # fmt: skip
    return CloudDocument(**{**fields, **more})


def own_till(number="K-1", total_minor=350, tender="cash", at=THREE_PM - timedelta(hours=3), **more):
    """A sale that the cloud's own till recorded."""
    fields = {
        "number": number, "entry": None, "day": FRIDAY, "kind": "sale" if total_minor >= 0 else "refund", "state": "final",
        "total_minor": total_minor,
        "lines": (CloudLine(item="coffee", quantity=1_000, amount_minor=total_minor, vat_ppm=135_000),),
        "payments": (CloudPayment(tender=tender, amount_minor=total_minor),), "at": at,
    }  # fmt: skip
    return CloudDocument(**{**fields, **more})


__all__ = ["FRIDAY", "THREE_PM", "document", "in_cloud", "line", "ours", "own_till", "payments_of"]
