"""A real, open box for the fuzzers: with sales that wait, are parked, are in flight; with a person, a till and a stranger who call it.

Its clock goes on by twenty seconds at each call, so that no limit on tries hides what lies behind it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tideover.app import open_house
from tideover.model.facts import DrawerMove, InFlight
from tideover.web.server import make_app
from tideover.web.tokens import operator_token
from tideover.world import ClockPage, ToldWorld, to_ms
from unit.web.till import Till, coffee

FRIDAY = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
STEP_MS = 20_000
ITEMS = b"Koodi;Nimi;Hinta;ALV\nA1;Coffee;2,50;13,5\nB2;Bread;3,20;13,5\n"
CALLERS = ("staff", "till", "nobody")


class OpenBox:
    """An open house, its application, and who calls; use as a context. Its cloud is a person's hands, so every route is live."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        (folder / "exports").mkdir()
        self.runner = asyncio.Runner()
        self.page = ClockPage(folder / "clock")
        self.page.now_ms = to_ms(FRIDAY)
        self.world = ToldWorld(self.page, 1)
        self.house = open_house(folder, self.world, cloud="assisted", cloud_url=str(folder / "exports"), **settings)
        self.app = make_app(self.house)
        self._clients: list[httpx.AsyncClient] = []
        self.callers: dict[str, httpx.AsyncClient] = {}

    def __enter__(self) -> OpenBox:
        self.run(self._fill())
        return self

    def __exit__(self, *error: object) -> None:
        self.run(self._end())
        self.runner.close()
        self.page.close()

    async def _end(self) -> None:
        for client in self._clients:
            await client.aclose()
        await self.house.shut()

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def client(self, address: str = "192.168.1.20", **headers: str) -> httpx.AsyncClient:
        """A device in the shop."""
        transport = httpx.ASGITransport(app=self.app, client=(address, 50_000), raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)
        self._clients.append(client)
        return client

    @property
    def machine(self) -> httpx.AsyncClient:
        return self.client("127.0.0.1", Authorization=f"Bearer {operator_token(self.folder, self.world)}")

    async def _fill(self) -> None:
        machine = self.machine
        await machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        await machine.post("/v1/exports/items", content=ITEMS)
        self.house.plan.issue_pad("A", 50, "Anna")
        self.till = await Till(self, "Till 1").enrol()
        await self.till.send(*(self.till.sign() for _ in range(4)))
        flying = InFlight(coffee("K1-9"), "sale", "R-9")
        await self.till.send(self.till.sign(flying, "in_flight"), self.till.sign(DrawerMove(500), "drawer_float"))
        await self.house.outbox.take_up()
        first, second, *_ = [one.entry.id for one in self.house.journal.read(kinds=("sale",))]
        await machine.post(f"/v1/keying/{first}/begin")
        await machine.post(f"/v1/keying/{first}/done", json={"refused": "the period is closed", "cause": "closed-period"})
        await machine.post(f"/v1/keying/{second}/begin")
        self.callers = {"till": self.till.client, "nobody": self.client("192.168.1.77")}
        await self.sign_in()

    async def sign_in(self) -> None:
        """Anna, with a cookie and her page's token."""
        client = self.client()
        self.page.now_ms += 10 * STEP_MS
        told = (await client.post("/v1/login", json={"name": "Anna", "pin": "2580"})).json()
        client.headers["X-CSRF-Token"] = told["csrf"]
        self.callers["staff"] = client

    async def call(self, caller: str, method: str, url: str, **more: Any) -> httpx.Response:
        """One request, twenty seconds after the last."""
        self.page.now_ms += STEP_MS
        return await self.callers[caller].request(method, url, **more)

    def ids(self) -> dict[str, list[str]]:
        """What a path may name, so that a request gets past its first gate."""
        sales = [one.entry.id for one in self.house.journal.read(kinds=("sale",), limit=20)]
        listed = [one.entry.id for one in self.house.journal.read(kinds=("in_flight", "finding"), limit=20)]
        return {
            "id": [*sales, *listed],
            "entry": sales,
            "till": [self.world.new_id(), "Till 1"],
            "slip": ["A-0001", "A-0002", "A-9999", "Z-1"],
            "dataset": ["items", "customers", "sales", "stock", "nothing"],
            "day": ["2026-11-20", "2026-11-19", "2027-02-30"],
            "week": ["2026-W47", "2026-W99"],
        }
