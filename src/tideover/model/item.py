"""What the cloud knows and the copies keep: items, parties, stock, orders, quotes, sales, invoices.

One record per dataset. `code` is the cloud's own key; `version` orders two sights of one record.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tideover.model.money import Minor, Price, Quantity, RatePpm

Dataset = Literal["items", "stock", "customers", "suppliers", "orders", "quotes", "sales", "invoices"]
DATASETS: tuple[Dataset, ...] = ("items", "stock", "customers", "suppliers", "orders", "quotes", "sales", "invoices")


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """Dataset `items`: an article with its price and barcodes."""

    code: str
    name: str
    unit_price: Price
    vat_ppm: RatePpm
    barcodes: tuple[str, ...] = ()
    department: str = ""
    unit: str = "pcs"
    archived: bool = False


class Stock(Struct, frozen=True, forbid_unknown_fields=True):
    """Dataset `stock`: what should lie on the shelf; may be negative."""

    code: str  # Item code.
    on_hand: Quantity


class Customer(Struct, frozen=True, forbid_unknown_fields=True):
    """Dataset `customers`."""

    code: str
    name: str
    phone: str = ""
    email: str = ""
    address: str = ""
    account: bool = False  # May buy on account.
    merged_into: str | None = None  # Code of the record that took its place.


class Supplier(Struct, frozen=True, forbid_unknown_fields=True):
    """Dataset `suppliers`."""

    code: str
    name: str
    phone: str = ""
    email: str = ""
    our_account: str = ""


class OrderLine(Struct, frozen=True, forbid_unknown_fields=True):
    item: str
    name: str
    quantity: Quantity
    unit_price: Price = 0


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """Dataset `orders`: open customer orders."""

    code: str
    customer: str
    promised_on: str | None  # YYYY-MM-DD; None: no promise.
    lines: tuple[OrderLine, ...]
    note: str = ""


class Quote(Struct, frozen=True, forbid_unknown_fields=True):
    """Dataset `quotes`."""

    code: str
    customer: str
    valid_until: str | None  # YYYY-MM-DD.
    lines: tuple[OrderLine, ...]


class PastSale(Struct, frozen=True, forbid_unknown_fields=True):
    """Dataset `sales`: a recent sale of the cloud, so that it can be taken back."""

    code: str  # The cloud's number, as on the receipt.
    day: str  # YYYY-MM-DD.
    customer: str | None
    total_minor: Minor
    lines: tuple[OrderLine, ...]


class Invoice(Struct, frozen=True, forbid_unknown_fields=True):
    """Dataset `invoices`: not yet paid."""

    code: str
    customer: str
    due_on: str | None  # YYYY-MM-DD.
    open_minor: Minor


RECORDS: dict[str, type[Struct]] = {
    "items": Item,
    "stock": Stock,
    "customers": Customer,
    "suppliers": Supplier,
    "orders": Order,
    "quotes": Quote,
    "sales": PastSale,
    "invoices": Invoice,
}
