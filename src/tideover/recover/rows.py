"""The outbox's tables: which entry stands where on its way to the cloud, and every attempt made.

The one module that writes them. What the journal says (`fold`) makes and ends rows, so that all of it can be
made again from the journal; attempts and claims are the only facts that stand here alone. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import apsw
from msgspec import Struct

from tideover.commit_queue import Sync
from tideover.db import Database
from tideover.errors import FileDamaged
from tideover.journal.entry import Kept
from tideover.model.answer import Answer, Attempt, Word
from tideover.rules.pricing import gross_sum
from tideover.world import FOREVER_MS, Ms, from_ms, to_ms

READER = "outbox"
KINDS = ("sale", "refund", "void", "answer", "parked", "solved", "close")
State = Literal["waiting", "sending", "booked", "parked", "settled", "void"]
Act = Literal["send", "ask"]


class Row(Struct, frozen=True, array_like=True):
    """One entry on its way; fields as in migrations/outbox.py."""

    entry: str
    seq: int
    kind: str
    trading_day: str
    amount_minor: int
    state: State
    next: Literal["send", "ask", "end"]
    due_at: Ms
    claimed_until: Ms | None
    round: int
    late: int  # 0 or 1, as `voided` is a number.
    voided: int
    waits_for: str | None
    party: str | None
    number: str | None
    answered: str | None
    cause: str | None
    reason: str | None
    owner: str | None
    hint: str | None
    parked_at: Ms | None


COLUMNS = ", ".join(Row.__struct_fields__)
ATTEMPT = tuple[Ms, Act, Word, int | None, Ms | None]
# A refund waits while the sale it takes back is on its way; a sale that never came here blocks nothing.
FREE = """NOT EXISTS (SELECT 1 FROM outbox AS sale WHERE sale.entry = outbox.waits_for AND sale.state NOT IN ('booked', 'settled'))"""
# A refund whose sale will never come: only a person can say what is right.
STRANDED = "EXISTS (SELECT 1 FROM outbox AS sale WHERE sale.entry = outbox.waits_for AND sale.state = 'void')"
RETRY_AFTER_MAX_S = 10 * 86_400  # What a cloud may ask for and be written down; `next_step` believes less.
UNSURE = "('silent', 'partial', 'differs')"


class Rows:
    """Reads and writes the outbox's tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Reading ----------------------------------------------------------------------------------

    def taken_up(self) -> int:
        """The journal's number up to which it is folded."""
        row = self._database.one("SELECT seq FROM taken_up WHERE reader = ?", (READER,))
        return row[0] if row else 0

    def row(self, entry: str) -> Row | None:
        return next(iter(self._rows("entry = ?", (entry,))), None)

    def of(self, *states: State) -> list[Row]:
        """All rows in these states, in the journal's order."""
        return self._rows(f"state IN ({', '.join('?' * len(states))}) ORDER BY seq", states)

    def unsent(self, after: int) -> list[Row]:
        """What waits, numbered above `after`, and was never tried."""
        never = "NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.entry = outbox.entry)"
        return self._rows(f"state = 'waiting' AND seq > ? AND round = 0 AND {never} ORDER BY seq", (after,))

    def of_day(self, trading_day: str) -> list[Row]:
        return self._rows("trading_day = ? ORDER BY seq", (trading_day,))

    def due(self, now_ms: int, absurd_ms: int, limit: int, by_hand: bool, until: int | None = None) -> list[Row]:
        """What can be done now, oldest first; `by_hand`: sends are left to a person.

        absurd_ms: no wait is that long; what is due only then was planned by a clock that has been set back.
        until: the journal's last number that counts.
        """
        mine = "(next <> 'send' OR voided = 1)" if by_hand else "1"
        where = f"state = 'waiting' AND (due_at <= ? OR due_at > ?) AND seq <= ? AND {mine} AND {FREE} ORDER BY seq LIMIT ?"
        return self._rows(where, (now_ms, absurd_ms, FOREVER_MS if until is None else until, limit))

    def to_key(self) -> list[Row]:
        """What a person keys next, in order."""
        return self._rows(f"state = 'waiting' AND next = 'send' AND voided = 0 AND {FREE} ORDER BY seq")

    def stranded(self) -> list[Row]:
        return self._rows(f"state = 'waiting' AND {STRANDED} ORDER BY seq")

    def voided_late(self) -> list[Row]:
        """Voids that came when the cloud had the sale already, and that nobody has dealt with."""
        return self._rows("+state = 'booked' AND voided = 1 ORDER BY seq")  # By the index of voided rows, not by state.

    def is_free(self, entry: str) -> bool:
        return bool(self._rows(f"entry = ? AND {FREE}", (entry,)))

    def next_due_ms(self, by_hand: bool, until: int | None = None) -> int | None:
        """When there is something to do again; None: never, as it stands. until: the journal's last number that counts."""
        mine = "next <> 'send' OR voided = 1" if by_hand else "1"
        sql = f"""SELECT min(at) FROM (
            SELECT min(due_at) AS at FROM outbox WHERE state = 'waiting' AND seq <= ? AND ({mine}) AND {FREE}
            UNION ALL SELECT min(claimed_until) FROM outbox WHERE state = 'sending')"""
        [(due_ms,)] = self._database.records(tuple[Ms | None], sql, (FOREVER_MS if until is None else until,))
        return due_ms

    def attempts(self, row: Row) -> list[Attempt]:
        """All sends and asks of the row's present round, oldest first."""
        sql = "SELECT at, act, word, retry_after_ms, over_at FROM attempt WHERE entry = ? AND round = ? ORDER BY number"
        return [
            Attempt(from_ms(at), act, word, None if wait is None else wait / 1000, None if over is None else from_ms(over))
            for at, act, word, wait, over in self._database.records(ATTEMPT, sql, (row.entry, row.round))
        ]

    def last_answer(self, entry: str) -> Answer | None:
        sql = "SELECT word, cloud_number, reason, cause FROM attempt WHERE entry = ? ORDER BY number DESC LIMIT 1"
        found = self._database.one(sql, (entry,))
        return None if found is None else Answer(word=found[0], number=found[1], reason=found[2], cause=found[3])

    def draft(self, entry: str) -> str | None:
        """The cloud's number of what stands there half-done, as the last `partial` answer named it."""
        sql = "SELECT cloud_number FROM attempt WHERE entry = ? AND word = 'partial' ORDER BY number DESC LIMIT 1"
        found = self._database.one(sql, (entry,))
        return found[0] if found else None

    def known_number(self, entry: str) -> str | None:
        """The cloud's number as any answer named it."""
        sql = "SELECT cloud_number FROM attempt WHERE entry = ? AND cloud_number IS NOT NULL ORDER BY number DESC LIMIT 1"
        found = self._database.one(sql, (entry,))
        return found[0] if found else None

    def sums(self) -> dict[str, tuple[int, int, int]]:
        """Per state: how many, their sum in minor units, the oldest one's number in the journal. Raises FileDamaged if they disagree."""
        sql = """SELECT state, count, minor, (SELECT min(seq) FROM outbox WHERE outbox.state = outbox_sum.state)
                 FROM outbox_sum WHERE count > 0"""
        rows = self._database.records(tuple[State, int, int, int | None], sql)
        found = {state: (count, minor, oldest) for state, count, minor, oldest in rows if oldest is not None}
        if len(found) < len(rows):
            raise FileDamaged(file=self._database.path, why="the outbox counts entries that it does not hold")
        return found

    def open_days(self) -> list[str]:
        """Trading days with entries that nobody has closed."""
        # From day to day along the index; most days of a shop that runs for years are closed.
        sql = """WITH RECURSIVE known (day) AS (
                     SELECT min(trading_day) FROM outbox
                     UNION ALL SELECT (SELECT min(trading_day) FROM outbox WHERE trading_day > day) FROM known WHERE day IS NOT NULL)
                 SELECT day FROM known WHERE day IS NOT NULL AND day NOT IN (SELECT day FROM closed_day)
                     AND EXISTS (SELECT 1 FROM outbox WHERE trading_day = known.day AND state <> 'void') ORDER BY day"""
        return [day for (day,) in self._database.rows(sql)]

    def _rows(self, where: str, bindings: Sequence[object] = ()) -> list[Row]:
        return self._database.records(Row, f"SELECT {COLUMNS} FROM outbox WHERE {where}", tuple(bindings))

    # From the journal ---------------------------------------------------------------------------

    async def fold(self, kepts: Sequence[Kept], can_ask: bool, is_sure: bool = True) -> None:
        """Take up entries of KINDS in the journal's order, all in one commit.

        can_ask: the cloud can be asked, so what a person sends on is asked about first.
        is_sure: attempts stand here completely; False while everything is made again from the journal.
        """

        def work(connection: apsw.Connection) -> None:
            for kept in kepts:
                _fold_one(connection, kept, can_ask, is_sure)
            sql = "INSERT INTO taken_up VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET seq = max(seq, excluded.seq)"
            connection.execute(sql, (READER, kepts[-1].seq))

        if kepts:
            await self._database.write_soon(work, sync="later")  # The journal has it all.

    async def forget(self) -> None:
        """Empty the tables, to be made again from the journal."""

        def work(connection: apsw.Connection) -> None:
            connection.execute("DELETE FROM attempt WHERE entry IN (SELECT entry FROM outbox)")
            connection.execute("DELETE FROM outbox")
            connection.execute("DELETE FROM closed_day")
            connection.execute("DELETE FROM taken_up WHERE reader = ?", (READER,))

        await self._database.write_soon(work)

    async def doubt_all(self, now: datetime) -> None:
        """Every open row may have been sent at any time since it was recorded: it is asked about before it is told."""

        def work(connection: apsw.Connection) -> None:
            sql = f"""INSERT INTO attempt (entry, number, round, act, at, over_at, word)
                SELECT o.entry, 1 + coalesce((SELECT max(number) FROM attempt AS a WHERE a.entry = o.entry), 0), o.round, 'send',
                       (SELECT recorded_at FROM entry WHERE id = o.entry), {to_ms(now)}, 'silent'
                FROM outbox AS o WHERE o.state IN ('waiting', 'parked')"""
            connection.execute(sql)
            connection.execute("UPDATE outbox SET next = 'ask', due_at = ? WHERE state = 'waiting'", (to_ms(now),))

        await self._database.write_soon(work)

    # Attempts -----------------------------------------------------------------------------------

    async def claim(self, row: Row, act: Act, now: datetime, until: datetime) -> int | None:
        """Take the row and store the attempt as silent, in one synced commit; its number, or None if somebody else was first."""

        def work(connection: apsw.Connection) -> int | None:
            sql = """UPDATE outbox SET state = 'sending', claimed_until = ?
                     WHERE entry = ? AND state = 'waiting' AND round = ? AND (voided = 0 OR ? = 'ask')"""
            connection.execute(sql, (to_ms(until), row.entry, row.round, act))
            if connection.changes() != 1:
                return None
            sql = "SELECT 1 + coalesce(max(number), 0) FROM attempt WHERE entry = ?"
            (number,) = connection.execute(sql, (row.entry,)).fetchone()
            sql = "INSERT INTO attempt (entry, number, round, act, at, word) VALUES (?, ?, ?, ?, ?, 'silent')"
            connection.execute(sql, (row.entry, number, row.round, act, to_ms(now)))
            return number

        return await self._database.write_soon(work, sync="soon")

    async def answered(self, entry: str, number: int, answer: Answer, now: datetime) -> None:
        """What the cloud said to that attempt; the row is free again and due at once, until `set_next` says when."""
        # What is booked becomes an entry at once, and is synced with it; lost with the power, the cloud is asked.
        sync: Sync = "later" if answer.word in ("created", "exists") else "now"
        await self._database.write_soon(lambda connection: _say(connection, entry, number, answer, to_ms(now)), sync)

    async def unsaid(self, entry: str, number: int, now: datetime) -> None:
        """What left no byte (a report that is not there yet, a log-in that is refused) is no attempt: the row is free again."""

        def work(connection: apsw.Connection) -> None:
            connection.execute("DELETE FROM attempt WHERE entry = ? AND number = ?", (entry, number))
            _release(connection, "entry = ?", entry, to_ms(now))

        await self._database.write_soon(work)

    async def keyed(self, row: Row, answer: Answer, now: datetime) -> bool:
        """A person's answer to what they keyed, however late; False if the row has ended or nobody keyed it."""

        def work(connection: apsw.Connection) -> bool:
            sql = "SELECT number, act, word FROM attempt WHERE entry = ? AND round = ? ORDER BY number DESC LIMIT 1"
            last = connection.execute(sql, (row.entry, row.round)).fetchone()
            open_sql = "SELECT 1 FROM outbox WHERE entry = ? AND round = ? AND state IN ('waiting', 'sending')"
            if last is None or connection.execute(open_sql, (row.entry, row.round)).fetchone() is None:
                return False
            number = last[0]
            if last[1:] != ("send", "silent"):  # The claim ran out and the cloud was asked meanwhile: one more fact.
                number += 1
                sql = "INSERT INTO attempt (entry, number, round, act, at, word) VALUES (?, ?, ?, 'ask', ?, 'silent')"
                connection.execute(sql, (row.entry, number, row.round, to_ms(now)))
            _say(connection, row.entry, number, answer, to_ms(now))
            return True

        return await self._database.write_soon(work)

    async def doubt(self, row: Row, now: datetime) -> None:
        """Whatever we know of it counts no more (a clock that was set back, a copy of the journal): as after a silence now."""

        def work(connection: apsw.Connection) -> None:
            sql = """INSERT INTO attempt (entry, number, round, act, at, over_at, word)
                     SELECT ?, 1 + coalesce(max(number), 0), ?, 'ask', ?, ?, 'silent' FROM attempt WHERE entry = ?"""
            connection.execute(sql, (row.entry, row.round, to_ms(now), to_ms(now), row.entry))

        await self._database.write_soon(work)

    async def hurry_asks(self, now: datetime) -> None:
        """There is something new to be asked of: what waits to ask may do so now."""
        sql = "UPDATE outbox SET due_at = ? WHERE state = 'waiting' AND next = 'ask' AND due_at > ?"
        await self._database.write_soon(lambda connection: connection.execute(sql, (to_ms(now), to_ms(now))) and None)

    async def release(self, now: datetime, claimed_until: datetime | None = None) -> int:
        """Free the claims that have run out by `claimed_until` (None: all of them); how many."""
        limit = FOREVER_MS if claimed_until is None else to_ms(claimed_until)

        def work(connection: apsw.Connection) -> int:
            over = """UPDATE attempt SET over_at = ? WHERE over_at IS NULL AND entry IN
                      (SELECT entry FROM outbox WHERE state = 'sending' AND claimed_until <= ?)"""
            connection.execute(over, (to_ms(now), limit))
            return _release(connection, "claimed_until <= ?", limit, to_ms(now))

        found = self._database.one("SELECT 1 FROM outbox WHERE state = 'sending' AND claimed_until <= ?", (limit,))
        return await self._database.write_soon(work) if found else 0

    async def set_next(self, entry: str, step: Literal["send", "ask", "end"], due_at: datetime) -> None:
        sql = "UPDATE outbox SET next = ?, due_at = ? WHERE entry = ? AND state = 'waiting'"
        work = lambda connection: connection.execute(sql, (step, to_ms(due_at), entry)) and None  # noqa: E731
        await self._database.write_soon(work, sync="later")  # What is due is worked out again from the attempts.

    async def set_void(self, entry: str) -> None:
        """It was never sent, or the cloud does not have it: the void ends it."""
        sql = "UPDATE outbox SET state = 'void', voided = 2 WHERE entry = ? AND state = 'waiting' AND voided = 1"
        await self._database.write_soon(lambda connection: connection.execute(sql, (entry,)) and None)


