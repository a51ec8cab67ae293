"""A process of the box that puts the line driver through what every Switch promises: python -m net.promises FOLDER LINE LINE.

The thing that is moved is the kernel itself. The driver dies after its 1st, 2nd, 3rd … change, and the kernel can be made to hang.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pyroute2

from conformance.switch_promises import keep_all
from tideover.drivers import routes
from tideover.drivers.uplinks import Uplinks
from tideover.model.line import Line, lines_of
from tideover.world import real_world

Plain = pyroute2.AsyncIPRoute


class Died(BaseException):
    """The box's end: nothing in the driver may catch it."""


class Fate:
    left: int | None = None  # Changes until the end.
    hangs = False

    @classmethod
    def step(cls, *what: object) -> None:
        if cls.left is not None:
            cls.left -= 1
            if cls.left <= 0:
                cls.left = None
                raise Died


class Kernel(Plain):
    """The real one, with a fate."""

    async def __aenter__(self) -> Any:
        if Fate.hangs:
            await asyncio.Event().wait()
        return await super().__aenter__()

    async def route(self, command: str, **given: Any) -> Any:
        done = await super().route(command, **given)
        if command != "get":
            Fate.step()
        return done

    async def rule(self, command: str, **given: Any) -> Any:
        done = await super().rule(command, **given)
        if command in ("add", "del"):
            Fate.step()
        return done


class Wires:
    """Two lines of the lab."""

    usual, other, nonsense = "fibre", "mobile", ("", "no-such-line", "wan2", "mobile; reboot")

    def __init__(self, folder: Path, lines: tuple[Line, ...]) -> None:
        self._folder, self._lines = folder, lines
        self._resolver = folder / "upstreams.conf"
        self._resolver.write_text("nameserver 100.64.1.53\n")

    def driver(self) -> Uplinks:
        short = {"proof_s": 1.0, "kernel_s": 1.0}
        return Uplinks(self._lines, self._folder, real_world(), resolver_file=self._resolver, noticed=Fate.step, **short)

    async def outside(self) -> str:
        process = await asyncio.create_subprocess_exec("ip", "route", "get", "1.1.1.1", stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        names = self._resolver.read_text()
        if b"dev wan2" in said:
            return "mobile" if names.endswith("nameserver 100.64.2.53\n") else f"mobile, but with {names!r}"
        return "fibre" if names == "nameserver 100.64.1.53\n" else f"fibre, but with {names!r}"

    def hang(self, hangs: bool) -> None:
        Fate.hangs = hangs

    async def cut(self, after: int, call: Callable[[], Awaitable[Any]]) -> bool:
        Fate.left = after
        try:
            await call()
        except Died:
            return True
        finally:
            Fate.left = None
        return False


async def main() -> None:
    @asynccontextmanager
    async def rig(folder: Path) -> AsyncIterator[Wires]:
        yield Wires(folder, lines_of(tuple(sys.argv[2:])))
        async with routes.opened() as kernel:
            assert not await routes.is_moved(kernel)
            await routes.clear(kernel)

    await keep_all(rig, Path(sys.argv[1]))
    print("all hold")


if __name__ == "__main__":
    pyroute2.AsyncIPRoute = Kernel
    asyncio.run(main())
