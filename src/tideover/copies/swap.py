"""Replaces a whole copy in one step: gathered beside it, then swapped, so that a failed pull leaves the last good one.

What the swap changed is kept as it was before, so that a wrong file can be put back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw
from msgspec import Struct

from tideover.copies.freshness import content_of, record_hash
from tideover.copies.rows import Rows

STEP_ROWS = 1_000  # Rows read at a time while swapping: memory stays the same for any shop.


def begin(connection: apsw.Connection, dataset: str) -> None:
    """Forget what an earlier, unfinished pull gathered."""
    connection.execute("DELETE FROM incoming WHERE dataset = ?", (dataset,))


def gather(connection: apsw.Connection, dataset: str, records: Iterable[Struct], removed: Iterable[str], unread: Iterable[str]) -> None:
    """One page, in the cursor's order: a later sight of one record wins; of an unread one the last good copy stays."""
    for code in unread:
        connection.execute(
            "INSERT OR IGNORE INTO incoming SELECT dataset, code, content, hash FROM record "
            "WHERE dataset = ? AND code = ? COLLATE BINARY AND content IS NOT NULL",
            (dataset, code),
        )
    contents = ((one.code, content_of(one)) for one in records)
    connection.executemany(
        "INSERT OR REPLACE INTO incoming (dataset, code, content, hash) VALUES (?, ?, ?, ?)",
        ((dataset, code, content, record_hash(dataset, content)) for code, content in contents),
    )
    for code in removed:
        connection.execute("DELETE FROM incoming WHERE dataset = ? AND code = ?", (dataset, code))


def swap_in(connection: apsw.Connection, dataset: str) -> Rows:
    """Make the copy what was gathered."""
    rows = Rows(connection, dataset)
    # A first copy changes everything, and there is nothing that could be put back.
    is_first = connection.execute("SELECT 1 FROM record WHERE dataset = ? LIMIT 1", (dataset,)).fetchone() is None
    if not is_first:
        _keep_former(connection, dataset)
    for code, content, hash, *old in _in_steps(connection, _FIRST_SQL if is_first else _CHANGED_SQL, dataset):
        _put(rows, code, content, hash, old)
    rows.finish()
    begin(connection, dataset)
    return rows


def _keep_former(connection: apsw.Connection, dataset: str) -> None:
    """Before the swap: every record that it will change, as it is now."""
    forget_former(connection, dataset)
    connection.execute(
        "INSERT INTO former SELECT incoming.dataset, incoming.code, record.content FROM incoming "
        "LEFT JOIN record ON record.dataset = incoming.dataset AND record.code = incoming.code COLLATE BINARY "
        "WHERE incoming.dataset = ? AND record.hash IS NOT incoming.hash",
        (dataset,),
    )
    connection.execute(
        "INSERT INTO former SELECT dataset, code, content FROM record WHERE dataset = ? AND content IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM incoming WHERE incoming.dataset = record.dataset AND incoming.code = record.code COLLATE BINARY)",
        (dataset,),
    )
    connection.execute("UPDATE copy SET former_as_of = as_of WHERE dataset = ?", (dataset,))


def forget_former(connection: apsw.Connection, dataset: str) -> None:
    """Nothing can be put back any more: the copy went on from there."""
    connection.execute("DELETE FROM former WHERE dataset = ?", (dataset,))
    connection.execute("UPDATE copy SET former_as_of = NULL WHERE dataset = ?", (dataset,))


def put_back(connection: apsw.Connection, dataset: str) -> Rows | None:
    """Undo the last swap; None if there is nothing to put back."""
    found = connection.execute("SELECT former_as_of FROM copy WHERE dataset = ?", (dataset,)).fetchone()
    if found is None or found[0] is None:
        return None
    rows = Rows(connection, dataset)
    for code, content, *old in _in_steps(connection, _FORMER_SQL, dataset):
        _put(rows, code, content, None if content is None else record_hash(dataset, content), old)
    rows.finish()
    # The cursor belongs to what was thrown away; the next pull is a whole one.
    connection.execute("UPDATE copy SET as_of = former_as_of, cursor = NULL WHERE dataset = ?", (dataset,))
    forget_former(connection, dataset)
    return rows


# What becomes of each record that a swap changes, and its row as it stands.
_CHANGED_SQL = (
    "SELECT former.code, incoming.content, incoming.hash, record.id, record.hash, record.content FROM former "
    "LEFT JOIN incoming ON incoming.dataset = former.dataset AND incoming.code = former.code "
    "LEFT JOIN record ON record.dataset = former.dataset AND record.code = former.code COLLATE BINARY "
    "WHERE former.dataset = ? AND former.code > ? ORDER BY former.code LIMIT ?"
)
_FIRST_SQL = "SELECT code, content, hash, NULL, NULL, NULL FROM incoming WHERE dataset = ? AND code > ? ORDER BY code LIMIT ?"
_FORMER_SQL = (
    "SELECT former.code, former.content, record.id, record.hash, record.content FROM former "
    "LEFT JOIN record ON record.dataset = former.dataset AND record.code = former.code COLLATE BINARY "
    "WHERE former.dataset = ? AND former.code > ? ORDER BY former.code LIMIT ?"
)


def _put(rows: Rows, code: str, content: bytes | None, hash: bytes | None, old: list[Any]) -> None:
    row = None if old[0] is None else (old[0], old[1], old[2])
    if content is None or hash is None:
        rows.drop(row)
    else:
        rows.put_content(code, content, hash, row)


def _in_steps(connection: apsw.Connection, sql: str, dataset: str) -> Iterable[tuple[Any, ...]]:
    last = ""
    while step := connection.execute(sql, (dataset, last, STEP_ROWS)).fetchall():
        yield from step
        last = step[-1][0]
