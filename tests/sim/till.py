"""A simulated till: a queue that survives everything, as strict browser storage does, and its way to the box.

What it was told to be taken, it remembers; whether that was kept is for checkers.py to say.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sim.line import Lost
from sim.script import Lan
from sim.virtual import Ended, Lifetime, SimWorld
from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.model.sale import Document, Line, Tender
from tideover.rules.calendar import trading_day
from tideover.rules.cash import round_cash
from tideover.web.intake import Intake
from tideover.world import to_ms

ZONE, TURNS = "Europe/Helsinki", "04:00"
ITEMS = [(f"ITEM-{n}", 100 * n + 99, (255_000, 135_000, 100_000)[n % 3]) for n in range(1, 21)]  # Code, cents, VAT.
SAYS_ITS_HEAD_S = 60.0  # A till with nothing to send tells the box so often which head it holds.
LATE_S_MAX = 90.0  # A request may reach the box this much later, after those that were sent since.


class Waiting(Struct):
    """An entry that the box has not acknowledged."""

    entry: Entry
    signed: bytes
    signature: bytes


class SimTill:
    """One device; `number` counts the devices of the shop."""

    def __init__(self, number: int, name: str, world: SimWorld) -> None:
        self.number, self.name, self.world = number, name, world
        self.key = TillKey.generate(world)
        self.id = self.token = self.box = ""
        self.next_seq = 1
        self.head: dict[str, str] = {}  # The last one that the box gave, as it is said again, with the box's proof.
        self.said_s = 0.0  # When it last got an answer.
        self.stranger_since_s: float | None = None  # Since when the box does not know its token.
        self.waiting: list[Waiting] = []
        self.kept: list[tuple[float, Waiting]] = []  # What was acknowledged, and when: it is not thrown away the same day.
        self.made: dict[str, Entry] = {}
        self.versions: dict[str, set[bytes]] = {}  # Entry id to what was ever signed for it: again after each enrolment.
        self.acknowledged: set[str] = set()
        self.refusals: dict[str, str] = {}  # Entry id to the code of the last refusal.

    @property
    def head_seq(self) -> int:
        """How many entries the journal had, by the head that this till was told last."""
        return int(self.head.get("known_head", "0:").partition(":")[0])

    def make(self, kind: str, body: Struct) -> str:
        """Something happened: it is signed and kept before anybody is told."""
        now = self.world.now()
        entry = Entry(
            id=self.world.new_id(),
            kind=kind,
            version=1,
            till=self.id,
            till_seq=self.next_seq,
            happened_at=to_ms(now),
            trading_day=trading_day(now, ZONE, TURNS),
            operator="Aino",
            refers_to=None,
            body=body,
        )
        self.made[entry.id] = entry
        self._keep(entry)
        return entry.id

    def _keep(self, entry: Entry) -> None:
        signed = encode(entry)
        self.next_seq += 1
        self.versions.setdefault(entry.id, set()).add(signed)
        self.waiting.append(Waiting(entry, signed, self.key.sign(signed)))

    def begin_again(self, id: str, token: str, box: str) -> None:
        """Enrolled anew: what still waits is signed again, under the new number. What another box gave as head is no use here."""
        self.head = self.head if box == self.box else {}
        self.box, self.id, self.token, self.next_seq, self.stranger_since_s = box, id, token, 1, None
        waiting, self.waiting = self.waiting, []
        for n, one in enumerate(waiting, 1):
            self._keep(replace(one.entry, till=id, till_seq=n))

    def take_back(self, since_s: float) -> None:
        """The box that answered since then was not the right one: what it acknowledged is sent again, its head is forgotten."""
        again = [one for at_s, one in self.kept if at_s >= since_s and one.entry.till == self.id]
        self.kept = [(at_s, one) for at_s, one in self.kept if at_s < since_s]
        self.head, self.waiting = {}, sorted([*again, *self.waiting], key=lambda one: one.entry.till_seq)

    def copy(self, number: int, world: SimWorld) -> SimTill:
        """Another device with this one's storage: its key, its numbers, what waits."""
        twin = SimTill(number, f"{self.name}b", world)
        twin.key, twin.id, twin.token, twin.next_seq, twin.head = self.key, self.id, self.token, self.next_seq, self.head
        twin.box = self.box
        twin.waiting = list(self.waiting)
        twin.versions = self.versions  # Whichever of the two signs an entry: it is the same sale.
        return twin

    # To the box ---------------------------------------------------------------------------------

    def batch(self) -> tuple[list[Waiting], bytes]:
        """Some of what waits, in its order, as it goes over the wire."""
        batch = self.waiting[: self.world.chance.randint(1, 20)]
        entries = [{"signed": _text(one.signed), "signature": _text(one.signature)} for one in batch]
        return batch, msgspec.json.encode({"entries": entries, **self.head})

    def heard(self, batch: list[Waiting], reply: Any, now_s: float) -> str:
        """What the box said about each; returns the code of a refusal that only a new enrolment mends, or nothing."""
        self.head = {"known_head": reply["head"], "head_proof": reply["head_proof"]}
        self.said_s, self.stranger_since_s = now_s, None
        code, skipped = "", None
        for one, answer in zip(batch, reply["answers"], strict=True):
            id, word = one.entry.id, answer["answer"]
            if word in ("created", "exists") or (word == "differs" and len(self.versions[id]) > 1):
                if word == "differs" and skipped is None:
                    skipped = one.entry.till_seq
                self.acknowledged.add(id)
                self.kept.append((now_s, one))
                self.waiting = [other for other in self.waiting if other.entry.id != id]
                continue
            self.refusals[id] = answer.get("code", word)
            is_taken = answer.get("code") == "till-gap" and answer["expected"] > one.entry.till_seq
            if is_taken or answer.get("code") == "unknown-till":
                code = code or answer["code"]
        if skipped is not None:
            self._number_from(skipped)
        return code

    def _number_from(self, seq: int) -> None:
        """An entry that the box had from another device took no number here: what waits moves up."""
        waiting, self.waiting, self.next_seq = self.waiting, [], seq
        for one in waiting:
            self._keep(replace(one.entry, till_seq=self.next_seq))

    # What it sells ------------------------------------------------------------------------------

    def document(self) -> Document:
        """What the next customer buys, or brings back."""
        chance = self.world.chance
        sign = -1 if chance.random() < 0.05 else 1
        lines = tuple(
            Line(code, code.title(), sign * 1000 * n, cents * 100, sign * n * cents, vat)
            for code, cents, vat in chance.sample(ITEMS, chance.randint(1, 4))
            for n in [chance.randint(1, 3)]
        )
        total = sum(line.amount_minor for line in lines)
        tender, rounding = (Tender("card", total), 0) if chance.random() < 0.5 else _cash(total)
        return Document(
            number=f"{self.name}-{self.next_seq}",
            currency="EUR",
            prices_include_vat=True,
            lines=lines,
            tenders=(tender,),
            rounding_minor=rounding,
        )


