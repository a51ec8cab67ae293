"""A real Tryton, set up as a rehearsal's is, with our own end of the way spoiled."""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from conformance.rig import ITEMS, Shop, SteppingWorld
from conformance.sandbox import JSON, NONSENSE, Endless, SandboxRig, Way
from conformance.tryton_books import Books, Vendor, day_of
from conformance.tryton_records import Records
from tideover.learn.erp import FILE, Erp
from tideover.learn.erp_shape import DATABASE, Shape
from tideover.model.answer import CloudDocument
from tideover.ports import PAGE_ROWS_MAX
from tideover.settings import Settings

T = TypeVar("T")

SHAPE = Shape(country="FI", currency="EUR", years=(2024, 2025))
READS = (".search_read", ".search_count", ".search", ".read")
CREATE = "model.sale.sale.create"
CONFIRM = "model.sale.sale.confirm"
PAID = "wizard.account.move.reconcile_lines.execute"


def method_of(request: httpx.Request) -> str:
    return str(json.loads(request.content)["method"])


class TrytonWay(Way):
    """Reads are posts here, and a page of nonsense is made of what Tryton said."""

    breaks_before = ""  # The next call of that method is not carried out.
    refused: frozenset[str] = frozenset()  # Entries that a rule of the shop's own forbids.

    def heal(self) -> None:
        super().heal()
        self.breaks_before, self.refused = "", frozenset()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = method_of(request)
        if self.up and method == self.breaks_before:
            self.breaks_before = ""
            raise httpx.ReadError("the line broke", request=request)
        if self.up and method == CREATE and any(entry.encode() in request.content for entry in self.refused):
            no = {"id": json.loads(request.content)["id"], "error": ["UserError", ["The shop's own rule forbids it.", "", None]]}
            return httpx.Response(200, headers=JSON, content=json.dumps(no).encode())
        if self.up and self.hostile != "off" and method.endswith(READS):
            return await self._nonsense(request)
        return await super().handle_async_request(request)

    async def _nonsense(self, request: httpx.Request) -> httpx.Response:
        if self.hostile == "endless":
            return httpx.Response(200, headers=JSON, stream=Endless())
        if self.hostile in NONSENSE:
            headers, content = NONSENSE[self.hostile]
            return httpx.Response(200, headers=headers, content=content)
        response = await self._inner.handle_async_request(request)
        content = b"".join([part async for part in response.stream])
        await response.aclose()
        said = json.loads(httpx.Response(200, headers=response.headers, content=content).content)
        if isinstance(said.get("result"), list) and said["result"]:
            said["result"] = said["result"][-1:] * (PAGE_ROWS_MAX + 1 if self.hostile == "huge-page" else 250)
        return httpx.Response(200, headers=JSON, content=json.dumps(said).encode())


class PatientWorld(SteppingWorld):
    """Nobody moves its clock during a call, so that nothing is gained by looking at it: Tryton has the processor to itself."""

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        return await work


class TrytonRig(Records, SandboxRig):
    name = "tryton"
    shape = SHAPE
    items = ITEMS
    long_document = 60  # It takes 50 ms a line and more; the rehearsal books one of hundreds.
    many_items = 300  # Two pages.
    overlaps = True  # Its cursor is a time.

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._numbers = itertools.count(1)
        self._model: int | None = None

    def start(self) -> None:
        super().start()
        self.erp = Erp.build(self.folder / "erp", self.shape)
        self.erp.load({"items": self.items})
        self.url = self.erp.start()
        self.set_login()
        self.books = Books(self.folder / "erp" / FILE)
        # Tea and pens leave no shelf, so that most tests cost half; jam does.
        self.books.run("UPDATE product_template SET type = 'service' WHERE name IN (?, ?)", self.items[0].name, self.items[2].name)
        self.vendor = Vendor(self.url, DATABASE, "admin", self.shape.admin_password)

    def set_login(self, **said: str) -> None:
        """What `tideover connect` would have stored."""
        self.login = self.erp.login | said  # type: ignore[misc]

    def stop(self) -> None:
        self.vendor.close()
        self.erp.stop()
        super().stop()

    def settings(self) -> Settings:
        return Settings(cloud=self.name, cloud_url=self.url, time_zone="UTC")

    way_of = TrytonWay
    world_of = PatientWorld

    def is_final(self, request: httpx.Request) -> bool:
        return method_of(request) == PAID

    def truth(self, shop: Shop) -> list[CloudDocument]:
        return self.books.documents(shop.day)

    def sell_at_cloud_till(self, shop: Shop, total_minor: int, reference: str) -> str:
        if self._model is None:
            self._model = self.book_invoice(day_of(shop.day))
            dates = "accounting_date = '2024-10-01', invoice_date = '2024-10-01'"  # Out of the way of every test.
            self.books.run(f"UPDATE account_invoice SET {dates} WHERE id = ?", self._model)
        number = f"T{next(self._numbers)}"
        self.books.copy_sale(self._model, shop.day, number, reference, total_minor)
        return number

    def void(self, shop: Shop, number: str) -> None:
        """As an accountant does: the payment is loosened, the invoice cancelled by a move of its own."""
        self.vendor.set("company.company", self.vendor.find("company.company"), {"cancel_invoice_out": True})
        found = self.vendor.find("account.invoice", ("number", "=", number))
        (row,) = self.vendor.call("model.account.invoice.read", found, ["lines_to_pay"])
        reconciled = self.vendor.find("account.move.line", ("id", "in", row["lines_to_pay"]), ("reconciliation", "!=", None))
        if reconciled:
            self.vendor.wizard("account.move.unreconcile_lines", "account.move.line", reconciled)
        self.vendor.call("model.account.invoice.cancel", found)

    def log_out(self) -> None:
        self.books.run("DELETE FROM ir_session WHERE create_uid != ?", self.vendor.user)

    def faults(self, shop: Shop, entries: Sequence[str] = (), **shares: float) -> None:
        self.way.refused = frozenset(entries) if shares.pop("refuse", None) else frozenset()
        super().faults(shop, entries, **shares)

    def hostile(self, mode: str) -> None:
        self.way.hostile = mode

    def leave_draft(self) -> None:
        self.way.breaks_before = CONFIRM

    def close_period(self, until: str) -> None:
        self.books.run("UPDATE account_period SET state = 'closed' WHERE start_date <= ?", until)

    def open_period(self) -> None:
        self.books.run("UPDATE account_period SET state = 'open'")

    def merge_customer(self, code: str, into: str) -> None:
        (other,) = self.vendor.find("party.party", ("code", "=", into))
        (one,) = self.vendor.find("party.party", ("code", "=", code))
        session, _, _ = self.vendor.call("wizard.party.replace.create")
        where = {"active_model": "party.party", "active_ids": [one], "active_id": one}
        self.vendor.call("wizard.party.replace.execute", session, {"ask": {"source": one, "destination": other}}, "replace", **where)

    def today(self) -> str:
        return datetime.fromtimestamp(self.page.now_ms / 1000, UTC).strftime("%Y-%m-%d")

    def change(self, dataset: str, rows: Sequence[Any] = (), removed: Sequence[str] = ()) -> None:
        for row in self.as_records(dataset, rows):
            self.put(dataset, row)
        for code in removed:
            self.remove(dataset, code)


RIG = TrytonRig
