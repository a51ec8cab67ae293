"""The stage of a rehearsal: cloud, fault proxy and box as programs of their own, and the clock that they share.

Nothing here knows the plot. The stage keeps time: it lets the box work until all of its loops sleep,
then moves the clock to whatever comes next; a box that was killed is started again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import apsw
import httpx

from tideover.db import Database
from tideover.errors import RehearsalStopped
from tideover.learn.evidence import Held
from tideover.learn.processes import Program
from tideover.migrations.plan import MIGRATIONS
from tideover.plan.store import Plan
from tideover.secret import Secrets
from tideover.settings import read_settings, write_settings
from tideover.world import ClockPage, RealWorld, ToldWorld, real_world

if TYPE_CHECKING:
    from tideover.learn.clouds import Cloud

T = TypeVar("T")

GLANCE_S = 0.0005  # Real pause between two looks at the clock page.
STUCK_CALLS = 2  # A box that does not come to rest for so many of the cloud's longest calls is a fault.
STARTS_MAX = 1_000  # Starts of the box in one rehearsal; far more than days and crashes.
REST_S = 0.05  # Real time that the box rests before a request is thought to wait for the hour.
OWNER = "Maija"  # Who owns what no one else owns.
SLIP_SERIES, SLIPS = "R", 200  # The pad of slips beside the tills.
HOST = "http://127.0.0.1"


class Stage:
    """Programs, clients and clock of one rehearsal."""

    def __init__(self, folder: Path, seed: int, cloud: Cloud, box: tuple[str, ...] = ("-m", "tideover")) -> None:
        """folder: the box's data directory; the cloud's file, the clock and the logs lie in it too.

        box: what stands after `python` to run the commands; tests plant a defect here.
        """
        self.folder, self.seed, self._box = folder, seed, box
        page = folder / "clock.page"
        self.world = ToldWorld(ClockPage(page), seed)
        self.real: RealWorld = real_world()
        told = ("--clock", str(page), "--seed", str(seed), "--with-parent")
        self._cloud = cloud
        self.cloud_program = cloud.program(told)
        self._told, self._page = told, page
        self.proxy_program: Program | None = None
        self.box_program: Program | None = None
        self._starts = 0
        self.on_restart: Callable[[], None] = lambda: None
        self._box_port = 0
        self._seen_seq = 0
        self._reader: apsw.Connection | None = None
        self._clients: list[httpx.AsyncClient] = []

    # Programs -----------------------------------------------------------------------------------

    async def open(self, at_ms: int) -> None:
        """Cloud and proxy stand; the clock shows that hour."""
        self.world.page.now_ms = at_ms
        cloud = await self.cloud_program.start()
        self.cloud = self._client(cloud["port"])
        speaks = ("--speaks", self._cloud.speaks)
        self.proxy_program = Program(
            "proxy", self.folder, "-m", "tideover.practice.proxy", "--to", str(cloud["port"]), *speaks, *self._told
        )
        self.ports = await self.proxy_program.start()
        self.line = self._client(self.ports["port"])
        self.control = self._client(self.ports["control"])
        await self._cloud.loaded(self.cloud)

    def _client(self, port: int, **more: Any) -> httpx.AsyncClient:
        client = httpx.AsyncClient(base_url=f"{HOST}:{port}", timeout=self._cloud.call_s, trust_env=False, **more)
        self._clients.append(client)
        return client

    async def documents(self) -> list[Held]:
        """What the cloud holds, read past the connector."""
        return await self._cloud.documents(self.cloud)

    def furnish(self, settings: dict[str, Any]) -> None:
        """The box's data directory: settings, the cloud's log-in among the secrets, a pad of slips in the plan."""
        address = f"{HOST}:{self.ports['port']}"
        anchors = [f"127.0.0.1:{port}" for port in self.ports["anchors"]]
        near = {"cloud_url": address, "cloud_page": address, "anchors": anchors, "link_address": f"127.0.0.1:{self.ports['link']}"}
        write_settings(self.folder, near | settings)
        secrets = Secrets(self.folder, self.world)
        secrets.put("cloud.login", json.dumps(self._cloud.login).encode())
        secrets.close()
        database = Database(self.folder / "plan.db", MIGRATIONS)
        Plan(database, self.world, read_settings(self.folder)).issue_pad(SLIP_SERIES, SLIPS, OWNER, place="beside the tills")
        database.close()

    async def export(self, to: Path, datasets: Iterable[str]) -> None:
        """What a clerk saves from the cloud's screens before the box starts: one file per dataset."""
        to.mkdir(exist_ok=True)
        for dataset in datasets:
            reply = await self.cloud.get(f"/till/export/{dataset}.csv")
            reply.raise_for_status()
            (to / f"{dataset}.csv").write_bytes(reply.content)

    async def start_box(self) -> None:
        """The box stands and has come to rest."""
        self.world.page.publish(0, 0)
        self._starts += 1
        chance = self.seed * STARTS_MAX + self._starts  # Each start draws other numbers, as a real one does.
        told = ("--told", str(self._page), "--seed", str(chance), "--with-parent", "--json")
        arguments = (*self._box, "box", "--data", str(self.folder), "--port", str(self._box_port), *told)
        self.box_program = Program("box", self.folder, *arguments)
        port = (await self.box_program.start())["port"]
        if not self._box_port:
            self._box_port = port
            token = (self.folder / "operator.token").read_text(encoding="ascii").strip()
            self.box = self._client(port)  # Tills bring their own token.
            self.staff = self._client(port, headers={"Authorization": f"Bearer {token}"})
        await self.control.post("/pid", json={"pid": self.box_program.pid})
        await self.settle()

    async def stop_box(self) -> None:
        if self.box_program is not None:
            await self.box_program.end()
            self.box_program = None

    async def close(self) -> None:
        """Everything ends, in the order in which nobody complains."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        await self.stop_box()
        for client in self._clients:
            await client.aclose()
        for program in (self.proxy_program, self.cloud_program):
            if program is not None:
                await program.end()
        self.world.page.close()

    # Clock --------------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        return self.world.page.now_ms

    async def settle(self) -> None:
        """Until every loop of the box sleeps; a box that was killed is started again. Raises RehearsalStopped."""
        page, since = self.world.page, self.real.stopwatch_s()
        while not (page.due_ms > 0 and page.seen_ms == page.now_ms):
            if self.box_program is not None and not self.box_program.is_running:
                await self._start_again()
                return
            if self.real.stopwatch_s() - since > STUCK_CALLS * self._cloud.call_s:
                raise RehearsalStopped(why=f"at {self.world.now():%H:%M:%S} UTC the box does not come to rest")
            await self.real.pause(GLANCE_S)

    async def crash(self) -> None:
        """Somebody pulls the plug of the box; it is started again."""
        if self.box_program is not None:
            await self.box_program.kill()
        await self._start_again()

    async def _start_again(self) -> None:
        if self.box_program is not None:
            await self.box_program.buried()
        await self.start_box()
        self.on_restart()

    async def go(self, until_ms: int, next_ms: Callable[[], int], look: Callable[[], Awaitable[None]]) -> None:
        """To that hour, step by step: `look` after each rest, `next_ms` says when people act next."""
        page = self.world.page
        while True:
            await self.settle()
            await look()
            if not (page.due_ms > 0 and page.seen_ms == page.now_ms):
                continue  # What people did woke the box.
            now = page.now_ms
            if now >= until_ms:
                return
            page.now_ms = max(now, min(until_ms, page.due_ms, next_ms()))

    async def call(self, request: Awaitable[T]) -> T:
        """The answer to a request that may have to wait for the hour: the clock goes on while the box rests in it."""
        page, task = self.world.page, asyncio.ensure_future(request)
        rested_s = self.real.stopwatch_s()
        while not task.done():
            await asyncio.wait({task}, timeout=GLANCE_S)
            if not (page.due_ms > 0 and page.seen_ms == page.now_ms):
                rested_s = self.real.stopwatch_s()
            elif self.real.stopwatch_s() - rested_s > REST_S:
                page.now_ms = page.due_ms
                rested_s = self.real.stopwatch_s()
        await self.settle()
        return task.result()

    def jump(self, to_ms_: int) -> None:
        """Move the clock while no box runs."""
        self.world.page.now_ms = max(self.now_ms, to_ms_)

    # The journal, read over the box's shoulder -----------------------------------------------------

    def news(self) -> list[dict[str, Any]]:
        """Entries since the last time, oldest first, as their signed bytes say them."""
        path = self.folder / "journal.db"
        if self._reader is None:
            self._reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            self._reader.pragma("query_only", True)
        rows = self._reader.execute("SELECT seq, recorded_at, signed FROM entry WHERE seq > ? ORDER BY seq", (self._seen_seq,)).fetchall()
        if rows:
            self._seen_seq = rows[-1][0]
        return [json.loads(signed) | {"seq": seq, "recorded_at": recorded_at} for seq, recorded_at, signed in rows]
