"""Count and close a trading day, and sum up a week: proven to the cent, or each open thing named.

A day may be closed while something is open: it is named, it keeps its day, and the week shows it. Only an unexplained
slip keeps it open, for nobody knows whether it is money.
What was frozen is never changed. It holds what the journal held when it was counted: a sale or a count that comes
later, be it while the cloud is still being read, is late.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from msgspec import Struct

from tideover.errors import CloudSilent, Misconfigured, Rejected, Unavailable, WrongState
from tideover.journal.chain import Head
from tideover.journal.entry import Kept
from tideover.journal.store import Journal
from tideover.model.answer import CloudDocument
from tideover.model.facts import DayClosed
from tideover.model.money import sum_text
from tideover.model.open_item import OpenItem
from tideover.model.paper import PadOfDay
from tideover.ports import Source
from tideover.recover.day_facts import DRAWER_KINDS, check_day, drawer_of, ours_of
from tideover.recover.doubles import Ours
from tideover.recover.findings import Findings
from tideover.recover.in_flight import InFlight
from tideover.recover.open_item import BLOCKING, in_flight_item, row_item
from tideover.recover.outbox import Outbox
from tideover.recover.reconcile import Day, Pair, Reconciled, compare
from tideover.recover.spans import outage_spans
from tideover.recover.week import Week, week_from
from tideover.rules.calendar import days_of, trading_day
from tideover.settings import Settings
from tideover.world import Turns, World

READ_TRIES = 6  # A read-back is tried so often: with waits of 2, 4, 8 … s about a minute, while a person waits.
READ_WAIT_FIRST_S = 2.0
READ_WAIT_MAX_S = 60.0
WHY_LENGTH_MAX = 900
UNREAD = "cloud-unread"
READ_LATER = "The cloud was read back later."
Count = Callable[[], Awaitable[Sequence[str]]]


class DayView(Struct, frozen=True):
    """A trading day as it stands."""

    day: str
    reconciled: Reconciled
    open: tuple[OpenItem, ...]
    closed: DayClosed | None = None
    slips: tuple[PadOfDay, ...] = ()  # Paper in, journal out.

    @property
    def is_proven(self) -> bool:
        return self.reconciled.is_proven and not self.open


class Closing(Struct, frozen=True):
    """A day that was closed just now, and what is open all the same."""

    body: DayClosed
    view: DayView


class Held(Struct, frozen=True):
    """What of a day counts in one comparison: all up to that head, and what was counted for it."""

    head: Head
    counted: tuple[str, ...] = ()  # Entries behind the head, where something else came in between.

    def has(self, kept: Kept) -> bool:
        return kept.seq <= self.head.seq or kept.entry.id in self.counted


class Close:
    """Closes days and sums up weeks."""

    def __init__(
        self,
        journal: Journal,
        source: Source,
        world: World,
        settings: Settings,
        outbox: Outbox,
        in_flight: InFlight,
        also_open: Callable[[str | None], Iterable[OpenItem]] | None = None,
        paper: Callable[[str], tuple[PadOfDay, ...]] | None = None,
    ) -> None:
        """also_open: what else keeps a trading day, or (None) an outage, open: slips unaccounted for, people not told; asked at each look.

        paper: the slips of a trading day, pad by pad.
        """
        self._journal, self._source, self._world, self._settings = journal, source, world, settings
        self._outbox, self._in_flight = outbox, in_flight
        self.also_open, self._paper = also_open or (lambda day: ()), paper or (lambda day: ())
        self._findings = Findings(journal)
        self._one_at_a_time = Turns(world)  # Reading the cloud takes a while: whoever presses again meanwhile waits.

    # One day ------------------------------------------------------------------------------------

    async def look(self, day: str, tries: int = READ_TRIES) -> DayView:
        """Read the cloud back and compare; writes nothing. A cloud that does not answer is an open item, not an error."""
        check_day(day)
        return await self._look(day, tries, Held(self._journal.head()))

    async def _look(self, day: str, tries: int, held: Held) -> DayView:
        await self._outbox.take_up()
        await self._in_flight.take_up()
        ours, drawer = self._ours(day, held), drawer_of(filter(held.has, self._journal.day(day, DRAWER_KINDS)))
        reconciled = compare(self._day(day, ours, drawer, await self._read_back(day, ours, tries)))
        still = self._open(day, reconciled)
        return DayView(day=day, reconciled=reconciled, open=still, closed=self.closed(day), slips=self._paper(day))

    async def close(self, day: str, by: str, tries: int = READ_TRIES, count: Count | None = None) -> Closing:
        """Freeze the day: sums, drawer, terminal, head, first and last numbers; differences become findings.

        count: writes down what was counted, if the day is still open, and returns its entries; what it raises keeps the day open.
        Raises WrongState (closed already, or a slip is unexplained), Rejected (a day that has not begun), Damaged.
        """
        if day > trading_day(self._world.now(), self._settings.time_zone, self._settings.day_turns_at):
            raise Rejected(why=f"{day} has not begun")
        async with self._one_at_a_time:
            if (frozen := self.closed(day)) is not None:
                raise WrongState(what="Closing the day", why=f"{day} was closed as Z {frozen.z_number}")
            check_day(day)
            await self._outbox.take_up()  # What came until now is in it; a long queue must not make it late.
            return await self._close(day, by, tries, await self._held(count))

    async def _held(self, count: Count | None) -> Held:
        """What stands as the count begins, and the count: another drawer's that comes while this one is written is not in it."""
        head = self._journal.head()
        counted = () if count is None else tuple(await count())
        after = self._journal.head()
        return Held(after) if after.seq == head.seq + len(counted) else Held(head, counted)

    async def _close(self, day: str, by: str, tries: int, held: Held) -> Closing:
        view = await self._look(day, tries, held)
        if unsaid := [one.text for one in view.open if one.code in BLOCKING]:
            raise WrongState(what="Closing the day", why=" ".join(unsaid)[:WHY_LENGTH_MAX])
        unread = [one for one in view.reconciled.open if one.code == UNREAD]
        await self._findings.raise_new((*view.reconciled.findings, *unread), day)
        if not unread:
            await self._findings.end_of_day(UNREAD, day, READ_LATER)
        body = self._frozen(day, view, held.head)
        await self._journal.record("close", body, operator=by, trading_day=day)
        await self._outbox.take_up()
        return Closing(body=body, view=view)

    async def note_findings(self, day: str, tries: int = READ_TRIES) -> DayView:
        """Look again at a day, closed or not, and write down differences that came since (late sales among them)."""
        view = await self.look(day, tries)
        await self._findings.raise_new(view.reconciled.findings, day)
        if all(one.code != UNREAD for one in view.open):
            await self._findings.end_of_day(UNREAD, day, READ_LATER)
        return view

    def closed(self, day: str) -> DayClosed | None:
        """What was frozen; None while the day is open."""
        found = [kept.entry.body for kept in self._journal.day(day, ("close",)) if kept.entry.body.day == day]
        return found[-1] if found else None

    def unread_days(self, since: str) -> list[str]:
        """Closed days from that one on of which the cloud has not been read yet."""
        found = {one.entry.body.day for one in self._findings.open() if one.entry.body.code == UNREAD}
        sql = "SELECT 1 FROM closed_day WHERE day = ?"
        return sorted(day for day in found if day is not None and day >= since and self._journal.database.one(sql, (day,)))

    def was_unread(self, day: str) -> bool:
        """Whether it was closed while the cloud did not answer: what was frozen then lacks what the cloud's own till took."""
        return any(kept.entry.body.code == UNREAD for kept in self._journal.day(day, ("finding",)))

    def _frozen(self, day: str, view: DayView, head: Head) -> DayClosed:
        sums = view.reconciled
        sql = "SELECT till, min(till_seq), max(till_seq) FROM entry WHERE trading_day = ? AND seq <= ? GROUP BY till ORDER BY till"
        numbers = self._journal.database.rows(sql, (day, head.seq))
        (closed_before,) = self._journal.database.one("SELECT count(*) FROM entry WHERE kind = 'close'") or (0,)
        return DayClosed(
            day=day,
            head=str(head),
            first_numbers={till: first for till, first, _ in numbers},
            last_numbers={till: last for till, _, last in numbers},
            sales_minor=sums.sales_minor,
            refunds_minor=sums.refunds_minor,
            rounding_minor=sums.rounding_minor,
            by_tender=_local(sums.by_tender),
            by_vat=_local(sums.by_vat),
            cash_expected_minor=sums.cash_expected_minor,
            cash_counted_minor=sums.cash_counted_minor or 0,
            card_expected_minor=sums.card_expected_minor,
            card_batch_minor=sums.card_batch_minor or 0,
            open_entries=sum(one.code in ("waiting", "parked", "in-flight") for one in view.open),
            z_number=closed_before + 1,
        )

    # What is known of it ------------------------------------------------------------------------

    def _ours(self, day: str, held: Held) -> tuple[Ours, ...]:
        rows = {row.entry: row for row in self._outbox.rows.of_day(day)}
        return tuple(ours_of(kept, rows[kept.entry.id]) for kept in self._journal.day(day, ("sale", "refund")) if held.has(kept))

    async def _read_back(self, day: str, ours: Sequence[Ours], tries: int) -> tuple[CloudDocument, ...] | None:
        """The cloud's documents of the day, and of today if some of ours were booked there instead; None: it did not answer."""
        documents = await self._cloud_day(day, tries)
        today = trading_day(self._world.now(), self._settings.time_zone, self._settings.day_turns_at)
        if documents is None or today == day:
            return documents
        there = {one.entry for one in documents}
        if all(one.id in there for one in ours if one.state == "booked"):
            return documents
        others = await self._cloud_day(today, tries)
        return None if others is None else documents + others

    async def _cloud_day(self, day: str, tries: int) -> tuple[CloudDocument, ...] | None:
        """One day, tried several times: a lost reply must not make a proven day look open."""
        wait_s = READ_WAIT_FIRST_S
        self._world.busy(+1)
        try:
            for left in reversed(range(tries)):
                try:
                    return tuple(await self._source.day(day))
                except Misconfigured:
                    return None
                except Unavailable as error:
                    if not left or self._source.manifest.hands == "person":
                        return None
                    asked_s = (error.retry_after_s if isinstance(error, CloudSilent) else None) or 0.0
                await self._world.pause(min(max(wait_s, asked_s), READ_WAIT_MAX_S))
                wait_s *= 2
            return None
        finally:
            self._world.busy(-1)

    def _day(self, day: str, ours: tuple[Ours, ...], drawer: dict[str, int | None], cloud: tuple[CloudDocument, ...] | None) -> Day:
        mine = {one.id for one in ours}
        strangers = {one.entry for one in cloud or () if one.entry is not None} - mine
        known = {entry: self._outbox.rows.row(entry) for entry in strangers}
        return Day(
            day=day,
            ours=ours,
            cloud=cloud,
            owner=self._settings.owner,
            elsewhere={entry: row.trading_day for entry, row in known.items() if row is not None},
            outages=outage_spans(self._journal),
            settled=self._in_flight.booked_numbers(),
            **drawer,
        )

    def _open(self, day: str, sums: Reconciled) -> tuple[OpenItem, ...]:
        """Everything that keeps the day from being proven and is no difference."""
        owner = self._settings.owner
        items = [OpenItem(one.code, one.text, self._owner_of(one.entry), one.amount_minor) for one in sums.open]
        items += [in_flight_item(one, owner) for one in self._in_flight.open() if one.trading_day == day]
        if sums.cash_counted_minor is None and sums.cash_expected_minor:
            text = f"The drawer has not been counted; {sum_text(sums.cash_expected_minor)} is expected."
            items.append(OpenItem("not-counted", text, owner))
        if sums.card_batch_minor is None and sums.card_expected_minor:
            text = f"The terminal's total is missing; {sum_text(sums.card_expected_minor)} is expected."
            items.append(OpenItem("no-batch", text, owner))
        return (*items, *self.also_open(day))

    def _owner_of(self, entry: str | None) -> str:
        row = self._outbox.rows.row(entry) if entry else None
        return (row.owner if row is not None else None) or self._settings.owner

    # Weeks, findings, the way back ----------------------------------------------------------------

    def week(self, week: str) -> Week:
        """The sum of its closed days, what came late, and what is still open. Raises BadRecord."""
        days = days_of(week)
        return week_from(week, [(day, self.closed(day), self._outbox.rows.of_day(day)) for day in days])

    def findings(self) -> list[Kept]:
        """Findings that nobody has explained yet, oldest first."""
        return self._findings.open()

    async def close_finding(self, id: str, note: str, by: str) -> None:
        """A person explains a difference. Raises NotFound, WrongState, Rejected."""
        await self._findings.close(id, note, by)

    def checklist(self) -> list[OpenItem]:
        """What keeps an outage from being closed: entries on their way, parked, in flight, days not closed, and what others add."""
        owner = self._settings.owner
        items = self._on_their_way(None)
        for day in self._outbox.rows.open_days():
            items.append(OpenItem("day-open", f"{day} is not closed: count the drawer and run 'tideover close'.", owner))
        return [*items, *self.also_open(None)]

    def left_open(self, day: str) -> list[OpenItem]:
        """What is open of a day by this box's own books, without asking the cloud; differences are findings."""
        return [*self._on_their_way(day), *self.also_open(day)]

    def _on_their_way(self, day: str | None) -> list[OpenItem]:
        """Entries that are not in the cloud yet, and those of which nobody knows; of that day, or (None) of all days."""
        owner = self._settings.owner
        rows = self._outbox.rows.of("waiting", "sending", "parked")
        items = [row_item(row, owner) for row in rows if day in (None, row.trading_day)]
        return items + [in_flight_item(one, owner) for one in self._in_flight.open() if day in (None, one.trading_day)]


def _local(pairs: Iterable[Pair]) -> dict[str, int]:
    return {pair.key: pair.local_minor for pair in pairs}
