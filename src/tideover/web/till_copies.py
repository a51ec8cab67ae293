"""The copies as a till keeps them: items with their stock, customers by code and name, quotes; and one sale that is to be taken back.

Bounded to what a till needs: no phone, no address, no debt of a customer leaves the box this way.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter
from msgspec import Struct

from tideover.copies import stream
from tideover.errors import NotFound
from tideover.journal.entry import Kept
from tideover.journal.store import Journal
from tideover.model.item import Customer, Item, PastSale, Quote
from tideover.model.money import Minor, Price, Quantity, RatePpm
from tideover.model.sale import Document, Line
from tideover.rules.pricing import gross_sum
from tideover.trade.take_back import original_of_past_sale, taken_back
from tideover.web import access
from tideover.web.house import House
from tideover.web.status import to_ms_or_none

MarkText = Annotated[str, Parameter(max_length=60, description="As the box gave it; empty to read from the start.")]
Limit = Annotated[int, Parameter(ge=1, le=stream.PIECE_ROWS_MAX)]
FULL = stream.PIECE_ROWS_MAX
LOOK_BACK = 300_000  # Entries back that a receipt's number is looked for: a busy shop's year.

NUMBERED = """
SELECT id FROM entry WHERE seq > (SELECT coalesce(max(seq), 0) FROM entry) - ? AND kind IN ('sale', 'refund')
AND instr(signed, CAST(? AS BLOB)) > 0 ORDER BY seq DESC LIMIT 10
"""
TAKEN_OF_NUMBER = """
SELECT id FROM entry WHERE kind = 'refund' AND json_extract(CAST(signed AS TEXT), '$.body.original') = ? ORDER BY seq
"""


class TillItem(Struct, frozen=True):
    """An article as a till keeps it."""

    code: str
    name: str
    unit_price: Price
    vat_ppm: RatePpm
    barcodes: tuple[str, ...]
    department: str
    unit: str
    archived: bool
    stock: Quantity | None  # What should lie on the shelf; null where nobody counts.


class TillCustomer(Struct, frozen=True):
    """A customer, as far as a till needs them."""

    code: str
    name: str
    account: bool
    merged_into: str | None


class Items(Struct, frozen=True):
    """A piece of the items."""

    revision: str
    as_of: int | None  # UTC ms.
    stock_as_of: int | None
    rows: tuple[TillItem, ...]
    gone: tuple[str, ...]
    next: str | None  # Where to go on; null: that was the last piece.
    full: bool  # A list from the start: what the till held before is forgotten at its end.


class Customers(Struct, frozen=True):
    """A piece of the customers."""

    revision: str
    as_of: int | None
    rows: tuple[TillCustomer, ...]
    gone: tuple[str, ...]
    next: str | None
    full: bool


class Quotes(Struct, frozen=True):
    """A piece of the quotes."""

    revision: str
    as_of: int | None
    rows: tuple[Quote, ...]
    gone: tuple[str, ...]
    next: str | None
    full: bool


class SoldLine(Struct, frozen=True):
    """A line of a sale, and how much of it may still come back."""

    item: str
    name: str
    quantity: Quantity
    unit_price: Price
    amount_minor: Minor
    vat_ppm: RatePpm
    discount_minor: Minor
    left: Quantity


class SoldSale(Struct, frozen=True):
    """A sale to be taken back."""

    source: str = msgspec.field(name="from")  # journal or cloud.
    entry: str | None
    number: str
    day: str
    happened_at: int | None
    customer: str | None
    currency: str
    prices_include_vat: bool
    lines: tuple[SoldLine, ...]
    sum_minor: Minor
    is_void: bool


def _piece(house: House, dataset: Any, since: str, after: str, limit: int) -> tuple[stream.Piece, dict[str, Any]]:
    found = stream.piece(house.copies.database, dataset, after or since, limit)
    mark = str(found.mark)
    told = {
        "revision": mark.removesuffix(".w"),
        "as_of": to_ms_or_none(house.copies.state(dataset).as_of),
        "gone": found.gone,
        "next": mark if found.more else None,
        "full": found.is_whole,
    }
    return found, told


@get("/till/items", guards=[access.shop], summary="Items with their stock: all of them, then what changed", sync_to_thread=True)
def items(state: State, since: MarkText = "", after: MarkText = "", limit: Limit = FULL) -> Items:
    house: House = state.house
    found, told = _piece(house, "items", since, after, limit)
    records = [one for one in found.rows if isinstance(one, Item)]
    counted = stream.stock_of(house.copies.database, records)
    rows = tuple(TillItem(**msgspec.structs.asdict(one), stock=counted.get(one.code)) for one in records)
    return Items(rows=rows, stock_as_of=to_ms_or_none(house.copies.state("stock").as_of), **told)


@get("/till/customers", guards=[access.shop], summary="Customers by code and name: all of them, then what changed", sync_to_thread=True)
def customers(state: State, since: MarkText = "", after: MarkText = "", limit: Limit = FULL) -> Customers:
    found, told = _piece(state.house, "customers", since, after, limit)
    rows = (TillCustomer(one.code, one.name, one.account, one.merged_into) for one in found.rows if isinstance(one, Customer))
    return Customers(rows=tuple(rows), **told)


@get("/till/quotes", guards=[access.shop], summary="Quotes: all of them, then what changed", sync_to_thread=True)
def quotes(state: State, since: MarkText = "", after: MarkText = "", limit: Limit = FULL) -> Quotes:
    found, told = _piece(state.house, "quotes", since, after, limit)
    return Quotes(rows=tuple(one for one in found.rows if isinstance(one, Quote)), **told)


@get("/till/sale", guards=[access.shop], summary="A sale by its number, with what may still come back", sync_to_thread=True)
def sale(state: State, number: Annotated[str, Parameter(min_length=1, max_length=200)]) -> SoldSale:
    house: House = state.house
    kept = _ours(house.journal, number)
    if kept is not None:
        return _sold_here(house.journal, kept)
    past = house.copies.get("sales", number)
    if not isinstance(past, PastSale):
        raise NotFound(what="sale", id=number)
    return _sold_there(house, past)


def _ours(journal: Journal, number: str) -> Kept | None:
    """The sale in the journal with this id or this number on its receipt."""
    found = journal.find(number)
    if found is not None and found.entry.kind == "sale":
        return found
    needle = f'"number":{msgspec.json.encode(number).decode()}'
    for (id,) in journal.database.rows(NUMBERED, (LOOK_BACK, needle)):
        one = journal.find(id)
        if one is not None and one.entry.kind == "sale" and one.entry.body.number == number:
            return one
    return None


def _standing(journal: Journal, refunds: list[Kept]) -> list[Document]:
    return [one.entry.body for one in refunds if not journal.referring(one.entry.id, kinds=("void",))]


def _lines(lines: tuple[Line, ...], earlier: list[Document]) -> tuple[SoldLine, ...]:
    taken = taken_back(lines, earlier)
    fields = ("item", "name", "quantity", "unit_price", "amount_minor", "vat_ppm", "discount_minor")
    return tuple(
        SoldLine(*(getattr(one, name) for name in fields), left=one.quantity - back) for one, back in zip(lines, taken, strict=True)
    )


def _sold_here(journal: Journal, kept: Kept) -> SoldSale:
    entry, document = kept.entry, kept.entry.body
    later = journal.referring(entry.id, kinds=("refund", "void"))
    refunds = _standing(journal, [one for one in later if one.entry.kind == "refund"])
    return SoldSale(
        source="journal",
        entry=entry.id,
        number=document.number,
        day=entry.trading_day,
        happened_at=entry.happened_at,
        customer=document.customer,
        currency=document.currency,
        prices_include_vat=document.prices_include_vat,
        lines=_lines(document.lines, refunds),
        sum_minor=gross_sum(document),
        is_void=any(one.entry.kind == "void" for one in later),
    )


def _sold_there(house: House, past: PastSale) -> SoldSale:
    codes = [line.item for line in past.lines]
    known = {one.code: one for one in stream.records_of(house.copies.database, "items", codes) if isinstance(one, Item)}
    original = original_of_past_sale(past, known, house.settings.country)
    journal = house.journal
    ids = [id for (id,) in journal.database.rows(TAKEN_OF_NUMBER, (past.code,))]
    refunds = _standing(journal, [one for id in ids if (one := journal.find(id)) is not None])
    return SoldSale(
        source="cloud",
        entry=None,
        number=past.code,
        day=past.day,
        happened_at=None,
        customer=past.customer,
        currency=house.settings.currency,
        prices_include_vat=house.settings.prices_include_vat,
        lines=_lines(original.lines, refunds),
        sum_minor=past.total_minor,
        is_void=False,
    )


ROUTES = (items, customers, quotes, sale)
