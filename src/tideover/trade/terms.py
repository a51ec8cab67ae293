"""What every part of trade is told and tells: the shop's terms, what the copies know, what was built, what was noticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from tideover.model.item import Customer, Item, Stock
from tideover.model.sale import Document
from tideover.settings import Settings

Kind = Literal["sale", "refund"]


class Terms(Struct, frozen=True):
    """The settings that trade needs."""

    country: str
    currency: str
    prices_include_vat: bool
    cash_step_minor: int  # 1: cash is not rounded.
    discount_limit_ppm: int
    refund_limit_minor: int


def terms_of(settings: Settings) -> Terms:
    """The terms that the shop's settings make."""
    return Terms(
        country=settings.country,
        currency=settings.currency,
        prices_include_vat=settings.prices_include_vat,
        cash_step_minor=settings.cash_rounding_minor,
        discount_limit_ppm=settings.discount_limit_ppm,
        refund_limit_minor=settings.refund_limit_minor,
    )


class Known(Struct, frozen=True):
    """What the copies say about the things of one command; what is missing here is unknown there."""

    items: Mapping[str, Item] = field(default_factory=dict)
    stock: Mapping[str, Stock] = field(default_factory=dict)
    customers: Mapping[str, Customer] = field(default_factory=dict)
    prices_as_of: int | None = None  # UTC ms.


class Notice(Struct, frozen=True):
    """Something to look at later; it never stops a sale. Becomes a finding.

    code: price-changed, item-gone, stock-negative, customer-gone, customer-merged, no-account, rate-differs,
    discount-over-limit, refund-over-limit, over-refund, quote-expired, slip-not-issued, slip-arithmetic,
    slip-total, slip-out-of-order, slip-alike, slip-differs.
    """

    code: str
    text: str  # One sentence a shopkeeper understands.
    amount_minor: int = 0
    key: str = ""  # With the code: what makes two sights the same; the item, the slip, the line.


class Built(Struct, frozen=True):
    """A document ready to become an entry, and what was noticed on the way."""

    kind: Kind
    document: Document
    refers_to: str | None = None  # Entry id of the sale taken back.
    notices: tuple[Notice, ...] = ()
    change_minor: int = 0  # Cash to hand back.
