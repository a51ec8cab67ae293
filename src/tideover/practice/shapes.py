"""What the practice cloud reads and writes on the wire, as strict records.

Integers only: minor units, thousandths, millionths, UTC milliseconds. These are the vendor's
shapes, kept apart from the journal's on purpose: a connector has to translate.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from tideover.model.item import Customer, Invoice, Item, Order, PastSale, Quote, Stock, Supplier
from tideover.model.money import INT_MAX, Minor, Quantity, RatePpm
from tideover.model.sale import LINES_MAX, TENDERS_MAX, TenderKind

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Short = Annotated[str, Meta(max_length=200)]
Instant = Annotated[int, Meta(ge=0, le=INT_MAX)]


class LineIn(Struct, frozen=True, forbid_unknown_fields=True):
    item: Short  # "" for a free line.
    name: Short
    quantity: Quantity
    amount_minor: Minor  # VAT included.
    vat_ppm: RatePpm


class PaymentIn(Struct, frozen=True, forbid_unknown_fields=True):
    tender: TenderKind
    amount_minor: Minor


class SaleIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A sale or refund to be booked."""

    day: Day  # Accounting date.
    kind: Literal["sale", "refund"]
    at_ms: Instant
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    lines: Annotated[tuple[LineIn, ...], Meta(max_length=LINES_MAX)]
    payments: Annotated[tuple[PaymentIn, ...], Meta(max_length=TENDERS_MAX)]
    external_id: Short | None = None
    rounding_minor: Minor = 0  # Lines = payments + this.
    customer: Short | None = None
    refers_to: Short | None = None  # Number here of the sale taken back.
    reference: Short = ""  # The number on the vendor's till's screen.
    note: Annotated[str, Meta(max_length=2_000)] = ""
    till: Short = ""


class Void(Struct, frozen=True, forbid_unknown_fields=True):
    why: str = ""


class LineOut(Struct, frozen=True):
    item: str
    name: str
    quantity: int
    amount_minor: int
    vat_ppm: int


class PaymentOut(Struct, frozen=True):
    tender: str  # A tender, or "rounding": so the payments always come to the total.
    amount_minor: int


class Document(Struct, frozen=True):
    """One document as this cloud holds it."""

    number: str
    external_id: str | None
    day: str
    kind: str
    state: str  # draft, final, void.
    total_minor: int  # Σ lines.
    currency: str
    at_ms: int
    till: str
    reference: str
    customer: str | None
    refers_to: str | None
    note: str
    rounding_minor: int
    lines: tuple[LineOut, ...]
    payments: tuple[PaymentOut, ...]


class DocumentPage(Struct, frozen=True):
    documents: tuple[Document, ...]
    cursor: str
    more: bool


class Booked(Struct, frozen=True, omit_defaults=True):
    """The answer to a booking."""

    number: str
    state: str
    total_minor: int
    repeated: bool = False


class RecordPage(Struct, frozen=True):
    rows: tuple[Any, ...]
    cursor: str
    more: bool
    removed: tuple[str, ...]


class No(Struct, frozen=True):
    """Why something was not done."""

    cause: str  # closed-period, item-gone, customer-merged, key-reused, malformed, login, not-found …
    reason: str
    hint: str = ""


class Login(Struct, frozen=True, forbid_unknown_fields=True):
    user: str
    password: str


class Load(Struct, frozen=True, forbid_unknown_fields=True):
    """What a shop knew before the day: everything optional; rows with a known code are replaced."""

    items: tuple[Item, ...] = ()
    stock: tuple[Stock, ...] = ()
    customers: tuple[Customer, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    orders: tuple[Order, ...] = ()
    quotes: tuple[Quote, ...] = ()
    sales: tuple[PastSale, ...] = ()  # History; never among the day's documents.
    invoices: tuple[Invoice, ...] = ()
    zone: str | None = None  # Time zone of the reports' `time` column.


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    dataset: str
    rows: tuple[dict[str, Any], ...] = ()
    removed: tuple[str, ...] = ()


class Until(Struct, frozen=True, forbid_unknown_fields=True):
    until: Day  # The last closed day.


class Merge(Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    into: str


class LeaveDraft(Struct, frozen=True, forbid_unknown_fields=True):
    count: int  # So many next bookings stop half-way: a draft stays, the answer is 503.
