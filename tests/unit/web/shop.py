"""A small shop for the web's tests: real journal parts where they stand alone, the rest as plain records."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from tideover.activate.fallback import Fallback, shop_facts
from tideover.activate.notices import Notices
from tideover.activate.power import PowerDesk
from tideover.activate.runs import Runs
from tideover.app import also_open_of
from tideover.copies.store import Copies
from tideover.db import Database
from tideover.detect.looks.tills_heard import TillsHeard
from tideover.detect.watch import Watch
from tideover.drivers.presser import Presser
from tideover.drivers.switches import mover_of
from tideover.journal.keys import box_key
from tideover.journal.person import People
from tideover.journal.store import Journal
from tideover.kit.keep import Keep
from tideover.learn.rehearsals import Rehearsals
from tideover.migrations.copies import MIGRATIONS as copies_tables
from tideover.migrations.journal import MIGRATIONS as journal_tables
from tideover.migrations.plan import MIGRATIONS as plan_tables
from tideover.model.answer import Answer, CloudDocument
from tideover.model.manifest import Manifest
from tideover.plan.records import Party
from tideover.plan.store import Plan
from tideover.plan.wording import Wordings
from tideover.ports import Booking
from tideover.recover.close import Close
from tideover.recover.findings import Findings
from tideover.recover.in_flight import InFlight
from tideover.recover.outbox import Outbox
from tideover.rules.calendar import trading_day
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.trade.counter import Counter
from tideover.trade.receipt_desk import ReceiptDesk
from tideover.web.server import make_app
from tideover.web.tokens import operator_token
from tideover.world import Wake, uuid7

FRIDAY = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


async def nobody_asked() -> None:
    """No name server is asked who holds the mail."""


class StillWorld:
    """A world whose clock moves only when a test moves it."""

    def __init__(self, at: datetime = FRIDAY) -> None:
        self.at = at
        self.chance = random.Random(1)
        self.environ: dict[str, str] = {}

    def now(self) -> datetime:
        return self.at

    def pass_time(self, **span: float) -> None:
        self.at += timedelta(**span)

    def new_id(self) -> str:
        return uuid7(self.at, self.secret_bytes(10))

    def secret_bytes(self, n: int) -> bytes:
        return self.chance.randbytes(n)

    def stopwatch_s(self) -> float:
        return 0.0

    def passed_s(self) -> float:
        return self.now().timestamp()

    async def within(self, seconds: float, work: Any) -> Any:
        return await work

    def busy(self, change: int) -> None:
        """Nobody waits for this box to rest."""


class Vendor:
    """The shop's cloud, or the person who keys into it: answers what it is told to."""

    def __init__(self, hands: str = "interface") -> None:
        self.manifest = Manifest(
            name="vendor",
            title="Vendor",
            hands=hands,
            quality="bronze",
            window=timedelta(minutes=10),
            settle=timedelta(seconds=30),
            concurrent_max=1,
            calls_per_s_max=10,
            once="by key",
        )
        self.answers: list[Answer] = []
        self.documents: list[CloudDocument] = []

    async def send(self, booking: Booking) -> Answer:
        return self.answers.pop(0) if self.answers else Answer("silent")

    async def ask(self, booking: Booking) -> Answer:
        return Answer("silent")

    async def find_in_flight(self, trading_day: str, reference: str, total_minor: int) -> Answer:
        return Answer("silent")

    async def day(self, trading_day: str) -> list[CloudDocument]:
        return [one for one in self.documents if one.day == trading_day]

    async def renew_login(self) -> bool:
        return True


def make_house(folder: Path, world: Any, cloud: Vendor | None = None, **settings: Any) -> Any:
    """An open box whose cloud is `cloud`; its loops run only when a test turns them."""
    chosen = Settings(shop_name="Kulmakauppa", **{"cloud": "vendor", **settings})
    secrets = Secrets(folder, world)
    facts = Database(folder / "journal.db", journal_tables)
    replicas = Database(folder / "copies.db", copies_tables, durable=False)
    intents = Database(folder / "plan.db", plan_tables)
    key = box_key(secrets, world)
    journal = Journal(facts, world, key, lambda at: trading_day(at, chosen.time_zone, chosen.day_turns_at))
    plan, copies = Plan(intents, world, chosen), Copies(replicas, world)
    cloud = cloud or Vendor()
    fallback = Fallback(journal, world, chosen, lambda: shop_facts(journal, plan.law()))
    outbox, in_flight = Outbox(journal, cloud, world, chosen, copies), InFlight(journal, cloud, world)
    house = SimpleNamespace(
        folder=folder,
        world=world,
        settings=chosen,
        secrets=secrets,
        journal=journal,
        copies=copies,
        plan=plan,
        cloud=cloud,
        watch=(watch := Watch(None, world, chosen, [])),
        tills_heard=TillsHeard(world, watch.hear_all, lambda till: "Till 1"),
        fallback=fallback,
        mover=mover_of(folder, world, chosen, secrets, journal, None, watch, is_played=True),
        power=PowerDesk(journal, chosen, world, print),
        runs=Runs(
            journal,
            Wordings(plan, world, chosen, journal.selling_tills),
            world,
            lambda: fallback.outage,
            lambda: plan.all(Party),
        ),
        counter=Counter(journal, plan, copies, chosen, world),
        outbox=outbox,
        in_flight=in_flight,
        practising=None,
        rehearsals=Rehearsals(folder, journal, plan, copies, chosen, world, lambda: fallback.outage),
        keep=Keep(folder, journal, plan, copies, chosen, world, Presser(world), None),
        receipts=ReceiptDesk(journal, People(facts, secrets, world), chosen, world),
        notices=Notices(journal, world, chosen),
        heartbeat=SimpleNamespace(host="", heard_at=None, why=""),
        mail_hold=nobody_asked,
        close=Close(journal, cloud, world, chosen, outbox, in_flight),
        bells={"anew": Wake(world)},
        findings=Findings(journal),
        databases=(facts, replicas, intents),
    )
    house.close.also_open = partial(also_open_of, house)
    return house


class Shop:
    """An open box, its application, and clients that call it."""

    def __init__(self, house: Any) -> None:
        self.house, self.world = house, house.world
        self.app = make_app(house)
        self._clients: list[httpx.AsyncClient] = []

    def client(self, address: str = "192.168.1.20", **headers: str) -> httpx.AsyncClient:
        """A device in the shop that calls from that address."""
        transport = httpx.ASGITransport(app=self.app, client=(address, 50_000))
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)
        self._clients.append(client)
        return client

    @property
    def machine(self) -> httpx.AsyncClient:
        """A command on the box's own machine."""
        return self.client("127.0.0.1", Authorization=f"Bearer {operator_token(self.house.folder, self.world)}")

    async def end(self) -> None:
        for client in self._clients:
            await client.aclose()
        self.app.end()
        await self.app.rest()
        self.house.journal.close()
        self.house.secrets.close()
        for database in self.house.databases:
            database.close()


@asynccontextmanager
async def open_shop(folder: Path, cloud_of: Vendor | None = None, **settings: Any) -> AsyncIterator[Shop]:
    shop = Shop(make_house(folder, StillWorld(), cloud_of, **settings))
    try:
        yield shop
    finally:
        await shop.end()


def in_shop(folder: Path, play: Callable[[Shop], Any], **settings: Any) -> Any:
    """Runs `play` in an open shop, and returns what it returns."""

    async def run() -> Any:
        async with open_shop(folder, **settings) as shop:
            return await play(shop)

    return asyncio.run(run())
