"""Which account lacks that a booking would be booked on: looked up in Tryton as it is now. Only reads.

What the log-in read may be hours old, and an account may have been taken away, or set, since.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.house import DEPTH_MAX, Defaults, House, Id
from tideover.connectors.tryton.link import Link
from tideover.connectors.tryton.orders import Product, Refused
from tideover.ports import Booking

WHERE = "Set it in Tryton (Financial > Configuration > Configuration, or at the item's account category), then send on."


class _Party(Struct, frozen=True):
    id: Id
    account_receivable: Id | None


class _Category(Struct, frozen=True):
    id: Id
    name: str
    parent: Id | None
    account_parent: wire.Flag
    account_revenue: Id | None


async def want_accounts(link: Link, booking: Booking, party: int, products: Mapping[str, Product], house: House) -> None:
    """Raises Refused where one lacks, Said where Tryton does not let us look, Silent."""
    names = [*Defaults.__struct_fields__]
    (defaults,) = await link.tell("model.account.configuration.read", [1], names, shape=tuple[Defaults])
    if defaults.default_account_receivable is None:
        rows = await link.tell("model.party.party.read", [party], ["account_receivable"], shape=list[_Party])
        if not rows or rows[0].account_receivable is None:
            raise _missing(f"{house.name} has no default receivable account, and the customer has none of their own.")
    if defaults.default_category_account_revenue is None and any(not line.item for line in booking.document.lines):
        raise _missing(f"{house.name} has no default revenue account, on which lines without an item are booked.")
    if not products:
        return
    domain = [["accounting", "=", True]]
    columns = [*_Category.__struct_fields__]
    found = await link.tell("model.product.category.search_read", domain, 0, None, None, columns, shape=list[_Category])
    categories = {one.id: one for one in found}
    for code, product in products.items():
        if product.category is None:
            raise _missing(f"The item {code!r} has no account category, and so no revenue account.")
        if (bare := _without_revenue(product.category, categories)) is not None:
            raise _missing(f"The account category {bare.name!r} of the item {code!r} has no revenue account.")


def _missing(what: str) -> Refused:
    return Refused("account-missing", f"{what} {WHERE}")


def _without_revenue(category: int, categories: Mapping[int, _Category]) -> _Category | None:
    """The category whose account would count, its parent's where it says so, if it has none."""
    row = categories.get(category)
    for _ in range(DEPTH_MAX):
        if row is None or not row.account_parent:
            break
        row = categories.get(row.parent) if row.parent is not None else None
    return row if row is not None and row.account_revenue is None else None
