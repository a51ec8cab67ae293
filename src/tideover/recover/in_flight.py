"""The check list: sales that were on their way to the cloud's own till when the rung changed.

Each ends as "was booked" or as an entry of ours, made once. The cloud is asked where it can be, and only two
plain noes a settling time apart count as no; else the person who was there is asked. Never guesses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Literal

from msgspec import Struct

from tideover.errors import NotFound, WrongState
from tideover.journal.entry import Entry
from tideover.journal.store import Journal
from tideover.model.answer import Attempt
from tideover.model.facts import InFlightSettled
from tideover.model.manifest import Manifest
from tideover.ports import Sink
from tideover.recover.check_rows import KINDS, CheckRow, CheckRows
from tideover.recover.login import Login
from tideover.recover.next_step import ATTEMPTS_MAX, WAIT_FIRST, WAIT_MAX
from tideover.rules.pricing import gross_sum
from tideover.world import Wake, World, from_ms, uuid7

TAKE_MAX = 1_000  # Entries folded in one commit.
ABSURD = WAIT_MAX + timedelta(hours=1)  # A time further ahead than any wait comes from a clock that was set back.
DAYS_BESIDE = (-1, 1, -2)  # A clock may be a day wrong; and a sale that was sent before the day turned is noted after it.
REPORT_PAUSE = timedelta(seconds=60)  # Between two looks whether a person has brought the cloud's report.

Outcome = Literal["was_booked", "was_not_booked"]
Speaker = Literal["cloud", "person"]


class Look(Struct, frozen=True):
    """Ask the cloud, not before then."""

    not_before: datetime


class Settled(Struct, frozen=True):
    """The cloud's word is enough."""

    outcome: Outcome


class Person(Struct, frozen=True):
    """Only the person who was there can say."""

    why: Literal["cannot-ask", "no-reference", "differs", "exhausted"]


def next_look(asks: Sequence[Attempt], manifest: Manifest, has_reference: bool, now: datetime) -> Look | Settled | Person:
    """What to do next about one sale in flight. Raises nothing."""
    if not has_reference:
        return Person("no-reference")
    if manifest.settle is None:
        return Person("cannot-ask")
    if not asks:
        return Look(now)
    last = asks[-1]
    over = last.over_at or last.at
    if last.word == "exists":
        return Settled("was_booked")
    noes = [one.over_at or one.at for one in asks if one.word == "absent"]
    if len(noes) > 1 and noes[-1] - noes[0] >= manifest.settle:  # A silence between them takes nothing from either.
        return Settled("was_not_booked")
    if last.word not in ("absent", "silent"):
        return Person("differs")
    if len(asks) >= ATTEMPTS_MAX:
        return Person("exhausted")
    silences = sum(one.word == "silent" for one in asks)
    wait = min(WAIT_FIRST * 2 ** (silences - 1), WAIT_MAX) if last.word == "silent" else timedelta(0)
    asked = timedelta(seconds=min(last.retry_after_s or 0, WAIT_MAX.total_seconds()))
    return Look(over + max(manifest.settle, wait, asked))


class InFlightItem(Struct, frozen=True):
    """One line of the check list."""

    id: str
    kind: str  # "sale" or "refund".
    trading_day: str
    happened_at: datetime
    till: str
    operator: str | None
    reference: str  # Number on the cloud till's screen; "" if none was seen.
    amount_minor: int
    needs_person: bool
    why: str  # What the person must know: cannot-ask, no-reference, differs, exhausted; "" while the cloud is asked.


