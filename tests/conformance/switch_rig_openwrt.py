"""The shop's router with OpenWrt, behind a real HTTP door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from conformance.switch_promises import Cutting
from tideover.drivers.openwrt import OpenWrt
from tideover.drivers.ubus import Ubus
from tideover.model.line import lines_of
from tideover.world import real_world
from unit.openwrt.played_router import Router

LINES = lines_of(("fibre interface=wan", "mobile interface=wwan metered"))
NAMES = {"wan": "fibre", "wwan": "mobile", "": ""}


class Wires(Cutting):
    """Two lines at one router."""

    usual, other, nonsense = "fibre", "mobile", ("", "no-such-line", "wwan", "mobile; reboot")

    def __init__(self, folder: Path, client: httpx.AsyncClient) -> None:
        super().__init__()
        self.router, self.url, self._folder, self._client = Router(self.step), "", folder, client

    def driver(self) -> OpenWrt:
        world = real_world()
        ubus = Ubus(self.url, "root", lambda: "sälä", self._client, world, call_s=0.5)
        return OpenWrt(ubus, LINES, self._folder, world, call_s=0.5, settle_s=2.0)

    async def outside(self) -> str:
        return NAMES[self.router.in_use()]

    def hang(self, hangs: bool) -> None:
        self.router.hangs.clear() if hangs else self.router.hangs.set()


@asynccontextmanager
async def openwrt(folder: Path) -> AsyncIterator[Wires]:
    async with httpx.AsyncClient(timeout=None) as client:
        wires = Wires(folder, client)
        async with wires.router.serve() as wires.url:
            yield wires


RIGS = {"openwrt": openwrt}
