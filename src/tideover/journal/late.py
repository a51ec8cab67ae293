"""Sales that a till signed and handed in when its right had ended: kept beside the journal until a person decides about each.

It decides what is kept, and tells a person once for each till and day, however many come. It puts nothing into the books: that
takes a person's word, or an enrolled till that signs the same id.
"""

from __future__ import annotations

from collections.abc import Callable

import apsw
from msgspec import Struct

from tideover.db import Database
from tideover.errors import FileDamaged, UnknownTill
from tideover.journal.ahead import Arrived
from tideover.journal.entry import Entry, Fact, read_kept
from tideover.journal.roll import Draft, Till
from tideover.model.facts import FindingClosed, FindingRaised, InFlight
from tideover.model.sale import Document
from tideover.rules.pricing import gross_sum
from tideover.world import World, to_ms

WHY = "till-revoked"
CODE = "late-sales"
KINDS = frozenset(("sale", "refund", "in_flight", "void", "drawer_float", "drawer_drop"))  # What moves goods or money.
KEPT_MAX = 1_000  # Of one till: one that was away for days has fewer, and one that was stolen fills no disk.
TEXT = (
    "Till {name} handed in sales after its right to sign had ended. "
    "They are in no books: say of each, on the page of tills, whether it happened."
)
DONE = "Of each it is known now whether it happened."

KEEP = "INSERT OR IGNORE INTO aside (id, till, till_seq, recorded_at, why, signed, signature) VALUES (?, ?, ?, ?, ?, ?, ?)"
COUNT = "SELECT count(*) FROM aside WHERE till = ? AND why = 'till-revoked'"
OPEN = """
SELECT number, recorded_at, signed FROM aside WHERE why = 'till-revoked' AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.id = aside.id)
AND NOT EXISTS (SELECT 1 FROM entry WHERE kind = 'late_settled' AND json_extract(CAST(signed AS TEXT), '$.refers_to') IS NOT NULL
                AND json_extract(CAST(signed AS TEXT), '$.refers_to') = aside.id)
"""
OF_DAY = "AND till = ? AND json_extract(CAST(signed AS TEXT), '$.trading_day') = ?"
RAISED = """
SELECT id FROM entry WHERE kind = 'finding' AND trading_day = ? AND json_extract(CAST(signed AS TEXT), '$.body.code') = 'late-sales'
AND instr(signed, CAST(? AS BLOB)) > 0 ORDER BY seq DESC LIMIT 1
"""
CLOSED = """
SELECT 1 FROM entry WHERE kind = 'finding_closed' AND json_extract(CAST(signed AS TEXT), '$.refers_to') IS NOT NULL
AND json_extract(CAST(signed AS TEXT), '$.refers_to') = ?
"""

Record = Callable[[apsw.Connection, Draft, Fact], object]


class Late(Struct, frozen=True):
    """One that waits for a person."""

    number: int
    recorded_at: int  # UTC ms, when it first came.
    entry: Entry  # As the till signed it.


def key_of(till: str, day: str) -> str:
    """What the finding about them is known by."""
    return f"{CODE}/{till}/{day}"


def sum_of(entry: Entry) -> int:
    """What it comes to; refunds are negative, and what is no document comes to nothing."""
    body = entry.body.document if isinstance(entry.body, InFlight) else entry.body
    return gross_sum(body) if isinstance(body, Document) else 0


def is_signed_again(one: Entry, other: Entry) -> bool:
    """The same matter under another enrolment: nothing but the till and its number differs."""
    same = ("id", "kind", "happened_at", "trading_day", "operator", "refers_to", "body")
    return one.till != other.till and all(getattr(one, name) == getattr(other, name) for name in same)


def waiting(database: Database, key: str = "") -> list[Late]:
    """Those that nobody has decided about, in the order in which they came; only of one finding, if its key is given."""
    _, till, day = key.split("/") if key else ("", "", "")
    rows = database.rows(f"{OPEN} {OF_DAY} ORDER BY number", (till, day)) if key else database.rows(f"{OPEN} ORDER BY number")
    return [Late(row[0], row[1], read_kept(row[2])) for row in rows]


class Latecomers:
    """The writer's side; all but the opening runs in the writer's thread."""

    def __init__(self, database: Database, world: World, owner: str, record: Record) -> None:
        """record: writes a fact of the box's into the commit that is under way."""
        self._world, self._owner, self._record = world, owner, record
        try:
            # May hold more than what waits, never less: whoever asks looks into the file then.
            self._ids = {id for (id,) in database.rows("SELECT id FROM aside WHERE why = 'till-revoked'")}
        except (apsw.Error, FileDamaged):  # The journal says itself that it is broken.
            self._ids = set()

    def concerns(self, entry: Entry) -> bool:
        """Whether this entry may settle one of them."""
        return entry.id in self._ids or entry.kind == "late_settled"

    def keep(self, connection: apsw.Connection, draft: Draft, one: Arrived, signer: Till) -> UnknownTill:
        """Keep what a revoked till sent, if it is trade and not too much; the till is refused all the same."""
        entry, refusal = one.entry, UnknownTill(till=one.entry.till)
        if entry.kind not in KINDS or connection.execute(COUNT, (entry.till,)).fetchone()[0] >= KEPT_MAX:
            return refusal
        is_first = self._first_open(connection, entry.till, entry.trading_day) is None
        now_ms = to_ms(self._world.now())
        connection.execute(KEEP, (entry.id, entry.till, entry.till_seq, now_ms, WHY, one.signed, one.signature))
        if connection.changes() > 0:
            self._ids.add(entry.id)
            if is_first and self._first_open(connection, entry.till, entry.trading_day) is not None:
                key = f"{key_of(entry.till, entry.trading_day)}/{connection.last_insert_rowid()}"
                body = FindingRaised(CODE, TEXT.format(name=signer.name), self._owner, sum_of(entry), key, entry.trading_day)
                self._record(connection, draft, Fact("finding", body, trading_day=entry.trading_day))
        return refusal

    def settle(self, connection: apsw.Connection, draft: Draft, entry: Entry) -> None:
        """This entry was just written: where it was the last of its till and day that waited, their finding is closed."""
        id = entry.refers_to if entry.kind == "late_settled" else entry.id
        sql = "SELECT DISTINCT till, json_extract(CAST(signed AS TEXT), '$.trading_day') FROM aside WHERE id = ? AND why = 'till-revoked'"
        for till, day in connection.execute(sql, (id,)).fetchall():
            if self._first_open(connection, till, day) is None:
                self._close(connection, draft, key_of(till, day), day)

    def _first_open(self, connection: apsw.Connection, till: str, day: str) -> object:
        return connection.execute(f"{OPEN} {OF_DAY} LIMIT 1", (till, day)).fetchone()

    def _close(self, connection: apsw.Connection, draft: Draft, key: str, day: str) -> None:
        row = connection.execute(RAISED, (day, f'"key":"{key}/')).fetchone()
        if row is not None and connection.execute(CLOSED, row).fetchone() is None:
            self._record(connection, draft, Fact("finding_closed", FindingClosed(DONE), refers_to=row[0], trading_day=day))
