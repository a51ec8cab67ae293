"""Before anything is sent: look in the cloud for sales that staff keyed there by hand while it was away, or here a second time.

What looks alike is parked for a person, never merged and never sent; what carries our own id was sent by a copy of
this journal (an older data directory was restored, an old disk read out) and is asked about; the rest goes its way.
"""

from __future__ import annotations

from collections.abc import Sequence

from tideover.errors import Misconfigured, Unavailable
from tideover.journal.entry import Kept
from tideover.journal.store import Journal
from tideover.model.answer import CloudDocument
from tideover.ports import Source
from tideover.recover.doubles import Double, Ours, find_doubles
from tideover.recover.in_flight import InFlight
from tideover.recover.outbox import Outbox
from tideover.recover.rows import Row
from tideover.recover.spans import outage_spans
from tideover.world import World, from_ms

PIECE = 50  # Entries read in one go: below 1 ms.
RESTS = 10  # A look that took a second is not taken again for ten: the cloud's day grows, and tills sell on beside it.
REST_MAX_S = 60.0


class Holds:
    """Looks when the way back begins, and again now and then for what has come since."""

    def __init__(self, journal: Journal, source: Source, outbox: Outbox, in_flight: InFlight, world: World) -> None:
        self._journal, self._source, self._outbox, self._in_flight, self._world = journal, source, outbox, in_flight, world
        self._looked_until = 0  # Entries up to this number have been looked for.
        self._rests_until_s = 0.0  # By what has passed in this world.

    async def turn(self) -> int | None:
        """Park what may be there by hand already; returns up to which of the journal's numbers may be sent: what came since waits.

        None: the cloud did not show its days, and sending should wait; a cloud whose days only a person can bring holds nothing up.
        Raises Misconfigured.
        """
        if self.rest_s is not None:
            return self._looked_until
        await self._outbox.take_up()
        began_s, until = self._world.passed_s(), self._outbox.rows.taken_up()  # What comes while we look has not been looked for.
        fresh = self._outbox.rows.unsent(self._looked_until)
        if not fresh:
            return until
        documents: list[CloudDocument] = []
        for day in sorted({row.trading_day for row in fresh}):
            try:
                documents += await self._source.day(day)
            except Misconfigured as error:
                self._outbox.pause(error)
                raise
            except Unavailable:
                return until if self._source.manifest.hands == "person" else None
        there = {one.entry for one in documents}
        for row in fresh:
            if row.entry in there:
                await self._outbox.ask_first(row.entry)
        flying = {one.reference for one in self._in_flight.open() if one.reference}
        documents = [one for one in documents if one.reference not in flying]
        ours = await self._ours(fresh)
        for double in find_doubles(ours, documents, outage_spans(self._journal), self._in_flight.booked_numbers(), self._knows):
            await self._outbox.hold(double.entry, "possible-double", _reason(double))
        self._looked_until, ended_s = until, self._world.passed_s()
        self._rests_until_s = ended_s + min(RESTS * (ended_s - began_s), REST_MAX_S)
        return until

    @property
    def rest_s(self) -> float | None:
        """Seconds until it may look again; None: at any time."""
        left_s = self._rests_until_s - self._world.passed_s()
        return left_s if left_s > 0 else None

    def _knows(self, entry: str) -> bool:
        return self._journal.find(entry) is not None

    async def _ours(self, rows: Sequence[Row]) -> list[Ours]:
        """Their entries, a piece at a time: after a day without the cloud there are thousands, and tills want to be served between."""
        found: list[Ours] = []
        for at in range(0, len(rows), PIECE):
            found += [_one_of_ours(kept) for kept in self._journal.numbered([row.seq for row in rows[at : at + PIECE]])]
            await self._world.pause(0)
        return found


def _reason(double: Double) -> str:
    if double.was_ours:
        return f"{double.number} in the cloud is of the same moment and sum, under an id that this journal does not know."
    return f"{double.number} in the cloud looks the same and carries no id of ours."


def _one_of_ours(kept: Kept) -> Ours:
    entry = kept.entry
    return Ours(id=entry.id, kind=entry.kind, day=entry.trading_day, at=from_ms(entry.happened_at), document=entry.body)
