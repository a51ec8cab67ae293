"""Brings receipts to customers: receipt printer, else office printer, else e-mail when the line is back, else later, else by hand.

A job is stored as `sending` before its first byte leaves, so that after any death the box knows what may have come out. It never
prints one twice without the mark, and never loses one: what did not come out stands in `waiting` until a person has dealt with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Literal

from tideover.errors import NotFound, TooOften, WrongState
from tideover.journal.entry import Kept
from tideover.journal.person import People
from tideover.journal.store import Journal
from tideover.model.facts import Erased
from tideover.model.outage import Observation
from tideover.model.receipt import Row, Slip
from tideover.ports import PrintAnswer, PrinterLook, ReceiptPrinter
from tideover.settings import Settings
from tideover.trade import receipt_steps as steps
from tideover.trade.receipt import WIDTH, receipt_rows
from tideover.trade.receipt_jobs import Jobs
from tideover.trade.receipt_steps import COPIES_MAX, PRINTED, STOPPED, Job, State, Way, ways_of
from tideover.trade.receipt_strip import practice_mark, try_strip
from tideover.words import say
from tideover.world import Wake, World, from_ms, to_ms

LOOK_S = 4.0  # Pause between two looks at a printer with nothing to do: what ails it stands on the wall within ten seconds.
AGAIN_S = 3.0  # Pause between two turns while a receipt waits: shorter than with nothing to do.
AWAY_S = 20.0  # Seen away so lately, it is not waited for where another one stands.
NOTHING_S = 3_600.0  # No printer, nothing to do.
NOTHING_MS = 2**40  # Never looked.
AT_ONCE = 20  # Receipts in one turn.
KINDS = ("sale", "refund")
TROUBLES: tuple[State, ...] = ("unknown", "refused")


class ReceiptDesk:
    """The receipts of one shop."""

    def __init__(
        self,
        journal: Journal,
        people: People,
        settings: Settings,
        world: World,
        printer: ReceiptPrinter | None = None,
        office: ReceiptPrinter | None = None,
        *,
        has_mail: bool = False,
        hear: Callable[[Observation], None] = lambda look: None,
        was_outage: Callable[[int], bool] = lambda at_ms: False,
    ) -> None:
        """office: takes receipts as pages. hear: who is told how the printer is. was_outage: whether the fallback was open then."""
        self._journal, self._people, self._settings, self._world = journal, people, settings, world
        self.printers: dict[Way, ReceiptPrinter] = {}
        for way, one in (("printer", printer), ("office-printer", office)):
            if one is not None:
                self.printers[way] = one  # type: ignore[index]
        self.has_mail = has_mail
        self.jobs, self.wake, self.post_wake = Jobs(journal.database), Wake(world), Wake(world)
        self.seen: PrinterLook | None = None  # The last look at the receipt printer.
        self._looked_ms = -NOTHING_MS
        self._hear, self._was_outage = hear, was_outage
        self.post: Any = None  # The letters (ReceiptPost), set where the house is put together.

    # What is asked for ------------------------------------------------------------------------------

    async def ask(self, entry: str, copy: int, by: str, *, mail_to: str = "") -> Job:
        """Have a receipt printed or mailed, once per entry and copy. Raises NotFound, WrongState, TooOften.

        While an earlier one of the same sale has not left yet, that one is meant.
        """
        before = self.jobs.of(entry, copy)
        if before is not None:
            return before
        self._document(entry)
        earlier = self.jobs.copies(entry)
        if held := [job for job in earlier if job.state == "queued" and job.way in PRINTED]:
            return await self._once_more(held[0], by, mail_to)
        if copy > COPIES_MAX:
            raise TooOften(what="Another copy of that receipt", wait_s=0)
        way, party = await self._wished(mail_to)
        now = self._now_ms()
        job = Job(self._world.new_id(), entry, copy, way, "queued", since=now, asked_at=now, asked_by=by, party=party, is_ours=bool(party))
        kept = await self.jobs.add(job)
        if kept.id != job.id and party:
            await self._forget(party)
        for one in earlier:
            if one.state in TROUBLES and one.copy < kept.copy:
                await self.jobs.move(one, TROUBLES, is_settled=1)
        self._ring(kept)
        return kept

    async def ask_again(self, job: Job, by: str, *, copy: int, mail_to: str = "") -> Job:
        """A person wants it once more: what never left goes as it is, everything else as copy number `copy`."""
        if job.state in ("queued", "refused"):
            return await self._once_more(job, by, mail_to)
        if job.state == "sending":
            raise WrongState(what="Printing it again", why="it is on its way to the printer at this moment")
        return await self.ask(job.entry, max(copy, job.copy + 1), by, mail_to=mail_to)

    async def _once_more(self, job: Job, by: str, mail_to: str) -> Job:
        """What certainly never left goes now, without a mark."""
        way, party = await self._wished(mail_to)
        now = self._now_ms()
        changes = {"way": way, "state": "queued", "why": "", "since": now, "asked_at": now, "asked_by": by}
        moved = await self.jobs.move(job, (job.state,), **changes, party=party, is_ours=int(bool(party)))
        if moved is None:
            raise _elsewhere()
        if job.is_ours and job.party:
            await self._forget(job.party)
        self._ring(moved)
        return moved

    async def _wished(self, mail_to: str) -> tuple[Way, str | None]:
        """The way it goes, and whose address it goes to."""
        if not mail_to:
            return self._first_way(), None
        if not self.has_mail:
            raise WrongState(what="Sending by e-mail", why="no mail server is set up")
        party, _ = await asyncio.to_thread(self._people.put, {"email": mail_to})  # Apart from every entry, sealed.
        return "mail", party

    async def settle(self, job: Job, how: Literal["came-out", "by-hand"], by: str) -> Job:
        """A person says that it came out after all, or that the customer got one written by hand. Raises WrongState."""
        state: State = "confirmed" if how == "came-out" else "ended"
        allowed: tuple[State, ...] = ("unknown",) if how == "came-out" else ("queued", *TROUBLES)
        await self._tell(job)
        moved = await self.jobs.move(
            job, allowed, state=state, why="", since=self._now_ms(), asked_by=by, fact=self._world.new_id(), is_told=0
        )  # fmt: skip
        if moved is None:
            raise _elsewhere()
        await self._tell(moved, by)
        self.post_wake.ring()  # Its address may be no longer needed.
        return moved

    def job(self, id: str) -> Job:
        """Raises NotFound."""
        found = self.jobs.get(id)
        if found is None:
            raise NotFound(what="receipt", id=id[:40])
        return found

    def waiting(self) -> list[Job]:
        """Receipts about which a person must say something, oldest first."""
        return [job for job in self.jobs.open() if self.needs_person(job)]

    @property
    def is_set_up(self) -> bool:
        """True where a receipt can go anywhere."""
        return bool(self.printers) or self.has_mail

    def needs_person(self, job: Job) -> bool:
        """True if only a person can say what becomes of it."""
        return steps.needs_person(job, self._now_ms())

    async def print_held(self, by: str) -> None:
        """Everything that certainly never left comes out now, without a mark. Raises WrongState."""
        for job in self.waiting():
            if job.state == "queued" and job.way in PRINTED:
                await self._once_more(job, by, "")

    async def try_out(self) -> PrintAnswer:
        """A test strip from the receipt printer; it stands in no book. Raises WrongState."""
        printer = self.printers.get("printer")
        if printer is None:
            raise WrongState(what="A test", why="no receipt printer is set up")
        answer = await printer.send(try_strip(self._settings, printer.width), "Tideover")
        self._heard(_look_of(answer))
        return answer

    def _first_way(self) -> Way:
        ways = ways_of("printer" in self.printers, "office-printer" in self.printers)
        if not ways:
            raise WrongState(what="Printing a receipt", why="no receipt printer is set up")
        return ways[0]

    # One turn of the box ------------------------------------------------------------------------------

    async def turn(self) -> float:
        """Print what waits; seconds until the next turn is due. Raises DiskFailed, Damaged."""
        if not self._journal.is_writable:
            return LOOK_S
        opened = [job for job in self.jobs.open() if job.way in PRINTED]
        await self.close_left_over(opened)
        for job in self.jobs.untold():
            await self._tell(job)
        for job in opened:
            if job.state == "sent":
                await self._ask_about(job)
        for job in [one for one in opened if steps.may_go(one, self._now_ms())][:AT_ONCE]:
            if not await self._send(job):
                break  # No printer takes the next one either.
        return await self._after_turn()

    async def close_left_over(self, opened: Iterable[Job]) -> None:
        """At the beginning of a turn nothing is on its way: what says so was cut off, and may have come out, or not."""
        for job in opened:
            if job.state == "sending":
                await self.moved(job, {"state": "unknown", "why": STOPPED})

    async def _after_turn(self) -> float:
        now = self._now_ms()
        waits = any(job.state == "sent" or steps.may_go(job, now) for job in self.jobs.open() if job.way in PRINTED)
        printer = self.printers.get("printer")
        if printer is not None and not 0 <= now - self._looked_ms < LOOK_S * 1_000:
            self._heard(await printer.look())
        return AGAIN_S if waits else LOOK_S if printer is not None else NOTHING_S

    async def _send(self, job: Job) -> bool:
        """Try every way there is; False: none took it."""
        first = ""
        for way, printer in self._ways():
            sending = await self.jobs.move(job, ("queued",), state="sending", way=way, since=self._now_ms(), why="")
            if sending is None:
                return True  # A person dealt with it meanwhile.
            answer = await printer.send(self._slip(sending, printer.width), self._title(sending))
            first = first or answer.why
            changes = steps.after_print(answer)
            job = await self.moved(sending, changes | {"why": first} if answer.word == "away" else changes) or sending
            if way == "printer":
                self._heard(_look_of(answer))
            if answer.word != "away":
                return True
        return False

    def _ways(self) -> list[tuple[Way, ReceiptPrinter]]:
        """A receipt printer that was just seen away is not waited for while an office printer stands there."""
        ways, now = list(self.printers.items()), self._now_ms()
        is_away = self.seen is not None and self.seen.is_ready is False and 0 <= now - self._looked_ms < AWAY_S * 1_000
        return ways[1:] if is_away and len(ways) > 1 and ways[0][0] == "printer" else ways

    async def _ask_about(self, job: Job) -> None:
        printer = self.printers.get(job.way)
        gone = PrintAnswer("unknown", why="that printer is no longer set up")
        changes = steps.after_ask(job, await printer.ask(job.number) if printer else gone, self._now_ms())
        if changes is not None:
            await self.moved(job, changes)

    async def moved(self, job: Job, changes: dict[str, Any]) -> Job | None:
        """Keep how it stands now, and tell the journal where that is something that it is told."""
        if "state" in changes:
            changes = {**changes, "since": self._now_ms(), "fact": self._world.new_id(), "is_told": 0}
        moved = await self.jobs.move(job, (job.state,), **changes)
        if moved is not None:
            await self._tell(moved)
        return moved

    async def _tell(self, job: Job, by: str = "") -> None:
        """The entry of this state; done again after a crash it is the same entry."""
        if job.is_told:
            return
        body = steps.told_of(job)
        if body is not None:
            await self._journal.record("receipt", body, refers_to=job.entry, operator=by or None, id=job.fact)
        await self.jobs.told(job)

    def _heard(self, look: PrinterLook) -> None:
        self.seen, self._looked_ms = look, self._now_ms()
        self._hear(Observation("printer", "device", "the receipt printer", look.is_ready, self._world.now(), look.text))

    # What stands on it --------------------------------------------------------------------------------

    def _slip(self, job: Job, width: int) -> Slip:
        kept = self._document(job.entry)
        has_cash = any(one.kind == "cash" for one in kept.entry.body.tenders)
        opens = has_cash and not job.is_copy and self._settings.receipt_drawer and job.way == "printer"
        return Slip(self.rows(kept, job.is_copy, width), opens_drawer=opens)

    def rows(self, kept: Kept, is_copy: bool, width: int = WIDTH) -> tuple[Row, ...]:
        """The receipt of an entry, as it is printed and mailed; out of a practice box it says so."""
        entry = kept.entry
        above = practice_mark(self._settings, width) if self._settings.is_practice else ()
        return above + receipt_rows(
            entry.body,
            entry.kind,  # type: ignore[arg-type]
            self._settings,
            from_ms(entry.happened_at),
            operator=entry.operator or "",
            is_copy=is_copy,
            in_outage=self._was_outage(entry.happened_at),
            width=width,
        )

    def _title(self, job: Job) -> str:
        return say(self._settings.language)("Receipt {what}", what=self._document(job.entry).entry.body.number)

    def document(self, job: Job) -> Kept:
        """The sale or refund itself. Raises NotFound."""
        return self._document(job.entry)

    def _document(self, entry: str) -> Kept:
        kept = self._journal.find(entry)
        if kept is None or kept.entry.kind not in KINDS:
            raise NotFound(what="sale", id=entry[:40])
        return kept

    # Addresses ------------------------------------------------------------------------------------------

    def address_of(self, job: Job) -> str:
        """Where its letter goes; "" once that person was forgotten."""
        details = self._people.read(job.party) if job.party else None
        found = details.get("email", "") if details else ""
        return found if isinstance(found, str) else ""

    async def _forget(self, party: str) -> None:
        await self._journal.record("erased", Erased(party, "written down for one receipt"))
        await asyncio.to_thread(self._people.erase, party)

    async def forget_addresses(self) -> None:
        """What has gone needs no address any more, where it was written down for that receipt alone."""
        for job in self.jobs.with_address():
            if job.party:
                await self._forget(job.party)
            await self.jobs.forgotten(job)

    # Small things ---------------------------------------------------------------------------------------

    def _ring(self, job: Job) -> None:
        (self.post_wake if job.way == "mail" else self.wake).ring()

    def _now_ms(self) -> int:
        return to_ms(self._world.now())


def _look_of(answer: PrintAnswer) -> PrinterLook:
    """What a job's answer says of the printer itself."""
    match answer.word:
        case "confirmed":
            return PrinterLook(True, "ready")
        case "sent":
            return PrinterLook(None, "it cannot be asked")
    return PrinterLook(False, answer.why)


def _elsewhere() -> WrongState:
    return WrongState(what="That", why="somebody else dealt with this receipt meanwhile")