def _cash(total: int) -> tuple[Tender, int]:
    rounded, rounding = round_cash(total, 5)
    return Tender("cash", rounded), rounding


def kind_of(document: Document) -> str:
    return "refund" if document.lines[0].quantity < 0 else "sale"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Cable:
    """The shop's own network between tills and box: loses, delays, doubles and re-orders requests."""

    def __init__(self, lan: Lan, chance: random.Random) -> None:
        self.lan = lan
        self.intake: Intake | None = None  # None: the box is off.
        self.life = Lifetime()  # The box's.
        self._chance = chance
        self._late: set[asyncio.Task[object]] = set()

    def _strikes(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    async def carry(self, token: str, body: bytes) -> tuple[int, Any]:
        """Status and answer. Raises Lost."""
        if self._strikes(self.lan.lost):
            raise Lost("the request")
        if self._strikes(self.lan.late):
            task = asyncio.create_task(self._later(token, body))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            raise Lost("for now")
        reply = await self._deliver(token, body)
        if self._strikes(self.lan.twice):
            reply = await self._deliver(token, body)
        if self._strikes(self.lan.lost):
            raise Lost("the answer")
        return reply

    async def _later(self, token: str, body: bytes) -> None:
        await asyncio.sleep(self._chance.uniform(1, LATE_S_MAX))
        with contextlib.suppress(Lost):
            await self._deliver(token, body)

    async def _deliver(self, token: str, body: bytes) -> tuple[int, Any]:
        intake, said = self.intake, []
        if intake is None:
            raise Lost("the box is off")

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        try:
            await self.life.do(intake({"headers": [(b"authorization", b"Bearer " + token.encode())]}, receive, send))
        except Ended as error:
            raise Lost("the box was killed meanwhile") from error
        return said[0]["status"], msgspec.json.decode(said[1]["body"])
