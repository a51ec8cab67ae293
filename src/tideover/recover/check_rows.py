"""The check list's table: which sale in flight stands where, and what the cloud was asked about it.

The one module that writes it; what the journal says makes and ends its rows. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import apsw
from msgspec import Struct

from tideover.db import Database
from tideover.journal.entry import Kept
from tideover.model.answer import Answer, Attempt, Word
from tideover.world import Ms, from_ms, to_ms

READER = "in_flight"
KINDS = ("in_flight", "in_flight_settled")
UNDERWAY_MS = 120_000  # A request may still be on its way this long; the cloud's "no" before that proves nothing.


class CheckRow(Struct, frozen=True, array_like=True):
    """One sale in flight; fields as in migrations/outbox.py."""

    entry: str
    seq: int
    state: Literal["open", "person", "settled"]
    due_at: Ms
    instead: str | None
    number: str | None
    why: str | None


COLUMNS = ", ".join(CheckRow.__struct_fields__)


class CheckRows:
    """Reads and writes the table `in_flight`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def taken_up(self) -> int:
        """The journal's number up to which it is folded."""
        row = self._database.one("SELECT seq FROM taken_up WHERE reader = ?", (READER,))
        return row[0] if row else 0

    def row(self, entry: str) -> CheckRow | None:
        return next(iter(self._rows("entry = ?", (entry,))), None)

    def of(self, *states: str) -> list[CheckRow]:
        """All rows in these states, in the journal's order."""
        return self._rows(f"state IN ({', '.join('?' * len(states))}) ORDER BY seq", states)

    def _rows(self, where: str, bindings: Sequence[str]) -> list[CheckRow]:
        return self._database.records(CheckRow, f"SELECT {COLUMNS} FROM in_flight WHERE {where}", bindings)

    def asks(self, entry: str) -> list[Attempt]:
        sql = "SELECT at, word, retry_after_ms, over_at FROM attempt WHERE entry = ? ORDER BY number"
        return [
            Attempt(from_ms(at), "ask", word, None if wait is None else wait / 1000, from_ms(over))
            for at, word, wait, over in self._database.records(tuple[Ms, Word, int | None, Ms], sql, (entry,))
        ]

    def number(self, entry: str) -> str | None:
        """The cloud's number as the last answer named it."""
        row = self._database.one("SELECT cloud_number FROM attempt WHERE entry = ? ORDER BY number DESC LIMIT 1", (entry,))
        return row[0] if row else None

    async def fold(self, kepts: Sequence[Kept]) -> None:
        """Take up entries of KINDS in the journal's order, in one commit."""

        def work(connection: apsw.Connection) -> None:
            for kept in kepts:
                _fold_one(connection, kept)
            sql = "INSERT INTO taken_up VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET seq = max(seq, excluded.seq)"
            connection.execute(sql, (READER, kepts[-1].seq))

        await self._database.write_soon(work)

    async def asked(self, entry: str, at: datetime, answer: Answer, now: datetime) -> None:
        """One ask and its answer. An ask changes nothing in the cloud, so it is stored only now."""
        wait = None if answer.retry_after_s is None else round(max(answer.retry_after_s, 0) * 1000)
        sql = """INSERT INTO attempt (entry, number, round, act, at, over_at, word, retry_after_ms, cloud_number, cause, reason)
                 SELECT ?, 1 + coalesce(max(number), 0), 0, 'ask', ?, ?, ?, ?, ?, ?, ? FROM attempt WHERE entry = ?"""
        said = (to_ms(at), to_ms(now), answer.word, wait, answer.number, answer.cause, answer.reason)
        await self._write(sql, (entry, *said, entry))

    async def set_due(self, entry: str, due_at: datetime) -> None:
        await self._write("UPDATE in_flight SET due_at = ? WHERE entry = ?", (to_ms(due_at), entry))

    async def leave_to_person(self, entry: str, why: str) -> None:
        await self._write("UPDATE in_flight SET state = 'person', why = ? WHERE entry = ? AND state = 'open'", (why, entry))

    async def keep_id(self, entry: str, fresh: str) -> str:
        """The id of the entry that stands in its place: the one stored before, else `fresh`, stored now."""
        await self._write("UPDATE in_flight SET instead = ? WHERE entry = ? AND instead IS NULL", (fresh, entry))
        (kept,) = self._database.one("SELECT instead FROM in_flight WHERE entry = ?", (entry,)) or (fresh,)
        return kept

    async def hurry(self, now: datetime) -> None:
        await self._write("UPDATE in_flight SET due_at = min(due_at, ?) WHERE state = 'open'", (to_ms(now),))

    async def _write(self, sql: str, bindings: tuple[object, ...]) -> None:
        def work(connection: apsw.Connection) -> None:
            connection.execute(sql, bindings)

        await self._database.write_soon(work)


def _fold_one(connection: apsw.Connection, kept: Kept) -> None:
    entry = kept.entry
    if entry.kind == "in_flight":
        sql = "INSERT OR IGNORE INTO in_flight (entry, seq, state, due_at) VALUES (?, ?, 'open', ?)"
        connection.execute(sql, (entry.id, kept.seq, kept.recorded_at + UNDERWAY_MS))
    else:
        sql = "UPDATE in_flight SET state = 'settled', number = ?, instead = coalesce(?, instead) WHERE entry = ?"
        connection.execute(sql, (entry.body.number, entry.body.entry, entry.refers_to))
