"""What the practice cloud knows besides the day's documents: one table, ordered by a change version.

A version is never given twice, so a cursor is simply the last version seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from tideover.model.item import RECORDS
from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, divide_rounded
from tideover.practice import shapes

ROWS_PER_PAGE = 500


def next_version(db: apsw.Connection) -> int:
    """The first version that nothing has yet; callers count on from it inside their transaction."""
    return db.execute("SELECT coalesce(max(version), 0) + 1 FROM record").fetchone()[0]


def record(db: apsw.Connection, dataset: str, code: str) -> dict[str, Any] | None:
    """One row as plain values; None if it is not there, or no longer."""
    found = db.execute("SELECT row FROM record WHERE dataset = ? AND code = ? AND removed = 0", (dataset, code)).fetchone()
    return msgspec.to_builtins(msgspec.json.decode(found[0], type=RECORDS[dataset])) if found else None


def put_record(db: apsw.Connection, dataset: str, code: str, row: dict[str, Any] | Struct | None, version: int) -> None:
    """Add or replace a row; None removes it, leaving its code for those who pull."""
    if row is None:
        db.execute("UPDATE record SET removed = 1, version = ? WHERE dataset = ? AND code = ?", (version, dataset, code))
        return
    db.execute(
        "INSERT INTO record VALUES (?1, ?2, ?3, 0, ?4)"
        " ON CONFLICT (dataset, code) DO UPDATE SET version = ?3, removed = 0, row = ?4",
        (dataset, code, version, msgspec.json.encode(row)),
    )


def put_all(db: apsw.Connection, dataset: str, rows: Iterable[Struct]) -> int:
    """Add or replace many; returns how many."""
    version = next_version(db)
    count = 0
    for row in rows:
        put_record(db, dataset, row.code, row, version + count)
        count += 1
    return count


def change(db: apsw.Connection, what: shapes.Change) -> int:
    """Rows in, codes out; raises msgspec.ValidationError if a row has another shape."""
    rows = [msgspec.convert(row, RECORDS[what.dataset], strict=True) for row in what.rows]
    count = put_all(db, what.dataset, rows)
    version = next_version(db)
    for code in what.removed:
        put_record(db, what.dataset, code, None, version)
        version += 1
    return count + len(what.removed)


def position(cursor: str) -> int:
    """Where a cursor stands; one that was never given stands at the start."""
    return int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else 0


def page(db: apsw.Connection, dataset: str, after: str, limit: int = ROWS_PER_PAGE) -> shapes.RecordPage:
    """Rows changed after the cursor, oldest change first."""
    start = position(after)
    found = db.execute(
        "SELECT version, code, removed, row FROM record WHERE dataset = ? AND version > ? ORDER BY version LIMIT ?",
        (dataset, start, limit + 1),
    ).fetchall()
    kept = found[:limit]
    return shapes.RecordPage(
        rows=tuple(msgspec.Raw(row) for _, _, removed, row in kept if not removed),
        cursor=str(kept[-1][0]) if kept else str(start),
        more=len(found) > limit,
        removed=tuple(code for _, code, removed, _ in kept if removed),
    )


def count(db: apsw.Connection, dataset: str) -> int:
    return db.execute("SELECT count(*) FROM record WHERE dataset = ? AND removed = 0", (dataset,)).fetchone()[0]


def all_rows(db: apsw.Connection, dataset: str) -> list[Any]:
    """Every row that is there, by code."""
    found = db.execute("SELECT row FROM record WHERE dataset = ? AND removed = 0 ORDER BY code", (dataset,))
    return [msgspec.json.decode(row, type=RECORDS[dataset]) for (row,) in found]


def unit_price_of(quantity: int, amount_minor: int) -> int:
    """The price each, worked back from a line's amount; 0 where the quantity is 0."""
    if quantity == 0:
        return 0
    sign = 1 if quantity > 0 else -1
    return divide_rounded(sign * amount_minor * (PRICE_SCALE // MINOR_PER_MAJOR) * QUANTITY_SCALE, abs(quantity))
