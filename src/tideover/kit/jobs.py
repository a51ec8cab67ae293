"""Keeps what is to be printed, what each paper says now, and the prices on paper: the tables of migrations/kit.py.

Nobody else writes them. All of it can be lost and is found again from the journal and the copies. Decides nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import apsw
import msgspec
from msgspec import Struct

from tideover.db import Database

State = Literal["waiting", "queued", "sending", "sent", "printed", "unknown"]
JOBS_MAX = 500  # A shop with more copies to print than that has another problem.
PRICES_KEPT = 10
UNPACKED_MAX = 64 * 2**20  # Bytes of one price list, unpacked.
FIELDS = "id, artefact, replaces, place, holder, by_hand, state, number, content, pages, why, since"


class Job(Struct, frozen=True):
    """One copy that is to be printed."""

    id: str  # The copy's, once it is there.
    artefact: str
    replaces: str | None
    place: str  # Where it is to lie …
    holder: str  # … or who is to have it.
    by_hand: bool
    state: State
    number: str = ""
    content: str = ""
    pages: int = 0
    why: str = ""  # Why it waits, in English.
    since: int = 0  # UTC ms.


class Paper(Struct, frozen=True):
    """What a paper says now."""

    artefact: str
    content: str  # "" where it is made no more.
    title: str
    as_of: str


class Jobs:
    """The tables, read and written."""

    def __init__(self, database: Database) -> None:
        """database: the copies'."""
        self._database = database

    # Jobs -----------------------------------------------------------------------------------------

    def all(self, *states: State) -> list[Job]:
        """Oldest first; of these states only, if given."""
        where = f"WHERE state IN ({', '.join('?' * len(states))})" if states else ""
        rows = self._database.rows(f"SELECT {FIELDS} FROM print_job {where} ORDER BY id", states)
        return [Job(*row[:5], bool(row[5]), *row[6:]) for row in rows]

    def get(self, id: str) -> Job | None:
        return next((job for job in self.all() if job.id == id), None)

    async def add(self, job: Job) -> bool:
        """False: there are too many already, or the copy that it replaces has one."""
        row = msgspec.structs.astuple(job)

        def work(connection: apsw.Connection) -> bool:
            (count,) = connection.execute("SELECT count(*) FROM print_job").fetchone()
            if count >= JOBS_MAX:
                return False
            connection.execute(f"INSERT OR IGNORE INTO print_job ({FIELDS}) VALUES ({', '.join('?' * len(row))})", row)
            return connection.changes() == 1

        return await self._database.write_soon(work)

    async def move(self, id: str, states: Iterable[State], at_ms: int, **changes: Any) -> bool:
        """Change a job that is in one of these states; False: it was not, and nothing changed."""
        wanted = tuple(states)
        sets = ", ".join(f"{name} = ?" for name in changes)
        sql = f"UPDATE print_job SET {sets}, since = ? WHERE id = ? AND state IN ({', '.join('?' * len(wanted))})"

        def work(connection: apsw.Connection) -> bool:
            connection.execute(sql, (*changes.values(), at_ms, id, *wanted))
            return connection.changes() == 1

        return await self._database.write_soon(work)

    async def drop(self, ids: Iterable[str]) -> None:
        rows = [(id,) for id in ids]
        sql = "DELETE FROM print_job WHERE id = ?"
        if rows:
            await self._database.write_soon(lambda connection: connection.executemany(sql, rows).fetchall())

    # Papers ---------------------------------------------------------------------------------------

    def papers(self) -> dict[str, Paper]:
        """Artefact to what it says now."""
        rows = self._database.rows("SELECT artefact, content, title, as_of FROM paper")
        return {row[0]: Paper(*row) for row in rows}

    async def keep_papers(self, papers: Iterable[Paper], held: Iterable[str], at_ms: int) -> None:
        """What was looked at; papers that nobody holds any more are forgotten."""
        rows, wanted = [(*msgspec.structs.astuple(one), at_ms) for one in papers], msgspec.json.encode(sorted(held)).decode()
        sql = (
            "INSERT INTO paper (artefact, content, title, as_of, since) VALUES (?, ?, ?, ?, ?) ON CONFLICT (artefact) DO UPDATE SET"
            " since = iif(content = excluded.content, since, excluded.since), content = excluded.content,"
            " title = iif(excluded.title = '', title, excluded.title), as_of = excluded.as_of"
        )

        def work(connection: apsw.Connection) -> None:
            connection.executemany(sql, rows).fetchall()
            connection.execute("DELETE FROM paper WHERE artefact NOT IN (SELECT value FROM json_each(?))", (wanted,))

        await self._database.write_soon(work)

    # Prices on paper --------------------------------------------------------------------------------

    async def keep_prices(self, packed: bytes, hash: str, at_ms: int) -> None:
        """These prices are right on every sheet of the price list now; the last few are kept."""
        beyond = "DELETE FROM printed_prices WHERE at NOT IN (SELECT at FROM printed_prices ORDER BY at DESC LIMIT ?)"

        def work(connection: apsw.Connection) -> None:
            last = connection.execute("SELECT hash FROM printed_prices ORDER BY at DESC LIMIT 1").fetchone()
            if last is None or last[0] != hash:
                connection.execute("INSERT OR REPLACE INTO printed_prices VALUES (?, ?, ?)", (at_ms, hash, packed))
                connection.execute(beyond, (PRICES_KEPT,))

        await self._database.write_soon(work)

    async def keep_ranking(self, packed: bytes, at_ms: int) -> None:
        """Which items sell best, for the lists from now on."""

        def work(connection: apsw.Connection) -> None:
            connection.execute("DELETE FROM ranking")
            connection.execute("INSERT INTO ranking VALUES (?, ?)", (at_ms, packed))

        await self._database.write_soon(work)

    def ranking_at(self) -> int | None:
        """UTC ms since which the order of the best sellers stands; None: there is none."""
        row = self._database.one("SELECT at FROM ranking")
        return None if row is None else row[0]


def printed_prices(database: Database) -> dict[str, int] | None:
    """Item code to the unit price on the price list that was last right on every sheet; None: never printed."""
    row = database.one("SELECT prices FROM printed_prices ORDER BY at DESC LIMIT 1")
    return None if row is None else unpacked(row[0])


def ranking(database: Database) -> dict[str, int] | None:
    """Item code to how often it sold, as the lists were laid out; None: never."""
    row = database.one("SELECT sold FROM ranking")
    return None if row is None else unpacked(row[0])


def packed(numbers: Mapping[str, int]) -> bytes:
    return zlib.compress(msgspec.json.encode(numbers, order="deterministic"), 6)


def unpacked(packed: bytes) -> dict[str, int]:
    return msgspec.json.decode(zlib.decompressobj().decompress(packed, UNPACKED_MAX), type=dict[str, int])
