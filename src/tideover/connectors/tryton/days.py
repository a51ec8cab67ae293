"""Reads the documents of one accounting date back: posted, drafts of ours, and void; the cloud's own till's too."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.documents import ENTRY_LIKE, HEAD, INVOICE, MOVE, Invoice, Move, SaleHead, document_of, draft_of
from tideover.connectors.tryton.house import House, Id
from tideover.connectors.tryton.link import Link
from tideover.model.answer import CloudDocument
from tideover.ports import PAGES_MAX

PAGE_ROWS = 100


class _Origin(Struct, frozen=True):
    """A sale by its own number or reference, beside its invoices."""

    id: Id
    number: str | None
    reference: str | None
    invoices: list[Id]


class Days:
    """The read-back."""

    def __init__(self, link: Link, house: House) -> None:
        self._link, self._house = link, house

    async def day(self, trading_day: str) -> list[CloudDocument]:
        """Every document of that date, oldest first."""
        at = wire.day(trading_day)
        found = await self._documents(self._invoices_on(trading_day))
        seen = {one.entry for one in found if one.entry}
        domain = [["company", "=", self._house.company], ["sale_date", "=", at], ["reference", "like", ENTRY_LIKE]]
        for sale in await self._all("sale.sale", [*domain, ["invoice_state", "=", "none"]], HEAD, SaleHead):
            if sale.entry and sale.entry not in seen:
                found.append(draft_of(sale))
        return found

    async def of_sum(self, trading_day: str, total_minor: int) -> list[CloudDocument]:
        """Final documents of that date and sum that are not ours."""
        domain = [*self._invoices_on(trading_day), ["total_amount", "=", wire.minor(total_minor)]]
        found = await self._documents(domain)
        return [one for one in found if one.entry is None and one.state == "final" and one.total_minor == total_minor]

    def _invoices_on(self, trading_day: str) -> list[Any]:
        at = wire.day(trading_day)
        on_day = ["OR", ["accounting_date", "=", at], [["accounting_date", "=", None], ["invoice_date", "=", at]]]
        return [["company", "=", self._house.company], ["type", "=", "out"], on_day]

    async def _documents(self, domain: list[Any]) -> list[CloudDocument]:
        found: list[CloudDocument] = []
        invoices = await self._all("account.invoice", domain, INVOICE, Invoice)
        for start in range(0, len(invoices), PAGE_ROWS):
            part = invoices[start : start + PAGE_ROWS]
            moves = await self._moves(part)
            sales = await self._sales(part)
            origins = await self._origins([one for one in part if one.entry is None])
            for one in part:
                sale = sales.get(one.entry or "")
                mine = [move for move in moves if move.origin == f"account.invoice,{one.id}"]
                found.append(document_of(one, sale, mine, self._house, one.reference or origins.get(one.id, "")))
        return found

    async def _moves(self, invoices: list[Invoice]) -> list[Move]:
        origins = [f"account.invoice,{one.id}" for one in invoices if one.move is not None]
        if not origins:
            return []
        return await self._all("account.move", [["company", "=", self._house.company], ["origin", "in", origins]], MOVE, Move)

    async def _sales(self, invoices: list[Invoice]) -> dict[str, SaleHead]:
        """Our sales, to see whether they were shipped."""
        entries = [one.entry for one in invoices if one.entry]
        if not entries:
            return {}
        rows = await self._all("sale.sale", [["company", "=", self._house.company], ["reference", "in", entries]], HEAD, SaleHead)
        return {one.entry: one for one in rows if one.entry and one.state != "cancelled"}

    async def _origins(self, invoices: list[Invoice]) -> dict[int, str]:
        """What a clerk wrote on the sales of the cloud's own till."""
        if not invoices:
            return {}
        ids = [one.id for one in invoices]
        rows = await self._all("sale.sale", [["invoices.id", "in", ids]], [*_Origin.__struct_fields__], _Origin)
        return {invoice: one.reference or one.number or "" for one in rows for invoice in one.invoices}

    async def _all(self, model: str, domain: list[Any], names: list[str], shape: type) -> list[Any]:
        """Every record, page after page by id; a list that does not grow is no list. Raises CloudSilent."""
        found: list[Any] = []
        last = 0
        for _ in range(PAGES_MAX):
            rows = await self._link.read(
                f"model.{model}.search_read",
                [*domain, ["id", ">", last]],
                0,
                PAGE_ROWS,
                [["id", "ASC"]],
                names,
                shape=list[shape],  # type: ignore[valid-type]
            )
            if len(rows) > PAGE_ROWS or [one.id for one in rows] != sorted({one.id for one in rows}) or (rows and rows[0].id <= last):
                raise self._link.calls.nonsense(f"its list of {model} is not the one asked for")
            found += rows
            if len(rows) < PAGE_ROWS:
                return found
            last = rows[-1].id
        raise self._link.calls.nonsense(f"its list of {model} does not end")