def _say(connection: apsw.Connection, entry: str, number: int, answer: Answer, now_ms: int) -> None:
    wait = None if answer.retry_after_s is None else round(min(max(answer.retry_after_s, 0), RETRY_AFTER_MAX_S) * 1000)
    sql = """UPDATE attempt SET word = ?, over_at = ?, retry_after_ms = ?, cloud_number = ?, cause = ?, reason = ?
             WHERE entry = ? AND number = ?"""
    said = (answer.word, now_ms, wait, answer.number, answer.cause, answer.reason)
    connection.execute(sql, (*said, entry, number))
    _release(connection, "entry = ?", entry, now_ms)


def _release(connection: apsw.Connection, which: str, value: object, now_ms: int) -> int:
    sql = f"UPDATE outbox SET state = 'waiting', claimed_until = NULL, next = 'end', due_at = ? WHERE state = 'sending' AND {which}"
    connection.execute(sql, (now_ms, value))
    return connection.changes()


# One entry of the journal ---------------------------------------------------------------------------


def _fold_one(connection: apsw.Connection, kept: Kept, can_ask: bool, is_sure: bool) -> None:
    entry = kept.entry
    match entry.kind:
        case "sale" | "refund":
            _begin_row(connection, kept)
        case "void":
            _void(connection, kept, is_sure)
        case "answer" if entry.body.word in ("created", "exists"):
            sql = "UPDATE outbox SET state = 'booked', number = coalesce(?, number), claimed_until = NULL, answered = ? WHERE entry = ?"
            connection.execute(sql, (entry.body.number, entry.body.word, entry.refers_to))
        case "answer":
            connection.execute("UPDATE outbox SET answered = ? WHERE entry = ?", (entry.body.word, entry.refers_to))
        case "parked":
            said = (entry.body.cause, entry.body.reason, entry.body.owner, entry.body.hint, kept.recorded_at)
            sql = """UPDATE outbox SET state = 'parked', claimed_until = NULL, cause = ?, reason = ?, owner = ?, hint = ?, parked_at = ?
                     WHERE entry = ?"""
            connection.execute(sql, (*said, entry.refers_to))
        case "solved":
            _solve(connection, kept, can_ask)
        case "close":
            frozen = entry.body.day, entry.body.head  # SEQ:HEX: what came behind it is late, though it stands before the close itself.
            connection.execute("INSERT OR IGNORE INTO closed_day VALUES (?, CAST(? AS INTEGER))", frozen)
            connection.execute("UPDATE outbox SET late = 1 WHERE trading_day = ? AND seq > CAST(? AS INTEGER)", frozen)


