"""`tideover box --demo` as a visitor has it: real programs, real pages, and nothing left behind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rehearse.crew import Crew, sale
from tideover.errors import RehearsalStopped
from tideover.learn.practice_folder import read_scene
from tideover.learn.processes import Program
from tideover.settings import write_settings
from tideover.world import real_world, to_ms

WAIT_S = 40.0


@asynccontextmanager
async def demo(logs: Path, *more: str) -> AsyncIterator[dict[str, Any]]:
    """The demonstration while the block runs: its ready line."""
    program = Program("demo", logs, "-m", "tideover", "box", "--demo", "--json", "--port", "0", "--with-parent", *more)
    ready = await program.start()
    try:
        yield ready | {"pid": program.pid}
    finally:
        await program.end()


@asynccontextmanager
async def visitor(ready: dict[str, Any], player: int = 1) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A browser that came in as one of the players, and the token of its forms."""
    async with httpx.AsyncClient(base_url=ready["url"], trust_env=False, timeout=20, headers={"Accept": "text/html"}) as browser:
        one = ready["players"][player]
        await browser.post("/sign-in?to=practice", data={"name": one["name"], "pin": one["pin"]})
        page = (await browser.get("/practice")).text
        yield browser, re.search(r'name="csrf" value="([^"]+)"', page)[1]  # type: ignore[index]


async def until(browser: httpx.AsyncClient, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The status once it holds."""
    async with asyncio.timeout(WAIT_S):
        while True:
            status = (await browser.get("/v1/status")).json()
            if holds(status):
                return status
            await asyncio.sleep(0.1)


def cause(status: dict[str, Any]) -> str:
    """Why the cloud, or its log-in, is lost; "" while both work."""
    found = [one["cause"] for one in status["verdicts"] if one["service"] in ("cloud", "login") and one["state"] == "down"]
    return found[0] if found else ""


def children(pid: int) -> list[int]:
    """The ids of a process's children."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_visitor_breaks_things_and_the_box_says_which(tmp_path: Path) -> None:
    """Line, cloud and log-in are each told apart by the probes, and all is well again afterwards."""

    async def visit() -> list[str]:
        async with demo(tmp_path) as ready, visitor(ready) as (browser, csrf):
            seen = []
            for trouble in ("line", "cloud", "login"):
                await browser.post("/practice", data={"csrf": csrf, "what": trouble})
                seen.append(cause(await until(browser, lambda status: cause(status) != "")))
                await browser.post("/practice", data={"csrf": csrf, "what": "well"})
                await until(browser, lambda status: cause(status) == "" and all(one["state"] != "down" for one in status["verdicts"]))
            return seen

    assert ["our-line", "their-cloud", "their-login"] == asyncio.run(visit())


async def control(ready: dict[str, Any], path: str) -> Any:
    """What the fault proxy, or (/admin) the cloud behind it, says of itself."""
    scene = read_scene(Path(ready["data"]))
    port = scene.cloud if path.startswith("/admin") else scene.control
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        return (await client.get(f"http://127.0.0.1:{port}{path}")).json()


async def struck(ready: dict[str, Any], *names: str) -> None:
    """Returns once one of those has happened to a call at the cloud's door."""
    async with asyncio.timeout(WAIT_S):
        found: dict[str, int] = {}
        while not any(found.get(name) for name in names):
            await asyncio.sleep(0.1)
            found = (await control(ready, "/counts"))["faults_injected"]


def test_a_slow_and_a_nasty_cloud_get_every_sale_once(tmp_path: Path) -> None:
    """Pressed on the page, seen at the cloud's door; both end with one button, and then nothing is lost or doubled."""

    async def visit() -> tuple[list[str], list[str], list[str]]:
        async with demo(tmp_path) as ready, visitor(ready) as (browser, csrf), Crew(Path(ready["data"]), ready["port"]) as crew:
            await crew.till.enrol((await crew.post("/v1/codes", {"name": "T1"}))["code"])
            day, said, sold = (await crew.status())["trading_day"], [], []
            for trouble, strikes in (("slow", ("slow",)), ("nasty", ("lost-reply", "duplicate", "busy"))):
                assert 303 == (await browser.post("/practice", data={"csrf": csrf, "what": trouble})).status_code
                said.append((await browser.get("/practice")).text.partition("Broken now:")[2].partition("<")[0].strip())
                at = to_ms(real_world().now())
                sold += [crew.till.sign("sale", sale(crew.till.next_number), day, at, crew.players[0].name) for _ in range(3)]
                await crew.till.push()
                await struck(ready, *strikes)
                assert (await control(ready, "/standing"))["faults"]
                await browser.post("/practice", data={"csrf": csrf, "what": "well"})
                assert not (await control(ready, "/standing"))["faults"]
            await crew.until(lambda status: status["recover"]["booked"] == len(sold))
            return said, sold, [one["external_id"] for one in await control(ready, "/admin/documents") if one["external_id"]]

    said, sold, held = asyncio.run(visit())

    assert ["Slow", "Nasty"] == said
    assert sorted(sold) == sorted(held)


def test_it_ends_with_its_children_and_leaves_nothing(tmp_path: Path) -> None:
    """Cloud, proxy and box end with the command, by their ids; its folder is gone."""

    async def visit() -> tuple[int, list[int], Path]:
        async with demo(tmp_path) as ready:
            mine = children(ready["pid"])
            return len(mine), mine, Path(ready["data"])

    count, mine, folder = asyncio.run(visit())

    assert 3 == count
    assert [] == [pid for pid in mine if Path(f"/proc/{pid}").exists()]
    assert not folder.exists()


def test_it_refuses_a_real_folder(tmp_path: Path) -> None:
    """A folder that a real box used is never practised in: nothing in it changes."""
    real = tmp_path / "shop"
    real.mkdir()
    write_settings(real, {"shop_name": "Kulmakauppa"})
    before = {one.name: one.read_bytes() for one in real.iterdir()}

    async def visit() -> None:
        async with demo(tmp_path, "--data", str(real)):
            pass

    with pytest.raises(RehearsalStopped, match="used by a real box"):
        asyncio.run(visit())
    assert before == {one.name: one.read_bytes() for one in real.iterdir()}


def test_a_real_box_refuses_a_practice_folder(tmp_path: Path) -> None:
    """Whoever starts the box with the demonstration's folder is told that it is for practice."""
    folder = tmp_path / "practice"

    async def visit() -> None:
        async with demo(tmp_path, "--data", str(folder)):
            pass
        (folder / "tideover.toml").unlink()
        await Program("real", tmp_path, "-m", "tideover", "box", "--data", str(folder), "--port", "0", "--json", "--with-parent").start()

    with pytest.raises(RehearsalStopped, match="for practice"):
        asyncio.run(visit())


def test_a_stranger_breaks_nothing(tmp_path: Path) -> None:
    """The buttons need a person who came in, and the page's own token."""

    async def visit() -> tuple[int, int, tuple[str, ...]]:
        async with demo(tmp_path) as ready, visitor(ready) as (browser, _):
            async with httpx.AsyncClient(base_url=ready["url"], trust_env=False) as stranger:
                alone = await stranger.post("/practice", data={"what": "line"})
            forged = await browser.post("/practice", data={"csrf": "x", "what": "line"})
            return alone.status_code, forged.status_code, cause(await until(browser, lambda status: True))

    alone, forged, broken = asyncio.run(visit())

    assert (401, 403, "") == (alone, forged, broken)
