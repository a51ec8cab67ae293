"""People of a rehearsal's test: they do over HTTP what a crew does on the practice box's pages and till."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tideover.learn.practice_folder import read_scene
from tideover.learn.reply import taken
from tideover.learn.tills import Till
from tideover.model.sale import Document, Line, Tender
from tideover.world import real_world, to_ms

WAIT_S = 60.0
BREAD = Line("1000", "Bread", 1_000, 35_000, 350, 140_000)


def sale(number: str, pieces: int = 1) -> Document:
    """So many breads, or one of them taken back."""
    line = Line(BREAD.item, BREAD.name, BREAD.quantity * pieces, BREAD.unit_price, BREAD.amount_minor * pieces, BREAD.vat_ppm)
    tender = Tender("cash", BREAD.amount_minor * pieces)
    return Document(number=number, currency="EUR", prices_include_vat=True, lines=(line,), tenders=(tender,))


class Crew:
    """One person with a browser and a till at the practice box in that folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.base = folder, f"http://127.0.0.1:{port}"
        token = (folder / "operator.token").read_text().strip()
        self.box = httpx.AsyncClient(base_url=self.base, trust_env=False, timeout=30)
        self.staff = httpx.AsyncClient(base_url=self.base, trust_env=False, timeout=30, headers={"Authorization": f"Bearer {token}"})
        self.till = Till("T1", real_world(), lambda: self.box)
        self.players = read_scene(folder).players

    async def __aenter__(self) -> Crew:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.box.aclose()
        await self.staff.aclose()

    async def sign_in(self, player: int = 0) -> None:
        """With the practice's own PIN, as its page shows it."""
        one = self.players[player]
        self.me = taken(await self.box.post("/v1/login", json={"name": one.name, "pin": one.pin}), "signing in")

    async def status(self) -> dict[str, Any]:
        return (await self.staff.get("/v1/status")).json()

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The practice box's status once it holds."""
        async with asyncio.timeout(WAIT_S):
            while not holds(status := await self.status()):
                self.last = status
                await asyncio.sleep(0.05)
        return status

    async def post(self, path: str, body: Any = None) -> Any:
        return taken(await self.staff.post(path, json={} if body is None else body), path)

    async def serve(self) -> None:
        """Three sales and a refund on the till, a slip by hand."""
        code = await self.post("/v1/codes", {"name": "T1"})
        await self.till.enrol(code["code"])
        day, name = (await self.status())["trading_day"], self.players[0].name
        now = to_ms(real_world().now())
        sold = [self.till.sign("sale", sale(self.till.next_number, pieces), day, now, name) for pieces in (1, 2, 3)]
        self.till.sign("refund", sale(self.till.next_number, -1), day, now, name, refers_to=sold[0])
        await self.till.push()
        slip = {"slip": "PRAC-0001", "kind": "sale", "happened_at_ms": to_ms(real_world().now())}
        await self.post("/v1/slips", slip | {"document": msgspec.to_builtins(sale("PRAC-0001"))})

    async def close(self) -> None:
        """Back in the cloud, counted, closed."""
        await self.until(lambda status: status["phase"] == "recovering")
        await self.until(lambda status: status["recover"]["booked"] == 5)
        day = (await self.status())["trading_day"]
        found = await self.staff.get(f"/v1/day/{day}")
        cash = found.json()["cash_expected_minor"] if found.is_success and "cash_expected_minor" in found.json() else 2_100
        await self.post("/v1/drawer", {"what": "count", "amount_minor": cash, "day": day})
        await self.post("/v1/drawer", {"what": "batch", "amount_minor": 0, "day": day, "terminal": "card terminal"})
        for pad in (await self.staff.get("/v1/slips")).json()["to_count"]:
            await self.post(f"/v1/pads/{pad}/count", {"next_unused": 2})
        for one in (await self.staff.get("/v1/findings")).json():
            await self.post(f"/v1/findings/{one['id']}/close", {"note": "looked at"})
        await self.post(f"/v1/day/{day}/close")
        await self.post("/v1/outage/close")

    @asynccontextmanager
    async def reader(self, player: int = 0) -> AsyncIterator[Reader]:
        """Somebody else's browser, signed in by its page."""
        one = self.players[player]
        async with httpx.AsyncClient(base_url=self.base, trust_env=False, timeout=30, headers={"Accept": "text/html"}) as browser:
            await browser.post("/sign-in?to=practice", data={"name": one.name, "pin": one.pin})
            yield Reader(browser, csrf_of((await browser.get("/run")).text))


class Reader:
    """Who reads a playbook aloud and ticks it, on the pages of the run."""

    def __init__(self, browser: httpx.AsyncClient, csrf: str) -> None:
        self.browser, self._csrf = browser, csrf

    async def press(self, path: str, **form: object) -> httpx.Response:
        """A button of a page of runs: it leads on, or the page is the answer."""
        reply = await self.browser.post(path, data={"csrf": self._csrf} | {name: str(value) for name, value in form.items()})
        assert reply.status_code in (200, 303), (path, form, reply.status_code, reply.text[:500])
        return reply

    async def open(self, playbook: str) -> str:
        """Its id."""
        return (await self.press("/run/start", playbook=playbook)).headers["location"].removeprefix("/run/")

    async def standing(self, run: str) -> dict[str, Any]:
        return (await self.browser.get(f"/v1/runs/{run}", headers={"Accept": "application/json"})).json()

    async def tick(self, run: str, outcome: str = "done", **more: object) -> int | None:
        """The step in turn, as its own page's form says it; the step that is in turn then."""
        page = (await self.browser.get(f"/run/{run}")).text
        hidden = {name: found[1] for name in ("step", "way", "seen") if (found := re.search(rf'name="{name}" value="(\d+)"', page))}
        assert 303 == (await self.press(f"/run/{run}/mark", outcome=outcome, **hidden, **more)).status_code
        return (await self.standing(run))["step"]

    async def to_its_end(self, run: str) -> None:
        """Every step that is left, then put away."""
        while (await self.standing(run))["step"] is not None:
            await self.tick(run)
        assert 303 == (await self.press(f"/run/{run}/end", how="finished")).status_code


def csrf_of(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None, "the page has a form"
    return found[1]