def _begin_row(connection: apsw.Connection, kept: Kept) -> None:
    entry, document = kept.entry, kept.entry.body
    sql = """INSERT OR IGNORE INTO outbox
        (entry, seq, kind, trading_day, amount_minor, state, next, due_at, late, waits_for, party)
        VALUES (?, ?, ?, ?, ?, 'waiting', 'send', 0, EXISTS (SELECT 1 FROM closed_day WHERE day = ?), ?, ?)"""
    party = document.party if document.customer is None else None
    taken_back = entry.refers_to if entry.kind == "refund" else None
    facts = (entry.id, kept.seq, entry.kind, entry.trading_day, gross_sum(document))
    connection.execute(sql, (*facts, entry.trading_day, taken_back, party))


def _void(connection: apsw.Connection, kept: Kept, is_sure: bool) -> None:
    entry = kept.entry.refers_to
    connection.execute("UPDATE outbox SET voided = 1, due_at = 0 WHERE entry = ?", (entry,))
    if is_sure:
        sql = """UPDATE outbox SET state = 'void', voided = 2 WHERE entry = ? AND state = 'waiting'
                 AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.entry = outbox.entry)"""
        connection.execute(sql, (entry,))


def _solve(connection: apsw.Connection, kept: Kept, can_ask: bool) -> None:
    """A person dealt with a parked row: it is booked, settled, or goes on from where it stands."""
    body, entry = kept.entry.body, kept.entry.refers_to
    voided = "voided = CASE voided WHEN 1 THEN 2 ELSE voided END"
    if body.how != "send_on":
        state = "booked" if body.how == "was_booked" else "settled"
        sql = f"UPDATE outbox SET state = ?, number = coalesce(?, number), {voided} WHERE entry = ? AND state = 'parked'"
        connection.execute(sql, (state, body.number, entry))
        return
    # A void that came too late and that a person lets stand: the sale stays booked.
    sql = f"UPDATE outbox SET state = 'booked', {voided} WHERE entry = ? AND state = 'parked' AND answered IN ('created', 'exists')"
    connection.execute(sql, (entry,))
    sql = """UPDATE outbox SET state = 'waiting', next = 'send', due_at = 0, round = round + 1, answered = NULL,
                    waits_for = CASE cause WHEN 'sale-void' THEN NULL ELSE waits_for END
             WHERE entry = ? AND state = 'parked'"""
    connection.execute(sql, (entry,))
    if connection.changes() == 1 and can_ask:
        _doubt(connection, entry, kept.recorded_at)


def _doubt(connection: apsw.Connection, entry: str | None, now_ms: int) -> None:
    """If any earlier attempt left a doubt, the new round begins as after a silence: the cloud is asked first."""
    sql = f"""INSERT INTO attempt (entry, number, round, act, at, over_at, word)
        SELECT o.entry, 1 + max(a.number), o.round, 'send', min(a.at), ?, 'silent'
        FROM outbox AS o JOIN attempt AS a ON a.entry = o.entry
        WHERE o.entry = ? GROUP BY o.entry HAVING sum(a.word IN {UNSURE}) > 0"""
    connection.execute(sql, (now_ms, entry))
    if connection.changes() == 1:
        connection.execute("UPDATE outbox SET next = 'ask' WHERE entry = ?", (entry,))
