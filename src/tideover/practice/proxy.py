"""The fault proxy: stands between a shop and its cloud and spoils the way, exactly as told and counted.

Only the interface's calls (/api, /login) suffer; the vendor's own till and the owner's hand pass
untouched, but for a line that is down. It changes no byte of a call that it lets through.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from tideover.practice.faults import HANG_S, Call, Plan, Strike
from tideover.practice.hostile import HOSTILE, Mode, spoil
from tideover.practice.serve import ready, stand_alone_options, until_told, world_of
from tideover.practice.wire import Answer, Dropped, Listener, Request, Response, forward
from tideover.world import ToldWorld, World

ANCHORS = 3  # Internet addresses of different operators.
SLOW_REAL_S = 0.2  # With the machine's own clock a slow call really waits, but briefly.
JSON = [(b"content-type", b"application/json")]


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    up: bool


class TillLoses(Struct, frozen=True, forbid_unknown_fields=True):
    forward: bool


class Arm(Struct, frozen=True, forbid_unknown_fields=True):
    faults: dict[Literal["lost-reply", "duplicate", "refuse", "busy", "slow", "expire-login", "crash"], Annotated[float, Meta(ge=0)]]
    sends_expected: int
    entries: tuple[str, ...] = ()


class Pid(Struct, frozen=True, forbid_unknown_fields=True):
    pid: Annotated[int, Meta(gt=1)]  # Never 0 or negative: those name whole groups of processes.


class SolvedEntry(Struct, frozen=True, forbid_unknown_fields=True):
    entry: str


class Hostile(Struct, frozen=True, forbid_unknown_fields=True):
    mode: Mode
    count: int = 1_000_000  # So many answers, then it is friendly again.


def says(status: int, value: Any, *headers: tuple[bytes, bytes]) -> Response:
    return Response(status, [*JSON, *headers], msgspec.json.encode(value))


class Proxy:
    """One shop's line, its anchors, its router, and the bad luck on the way."""

    def __init__(self, world: World, to: int, port: int = 0) -> None:
        """to: the cloud's port on this machine."""
        self._world, self._to = world, to
        self._plan: Plan | None = None
        self._till_loses: list[bool] = []
        self._dead_tokens: set[str] = set()
        self._hostile, self._hostile_left = "off", 0
        self._pid: int | None = None
        self._struck: dict[str, int] = {}  # By plans that were disarmed.
        self._calls = self._sends = self._booked = 0
        self._active: dict[object, asyncio.Event] = {}
        self.shop = Listener(self.serve, port)
        self.control = Listener(self.told)
        self.anchors = [Listener(None) for _ in range(ANCHORS)]
        self.link = Listener(None)

    async def open(self) -> None:
        for listener in (self.shop, self.control, self.link, *self.anchors):
            await listener.open()

    def release(self) -> None:
        for listener in (self.shop, self.control, self.link, *self.anchors):
            listener.release()

    # The shop's side ------------------------------------------------------------------------------

    async def serve(self, request: Request) -> Answer:
        """One request of the shop."""
        if request.method == "POST" and request.target.startswith("/till/sales") and self._till_loses:
            if self._till_loses.pop(0):
                await forward(self._to, request)
            return Dropped()
        if not request.target.startswith(("/api/", "/login")):
            return await forward(self._to, request)
        me, done = object(), asyncio.Event()
        self._active[me] = done
        try:
            return await self._call(request)
        finally:
            self._active.pop(me, None)
            done.set()

    async def _call(self, request: Request) -> Answer:
        send = request.method == "POST" and request.target.partition("?")[0] == "/api/sales"
        self._calls += 1
        self._sends += send
        if self._hostile_left > 0 and not send:
            self._hostile_left -= 1
            return spoil(self._hostile, await self._pass(request))
        if request.header("authorization") in self._dead_tokens:
            return _logged_out()
        if self._plan is None:
            return await self._pass(request)
        strike = self._plan.strike(Call(send, request.header("idempotency-key")), self._pid is not None)
        return await self._suffer(strike, request)

    async def _suffer(self, strike: Strike, request: Request) -> Answer:
        match strike.fault:
            case "crash":
                return await self._crash(strike, request)
            case "expire-login":
                self._dead_tokens.add(request.header("authorization"))
                return _logged_out()
            case "refuse":
                return says(422, {"cause": "refused", "reason": "The cloud does not take this one.", "hint": "Look at it with the vendor."})
            case "lost-reply":
                await self._pass(request)
                if strike.hang:
                    await self._spend(HANG_S)
                return Dropped()
            case "busy":
                return _busy(strike.seconds)
            case "slow":
                await self._spend(strike.seconds)
                return await self._pass(request)
            case "duplicate":
                first, second = await self._pass(request), await self._pass(request)
                return first if isinstance(second, Dropped) else second
            case None:
                return await self._pass(request)

    async def _pass(self, request: Request) -> Answer:
        answer = await forward(self._to, request)
        if isinstance(answer, Response) and answer.status == 201 and request.target == "/api/sales":
            self._booked += 1
        return answer

    async def _crash(self, strike: Strike, request: Request) -> Answer:
        if strike.after:
            await self._pass(request)
        pid, self._pid = self._pid, None  # The next one is named when the box stands again.
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return Dropped()

    async def _spend(self, seconds: float) -> None:
        """Time passes: pushed on in a rehearsal, once the calls beside this one are through; short in reality."""
        if not isinstance(self._world, ToldWorld):
            await self._world.pause(seconds if seconds >= HANG_S else SLOW_REAL_S)
            return
        me = next(iter(reversed(self._active)), None)
        self._active.pop(me, None)  # Two that spend time must not wait for each other.
        others = [asyncio.ensure_future(done.wait()) for done in self._active.values()]
        if others:
            _, late = await asyncio.wait(others, timeout=1.0)
            for one in late:
                one.cancel()
        self._world.page.now_ms += round(seconds * 1000)

    # The rehearsal's side --------------------------------------------------------------------------

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
            case ("POST", "/till-loses"):
                self._till_loses.append(_read(request, TillLoses).forward)
            case ("POST", "/faults"):
                arm = _read(request, Arm)
                self._disarm()
                self._plan = Plan(dict(arm.faults), arm.sends_expected, arm.entries, self._world.chance)
            case ("POST", "/pid"):
                self._pid = _read(request, Pid).pid
            case ("POST", "/solved"):
                if self._plan is not None:
                    self._plan.solved.add(_read(request, SolvedEntry).entry)
            case ("POST", "/hostile"):
                hostile = _read(request, Hostile)
                self._hostile, self._hostile_left = hostile.mode, hostile.count if hostile.mode in HOSTILE else 0
            case ("POST", "/off"):
                self._disarm()
            case ("GET", "/counts"):
                return self.counts()
            case _:
                raise LookupError
        return {}

    async def set_line(self, up: bool) -> dict[str, bool]:
        """Cuts or mends the line; the shop's own router stays."""
        for listener in (self.shop, *self.anchors):
            if up:
                await listener.open()
            else:
                listener.close()
        return {"up": up}

    def _disarm(self) -> None:
        self._struck = self._faults_injected()
        self._plan = None

    def _faults_injected(self) -> dict[str, int]:
        now = self._plan.counts if self._plan is not None else {}
        return {name: self._struck.get(name, 0) + now.get(name, 0) for name in {**self._struck, **now}}

    def counts(self) -> dict[str, Any]:
        """What happened so far."""
        return {"faults_injected": self._faults_injected(), "calls": self._calls, "sends": self._sends, "booked": self._booked}


def _read(request: Request, shape: Any) -> Any:
    return msgspec.json.decode(request.body, type=shape, strict=True)


def _logged_out() -> Response:
    return says(401, {"cause": "login", "reason": "The log-in ran out."})


def _busy(seconds: float) -> Response:
    if seconds:
        return says(429, {"cause": "busy", "reason": "Too many calls."}, (b"retry-after", str(int(seconds)).encode()))
    return says(503, {"cause": "busy", "reason": "Come back later."})


async def run(options: argparse.Namespace) -> None:
    proxy = Proxy(world_of(options), options.to, options.port)
    await proxy.open()
    anchors = [one.port for one in proxy.anchors]
    ready(port=proxy.shop.port, control=proxy.control.port, anchors=anchors, link=proxy.link.port)
    await until_told(options.with_parent)
    proxy.release()


def main(arguments: list[str] | None = None) -> None:
    """The program: prints its ports when it is ready."""
    parser = argparse.ArgumentParser(prog="python -m tideover.practice.proxy", description="The fault proxy, on this machine only.")
    parser.add_argument("--to", type=int, required=True, help="port of the cloud")
    stand_alone_options(parser)
    asyncio.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
