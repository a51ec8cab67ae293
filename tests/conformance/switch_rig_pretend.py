"""The switch that moves only what is in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from conformance.switch_promises import Cutting
from tideover.drivers.pretend import Pretend, Wires
from tideover.world import real_world


class Died(BaseException):
    """Nothing in memory waits, so the box dies on the spot."""


class Memory(Cutting):
    """Two lines, so to say."""

    usual, other, nonsense = "fibre", "mobile", ("", "no-such-line", "fibre; reboot")

    def __init__(self) -> None:
        super().__init__()
        self._deaths: int | None = None
        self._wires = Wires(targets=("fibre", "mobile"), in_use="fibre", step=self.step)

    def driver(self) -> Pretend:
        return Pretend("lines", self._wires, real_world(), timeout_s=0.05)

    async def outside(self) -> str:
        return self._wires.in_use

    def hang(self, hangs: bool) -> None:
        self._wires.hangs = hangs

    def step(self, *what: object) -> None:
        if self._deaths is not None:
            self._deaths -= 1
            if self._deaths <= 0:
                raise Died

    async def cut(self, after, call) -> bool:
        self._deaths = after
        try:
            await call()
        except Died:
            return True
        finally:
            self._deaths = None
        return False


@asynccontextmanager
async def memory(folder: Path) -> AsyncIterator[Memory]:
    yield Memory()


RIGS = {"pretend": memory}
