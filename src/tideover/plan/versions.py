"""Every version of every record in plan.db: kept once, numbered, never changed; and which of them the journal has not got yet.

Knows no rule of the shop. A version and the note that its entry is to be written stand in one commit: a crash leaves both or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from tideover.db import Database
from tideover.errors import BadRecord, Damaged
from tideover.model.facts import PlanChanged
from tideover.plan.fields import BY_NAME
from tideover.plan.history import Kept, Unentered, Version, commitment
from tideover.world import World, to_ms

SALT_BYTES = 32
BY_LENGTH_MAX = 200  # As an entry's operator.
ENTERED_TOGETHER = 500  # Versions whose entries are written in one commit.
ROW = "kind, key, version, changed_at, changed_by, body, change, undoes"

Enter = Callable[[list[Unentered]], None]  # Writes their entries; may raise Damaged, then they stay to be written.


class Change(Struct, frozen=True):
    """A record's new content, before it is kept."""

    kind: str
    key: str
    body: str | None  # JSON; None: removed.
    undoes: int | None = None


class Versions:
    """The table of versions, and its list of what the journal lacks."""

    def __init__(self, database: Database, world: World) -> None:
        self._database, self._world = database, world
        self._salts: dict[tuple[str, str], bytes] = {}  # Of first versions; they never change.
        self.enter: Enter | None = None  # Set by whoever owns a journal as well.

    def keep(self, changes: Sequence[Change], by: str) -> list[int]:
        """Keep all of them in one commit, or none; the version of each. What is as it was gets no new one. Raises BadRecord."""
        if len(by) > BY_LENGTH_MAX or "\0" in by:
            raise BadRecord(what="name", why=f"it is longer than {BY_LENGTH_MAX} characters")
        at_ms = to_ms(self._world.now())
        drawn = [(one, self._world.secret_bytes(SALT_BYTES), self._world.new_id()) for one in changes]

        def work(connection: apsw.Connection) -> list[int]:
            (last,) = connection.execute("SELECT coalesce(max(change), 0) FROM intent").fetchone()
            numbers = []
            for one, salt, entry in drawn:
                version, is_new = _next(connection, one)
                numbers.append(version)
                if is_new:
                    last += 1
                    row = (one.kind, one.key, version, at_ms, by, one.body, salt, last, one.undoes)
                    connection.execute("INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                    connection.execute("INSERT INTO unentered VALUES (?, ?)", (last, entry))
            return numbers

        return self._database.write(work)

    # The journal --------------------------------------------------------------------------------

    def enter_open(self) -> None:
        """Bring the versions that the journal does not have into it; what it cannot take now comes with the next change."""
        while self.enter is not None and (waiting := self.unentered()):
            try:
                self.enter(waiting)
            except Damaged:  # Told everywhere already; the plan must be changeable just then.
                return
            done = [(one.change,) for one in waiting]
            self._database.write(lambda connection, done=done: connection.executemany("DELETE FROM unentered WHERE change = ?", done))

    def unentered(self) -> list[Unentered]:
        """The first versions whose entry is not known to stand in the journal, in their order, each with the id of its entry."""
        rows = self._database.rows(
            "SELECT change, entry, changed_at, changed_by, kind, key, version, body, salt FROM unentered JOIN intent USING (change)"
            f" ORDER BY change LIMIT {ENTERED_TOGETHER}"
        )
        named = [row if row[1] else (row[0], self._world.new_id(), *row[2:]) for row in rows]
        fresh = [(new[1], new[0]) for new, old in zip(named, rows, strict=True) if new is not old]
        if fresh:  # Versions from before there were entries: stored first, so that a crash writes none of them twice.
            self._database.write(lambda connection: connection.executemany("UPDATE unentered SET entry = ? WHERE change = ?", fresh))
        return [
            Unentered(change, entry, at_ms, by[:BY_LENGTH_MAX], PlanChanged(kind, key, version, commitment(body, salt)))
            for change, entry, at_ms, by, kind, key, version, body, salt in named
        ]

    # Reading ------------------------------------------------------------------------------------

    def of(self, kind: str, key: str) -> list[Version]:
        """All versions of a record, first to last."""
        return [_version(row) for row in self._rows("kind = ? AND key = ? ORDER BY version", (kind, key))]

    def latest(self, limit: int) -> list[Version]:
        """The last changes of the whole plan, newest first."""
        return [_version(row) for row in self._rows("true ORDER BY change DESC LIMIT ?", (limit,))]

    def to_undo(self, kind: str | None, key: str | None) -> Version | None:
        """The newest change that takes nothing back and was not taken back; of one record, or of all."""
        rows = self._rows(
            "undoes IS NULL AND change NOT IN (SELECT undoes FROM intent WHERE undoes IS NOT NULL)"
            " AND (?1 IS NULL OR (kind = ?1 AND key = ?2)) ORDER BY change DESC LIMIT 1",
            (kind, key),
        )
        return _version(rows[0]) if rows else None

    def before(self, one: Version) -> str | None:
        """The body of the version before that one; None where the record was not there."""
        found = self._database.one(
            "SELECT body FROM intent WHERE kind = ? AND key = ? AND version = ?", (one.kind, one.key, one.version - 1)
        )
        return found[0] if found else None

    def salt(self, kind: str, key: str) -> bytes:
        """The salt of a record's first version; empty where there is none."""
        if (kind, key) not in self._salts:
            found = self._database.one("SELECT salt FROM intent WHERE kind = ? AND key = ? AND version = 1", (kind, key))
            if found is None:
                return b""
            self._salts[kind, key] = found[0]
        return self._salts[kind, key]

    def kept(self) -> list[Kept]:
        """Every version with its salt, to be compared with the journal."""
        return [Kept(*row) for row in self._database.rows("SELECT kind, key, version, body, salt FROM intent")]

    def since(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Kind and key of each record to when it was first kept and last changed, UTC ms."""
        rows = self._database.rows("SELECT kind, key, min(changed_at), max(changed_at) FROM intent GROUP BY kind, key")
        return {(kind, key): (first, last) for kind, key, first, last in rows}

    def count(self) -> int:
        """How often the plan has been changed."""
        found = self._database.one("SELECT max(change) FROM intent")
        return found[0] or 0 if found else 0

    def _rows(self, where: str, bindings: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._database.rows(f"SELECT {ROW} FROM intent WHERE {where}", bindings)


def _next(connection: apsw.Connection, one: Change) -> tuple[int, bool]:
    """The version that the change makes and True; or the one that stands already, where the content is the same, and False."""
    found = connection.execute(
        "SELECT version, body FROM intent WHERE kind = ? AND key = ? ORDER BY version DESC LIMIT 1", (one.kind, one.key)
    ).fetchone()
    version, kept = found or (0, None)
    if version and one.undoes is None and (kept == one.body or _content(one.kind, kept) == _content(one.kind, one.body)):
        return version, False
    return version + 1, True


def _content(kind: str, body: str | None) -> Any:
    """The record; two bodies may differ only in fields that one of them did not know yet."""
    return None if body is None else msgspec.json.decode(body, type=BY_NAME[kind])


def _version(row: tuple[Any, ...]) -> Version:
    kind, key, version, at_ms, by, body, change, undoes = row
    return Version(version, at_ms, by, _content(kind, body), kind, key, change, undoes)
