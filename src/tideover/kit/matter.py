"""All that a kit is made from, read once: the same matter is the same paper, byte for byte.

Holds values only; whoever makes a kit reads them from the plan, the copies and the journal before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from tideover.model.item import Customer, Invoice, Item, Order, Quote, Stock, Supplier
from tideover.plan.law import Law
from tideover.plan.records import Check, Grant, Pad, Party, Person, Service, Thing, TillPlace
from tideover.settings import Settings


class Seen(Struct, frozen=True):
    """When a check was last answered, and what that is worth."""

    on: str  # YYYY-MM-DD.
    standing: str  # "proof" or "claim".
    by: str
    works: bool


class Matter(Struct, frozen=True, kw_only=True):
    """The shop on one day, as paper needs it."""

    settings: Settings
    law: Law
    today: date  # In the shop's zone; printed on each page.
    revision: str = ""  # Of the plan: the highest version number of all that is on paper, as people read it aloud.
    people: tuple[Person, ...] = ()
    services: tuple[Service, ...] = ()
    things: tuple[Thing, ...] = ()
    parties: tuple[Party, ...] = ()
    grants: tuple[Grant, ...] = ()
    tills: tuple[TillPlace, ...] = ()
    selling: tuple[str, ...] = ()  # Our own tills that are enrolled and not revoked, by name.
    pads: tuple[Pad, ...] = ()
    checks: tuple[Check, ...] = ()
    seen: Mapping[str, Seen] = {}  # Check.key to its last answer; not in it: never.
    playbooks: Mapping[str, str] = {}  # Key with language ("internet-down.fi") to the text that counts in this shop.
    items: tuple[Item, ...] = ()
    stock: tuple[Stock, ...] = ()
    customers: tuple[Customer, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    orders: tuple[Order, ...] = ()
    quotes: tuple[Quote, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    sold: Mapping[str, int] = {}  # Item code to the number of lines it was sold on lately.
    as_of: Mapping[str, str] = {}  # Dataset to the day of its copy; not in it: there is no copy.
    printed_prices: Mapping[str, int] | None = None  # Item code to the unit price on the last full print; None: never printed.
    log_sheets_keyed: int = 0  # Highest number of a log sheet that was keyed in.
    logo: str = ""  # Text of a checked SVG (kit/logo.py); "" for none.
    logo_fault: str = ""  # Why the shop's logo is on no paper, in English; "" for nothing.
    is_sample: bool = False  # Each page says so.
