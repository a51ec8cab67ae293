"""The modem: a pseudo-terminal with a modem and its network behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path

from conformance.switch_promises import Cutting
from tideover.drivers.found_before import Shelf
from tideover.drivers.modem import Modem, SerialModem
from tideover.world import real_world
from unit.drivers import at_modem
from unit.drivers.at_modem import Divert

PATIENCE_S = 0.25


class Mobile(Cutting):
    """The shop's SIM, and another mobile."""

    other, nonsense = "+358401234567", ("", "nobody", '040";+CFUN=0')

    def __init__(self, folder: Path, modem: at_modem.Modem, usual: str) -> None:
        super().__init__()
        self._folder, self._modem, self.usual = folder, modem, usual
        self._loop = asyncio.get_running_loop()
        modem.step = self._stepped

    def _stepped(self) -> None:
        """In the modem's thread: the box dies before it hears the answer."""
        told = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (self.step(), told.set()))
        told.wait(2)

    def driver(self) -> Modem:
        serial = SerialModem(self._modem.path, real_world(), PATIENCE_S, PATIENCE_S, PATIENCE_S)
        serial.settle_s = 0.02
        return Modem(serial, Shelf(self._folder, "modem"), real_world())

    async def outside(self) -> str:
        always = self._modem.diverts.get(0)
        return always.number if always is not None and always.is_on else ""

    def hang(self, hangs: bool) -> None:
        self._modem.mood = "hangs" if hangs else "well"


def made(usual: str, diverts: dict[int, Divert]):
    @asynccontextmanager
    async def make(folder: Path) -> AsyncIterator[Mobile]:
        with at_modem.Modem(diverts=deepcopy(diverts)) as modem:
            yield Mobile(folder, modem, usual)

    return make


OLD = "0501112223"
RIGS = {
    "modem": made("", {3: Divert(True, "+358500000001", 145)}),
    "modem-diverted-before": made(OLD, {0: Divert(True, OLD, 129), 2: Divert(True, "+358500000001", 145, 15)}),
}
