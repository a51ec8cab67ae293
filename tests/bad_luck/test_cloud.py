"""A cloud that answers nonsense or says no, over real HTTP between real processes, in simulated time.

Whatever it answers: nothing is lost, nothing is booked twice, the copies stay, and a person is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tideover.journal.verify import verify_file
from tideover.learn.clouds import PracticeCloud
from tideover.learn.stage import Stage
from tideover.learn.tills import Till
from tideover.model.sale import Document, Line, Tender
from tideover.practice.hostile import HOSTILE
from tideover.world import FOREVER_MS

NOON_MS = 1_795_168_800_000  # Friday 2026-11-20, 12:00 in Helsinki.
DAY = "2026-11-20"
MINUTE_MS, DAY_MS = 60_000, 86_400_000
ITEMS = [{"code": code, "name": name, "unit_price": 25_000, "vat_ppm": 135_000} for code, name in (("A1", "Coffee"), ("A2", "Tea"))]
CUSTOMERS = [{"code": code, "name": name, "account": True} for code, name in (("7", "Aino"), ("8", "Aino Salmi"))]


class Shop:
    """A box with one till, its cloud, and the clock."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.till = Till("T1", stage.world, lambda: stage.box)

    async def sell(self, item: str = "A1", customer: str | None = None) -> str:
        """One sale at our till, acknowledged; its id."""
        name = next(one["name"] for one in ITEMS if one["code"] == item)
        line = Line(item=item, name=str(name), quantity=1_000, unit_price=25_000, amount_minor=250, vat_ppm=135_000)
        document = Document(self.till.next_number, "EUR", True, (line,), (Tender("cash", 250),), customer=customer)
        entry = self.till.sign("sale", document, DAY, self.stage.now_ms, "Niilo")
        await self.till.push()
        assert entry in self.till.acknowledged
        return entry

    async def wait(self, minutes: float) -> None:
        """Simulated time goes by."""

        async def nothing_to_see() -> None:
            return

        await self.stage.go(self.stage.now_ms + round(minutes * MINUTE_MS), lambda: FOREVER_MS, nothing_to_see)

    async def status(self) -> dict[str, Any]:
        return (await self.stage.staff.get("/v1/status")).raise_for_status().json()

    async def copies(self) -> list[dict[str, Any]]:
        return (await self.stage.staff.get("/v1/copies")).raise_for_status().json()

    async def control(self, what: str, **body: Any) -> None:
        (await self.stage.control.post(f"/{what}", json=body)).raise_for_status()

    async def parked(self) -> list[dict[str, Any]]:
        return (await self.stage.staff.get("/v1/parked")).raise_for_status().json()

    async def send_on(self, entry: str) -> None:
        (await self.stage.staff.post(f"/v1/parked/{entry}/solve", json={"how": "send_on"})).raise_for_status()

    async def booked(self, entry: str) -> int:
        """How many final documents the cloud holds with this id."""
        held = (await self.stage.cloud.get("/admin/documents")).raise_for_status().json()
        return sum(one["external_id"] == entry and one["state"] == "final" for one in held)

    async def admin(self, what: str, **body: Any) -> None:
        (await self.stage.cloud.post(f"/admin/{what}", json=body)).raise_for_status()


@asynccontextmanager
async def open_shop(folder: Path) -> AsyncIterator[Shop]:
    folder.mkdir()
    load = {"items": ITEMS, "customers": CUSTOMERS, "zone": "Europe/Helsinki"}
    stage = Stage(folder, 1, PracticeCloud(folder, load))
    try:
        await stage.open(NOON_MS)
        stage.furnish({"cloud": "practice", "owner": "Maija", "replicate_s": 60, "watch_s": 30.0})
        await stage.start_box()
        shop = Shop(stage)
        code = (await stage.staff.post("/v1/codes", json={"name": "T1"})).raise_for_status().json()["code"]
        await shop.till.enrol(code)
        await shop.wait(1)
        yield shop
    finally:
        await stage.close()
    said = (folder / "box.log").read_text(encoding="utf-8")
    assert "Traceback" not in said and "stopped unexpectedly" not in said, said


