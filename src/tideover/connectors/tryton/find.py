"""Looks things up in Tryton for a booking: what stands under our id, items, parties, periods, the original of a refund.

Only reads. What seldom changes is remembered for a minute; a refusal makes it be read anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.documents import MOVE, SALE, Move, Sale
from tideover.connectors.tryton.house import House, Id
from tideover.connectors.tryton.link import Link, Silent
from tideover.connectors.tryton.orders import Product, Refused
from tideover.model.answer import Answer
from tideover.model.item import Customer
from tideover.model.money import QUANTITY_SCALE
from tideover.ports import Booking
from tideover.world import World

KEPT = timedelta(seconds=60)
FOUND_MAX = 50  # Sales under one id; more is no answer about one sale.


class _Unit(Struct, frozen=True):
    id: Id
    rounding: float


class _Template(Struct, frozen=True):
    active: wire.Flag


class _Item(Struct, frozen=True):
    id: Id
    code: str | None
    active: wire.Flag
    account_category: Id | None
    template: _Template | None = msgspec.field(name="template.")
    sale_uom: _Unit | None = msgspec.field(name="sale_uom.")
    default_uom: _Unit | None = msgspec.field(name="default_uom.")


ITEM = ["code", "active", "account_category", "template.active", "sale_uom.rounding", "default_uom.rounding"]


class _Replacing(Struct, frozen=True):
    code: str | None


class _Party(Struct, frozen=True):
    id: Id
    name: str | None
    active: wire.Flag
    addresses: list[Id]
    replaced_by: _Replacing | None = msgspec.field(name="replaced_by.")


class _State(Struct, frozen=True):
    state: str


class _Settled(Struct, frozen=True):
    id: Id
    shipment_state: str
    invoices: list[_State] = msgspec.field(name="invoices.")


class Period(Struct, frozen=True):
    id: Id
    name: str
    state: str
    fiscalyear: Id


class Finder:
    """Look-ups of one connector."""

    def __init__(self, link: Link, world: World) -> None:
        self._link, self._world = link, world
        self._items: dict[str, tuple[datetime, Product]] = {}
        self._periods: dict[str, tuple[datetime, Period]] = {}

    def forget(self) -> None:
        """Something was refused: what is remembered may be why."""
        self._items.clear()
        self._periods.clear()

    # Under our id -------------------------------------------------------------------------------------

    async def sales(self, entry: str, house: House) -> list[Sale]:
        """All sales under that id, oldest first."""
        domain = [["company", "=", house.company], ["reference", "=", entry]]
        found = await self._link.tell("model.sale.sale.search_read", domain, 0, FOUND_MAX, [["id", "ASC"]], SALE, shape=list[Sale])
        if len({one.id for one in found}) != len(found) or any(one.reference != entry for one in found):
            raise Silent(Answer("silent", reason="it answered about other sales than asked for"))
        return found

    async def is_settled(self, entry: str, house: House) -> bool:
        """Is there one sale under that id, shipped, with one invoice, paid? What stands in them was compared before."""
        domain = [["company", "=", house.company], ["reference", "=", entry], ["state", "!=", "cancelled"]]
        names = ["shipment_state", "invoices.state"]
        found = await self._link.tell("model.sale.sale.search_read", domain, 0, FOUND_MAX, None, names, shape=list[_Settled])
        if len(found) != 1 or found[0].shipment_state not in ("sent", "none"):
            return False
        return ["paid"] == [one.state for one in found[0].invoices if one.state != "cancelled"]

    async def moves(self, invoices: Iterable[int], house: House) -> list[Move]:
        """The moves of those invoices: their own and their payments."""
        origins = [f"account.invoice,{one}" for one in invoices]
        domain = [["company", "=", house.company], ["origin", "in", origins]]
        return await self._link.tell("model.account.move.search_read", domain, 0, None, [["id", "ASC"]], MOVE, shape=list[Move])

    async def original(self, booking: Booking, house: House) -> int | None:
        """The sale that a refund takes back: by our id of it, or by the number of the sale or its invoice."""
        numbers = [one for one in {booking.original, booking.document.original} if one]
        ways: list[Any] = [["number", "in", numbers], ["invoices.number", "in", numbers]] if numbers else []
        if booking.refers_to:
            ways.append(["reference", "=", booking.refers_to])
        if booking.kind != "refund" or not ways:
            return None
        domain = [["company", "=", house.company], ["state", "in", ["processing", "done"]], ["OR", *ways]]
        found = await self._link.tell("model.sale.sale.search", domain, 0, 2, [["id", "ASC"]], shape=list[int])
        return found[0] if len(found) == 1 else None

    async def later_invoice(self, day: str, period: Period, house: House) -> str | None:
        """The day of that year's newest invoice, if it is a later one: none of an earlier day is numbered any more."""
        of_year = ["move.period.fiscalyear", "=", period.fiscalyear]
        domain = [["company", "=", house.company], ["type", "=", "out"], of_year, ["invoice_date", ">", wire.day(day)]]
        order = [["invoice_date", "DESC"]]
        rows = await self._link.tell("model.account.invoice.search_read", domain, 0, 1, order, ["invoice_date"], shape=list[_Dated])
        return rows[0].invoice_date.text if rows else None

    # What a sale needs --------------------------------------------------------------------------------

    async def products(self, booking: Booking) -> dict[str, Product]:
        """The items of its lines. Raises Refused if one is gone."""
        codes = sorted({line.item for line in booking.document.lines if line.item})
        now = self._world.now()
        unknown = [code for code in codes if code not in self._items or not now - KEPT <= self._items[code][0] <= now]
        if unknown:
            domain = [["code", "in", unknown], ["active", "in", [True, False]]]
            rows = await self._link.tell("model.product.product.search_read", domain, 0, None, None, ITEM, shape=list[_Item])
            for code in unknown:
                self._items[code] = (now, _product(code, [one for one in rows if one.code == code]))
        return {code: self._items[code][1] for code in codes}

    async def period(self, day: str, house: House) -> Period:
        """The open period of that day. Raises Refused, with the period's name."""
        now = self._world.now()
        kept = self._periods.get(day)
        if kept is None or not now - KEPT <= kept[0] <= now:
            at = wire.day(day)
            domain = [["start_date", "<=", at], ["end_date", ">=", at], ["type", "=", "standard"], ["company", "=", house.company]]
            order = [["start_date", "DESC"]]
            rows = await self._link.tell(
                "model.account.period.search_read", domain, 0, 1, order, ["name", "state", "fiscalyear"], shape=list[Period]
            )
            if not rows:
                reason = (
                    f"{house.name} has no accounting period for {day}. "
                    "Make the fiscal year and its periods in Tryton (Financial > Configuration > Fiscal Years), then send on."
                )
                raise Refused("closed-period", reason)
            kept = (now, rows[0])
            self._periods[day] = kept
        if kept[1].state != "open":
            del self._periods[day]
            reason = (
                f"{day} lies in the period {kept[1].name} of {house.name}, which is {kept[1].state}. "
                "Open it in Tryton (Financial > Configuration > Fiscal Years > Periods), then send on."
            )
            raise Refused("closed-period", reason)
        return kept[1]

    async def party(self, booking: Booking, house: House) -> tuple[int, int]:
        """The party and its address; one first met in the outage is made. Raises Refused."""
        code = booking.document.customer or (booking.customer.code if booking.customer else None)  # type: ignore[attr-defined]
        if code is None:
            return house.walk_in, house.walk_in_address
        names = ["name", "active", "addresses", "replaced_by.code"]
        domain = [["code", "=", code], ["active", "in", [True, False]]]
        rows = await self._link.tell("model.party.party.search_read", domain, 0, 1, None, names, shape=list[_Party])
        if not rows and booking.customer is not None:
            made = await self._make_party(booking.customer)  # type: ignore[arg-type]
            rows = await self._link.tell("model.party.party.read", [made], names, shape=list[_Party])
        if not rows:
            raise Refused("customer-gone", f"Tryton has no party with the code {code!r}. Make it there again, then send on.")
        found = rows[0]
        if found.replaced_by is not None:
            raise Refused("customer-merged", f"The party {code!r} was merged into {found.replaced_by.code!r} there.")
        if not found.active:
            raise Refused("customer-gone", f"The party {code!r} ({found.name}) is deactivated in Tryton. Activate it there, then send on.")
        if not found.addresses:
            found_id = await self._link.tell("model.party.address.create", [{"party": found.id}], shape=list[int])
            return found.id, found_id[0]
        return found.id, found.addresses[0]

    async def _make_party(self, customer: Customer) -> int:
        said = [{"type": kind, "value": value} for kind, value in (("phone", customer.phone), ("email", customer.email)) if value]
        term = await self.payment_term() if customer.account else None
        values = {
            "name": customer.name,
            "code": customer.code,
            "addresses": [["create", [{"street": customer.address}]]],
            "contact_mechanisms": [["create", said]] if said else [],
        } | ({} if term is None else {"customer_payment_term": term})
        made = await self._link.tell("model.party.party.create", [values], shape=list[int])
        return made[0]

    async def payment_term(self) -> int | None:
        """The first payment term: a customer with one may buy on account."""
        found = await self._link.tell("model.account.invoice.payment_term.search", [], 0, 1, [["id", "ASC"]], shape=list[int])
        return found[0] if found else None


class _Dated(Struct, frozen=True):
    id: Id
    invoice_date: wire.Day


def _product(code: str, rows: list[_Item]) -> Product:
    """The item of that code. Raises Refused."""
    active = [one for one in rows if one.active and (one.template is None or one.template.active)]
    if not rows:
        raise Refused("item-gone", f"Tryton has no product with the code {code!r}. Make it there again, then send on.")
    if not active:
        raise Refused("item-gone", f"The product {code!r} is deactivated in Tryton. Activate it (and its template) there, then send on.")
    unit = active[0].sale_uom or active[0].default_uom
    if unit is None:
        raise Refused("item-gone", f"The product {code!r} has no unit of measure in Tryton. Give it one, then send on.")
    step = max(1, round(unit.rounding * QUANTITY_SCALE))
    return Product(active[0].id, unit.id, step, active[0].account_category)
