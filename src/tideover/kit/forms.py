"""How each form looks: its fields, columns, sums and signatures, the same by hand and typed.

Texts are English here and told in the reader's language where a form is made. Never holds a customer, a sum or a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from tideover.plan.series import Form

Sums = Literal["by-rate", "total", ""]


class Layout(Struct, frozen=True):
    """One kind of form."""

    title: str
    fields: tuple[tuple[str, str], ...]  # Key and label; two in a row, the other side's on the left.
    columns: tuple[str, ...]  # Of COLUMNS.
    sums: Sums = ""  # VAT by rate and the total; the total alone; none.
    signs: tuple[str, ...] = ()
    copies: tuple[str, ...] = ("",)  # Label of each copy that a number is printed on.
    is_marked: bool = False  # Says what the law wants on receipts of an outage.
    foot: str = ""


class Column(Struct, frozen=True):
    """One column of a form's lines."""

    label: str
    width: int  # Millimetres; 0: what is left.
    is_number: bool = False  # To the right.


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "code": Column("Code", 25),
        "what": Column("What", 0),
        "quantity": Column("Qty", 17, True),
        "price": Column("Each", 25, True),
        "vat": Column("VAT %", 15, True),
        "sum": Column("Sum", 29, True),
        "shelf": Column("Shelf", 22),
        "ordered": Column("Ordered", 19, True),
        "picked": Column("Picked", 19, True),
        "delivered": Column("Delivered", 20, True),
        "left": Column("Still to come", 24, True),
        "note": Column("Note", 38),
    }
)

BOTH = ("Customer's copy", "Shop's copy")
SOLD = ("code", "what", "quantity", "price", "vat", "sum")
CUSTOMER = ("customer", "Customer")
ADDRESS = ("address", "Address")
REACHED = ("phone", "Phone, e-mail")
DATE = ("date", "Date")

LAYOUTS: Mapping[Form, Layout] = MappingProxyType(
    {
        "quote": Layout(
            title="QUOTE",
            fields=(CUSTOMER, DATE, ADDRESS, ("valid_until", "Valid until"), REACHED, ("by", "Written by")),
            columns=SOLD,
            sums="by-rate",
            signs=("For the shop",),
            copies=BOTH,
            foot="Prices are those of the day. The shop may correct an obvious slip of the pen.",
        ),
        "order": Layout(
            title="ORDER",
            fields=(
                CUSTOMER, DATE, ADDRESS, ("promised", "Promised for"), REACHED, ("by", "Taken by"),
                ("how", "Fetched, or brought to"), ("paid", "Paid in advance"),
            ),
            columns=SOLD,
            sums="by-rate",
            signs=("Customer", "For the shop"),
            copies=BOTH,
        ),
        "picking-list": Layout(
            title="PICKING LIST",
            fields=(("order", "Order no."), DATE, CUSTOMER, ("promised", "Promised for"), ("by", "Picked by"), ("checked", "Checked by")),
            columns=("code", "what", "shelf", "ordered", "picked", "note"),
            signs=("Picked", "Checked"),
        ),
        "delivery-docket": Layout(
            title="DELIVERY DOCKET",
            fields=(
                CUSTOMER, DATE, ADDRESS, ("order", "Order no."), REACHED, ("by", "Brought by"),
                ("parcels", "Parcels"), ("owed", "To be paid at the door"),
            ),
            columns=("code", "what", "ordered", "delivered", "left"),
            signs=("Received whole: name in capitals", "Signature, day and time"),
            copies=BOTH,
        ),
        "invoice": Layout(
            title="INVOICE",
            fields=(
                CUSTOMER, DATE, ADDRESS, ("supplied", "Day of supply"), ("their_number", "Customer's business ID"), ("due", "Due on"),
                REACHED, ("reference", "Reference"),
            ),
            columns=SOLD,
            sums="by-rate",
            signs=("Pay to (account, bank)", "For the shop"),
            copies=BOTH,
            is_marked=True,
        ),
        "purchase-order": Layout(
            title="PURCHASE ORDER",
            fields=(
                ("supplier", "Supplier"), DATE, REACHED, ("account", "Our number with them"),
                ("deliver_to", "Deliver to"), ("promised", "Wanted by"), ("confirmed", "Confirmed by (name, time)"), ("by", "Ordered by"),
            ),
            columns=("code", "what", "quantity", "price", "sum"),
            sums="total",
            signs=("For the shop",),
            foot="Our systems are down: please confirm by phone and put our number on your papers.",
        ),
        "receipt": Layout(
            title="RECEIPT",
            fields=(DATE, ("time", "Time"), ("by", "Served by"), CUSTOMER),
            columns=SOLD[1:],
            sums="by-rate",
            copies=BOTH,
            is_marked=True,
        ),
        "refund": Layout(
            title="REFUND",
            fields=(DATE, ("time", "Time"), ("by", "Served by"), CUSTOMER, ("original", "Receipt taken back: number"), ("why", "Why")),
            columns=SOLD[1:],
            sums="by-rate",
            signs=("Customer's signature: money received", "Allowed by"),
            copies=BOTH,
            is_marked=True,
        ),
    }
)  # fmt: skip
