"""Tryton's records of each dataset, and what the copies keep of them. Pure."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.amounts import gross_price
from tideover.connectors.tryton.house import House, Id
from tideover.model.item import Customer, Invoice, Item, Order, OrderLine, PastSale, Quote, Stock, Supplier
from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE

PIECE = "u"  # The symbol of Tryton's own unit of pieces.


class _Code(Struct, frozen=True):
    code: str | None


class _Name(Struct, frozen=True):
    name: str | None


class _Symbol(Struct, frozen=True):
    symbol: str | None


class _Template(Struct, frozen=True):
    active: wire.Flag
    write_date: wire.Moment | None


class ProductRow(Struct, frozen=True):
    id: Id
    code: str | None
    name: str | None
    active: wire.Flag
    account_category: Id | None
    sale_price_uom: wire.Sum | None
    create_date: wire.Moment | None
    write_date: wire.Moment | None
    identifiers: list[_Code] = msgspec.field(name="identifiers.")
    categories: list[_Name] = msgspec.field(name="categories.")
    sale_uom: _Symbol | None = msgspec.field(name="sale_uom.")
    template: _Template | None = msgspec.field(name="template.")

    @property
    def is_active(self) -> bool:
        return bool(self.active) and (self.template is None or bool(self.template.active))

    @property
    def changed(self) -> str:
        return latest(self.create_date, self.write_date, self.template.write_date if self.template else None)

    def item(self, house: House, today: str, prices_include_vat: bool) -> Item:
        """Price and VAT as the shop's shelf shows them today."""
        ppm = house.rate_of(house.taxes_of(self.account_category), today) or 0
        price = self.sale_price_uom.scaled(PRICE_SCALE) if self.sale_price_uom else 0
        if prices_include_vat and not house.list_has_tax:
            price = gross_price(price, ppm)
        symbol = (self.sale_uom.symbol if self.sale_uom else None) or PIECE
        return Item(
            code=self.code or "",
            name=self.name or self.code or "",
            unit_price=price,
            vat_ppm=ppm,
            barcodes=tuple(one.code for one in self.identifiers if one.code),
            department=next((one.name for one in self.categories if one.name), ""),
            unit="pcs" if symbol == PIECE else symbol,
        )


PRODUCT = [
    *("code", "name", "active", "account_category", "sale_price_uom", "create_date", "write_date"),
    *("identifiers.code", "categories.name", "sale_uom.symbol", "template.active", "template.write_date"),
]


class StockRow(Struct, frozen=True):
    id: Id
    code: str | None
    quantity: wire.Count | None

    def stock(self) -> Stock:
        return Stock(self.code or "", wire.quantity_of(self.quantity or 0.0))


class _Contact(Struct, frozen=True):
    type: str | None
    value: str | None


class _Address(Struct, frozen=True):
    street: str | None
    postal_code: str | None
    city: str | None

    @property
    def text(self) -> str:
        """In one line."""
        street = ", ".join(filter(None, (part.strip() for part in (self.street or "").splitlines())))
        return ", ".join(filter(None, (street, " ".join(filter(None, (self.postal_code, self.city))))))


class PartyRow(Struct, frozen=True):
    id: Id
    code: str | None
    name: str | None
    active: wire.Flag
    customer_payment_term: Id | None
    create_date: wire.Moment | None
    write_date: wire.Moment | None
    contacts: list[_Contact] = msgspec.field(name="contact_mechanisms.")
    addresses: list[_Address] = msgspec.field(name="addresses.")
    replaced_by: _Code | None = msgspec.field(name="replaced_by.")

    @property
    def is_active(self) -> bool:
        return bool(self.active) or self.replaced_by is not None

    @property
    def changed(self) -> str:
        return latest(self.create_date, self.write_date)

    def customer(self) -> Customer:
        return Customer(
            code=self.code or "",
            name=self.name or "",
            phone=self._said("phone") or self._said("mobile"),
            email=self._said("email"),
            address=self.addresses[0].text if self.addresses else "",
            account=self.customer_payment_term is not None,
            merged_into=self.replaced_by.code if self.replaced_by else None,
        )

    def supplier(self) -> Supplier:
        return Supplier(self.code or "", self.name or "", self._said("phone") or self._said("mobile"), self._said("email"))

    def _said(self, kind: str) -> str:
        return next((one.value for one in self.contacts if one.type == kind and one.value), "")


