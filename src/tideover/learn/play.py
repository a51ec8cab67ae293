"""One day of a rehearsal, from the first sale to the closed day: the plot.

The shop trades through its cloud's own till; at the cut some sales are in flight; customers wait until the fallback opens; the tills
sell on; the line comes back and with it the bad luck; people solve, count and close.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable
from typing import Any

import httpx
from msgspec import Struct, to_builtins

from tideover.learn.clerk import DOCUMENT_S, LINE_S, Clerk
from tideover.learn.evidence import Counted, Route
from tideover.learn.input import InputDocument
from tideover.learn.people import PATIENCE_S, Agenda, Ledger, Owner
from tideover.learn.reply import taken
from tideover.learn.stage import SLIP_SERIES, Stage
from tideover.learn.tills import Till, document_of
from tideover.model.facts import BatchTotal, DrawerCount, DrawerMove, InFlight
from tideover.world import FOREVER_MS, to_ms

WARM_S = 900  # The box starts this long before the cut: time for one pull of the copies.
SERVE_S = 25  # One waiting customer at one till.
FLOAT_MINOR = 20_000  # Change in the drawer in the morning.
SLIP_TURNS = (2, 20, 60)  # Which of the short documents of the fallback are written on slips: the till's battery, a queue, a habit.
SLIP_LINES_MAX = 5  # Nobody writes a long invoice by hand while a till works.
SLIP_LATER_S = 600  # A slip is keyed in when the queue is gone.
COUNT_AFTER_S = 900  # The drawer is counted this long after the last sale.
STEP_MS = 10_000  # So often it is asked whether all is done.
REPLAY_S_MAX = 12 * 3600  # By then the day is closed, whatever is still open.
CASHIER = "Niilo"

Say = Callable[[str, int], None]  # What happened, and when (UTC ms).


class Day(Struct, frozen=True):
    """What is played, and when the line is away. Times in UTC ms."""

    day: str
    documents: tuple[InputDocument, ...]
    cut_ms: int
    back_ms: int
    currency: str
    faults: dict[str, float]
    nobody: bool
    by_hand: bool  # A clerk is the cloud's hands; the faults are the clerk's.


class Play:
    """The course of one day."""

    def __init__(self, stage: Stage, day: Day, tills: list[Till], ledger: Ledger, say: Say) -> None:
        self._stage, self._day, self._tills, self._ledger, self._say = stage, day, tills, ledger, say
        self._agenda = Agenda()
        self._clerk = Clerk(stage, self._agenda, ledger, day.day, day.currency, self._is_in_cloud) if day.by_hand else None
        self._owner = Owner(stage, self._agenda, ledger, self._clerk.solved if self._clerk else lambda entry: None)
        self._phase = "none"
        self._line_up = True
        self._verdict_ms = 0
        self._queue: list[InputDocument] = []  # Customers who wait.
        self._open: set[str] = set()  # Entries that the cloud has not answered for.
        self._flying: dict[str, str] = {}  # In-flight entry to its reference, while open.
        self._turn = 0  # Whose till is next.
        self._papers = 0  # Slips not keyed in yet.
        self._short = 0  # Short documents since the fallback opened.
        self._left = 0  # Documents not yet sold.
        self._recovering_ms = 0
        self._recovering_wall_s = self._rested_wall_s = 0.0  # This machine's own time.

    # The day --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """From the first sale to the closed day."""
        day, stage = self._day, self._stage
        start_ms = day.cut_ms - WARM_S * 1000
        flying = self._in_flight_ones()
        early = [one for one in day.documents if to_ms(one.at) < start_ms and one not in flying]
        self._left = len(day.documents)
        for document in early:
            stage.jump(to_ms(document.at))
            await self._sell_by_cloud(document)
        stage.jump(start_ms)
        self._tell(f"{len(early)} sales so far, at the cloud's own till; the box watches and keeps its copies")
        stage.on_restart = lambda: self._tell("the box was killed in the middle of its work; it is up again")
        await stage.start_box()
        await self._open_tills()
        for document in day.documents:
            if document not in flying and to_ms(document.at) >= start_ms:
                self._agenda.note(to_ms(document.at), self._customer(document))
        self._agenda.note(day.cut_ms, lambda: self._cut(flying))
        self._agenda.note(day.back_ms, self._line_back)
        await self._until_recovered(max(to_ms(day.documents[-1].at), day.back_ms))
        if self._recovering_ms and self._is_in_cloud():
            self._step("replayed", "every sale is in the cloud, once")
        await self._rest_of_the_day()
        await self._until_done()
        if not self._is_done():
            self._tell(f"{len(self._open) + len(self._flying)} sales are still not in the cloud")
        await self._end_of_day()
        await stage.stop_box()

    def _in_flight_ones(self) -> list[InputDocument]:
        """The last documents before the cut, one per till at most."""
        before = [one for one in self._day.documents if to_ms(one.at) < self._day.cut_ms]
        return before[len(before) - min(len(before), len(self._tills)) :]

    def _customer(self, document: InputDocument) -> Callable[[], Any]:
        async def come() -> None:
            await self._serve(document)

        return come

    async def _open_tills(self) -> None:
        for till in self._tills:
            if not till.is_enrolled:
                code = taken(await self._stage.staff.post("/v1/codes", json={"name": till.name}), "a code")["code"]
                await till.enrol(code)
        first = self._tills[0]
        first.sign("drawer_float", DrawerMove(FLOAT_MINOR, "change in the morning"), self._day.day, self._stage.now_ms, CASHIER)
        await first.push()

    # Selling ----------------------------------------------------------------------------------------

    async def _serve(self, document: InputDocument) -> None:
        """A customer stands at the counter: which way now?"""
        if self._phase == "fallback":
            await self._sell_by_us(document)
        elif self._line_up:
            await self._sell_by_cloud(document)
        else:
            self._queue.append(document)

    async def _sell_by_cloud(self, document: InputDocument, reference: str = "") -> None:
        """At the cloud's own till."""
        reply = await self._stage.line.post("/till/sales", json=self._cloud_form(document, reference))
        number = taken(reply, f"the cloud's till, document {document.key}")["number"]
        self._note_sold(document, Route("cloud", number), "cloud")

    def _cloud_form(self, document: InputDocument, reference: str) -> dict[str, Any]:
        lines = [
            {"item": x.item, "name": x.name, "quantity": x.quantity, "amount_minor": x.amount_minor, "vat_ppm": x.vat_ppm}
            for x in document.lines
        ]
        payments = [{"tender": x.kind, "amount_minor": x.amount_minor} for x in document.tenders]
        return {
            "day": document.day,
            "kind": document.kind,
            "at_ms": self._stage.now_ms,
            "currency": self._day.currency,
            "lines": lines,
            "payments": payments,
            "rounding_minor": document.rounding_minor,
            "customer": document.customer,
            "reference": reference,
            "till": self._tills[self._turn % len(self._tills)].name,
        }

    async def _sell_by_us(self, document: InputDocument) -> None:
        """At our till, or on a slip."""
        if len(document.lines) <= SLIP_LINES_MAX:
            self._short += 1
            if self._short in SLIP_TURNS:
                self._write_slip(document)
                return
        till = self._next_till()
        body = document_of(document, till.next_number, self._day.currency, prices_as_of=None)
        entry = till.sign(document.kind, body, document.day, self._stage.now_ms, CASHIER)
        await till.push()
        self._note_sold(document, Route("entry", entry), "till")

    def _next_till(self) -> Till:
        self._turn += 1
        return self._tills[self._turn % len(self._tills)]

    def _note_sold(self, document: InputDocument, route: Route, how: str) -> None:
        self._ledger.routes[document.key] = route
        self._ledger.sold_ms.append((self._stage.now_ms, how))
        self._left -= 1

    def _write_slip(self, document: InputDocument) -> None:
        """Written now, keyed in when the queue is gone."""
        self._ledger.slips += 1
        self._papers += 1
        slip, at_ms = f"{SLIP_SERIES}-{self._ledger.slips:04}", self._stage.now_ms
        self._ledger.sold_ms.append((at_ms, "slip"))

        async def key_in() -> None:
            body = {
                "slip": slip,
                "kind": document.kind,
                "happened_at_ms": at_ms,
                "document": slip_form(document, self._day.currency),
            }
            kept = taken(await self._stage.staff.post("/v1/slips", json=body), f"slip {slip}")
            self._ledger.routes[document.key] = Route("entry", kept["id"])
            self._ledger.acknowledged.add(kept["id"])
            self._papers -= 1
            self._ledger.human_s += DOCUMENT_S + LINE_S * len(document.lines)
            self._left -= 1

        self._agenda.note(at_ms + SLIP_LATER_S * 1000, key_in)

    # Cut and return -----------------------------------------------------------------------------------

    async def _cut(self, flying: list[InputDocument]) -> None:
        """The line dies while sales are on their way; each till notes what it does not know."""
        for place, document in enumerate(flying):
            till = self._tills[place % len(self._tills)]
            reference = f"{till.name}/{self._day.day[5:]}/{place + 1}"
            await self._stage.control.post("/till-loses", json={"forward": place % 2 == 0})
            with contextlib.suppress(httpx.TransportError):  # Sent, and no answer came.
                await self._stage.line.post("/till/sales", json=self._cloud_form(document, reference))
            body = InFlight(document_of(document, till.next_number, self._day.currency), document.kind, reference)
            entry = till.sign("in_flight", body, document.day, self._stage.now_ms, CASHIER)
            self._flying[entry] = reference
            self._note_sold(document, Route("in_flight", entry, reference), "in_flight")
        await self._stage.control.post("/line", json={"up": False})
        self._line_up = False
        for till in self._tills:
            await till.push()
        self._step("line dead", f"the line is dead, {len(flying)} sales are in flight")

    def _step(self, name: str, text: str, at_ms: int | None = None) -> None:
        at_ms = self._stage.now_ms if at_ms is None else at_ms
        self._ledger.steps.append((at_ms, name))
        self._say(text, at_ms)

    def _tell(self, text: str) -> None:
        self._say(text, self._stage.now_ms)

    async def _line_back(self) -> None:
        """The line works again; the cloud behind it is in a bad mood."""
        await self._stage.control.post("/line", json={"up": True})
        self._line_up = True
        if self._day.faults and self._clerk is None:
            entries = sorted(self._open)
            expected = max(1, len(entries) + len(self._flying) // 2)
            plan = {"faults": self._day.faults, "sends_expected": expected, "entries": entries}
            taken(await self._stage.control.post("/faults", json=plan), "the faults")
        self._step("line back", f"the line is back; {len(self._open)} sales wait for the cloud")
        if self._phase != "fallback":
            await self._empty_queue()

    async def _empty_queue(self) -> None:
        """Whoever waited is served, one after the other at each till."""
        queue, self._queue = self._queue, []
        for place, document in enumerate(queue):
            at_ms = self._stage.now_ms + SERVE_S * 1000 * (1 + place // len(self._tills))
            self._agenda.note(at_ms, self._customer(document))

    # Looking ------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """What is new in the journal, what the box says, and what is due."""
        for fact in self._stage.news():
            await self._hear(fact)
        if not self._line_up and not self._verdict_ms and self._phase in ("none", "suspected", "cleared"):
            await self._watch()
        await self._agenda.run(self._stage.now_ms)
        self._rested_wall_s = self._stage.real.stopwatch_s()

    async def _watch(self) -> None:
        status = taken(await self._stage.staff.get("/v1/status"), "the status")
        down = [one for one in status["verdicts"] if one["state"] == "down"]
        if not down:
            return
        self._verdict_ms = self._stage.now_ms
        self._ledger.detect_s = max(self._ledger.detect_s, (self._verdict_ms - self._day.cut_ms) / 1000)
        self._step("noticed", f"the box says: {', '.join(sorted({one['cause'] for one in down}))}")
        if not self._day.nobody:
            self._agenda.note(self._verdict_ms + 60_000, self._owner.confirm)

    async def _hear(self, fact: dict[str, Any]) -> None:
        """One new entry of the journal."""
        kind, body, about = fact["kind"], fact["body"], fact["refers_to"]
        if kind in ("sale", "refund"):
            self._open.add(fact["id"])
        elif kind == "answer" and body["word"] in ("created", "exists"):
            self._open.discard(about)
            self._ledger.booked_ms.append(fact["recorded_at"])
            if self._recovering_ms:
                self._replayed_until(fact["recorded_at"])
        elif kind == "parked":
            self._owner.parked(about)
        elif kind == "in_flight_settled":
            self._flying.pop(about, None)
        elif kind == "outage":
            await self._outage(body["phase"], fact["recorded_at"])

    async def _outage(self, phase: str, at_ms: int) -> None:
        self._phase = phase
        if phase == "fallback" and self._line_up is False:
            self._ledger.declare_s = max(self._ledger.declare_s, (at_ms - self._day.cut_ms) / 1000)
            self._step("fallback", f"the fallback is open, the tills sell on; customers who waited: {len(self._queue)}", at_ms)
            await self._empty_queue()
        elif phase == "recovering":
            self._recovering_ms, self._recovering_wall_s = at_ms, self._rested_wall_s
            self._step("recovering", "the way back begins; the tills go back to the cloud", at_ms)
            await self._empty_queue()
            if self._clerk:
                self._clerk.begin(sorted(self._open), self._day.faults)
            for item in tuple(self._flying):
                self._agenda.note(at_ms + PATIENCE_S * 1000, self._person_settles(item))
        elif phase == "closed":
            self._step("closed", "the outage is closed", at_ms)

    def _replayed_until(self, at_ms: int) -> None:
        self._ledger.replay_s = max(self._ledger.replay_s, (at_ms - self._recovering_ms) / 1000)
        self._ledger.replay_wall_s = max(self._ledger.replay_wall_s, self._stage.real.stopwatch_s() - self._recovering_wall_s)

    def _person_settles(self, item: str) -> Callable[[], Any]:
        async def look_at_screen() -> None:
            if item not in self._flying:
                return
            reply = await self._stage.line.get("/till/day-report.csv", params={"day": self._day.day})
            await self._owner.settle(item, number_in_report(reply.text, self._flying[item]))

        return look_at_screen

    # The end ------------------------------------------------------------------------------------------

    def _is_done(self) -> bool:
        return self._is_in_cloud() and not self._left

    async def _until_recovered(self, last_ms: int) -> None:
        """The outage, and the way back; at the latest to the day's last sale."""
        while self._stage.now_ms < last_ms and not self._is_recovered():
            await self._stage.go(min(last_ms, self._stage.now_ms + STEP_MS), self._agenda.next_ms, self._look)

    def _is_recovered(self) -> bool:
        """Nothing waits for the cloud any more, and the tills are back at it."""
        if self._stage.now_ms <= self._day.back_ms + STEP_MS or self._phase in ("suspected", "fallback"):
            return False
        return self._is_in_cloud() and (self._clerk is None or self._clerk.is_finished)

    def _is_in_cloud(self) -> bool:
        """Of all that was sold without it, nothing waits any more."""
        return not (self._open or self._flying or self._queue or self._papers)

    async def _rest_of_the_day(self) -> None:
        """What is sold now the cloud's own till records; nothing can be learnt from the box, so it rests until the evening."""
        if not self._left:
            return
        await self._stage.stop_box()
        while self._left and self._agenda.next_ms() < FOREVER_MS:
            self._stage.jump(self._agenda.next_ms())
            await self._agenda.run(self._stage.now_ms)
        await self._stage.start_box()

    async def _until_done(self) -> None:
        """Every sale in the cloud, or time is over."""
        end_ms = self._stage.now_ms + REPLAY_S_MAX * 1000
        while not self._is_done() and self._stage.now_ms < end_ms:
            await self._stage.go(self._stage.now_ms + STEP_MS, self._agenda.next_ms, self._look)

    async def _end_of_day(self) -> None:
        """Count blind, read the terminal, close."""
        day, stage, till = self._day, self._stage, self._tills[0]
        counted_ms = stage.now_ms + COUNT_AFTER_S * 1000
        await stage.go(counted_ms, self._agenda.next_ms, self._look)
        await stage.control.post("/off")
        cash = FLOAT_MINOR + paid(day.documents, "cash")
        batch = paid(day.documents, "card")
        till.sign("drawer_count", DrawerCount(cash), day.day, stage.now_ms, CASHIER)
        till.sign("batch_total", BatchTotal("terminal 1", batch), day.day, stage.now_ms, CASHIER)
        await till.push()
        self._ledger.counted.append(Counted(day.day, cash, batch))
        await stage.go(stage.now_ms + 1_000, self._agenda.next_ms, self._look)
        await self._until_done()  # While the drawer was counted something may have come up.
        if self._clerk:
            await self._clerk.bring_report()  # The one that shows the whole day.
        closed = taken(await stage.call(stage.staff.post(f"/v1/day/{day.day}/close", json={})), "closing the day")
        self._tell(f"drawer counted, terminal read; the day is closed as Z {closed['body']['z_number']}")
        if self._phase == "recovering" and self._is_done():
            await self._owner.close_outage()
        await stage.go(stage.now_ms + 1_000, self._agenda.next_ms, self._look)
        self._ledger.head = taken(await stage.staff.get("/v1/status"), "the status")["journal"]["head"]


def paid(documents: tuple[InputDocument, ...], kind: str) -> int:
    """Σ of one tender over the day: what lies in the drawer, what the terminal took."""
    return sum(tender.amount_minor for one in documents for tender in one.tenders if tender.kind == kind)


def slip_form(document: InputDocument, currency: str) -> dict[str, Any]:
    """A slip's sale as the keying page sends it."""
    return to_builtins(document_of(document, "", currency))


def number_in_report(report: str, reference: str) -> str | None:
    """The cloud's number of a document with that reference in its day report, if it stands there."""
    for row in csv.DictReader(report.splitlines()):
        if row["reference"] == reference and row["state"] == "final":
            return row["number"]
    return None