def play(folder: Path, what: Callable[[Shop], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_shop(folder / "shop") as shop:
            await what(shop)

    asyncio.run(run())


def test_a_cloud_that_answers_nonsense(tmp_path: Path) -> None:
    """A log-in page with 200, HTML, wrong types, no end, a looping cursor …: the sale waits, the copies stay; then it is booked once."""

    async def story(shop: Shop) -> None:
        for mode in HOSTILE:
            before = [one["hash"] for one in await shop.copies()]
            await shop.control("hostile", mode=mode)
            entry = await shop.sell()
            await shop.wait(1)
            spoiled = await shop.copies()
            assert await shop.booked(entry) <= 1, mode
            assert any(one["error"] for one in spoiled), mode
            assert before == [one["hash"] for one in spoiled], mode

            await shop.control("hostile", mode="off")
            await shop.wait(5)
            assert 1 == await shop.booked(entry), mode
            assert {None} == {one["error"] for one in await shop.copies()}, mode
        recover = (await shop.status())["recover"]
        assert (0, 0, len(HOSTILE)) == (recover["waiting"], recover["parked"], recover["booked"])

    play(tmp_path, story)


async def stands_parked(shop: Shop, entry: str, word: str) -> None:
    [one] = [parked for parked in await shop.parked() if parked["id"] == entry]
    assert ("Maija", True) == (one["owner"], bool(one["hint"])), one
    assert word in f"{one['cause']} {one['reason']}".lower(), one
    assert 0 == await shop.booked(entry)


def test_what_the_cloud_refuses_waits_for_a_person_and_blocks_only_itself(tmp_path: Path) -> None:
    """A closed accounting period, an item that vanished, a customer merged: parked with owner and hint; solved, booked once."""

    async def story(shop: Shop) -> None:
        await shop.admin("close-period", until=DAY)
        closed = await shop.sell()
        await shop.wait(2)
        await stands_parked(shop, closed, "period")
        await shop.admin("open-period")

        await shop.admin("change", dataset="items", rows=[], removed=["A2"])
        await shop.admin("merge-customer", code="7", into="8")
        vanished, merged, plain = await shop.sell("A2"), await shop.sell(customer="7"), await shop.sell()
        await shop.wait(2)
        assert 1 == await shop.booked(plain)
        await stands_parked(shop, vanished, "item")
        await stands_parked(shop, merged, "customer")

        await shop.admin("change", dataset="items", rows=[ITEMS[1]], removed=[])
        await shop.admin("load", customers=CUSTOMERS)
        for entry in (closed, vanished, merged):
            await shop.send_on(entry)
        await shop.wait(5)

        assert [] == await shop.parked()
        assert [1, 1, 1] == [await shop.booked(entry) for entry in (closed, vanished, merged)]

    play(tmp_path, story)


def test_a_box_whose_clock_is_a_day_wrong(tmp_path: Path) -> None:
    """It starts in yesterday, then in tomorrow: sales are taken and booked once, in their order, and the clock is told as the cause."""

    async def story(shop: Shop) -> None:
        stage, entries = shop.stage, []
        for days in (0, -1, 2):
            await stage.stop_box()
            stage.world.page.now_ms += days * DAY_MS
            await stage.start_box()
            entries.append(await shop.sell())
            await shop.wait(5)
            [machine] = [one for one in (await shop.status())["verdicts"] if one["service"] == "box"]
            assert ("box-clock" if days < 0 else "none") == machine["cause"], machine

        assert [1, 1, 1] == [await shop.booked(entry) for entry in entries]
        assert "whole" == verify_file(stage.folder / "journal.db").chain

    play(tmp_path, story)