class InFlight:
    """Sees every sale in flight to its end."""

    def __init__(self, journal: Journal, sink: Sink, world: World, record_entry: Callable[..., Awaitable[Any]] | None = None) -> None:
        """record_entry: called as `Journal.record` to write the sale that the cloud does not have; else the journal's own."""
        self._journal, self._sink, self._world = journal, sink, world
        self._record_entry = record_entry or journal.record
        self._rows = CheckRows(journal.database)
        self._login = Login(sink, world)
        self._manifest = sink.manifest
        self._taking = asyncio.Lock()
        self.wake = Wake(world)  # Rung when a person's word or a new report changed something.

    async def take_up(self) -> None:
        """Fold new entries of the journal; cheap when there are none."""
        async with self._taking:
            while kepts := self._journal.read(after=self._rows.taken_up(), kinds=KINDS, limit=TAKE_MAX):
                await self._rows.fold(kepts)

    async def turn(self) -> float | None:
        """Ask what is due, settle what is clear; seconds until something is due again, None if only people can go on."""
        await self.take_up()
        now = self._world.now()
        dues: list[datetime] = []
        for row in self._rows.of("open"):
            if not await self._login.may_call():
                dues.append(self._login.paused_until or now)
                break
            due_at = await self._advance(row)
            if due_at is not None:
                dues.append(due_at)
        return max(0.0, (min(dues) - self._world.now()).total_seconds()) if dues else None

    async def _advance(self, row: CheckRow) -> datetime | None:
        """One step of one item; when its next is due, None if it ended or waits for a person."""
        now = self._world.now()
        if now < from_ms(row.due_at) <= now + ABSURD:
            return from_ms(row.due_at)
        entry = self._entry(row.entry)
        step = self._next(row, entry, now)  # As of this `now`: a moment later would be "not yet".
        if isinstance(step, Look) and step.not_before <= now:
            if not await self._ask(row, entry):
                return now + REPORT_PAUSE
            step = self._next(row, entry, self._world.now())
        if isinstance(step, Look):
            await self._rows.set_due(row.entry, step.not_before)
            return step.not_before
        if isinstance(step, Person):
            await self._rows.leave_to_person(row.entry, step.why)
        else:
            await self._settle(entry, step.outcome, "cloud", None, self._rows.number(row.entry))
        return None

    def _next(self, row: CheckRow, entry: Entry, now: datetime) -> Look | Settled | Person:
        return next_look(self._rows.asks(row.entry), self._manifest, bool(entry.body.reference), now)

    async def _ask(self, row: CheckRow, entry: Entry) -> bool:
        """Ask once; False if there was nothing to ask of (a report that is not here yet), which is no attempt."""
        at = self._world.now()
        for day in self._days(entry):
            call = partial(self._sink.find_in_flight, day, entry.body.reference, gross_sum(entry.body.document))
            answer = await self._login.answer_to(call)
            if answer.word != "absent":
                break
        if answer.word == "silent" and self._manifest.hands == "person":
            await self._rows.set_due(row.entry, self._world.now() + REPORT_PAUSE)
            return False
        await self._rows.asked(row.entry, at, answer, self._world.now())
        return True

    def _days(self, entry: Entry) -> list[str]:
        """The till's day and the box's, then those beside them: a clock a day wrong must not make a booked sale look absent."""
        kept = self._journal.find(entry.id)
        recorded = from_ms(kept.recorded_at if kept else entry.happened_at).date()
        said = date.fromisoformat(entry.trading_day)
        days = [said, recorded]
        if self._manifest.hands == "interface":  # A person brings a report of each day; the far-fetched ones would never come.
            days += [one + timedelta(days=step) for step in DAYS_BESIDE for one in (said, recorded)]
        return [day.isoformat() for day in dict.fromkeys(days)]

    async def _settle(self, entry: Entry, outcome: Outcome, said_by: Speaker, by: str | None, number: str | None) -> None:
        """Write the end down. A sale that was not booked becomes an entry first, under an id that follows from the item's own."""
        instead = None
        if outcome == "was_not_booked":
            instead = await self._rows.keep_id(entry.id, instead_of(entry))
            await self._record_entry(
                entry.body.kind,
                entry.body.document,
                refers_to=entry.id,
                operator=entry.operator,
                happened_at=from_ms(entry.happened_at),
                trading_day=entry.trading_day,
                id=instead,
            )
        body = InFlightSettled(outcome=outcome, said_by=said_by, number=number if outcome == "was_booked" else None, entry=instead)
        await self._journal.record("in_flight_settled", body, refers_to=entry.id, operator=by, trading_day=entry.trading_day)
        await self.take_up()

    # People -------------------------------------------------------------------------------------

    def open(self) -> list[InFlightItem]:
        """What is not settled yet, oldest first; entries that no turn has taken up are among them."""
        rows = {row.entry: row for row in self._rows.of("open", "person", "settled")}
        entries = [self._entry(row.entry) for row in rows.values() if row.state != "settled"]
        entries += [kept.entry for kept in self._journal.read(after=self._rows.taken_up(), kinds=("in_flight",))]
        return [_item(entry, rows.get(entry.id)) for entry in entries]

    async def settle(self, id: str, outcome: Outcome, by: str, number: str | None = None) -> None:
        """A person says what became of it. Raises NotFound, WrongState (it is settled already)."""
        await self.take_up()
        row = self._rows.row(id)
        if row is None:
            raise NotFound(what="sale in flight", id=id)
        if row.state == "settled" or (row.instead is not None and outcome == "was_booked"):
            raise WrongState(what="Settling it", why="it is settled already")
        await self._settle(self._entry(id), outcome, "person", by, number)
        self.wake.ring()

    async def look_again(self) -> None:
        """A person brought a new report of the cloud: what waits for it is asked at once."""
        await self._rows.hurry(self._world.now())
        self.wake.ring()

    def booked_numbers(self) -> frozenset[str]:
        """The cloud's numbers of sales in flight that were found booked: explained, and no doubles."""
        return frozenset(row.number for row in self._rows.of("settled") if row.number is not None)

    def _entry(self, id: str) -> Entry:
        kept = self._journal.find(id)
        if kept is None:
            raise NotFound(what="entry", id=id)
        return kept.entry


def instead_of(entry: Entry) -> str:
    """The id of the sale that stands in the place of one in flight: always the same, so that an old copy of this journal,
    which settles it as well, makes no second sale of it.
    """
    return uuid7(from_ms(entry.happened_at), sha256(b"in-flight:" + entry.id.encode()).digest()[:10])


def _item(entry: Entry, row: CheckRow | None) -> InFlightItem:
    return InFlightItem(
        id=entry.id,
        kind=entry.body.kind,
        trading_day=entry.trading_day,
        happened_at=from_ms(entry.happened_at),
        till=entry.till,
        operator=entry.operator,
        reference=entry.body.reference,
        amount_minor=gross_sum(entry.body.document),
        needs_person=row is not None and row.state == "person",
        why=(row.why or "") if row is not None else "",
    )


