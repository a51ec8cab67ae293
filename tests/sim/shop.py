"""A whole shop from one seed: tills, box, cloud, line, people, clocks and kills, in virtual time.

This is the workload. It knows what was acknowledged to whom; whether that was kept is for checkers.py to say.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from sim.line import Line, Mischief
from sim.virtual import SimWorld
from tideover.app import House, Seams, open_house
from tideover.box import live
from tideover.detect.probe import CloudProbe
from tideover.errors import TideoverError
from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.model.facts import InFlight
from tideover.model.outage import Observation
from tideover.model.sale import Document, Tender
from tideover.model.sale import Line as SaleLine
from tideover.practice.cloud import make_cloud
from tideover.rules.calendar import trading_day
from tideover.rules.cash import round_cash
from tideover.web.access import Access
from tideover.web.intake import Intake
from tideover.world import to_ms

FRIDAY = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # 13:00 in Helsinki.
TRADING_S = 5400
HEALED_S = 12 * 3600  # After this, whatever still waits counts as stuck.
ITEMS = [(f"ITEM-{n}", 100 * n + 99, (255_000, 135_000, 100_000)[n % 3]) for n in range(1, 21)]  # Code, cents, VAT.
ZONE, TURNS = "Europe/Helsinki", "04:00"


@dataclass
class Script:
    """What a seed decides."""

    tills: int
    sale_every_s: float
    cuts: list[tuple[float, float]]  # Seconds after the start, and how long.
    kills: list[tuple[float, float]]  # The same, for the box.
    confirms: bool
    mischief: Mischief
    refuse_share: float
    skews: list[float]  # Seconds by which each till's clock is wrong; the last one is the box's.
    lan_loss: float


def script_of(chance: random.Random) -> Script:
    """One afternoon's bad luck."""
    tills = chance.randint(1, 4)
    cuts = [(chance.uniform(0.1, 0.7) * TRADING_S, chance.expovariate(1 / 1500)) for _ in range(chance.randint(1, 3))]
    share = chance.choice((0.0, 0.05, 0.2))
    return Script(
        tills=tills,
        sale_every_s=chance.choice((90.0, 240.0, 500.0)),
        cuts=cuts,
        kills=[(chance.uniform(0.1, 1.3) * TRADING_S, chance.uniform(1, 300)) for _ in range(chance.randint(0, 4))],
        confirms=chance.random() < 0.6,
        mischief=Mischief(*(share * chance.random() for _ in range(6))),
        refuse_share=chance.choice((0.0, 0.1)),
        skews=[chance.choice((0.0, 0.0, chance.uniform(-5, 5), chance.choice((-86_400.0, 86_400.0, 3_600.0)))) for _ in range(tills + 1)],
        lan_loss=chance.choice((0.0, 0.0, 0.1)),
    )


@dataclass
class SimTill:
    """One till: a queue that survives everything, as strict browser storage does."""

    name: str
    world: SimWorld
    key: TillKey
    id: str = ""
    token: str = ""
    next_seq: int = 1
    waiting: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    acknowledged: dict[str, bytes] = field(default_factory=dict)  # Entry id to its signed bytes.
    refused: list[str] = field(default_factory=list)

    def make(self, kind: str, body: msgspec.Struct) -> str:
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
        self.next_seq += 1
        signed = encode(entry)
        self.waiting.append((entry.id, signed, self.key.sign(signed)))
        return entry.id


