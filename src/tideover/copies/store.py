"""Keeps the copies: what the cloud knew, record by record, and how old that is.

Reading answers at once from this machine; writing takes whole pages in one transaction each. A copy
is never changed by what the shop sells: it says what the cloud said, and when.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import apsw
from msgspec import Struct

from tideover.copies import search as searching
from tideover.copies import swap
from tideover.copies.freshness import EMPTY_HASH, Freshness, age_s
from tideover.copies.rows import Rows, decode, put_all
from tideover.copies.words import write_words
from tideover.db import Database
from tideover.errors import Rejected
from tideover.model.item import DATASETS, Customer, Dataset, Item
from tideover.ports import Page
from tideover.world import World, from_ms, to_ms

T = TypeVar("T")

SLICE_ROWS_MAX = 1_000  # Rows handed out at once; a till reads on from the slice's cursor.
MERGES_MAX = 10  # Customer records followed into one another; more is a ring.
ERROR_LENGTH_MAX = 500

_STATE_SQL = "SELECT as_of, count, cursor, hash, error, next_due, whole_at, failures FROM copy WHERE dataset = ?"


class Applied(Struct, frozen=True):
    """What a page or a swap changed."""

    added: int
    changed: int
    removed: int
    count: int  # Records in the copy afterwards.
    hash: str


class Slice(Struct, frozen=True):
    """A piece of a copy, in the order of change: read on with `cursor` and what changed since comes too."""

    rows: tuple[Struct, ...]
    removed: tuple[str, ...]  # Codes that the cloud no longer has.
    cursor: str
    more: bool


class Copies:
    """All copies of one shop, in one database."""

    def __init__(self, database: Database, world: World) -> None:
        self.database = database
        self._world = world
        self._listeners: list[Callable[[Dataset], None]] = []

    def on_change(self, call: Callable[[Dataset], None]) -> None:
        """`call` is told the dataset after each commit that changed it, in the caller's thread."""
        self._listeners.append(call)

    # Writing ----------------------------------------------------------------------------------

    async def apply(self, dataset: Dataset, page: Page, as_of: datetime | None = None) -> Applied:
        """What changed since the cursor, in one transaction with the new cursor.

        as_of: given with the last page: the copy is as the cloud was then.
        """
        check_dataset(dataset)

        def work(connection: apsw.Connection) -> Applied:
            rows = put_all(connection, dataset, page.rows, page.removed)
            write_words(connection, dataset)
            connection.execute("UPDATE copy SET cursor = ? WHERE dataset = ?", (page.cursor, dataset))
            if rows.added or rows.changed or rows.removed:
                swap.forget_former(connection, dataset)
            if as_of is not None:
                _mark_good(connection, dataset, as_of)
            return _applied(rows)

        return await self._write(dataset, work)

    async def begin_whole(self, dataset: Dataset) -> None:
        """Start gathering a whole copy beside the one in use."""
        check_dataset(dataset)
        await self.database.write_soon(lambda connection: swap.begin(connection, dataset))

    async def gather(self, dataset: Dataset, page: Page) -> None:
        """Put one page of a whole pull beside; the copy in use stays."""
        await self.database.write_soon(lambda connection: swap.gather(connection, dataset, page.rows, page.removed, page.unread))

    def gathered(self, dataset: Dataset) -> int:
        """How many records were gathered so far."""
        return self.database.one("SELECT count(*) FROM incoming WHERE dataset = ?", (check_dataset(dataset),))[0]

    async def swap_in(self, dataset: Dataset, cursor: str, as_of: datetime) -> Applied:
        """Replace the copy by what was gathered, in one transaction."""

        def work(connection: apsw.Connection) -> Applied:
            rows = swap.swap_in(connection, dataset)
            sql = "UPDATE copy SET cursor = ?, whole_at = ? WHERE dataset = ?"
            connection.execute(sql, (cursor, to_ms(self._world.now()), dataset))
            _mark_good(connection, dataset, as_of)
            return _applied(rows)

        return await self._write(dataset, work)

    async def put_back(self, dataset: Dataset) -> Applied | None:
        """Undo the last whole pull (a wrong file); None if the copy has gone on since."""

        def work(connection: apsw.Connection) -> Applied | None:
            rows = swap.put_back(connection, dataset)
            return None if rows is None else _applied(rows)

        return await self._write(dataset, work)

    async def failed(self, dataset: Dataset, why: str) -> None:
        """The pull failed: the last good copy stays, and says so."""

        def work(connection: apsw.Connection) -> None:
            _make_row(connection, dataset)
            sql = "UPDATE copy SET error = ?, failures = failures + 1 WHERE dataset = ?"
            connection.execute(sql, (why[:ERROR_LENGTH_MAX], dataset))
            swap.begin(connection, dataset)

        await self.database.write_soon(work)

    async def plan_next(self, dataset: Dataset, at: datetime) -> None:
        """Keep when it is pulled next, so that a screen can say so."""

        def work(connection: apsw.Connection) -> None:
            _make_row(connection, dataset)
            connection.execute("UPDATE copy SET next_due = ? WHERE dataset = ?", (to_ms(at), dataset))

        await self.database.write_soon(work)

    async def _write(self, dataset: Dataset, work: Callable[[apsw.Connection], T]) -> T:
        result = await self.database.write_soon(work)
        if isinstance(result, Applied) and (result.added or result.changed or result.removed):
            for call in self._listeners:
                call(dataset)
        # The copy is in use; what is found by words catches up, and other writers get their turn in between.
        while await self.database.write_soon(lambda connection: write_words(connection, dataset)):
            pass
        return result

    # Reading ----------------------------------------------------------------------------------

    def get(self, dataset: Dataset, code: str) -> Struct | None:
        """The record with exactly that code."""
        sql = "SELECT content FROM record WHERE dataset = ? AND code = ? COLLATE BINARY AND content IS NOT NULL"
        found = self.database.one(sql, (check_dataset(dataset), code))
        return None if found is None else decode(dataset, found[0])

    def customer(self, code: str) -> Customer | None:
        """The customer, or the one that took its place when records were merged."""
        found = self.get("customers", code)
        for _ in range(MERGES_MAX):
            if found is None or found.merged_into is None:
                return found
            found = self.get("customers", found.merged_into)
        return None

    def rows(self, dataset: Dataset, after: str | None = None, limit: int = SLICE_ROWS_MAX) -> Slice:
        """What was added, changed or removed since `after` (a Slice's cursor; None: everything), oldest change first.

        Raises Rejected for a cursor that no slice gave.
        """
        check_dataset(dataset)
        start = _cursor_number(after)
        limit = max(1, min(limit, SLICE_ROWS_MAX))
        found = self.database.rows(
            "SELECT change, code, content FROM record WHERE dataset = ? AND change > ? ORDER BY change LIMIT ?", (dataset, start, limit + 1)
        )
        shown = found[:limit]
        return Slice(
            rows=tuple(decode(dataset, content) for _, _, content in shown if content is not None),
            removed=tuple(code for _, code, content in shown if content is None and start > 0),
            cursor=str(shown[-1][0] if shown else start),
            more=len(found) > limit,
        )

    def search(self, text: str, dataset: Dataset = "items", limit: int = 20) -> list[Struct]:
        """Best first: barcode, code, names that begin so, all words as beginnings, inside words."""
        return searching.search(self.database, text, check_dataset(dataset), limit)

    def barcode(self, text: str) -> Item | None:
        """The one item with that barcode; None if there is none, or several (search shows those)."""
        return searching.barcode(self.database, text)

    def state(self, dataset: Dataset) -> Freshness:
        """How old, how many, which content: what a screen says about the copy."""
        row = self.database.one(_STATE_SQL, (check_dataset(dataset),)) or (None, 0, None, EMPTY_HASH, None, None, None, 0)
        as_of = _instant(row[0])
        return Freshness(
            dataset=dataset,
            as_of=as_of,
            age_s=age_s(as_of, self._world.now()),
            count=row[1],
            cursor=row[2],
            hash=row[3].hex(),
            error=row[4],
            next_due=_instant(row[5]),
            whole_at=_instant(row[6]),
            failures=row[7],
        )

    def states(self) -> list[Freshness]:
        """The same of every dataset, in the order of `DATASETS`."""
        return [self.state(dataset) for dataset in DATASETS]


def check_dataset(dataset: str) -> Dataset:
    """The dataset's name; raises Rejected if there is no such copy."""
    if dataset not in DATASETS:
        raise Rejected(why=f"there is no copy named {dataset!r}; there are {', '.join(DATASETS)}")
    return dataset  # type: ignore[return-value]


def _make_row(connection: apsw.Connection, dataset: str) -> None:
    connection.execute("INSERT OR IGNORE INTO copy (dataset, hash) VALUES (?, ?)", (dataset, EMPTY_HASH))


def _mark_good(connection: apsw.Connection, dataset: str, as_of: datetime) -> None:
    sql = "UPDATE copy SET as_of = ?, error = NULL, failures = 0 WHERE dataset = ?"
    connection.execute(sql, (to_ms(as_of), dataset))


def _applied(rows: Rows) -> Applied:
    return Applied(added=rows.added, changed=rows.changed, removed=rows.removed, count=rows.count, hash=rows.hash.hex())


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def _cursor_number(after: str | None) -> int:
    if not after:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise Rejected(why=f"{after[:40]!r} is not a cursor of a copy; leave it out to read from the start")
    return int(after)
