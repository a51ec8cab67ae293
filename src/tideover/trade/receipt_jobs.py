"""Keeps the receipts on their way to a customer: the table of migrations/receipt.py. Nobody else writes it. Decides nothing.

It stands in the journal's database, so that an answer here is on stable storage, as a sale is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw
import msgspec

from tideover.db import Database
from tideover.trade.receipt_steps import Job, State

FIELDS = (
    "id, entry, copy, way, state, number, why, since, asked_at, asked_by, party, is_ours, is_settled, fact, is_told"  # As in Job.
)
ROW = ", ".join("?" * len(FIELDS.split(",")))
OPEN = (  # Exactly as the index has it.
    "state IN ('queued', 'sending') OR (state = 'sent' AND number <> '') OR (state IN ('unknown', 'refused') AND is_settled = 0)"
)
LISTED_MAX = 1_000  # Open ones read at once; a week of a shop whose printer nobody mends.


class Jobs:
    """The table, read and written."""

    def __init__(self, database: Database) -> None:
        """database: the journal's."""
        self._database = database

    def get(self, id: str) -> Job | None:
        return self._first("id = ?", (id,))

    def of(self, entry: str, copy: int) -> Job | None:
        """The job of that receipt, or of that copy of it."""
        return self._first("entry = ? AND copy = ?", (entry, copy))

    def copies(self, entry: str) -> list[Job]:
        """Everything that was asked for of one sale, in order."""
        return self._read("entry = ? ORDER BY copy", (entry,))

    def open(self) -> list[Job]:
        """What is not over, oldest first: to be sent, on its way, or waiting for a person."""
        return self._read(f"{OPEN} ORDER BY id LIMIT ?", (LISTED_MAX,))

    def count_open(self) -> int:
        (count,) = self._database.rows(f"SELECT count(*) FROM receipt_job WHERE {OPEN}")[0]
        return count

    def untold(self) -> list[Job]:
        """Those whose entry is not known to stand in the journal."""
        return self._read("is_told = 0 ORDER BY id LIMIT ?", (LISTED_MAX,))

    def with_address(self) -> list[Job]:
        """Those that are over, but whose address was written down for them alone and still stands."""
        return self._read("is_ours = 1 AND (state IN ('sent', 'confirmed', 'ended') OR is_settled = 1) ORDER BY id LIMIT ?", (LISTED_MAX,))

    def latest(self, limit: int) -> list[Job]:
        """The last ones that were asked for, newest first."""
        return self._read("1 ORDER BY id DESC LIMIT ?", (limit,))

    async def add(self, job: Job) -> Job:
        """Keep it, unless that receipt was asked for before: then the one that stands. On stable storage when it returns."""
        row = msgspec.structs.astuple(job)

        def work(connection: apsw.Connection) -> bool:
            connection.execute(f"INSERT OR IGNORE INTO receipt_job ({FIELDS}) VALUES ({ROW})", row)
            return connection.changes() == 1

        if await self._database.write_soon(work):
            return job
        return self.of(job.entry, job.copy) or job

    async def move(self, job: Job, states: Iterable[State], **changes: Any) -> Job | None:
        """Change it if it is in one of these states and as it was read; None: somebody else was quicker, and nothing changed."""
        wanted = tuple(states)
        sets = ", ".join(f"{name} = ?" for name in changes)
        sql = f"UPDATE receipt_job SET {sets} WHERE id = ? AND state IN ({', '.join('?' * len(wanted))}) AND is_settled = ? AND fact = ?"

        def work(connection: apsw.Connection) -> bool:
            connection.execute(sql, (*changes.values(), job.id, *wanted, job.is_settled, job.fact))
            return connection.changes() == 1

        return self.get(job.id) if await self._database.write_soon(work) else None

    async def told(self, job: Job) -> None:
        """Its entry stands in the journal; unless it has moved on to another meanwhile."""
        sql = "UPDATE receipt_job SET is_told = 1 WHERE id = ? AND fact = ?"
        await self._database.write_soon(lambda connection: connection.execute(sql, (job.id, job.fact)).fetchall())

    async def forgotten(self, job: Job) -> None:
        """The address that was written down for this receipt alone is gone."""
        sql = "UPDATE receipt_job SET party = NULL, is_ours = 0 WHERE id = ?"
        await self._database.write_soon(lambda connection: connection.execute(sql, (job.id,)).fetchall())

    def _first(self, where: str, bindings: tuple[Any, ...]) -> Job | None:
        return next(iter(self._read(where, bindings)), None)

    def _read(self, where: str, bindings: tuple[Any, ...]) -> list[Job]:
        rows = self._database.rows(f"SELECT {FIELDS} FROM receipt_job WHERE {where}", bindings)
        return [Job(*row[:11], bool(row[11]), bool(row[12]), row[13], bool(row[14])) for row in rows]
