#!/usr/bin/env python3
"""Proving a day of 100,000 sales against 100,000 documents of the cloud, beside the same join in DuckDB.

Both sides start with the rows in memory: ours as records, DuckDB's as tables. Both must find the same planted differences, or the
figure is worth nothing. The limit is one look at every amount of both sides.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time

import duckdb
from figures.shape import Check, Figure, main
from msgspec.structs import replace

from tideover.model.answer import CloudDocument, CloudLine, CloudPayment
from tideover.model.sale import Document, Line, Tender
from tideover.recover.doubles import Ours
from tideover.recover.reconcile import Day, Reconciled, compare
from tideover.rules.pricing import line_amount

DAY = "2026-11-20"
NOON = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
RATES = (255_000, 135_000, 100_000)
SPOILT = 1_000  # One document in so many is missing, one doubled, one differs.
GROWTH_MAX = 1.25  # Work per row at the largest size over the smallest.
COUNTED = ("missing", "doubled", "differs")


def sale(number: int, chance: random.Random) -> Ours:
    lines = []
    for _ in range(chance.randint(1, 4)):
        quantity, price = 1_000 * chance.randint(1, 3), 100 * chance.randint(50, 5_000)
        lines.append(Line(f"A{chance.randrange(5_000)}", "Tea", quantity, price, line_amount(quantity, price), chance.choice(RATES)))
    total = sum(line.amount_minor for line in lines)
    cash = chance.choice((0, total, total // 2))
    tenders = [Tender(kind, minor) for kind, minor in (("cash", cash), ("card", total - cash)) if minor]
    document = Document(f"T1-{number}", "EUR", True, tuple(lines), tuple(tenders))
    at = NOON + timedelta(seconds=number % 30_000)
    return Ours(f"entry-{number:08d}", "sale", DAY, at, document, state="booked", number=f"C{number}")


def booked(one: Ours) -> CloudDocument:
    document = one.document
    return CloudDocument(
        number=one.number or "",
        entry=one.id,
        day=one.day,
        kind="sale",
        state="final",
        total_minor=sum(line.amount_minor for line in document.lines),
        lines=tuple(CloudLine(line.item, line.quantity, line.amount_minor, line.vat_ppm) for line in document.lines),
        payments=tuple(CloudPayment(tender.kind, tender.amount_minor) for tender in document.tenders),
        at=one.at,
    )


def spoilt(document: CloudDocument, number: int) -> list[CloudDocument]:
    """What the cloud has of it: nothing, two, another amount, or just it."""
    if number % SPOILT == 1:
        return []
    if number % SPOILT == 2:
        return [document, replace(document, number=document.number + "-2")]
    if number % SPOILT == 3:
        first, payment = document.lines[0], document.payments[0]
        return [
            replace(
                document,
                total_minor=document.total_minor + 100,
                lines=(replace(first, amount_minor=first.amount_minor + 100), *document.lines[1:]),
                payments=(replace(payment, amount_minor=payment.amount_minor + 100), *document.payments[1:]),
            )
        ]
    return [document]


def make_day(count: int) -> Day:
    chance = random.Random(count)
    ours = [sale(number, chance) for number in range(count)]
    cloud = [document for number, one in enumerate(ours) for document in spoilt(booked(one), number)]
    chance.shuffle(cloud)
    return Day(day=DAY, ours=tuple(ours), cloud=tuple(cloud), owner="owner")


Loaded = Callable[[], tuple[list[int], int]]
TABLES = ("ours", "our_line", "our_tender", "cloud", "cloud_line", "cloud_payment")


def in_duckdb(day: Day) -> Loaded:
    """The same rows as tables; what comes back runs the join and tells what it found, and the cloud's sum."""
    duck = duckdb.connect()
    duck.execute("SET threads = 1")  # As many as ours has.
    for name, rows in zip(TABLES, _rows(day), strict=True):
        width = max(len(rows[0]), 1)
        duck.execute(f"CREATE TABLE {name} ({', '.join(f'c{n} {_kind(rows[0][n])}' for n in range(width))})")
        _append(duck, name, rows)

    def ask() -> tuple[list[int], int]:
        found = duck.execute(_JOIN).fetchall()[0]
        sums = [duck.execute(f"SELECT c1, SUM(c2) FROM {name} GROUP BY c1").fetchall() for name in TABLES[1:3] + TABLES[4:6]]
        return list(found[:3]), sum(int(minor) for _, minor in sums[2])

    return ask


