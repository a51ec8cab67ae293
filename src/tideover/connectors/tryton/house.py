"""What one Tryton is set up with: company, taxes, ways to pay, the walk-in customer; and what is missing, in words.

Read once per log-in and kept; nothing is guessed: where two things could be meant, a person says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.link import Link, Login
from tideover.connectors.tryton.promises import ONLY
from tideover.errors import Misconfigured
from tideover.model.money import RATE_SCALE
from tideover.model.sale import TenderKind

Id = Annotated[int, Meta(ge=0, le=2**53)]
KINDS: tuple[str, ...] = msgspec.inspect.type_info(TenderKind).values  # type: ignore[attr-defined]
ROUNDING = "rounding"
DEPTH_MAX = 5  # Parents of a category that are looked through for its taxes.


class _Coin(Struct, frozen=True):
    id: Id
    code: str
    digits: int


class _Company(Struct, frozen=True):
    id: Id
    rec_name: str
    currency: _Coin = msgspec.field(name="currency.")


class Tax(Struct, frozen=True):
    """A tax, or a group of them that Tryton chooses from by the day."""

    id: Id
    name: str
    type: str
    rate: wire.Sum | None
    parent: Id | None
    childs: list[Id]
    start_date: wire.Day | None
    end_date: wire.Day | None

    def holds_on(self, day: str) -> bool:
        return (self.start_date is None or self.start_date.text <= day) and (self.end_date is None or day <= self.end_date.text)


class Category(Struct, frozen=True):
    """An account category: goods of one tax and one account."""

    id: Id
    name: str
    parent: Id | None
    taxes_parent: wire.Flag
    customer_taxes: list[Id]


class Method(Struct, frozen=True):
    """A payment method: the journal and the accounts of one tender."""

    id: Id
    name: str
    journal: Id
    debit_account: Id
    credit_account: Id


class _Named(Struct, frozen=True):
    id: Id
    rec_name: str


class _Party(Struct, frozen=True):
    id: Id
    addresses: list[Id]
    sale_price_list: Id | None


class _PriceList(Struct, frozen=True):
    id: Id
    tax_included: wire.Flag


class Defaults(Struct, frozen=True):
    """The accounts that Tryton takes where a party or a line names none."""

    default_category_account_revenue: Id | None
    default_account_receivable: Id | None


class House(Struct, frozen=True):
    """One company in one Tryton."""

    company: int
    name: str
    currency: int
    coin: str
    taxes: Mapping[int, Tax]
    categories: Mapping[int, Category]
    methods: Mapping[str, Method]  # By tender; those that are there.
    unnamed: tuple[str, ...]  # Tenders without a method, as "voucher (Voucher)".
    rounding_account: int | None
    walk_in: int
    walk_in_address: int
    price_list: int | None
    list_has_tax: bool
    warehouse: int | None
    revenue: int | None  # Default account of lines without an item.
    receivable: int | None  # Default account of what customers owe.

    def lacks(self) -> Iterator[str]:
        """What is not there, and which sales would be parked for it."""
        for one in self.unnamed:
            yield f"There is no payment method for {one}: sales paid so would be parked."
        if self.rounding_account is None:
            yield "There is no account of a revenue type for cash rounding: rounded sales would be parked."
        if self.revenue is None:
            yield "There is no default revenue account: sales of free lines would be parked."
        if self.receivable is None:
            yield "There is no default receivable account: without one at the party itself, every sale would be parked."
        if self.warehouse is None:
            yield "There is no warehouse: every sale of goods would be parked."

    def rate_of(self, taxes: Iterable[int], day: str) -> int | None:
        """The rate in ppm of these taxes on that day; None where a tax is no percentage."""
        total = 0
        for one in taxes:
            tax = self.taxes.get(one)
            if tax is None:
                return None
            if not tax.holds_on(day):
                continue
            if tax.type == "percentage" and tax.rate is not None:
                total += tax.rate.scaled(RATE_SCALE)
            elif tax.type != "none":
                return None
            inner = self.rate_of(tax.childs, day)
            if inner is None:
                return None
            total += inner
        return total if 0 <= total <= RATE_SCALE else None

    def family(self, taxes: Iterable[int]) -> set[int]:
        """These taxes and all below them."""
        found: set[int] = set()
        for one in taxes:
            if one in self.taxes and one not in found:
                found |= {one, *self.family(self.taxes[one].childs)}
        return found

    def taxes_of(self, category: int | None) -> tuple[int, ...]:
        """The customer taxes of a category, its parent's where it says so."""
        for _ in range(DEPTH_MAX):
            row = self.categories.get(category) if category is not None else None
            if row is None:
                return ()
            if not row.taxes_parent:
                return tuple(one for one in row.customer_taxes if one in self.taxes)
            category = row.parent
        return ()

    def taxes_for(self, category: int | None, vat_ppm: int, day: str) -> tuple[int, ...] | None:
        """The taxes to put on a line: the item's own if they come to the rate, else the one tax that does; None: there is none."""
        own = self.taxes_of(category)
        if self.rate_of(own, day) == vat_ppm:
            return own
        if vat_ppm == 0:
            return ()
        fitting = [one.id for one in self.taxes.values() if one.parent is None and self.rate_of((one.id,), day) == vat_ppm]
        fitting += [one.id for one in self.taxes.values() if one.type == "percentage" and self.rate_of((one.id,), day) == vat_ppm]
        return (fitting[0],) if fitting else None


