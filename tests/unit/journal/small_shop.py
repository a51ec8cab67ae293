"""Builders for the journal's tests: a shop whose clock stands until it is told, and tills that really sign."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from tideover.db import Database
from tideover.journal.entry import Entry, encode
from tideover.journal.heads import Heads
from tideover.journal.keys import TillKey, box_key
from tideover.journal.store import Appended, Journal
from tideover.migrations.journal import MIGRATIONS
from tideover.model.facts import DrawerMove
from tideover.model.sale import Document, Line, Tender
from tideover.secret import Secrets
from tideover.world import to_ms, uuid7

T = TypeVar("T")

FRIDAY = "2026-11-20"
HALF_PAST_TWO = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)

COFFEE = Line(item="100", name="Kahvi 500 g", quantity=1_000, unit_price=79_500, amount_minor=795, vat_ppm=135_000)
BREAD = Line(item="200", name="Ruisleipä", quantity=2_000, unit_price=25_000, amount_minor=500, vat_ppm=135_000)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def paid_by_card(*lines: Line, number: str = "1-1") -> Document:
    lines = lines or (COFFEE, BREAD)
    total = sum(line.amount_minor for line in lines)
    return Document(
        number=number, currency="EUR", prices_include_vat=True, lines=lines, tenders=(Tender(kind="card", amount_minor=total),)
    )


class ToldClock:
    """A World whose clock stands still; chance comes from a seed."""

    def __init__(self, at: datetime = HALF_PAST_TWO, seed: int = 1) -> None:
        self.at = at
        self.chance = random.Random(seed)
        self.environ: dict[str, str] = {}

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)

    def secret_bytes(self, n: int) -> bytes:
        return self.chance.randbytes(n)

    def new_id(self) -> str:
        return uuid7(self.at, self.secret_bytes(10))


class Shop:
    """An open journal and what it stands on."""

    def __init__(self, folder: Path, world: ToldClock, threaded: bool, vfs: str | None, durable: bool, heads: Heads | None) -> None:
        self.folder, self.world = folder, world
        self.secrets = Secrets(folder, world, threaded=False, vfs=vfs)
        self.database = Database(folder / "journal.db", MIGRATIONS, durable=durable, vfs=vfs, threaded=threaded)
        self.journal = Journal(self.database, world, box_key(self.secrets, world), day_of, heads)

    def close(self) -> None:
        self.journal.close()
        self.database.close()
        self.secrets.close()

    def till(self, name: str = "Till 1") -> Till:
        """A newly enrolled till."""
        key = TillKey.generate(self.world)
        return Till(self.world, key, run(self.journal.enrol(name, key.spki_b64)))

    def append(self, pair: tuple[bytes, bytes]) -> Appended:
        return run(self.journal.append(*pair))

    def append_all(self, pairs: Sequence[tuple[bytes, bytes]]) -> list[Any]:
        return run(self.journal.append_batch(pairs))


def day_of(at: datetime) -> str:
    return at.date().isoformat()


@contextmanager
def open_shop(
    folder: Path,
    world: ToldClock | None = None,
    threaded: bool = False,
    vfs: str | None = None,
    durable: bool = True,
    heads: Heads | None = None,
) -> Iterator[Shop]:
    shop = Shop(folder, world or ToldClock(), threaded, vfs, durable, heads)
    try:
        yield shop
    finally:
        shop.close()


class Till:
    """A till that numbers and signs what it sells."""

    def __init__(self, world: ToldClock, key: TillKey, till: str) -> None:
        self.world, self.key, self.id, self.next = world, key, till, 1

    def entry(self, **changes: Any) -> Entry:
        """The next entry, a sale unless told otherwise; it counts as made."""
        made = Entry(
            id=self.world.new_id(), kind="sale", version=1, till=self.id, till_seq=self.next,
            happened_at=to_ms(self.world.now()), trading_day=FRIDAY, operator="Aino", refers_to=None,
            body=paid_by_card(number=f"1-{self.next}"),
        )  # fmt: skip
        self.next += 1
        return replace(made, **changes)

    def signed(self, entry: Entry) -> tuple[bytes, bytes]:
        signed = encode(entry)
        return signed, self.key.sign(signed)

    def sale(self, **changes: Any) -> tuple[bytes, bytes]:
        return self.signed(self.entry(**changes))


FLOAT = DrawerMove(amount_minor=20_000, note="Morning float")
