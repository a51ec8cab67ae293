"""Reads Tryton's datasets: by time of change where records last, whole where they come and go.

The cursor of the first kind is `SINCE|SEEN|LAST`: changed since, newest change seen, last id of the page. Each
pull looks back a little further than the newest change: a transaction that took long shows its records late.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from tideover.connectors.tryton import shapes, wire
from tideover.connectors.tryton.documents import ENTRY_LIKE
from tideover.connectors.tryton.house import House
from tideover.connectors.tryton.link import Link
from tideover.model.item import Dataset
from tideover.ports import Page
from tideover.rules.calendar import trading_day
from tideover.settings import Settings
from tideover.world import World

PAGE_ROWS = 250  # Prices are worked out record by record there.
OVERLAP = timedelta(minutes=2)
PAST_DAYS = 30  # Sales that may be taken back.
BOTH = ["active", "in", [True, False]]


class _Kind(Struct, frozen=True):
    """How one dataset is read."""

    model: str
    names: list[str]
    shape: type
    domain: list[Any]
    make: Callable[[Any], Struct]
    times: tuple[str, ...] = ()  # Fields that say when it changed; none: read whole every time.
    has_active: bool = False
    context: dict[str, Any] = {}
    whole: list[Any] = []  # What a whole pull leaves out besides: the archived.


class Reader:
    """One pull."""

    def __init__(self, link: Link, house: House, settings: Settings, world: World) -> None:
        self._link, self._house, self._settings, self._world = link, house, settings, world

    async def pull(self, dataset: Dataset, cursor: str | None, whole: bool) -> Page:
        """One page. Raises CloudSilent, LoginRefused."""
        kind = await self._kind(dataset)
        since, seen, last = self._place(cursor if kind.times or (cursor or "").count("|") == 2 else None)
        is_delta = bool(since) and bool(kind.times)
        domain = [*kind.domain, ["id", ">", last]]
        if is_delta:
            back = (datetime.fromisoformat(since) - OVERLAP).isoformat(timespec="microseconds")
            domain.append(["OR", *([name, ">=", wire.moment(back)] for name in kind.times)])
        else:
            domain += kind.whole
        archived_too = {"active_test": False} if is_delta and kind.has_active else {}
        context, order = {**kind.context, **archived_too}, [["id", "ASC"]]
        rows = await self._link.read(
            f"model.{kind.model}.search_read",
            domain,
            0,
            PAGE_ROWS,
            order,
            kind.names,
            shape=list[kind.shape],
            **context,  # type: ignore[name-defined]
        )
        ids = [one.id for one in rows]
        if len(ids) > PAGE_ROWS or ids != sorted(set(ids)) or (ids and ids[0] <= last):
            raise self._link.calls.nonsense(f"its list of {dataset} is not the page asked for")
        more = len(rows) == PAGE_ROWS
        newest = max([seen, *(one.changed for one in rows)]) if kind.times else seen
        following = f"{since}|{newest}|{ids[-1]}" if more else f"{newest or since}||0"
        live = [one for one in rows if not kind.has_active or one.is_active]
        gone = tuple(one.code for one in rows if kind.has_active and not one.is_active and one.code)
        return Page(
            rows=tuple(kind.make(one) for one in live),
            cursor=following if kind.times else (f"||{ids[-1]}" if more else "||0"),
            more=more,
            removed=gone if is_delta else (),
            whole=not kind.times,
        )

    def _place(self, cursor: str | None) -> tuple[str, str, int]:
        """Since, newest seen, last id; a cursor that nobody made here is the start."""
        parts = (cursor or "||0").split("|")
        if len(parts) != 3 or not parts[2].isdigit():
            return "", "", 0
        try:
            for one in parts[:2]:
                if one:
                    datetime.fromisoformat(one)
        except ValueError:
            return "", "", 0
        return parts[0], parts[1], int(parts[2])

    async def count(self, dataset: Dataset) -> int | None:
        """As many as a whole pull brings."""
        kind = await self._kind(dataset)
        return await self._link.read(f"model.{kind.model}.search_count", [*kind.domain, *kind.whole], 0, None, shape=int, **kind.context)

    # The datasets -------------------------------------------------------------------------------------

    async def _kind(self, dataset: Dataset) -> _Kind:
        house, gross = self._house, self._settings.prices_include_vat
        today = trading_day(self._world.now(), self._settings.time_zone, self._settings.day_turns_at)
        changed = ("create_date", "write_date")
        of_company = ["company", "=", house.company]
        match dataset:
            case "items":
                context = {} if house.price_list is None else {"price_list": house.price_list}
                make = lambda row: row.item(house, today, gross)  # noqa: E731
                times = (*changed, "template.write_date")
                return _Kind(
                    "product.product",
                    shapes.PRODUCT,
                    shapes.ProductRow,
                    self._items(),
                    make,
                    times,
                    True,
                    context,
                    [["template.active", "=", True]],
                )
            case "stock":
                where = {"locations": [] if house.warehouse is None else [house.warehouse]}
                domain = [*self._items(), ["type", "=", "goods"]]
                return _Kind("product.product", ["code", "quantity"], shapes.StockRow, domain, lambda row: row.stock(), context=where)
            case "customers" | "suppliers":
                domain = [["code", "!=", None], ["id", "in" if dataset == "suppliers" else "not in", await self._suppliers(dataset)]]
                make = (lambda row: row.supplier()) if dataset == "suppliers" else (lambda row: row.customer())
                if dataset == "suppliers":
                    return _Kind("party.party", shapes.PARTY, shapes.PartyRow, domain, make)
                merged_too = [BOTH, ["OR", ["active", "=", True], ["replaced_by", "!=", None]]]
                return _Kind("party.party", shapes.PARTY, shapes.PartyRow, domain, make, changed, True, whole=merged_too)
            case "orders":
                domain = [of_company, ["state", "in", ["confirmed", "processing"]], ["shipment_state", "!=", "sent"], self._foreign()]
                return _Kind("sale.sale", shapes.ORDER, shapes.SaleRow, domain, lambda row: row.order(house, today, gross))
            case "quotes":
                domain = [of_company, ["state", "=", "quotation"], self._foreign()]
                return _Kind("sale.sale", shapes.ORDER, shapes.SaleRow, domain, lambda row: row.quote(house, today, gross))
            case "sales":
                first = (datetime.fromisoformat(today) - timedelta(days=PAST_DAYS)).strftime("%Y-%m-%d")
                domain = [of_company, ["state", "in", ["processing", "done"]], ["sale_date", ">=", wire.day(first)], ["number", "!=", None]]
                return _Kind("sale.sale", shapes.ORDER, shapes.SaleRow, domain, lambda row: row.past(house, today, gross), changed)
            case "invoices":
                domain = [of_company, ["type", "=", "out"], ["state", "=", "posted"]]
                return _Kind("account.invoice", shapes.INVOICE, shapes.InvoiceRow, domain, lambda row: row.invoice())

    def _items(self) -> list[Any]:
        return [["code", "!=", None], ["salable", "=", True]]

    def _foreign(self) -> list[Any]:
        """Not a booking of ours on its way."""
        return ["OR", ["reference", "=", None], ["reference", "not like", ENTRY_LIKE]]

    async def _suppliers(self, dataset: str) -> list[int]:
        """Parties that goods are bought from; for customers also the companies themselves, which are none."""
        rows = await self._link.read("model.purchase.product_supplier.search_read", [], 0, None, None, ["party"], shape=list[_OfParty])
        found = {one.party for one in rows if one.party is not None}
        if dataset == "customers":
            companies = await self._link.read("model.company.company.search_read", [], 0, None, None, ["party"], shape=list[_OfParty])
            found |= {one.party for one in companies if one.party is not None}
        return sorted(found)


class _OfParty(Struct, frozen=True):
    id: int
    party: int | None
