"""The telephone system over AMI: a real TCP server, written from the protocol's description."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from conformance.switch_promises import Cutting
from tideover.drivers.pbx import PASSWORD, Pbx, pbx_of
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.world import real_world
from unit.drivers import phone_system
from unit.drivers.phone_system import USER, PhoneSystem


class Exchange(Cutting):
    """Extension 200, and a mobile."""

    other, nonsense = "+358401234567", ("", "nobody", "040\r\nAction: Command")

    def __init__(self, folder: Path, system: PhoneSystem, secrets: Secrets, usual: str) -> None:
        super().__init__()
        self._folder, self._system, self._secrets, self.usual = folder, system, secrets, usual
        system.step = self.step

    def driver(self) -> Pbx:
        settings = Settings(pbx=f"ami:127.0.0.1:{self._system.port}", pbx_user=USER, pbx_extension="200")
        made = pbx_of(settings, self._secrets, real_world(), self._folder)
        made.timeout_s = 0.5
        return made

    async def outside(self) -> str:
        return self._system.database.get("CF/200", "")

    def hang(self, hangs: bool) -> None:
        self._system.mood = "hangs" if hangs else "well"


def made(usual: str):
    @asynccontextmanager
    async def make(folder: Path) -> AsyncIterator[Exchange]:
        system = PhoneSystem(database={"CF/200": usual} if usual else {})
        with closing(Secrets(folder, real_world())) as secrets:
            secrets.put(PASSWORD, phone_system.PASSWORD.encode())
            async with system:
                yield Exchange(folder, system, secrets, usual)

    return make


RIGS = {"pbx": made(""), "pbx-diverted-before": made("0501112223")}
