"""A document of trade: what was sold or taken back, how it was paid, in integers.

A sale and a refund have the same shape; a refund's quantities, amounts and tenders are negative.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tideover.model.money import INT_MAX, Minor, Price, Quantity, RatePpm

LINES_MAX = 5_000  # A real giftware invoice had 1,114; five times that is still one screen to refuse.
TENDERS_MAX = 20
NAME_LENGTH_MAX = 200

Name = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]
TenderKind = Literal["cash", "card", "account", "transfer", "mobile", "voucher"]


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a document."""

    item: Name  # The cloud's item code; "" for a free line.
    name: Name
    quantity: Quantity
    unit_price: Price  # Before VAT if the shop's prices are net, else with it.
    amount_minor: Minor  # quantity × unit_price, rounded once, half away from zero; less discount.
    vat_ppm: RatePpm  # In force on the trading day.
    discount_minor: Minor = 0  # Taken off this line; positive makes it cheaper.


class Tender(Struct, frozen=True, forbid_unknown_fields=True):
    """How (a part of) a document was paid."""

    kind: TenderKind
    amount_minor: Minor  # Net of change; negative in a refund.
    reference: Name | None = None  # The terminal's slip number, the voucher's code.
    given_minor: Minor | None = None  # Cash handed over, before change; None where not asked.


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a `sale` or `refund` entry.

    Σ lines (+ VAT on top if prices are net) = Σ tenders + rounding_minor.
    """

    number: Name  # Printed on the receipt: TILL-SEQ, without gaps per till.
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    prices_include_vat: bool
    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES_MAX)]
    tenders: Annotated[tuple[Tender, ...], Meta(max_length=TENDERS_MAX)]
    rounding_minor: Minor = 0  # Cash rounding: what the lines come to beyond the tenders.
    party: str | None = None  # Id of the customer's personal details.
    commitment: str | None = None  # Salted SHA-256 of those details, hex.
    customer: Name | None = None  # The cloud's customer code; not personal by itself.
    prices_as_of: Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)] | None = None  # Age of the copy the prices came from; UTC ms.
    slip: Name | None = None  # Number of the paper slip this was keyed from.
    quote: Name | None = None  # The cloud's quote that became this sale.
    original: Name | None = None  # The cloud's number of the sale taken back, where it is not an entry.
    exchange: str | None = None  # Same value on the refund and the sale of one exchange.
    grant: str | None = None  # Grant that allowed a discount or refund over the limit.
    note: Annotated[str, Meta(max_length=1_000)] = ""