_JOIN = """
WITH mine AS (SELECT ours.c0 AS id, SUM(our_line.c2) AS gross FROM ours JOIN our_line ON our_line.c0 = ours.c0 GROUP BY ours.c0),
     theirs AS (SELECT c1 AS id, COUNT(*) AS copies, SUM(c2) AS gross FROM cloud GROUP BY c1)
SELECT COUNT(*) FILTER (WHERE theirs.id IS NULL),
       COUNT(*) FILTER (WHERE copies > 1),
       COUNT(*) FILTER (WHERE copies = 1 AND theirs.gross <> mine.gross),
       SUM(theirs.gross)
FROM mine LEFT JOIN theirs ON theirs.id = mine.id
"""


def _rows(day: Day) -> tuple[list[tuple[object, ...]], ...]:
    cloud = day.cloud or ()
    return (
        [(one.id, one.number) for one in day.ours],
        [(one.id, line.vat_ppm, line.amount_minor) for one in day.ours for line in one.document.lines],
        [(one.id, tender.kind, tender.amount_minor) for one in day.ours for tender in one.document.tenders],
        [(one.number, one.entry, one.total_minor) for one in cloud],
        [(one.number, line.vat_ppm, line.amount_minor) for one in cloud for line in one.lines],
        [(one.number, payment.tender, payment.amount_minor) for one in cloud for payment in one.payments],
    )


def _kind(value: object) -> str:
    return "BIGINT" if isinstance(value, int) else "VARCHAR"


def _append(duck: duckdb.DuckDBPyConnection, name: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Column by column: row by row takes minutes."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    many = ", ".join(f"unnest(${n + 1}::{_kind(column[0])}[])" for n, column in enumerate(columns))
    duck.execute(f"INSERT INTO {name} SELECT {many}", columns)


def look_once(day: Day) -> int:
    """The limit: every amount of both sides, added up."""
    ours = sum(line.amount_minor for one in day.ours for line in one.document.lines)
    return ours + sum(line.amount_minor for document in day.cloud or () for line in document.lines)


def worked_s(work: Callable[[], object]) -> float:
    """Seconds of the processor: on a busy machine the clock would tell about the others."""
    started = process_time()
    work()
    return process_time() - started


def differences(sums: Reconciled) -> list[int]:
    codes = [finding.code for finding in sums.findings]
    return [codes.count(code) for code in COUNTED]


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    sizes = (2_000, 20_000) if quick else (10_000, 30_000, 100_000)
    ours: dict[int, float] = {}
    for size in sizes:
        say(f"making a day of {size:,} sales …")
        day = make_day(size)
        ask = in_duckdb(day)
        sums, found = compare(day), ask()
        # In turns, so that a busy moment hits all of them; then the least of each, for whatever else runs only adds to it.
        taken = [(worked_s(lambda: compare(day)), worked_s(ask), worked_s(lambda: look_once(day))) for _ in range(3 if quick else 5)]  # noqa: B023
        ours[size], duck, limit = (min(column) for column in zip(*taken, strict=True))
        say(f"{size:>9,}: {ours[size]:.3f} s of one core, DuckDB {duck:.3f} s, one look {limit:.3f} s")
    same = differences(sums) == found[0] and sums.by_day[0].cloud_minor == found[1]
    growth = (ours[sizes[-1]] / sizes[-1]) / (ours[sizes[0]] / sizes[0])
    checks = (
        Check("the same differences and sums as DuckDB, 1 = yes", float(same), "==", 1),
        Check(f"work a row, {sizes[-1]} over {sizes[0]} rows", growth, "<=", GROWTH_MAX),
    )
    peers = {"DuckDB, the same join, one thread": duck}
    return Figure("reconcile", sizes[-1], "s of one core", ours[sizes[-1]], peers, limit, checks)


if __name__ == "__main__":
    main(__doc__ or "", measure)
