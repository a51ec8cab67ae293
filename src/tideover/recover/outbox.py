"""Bring every sale and refund of the journal into the cloud, each once, or to a named person.

Carries out what `next_step` decides: an attempt stands on stable storage as silent before its first byte
leaves, under the entry's id; what the cloud answered becomes a journal entry. Never drops an entry,
never sends after a silence without asking, and one bad record stops only itself and what takes it back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from tideover.errors import Misconfigured, NotFound, WrongState
from tideover.journal.entry import Fact
from tideover.journal.store import Journal
from tideover.model.answer import Answer
from tideover.model.facts import CloudAnswer, Parked, Solved
from tideover.ports import Booking, Sink
from tideover.recover.ahead import Ahead
from tideover.recover.booking import Customers, Details, make_booking
from tideover.recover.counts import Counts, count
from tideover.recover.login import Login
from tideover.recover.next_step import WAIT_MAX, Ask, Done, Park, Send, Step, next_step
from tideover.recover.parking import REASON_MAX, ParkedRecord, hint_of, words_of
from tideover.recover.rows import KINDS, Act, Row, Rows
from tideover.recover.slots import Slots
from tideover.settings import Settings
from tideover.world import Wake, World, from_ms, to_ms

TAKE_MAX = 50  # Entries folded in one commit: a sale that comes meanwhile waits for it.
PRESSED = 100  # Entries between two looks: no counter makes so many in half a second, but tills that come back with a day's sales do.
HANDS_PER_CALL = 4  # While the cloud answers one, the others write down answers and next attempts; one sync serves many.
TURN_MAX = 200  # Rows looked at in one turn; then the loop may breathe.
CLAIM_CALLS = 6  # A claim lasts as long as so many calls may: log-in, again, and room.
CLAIM_BY_HAND = timedelta(minutes=15)  # A person keys even a long invoice in that time.
ABSURD = timedelta(hours=1)  # A time further ahead than this beyond any wait comes from a clock that was set back.
REPORT_PAUSE = timedelta(seconds=60)  # Between two looks whether a person has brought the cloud's report.


class Outbox:
    """One shop's way into its cloud."""

    def __init__(
        self,
        journal: Journal,
        sink: Sink,
        world: World,
        settings: Settings,
        copies: Customers | None = None,
        people: Details | None = None,
        owner_of: Callable[[str], str] | None = None,
    ) -> None:
        """owner_of: cause to the person who owns such records; else the settings' owner."""
        self._journal, self._sink, self._world, self._settings = journal, sink, world, settings
        self._copies, self._people = copies, people
        self._owner_of = owner_of or (lambda cause: settings.owner)
        self._rows = Rows(journal.database)
        self._ahead = Ahead(journal, self._rows)
        self._manifest = sink.manifest
        self._by_hand = sink.manifest.hands == "person"
        self._taking = asyncio.Lock()
        self._slots = Slots(sink.manifest.concurrent_max, world)
        self._login = Login(sink, world)
        self._seen = journal.head().seq  # When `is_pressed` was last asked.
        self._hands = 0  # At work in this turn.
        self._is_fresh = True  # Claims found now are left over from a process that is gone.
        self.wake = Wake(world)  # Rung when something became due by a person's word.

    # From the journal ---------------------------------------------------------------------------

    async def take_up(self, slices: int | None = None) -> bool:
        """Fold new journal entries into the tables; cheap when there are none. False if there may be more.

        slices: so many commits at most, and none while somebody else is at it: for a page, which waits for no day of sales.
        """
        if slices is not None and self._taking.locked():
            return False
        async with self._taking:
            if self._is_fresh:
                self._is_fresh = False
                await self._rows.release(self._world.now(), self._world.now() if self._by_hand else None)
            return await self._fold(is_sure=True, slices=slices)

    def is_pressed(self) -> bool:
        """Sales come so fast that folding each now would cost the tills time. By the head since the last call; who asks takes up first."""
        before, self._seen = self._seen, self._journal.head().seq
        return self._seen - before > PRESSED

    def look_ahead(self) -> bool:
        """Count a few of those that came and are not folded, so that the first page after a rush finds them known; False: no more."""
        return self._ahead.look_a_little()

    async def _fold(self, is_sure: bool, slices: int | None = None) -> bool:
        after, done = self._rows.taken_up(), 0
        while done != slices and (kepts := self._journal.read(after=after, kinds=KINDS, limit=TAKE_MAX)):
            await self._rows.fold(kepts, can_ask=self._manifest.settle is not None, is_sure=is_sure)
            after, done = kepts[-1].seq, done + 1
        return done != slices

    async def rebuild(self) -> None:
        """Make the tables again from the journal alone; what has no answer may have been sent, so it is asked about first."""
        async with self._taking:
            self._is_fresh = False
            await self._rows.forget()
            await self._fold(is_sure=False)
            await self._rows.doubt_all(self._world.now())

    # One turn -----------------------------------------------------------------------------------

    async def turn(self, until: int | None = None) -> float | None:
        """Carry out what is due; returns seconds until something is due again, None if nothing will be by itself.

        until: entries of the journal beyond this number stay for another turn.
        Raises Damaged: what the cloud answers could not be written down, so it is not told anything. Every answer of
        the cloud is a value, and a log-in that is not accepted pauses all sending.
        """
        if self._journal.broken is not None:
            raise self._journal.broken
        await self.take_up()
        if not await self._login.may_call():
            return self._seconds_until(self._login.paused_until)
        await self._rows.release(self._world.now(), self._world.now())
        await self._park_strays()
        looked_at = 0
        while looked_at < TURN_MAX and self._login.paused_until is None:
            rows = self._due(TURN_MAX - looked_at, until)
            if not rows:
                break
            looked_at += len(rows)
            await self._work_off(_one_per_party(rows))
        await self._park_strays()
        due_ms = self._rows.next_due_ms(self._by_hand, until)
        return self._seconds_until(self._login.paused_until or (None if due_ms is None else from_ms(due_ms)))

    def pause(self, error: Misconfigured) -> None:
        """Somebody else was told that the cloud cannot be called as things are: nothing is sent for a while, and the status says why."""
        self._login.pause(error)

    def _due(self, limit: int, until: int | None) -> list[Row]:
        now = self._world.now()
        longest = WAIT_MAX + (self._manifest.settle or timedelta(0)) + ABSURD
        return self._rows.due(to_ms(now), to_ms(now + longest), limit, self._by_hand, until)

    def _seconds_until(self, at: datetime | None) -> float | None:
        return None if at is None else max(0.0, (at - self._world.now()).total_seconds())

    async def _park_strays(self) -> None:
        """Refunds whose sale was voided, and voids that came when the cloud had the sale already."""
        for row in self._rows.stranded():
            await self._park(row, "sale-void", "The sale that it takes back was voided and never reached the cloud.")
        for row in self._rows.voided_late():
            await self._park(row, "void-after-booking", f"It was voided, but the cloud has booked it as {row.number}.")

    async def _work_off(self, rows: list[Row]) -> None:
        """Advance these rows; as many calls at once as the cloud allows."""
        queue = deque(rows)
        hands = [self._work(queue) for _ in range(min(HANDS_PER_CALL * self._manifest.concurrent_max, len(rows)))]
        self._hands = len(hands)
        # Whoever waits for the hands counts as one of them: only when all of them rest does the box rest.
        self._world.busy(len(hands) - 1)
        ends = await asyncio.gather(*hands, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def _work(self, queue: deque[Row]) -> None:
        try:
            while queue and self._login.paused_until is None:
                await self._advance(queue.popleft())
        finally:
            self._hands -= 1
            if self._hands:
                self._world.busy(-1)

    # One entry ----------------------------------------------------------------------------------

    async def _advance(self, row: Row) -> None:
        """Carry out the next step of one row, and what follows from it at once."""
        now = self._world.now()
        attempts = self._rows.attempts(row)
        if attempts and attempts[-1].at > now + ABSURD:
            await self._rows.doubt(row, now)
        step = next_step(self._rows.attempts(row), self._manifest, now)  # As of this `now`: a moment later would be "not yet".
        if isinstance(step, Send) and row.voided:
            await self._rows.set_void(row.entry)
        elif isinstance(step, Done | Park):
            await self._conclude(row, step)
        elif step.not_before > now or (isinstance(step, Send) and self._by_hand):
            await self._rows.set_next(row.entry, _act(step), step.not_before)
        elif await self._call(row, _act(step)):
            await self._plan_next(row)

    def _next(self, row: Row) -> Step:
        return next_step(self._rows.attempts(row), self._manifest, self._world.now())

    async def _plan_next(self, row: Row) -> None:
        """After an answer: conclude, or note when the next step is due."""
        step = self._next(row)
        if isinstance(step, Done | Park):
            await self._conclude(row, step)
        else:
            await self._rows.set_next(row.entry, _act(step), step.not_before)

    async def _call(self, row: Row, act: Act) -> bool:
        """Send or ask once; False if somebody else has the row, or nothing was asked after all."""
        now = self._world.now()
        until = now + timedelta(seconds=CLAIM_CALLS * self._settings.cloud_timeout_s)
        number = await self._rows.claim(row, act, now, until)
        if number is None:
            return False
        call = self._sink.send if act == "send" else self._sink.ask
        async with self._slots.one():
            if self._login.paused_until is not None:  # Since this row was claimed; no byte left the house.
                await self._rows.unsaid(row.entry, number, self._world.now())
                return False
            answer = await self._login.answer_to(partial(call, self._booking(row)))
        if act == "ask" and answer.word == "silent" and self._by_hand:
            # No byte left the house: the cloud's report is not here yet, and waiting for it costs no attempt.
            await self._rows.unsaid(row.entry, number, self._world.now())
            await self._rows.set_next(row.entry, "ask", self._world.now() + REPORT_PAUSE)
            return False
        await self._rows.answered(row.entry, number, answer, self._world.now())
        return True

    def _booking(self, row: Row) -> Booking:
        kept = self._journal.find(row.entry)
        if kept is None:
            raise NotFound(what="entry", id=row.entry)
        taken_back = self._rows.row(kept.entry.refers_to) if kept.entry.refers_to else None
        booking = make_booking(kept, row, taken_back.number if taken_back else None, self._copies, self._people)
        return replace(booking, draft=self._rows.draft(row.entry))

    # The end of it ------------------------------------------------------------------------------

    async def _conclude(self, row: Row, step: Done | Park) -> None:
        """What the cloud said becomes an entry; folding it is what moves the row."""
        answer = self._rows.last_answer(row.entry)
        if isinstance(step, Done):
            number = self._rows.known_number(row.entry)
            await self._record_answer(row, CloudAnswer(word=answer.word, number=number))
            await self.take_up()
            return
        cause, reason = words_of(step.reason, answer)
        if step.reason in ("refused", "differs") and row.answered != step.reason:
            await self._record_answer(row, CloudAnswer(word=step.reason, number=answer.number, reason=reason))
        await self._park(row, cause, reason)

    async def _record_answer(self, row: Row, body: CloudAnswer) -> None:
        await self._journal.record_together([Fact("answer", body, row.entry, trading_day=row.trading_day)], sync="soon")

    async def _park(self, row: Row, cause: str, reason: str) -> None:
        body = Parked(reason=reason[:REASON_MAX], cause=cause, owner=self._owner_of(cause), hint=hint_of(cause))
        await self._journal.record("parked", body, refers_to=row.entry, trading_day=row.trading_day)
        await self.take_up()

    async def hold(self, entry: str, cause: str, reason: str) -> bool:
        """Park a waiting entry before it is sent (a possible double); False if it is no longer waiting unsent."""
        row = self._rows.row(entry)
        if row is None or row.state != "waiting" or self._rows.attempts(row) or row.round:
            return False
        await self._park(row, cause, reason)
        return True

    async def ask_first(self, entry: str) -> None:
        """The cloud shows it though this journal never sent it (a copy of the journal did): asked about, never just sent."""
        row = self._rows.row(entry)
        if row is not None and row.state == "waiting" and not self._rows.attempts(row):
            await self._rows.doubt(row, self._world.now())

    # A person's hands ---------------------------------------------------------------------------

    def keying(self) -> list[str]:
        """Entries that a person keys next, in order; empty for a cloud with an interface."""
        now = self._world.now()
        return [row.entry for row in self._rows.to_key() if from_ms(row.due_at) <= now] if self._by_hand else []

    async def begin(self, entry: str) -> Booking:
        """A person begins to key this one: it is theirs for a while, and counts as maybe booked from now on.

        Raises NotFound, WrongState.
        """
        await self.take_up()
        row = self._row(entry)
        step = self._next(row)
        now = self._world.now()
        if row.state != "waiting" or row.voided or not isinstance(step, Send) or step.not_before > now:
            raise WrongState(what="Keying it", why=f"it is {row.state}, and not the time to key it")
        if not self._rows.is_free(entry):
            raise WrongState(what="Keying it", why="the sale that it takes back has to be keyed first")
        if await self._rows.claim(row, "send", now, now + CLAIM_BY_HAND) is None:
            raise WrongState(what="Keying it", why="somebody else has just begun with it")
        return self._booking(row)

    async def answer(self, entry: str, answer: Answer) -> None:
        """What the person saw: created with the number typed back, refused with the reason, silent if unsure.

        Raises NotFound, WrongState.
        """
        await self.take_up()
        row = self._row(entry)
        if not await self._rows.keyed(row, answer, self._world.now()):
            raise WrongState(what="Answering", why=f"nobody began to key it, or it is {row.state} by now")
        await self._plan_next(row)
        self.wake.ring()

    async def look_again(self) -> None:
        """A person brought a new report of the cloud: what waits for it is asked at once."""
        await self._rows.hurry_asks(self._world.now())
        self.wake.ring()

    # Parked -------------------------------------------------------------------------------------

    def parked(self) -> list[ParkedRecord]:
        """Every entry that waits for a person, oldest first."""
        return [_parked(row) for row in self._rows.of("parked")]

    async def solve(self, id: str, how: str, by: str, note: str = "", number: str | None = None) -> None:
        """A person dealt with a parked entry: send_on, was_booked (with the cloud's number), settled_elsewhere.

        Raises NotFound, WrongState.
        """
        await self.take_up()
        row = self._row(id)
        if row.state != "parked":
            raise WrongState(what="Solving it", why=f"it is {row.state}, not parked")
        body = Solved(how=how, note=note, number=number)
        await self._journal.record("solved", body, refers_to=id, operator=by, trading_day=row.trading_day)
        await self.take_up()
        self.wake.ring()

    def _row(self, entry: str) -> Row:
        row = self._rows.row(entry)
        if row is None:
            raise NotFound(what="sale", id=entry)
        return row

    # For the status page and the reconciliation ---------------------------------------------------

    def counts(self) -> Counts:
        """Where everything stands, for the status page."""
        due_ms = self._rows.next_due_ms(self._by_hand)
        due_at = self._login.paused_until or (None if due_ms is None else from_ms(due_ms))
        return count(self._rows, self._ahead, self._journal, due_at, self._login.trouble)

    @property
    def rows(self) -> Rows:
        """For reading: where each entry stands."""
        return self._rows


def _parked(row: Row) -> ParkedRecord:
    return ParkedRecord(
        id=row.entry,
        kind=row.kind,
        trading_day=row.trading_day,
        amount_minor=row.amount_minor,
        reason=row.reason or "",
        cause=row.cause or "",
        owner=row.owner or "",
        hint=row.hint or "",
        since=from_ms(row.parked_at or 0),
    )


def _act(step: Send | Ask) -> Act:
    return "send" if isinstance(step, Send) else "ask"


def _one_per_party(rows: list[Row]) -> list[Row]:
    """A customer whom the cloud does not know yet is created by one sale; the others of theirs come after it."""
    seen: set[str] = set()
    chosen = []
    for row in rows:
        if row.party is None or row.party not in seen:
            chosen.append(row)
            seen.add(row.party or "")
    return chosen
