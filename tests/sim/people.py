"""The people of a simulated shop: they confirm, solve what is parked, settle, key slips, count, close, and make mistakes.

They know what the cloud's screen and the box show them, and what they themselves did; nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

from msgspec import Struct

from sim.line import Line, Lost
from sim.machine import Machine
from sim.script import Script
from sim.till import SimTill, kind_of
from sim.virtual import Ended
from tideover.app import House
from tideover.errors import SlipUsed, TideoverError
from tideover.model.facts import Erased
from tideover.model.sale import Document
from tideover.practice.books import number_of
from tideover.practice.cloud import CloudApp
from tideover.world import to_ms

LOOKS_S = 60.0  # Somebody looks at the box so often.
SPOILED_SHARE = 0.1  # Of slips.
SKIPPED_SHARE = 0.05  # Of slips: taken from the pad and lost.
TWICE_SHARE = 0.2  # Of slips that are keyed: keyed again.
RIGHT_S = 60.0  # A clock that is wrong by less is right enough for a person.
PAD = 60  # Slips on the pad.
MONEY_SQL = """
SELECT coalesce(sum(amount_minor), 0) FROM payment JOIN sale ON sale.id = sale_id
WHERE state = 'final' AND day = ? AND tender = ?
"""

MONEY_OF_SQL = MONEY_SQL + " AND reference = ?"
BOOKED_SQL = "SELECT 1 FROM sale WHERE external_id = ? AND state = 'final'"


class Slip(Struct):
    """One paper slip, as it lies in the drawer."""

    number: str
    at_ms: int
    document: Document
    is_keyed: bool = False


class People:
    """Everybody who works there."""

    def __init__(self, script: Script, machine: Machine, line: Line, cloud: CloudApp) -> None:
        self.script, self.machine, self.line, self.cloud = script, machine, line, cloud
        self.chance = random.Random(f"people {script.seed}")
        self.slips: list[Slip] = []
        self.spoiled: list[str] = []
        self.by_hand: dict[str, str] = {}  # Entry id to the reference under which it was keyed into the cloud as well.
        self.forgotten: list[str] = []  # Parties.
        self.faults: list[str] = []  # What the box let them do, and should not have.
        self.wants_all_clear = False
        self._written = 0

    def database(self, sql: str, *bindings: Any) -> Any:
        """What the cloud's own screen shows."""
        return self.cloud.cloud.database.one(sql, bindings)

    # Every minute -------------------------------------------------------------------------------

    async def look_after(self) -> None:
        """Confirm what the wall says, solve what is parked, answer what the cloud cannot, key slips."""
        while True:
            await asyncio.sleep(LOOKS_S)
            house = self.machine.house
            if house is None or house.journal.broken is not None:
                continue
            with contextlib.suppress(TideoverError, Ended):  # The box says what it cannot do; it is tried again.
                await self.machine.life.do(self._once(house))

    async def _once(self, house: House) -> None:
        phase = house.fallback.outage.phase
        if self.script.confirms and phase == "suspected" and not self.line.up:
            await house.fallback.confirm("Aino")
        if self.wants_all_clear and self.line.up and phase in ("suspected", "fallback"):
            self.wants_all_clear = False
            await house.fallback.all_clear("Aino")
        for parked in house.outbox.parked()[:3]:
            await self._solve(house, parked)
        for check in [one for one in house.in_flight.open() if one.needs_person][:3]:
            await house.in_flight.settle(check.id, self._looked_up(check.reference), "Aino")
        for slip in [one for one in self.slips if not one.is_keyed][:3]:
            await self._key(house, slip)

    async def _solve(self, house: House, parked: Any) -> None:
        self.line.refused.discard(parked.id)
        if parked.cause == "possible-double" and (number := self._same_sale(house, parked)):
            await house.outbox.solve(parked.id, "was_booked", "Aino", "keyed twice", number=number)
            return
        await house.outbox.solve(parked.id, "send_on", "Aino", "looked at it")

    def _same_sale(self, house: House, parked: Any) -> str | None:
        """The cloud's number, if it is what was typed there by hand, or the paper in the drawer and the cloud's screen say the same."""
        if parked.id in self.by_hand:
            row = self.database("SELECT id FROM sale WHERE reference = ? AND state = 'final'", self.by_hand[parked.id])
            return number_of(row[0]) if row is not None else None
        number, slip = parked.reason.partition(" ")[0], house.journal.find(parked.id).entry.body.slip
        paper = next((one for one in self.slips if one.number == slip), None)
        if paper is None:
            return None
        row = self.database("SELECT id FROM sale WHERE at_ms = ? AND external_id IS NOT NULL AND state = 'final'", paper.at_ms)
        return number if row is not None and number_of(row[0]) == number else None

    def _looked_up(self, reference: str) -> Any:
        found = self.database("SELECT 1 FROM sale WHERE reference = ? AND state = 'final'", reference)
        return "was_booked" if found else "was_not_booked"

    # Slips --------------------------------------------------------------------------------------

    def write_slip(self, till: SimTill, document: Document) -> None:
        """A sale on paper; now and then one is spoiled or lost on the way."""
        while self.chance.random() < SPOILED_SHARE + SKIPPED_SHARE:
            if self.chance.random() < SPOILED_SHARE:
                self.spoiled.append(self._number())
            else:
                self._number()
        self.slips.append(Slip(self._number(), to_ms(till.world.now()), document))

    def _number(self) -> str:
        self._written += 1
        return f"A-{self._written:04d}"

    async def _key(self, house: House, slip: Slip) -> None:
        kind = kind_of(slip.document)
        try:
            await house.counter.key_slip(slip.number, kind, slip.at_ms, slip.document, operator="Aino")  # type: ignore[arg-type]
        except SlipUsed:  # Keyed before, and the box was killed before it said so.
            slip.is_keyed = True
            return
        slip.is_keyed = True
        if self.chance.random() < TWICE_SHARE:
            with contextlib.suppress(SlipUsed):
                await house.counter.key_slip(slip.number, kind, slip.at_ms, slip.document, operator="Veikko")  # type: ignore[arg-type]
                self.faults.append(f"slip {slip.number} was taken twice")

    # What the script asks of them ---------------------------------------------------------------

    async def key_by_hand(self, tills: list[SimTill]) -> None:
        """Type a fallback sale into the cloud as well, as soon as the line is up: the mistake that Holds looks for."""
        for _ in range(60):
            await asyncio.sleep(20)
            house = self.machine.house
            waits = [one for till in tills for one in till.made.values() if one.kind == "sale" and one.id not in self.by_hand]
            clocks = (self.machine.world, *(till.world for till in tills))
            if any(abs(one.wrong_s()) > RIGHT_S for one in clocks):
                return  # What a person types has the day and the hour on the wall; nobody could find it again.
            if self.machine.is_wrong:
                return  # The outage that it tells of is forgotten with it: what was keyed because of it, nobody can find again.
            if not waits or not self.line.up or house is None or house.fallback.outage.phase != "fallback":
                continue
            entry, reference, keyed_at = waits[-1], f"H-{len(self.by_hand) + 1}", self.machine.world.true_now()
            body = as_cloud_sees(entry.body, reference, entry.trading_day, to_ms(keyed_at), "back office")
            with contextlib.suppress(Lost):
                await self.line.post("/till/sales", body)
            if self.database("SELECT 1 FROM sale WHERE reference = ?", reference) is not None:
                self.by_hand[entry.id] = reference
            return

    async def forget_somebody(self) -> None:
        """A customer's details are kept, and then erased for good."""
        house = self.machine.house
        if house is None or house.journal.broken is not None:
            return
        with contextlib.suppress(TideoverError, Ended):
            party, _ = house.people.put({"name": "Helmi Aalto"})
            house.people.erase(party)
            self.forgotten.append(party)
            await self.machine.life.do(house.journal.record("erased", Erased(party, "she asked")))

    async def close_day(self, day: str) -> None:
        """Count drawer and terminal, close; what is closed already stays closed."""
        house = self.machine.house
        if house is None or house.journal.broken is not None or house.close.closed(day) is not None:
            return
        with contextlib.suppress(TideoverError, Ended):  # Whoever closes a day twice, or in mid-failure, is told so.
            await self.machine.life.do(self._count_and_close(house, day))

    async def _count_and_close(self, house: House, day: str) -> None:
        await house.counter.count_drawer(max(0, self._money(day, "cash")), "Aino", day)
        await house.counter.batch_total("card terminal", self._money(day, "card"), "Aino", day)
        await house.close.close(day, "Aino")

    def _money(self, day: str, tender: str) -> int:
        """What really lies there: a sale that was booked and typed in once more was paid once."""
        twice = (MONEY_OF_SQL, day, tender)
        once_more = [self.database(*twice, typed)[0] for id, typed in self.by_hand.items() if self.database(BOOKED_SQL, id) is not None]
        return self.database(MONEY_SQL, day, tender)[0] - sum(once_more)

    async def say_what_became_of_slips(self) -> None:
        """What lies in the drawer is keyed, also again where an old copy of the books forgot it; spoiled ones are void, others missing."""
        house = self.machine.house
        assert house is not None
        drawer = {slip.number: slip for slip in self.slips}
        for number in house.counter.skipped_slips():
            if number not in drawer:
                state = "void" if number in self.spoiled else "missing"
                await house.counter.spoil_slip(number, state, "said in the evening", "Aino")  # type: ignore[arg-type]
        if self._written and house.plan.pads():
            await house.counter.slips.count_pad("A-0001", self._written + 1, "Aino")
        for state in house.counter.slips.account().unexplained:
            if state.slip in drawer:
                await self._key(house, drawer[state.slip])


def as_cloud_sees(document: Document, reference: str, day: str, at_ms: int, till: str) -> dict[str, Any]:
    """A document as the cloud's own till records it."""
    return {
        "external_id": None,
        "day": day,
        "kind": kind_of(document),
        "at_ms": at_ms,
        "currency": "EUR",
        "lines": [
            {"item": one.item, "name": one.name, "quantity": one.quantity, "amount_minor": one.amount_minor, "vat_ppm": one.vat_ppm}
            for one in document.lines
        ],
        "payments": [{"tender": one.kind, "amount_minor": one.amount_minor} for one in document.tenders],
        "rounding_minor": document.rounding_minor,
        "customer": None,
        "refers_to": None,
        "reference": reference,
        "till": till,
        "note": "",
    }
