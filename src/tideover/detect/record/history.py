"""What was seen in the last week and concluded in the last months, kept in rows of known number; it can be lost without harm.

A power cut costs the last minute. A disk that takes nothing is told once and stops no looking. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import apsw
from msgspec import Struct
from msgspec.structs import replace

from tideover.db import Database
from tideover.detect.record.span import DAY_MS, Span, VerdictSpan, extend, looks_of
from tideover.detect.sight import SLOW_FRESH_S, Key, fresh_s
from tideover.errors import DiskFailed
from tideover.model.outage import Observation, Verdict
from tideover.world import to_ms

KEEP_MS = 60_000  # A span that only grew is written once in so long: what a power cut may cost.
LOOKS_KEPT_MS = 7 * DAY_MS
VERDICTS_KEPT_MS = 100 * DAY_MS  # A quarter of a year for the record of a vendor.
CUT_EVERY_MS = 3_600_000
CUTS_A_DAY = 24
CUT_PIECE_MS = 6 * 3_600_000  # So much at most goes in one cut: a clock that is wrong for a moment takes no week with it.
LOOK_ROWS_MAX = 1_000_000  # About 30 MB; 60 targets that come and go for a week need 600,000.
VERDICT_ROWS_MAX = 50_000
TEXTS_MAX = 5_000  # Different sentences; a later one is kept as none.
TEXT_LENGTH_MAX = 120
OPEN_MAX = 1_000  # Spans held in memory; the one not seen for longest is forgotten first.
UPSERT_LOOK = (
    "INSERT INTO look_span VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET long_ms = excluded.long_ms, "
    "good = excluded.good, bad = excluded.bad, last_ok = excluded.last_ok, worst_ms = excluded.worst_ms, text = excluded.text"
)
UPSERT_VERDICT = (
    "INSERT INTO verdict_span VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "last_ms = excluded.last_ms, state = excluded.state, cause = excluded.cause"
)
LATELY = (
    "SELECT service, kind, look_target.target, via, first_ms, first_ms + long_ms, good, bad, last_ok, worst_ms, "
    "coalesce(look_text.text, '') FROM look_span JOIN look_target ON look_target.id = look_span.target "
    "LEFT JOIN look_text ON look_text.id = look_span.text "
    "WHERE first_ms BETWEEN ? AND ? AND first_ms + long_ms BETWEEN ? AND ? ORDER BY first_ms"
)
CUTS = (
    "DELETE FROM look_span WHERE first_ms < min(:looks, (SELECT min(first_ms) FROM look_span) + :piece)",
    "DELETE FROM look_span WHERE first_ms <= (SELECT first_ms FROM look_span ORDER BY first_ms DESC LIMIT 1 OFFSET :look_rows)",
    "DELETE FROM look_span WHERE first_ms > :ahead",
    "DELETE FROM verdict_span WHERE last_ms < min(:verdicts, (SELECT min(last_ms) FROM verdict_span) + :piece) OR first_ms > :ahead",
    "DELETE FROM verdict_span WHERE first_ms <= (SELECT first_ms FROM verdict_span ORDER BY first_ms DESC LIMIT 1 OFFSET :verdict_rows)",
)
UNUSED = (
    "DELETE FROM look_target WHERE id NOT IN (SELECT target FROM look_span)",
    "DELETE FROM look_text WHERE id NOT IN (SELECT text FROM look_span)",
)  # Reads all rows, so only once a day.
COUNTED = (
    "SELECT service, kind, look_target.target, via, sum(good), sum(bad), max(worst_ms), max(first_ms + long_ms) "
    "FROM look_span JOIN look_target ON look_target.id = look_span.target WHERE first_ms > ? GROUP BY look_span.target ORDER BY 1, 2, 3, 4"
)


class Counted(Struct, frozen=True):
    """How one thing answered lately."""

    service: str
    kind: str
    target: str
    via: str
    good: int
    bad: int
    worst_ms: int | None
    last_ms: int  # UTC.


class _Open(Struct):
    """A span that still grows."""

    span: Span
    written_ms: int | None = None  # Its last_ms when it was last written; None: never.


class History:
    """`take` looks, `conclude` verdicts, `keep` now and then; ask for `verdicts_of`, `counted`, `lately`."""

    def __init__(self, database: Database | None, watch_s: float) -> None:
        """database: with the tables of migrations/watched.py; None keeps what still grows in memory, and nothing else."""
        self._database, self._watch_s = database, watch_s
        self._open: dict[Key, _Open] = {}
        self._ended: list[tuple[Key, Span]] = []  # To be written a last time.
        self._verdicts: dict[str, VerdictSpan] = {}
        self._verdicts_ended: list[VerdictSpan] = []
        self._verdicts_written_ms: dict[str, int] = {}
        self._cut_ms: int | None = None
        self._cuts = 0
        self._targets: dict[Key, int] = {}  # Numbers in look_target.
        self.failed = ""  # Why nothing is kept any more.

    # Taking in ----------------------------------------------------------------------------------

    def take(self, looks: Iterable[Observation]) -> None:
        """Looks in the order of their making; one that could not be made is a gap."""
        for look in looks:
            if look.ok is None:
                continue
            key = (look.service, look.kind, look.target, look.via)
            before = self._open.get(key)
            quiet_ms = round(fresh_s(look.kind, self._watch_s) * 1000)
            span, is_new = extend(before.span if before else None, look, to_ms(look.at), quiet_ms)
            if before is None or is_new:
                if before is not None:
                    self._ended.append((key, before.span))
                elif len(self._open) >= OPEN_MAX:
                    oldest = min(self._open, key=lambda one: self._open[one].span.last_ms)
                    self._ended.append((oldest, self._open.pop(oldest).span))
                self._open[key] = _Open(span)
            else:
                before.span = span
        del self._ended[:-OPEN_MAX]

    def conclude(self, found: Iterable[Verdict], now: datetime) -> None:
        """What is concluded at this moment; call it whenever something changed, and once a turn."""
        now_ms, quiet_ms = to_ms(now), round(fresh_s("anchor", self._watch_s) * 1000)
        for one in found:
            before = self._verdicts.get(one.service)
            is_joined = before is not None and 0 <= now_ms - before.last_ms <= quiet_ms
            if before is not None and is_joined and (before.state, before.cause) == (one.state, one.cause):
                self._verdicts[one.service] = replace(before, last_ms=now_ms)
                continue
            begin = now_ms
            if before is not None and is_joined:  # The first evidence counts; what was said till then was not yet known better.
                begin = _begin(before, one, now_ms)
                before = replace(before, last_ms=begin)
            if before is not None:
                self._verdicts_ended.append(before)
            self._verdicts[one.service] = VerdictSpan(one.service, begin, now_ms, one.state, one.cause)
            self._verdicts_written_ms.pop(one.service, None)
        del self._verdicts_ended[:-OPEN_MAX]

    # The tables ---------------------------------------------------------------------------------

    async def keep(self, now: datetime) -> None:
        """Write what is new, and what has grown for a minute; raises nothing, `failed` says why it could not."""
        if self._database is None or self.failed:
            return
        now_ms = to_ms(now)
        looks, verdicts = self._due_looks(), self._due_verdicts()
        cut = None
        if self._cut_ms is None or abs(now_ms - self._cut_ms) >= CUT_EVERY_MS:
            cut, self._cut_ms, self._cuts = _bounds(now_ms), now_ms, self._cuts + 1
        is_daily = self._cuts % CUTS_A_DAY == 0
        if not looks and not verdicts and cut is None:
            return

        def work(connection: apsw.Connection) -> None:
            rows = [_look_row(connection, self._target(connection, key), span) for key, span in looks]
            connection.executemany(UPSERT_LOOK, rows)
            connection.executemany(UPSERT_VERDICT, [(v.service, v.first_ms, v.last_ms, v.state, v.cause) for v in verdicts])
            for sql in CUTS if cut is not None else ():
                connection.execute(sql, cut)
            if cut is not None and is_daily:
                self._targets.clear()
                for sql in UNUSED:
                    connection.execute(sql)

        try:
            await self._database.write_soon(work)
        except DiskFailed as error:
            self.failed = error.message

    def _target(self, connection: apsw.Connection, key: Key) -> int:
        """The number that stands for that thing; runs in the writer's thread."""
        if (number := self._targets.get(key)) is None:
            connection.execute("INSERT OR IGNORE INTO look_target (service, kind, target, via) VALUES (?, ?, ?, ?)", key)
            found = "SELECT id FROM look_target WHERE (service, kind, target, via) = (?, ?, ?, ?)"
            self._targets[key] = number = connection.execute(found, key).fetchall()[0][0]
        return number

    def _due_looks(self) -> list[tuple[Key, Span]]:
        due = list(self._ended)
        self._ended.clear()
        for key, one in self._open.items():
            if one.written_ms is None or one.span.last_ms - one.written_ms >= KEEP_MS:
                due.append((key, one.span))
                one.written_ms = one.span.last_ms
        return due

    def _due_verdicts(self) -> list[VerdictSpan]:
        due = list(self._verdicts_ended)
        self._verdicts_ended.clear()
        for service, one in self._verdicts.items():
            written_ms = self._verdicts_written_ms.get(service)
            if written_ms is None or one.last_ms - written_ms >= KEEP_MS:
                due.append(one)
                self._verdicts_written_ms[service] = one.last_ms
        return due

    def remember(self, now: datetime) -> list[Observation]:
        """At the start: goes on with the spans of the last minutes, and tells them as looks; what lies further back is a gap."""
        if self._database is None:
            return []
        now_ms = to_ms(now)
        from_ms = now_ms - round(SLOW_FRESH_S * 1000)
        rows = self._database.rows(LATELY, (from_ms - DAY_MS, now_ms, from_ms, now_ms))
        looks: list[Observation] = []
        for service, kind, target, via, *numbers, last_ok, worst_ms, text in rows:
            key, span = (service, kind, target, via), Span(*numbers, bool(last_ok), worst_ms, text)
            self._open[key] = _Open(span, span.last_ms)
            looks += looks_of(key, span, from_ms if span.good else 0)
        for one in self.verdicts_since(from_ms):
            if one.last_ms <= now_ms:
                self._verdicts[one.service], self._verdicts_written_ms[one.service] = one, one.last_ms
        return sorted(looks, key=lambda one: one.at)

    # Reading ------------------------------------------------------------------------------------

    def verdicts_since(self, from_ms: int, service: str | None = None) -> list[VerdictSpan]:
        """Spans that end after that moment, by service and time, those that still grow too. Raises FileDamaged."""
        found: dict[tuple[str, int], VerdictSpan] = {}
        if self._database is not None:
            where, given = ("service = ? AND ", (service,)) if service is not None else ("", ())
            sql = f"SELECT service, first_ms, last_ms, state, cause FROM verdict_span WHERE {where}last_ms >= ?"
            found = {(row[0], row[1]): VerdictSpan(*row) for row in self._database.rows(sql, (*given, from_ms))}
        for one in (*self._verdicts_ended, *self._verdicts.values()):
            if one.last_ms >= from_ms and service in (None, one.service):
                found[(one.service, one.first_ms)] = one
        return [found[key] for key in sorted(found)]

    def last_ms(self, service: str) -> int | None:
        """When that service was last concluded on, UTC; None: never, as far as is kept."""
        one = self._verdicts.get(service)
        if one is not None or self._database is None:
            return one.last_ms if one is not None else None
        [(last_ms,)] = self._database.rows("SELECT max(last_ms) FROM verdict_span WHERE service = ?", (service,))
        return last_ms

    def counted(self, from_ms: int) -> list[Counted]:
        """How each thing that was looked at answered since then. Raises FileDamaged."""
        return [] if self._database is None else [Counted(*row) for row in self._database.rows(COUNTED, (from_ms,))]


