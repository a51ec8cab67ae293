#!/usr/bin/env python3
"""Copying 20,000 items from a cloud: ours, and a bare loop that fetches the same pages and upserts their rows.

Each is a process of its own, so that memory tells them apart. The bare loop keeps one table by code. Ours also checks each row, notes what
tills must hear, finds items by barcode, and swaps the whole copy in one step; from then on it is in use, and its words for the search
follow: both times are told. The limit is fetching the pages and nothing more.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import httpx
from figures.programs import LOGIN
from figures.shape import Check, Figure, main, median
from msgspec import Struct

RATIO_MAX = 2.0
MEMORY_MAX_MB = 64
ROWS_PER_PAGE = 1_000


Work = Callable[[], tuple[int, float]]  # Copies; says how many rows there are, and when (perf_counter) they were in use.


class Copied(Struct, frozen=True):
    """How one way went."""

    seconds: float  # Until the rows were in use.
    all_s: float  # Until it ended.
    peak_mb: float  # Largest resident size of its process.
    rows: int


# The ways; each runs in a process of its own -------------------------------------------------------------


def ours(url: str, folder: Path) -> Work:
    from tideover import connectors
    from tideover.copies.store import Copies
    from tideover.db import Database
    from tideover.migrations.copies import MIGRATIONS
    from tideover.replicate.pull import pull
    from tideover.settings import Settings
    from tideover.world import real_world

    class Secrets:
        def get(self, name: str) -> bytes | None:
            return json.dumps(LOGIN).encode()

    async def run() -> tuple[int, float]:
        used_at: list[float] = []
        world = real_world()
        database = Database(folder / "copies.db", MIGRATIONS, durable=False)
        async with httpx.AsyncClient(trust_env=False) as client:
            settings = Settings(cloud="practice", cloud_url=url)
            cloud = connectors.load("practice").connect(settings, Secrets(), world, client, lambda _: None)
            copies = Copies(database, world)
            copies.on_change(lambda _: used_at.append(perf_counter()))
            pulled = await pull("items", cloud, copies, world)
        database.close()
        return pulled.applied.count, used_at[0]

    return lambda: asyncio.run(run())


def pages(url: str) -> Iterator[list[dict[str, object]]]:
    with httpx.Client(base_url=url, trust_env=False) as client:
        token = client.post("/login", json=LOGIN).json()["token"]
        after, more = "", True
        while more:
            answer = client.get("/api/items", params={"after": after, "limit": ROWS_PER_PAGE}, headers={"authorization": f"Bearer {token}"})
            page = answer.json()
            yield page["rows"]
            after, more = page["cursor"], page["more"]


def bare(url: str, folder: Path) -> Work:
    import apsw

    def run() -> tuple[int, float]:
        connection = apsw.Connection(str(folder / "bare.db"))
        table = "CREATE TABLE item (code TEXT PRIMARY KEY, content TEXT)"
        connection.execute(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {table}").fetchall()
        sql = "INSERT INTO item VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET content = excluded.content"
        for rows in pages(url):
            with connection:
                connection.executemany(sql, [(str(row["code"]), json.dumps(row)) for row in rows])
        count = connection.execute("SELECT count(*) FROM item").fetchone()[0]
        connection.close()
        return count, perf_counter()

    return run


def fetch(url: str, folder: Path) -> Work:
    return lambda: (sum(len(rows) for rows in pages(url)), perf_counter())


WAYS: dict[str, Callable[[str, Path], Work]] = {"ours": ours, "bare": bare, "fetch": fetch}


def one_way(name: str, url: str, folder: Path) -> None:
    work = WAYS[name](url, folder)  # Imports what it needs: a box does that once, at its start.
    started = perf_counter()
    rows, used_at = work()
    all_s = perf_counter() - started
    json.dump({"seconds": used_at - started, "all_s": all_s, "peak_mb": peak_mb(), "rows": rows}, sys.stdout)


def peak_mb() -> float:
    """Of this process; what getrusage says begins with what the process that started it had."""
    try:
        said = Path("/proc/self/status").read_text()
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(said.split("VmHWM:")[1].split()[0]) / 1024


# The measurement ---------------------------------------------------------------------------------------------


def go(name: str, url: str) -> Copied:
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        command = [sys.executable, __file__, "--way", name, url, folder]
        return Copied(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    from figures.programs import PracticeCloud
    from search import items

    count, times = (5_000, 3) if quick else (20_000, 7)
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder, PracticeCloud(Path(folder)) as cloud:
        say(f"filling a cloud with {count:,} items …")
        cloud.load(list(items(count)))
        turns = []
        for _ in range(times):
            turns.append({name: go(name, cloud.url) for name in WAYS})
            say(", ".join(f"{name} {one.seconds:.2f} s, {one.peak_mb:.0f} MB" for name, one in turns[-1].items()))
    took = {name: median(turn[name].seconds for turn in turns) for name in WAYS}
    grew = {name: median(turn[name].peak_mb for turn in turns) for name in WAYS}
    checks = (
        Check(f"items in the copy of {count}", median(turn["ours"].rows for turn in turns), "==", count),
        Check("time, times the bare loop", median(turn["ours"].seconds / turn["bare"].seconds for turn in turns), "<=", RATIO_MAX),
        Check("memory beyond the bare loop, MB", grew["ours"] - grew["bare"], "<=", MEMORY_MAX_MB),
    )
    peers = {"bare fetch-and-upsert": took["bare"], "ours, until every word is found": median(turn["ours"].all_s for turn in turns)}
    return Figure("copies", count, "s", took["ours"], peers, took["fetch"], checks)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        one_way(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        main(__doc__ or "", measure)
