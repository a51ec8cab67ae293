"""Builders for the tests of copies: a small Finnish shop, a clock that stands still, a database in a folder."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from tideover.copies.store import Applied, Copies
from tideover.db import Database
from tideover.migrations.copies import MIGRATIONS
from tideover.model.item import Dataset, Item
from tideover.ports import Page

T = TypeVar("T")

FRIDAY = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


class StillWorld:
    """A clock that moves only when told to; a pause moves it."""

    def __init__(self, now: datetime = FRIDAY, seed: int = 1) -> None:
        self.at = now
        self.chance = random.Random(seed)
        self.environ: dict[str, str] = {}

    def now(self) -> datetime:
        return self.at

    async def pause(self, seconds: float, wake: object = None) -> None:
        self.at += timedelta(seconds=seconds)

    def busy(self, by: int) -> None:
        """Nobody moves it by who is at work."""


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def item(code: str, name: str, price: int = 25_000, **more: Any) -> Item:
    """An item of 2.50 unless said otherwise."""
    return Item(code=code, name=name, unit_price=price, vat_ppm=135_000, **more)


def page(*rows: Struct, cursor: str = "1", more: bool = False, **rest: Any) -> Page:
    return Page(rows=rows, cursor=cursor, more=more, **rest)


@contextmanager
def open_copies(folder: Path, world: StillWorld | None = None) -> Iterator[Copies]:
    """Copies in `folder`; closed at the end."""
    database = Database(folder / "copies.db", MIGRATIONS, durable=False, threaded=False)
    try:
        yield Copies(database, world or StillWorld())
    finally:
        database.close()


def fill(copies: Copies, *rows: Struct, dataset: Dataset = "items", cursor: str = "1") -> Applied:
    """A whole pull of one page."""

    async def pull() -> Applied:
        await copies.begin_whole(dataset)
        await copies.gather(dataset, page(*rows, cursor=cursor))
        return await copies.swap_in(dataset, cursor, FRIDAY)

    return run(pull())