def _begin(before: VerdictSpan, one: Verdict, now_ms: int) -> int:
    """When the new state began: at its first evidence, but not before the last state did."""
    if one.since is None or before.state == one.state:
        return now_ms
    return min(max(to_ms(one.since), before.first_ms), now_ms)


def _bounds(now_ms: int) -> dict[str, Any]:
    return {
        "looks": now_ms - LOOKS_KEPT_MS - DAY_MS,
        "verdicts": now_ms - VERDICTS_KEPT_MS,
        "ahead": now_ms + DAY_MS,  # A clock that was once far ahead.
        "piece": CUT_PIECE_MS,
        "look_rows": LOOK_ROWS_MAX,
        "verdict_rows": VERDICT_ROWS_MAX,
    }


def _look_row(connection: apsw.Connection, target: int, span: Span) -> Sequence[int | None]:
    text = _text(connection, span.text[:TEXT_LENGTH_MAX]) if span.text else 0
    return (span.first_ms, target, span.last_ms - span.first_ms, span.good, span.bad, span.last_ok, span.worst_ms, text)


def _text(connection: apsw.Connection, text: str) -> int:
    found = connection.execute("SELECT id FROM look_text WHERE text = ?", (text,)).fetchall()
    if found:
        return found[0][0]
    if connection.execute("SELECT count(*) FROM look_text").fetchall()[0][0] >= TEXTS_MAX:
        return 0
    connection.execute("INSERT INTO look_text (text) VALUES (?)", (text,))
    return connection.last_insert_rowid()
