#!/usr/bin/env python3
"""What a week of looks takes on the disk: 60 targets, a look a second, one in ten lost; and how fast a strip of it is read."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, thread_time

from figures.shape import Check, Figure, main

from tideover.db import Database
from tideover.detect.record.history import History
from tideover.detect.record.strip import cells, pieces
from tideover.migrations.copies import MIGRATIONS
from tideover.model.outage import Observation, Verdict
from tideover.world import to_ms

TARGETS, SERVICES = 60, 12
WEEK_S = 7 * 86_400
LOST = 0.1
MB = 2**20
WEEK_MB_MAX = 50
STRIP_MS_MAX = 50.0
KEPT_EVERY_S = 5
START = datetime(2026, 11, 20, tzinfo=UTC)
PEER_SQL = "CREATE TABLE look (id INTEGER PRIMARY KEY, service, kind, target, ok, at_ms, text, took_ms, via)"


def looks(second: int, chance: random.Random) -> Iterator[Observation]:
    at = START + timedelta(seconds=second)
    for n in range(TARGETS):
        ok = chance.random() > LOST
        text, took_ms = ("answers", chance.randrange(10, 90)) if ok else ("no answer in 2 s", None)
        yield Observation(f"service {n % SERVICES}", "anchor", f"Anchor {n:02d}", ok, at, text, took_ms)


def size_mb(database: Database) -> float:
    """Of the file when all of its log is in it."""
    database.empty_log()
    return database.path.stat().st_size / MB


def ours(folder: Path, seconds: int) -> tuple[float, float]:
    """Megabytes after so many seconds, and seconds of the processor for a thousand looks."""
    database, chance = Database(folder / "copies.db", MIGRATIONS, durable=False), random.Random(1)
    history, worked_s = History(database, 5), 0.0
    empty = size_mb(database)
    for second in range(seconds):
        seen = list(looks(second, chance))
        begun = thread_time()
        history.take(seen)
        worked_s += thread_time() - begun
        if second % KEPT_EVERY_S == 0:
            asyncio.run(history.keep(seen[0].at))
    grown = size_mb(database) - empty
    database.close()
    return grown, worked_s / (seconds * TARGETS) * 1000


def one_row_a_look(folder: Path, seconds: int) -> float:
    database, chance = Database(folder / "peer.db", (), durable=False), random.Random(1)
    database.write(lambda connection: connection.execute(PEER_SQL).fetchall())
    empty = size_mb(database)
    for second in range(seconds):
        rows = [(o.service, o.kind, o.target, o.ok, to_ms(o.at), o.text, o.took_ms, o.via) for o in looks(second, chance)]
        sql = f"INSERT INTO look (service, kind, target, ok, at_ms, text, took_ms, via) VALUES ({', '.join('?' * 8)})"
        database.submit(lambda connection, rows=rows, sql=sql: connection.executemany(sql, rows).fetchall())
    database.write(lambda connection: None)
    grown = size_mb(database) - empty
    database.close()
    return grown


def strip_ms(folder: Path) -> float:
    """The slowest of the services' strips, after a week in which every service turned every five minutes."""
    database = Database(folder / "strip.db", MIGRATIONS, durable=False)
    history = History(database, 5)
    for minute in range(0, WEEK_S // 60, 1):
        at = START + timedelta(minutes=minute)
        state, cause = ("down", "our-line") if minute // 5 % 2 else ("up", "none")
        history.conclude([Verdict(f"service {n}", state, cause, (), at) for n in range(SERVICES)], at)
        if minute % 60 == 0:
            asyncio.run(history.keep(at))
    asyncio.run(history.keep(at))
    begin, end, taken = to_ms(START), to_ms(at), []
    for n in range(SERVICES):
        begun = perf_counter()
        cells(pieces(history.verdicts_since(begin, f"service {n}"), begin, end), 672)
        taken.append((perf_counter() - begun) * 1000)
    database.close()
    return sorted(taken)[len(taken) // 2]


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    seconds = 1_200 if quick else 21_600
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as name:
        folder = Path(name)
        say(f"{seconds * TARGETS:,} looks, as rows of spans …")
        grown, per_thousand_s = ours(folder, seconds)
        say("the same as one row a look …")
        peer = one_row_a_look(folder, min(seconds, 3_600)) * WEEK_S / min(seconds, 3_600)
        say("strips of a restless week …")
        strip = strip_ms(folder)
    week = grown * WEEK_S / seconds
    return Figure(
        name="week",
        n=seconds * TARGETS,
        unit="MB a week",
        ours=week,
        peers={"one row a look": peer},
        limit=TARGETS * WEEK_S / 8 / MB,  # One bit for each look.
        checks=(
            Check("a week of 60 targets, a look a second, one in ten lost, MB", week, "<=", WEEK_MB_MAX),
            Check("the strip of one service over a restless week, ms", strip, "<", STRIP_MS_MAX),
            Check("keeping 60 looks a second, share of a core", per_thousand_s * TARGETS / 1000, "<", 0.01),
        ),
    )


if __name__ == "__main__":
    main(__doc__ or "", measure)
