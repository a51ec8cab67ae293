"""Open orders on paper, the most urgent first: what was promised for when, to whom, and whether it lies on the shelf.

Overdue on top, then by promised day, then those without a day. Says what the copy knows and how old it is; decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tideover.kit.matter import Matter
from tideover.kit.particulars import particulars
from tideover.kit.sheet import Kind, Lack, Sheet
from tideover.kit.sums import unit_text
from tideover.model.item import Customer, Order, OrderLine
from tideover.model.money import PRICE_SCALE, QUANTITY_SCALE, decimal_text
from tideover.rules.pricing import line_amount
from tideover.words import SIGNS, Say, say

KIND: Kind = "open-orders"
TEMPLATE = "open_orders.typ"
OVERDUE = "OVERDUE"
SUMS = {"VAT": ("Sums without VAT.", "Sums with VAT."), "GST": ("Sums without GST.", "Sums with GST.")}
WEEK_DAYS = 7
WHOLE_LINES_MAX = 12  # An order with no more lines stands on one page.
MERGES_MAX = 10  # A customer merged into another, that into a third …; a ring of them ends here.


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """One paper with every open order."""
    said = say(language)
    if "orders" not in matter.as_of and not matter.orders:
        return [Lack(KIND, "There is no copy of the open orders yet. Connect the cloud, or bring an export of the orders.")]
    groups = grouped(matter.orders, matter.today)
    known = _Known(matter)
    return [
        Sheet(
            kind=KIND,
            name="open-orders",
            title=said("Open orders, urgent first"),
            template=TEMPLATE,
            data={
                "words": _words(said, matter),
                "summary": [{"name": said(name), "count": len(orders)} for name, orders in groups],
                "none": said("No order was open."),
                "groups": [
                    {"name": said(name), "urgent": name == OVERDUE, "orders": [_order(order, known, matter, said) for order in orders]}
                    for name, orders in groups
                ],
                "has_stock": known.has_stock,
            },
            language=language,
            rows=len(matter.orders),
            as_of=matter.as_of.get("orders", ""),
        )
    ]


def grouped(orders: Sequence[Order], today: date) -> list[tuple[str, list[Order]]]:
    """Orders by how urgent they are, empty groups left out; in a group by promised day, then by number."""
    found: dict[str, list[Order]] = {OVERDUE: [], "Today": [], "Tomorrow": [], "Within a week": [], "Later": [], "No day promised": []}
    for order in sorted(orders, key=lambda one: (one.promised_on or "", one.code)):
        found[_group(order.promised_on, today)].append(order)
    return [(name, held) for name, held in found.items() if held]


def _group(promised: str | None, today: date) -> str:
    if not promised:
        return "No day promised"
    if promised < today.isoformat():
        return OVERDUE
    near = {today: "Today", today + timedelta(days=1): "Tomorrow"}
    for day, name in near.items():
        if promised == day.isoformat():
            return name
    return "Within a week" if promised <= (today + timedelta(days=WEEK_DAYS)).isoformat() else "Later"


class _Known:
    """What the other copies say about customers and shelves."""

    def __init__(self, matter: Matter) -> None:
        self._customers: Mapping[str, Customer] = {one.code: one for one in matter.customers}
        self._stock = {one.code: one.on_hand for one in matter.stock}
        self._units = {one.code: one.unit for one in matter.items}
        self.has_stock = bool(self._stock)

    def customer(self, code: str) -> Customer:
        """The customer, or who took their place; with nothing but the code where no copy knows them."""
        found = self._customers.get(code)
        for _ in range(MERGES_MAX):
            if found is None or not found.merged_into or found.merged_into not in self._customers:
                break
            found = self._customers[found.merged_into]
        return found or Customer(code, code)

    def on_hand(self, line: OrderLine) -> int | None:
        return self._stock.get(line.item)

    def unit(self, line: OrderLine) -> str:
        return self._units.get(line.item, "")


def _order(order: Order, known: _Known, matter: Matter, said: Say) -> dict[str, Any]:
    who = known.customer(order.customer)
    due = sum(line_amount(line.quantity, line.unit_price) for line in order.lines)
    return {
        "code": order.code,
        "promised": said.day(order.promised_on) if order.promised_on else "",
        "customer": who.name,
        "reach": " · ".join(part for part in (who.phone, who.email, who.address) if part),
        "note": order.note,
        "sum": said.money(due, matter.settings.currency) if due else "",
        "count": said("Lines: {n}", n=len(order.lines)),
        "whole": len(order.lines) <= WHOLE_LINES_MAX,
        "lines": [_line(line, known, said) for line in order.lines],
    }


def _line(line: OrderLine, known: _Known, said: Say) -> dict[str, Any]:
    on_hand = known.on_hand(line)
    return {
        "quantity": f"{amount(line.quantity, said)} {unit_text(known.unit(line), said)}".strip(),
        "code": line.item,
        "name": line.name,
        "price": said.number(line.unit_price, PRICE_SCALE, 2) if line.unit_price else "",
        "on_hand": "" if on_hand is None else amount(on_hand, said),
        "short": on_hand is not None and on_hand < line.quantity,
    }


def amount(quantity: int, said: Say) -> str:
    """A quantity as people write it: 2, or 1,5."""
    return said.decimal(decimal_text(quantity, QUANTITY_SCALE, 0))


def _words(said: Say, matter: Matter) -> dict[str, str]:
    without, with_tax = SUMS[particulars(matter).tax]
    return {
        "picked": said("Picked"),
        "delivered": said("Delivered"),
        "quantity": said("Qty"),
        "code": said("Code"),
        "what": said("What"),
        "price": f"{said('Each')} {SIGNS.get(matter.settings.currency, matter.settings.currency)}",
        "stock": said("In stock"),
        "short": said("SHORT"),
        "note": said("Note"),
        "sums": said(with_tax if matter.settings.prices_include_vat else without),
    }
