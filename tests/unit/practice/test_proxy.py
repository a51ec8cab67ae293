"""The fault proxy over real sockets: what passes is untouched, what breaks is counted, and a dead line is dead."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tideover.practice.cloud import PASSWORD, USER, make_cloud
from tideover.practice.proxy import Proxy
from tideover.practice.serve import listening
from tideover.world import ClockPage, ToldWorld
from unit.practice.cloud_at_hand import DAY, sale

NOON_MS = 1_795_176_000_000
LOST = (httpx.ReadError, httpx.RemoteProtocolError)


class Line:
    """A shop's side, a conductor's side, and the cloud's own books."""

    def __init__(self, proxy: Proxy, page: ClockPage, shop: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
        self.proxy, self.page, self.shop, self.control = proxy, page, shop, control

    async def log_in(self) -> None:
        reply = await self.shop.post("/login", json={"user": USER, "password": PASSWORD})
        self.shop.headers["authorization"] = f"Bearer {reply.json()['token']}"

    async def book(self, key: str) -> httpx.Response:
        return await self.shop.post("/api/sales", json=sale(external_id=key), headers={"idempotency-key": key})

    async def tell(self, what: str, **words: Any) -> None:
        (await self.control.post(f"/{what}", json=words)).raise_for_status()

    async def arm(self, sends_expected: int = 1_000_000, entries: tuple[str, ...] = (), **faults: float) -> None:
        named = {name.replace("_", "-"): value for name, value in faults.items()}
        await self.tell("faults", faults=named, sends_expected=sends_expected, entries=entries)

    async def held(self) -> list[str]:
        """External ids of every document, by the owner's door."""
        return [one["external_id"] for one in (await self.shop.get("/admin/documents")).json()]

    async def injected(self) -> dict[str, int]:
        counts = (await self.control.get("/counts")).json()["faults_injected"]
        return {name: number for name, number in counts.items() if number}


@contextlib.asynccontextmanager
async def line_to_cloud(folder: Path) -> AsyncIterator[Line]:
    """Cloud and proxy in this loop, over real sockets, logged in."""
    page = ClockPage(folder / "clock")
    page.now_ms = NOON_MS
    world = ToldWorld(page, seed=5)
    base = "http://127.0.0.1"
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(page.close)
        port = await stack.enter_async_context(listening(make_cloud(folder / "practice.db", world)))
        proxy = Proxy(world, port)
        stack.callback(proxy.release)
        await proxy.open()
        shop = await stack.enter_async_context(httpx.AsyncClient(base_url=f"{base}:{proxy.shop.port}", trust_env=False))
        control = await stack.enter_async_context(httpx.AsyncClient(base_url=f"{base}:{proxy.control.port}", trust_env=False))
        line = Line(proxy, page, shop, control)
        await line.log_in()
        yield line


def play(folder: Path, scene: Callable[[Line], Awaitable[None]]) -> None:
    async def main() -> None:
        async with line_to_cloud(folder) as line:
            await scene(line)

    asyncio.run(main())


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_what_passes_is_untouched(tmp_path: Path) -> None:
    """Status, JSON, CSV and long bodies come through as the cloud gave them."""

    async def scene(line: Line) -> None:
        items = [{"code": f"n{n}", "name": "Ä" * 150, "unit_price": n, "vat_ppm": 0} for n in range(2_000)] + [
            {"code": "tea", "name": "Tea", "unit_price": 1, "vat_ppm": 0}
        ]
        await line.shop.post("/admin/load", json={"items": items})

        assert 201 == (await line.book("e1")).status_code
        assert 500 == len((await line.shop.get("/api/items")).json()["rows"])
        assert "text/csv; charset=utf-8" == (await line.shop.get(f"/till/day-report.csv?day={DAY}")).headers["content-type"]

    play(tmp_path, scene)


def test_a_dead_line_refuses_and_the_router_stays(tmp_path: Path) -> None:
    """Down: the shop's port and the anchors refuse, open connections break; the router answers. Up: all as before."""

    async def scene(line: Line) -> None:
        ports = [line.proxy.shop.port, *(one.port for one in line.proxy.anchors)]
        before = [answers(port) for port in ports]
        await line.tell("line", up=False)
        with pytest.raises(httpx.TransportError):
            await line.shop.get("/healthz")

        assert ([True] * 4, [False] * 4) == (before, [answers(port) for port in ports])
        assert answers(line.proxy.link.port)
        for _ in range(2):  # Saying it twice is as good as once.
            await line.tell("line", up=True)
        assert [True] * 4 == [answers(port) for port in ports]
        assert 200 == (await line.shop.get("/healthz")).status_code

    play(tmp_path, scene)


def test_a_call_on_its_way_dies_with_the_line(tmp_path: Path) -> None:
    """A connection that was open when the line went is broken, not left hanging."""

    async def scene(line: Line) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.proxy.shop.port)
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        await writer.drain()
        await line.shop.get("/healthz")  # By now the proxy has taken the other connection too.
        await line.tell("line", up=False)
        with pytest.raises(ConnectionError):
            assert b"" != await reader.read()
        writer.close()

    play(tmp_path, scene)


