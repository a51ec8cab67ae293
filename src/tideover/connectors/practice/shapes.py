"""The practice cloud's interface as records, and how a booking becomes one of its documents. Pure.

Decoding is strict in what matters to money and loose in what does not: a field that the cloud
adds tomorrow is ignored, a number that turns into a text is not.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tideover.connectors.content import gross_lines
from tideover.model.answer import CloudDocument, CloudLine, CloudPayment
from tideover.model.money import Minor, Quantity, RatePpm
from tideover.model.sale import TenderKind
from tideover.ports import Booking
from tideover.world import from_ms


class Login(Struct, frozen=True):
    user: str
    password: str


class Token(Struct, frozen=True):
    token: str


class SaleLine(Struct, frozen=True):
    item: str
    name: str
    quantity: Quantity
    amount_minor: Minor  # VAT included.
    vat_ppm: RatePpm


class Payment(Struct, frozen=True):
    tender: TenderKind | Literal["rounding"]
    amount_minor: Minor


class Sale(Struct, frozen=True):
    """What is sent."""

    external_id: str
    day: str
    kind: str
    at_ms: int
    currency: str
    lines: tuple[SaleLine, ...]
    payments: tuple[Payment, ...]
    rounding_minor: int
    customer: str | None
    refers_to: str | None
    note: str


class Booked(Struct, frozen=True):
    """What comes back for a booking."""

    number: str
    state: Literal["draft", "final", "void"]
    total_minor: Minor
    repeated: bool = False


class No(Struct, frozen=True):
    """Why it said no."""

    cause: str
    reason: str
    hint: str = ""


class Document(Struct, frozen=True):
    """A document read back."""

    number: str
    external_id: str | None
    day: str
    kind: Literal["sale", "refund"]
    state: Literal["draft", "final", "void"]
    total_minor: Minor
    at_ms: int
    till: str
    reference: str
    lines: tuple[SaleLine, ...]
    payments: tuple[Payment, ...]  # Cash rounding is a row of its own.


class DocumentPage(Struct, frozen=True):
    documents: tuple[Document, ...]
    cursor: str
    more: bool


class RecordPage(Struct, frozen=True):
    rows: tuple[Any, ...]
    cursor: str
    more: bool
    removed: tuple[str, ...]


class Count(Struct, frozen=True):
    count: int


def sale_of(booking: Booking) -> Sale:
    """The booking in the cloud's words."""
    document = booking.document
    return Sale(
        external_id=booking.entry,
        day=booking.trading_day,
        kind=booking.kind,
        at_ms=booking.happened_at_ms,
        currency=document.currency,
        lines=tuple(
            SaleLine(line.item, line.name, line.quantity, amount, line.vat_ppm)
            for line, amount in gross_lines(document.lines, document.prices_include_vat)
        ),
        payments=tuple(Payment(one.kind, one.amount_minor) for one in document.tenders),
        rounding_minor=document.rounding_minor,
        customer=document.customer or (None if booking.customer is None else booking.customer.code),
        refers_to=booking.original or document.original,
        note=document.note if not booking.late else f"late {document.note}".strip(),
    )


def read_back(found: Document) -> CloudDocument:
    """A document as reconciliation wants it."""
    return CloudDocument(
        number=found.number,
        entry=found.external_id,
        day=found.day,
        kind=found.kind,
        state=found.state,
        total_minor=found.total_minor,
        lines=tuple(CloudLine(one.item, one.quantity, one.amount_minor, one.vat_ppm) for one in found.lines),
        payments=tuple(CloudPayment(one.tender, one.amount_minor) for one in found.payments),
        till=found.till,
        at=from_ms(found.at_ms),
        reference=found.reference,
    )
