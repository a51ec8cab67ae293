"""Keeps the notices on their way to people: the table of migrations/notice.py. Nobody else writes it. Decides nothing.

It stands in the journal's database: which entries were taken up and what they made are written in one piece, so an entry is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import apsw

from tideover.activate.notice_words import Notice, State, Told
from tideover.db import Database

READER = "notices"
FIELDS = "number, event, receiver, at, text, ends, state, letter, again, why, since"  # As in Notice.
OPEN = "state IN ('waiting', 'sending')"  # Exactly as the index has it.
LISTED_MAX = 1_000
KEPT_MS = 90 * 86_400_000  # What is over is forgotten after this.
TAKEN_UP = "INSERT INTO taken_up VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET seq = max(seq, excluded.seq)"
ADD = "INSERT OR IGNORE INTO notice (event, receiver, at, text, ends, state, since) VALUES (?, ?, ?, ?, ?, 'waiting', ?)"
CUT = "DELETE FROM notice WHERE state IN ('sent', 'ended', 'refused', 'unknown') AND since < ?"


class NoticeRows:
    """The table, read and written."""

    def __init__(self, database: Database) -> None:
        """database: the journal's."""
        self._database = database

    def taken_up(self) -> int | None:
        """The journal's number up to which it was told; None: nothing was ever taken up."""
        row = self._database.one("SELECT seq FROM taken_up WHERE reader = ?", (READER,))
        return row[0] if row else None

    def last_seq(self) -> int:
        """The journal's last number."""
        (last,) = self._database.rows("SELECT coalesce(max(seq), 0) FROM entry")[0]
        return last

    async def take_up(self, seq: int | None, tolds: Iterable[Told], receivers: Sequence[str], now_ms: int) -> None:
        """All of these for all of them, and the number up to which that is; in one piece, on stable storage when it returns."""
        rows = [(one.event, to, one.at, one.text, one.ends, now_ms) for one in tolds for to in receivers]

        def work(connection: apsw.Connection) -> None:
            connection.executemany(ADD, rows)
            if seq is not None:
                connection.execute(TAKEN_UP, (READER, seq))
            connection.execute(CUT, (now_ms - KEPT_MS,))

        await self._database.write_soon(work)

    def was_told(self, event: str) -> bool:
        """True if somebody was, or will be, told of it."""
        return self._database.one("SELECT 1 FROM notice WHERE event = ? LIMIT 1", (event,)) is not None

    def open(self) -> list[Notice]:
        """What waits or is on its way, in the order in which it came."""
        return self._read(f"{OPEN} ORDER BY number LIMIT ?", (LISTED_MAX,))

    def sending(self) -> list[Notice]:
        """What is on its way, in the order in which it came."""
        return self._read(f"{OPEN} AND state = 'sending' ORDER BY number", ())

    def waiting(self, receiver: str, limit: int) -> list[Notice]:
        """The newest that wait for that person, and the beginnings of what they end, in the order in which they came.

        Nobody else's queue stands before it.
        """
        mine = f"{OPEN} AND state = 'waiting' AND receiver = ?"
        found = self._read(f"{mine} ORDER BY number DESC LIMIT ?", (receiver, limit))[::-1]
        if len(found) < limit:
            return found
        begun = sorted({one.ends for one in found if one.ends} - {one.event for one in found})
        places = ", ".join("?" * len(begun))
        return [*self._read(f"{mine} AND event IN ({places}) ORDER BY number", (receiver, *begun)), *found]

    def waiting_for_others(self, receivers: Sequence[str]) -> list[Notice]:
        """What waits for anybody but these."""
        places = ", ".join("?" * len(receivers))
        where = f"{OPEN} AND state = 'waiting' AND receiver NOT IN ({places}) ORDER BY number LIMIT ?"
        return self._read(where, (*receivers, LISTED_MAX))

    def latest(self, limit: int) -> list[Notice]:
        """What is over or stuck, the newest first."""
        return self._read(f"NOT {OPEN} ORDER BY number DESC LIMIT ?", (limit,))

    def stuck(self, limit: int) -> list[Notice]:
        """What may not have arrived, the newest first."""
        return self._read("state IN ('unknown', 'refused') ORDER BY number DESC LIMIT ?", (limit,))

    def get(self, number: int) -> Notice | None:
        return next(iter(self._read("number = ?", (number,))), None)

    async def move(self, notices: Iterable[Notice], **changes: Any) -> bool:
        """Change all of them if none has moved since it was read; False: somebody else was quicker, and nothing changed."""
        sets = ", ".join(f"{name} = ?" for name in changes)
        sql, wanted = f"UPDATE notice SET {sets} WHERE number = ? AND state = ? AND letter = ?", list(notices)

        def work(connection: apsw.Connection) -> bool:
            for one in wanted:
                connection.execute(sql, (*changes.values(), one.number, one.state, one.letter))
                if connection.changes() != 1:
                    raise _Moved
            return True

        try:
            return await self._database.write_soon(work)
        except _Moved:
            return False

    def _read(self, where: str, bindings: tuple[Any, ...]) -> list[Notice]:
        rows = self._database.rows(f"SELECT {FIELDS} FROM notice WHERE {where}", bindings)
        return [Notice(*row[:8], bool(row[8]), *row[9:]) for row in rows]


class _Moved(Exception):
    """Undoes the whole change."""


STATES_OVER: tuple[State, ...] = ("unknown", "refused")
