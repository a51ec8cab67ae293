"""Looks again at trading days that were closed: what changed since becomes a finding, with nobody asking.

A late sale, a drawer counted while the day was being closed, a document that the cloud turned back into a draft, one
that somebody voided or keyed a second time: the frozen figures of the day stay as they are, and the difference stands
beside them. Decides nothing and mends nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import apsw

from tideover.journal.store import Journal
from tideover.recover.close import UNREAD, Close
from tideover.world import World, to_ms

READER = "closed_days"
EVERY = timedelta(days=1)  # Each day of the last week is looked at again so often …
FOR_SO_LONG = timedelta(days=7)  # … and an older one only when an entry of it comes.
AGAIN = timedelta(hours=1)  # After a look, or a close, that the cloud did not answer …
SOON = timedelta(minutes=1)  # … or after this, once there is word that it is back since the close.
# What changes a day's sums; findings and the close itself do not.
KINDS = ("sale", "refund", "void", "answer", "solved", "in_flight_settled", "drawer_float", "drawer_drop", "drawer_count", "batch_total")
CHANGED = ", ".join(f"'{kind}'" for kind in KINDS)
CHANGED_SQL = f"""
SELECT DISTINCT entry.trading_day FROM entry CROSS JOIN closed_day ON closed_day.day = entry.trading_day
WHERE entry.seq > ? AND entry.seq > closed_day.seq AND entry.kind IN ({CHANGED})
"""
# What came between the head of a close and the close itself, which is where it was read: no later turn looks behind its cursor.
BESIDE_SQL = f"""
SELECT DISTINCT beside.trading_day FROM entry AS closing CROSS JOIN closed_day ON closed_day.day = closing.trading_day
CROSS JOIN entry AS beside ON beside.trading_day = closed_day.day AND beside.seq > closed_day.seq
WHERE closing.seq > ? AND closing.kind = 'close' AND beside.kind IN ({CHANGED})
"""
RECENT_SQL = "SELECT trading_day FROM entry WHERE kind = 'close' AND recorded_at >= ?"
WORD_SQL = "SELECT 1 FROM entry WHERE seq > ? AND kind IN ('answer', 'service_back', 'outage') LIMIT 1"


class ClosedDays:
    """Follows the journal with a cursor of its own, and the calendar."""

    def __init__(self, close: Close, journal: Journal, world: World) -> None:
        self._close, self._journal, self._world = close, journal, world
        row = journal.database.one("SELECT seq FROM taken_up WHERE reader = ?", (READER,))
        self._seq = row[0] if row else journal.head().seq  # Up to here every change was looked at …
        self._kept = row[0] if row else -1  # … and up to here the cloud was there to be compared with.
        self._every_at: datetime | None = None  # When the days of the last week are due; None: the box was just started.
        self._again: dict[str, datetime] = {}  # When days are due whose last look, or close, got no answer of the cloud.
        self._silent_until = world.now()  # Until then nothing is looked at: the last look got no answer.

    async def turn(self) -> int:
        """Look at the days that are due, how many; cheap when there are none. Raises Damaged."""
        head, now = self._journal.head().seq, self._world.now()
        days = self._due(head, now)
        for n, day in enumerate(days):
            view = await self._close.note_findings(day, tries=1)
            self._again.pop(day, None)
            if any(one.code == UNREAD for one in view.open):  # One silence is enough: sales wait behind it.
                self._silent_until = now + AGAIN
                self._again |= dict.fromkeys(days[n:], self._silent_until)
                break
        self._seq = head
        if not self._again and (days or self._kept < 0):
            await self._keep(head)
        return len(days)

    def _due(self, head: int, now: datetime) -> list[str]:
        database = self._journal.database
        if head > self._seq or self._every_at is None:
            for day in self._close.unread_days(_oldest(now)):
                self._again.setdefault(day, now + AGAIN)
        if self._again and head > self._seq and database.one(WORD_SQL, (self._seq,)):
            self._again = {day: min(at, now + SOON) for day, at in self._again.items()}
        days = {day for day, at in self._again.items() if not now < at <= now + AGAIN}  # A clock set back makes none wait longer.
        if head > self._seq:
            days |= {day for sql in (CHANGED_SQL, BESIDE_SQL) for (day,) in database.rows(sql, (self._seq,))}
        if self._every_at is None or not now < self._every_at <= now + EVERY:
            self._every_at = now + EVERY
            days |= {day for (day,) in database.rows(RECENT_SQL, (to_ms(now - FOR_SO_LONG),))}
        if now < self._silent_until <= now + AGAIN:
            self._again |= dict.fromkeys(days, self._silent_until)
            return []
        return sorted(days)

    async def _keep(self, seq: int) -> None:
        def work(connection: apsw.Connection) -> None:
            sql = "INSERT INTO taken_up VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET seq = max(seq, excluded.seq)"
            connection.execute(sql, (READER, seq))

        await self._journal.database.write_soon(work)
        self._kept = seq


def _oldest(now: datetime) -> str:
    """The first trading day that is looked at with nothing new of it."""
    return (now - FOR_SO_LONG).date().isoformat()