# Reading it ----------------------------------------------------------------------------------------


async def read_house(link: Link, currency: str) -> House:
    """Ask Tryton what it is set up with. Raises CloudSilent, LoginRefused, Misconfigured (a person must act)."""
    login = link.login
    companies = await _list(link, "company.company", [], ["rec_name", "currency.code", "currency.digits"], _Company)
    company = _chosen(companies, login)
    if company.currency.code != currency:
        raise missing("currency", f"the shop's prices are in {currency}, but {company.rec_name} keeps its books in {company.currency.code}")
    link.context = {"company": company.id, "language": "en"}
    methods, unnamed, rounding = await _ways_to_pay(link, company, login)
    party = await _walk_in(link, login)
    prices = await _price_list(link, party)
    places = await _list(link, "stock.location", [["type", "=", "warehouse"]], ["rec_name"], _Named)
    names = [*Defaults.__struct_fields__]
    (defaults,) = await link.read("model.account.configuration.read", [1], names, shape=tuple[Defaults])
    taxes = await _list(link, "account.tax", [["company", "=", company.id]], [*Tax.__struct_fields__], Tax, sort=["sequence", "id"])
    categories = await _list(link, "product.category", [["accounting", "=", True]], [*Category.__struct_fields__], Category)
    return House(
        company=company.id,
        name=company.rec_name,
        currency=company.currency.id,
        coin=currency,
        taxes={one.id: one for one in taxes},
        categories={one.id: one for one in categories},
        methods=methods,
        unnamed=unnamed,
        rounding_account=rounding,
        walk_in=party.id,
        walk_in_address=party.addresses[0],
        price_list=prices.id if prices else None,
        list_has_tax=bool(prices and prices.tax_included),
        warehouse=places[0].id if places else None,
        revenue=defaults.default_category_account_revenue,
        receivable=defaults.default_account_receivable,
    )


async def _list(link: Link, model: str, domain: list[Any], names: list[str], shape: type, sort: list[str] | None = None) -> list[Any]:
    order = [[name, "ASC"] for name in sort or ["id"]]
    return await link.read(f"model.{model}.search_read", domain, 0, None, order, names, shape=list[shape])  # type: ignore[valid-type]


def missing(what: str, why: str) -> Misconfigured:
    """Something that a person sets up in Tryton, or tells `tideover connect`."""
    return Misconfigured(setting=f"cloud (Tryton's {what})", why=why, file="Tryton, or with 'tideover connect tryton',")


