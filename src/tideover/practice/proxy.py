"""The fault proxy: a shop's line to its cloud as a program, with a control port for whoever directs the rehearsal.

Beside the line itself it plays three internet addresses (anchors), which die with it, and the
shop's own router, which does not. What happens to calls is decided in faults.py and done in luck.py.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tideover.practice.faults import HANG_S, Fault
from tideover.practice.hostile import Mode
from tideover.practice.luck import Luck
from tideover.practice.serve import Ending, ready, stand_alone_options, world_of
from tideover.practice.speech import SPEECHES, says
from tideover.practice.wire import Answer, Listener, Request, forward
from tideover.world import ToldWorld, World

ANCHORS = 3  # Internet addresses of different operators.
SLOW_REAL_S = 0.2  # With the machine's own clock a slow call really waits, but briefly.


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    up: bool


class Login(Struct, frozen=True, forbid_unknown_fields=True):
    works: bool


class TillLoses(Struct, frozen=True, forbid_unknown_fields=True):
    forward: bool


class Arm(Struct, frozen=True, forbid_unknown_fields=True):
    faults: dict[Fault, Annotated[float, Meta(ge=0)]]
    sends_expected: int
    entries: tuple[str, ...] = ()


class Pid(Struct, frozen=True, forbid_unknown_fields=True):
    pid: Annotated[int, Meta(gt=1)]  # Never 0 or negative: those name whole groups of processes.


class SolvedEntry(Struct, frozen=True, forbid_unknown_fields=True):
    entry: str


class Hostile(Struct, frozen=True, forbid_unknown_fields=True):
    mode: Mode
    count: int = 1_000_000  # So many answers, then it is friendly again.


class Proxy:
    """One shop's line, its anchors and its router."""

    def __init__(self, world: World, to: int, port: int = 0, speaks: str = "practice", slow_real_s: float = SLOW_REAL_S) -> None:
        """to: the cloud's port on this machine; speaks: how it does, a name in SPEECHES; slow_real_s: of a slow call by a real clock."""
        self._world, self._to, self._slow_real_s = world, to, slow_real_s
        self._pid: int | None = None
        self.luck = Luck(self._forward, self._spend, self._kill, world.chance, SPEECHES[speaks]())
        self.shop = Listener(self.luck.serve, port)
        self.control = Listener(self.told)
        self.anchors = [Listener(None) for _ in range(ANCHORS)]
        self.link = Listener(None)

    async def open(self) -> None:
        for listener in (self.shop, self.control, self.link, *self.anchors):
            await listener.open()

    def release(self) -> None:
        for listener in (self.shop, self.control, self.link, *self.anchors):
            listener.release()

    async def _forward(self, request: Request) -> Answer:
        return await forward(self._to, request)

    async def _spend(self, seconds: float) -> None:
        """Pushes a rehearsal's clock on; with the machine's own, a hanging call hangs and a slow one is a little slow."""
        if isinstance(self._world, ToldWorld):
            self._world.page.now_ms += round(seconds * 1000)
        else:
            await self._world.pause(seconds if seconds >= HANG_S else self._slow_real_s)

    def _kill(self) -> bool:
        pid, self._pid = self._pid, None
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pid is not None

    async def told(self, request: Request) -> Answer:
        """One word of the conductor, on the control port."""
        try:
            return says(200, await self._obey(request))
        except msgspec.DecodeError as error:
            return says(400, {"reason": str(error)})
        except LookupError:
            return says(404, {"reason": f"There is no {request.method} {request.target}."})

    async def _obey(self, request: Request) -> Any:
        match (request.method, request.target):
            case ("POST", "/line"):
                return await self.set_line(_read(request, Line).up)
            case ("POST", "/cloud"):
                return await self.set_cloud(_read(request, Line).up)
            case ("POST", "/login"):
                self.luck.logs_in = _read(request, Login).works
            case ("POST", "/till-loses"):
                self.luck.lose_till_answer(_read(request, TillLoses).forward)
            case ("POST", "/faults"):
                arm = _read(request, Arm)
                self.luck.arm(dict(arm.faults), arm.sends_expected, arm.entries)
            case ("POST", "/pid"):
                self._pid = _read(request, Pid).pid
                self.luck.may_crash = True
            case ("POST", "/solved"):
                self.luck.solved(_read(request, SolvedEntry).entry)
            case ("POST", "/hostile"):
                hostile = _read(request, Hostile)
                self.luck.be_hostile(hostile.mode, hostile.count)
            case ("POST", "/off"):
                self.luck.disarm()
            case ("GET", "/standing"):
                is_faulty = self.luck.is_armed
                return {"line": self.anchors[0].is_open, "cloud": self.shop.is_open, "login": self.luck.logs_in, "faults": is_faulty}
            case ("GET", "/counts"):
                return self.luck.counts()
            case _:
                raise LookupError
        return {}

    async def set_line(self, up: bool) -> dict[str, bool]:
        """Cuts or mends the line; the shop's own router stays."""
        return await _set((self.shop, *self.anchors), up)

    async def set_cloud(self, up: bool) -> dict[str, bool]:
        """Only the cloud goes away or comes back; the line stays."""
        return await _set((self.shop,), up)


async def _set(listeners: Iterable[Listener], up: bool) -> dict[str, bool]:
    for listener in listeners:
        if up:
            await listener.open()
        else:
            listener.close()
    return {"up": up}


def _read(request: Request, shape: Any) -> Any:
    return msgspec.json.decode(request.body, type=shape, strict=True)


async def run(options: argparse.Namespace) -> None:
    """The proxy until it is told to end."""
    ending = Ending(options.with_parent)
    proxy = Proxy(world_of(options), options.to, options.port, options.speaks, options.slow_real_s)
    await proxy.open()
    anchors = [one.port for one in proxy.anchors]
    ready(port=proxy.shop.port, control=proxy.control.port, anchors=anchors, link=proxy.link.port)
    await ending.wait()
    proxy.release()


def main(arguments: list[str] | None = None) -> None:
    """The program: prints its ports when it is ready."""
    parser = argparse.ArgumentParser(prog="python -m tideover.practice.proxy", description="The fault proxy, on this machine only.")
    parser.add_argument("--to", type=int, required=True, help="port of the cloud")
    parser.add_argument("--speaks", choices=tuple(SPEECHES), default="practice", help="which cloud it is")
    parser.add_argument("--slow-real-s", type=float, default=SLOW_REAL_S, help="seconds that a slow call takes by the machine's own clock")
    stand_alone_options(parser)
    asyncio.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
