"""A whole shop from one script: tills, box, cloud, line, people, clocks and bad luck, in virtual time.

This is the workload. It knows what was acknowledged to whom; whether that was kept is for checkers.py to say.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sim.line import CALM, Line, Lost
from sim.machine import Machine
from sim.people import PAD, People, as_cloud_sees
from sim.quick import remembering
from sim.script import Event, Lan, Script
from sim.till import ITEMS, SAYS_ITS_HEAD_S, TURNS, ZONE, Cable, SimTill, kind_of
from sim.virtual import Elapsed, Ended, SimWorld, run_virtual
from tideover.errors import TideoverError, WrongState
from tideover.journal.chain import Head
from tideover.model.facts import InFlight
from tideover.model.sale import Document
from tideover.practice.cloud import make_cloud
from tideover.recover.beyond import beyond_box
from tideover.rules.calendar import trading_day
from tideover.web.witness import WHO
from tideover.world import to_ms

HEALED_S = 12 * 3600  # After this, whatever still waits counts as stuck.
QUIET_LOOKS_S = 15.0
RE_ENROL_S = 240.0  # So long a till is a stranger to its box before a person enrols it again.
SALES = "SELECT id FROM entry WHERE till = ? AND till_seq <= ? AND kind IN ('sale', 'refund')"
MEMORY = Path("/dev/shm")  # Where there is one, files live in memory: the disk that fails is a simulated one.


class SimShop:
    """One shop; after `play` everything that a checker needs stands in its attributes."""

    def __init__(self, script: Script, folder: Path) -> None:
        self.script, self.folder = script, folder
        self.elapsed = Elapsed()
        self.starts = datetime.fromisoformat(script.starts).replace(tzinfo=UTC)
        self.cloud = make_cloud(folder / "practice.db", SimWorld(self.starts, f"cloud {script.seed}", self.elapsed))
        self.line = Line(self.cloud, random.Random(f"line {script.seed}"))
        self.cable = Cable(script.lan, random.Random(f"lan {script.seed}"))
        box_world = SimWorld(self.starts, f"box {script.seed}", self.elapsed, script.clock_of(-1))
        self.machine = Machine(script, folder, box_world, self.line, self.cable, self.elapsed)
        self.machine.take_back = lambda since_s: [till.take_back(since_s) for till in self.tills] and None
        self.machine.seen = lambda box: max((till.head_seq for till in self.tills if till.box == box), default=0)
        self.people = People(script, self.machine, self.line, self.cloud)
        self.tills: list[SimTill] = []
        self.in_flight: dict[str, str] = {}  # Reference on the cloud till's screen to the check list's entry id.
        self.cuts: list[tuple[float, float]] = []  # When the line was down.
        self.stuck: list[str] = []  # What still waited when the shop should have been quiet.
        self.days: list[str] = []  # Closed in the evening, when nothing was open any more.
        self.told_beyond: dict[str, float] = {}  # Entry to when its till was told that it stands beyond the box.
        self._numbers = self._cuts_now = 0
        self._trading = True
        self._push_tasks: list[asyncio.Task[None]] = []
        self._trades: list[asyncio.Task[None]] = []

    # What happens ---------------------------------------------------------------------------------

    async def _happen(self, event: Event) -> None:
        if event.what in ("kill", "power", "torn", "full", "restore", "replace"):
            await self.machine.suffer(event)
            return
        await self.machine.at(event.at_s)
        match event.what:
            case "cut":
                await self._cut(event.span_s)
            case "step":
                self._clock(event.who).step(event.size)
            case "drift":
                self._clock(event.who).drift(event.size)
            case "clone":
                self._clone(self.tills[event.who % self.script.tills])
            case "revoke":
                await self._revoke(self.tills[event.who % self.script.tills], event.span_s)
            case "hand":
                await self.people.key_by_hand(self.tills)
            case "close":
                await self.people.close_day(self._day())
            case "all_clear":
                self.people.wants_all_clear = True
            case "forget":
                await self.people.forget_somebody()

    async def _cut(self, span_s: float) -> None:
        began_s = self.elapsed.s
        self._cuts_now += 1
        self.line.up = False
        await asyncio.sleep(span_s)
        self._cuts_now -= 1
        self.line.up, self.line.mischief = self._cuts_now == 0, self.script.mischief
        self.cuts.append((began_s, self.elapsed.s))

    def _clock(self, who: int) -> SimWorld:
        return self.machine.world if who < 0 else self.tills[who % self.script.tills].world

    def _day(self) -> str:
        return trading_day(self.machine.world.now(), ZONE, TURNS)

    def _clone(self, till: SimTill) -> None:
        number = len(self.tills)
        twin = till.copy(number, SimWorld(self.starts, f"till {self.script.seed} {number}", self.elapsed, till.world.wrong_s()))
        self.tills.append(twin)
        self._push_tasks.append(asyncio.create_task(self._push(twin)))
        self._trades.append(asyncio.create_task(self._trade(twin)))

    async def _revoke(self, till: SimTill, span_s: float) -> None:
        house = self.machine.house
        if house is None:
            return
        with contextlib.suppress(TideoverError, Ended):
            await self.machine.life.do(house.journal.revoke(till.id, "it lay about"))

    # Tills ----------------------------------------------------------------------------------------

    async def _enrol(self, till: SimTill) -> bool:
        """A person lets a till in, for the first time or again; False if the box does not let them."""
        house, access = self.machine.house, self.machine.access
        if house is None or access is None or house.journal.broken is not None:
            return False
        try:
            id = await self.machine.life.do(house.journal.enrol(till.name, till.key.spki_b64))
            till.begin_again(id, access.tokens.give(id), house.journal.box)
        except (TideoverError, Ended):
            return False
        return True

    async def _trade(self, till: SimTill) -> None:
        while self._trading:
            await asyncio.sleep(till.world.chance.expovariate(1 / self.script.sale_every_s))
            document, house = till.document(), self.machine.house
            if house is None and till.world.chance.random() < self.script.paper_share:
                self.people.write_slip(till, document)
            elif house is None or house.fallback.outage.phase == "fallback":
                entry = till.make(kind_of(document), document)
                if till.world.chance.random() < self.script.refuse_share:
                    self.line.refused.add(entry)
            else:
                await self._sell_in_cloud(till, document)

    async def _sell_in_cloud(self, till: SimTill, document: Document) -> None:
        """The cloud's own till; a sale without an answer goes on the check list."""
        self._numbers += 1
        reference, now = f"{till.name}-{self._numbers}", till.world.true_now()  # It has the cloud's clock.
        body = as_cloud_sees(document, reference, trading_day(now, ZONE, TURNS), to_ms(now), till.name)
        try:
            await self.line.post("/till/sales", body)
        except Lost:
            self.in_flight[reference] = till.make("in_flight", InFlight(document, kind_of(document), reference))
        # Whatever it answered is an answer: a till that says "try again" has sold nothing.

    async def _push(self, till: SimTill) -> None:
        """The till's outbox: the same bytes again until the box has acknowledged them."""
        while True:
            await asyncio.sleep(till.world.chance.uniform(3, 15))
            if self.cable.intake is None or (not till.waiting and self.elapsed.s - till.said_s < SAYS_ITS_HEAD_S):
                continue
            batch, body = till.batch()
            id = till.id
            try:
                status, reply = await self.cable.carry(till.token, body)
            except Lost:
                continue
            if id == till.id:
                await self._take_answer(till, batch, status, reply)

    async def _take_answer(self, till: SimTill, batch: list, status: int, reply: dict) -> None:
        if status == 200:
            self._look(till)
            if till.heard(batch, reply, self.elapsed.s):
                await asyncio.sleep(till.world.chance.uniform(20, 120))  # Until a person comes.
                await self._enrol(till)
        elif status == 401:
            self._say_head(till)
            till.stranger_since_s = self.elapsed.s if till.stranger_since_s is None else till.stranger_since_s
            if self.machine.is_replaced or self.elapsed.s - till.stranger_since_s > RE_ENROL_S:
                await self._enrol(till)
        elif reply.get("code") not in MAY_SAY:
            self.people.faults.append(f"the box answered {till.name} {status}: {reply}")

    def _look(self, till: SimTill) -> None:
        """What a till reads of its box's standing: up to which number it needs to be no witness any more."""
        house = self.machine.house
        if house is None:
            return
        database = house.journal.database
        with contextlib.suppress(TideoverError):
            until = beyond_box(database, till.id, house.journal.next_seq(till.id) - 1)
            for (entry,) in database.rows(SALES, (till.id, until)):
                self.told_beyond.setdefault(entry, self.elapsed.s)

    def _say_head(self, till: SimTill) -> None:
        """A box that does not know a till hears one thing of it: the head it once gave (web/witness.py)."""
        house = self.machine.house
        if house is not None and till.head:
            with contextlib.suppress(TideoverError):
                house.journal.witness(Head.parse(till.head["known_head"]), WHO, till.head["head_proof"])

    # The day --------------------------------------------------------------------------------------

    async def play(self) -> None:
        """Trade, break, heal, wait until nothing moves any more, close the day."""
        items = [{"code": code, "name": code.title(), "unit_price": cents * 100, "vat_ppm": vat} for code, cents, vat in ITEMS]
        await self.line.post("/admin/load", {"items": items})
        await self.machine.on()
        await self._begin()
        background = [asyncio.create_task(self.people.look_after())]
        self._push_tasks = [asyncio.create_task(self._push(till)) for till in self.tills]
        happening = [asyncio.create_task(self._happen(event)) for event in self.script.events]
        self._trades = [asyncio.create_task(self._trade(till)) for till in self.tills]
        await asyncio.sleep(self.script.trading_s)
        self._trading = False
        await asyncio.gather(*happening)
        await asyncio.gather(*self._trades)  # Those of devices that were copied meanwhile, too: nobody sells after the day is closed.
        await self._heal()
        await self._evening()
        for task in [*background, *self._push_tasks]:
            task.cancel()
        ends = await asyncio.gather(*background, *self._push_tasks, return_exceptions=True)
        await self.machine.stop()
        for end in ends:  # A person or a till of the simulation that fell over proves nothing.
            if end is not None and not isinstance(end, asyncio.CancelledError):
                raise end

    async def _begin(self) -> None:
        assert self.machine.house is not None
        self.machine.house.plan.issue_pad("A", PAD, "Aino")
        for n in range(self.script.tills):
            world = SimWorld(self.starts, f"till {self.script.seed} {n}", self.elapsed, self.script.clock_of(n))
            self.tills.append(SimTill(n, f"T{n + 1}", world))
            assert await self._enrol(self.tills[-1])

    async def _heal(self) -> None:
        """The line is up and calm, the shop's network too: everything that waits finds its way."""
        self.line.up, self.line.mischief, self.cable.lan = True, CALM, Lan()
        await self._until_quiet("the shop")
        for n, old in enumerate(self.machine.old):
            right = await self.machine.swap_disk(old, n, serves=False)
            await self._until_quiet("the old disk")
            await self._look_for_hands()
            self.machine.old[n] = await self.machine.swap_disk(right, len(self.machine.old), serves=True)
            await self._until_quiet("the shop again")

    async def _until_quiet(self, who: str) -> None:
        deadline_s = self.elapsed.s + HEALED_S
        while why := self._waits():
            if self.elapsed.s > deadline_s:
                self.stuck.append(f"{who}: {why}")
                return
            await asyncio.sleep(QUIET_LOOKS_S)

    def _waits(self) -> str:
        """What keeps the shop from being quiet, or nothing."""
        house = self.machine.house
        if house is None:
            return "the box is off"
        if house.journal.broken is not None:
            return f"the journal is broken: {house.journal.broken.message}"
        phase, counts = house.fallback.outage.phase, house.outbox.counts()
        is_serving = self.cable.intake is not None
        waits = {
            f"the outage is in {phase}": phase in ("fallback", "suspected"),
            f"{counts} in the outbox": counts.waiting or counts.sending or counts.parked,
            "sales in flight": bool(house.in_flight.open()),
            "tills hold entries": is_serving and any(till.waiting for till in self.tills),
            "slips are not keyed": is_serving and not all(slip.is_keyed for slip in self.people.slips),
        }
        return ", ".join(what for what, holds in waits.items() if holds)

    async def _evening(self) -> None:
        """Slips are accounted for, the days are closed, the outage too; some shops are watched through the night."""
        house = self.machine.house
        if self.stuck or house is None:
            return
        await self.people.say_what_became_of_slips()
        await self._until_quiet("the evening's slips")
        for day in house.outbox.rows.open_days():
            if day <= self._day():  # A till whose clock is ahead sells for tomorrow.
                await self.people.close_day(day)
                self.days.append(day)
        await self._look_for_hands()
        if house.fallback.outage.phase == "recovering":
            with contextlib.suppress(WrongState):  # Tomorrow, then: a day that is ahead of the clock stays open.
                await house.fallback.close([one.text for one in house.close.checklist()], "Aino")
        if self.script.night_s:
            await asyncio.sleep(self.script.night_s)

    async def _look_for_hands(self) -> None:
        """The days on which somebody keyed by hand are compared once more, on whatever disk is in."""
        house = self.machine.house
        if self.stuck or house is None:
            return
        for day in sorted({till.made[id].trading_day for till in self.tills for id in self.people.by_hand if id in till.made}):
            await house.close.note_findings(day)

    def close(self) -> None:
        """Let go of the files."""
        self.machine.close()
        self.cloud.close()


# A box that cannot take it.
MAY_SAY = {"tail-missing", "history-differs", "chain-broken", "damaged", "disk-failed", "file-damaged", "not-signed-in"}


@contextmanager
def played(script: Script, folder: Path | None = None) -> Iterator[SimShop]:
    """The shop after its day, open to be looked at; its files are gone afterwards unless a folder is given."""
    scratch = folder or Path(tempfile.mkdtemp(prefix="tideover-sim-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        with remembering():
            shop = SimShop(script, scratch)
            try:
                run_virtual(shop.play(), shop.elapsed)
                yield shop
            finally:
                shop.close()
    finally:
        if folder is None:
            shutil.rmtree(scratch, ignore_errors=True)