PARTY = [
    *("code", "name", "active", "customer_payment_term", "create_date", "write_date"),
    *("contact_mechanisms.type", "contact_mechanisms.value", "replaced_by.code"),
    *(f"addresses.{name}" for name in ("street", "postal_code", "city")),
]


class _Buyer(Struct, frozen=True):
    id: Id
    code: str | None


class SaleLine(Struct, frozen=True):
    type: str
    quantity: wire.Count | None
    unit_price: wire.Sum | None
    description: str | None
    taxes: list[Id]
    product: _Code | None = msgspec.field(name="product.")


class SaleRow(Struct, frozen=True):
    """An order, a quote or a past sale."""

    id: Id
    number: str | None
    reference: str | None
    comment: str | None
    sale_date: wire.Day | None
    shipping_date: wire.Day | None
    quotation_expire: wire.Day | None
    state: str
    total_amount: wire.Sum | None
    create_date: wire.Moment | None
    write_date: wire.Moment | None
    party: _Buyer | None = msgspec.field(name="party.")
    lines: list[SaleLine] = msgspec.field(name="lines.")

    @property
    def code(self) -> str:
        return self.number or str(self.id)

    @property
    def changed(self) -> str:
        return latest(self.create_date, self.write_date)

    def order(self, house: House, today: str, prices_include_vat: bool) -> Order:
        promised = self.shipping_date.text if self.shipping_date else None
        return Order(self.code, self._party(), promised, self._lines(house, today, prices_include_vat), self.comment or "")

    def quote(self, house: House, today: str, prices_include_vat: bool) -> Quote:
        until = self.quotation_expire.text if self.quotation_expire else None
        return Quote(self.code, self._party(), until, self._lines(house, today, prices_include_vat))

    def past(self, house: House, today: str, prices_include_vat: bool) -> PastSale:
        day = self.sale_date.text if self.sale_date else today
        total = self.total_amount.scaled(MINOR_PER_MAJOR) if self.total_amount else 0
        is_unnamed = self.party is None or self.party.id == house.walk_in
        return PastSale(self.code, day, None if is_unnamed else self._party(), total, self._lines(house, day, prices_include_vat))

    def _party(self) -> str:
        return (self.party.code if self.party else None) or ""

    def _lines(self, house: House, day: str, prices_include_vat: bool) -> tuple[OrderLine, ...]:
        found = []
        for one in self.lines:
            if one.type != "line":
                continue
            price = one.unit_price.scaled(PRICE_SCALE) if one.unit_price else 0
            if prices_include_vat:
                price = gross_price(price, house.rate_of(one.taxes, day) or 0)
            code = (one.product.code if one.product else None) or ""
            found.append(OrderLine(code, one.description or code, wire.quantity_of(one.quantity or 0.0), price))
        return tuple(found)


ORDER = [
    *("number", "reference", "comment", "sale_date", "shipping_date", "quotation_expire", "state", "total_amount"),
    *("create_date", "write_date"),
    *("party.code", *(f"lines.{name}" for name in ("type", "quantity", "unit_price", "description", "taxes", "product.code"))),
]


class _Due(Struct, frozen=True):
    maturity_date: wire.Day | None


class InvoiceRow(Struct, frozen=True):
    id: Id
    number: str | None
    amount_to_pay: wire.Sum | None
    party: _Code | None = msgspec.field(name="party.")
    due: list[_Due] = msgspec.field(name="lines_to_pay.")

    def invoice(self) -> Invoice:
        days = sorted(one.maturity_date.text for one in self.due if one.maturity_date)
        owed = self.amount_to_pay.scaled(MINOR_PER_MAJOR) if self.amount_to_pay else 0
        return Invoice(self.number or str(self.id), (self.party.code if self.party else None) or "", days[0] if days else None, owed)


INVOICE = ["number", "amount_to_pay", "party.code", "lines_to_pay.maturity_date"]


def latest(*moments: wire.Moment | None) -> str:
    """The newest of them as a cursor's text; "" of none."""
    return max((one.text for one in moments if one is not None), default="")