class SimShop:
    """The afternoon of one seed; after `play` everything that a checker needs stands in its attributes."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed, self.folder = seed, folder
        self.chance = random.Random(f"shop {seed}")
        self.script = script_of(random.Random(f"script {seed}"))
        self.box_world = SimWorld(FRIDAY, f"box {seed}", timedelta(seconds=self.script.skews[-1]))
        self.cloud = make_cloud(folder / "practice.db", SimWorld(FRIDAY, f"cloud {seed}"))
        self.line = Line(self.cloud, random.Random(f"line {seed}"), Mischief())
        self.house: House | None = None
        self.tills: list[SimTill] = []
        self.in_flight: dict[str, str] = {}  # Reference on the cloud till's screen to the check list's entry id.
        self.own_sales: set[str] = set()  # References of sales that the cloud's till recorded and answered.
        self.told: list[str] = []
        self._asked_refusal: set[str] = set()
        self._numbers = 0
        self._trading = True

    # The box ------------------------------------------------------------------------------------

    def _open(self) -> tuple[House, asyncio.Task[None], Intake]:
        seams = Seams(transport=self.line, probes=self._probes(), threaded=False, tell=self.told.append)
        house = open_house(
            self.folder, self.box_world, seams, cloud="practice", cloud_url="http://cloud", time_zone=ZONE, watch_s=10.0, replicate_s=3600
        )
        if house.secrets.get("cloud.login") is None:
            house.secrets.put("cloud.login", msgspec.json.encode({"user": "shop", "password": "practice"}))
        self.access = Access(house)  # type: ignore[arg-type]
        return house, asyncio.create_task(live(house)), Intake(house, self.access)  # type: ignore[arg-type]

    def _probes(self) -> list[Any]:
        async def answers() -> bool:
            await asyncio.sleep(0.1)
            return self.line.up

        class Anchor(CloudProbe):
            async def look(probe) -> Observation:
                return msgspec.structs.replace(await super().look(), service="internet", kind="anchor")

        return [CloudProbe("cloud", answers, self.box_world), Anchor("anchor", answers, self.box_world)]

    async def _box(self) -> None:
        """The box's power: on, off at the script's times, on again; at the end it stays on."""
        self.house, loops, self.intake = self._open()
        for after_s, off_s in sorted(self.script.kills):
            await self._at(after_s)
            loops.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loops
            house, self.house = self.house, None
            house.ends.close()  # Commits happen in the call itself, so nothing is written here: as good as a kill.
            await asyncio.sleep(off_s)
            self.house, loops, self.intake = self._open()
        self.loops = loops

    async def _at(self, after_s: float) -> None:
        await asyncio.sleep(max(0.0, after_s - asyncio.get_running_loop().time()))

    async def _cuts(self) -> None:
        for after_s, span_s in sorted(self.script.cuts):
            await self._at(after_s)
            self.line.up = False
            await asyncio.sleep(span_s)
            self.line.up = True
            self.line.mischief = self.script.mischief

    # Tills --------------------------------------------------------------------------------------

    async def _enrol(self) -> None:
        assert self.house is not None
        for n in range(self.script.tills):
            world = SimWorld(FRIDAY, f"till {self.seed} {n}", timedelta(seconds=self.script.skews[n]))
            till = SimTill(f"T{n + 1}", world, TillKey.generate(world))
            till.id = await self.house.journal.enrol(till.name, till.key.spki_b64)
            till.token = self.access.tokens.give(till.id)
            self.tills.append(till)

    async def _trade(self, till: SimTill) -> None:
        while self._trading:
            await asyncio.sleep(till.world.chance.expovariate(1 / self.script.sale_every_s))
            document = self._document(till)
            fallback = self.house is not None and self.house.fallback.outage.phase == "fallback"
            if fallback or self.house is None:
                self._sell(till, document)
            else:
                await self._sell_in_cloud(till, document)

    def _sell(self, till: SimTill, document: Document) -> None:
        entry = till.make("refund" if document.lines[0].quantity < 0 else "sale", document)
        if till.world.chance.random() < self.script.refuse_share:
            self.line.refused.add(entry)

    async def _sell_in_cloud(self, till: SimTill, document: Document) -> None:
        """The cloud's own till; a sale without an answer goes on the check list."""
        self._numbers += 1
        reference = f"{till.name}-{self._numbers}"
        body = _as_cloud_sees(document, reference, till)
        client = httpx.AsyncClient(transport=self.line, base_url="http://cloud")
        try:
            reply = await client.post("/till/sales", json=body)
            if reply.status_code < 300:
                self.own_sales.add(reference)
                return
            if reply.status_code in (429, 503):
                return  # The cloud's till says "try again"; this customer pays later or goes. Nothing was sold.
        except httpx.TransportError:
            pass
        self.in_flight[reference] = till.make("in_flight", InFlight(document, body["kind"], reference))

    def _document(self, till: SimTill) -> Document:
        chance = till.world.chance
        sign = -1 if chance.random() < 0.05 else 1
        picked = chance.sample(ITEMS, chance.randint(1, 4))
        lines = tuple(
            SaleLine(code, code.title(), sign * 1000 * n, cents * 100, sign * n * cents, vat)
            for code, cents, vat in picked
            for n in [chance.randint(1, 3)]
        )
        total = sum(line.amount_minor for line in lines)
        if chance.random() < 0.5:
            rounded, rounding = round_cash(total, 5)
            return _document(till, lines, (Tender("cash", rounded),), rounding)
        return _document(till, lines, (Tender("card", total),), 0)

    async def _push(self, till: SimTill) -> None:
        """The till's outbox: the same bytes again until the box has acknowledged them."""
        while True:
            await asyncio.sleep(till.world.chance.uniform(3, 15))
            if not till.waiting or self.house is None:
                continue
            batch = till.waiting[: till.world.chance.randint(1, 20)]
            if till.world.chance.random() < self.script.lan_loss:
                continue
            body = msgspec.json.encode(
                {"entries": [{"signed": base64.b64encode(s).decode(), "signature": base64.b64encode(g).decode()} for _, s, g in batch]}
            )
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.intake), base_url="http://box") as box:
                reply = await box.post("/v1/entries", content=body, headers={"Authorization": f"Bearer {till.token}"})
            if till.world.chance.random() < self.script.lan_loss:
                continue  # Booked, and the answer lost on the shop's own network.
            if reply.status_code == 200:
                self._acknowledge(till, batch, reply.json()["answers"])
            elif self.house is not None:  # One that was killed in mid-request may answer anything.
                raise AssertionError(f"the box answered {reply.status_code}: {reply.text}")

    def _acknowledge(self, till: SimTill, batch: list[tuple[str, bytes, bytes]], answers: Any) -> None:
        for (entry, signed, _), answer in zip(batch, answers, strict=True):
            if answer["answer"] in ("created", "exists"):
                till.acknowledged[entry] = signed
                till.waiting = [one for one in till.waiting if one[0] != entry]
            elif entry not in till.refused:
                till.refused.append(entry)

    # People -------------------------------------------------------------------------------------

    async def _person(self) -> None:
        """Confirms what the wall says, solves what is parked, answers what the cloud cannot."""
        while True:
            await asyncio.sleep(60)
            house = self.house
            if house is None:
                continue
            with contextlib.suppress(TideoverError):
                if self.script.confirms and house.fallback.outage.phase == "suspected":
                    await house.fallback.confirm("Aino")
                for parked in house.outbox.parked()[:1]:
                    self.line.refused.discard(parked.id)
                    await house.outbox.solve(parked.id, "send_on", "Aino", "looked at it")
                for check in [one for one in house.in_flight.open() if one.needs_person][:1]:
                    await house.in_flight.settle(check.id, self._looked_up(check.reference), "Aino")

    def _looked_up(self, reference: str) -> Any:
        """What the person sees in the cloud's own list."""
        found = self.cloud.cloud.database.one("SELECT 1 FROM sale WHERE reference = ? AND state = 'final'", (reference,))
        return "was_booked" if found else "was_not_booked"

    # The afternoon ------------------------------------------------------------------------------

    async def play(self) -> None:
        """Trade, break, heal, wait until nothing moves any more."""
        body = {"items": [{"code": code, "name": code.title(), "unit_price": cents * 100, "vat_ppm": vat} for code, cents, vat in ITEMS]}
        async with httpx.AsyncClient(transport=self.line, base_url="http://cloud") as admin:
            (await admin.post("/admin/load", json=body)).raise_for_status()
        background = [asyncio.create_task(self._box())]
        await asyncio.sleep(1)
        await self._enrol()
        background += [asyncio.create_task(self._cuts()), asyncio.create_task(self._person())]
        background += [asyncio.create_task(self._push(till)) for till in self.tills]
        trading = [asyncio.create_task(self._trade(till)) for till in self.tills]
        await asyncio.sleep(TRADING_S)
        self._trading = False
        await asyncio.gather(*trading)
        await asyncio.gather(background[0], background[1])
        await self._heal()
        for task in background:
            task.cancel()
        self.loops.cancel()
        ends = await asyncio.gather(self.loops, *background, return_exceptions=True)
        for end in ends:  # A person or a till of the simulation that fell over proves nothing.
            if end is not None and not isinstance(end, asyncio.CancelledError):
                raise end

    async def _heal(self) -> None:
        self.line.up, self.line.mischief = True, Mischief()
        deadline = asyncio.get_running_loop().time() + HEALED_S
        while asyncio.get_running_loop().time() < deadline and not self._is_quiet():
            await asyncio.sleep(30)

    def _is_quiet(self) -> bool:
        house = self.house
        if house is None or any(till.waiting for till in self.tills) or house.fallback.outage.phase in ("fallback", "suspected"):
            return False
        counts = house.outbox.counts()
        return not (counts.waiting or counts.sending or counts.parked or house.in_flight.open())

    def close(self) -> None:
        """Let go of the files."""
        if self.house is not None:
            self.house.ends.close()
        self.cloud.close()


def _document(till: SimTill, lines: tuple[SaleLine, ...], tenders: tuple[Tender, ...], rounding: int) -> Document:
    return Document(
        number=f"{till.name}-{till.next_seq}",
        currency="EUR",
        prices_include_vat=True,
        lines=lines,
        tenders=tenders,
        rounding_minor=rounding,
    )


def _as_cloud_sees(document: Document, reference: str, till: SimTill) -> dict[str, Any]:
    now = till.world.now() - till.world.skew  # The cloud's till has the cloud's clock.
    return {
        "external_id": None,
        "day": trading_day(now, ZONE, TURNS),
        "kind": "refund" if document.lines[0].quantity < 0 else "sale",
        "at_ms": to_ms(now),
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
        "till": till.name,
        "note": "",
    }
