"""A whole box over a real practice cloud, both on real files, on a clock that is told: for failures seen at other shops.

The line between them loses what a test tells it to lose. Nothing of the box is replaced.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from conformance.rig import SteppingWorld
from tideover import box
from tideover.app import House, Seams, open_house
from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.model.facts import BatchTotal, DrawerCount
from tideover.model.money import divide_rounded
from tideover.model.sale import Document, Line, Tender
from tideover.practice.cloud import make_cloud
from tideover.practice.records import record
from tideover.practice.shapes import Document as CloudDocument
from tideover.rules.calendar import trading_day
from tideover.web.access import Access
from tideover.web.intake import Intake
from tideover.world import ClockPage, from_ms

T = TypeVar("T")

FRIDAY, SATURDAY = "2026-11-20", "2026-11-21"
FRIDAY_MS = 1_795_177_800_000  # 14:30 in Helsinki.
ZONE, TURNS = "Europe/Helsinki", "04:00"
ITEMS = [
    {"code": "bread", "name": "Rye bread", "unit_price": 25_000, "vat_ppm": 135_000},
    {"code": "coffee", "name": "Coffee", "unit_price": 35_000, "vat_ppm": 135_000},
    {"code": "lamp", "name": "Lamp", "unit_price": 1_990_000, "vat_ppm": 255_000},
    {"code": "plums", "name": "Plums by weight", "unit_price": 39_900, "vat_ppm": 135_000},
]
STOCK = [{"code": one["code"], "on_hand": 20_000} for one in ITEMS]
CUSTOMERS = [{"code": code, "name": name, "account": True} for code, name in (("C1", "Aino"), ("C2", "Aino Salmi"))]
KEYS = [TillKey.generate() for _ in range(3)]  # Making one takes longer than most tests.


class Wire(httpx.AsyncBaseTransport):
    """The line to the cloud. `mischief` happens to the next calls that book: lose-request, lose-reply, busy, login."""

    def __init__(self, app: Any) -> None:
        self.up, self.mischief = True, list[str]()
        self.sent: list[httpx.Request] = []  # Every request that booked or tried to.
        self._cloud = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        books = request.method == "POST" and request.url.path.startswith("/api/sales")
        what = self.mischief.pop(0) if books and self.mischief else ""
        if books:
            self.sent.append(request)
        if what == "cut":
            self.up = False
        if not self.up or what == "lose-request":
            raise httpx.ConnectError("no route", request=request)
        if what == "busy":
            return httpx.Response(503, headers={"Retry-After": "7"}, request=request)
        if what == "login":
            return httpx.Response(401, json={"cause": "login", "reason": "The log-in ran out."}, request=request)
        answer = await self._cloud.handle_async_request(request)
        await answer.aread()
        if what in ("lose-reply", "cut-after"):
            self.up = what != "cut-after"
            raise httpx.ReadError("the line went away", request=request)
        return answer


class Till:
    """Signs with its own key and counts its own numbers; keeps what it sent."""

    def __init__(self, shop: Shop, name: str, key: TillKey | None = None) -> None:
        self.shop, self.name, self.key, self.seq = shop, name, key or TillKey.generate(), 0
        self.id = shop.run(shop.house.journal.enrol(name, self.key.spki_b64))
        self.token = shop.access.tokens.give(self.id)

    def sign(self, *lines: Line, kind: str = "sale", **more: Any) -> dict[str, str]:
        """The next entry as it goes over the wire."""
        self.seq = more.pop("seq", self.seq + 1)
        at_ms = more.pop("at_ms", self.shop.page.now_ms)
        day = more.pop("day", trading_day(from_ms(at_ms), ZONE, TURNS))
        refers_to, id = more.pop("refers_to", None), more.pop("id", None) or self.shop.world.new_id()
        body = more.pop("body", None) or document(*lines, number=f"{self.name}-{self.seq}", **more)
        signed = encode(Entry(id, kind, 1, self.id, self.seq, at_ms, day, "Aino", refers_to, body))
        return {"signed": base64.b64encode(signed).decode(), "signature": base64.b64encode(self.key.sign(signed)).decode()}

    def send(self, *entries: dict[str, str]) -> list[str]:
        """What the box answers, one word each."""
        return [one["answer"] for one in self.answers(*entries)]

    def answers(self, *entries: dict[str, str]) -> list[dict[str, Any]]:
        return self.shop.run(self.post(list(entries)))

    async def post(self, entries: list[dict[str, str]]) -> list[dict[str, Any]]:
        transport = httpx.ASGITransport(app=self.shop.intake)
        async with httpx.AsyncClient(transport=transport, base_url="http://box") as client:
            reply = await client.post("/v1/entries", json={"entries": entries}, headers={"Authorization": f"Bearer {self.token}"})
        assert 200 == reply.status_code, reply.text
        return reply.json()["answers"]

    def sell(self, *lines: Line, **more: Any) -> str:
        """One sale (or what `kind` says), acknowledged; its id."""
        entry = self.sign(*lines, **more)
        assert ["created"] == self.send(entry)
        return id_of(entry)


class Shop:
    """One shop: box, cloud, line and clock."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.settings = folder / "box", settings
        self.folder.mkdir()
        self.page = ClockPage(folder / "clock")
        self.page.now_ms = FRIDAY_MS
        self.world = SteppingWorld(self.page, 1)
        self.cloud = make_cloud(folder / "practice.db", self.world)
        self.line = Wire(self.cloud)
        self.runner = asyncio.Runner()
        self.told: list[str] = []
        self.open()
        self.admin("load", items=ITEMS, stock=STOCK, customers=CUSTOMERS, zone=ZONE)

    def open(self) -> None:
        seams = Seams(transport=self.line, probes=[], threaded=False, tell=self.told.append)
        given = {"cloud": "practice", "cloud_url": "http://cloud", "owner": "Maija", "time_zone": ZONE, "cash_rounding_minor": 5}
        self.house: House = open_house(self.folder, self.world, seams, **{**given, **self.settings})
        if self.house.secrets.get("cloud.login") is None:
            self.log_in_as("practice")
        self.access = Access(self.house)  # type: ignore[arg-type]
        self.intake = Intake(self.house, self.access)  # type: ignore[arg-type]

    def log_in_as(self, password: str) -> None:
        self.house.secrets.put("cloud.login", msgspec.json.encode({"user": "shop", "password": password}))

    def run(self, work: Awaitable[T]) -> T:
        return self.runner.run(work)  # type: ignore[arg-type]

    def restart(self, between: Callable[[], None] = lambda: None) -> None:
        """The box ends as in a power cut (all it wrote was written at once) and is started again."""
        self.house.ends.close()
        between()
        self.open()

    def close(self) -> None:
        self.run(self.house.shut())
        self.cloud.close()
        self.page.close()
        self.runner.close()

    def fail_commits(self, after: int = 0) -> None:
        """The disk takes so many further commits of the journal, and then none: until the box is started again."""
        left = [after + 1]  # And the commit of this very call.

        def at_commit() -> bool:
            left[0] -= 1
            return left[0] < 0  # True: it does not stand.

        self.house.journal.database.write(lambda db: db.set_commit_hook(at_commit))

    def till(self, name: str = "T1") -> Till:
        n = len(self.house.journal.tills()) - 1
        return Till(self, name, KEYS[n] if n < len(KEYS) else None)

    # Time and the box's loops -----------------------------------------------------------------------

    def later(self, **span: float) -> None:
        self.page.now_ms += int(timedelta(**span).total_seconds() * 1000)

    def cut(self) -> None:
        """The line is down, and a person says so."""
        self.line.up = False
        self.run(self.house.fallback.confirm("Aino"))

    def back(self) -> None:
        self.line.up = True
        self.run(self.house.fallback.all_clear("Aino"))

    def recover(self) -> float:
        """One turn of the loop."""
        return self.run(box.recover(self.house))

    def replay(self, turns: int = 40) -> None:
        """Turn after turn, each when the last one said, until nothing is on its way."""
        for _ in range(turns):
            pause_s = self.recover()
            counts = self.house.outbox.counts()
            if not (counts.waiting or counts.sending or any(not one.needs_person for one in self.house.in_flight.open())):
                return
            self.later(seconds=pause_s)

    def replicate(self) -> None:
        self.house.replicate.hint()
        self.run(box.replicate(self.house))

    # The cloud --------------------------------------------------------------------------------------

    def admin(self, what: str, **body: Any) -> None:
        async def post() -> None:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.cloud), base_url="http://cloud") as client:
                (await client.post(what if what.startswith("/") else f"/admin/{what}", json=body)).raise_for_status()

        self.run(post())

    def sell_at_cloud_till(self, amount_minor: int, reference: str, **more: Any) -> None:
        """The cloud's own till records a sale of coffee."""
        line = {"item": "coffee", "name": "Coffee", "quantity": 1000, "amount_minor": amount_minor, "vat_ppm": 135_000}
        sale = {"day": FRIDAY, "kind": "sale", "at_ms": self.page.now_ms, "currency": "EUR", "reference": reference, "till": "C1"}
        self.admin("/till/sales", **{**sale, "lines": [line], "payments": [{"tender": "card", "amount_minor": amount_minor}], **more})

    def books(self, day: str | None = None) -> list[CloudDocument]:
        """Every document the cloud holds."""
        return self.cloud.cloud.books.everything() if day is None else self.cloud.cloud.books.day(day)

    def booked(self, *entries: str) -> list[int]:
        """How many final documents the cloud holds of each."""
        held = [one.external_id for one in self.books() if one.state == "final"]
        return [held.count(entry) for entry in entries]

    def on_hand(self, item: str) -> int:
        with self.cloud.cloud.database.read() as db:
            return record(db, "stock", item)["on_hand"]

    # The books --------------------------------------------------------------------------------------

    def count(self, cash_minor: int = 0, card_minor: int = 0, day: str = FRIDAY) -> None:
        """Drawer and terminal at the end of the day."""
        self.run(self.house.journal.record("drawer_count", DrawerCount(cash_minor), trading_day=day))
        self.run(self.house.journal.record("batch_total", BatchTotal("Terminal", card_minor), trading_day=day))

    def close_day(self, cash_minor: int = 0, card_minor: int = 0, day: str = FRIDAY) -> Any:
        self.count(cash_minor, card_minor, day)
        return self.run(self.house.close.close(day, by="Maija"))

    def findings(self) -> list[str]:
        return [one.entry.body.code for one in self.house.journal.read(kinds=["finding"])]

    def parked(self) -> dict[str, str]:
        return {one.id: one.cause for one in self.house.outbox.parked()}

    def state(self, entry: str) -> str:
        self.run(self.house.outbox.take_up())
        row = self.house.outbox.rows.row(entry)
        assert row is not None
        return row.state

    def send_on(self, entry: str) -> None:
        self.run(self.house.outbox.solve(entry, "send_on", "Maija", "looked at it"))


@contextmanager
def open_shop(folder: Path, **settings: Any) -> Iterator[Shop]:
    shop = Shop(folder, **settings)
    try:
        yield shop
    finally:
        shop.close()


def line(item: str = "bread", quantity: int = 1_000, **changes: Any) -> Line:
    """A line at the cloud's price of the morning."""
    known = next((one for one in ITEMS if one["code"] == item), {"name": item, "unit_price": 10_000, "vat_ppm": 255_000})
    price = changes.pop("unit_price", known["unit_price"])
    amount = divide_rounded(quantity * price, 100_000)
    return Line(item, str(known["name"]), quantity, price, amount, changes.pop("vat_ppm", known["vat_ppm"]), **changes)


def document(*lines: Line, tenders: tuple[Tender, ...] | None = None, rounding_minor: int = 0, **more: Any) -> Document:
    """Paid by card unless told otherwise."""
    lines = lines or (line(),)
    paid = tenders or (Tender(more.pop("tender", "card"), sum(one.amount_minor for one in lines) - rounding_minor),)
    return Document(more.pop("number", "T1-1"), "EUR", True, lines, paid, rounding_minor, **more)


def id_of(entry: dict[str, str]) -> str:
    return json.loads(base64.b64decode(entry["signed"]))["id"]
