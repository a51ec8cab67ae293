"""Reads entries back: after a number, by id, by day, by what they refer to. Works on a damaged journal as far as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from msgspec import DecodeError

from tideover.db import Database
from tideover.errors import BadRecord, ChainBroken, FileDamaged
from tideover.journal import late
from tideover.journal.aside import Aside
from tideover.journal.entry import Kept, read_kept
from tideover.journal.verify import COLUMNS, Row

A = TypeVar("A")
ANSWERS_KEPT = 16  # Questions whose answers are kept in memory; a page's are a few hundred entries.
READ_MAX = 10_000  # Entries in one answer; a day of a busy shop has about 3,000.
REFERS = "json_extract(CAST(signed AS TEXT), '$.refers_to')"  # Exactly as the index has it.


def as_kept(row: Row) -> Kept:
    """A row of the table as a record; raises DecodeError where somebody edited it beyond reading."""
    entry = read_kept(row[9])
    return Kept(seq=row[0], entry=entry, recorded_at=row[7], signed=row[9], signature=row[10], prev=row[11], hash=row[12])


LAST_OF_EACH = """
WITH RECURSIVE there(kind) AS (
    SELECT min(kind) FROM entry
    UNION ALL SELECT (SELECT min(kind) FROM entry WHERE kind > there.kind) FROM there WHERE there.kind IS NOT NULL
)
SELECT kind, (SELECT max(seq) FROM entry WHERE entry.kind = there.kind) FROM there WHERE kind IS NOT NULL
"""  # From kind to kind along the index: a few steps each, however many entries there are.


def last_of_each(database: Database) -> dict[str, int] | None:
    """Each kind that stands in the journal, to the number of its last entry; None where the file is torn just there."""
    try:
        return dict(database.rows(LAST_OF_EACH))
    except FileDamaged:
        return None


class Reading:
    """The questions that stages ask of the journal."""

    def __init__(self, database: Database) -> None:
        self.database = database  # Stages keep tables of their own in it.
        self._last_of: dict[str, int] | None = None  # Kind to its last entry's number, where nobody else writes; None: not known.
        self._answers: dict[Any, tuple[int, Any]] = {}  # What was asked to its last answer, and the last entry that it knew of.

    def _after(self, kinds: Iterable[str], after: int) -> list[str]:
        """Those of the kinds of which anything may stand above that number: loops ask several times a second, mostly for nothing."""
        last_of = self._last_of
        return [kind for kind in sorted(set(kinds)) if last_of is None or last_of.get(kind, 0) > after]

    def _as_before(self, asked: tuple[Any, ...], kinds: Iterable[str], read: Callable[[], A]) -> A:
        """The answer of last time while no entry of these kinds came: the watch asks at every look."""
        if self._last_of is None:
            return read()
        until = max((self._last_of.get(kind, 0) for kind in kinds), default=0)  # Before reading: what comes meanwhile is read again.
        known = self._answers.get(asked)
        if known is None or known[0] != until:
            if len(self._answers) >= ANSWERS_KEPT:
                self._answers.clear()
            known = self._answers[asked] = (until, read())
        return known[1]

    def _took(self, last_of: dict[str, int]) -> None:
        """These kinds have newer entries."""
        if self._last_of is not None:
            self._last_of.update(last_of)

    def read(self, after: int = 0, kinds: Iterable[str] | None = None, limit: int = 1_000) -> list[Kept]:
        """Entries in order, those numbered above `after`; of these kinds only, if given; at most `limit`."""
        limit = min(limit, READ_MAX)
        if kinds is None:
            return self._kept("seq > ? ORDER BY seq LIMIT ?", (after, limit))
        wanted = self._after(kinds, after)
        if not wanted:
            return []
        # Each part runs along its index and SQLite merges them: a rare kind is found without reading the rest.
        parts = " UNION ALL ".join(["SELECT seq FROM entry WHERE kind = ? AND seq > ?"] * len(wanted))
        bindings = [value for kind in wanted for value in (kind, after)]
        return self._kept(f"seq IN ({parts} ORDER BY seq LIMIT ?) ORDER BY seq", (*bindings, limit))

    def numbered(self, seqs: Sequence[int]) -> list[Kept]:
        """The entries of these numbers, in order; at most READ_MAX."""
        wanted = sorted(seqs)[:READ_MAX]
        return self._kept(f"seq IN ({', '.join('?' * len(wanted))}) ORDER BY seq", tuple(wanted)) if wanted else []

    def newest(self, kinds: Iterable[str], limit: int, not_till: str | None = None) -> list[Kept]:
        """The last so many entries of these kinds, the newest first; of all tills but that one, if one is given."""
        wanted = self._after(kinds, 0)
        asked = (tuple(wanted), limit, not_till)
        return list(self._as_before(asked, wanted, lambda: self._newest(*asked))) if wanted else []

    def _newest(self, wanted: Sequence[str], limit: int, not_till: str | None) -> list[Kept]:
        part = f"SELECT seq FROM (SELECT seq FROM entry WHERE kind = ?{' AND till != ?' if not_till else ''} ORDER BY seq DESC LIMIT ?)"
        bindings = [value for kind in wanted for value in (kind, *([not_till] if not_till else []), limit)]
        parts = " UNION ALL ".join([part] * len(wanted))
        return self._kept(f"seq IN ({parts} ORDER BY seq DESC LIMIT ?) ORDER BY seq DESC", (*bindings, limit))

    def latest_ms(self, entries: int) -> int | None:
        """The latest hour at which one of the last so many was recorded, UTC ms; None for an empty journal."""
        (latest,) = self.database.rows("SELECT max(recorded_at) FROM entry WHERE seq > (SELECT max(seq) FROM entry) - ?", (entries,))[0]
        return latest

    def latest_between_ms(self, first: int, last: int) -> int:
        """The latest hour at which one of the entries numbered `first` to `last` was recorded, UTC ms; one of them is there."""
        (latest,) = self.database.rows("SELECT max(recorded_at) FROM entry WHERE seq BETWEEN ? AND ?", (first, last))[0]
        return latest

    def selling_tills(self) -> tuple[str, ...]:
        """Names of the tills that are enrolled and not revoked, the box left out: what can sell, wherever the law lets it."""
        return self._as_before(("selling_tills",), ("enrol", "revoke"), self._selling_tills)

    def _selling_tills(self) -> tuple[str, ...]:
        known: dict[str, str] = {}
        after = 0
        while kepts := self.read(after=after, kinds=("enrol", "revoke")):
            for entry in (kept.entry for kept in kepts):
                if entry.kind == "revoke":
                    known.pop(entry.body.till, None)
                elif entry.body.till != entry.till:
                    known[entry.body.till] = entry.body.name
            after = kepts[-1].seq
        return tuple(sorted(set(known.values())))

    def find(self, id: str) -> Kept | None:
        """The entry of that id."""
        return next(iter(self._kept("id = ?", (id,))), None)

    def day(self, trading_day: str, kinds: Iterable[str] | None = None) -> list[Kept]:
        """All entries of a trading day, in order."""
        return self._chosen("trading_day = ?", trading_day, kinds)

    def referring(self, id: str, kinds: Iterable[str] | None = None) -> list[Kept]:
        """All entries whose `refers_to` is that id, in order."""
        return self._chosen(f"{REFERS} IS NOT NULL AND {REFERS} = ?", id, kinds)

    def asides(self, after: int = 0, limit: int = 1_000) -> list[Aside]:
        """What was put aside, in order, those numbered above `after`."""
        rows = self.database.rows(
            "SELECT number, recorded_at, why, signed FROM aside WHERE number > ? ORDER BY number LIMIT ?", (after, min(limit, READ_MAX))
        )
        return [Aside(number=row[0], recorded_at=row[1], why=row[2], entry=read_kept(row[3])) for row in rows]

    def late(self, key: str = "") -> list[late.Late]:
        """What came when its till's right had ended and nobody has decided about; only of one finding, if its key is given."""
        return late.waiting(self.database, key)

    def _chosen(self, where: str, value: str, kinds: Iterable[str] | None) -> list[Kept]:
        if kinds is None:
            return self._kept(f"{where} ORDER BY seq", (value,))
        wanted = sorted(set(kinds))
        return self._kept(f"{where} AND +kind IN ({', '.join('?' * len(wanted))}) ORDER BY seq", (value, *wanted))

    def _kept(self, where: str, bindings: tuple[object, ...]) -> list[Kept]:
        """Raises ChainBroken at an entry that cannot be read any more, FileDamaged where the file is torn."""
        rows = self.database.rows(f"SELECT {COLUMNS} FROM entry WHERE {where}", bindings)
        kept: list[Kept] = []
        for row in rows:
            try:
                kept.append(as_kept(row))
            except (DecodeError, BadRecord, UnicodeDecodeError, TypeError) as error:
                raise ChainBroken(file=self.database.path, seq=row[0], why=str(error)) from error
        return kept