def test_a_lost_reply_is_booked_and_hangs_in_told_time(tmp_path: Path) -> None:
    """Every reply is lost, every sale is booked; about half of them take thirty told seconds."""

    async def scene(line: Line) -> None:
        await line.arm(lost_reply=1.0)
        for n in range(12):
            with pytest.raises(LOST):
                await line.book(f"e{n}")
        spent_ms = line.page.now_ms - NOON_MS
        await line.tell("off")

        assert {"lost-reply": 12} == await line.injected()
        assert [f"e{n}" for n in range(12)] == await line.held()
        assert 0 == spent_ms % 30_000
        assert 30_000 <= spent_ms < 12 * 30_000

    play(tmp_path, scene)


def test_busy_is_not_forwarded(tmp_path: Path) -> None:
    """429 with Retry-After or 503, and nothing booked."""

    async def scene(line: Line) -> None:
        await line.arm(busy=1.0)
        replies = [await line.book(f"e{n}") for n in range(12)]

        assert {429, 503} == {reply.status_code for reply in replies}
        assert all((reply.status_code == 429) == ("retry-after" in reply.headers) for reply in replies)
        assert [] == await line.held()

    play(tmp_path, scene)


def test_slow_takes_told_seconds_and_passes(tmp_path: Path) -> None:
    """Two to eight told seconds each, and every sale booked."""

    async def scene(line: Line) -> None:
        await line.arm(slow=1.0)
        for n in range(5):
            before_ms = line.page.now_ms
            assert 201 == (await line.book(f"e{n}")).status_code
            assert 2_000 <= line.page.now_ms - before_ms <= 8_000

    play(tmp_path, scene)


def test_a_duplicate_reaches_the_cloud_twice(tmp_path: Path) -> None:
    """The second delivery meets the key: one document, and the shop hears that it was repeated."""

    async def scene(line: Line) -> None:
        await line.arm(duplicate=1.0)
        reply = await line.book("e1")

        assert (200, True) == (reply.status_code, reply.json()["repeated"])
        assert ["e1"] == await line.held()

    play(tmp_path, scene)


def test_a_refused_entry_passes_once_solved(tmp_path: Path) -> None:
    """422 until the conductor says solved."""

    async def scene(line: Line) -> None:
        await line.arm(entries=("e1",), refuse=0.02)
        before = (await line.book("e1")).status_code
        await line.tell("solved", entry="e1")

        assert (422, 201) == (before, (await line.book("e1")).status_code)
        assert {"refuse": 1} == await line.injected()

    play(tmp_path, scene)


def test_an_expired_log_in_stays_expired_until_renewed(tmp_path: Path) -> None:
    """401 for that call and all after it with the same token; a new log-in works; it counts once."""

    async def scene(line: Line) -> None:
        await line.arm(sends_expected=1, expire_login=1)
        first = [(await line.book("e1")).status_code, (await line.shop.get("/api/items")).status_code, (await line.book("e1")).status_code]
        await line.log_in()

        assert [401, 401, 401, 201] == [*first, (await line.book("e1")).status_code]
        assert {"expire-login": 1} == await line.injected()

    play(tmp_path, scene)


def test_a_crash_kills_before_and_then_after_booking(tmp_path: Path) -> None:
    """The named process dies by SIGKILL at a send: the first time nothing was booked, the second time it was."""

    async def scene(line: Line) -> None:
        await line.arm(sends_expected=1, crash=2)
        held: list[list[str]] = []
        for n in range(2):
            with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as box:
                await line.tell("pid", pid=box.pid)
                with pytest.raises(LOST):
                    await line.book(f"e{n}")
                assert -signal.SIGKILL == box.wait(timeout=10)
            held.append(await line.held())

        assert [[], ["e1"]] == held
        assert {"crash": 2} == await line.injected()
        assert 201 == (await line.book("e2")).status_code

    play(tmp_path, scene)


