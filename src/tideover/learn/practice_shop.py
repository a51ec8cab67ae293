"""Sets up a practice shop and runs it: cloud, fault proxy and box, each a process of its own that ends with this one.

Everything lies in a folder that is marked for practice. Nothing of it is ever written into a real box's folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from tideover.db import Database
from tideover.errors import RehearsalStopped
from tideover.learn.clouds import LOGIN
from tideover.learn.practice_folder import Player, Scene, mark, write_scene
from tideover.learn.processes import Program
from tideover.migrations.plan import MIGRATIONS
from tideover.plan.records import Record
from tideover.plan.store import Plan
from tideover.secret import Secrets
from tideover.settings import read_settings, write_settings
from tideover.world import World

HOST = "http://127.0.0.1"
CALL_S = 30.0  # Loading two thousand items takes a second on a slow disk.
SLOW_REAL_S = "3"  # A slow call is one that a person notices.
PYTHON = ("-m", "tideover")


class Stock(Struct, frozen=True):
    """What a practice shop is filled with."""

    load: dict[str, Any]  # Items, stock, customers … for the practice cloud.
    settings: dict[str, Any]
    plan: Sequence[Record]
    players: Sequence[Player] = ()  # Get the PINs that stand there.
    secrets: dict[str, bytes] = {}  # Sealed PINs of people who bring their own.
    home: str = ""
    is_open: bool = True


class PracticeShop:
    """One practice: `open` it, and `close` it however it went."""

    def __init__(self, folder: Path, world: World, box: tuple[str, ...] = PYTHON) -> None:
        """box: what stands after `python` to run the commands."""
        self.folder, self._world, self._box = folder, world, box
        self._programs: list[Program] = []
        self.port = 0
        self.scene = Scene()

    async def open(self, stock: Stock, bind: str = "127.0.0.1", port: int = 0) -> None:
        """Cloud, proxy and box stand, and the players may sign in. Raises Misconfigured, RehearsalStopped; then nothing is left running."""
        mark(self.folder)
        is_open = False
        try:
            await self._open(stock, bind, port)
            is_open = True
        finally:
            if not is_open:
                await self.close()

    async def _open(self, stock: Stock, bind: str, port: int) -> None:
        cloud = await self._start("cloud", "-m", "tideover.practice.cloud", "--db", str(self.folder / "practice.db"), "--with-parent")
        to = ("--to", str(cloud["port"]), "--slow-real-s", SLOW_REAL_S, "--with-parent")
        proxy = await self._start("proxy", "-m", "tideover.practice.proxy", *to)
        await self._post(cloud["port"], "/admin/load", stock.load)
        self.scene = Scene(proxy["control"], cloud["port"], tuple(stock.players), stock.home, stock.is_open)
        write_scene(self.folder, self.scene)
        self._furnish(stock, proxy)
        listens = ("--bind", bind, "--port", str(port))
        ready = await self._start("box", *self._box, "box", "--data", str(self.folder), *listens, "--with-parent", "--json")
        self.port = ready["port"]
        token = (self.folder / "operator.token").read_text(encoding="ascii").strip()
        for one in stock.players:
            await self._post(self.port, "/v1/pins", {"name": one.name, "pin": one.pin}, token)

    def _furnish(self, stock: Stock, proxy: dict[str, Any]) -> None:
        address, anchors = f"{HOST}:{proxy['port']}", [f"127.0.0.1:{one}" for one in proxy["anchors"]]
        near = {"cloud": "practice", "cloud_url": address, "cloud_page": address, "link_address": f"127.0.0.1:{proxy['link']}"}
        write_settings(self.folder, {**stock.settings, **near, "anchors": anchors, "is_practice": True})
        with closing(Secrets(self.folder, self._world)) as secrets:
            secrets.put("cloud.login", json.dumps(LOGIN).encode())
            for name, value in stock.secrets.items():
                secrets.put(name, value)
        with closing(Database(self.folder / "plan.db", MIGRATIONS)) as database:
            plan = Plan(database, self._world, read_settings(self.folder))
            if stock.plan:
                plan.change(stock.plan, (), read_settings(self.folder).owner)

    async def _start(self, name: str, *arguments: str) -> dict[str, Any]:
        program = Program(name, self.folder, *arguments)
        self._programs.append(program)
        return await program.start()

    async def _post(self, port: int, path: str, body: Any, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(base_url=f"{HOST}:{port}", timeout=CALL_S, trust_env=False, headers=headers) as client:
            try:
                reply = await client.post(path, json=body)
            except httpx.HTTPError as error:
                raise RehearsalStopped(why=f"{path} was not answered ({type(error).__name__})") from error
        if reply.status_code >= 400:
            raise RehearsalStopped(why=f"{path} was answered with {reply.status_code}: {reply.text[:200]}")
        return reply.json() if reply.content else None

    async def tell(self, path: str, body: Any) -> Any:
        """Ask the practice box to do something, with its operator's token. Raises RehearsalStopped."""
        token = (self.folder / "operator.token").read_text(encoding="ascii").strip()
        return await self._post(self.port, path, body, token)

    @property
    def is_running(self) -> bool:
        return bool(self._programs) and all(one.is_running for one in self._programs)

    async def close(self) -> None:
        """Each program is asked to end and waited for, the box first; one that does not is killed. Raises nothing."""
        while self._programs:
            await self._programs.pop().end()