def _chosen(companies: list[_Company], login: Login) -> _Company:
    if not companies:
        raise missing("company", f"there is no company that {login.user!r} may see: make one, and put the user into it")
    named = [one for one in companies if login.company in (ONLY, one.rec_name, str(one.id))]
    if len(named) == 1:
        return named[0]
    names = ", ".join(f"{one.rec_name!r}" for one in companies[:10])
    if login.company == ONLY:
        raise missing("company", f"there are several companies, {names}: say which one sells with --set company=NAME")
    raise missing("company", f"there is no company {login.company!r} among {names}")


async def _walk_in(link: Link, login: Login) -> _Party:
    parties = await _list(link, "party.party", [["code", "=", login.customer]], ["addresses", "sale_price_list"], _Party)
    if not parties:
        raise missing("party", f"there is no party with the code {login.customer!r} for customers without a name: make it, with an address")
    if not parties[0].addresses:
        raise missing("party", f"the party {login.customer!r} has no address, and an invoice needs one")
    return parties[0]


async def _price_list(link: Link, party: _Party) -> _PriceList | None:
    """The list that Tryton itself would take for the walk-in customer."""
    found = party.sale_price_list
    if found is None:
        shape = list[dict[str, msgspec.Raw]]
        rows = await link.read("model.sale.configuration.read", [1], ["sale_price_list"], shape=shape)
        found = msgspec.json.decode(rows[0]["sale_price_list"], type=int | None) if rows and "sale_price_list" in rows[0] else None
    if found is None:
        return None
    rows = await link.read("model.product.price_list.read", [found], ["tax_included"], shape=list[_PriceList])
    return rows[0] if rows else None


async def _ways_to_pay(link: Link, company: _Company, login: Login) -> tuple[dict[str, Method], tuple[str, ...], int | None]:
    wanted = tender_names(login.tenders)
    found = await _list(link, "account.invoice.payment.method", [["company", "=", company.id]], [*Method.__struct_fields__], Method)
    by_name = {one.name.strip().casefold(): one for one in found}
    methods = {kind: by_name[name.casefold()] for kind, name in wanted.items() if name.casefold() in by_name and kind != ROUNDING}
    places: dict[tuple[int, int], str] = {}
    for kind, one in methods.items():
        other = places.setdefault((one.journal, one.debit_account), kind)
        if other != kind:
            why = f"{other} and {kind} are paid through the same journal and account, so nobody could tell them apart: give each its own"
            raise missing("payment methods", why)
    unnamed = tuple(f"{kind} ({name})" for kind, name in wanted.items() if kind not in methods and kind != ROUNDING)
    if not {"cash", "card"} & methods.keys():
        why = f"there is no payment method {wanted.get('cash', 'Cash')!r} or {wanted.get('card', 'Card')!r} in {company.rec_name}"
        raise missing("payment methods", why)
    return methods, unnamed, await _rounding_account(link, company, wanted.get(ROUNDING, ""))


async def _rounding_account(link: Link, company: _Company, name: str) -> int | None:
    domain = [["company", "=", company.id], ["type.revenue", "=", True], ["OR", ["name", "=", name], ["code", "=", name]]]
    # Tryton takes no other kind of account on a customer's invoice.
    accounts = await _list(link, "account.account", domain, ["rec_name"], _Named) if name else []
    return accounts[0].id if accounts else None


def tender_names(text: str) -> dict[str, str]:
    """`cash=Cash, card=Card …` as tender to name. Raises Misconfigured."""
    found = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        kind, equals, name = (one.strip() for one in part.partition("="))
        if not equals or kind not in (*KINDS, ROUNDING) or kind == "account":
            allowed = ", ".join(one for one in (*KINDS, ROUNDING) if one != "account")
            raise missing("tenders", f"{part!r} is not TENDER=NAME with a tender of {allowed}")
        found[kind] = name
    return found