@pytest.mark.parametrize("pid", [-1, 0, 1, "all", 1.5])
def test_only_one_process_can_be_named(tmp_path: Path, pid: Any) -> None:
    """A pid that means a whole group, or is none, is refused."""

    async def scene(line: Line) -> None:
        assert 400 == (await line.control.post("/pid", json={"pid": pid})).status_code

    play(tmp_path, scene)


def test_the_vendor_s_own_till_loses_one_answer(tmp_path: Path) -> None:
    """The next sale of that till gets no answer, booked or not as told; the one after it does, and faults never touch it."""

    async def scene(line: Line) -> None:
        await line.arm(busy=1.0)
        for forward in (True, False):
            await line.tell("till-loses", forward=forward)
        for reference in ("lost but booked", "lost"):
            with pytest.raises(LOST):
                await line.shop.post("/till/sales", json=sale(reference=reference))

        assert 201 == (await line.shop.post("/till/sales", json=sale(reference="third"))).status_code
        held = (await line.shop.get("/admin/documents")).json()
        assert ["lost but booked", "third"] == [one["reference"] for one in held]

    play(tmp_path, scene)


def test_the_counts_outlive_the_faults(tmp_path: Path) -> None:
    """Calls, sends, bookings and strikes are summed over every arming."""

    async def scene(line: Line) -> None:
        for key in ("e1", "e2"):
            await line.arm(entries=(key,), refuse=1.0)
            await line.book(key)
            await line.tell("off")
            await line.book(key)
        counts = (await line.control.get("/counts")).json()

        assert 2 == counts["faults_injected"]["refuse"]
        assert (5, 4, 2) == (counts["calls"], counts["sends"], counts["booked"])

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("target", "body", "status"),
    [("/line", b"{}", 400), ("/faults", b'{"faults": {"gremlin": 1}, "sends_expected": 1}', 400), ("/nothing", b"{}", 404)],
)
def test_the_conductor_is_told_what_is_wrong(tmp_path: Path, target: str, body: bytes, status: int) -> None:
    """Unknown words and faults are refused with a reason."""

    async def scene(line: Line) -> None:
        reply = await line.control.post(target, content=body)

        assert status == reply.status_code
        assert reply.json()["reason"]

    play(tmp_path, scene)


def test_nonsense_on_the_wire_closes_the_line(tmp_path: Path) -> None:
    """Bytes that are no HTTP end that connection and nothing else."""

    async def scene(line: Line) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.proxy.shop.port)
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        assert b"" == await reader.read()
        writer.close()

        assert 200 == (await line.shop.get("/healthz")).status_code

    play(tmp_path, scene)


# As programs ------------------------------------------------------------------------------------------


def started(*options: str) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    process = subprocess.Popen([sys.executable, "-m", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


@pytest.mark.parametrize("program", ["cloud", "proxy"])
@pytest.mark.parametrize("end", ["parent", "sigterm"])
def test_a_program_ends_with_its_parent_or_when_told(tmp_path: Path, program: str, end: str) -> None:
    """One ready line of JSON; exit 0 at the end of standard input or on SIGTERM; no orphan stays."""
    options = {"cloud": ["--db", str(tmp_path / "practice.db")], "proxy": ["--to", "9"]}[program]
    process, ready = started(f"tideover.practice.{program}", *options, "--with-parent")
    with process:
        assert answers(ready["port"])
        if end == "parent":
            assert process.stdin is not None
            process.stdin.close()
        else:
            os.kill(process.pid, signal.SIGTERM)

        assert 0 == process.wait(timeout=20)
        assert not answers(ready["port"])


def test_the_proxy_says_all_its_ports(tmp_path: Path) -> None:
    """Shop, control, three anchors and the link, each another one that answers."""
    process, ready = started("tideover.practice.proxy", "--to", "9", "--with-parent")
    with process:
        ports = [ready["port"], ready["control"], ready["link"], *ready["anchors"]]

        assert 6 == len(set(ports))
        assert all(answers(port) for port in ports)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=20)
