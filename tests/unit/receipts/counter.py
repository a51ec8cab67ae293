"""A shop with one counter for the tests of receipts: a real journal, a desk, a printer at the end of a real line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tideover.db import Database
from tideover.drivers import receipt_printer
from tideover.drivers.escpos import PROFILES
from tideover.drivers.receipt_printer import EscPos
from tideover.drivers.wire import open_network
from tideover.journal.keys import box_key
from tideover.journal.person import People
from tideover.journal.store import Journal
from tideover.migrations.journal import MIGRATIONS
from tideover.model.sale import Document, Line, Tender
from tideover.ports import ReceiptPrinter
from tideover.rules.calendar import trading_day
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.trade.receipt_desk import ReceiptDesk
from tideover.world import RealWorld

FRIDAY = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
SHOP = Settings(
    shop_name="Kulmakauppa Åkerblom & Mäkelä", address="Hämeentie 5, 00530 Helsinki, 09 123 4567", business_id="1234567-1", language="fi"
)


class QuickWorld(RealWorld):
    """The machine's own, but its waits are shorter by this factor, and its clock stands where a test puts it."""

    def __init__(self, faster: float = 20.0) -> None:
        super().__init__()
        self._faster, self.at = faster, FRIDAY

    def now(self) -> datetime:
        return self.at

    async def within(self, seconds: float, work: Any) -> Any:
        return await super().within(max(seconds / self._faster, 0.002), work)


def sale(number: str = "K1-1", sum_minor: int = 1_250, name: str = "Kahvi 500 g", tender: str = "cash") -> Document:
    lines = (Line("A1", name, 1_000, sum_minor * 100, sum_minor, 135_000),)
    return Document(number, "EUR", True, lines, (Tender(tender, sum_minor),))


def network_printer(port: int, world: Any, profile: str = "epson-80") -> EscPos:
    async def opens() -> Any:
        return await open_network("127.0.0.1", port)

    return EscPos(f"tcp://127.0.0.1:{port}", PROFILES[profile], opens, world)


class Shop:
    """The open shop."""

    def __init__(self, folder: Path, world: Any = None, vfs: str | None = None) -> None:
        """vfs: an apsw VFS under the journal, where a disk fails."""
        world = world or QuickWorld()
        self.folder, self.world = folder, world
        self.secrets, self.database = Secrets(folder, world), Database(folder / "journal.db", MIGRATIONS, vfs=vfs, threaded=vfs is None)
        self.journal = Journal(self.database, world, box_key(self.secrets, world), lambda at: trading_day(at, "Europe/Helsinki", "04:00"))
        self.people = People(self.database, self.secrets, world)

    def desk(self, printer: ReceiptPrinter | None = None, office: ReceiptPrinter | None = None, settings: Settings = SHOP, **more: Any):
        return ReceiptDesk(self.journal, self.people, settings, self.world, printer, office, **more)

    async def sell(self, number: str = "K1-1", **what: Any) -> str:
        """A sale in the journal; its entry's id."""
        return (await self.journal.record("sale", sale(number, **what), operator="Anna")).id

    def given(self, entry: str) -> list[tuple[str, bool, bool]]:
        """What the journal says the customer got: way, copy, certain."""
        found = self.journal.referring(entry, kinds=("receipt",))
        return [(one.entry.body.way, one.entry.body.is_copy, one.entry.body.is_certain) for one in found]

    def close(self) -> None:
        self.journal.close()
        self.database.close()
        self.secrets.close()


@asynccontextmanager
async def open_shop(folder: Path, world: Any = None) -> AsyncIterator[Shop]:
    shop = Shop(folder, world or QuickWorld())
    try:
        yield shop
    finally:
        shop.close()


def in_shop(folder: Path, play: Any, world: Any = None) -> Any:
    async def run() -> Any:
        async with open_shop(folder, world) as shop:
            return await play(shop)

    return asyncio.run(run())


LONGEST_S = receipt_printer.DONE_S
