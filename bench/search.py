#!/usr/bin/env python3
"""Finding an item among 100,000 at the box: by barcode, by what a cashier types, and what plain SQLite needs for the same."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, thread_time

from figures.shape import Check, Figure, main, share

from tideover.copies.fold import gtin
from tideover.copies.store import Copies
from tideover.db import Database
from tideover.migrations.copies import MIGRATIONS
from tideover.model.item import Item
from tideover.ports import PAGE_ROWS_MAX, Page
from tideover.world import real_world

P99_MS_MAX = 5.0
WARES = (
    "kahvi", "tee", "ruisleipä", "sämpylä", "maito", "piimä", "juusto", "kinkku", "makkara", "omena", "banaani",
    "peruna", "porkkana", "saippua", "hammastahna", "kynttilä",
)
KINDS = (
    "tumma", "vaalea", "luomu", "gluteeniton", "laktoositon", "kotimainen", "suolattu", "savustettu", "tuore",
    "pakaste", "mini", "perhe",
)
MAKERS = (
    "Aalto", "Koivu", "Lumi", "Pohjola", "Saimaa", "Tähti", "Vuokko", "Ylinen", "Äijälä", "Öster",
)


def items(count: int) -> Iterator[Item]:
    chance = random.Random(1)
    for number in range(count):
        name = f"{chance.choice(MAKERS)} {chance.choice(KINDS)} {chance.choice(WARES)} {number % 997} g"
        yield Item(code=f"A{number:06d}", name=name, unit_price=25_000, vat_ppm=135_000, barcodes=(f"64{number:011d}",))


async def fill(copies: Copies, count: int) -> None:
    page: list[Item] = []
    for number, item in enumerate(items(count), 1):
        page.append(item)
        if len(page) == PAGE_ROWS_MAX or number == count:
            await copies.apply("items", Page(rows=tuple(page), cursor=str(number), more=number < count))
            page = []


def typed(chance: random.Random) -> str:
    """What stands in the search box while somebody types: a word's beginning, two words, a word's end, a code."""
    ware, maker = chance.choice(WARES), chance.choice(MAKERS)
    begun, code = ware[: chance.randint(1, len(ware))], f"A{chance.randrange(100_000):06d}"
    return chance.choice((begun, f"{maker} {ware[:3]}", ware[-4:], code, f"{ware} {chance.choice(KINDS)}"))


def p99s_ms(ask: Callable[[], object], times: int) -> tuple[float, float]:
    """By the clock, and in work of the processor alone: on a busy machine most of the first is waiting for a turn."""
    taken, worked = [], []
    for _ in range(times):
        started, started_work = perf_counter(), thread_time()
        ask()
        taken.append((perf_counter() - started) * 1000)
        worked.append((thread_time() - started_work) * 1000)
    return share(taken, 0.99), share(worked, 0.99)


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    count, times = (20_000, 500) if quick else (100_000, 3_000)
    chance = random.Random(2)
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        database = Database(Path(folder) / "copies.db", MIGRATIONS, durable=False)
        copies = Copies(database, real_world())
        say(f"filling in {count:,} items …")
        asyncio.run(fill(copies, count))
        codes = [f"64{chance.randrange(count):011d}" for _ in range(times)]
        lookup = "SELECT 1 FROM barcode WHERE barcode = ?"
        scan = "SELECT content FROM record WHERE name LIKE ? LIMIT 20"
        search, work = p99s_ms(lambda: copies.search(typed(chance)), times)
        barcode, _ = p99s_ms(lambda: copies.barcode(chance.choice(codes)), times)
        limit, _ = p99s_ms(lambda: database.one(lookup, (gtin(chance.choice(codes)),)), times)
        like, _ = p99s_ms(lambda: database.rows(scan, (f"%{chance.choice(WARES)} {chance.choice(KINDS)}%",)), min(times, 200))
        database.close()
    checks = (
        Check(f"search among {count} items, p99, ms", search, "<", P99_MS_MAX),
        Check(f"barcode among {count} items, p99, ms", barcode, "<", P99_MS_MAX),
    )
    peers = {"LIKE over all names": like, "ours, by barcode": barcode, "ours, work of the processor alone": work}
    return Figure("search", count, "ms", search, peers, limit, checks)


if __name__ == "__main__":
    main(__doc__ or "", measure)
