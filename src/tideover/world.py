"""The one place that knows the time, makes ids, takes chances and reads the environment.

Everything else is handed a World. The real one asks the machine; the told one reads a
clock page that a rehearsal advances, so that a whole day passes in seconds and every
process agrees about the hour. Nothing here decides anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import os
import random
import secrets
import struct
import time
from collections import deque
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from msgspec import Meta

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER_MS = 2**62  # "Nothing is due": later than any day a shop trades.
Ms = Annotated[int, Meta(ge=0, lt=2**47)]  # UTC milliseconds as they stand in a table: a moment that a clock may have told.
GLANCE_S = 0.0005  # How often a told world looks at its clock page; real seconds.


def to_ms(at: datetime) -> int:
    """Aware instant to UTC milliseconds, as the journal writes it."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """UTC milliseconds to an aware instant."""
    return EPOCH + timedelta(milliseconds=ms)


class Wake:
    """A bell that ends a loop's pause early; ringing it twice is the same as once."""

    def __init__(self, world: World) -> None:
        self._event = asyncio.Event()
        self._world = world
        self.sleeping = False

    def ring(self) -> None:
        """Call from the loop's own thread."""
        if not self._event.is_set():
            self._event.set()
            if self.sleeping:
                self.sleeping = False
                self._world.busy(+1)

    async def wait(self) -> None:
        await self._event.wait()

    def reset(self) -> None:
        self._event.clear()

    @property
    def rung(self) -> bool:
        return self._event.is_set()


class Turns:
    """So many at once, the rest in the order they came: for work in which a pause may lie, such as a call to the cloud.

    Who waits for a turn is not at work, since whoever holds it may wait for the hour; and is again the moment it comes.
    """

    def __init__(self, world: World, count: int = 1) -> None:
        self._world, self._free = world, count
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._world.busy(-1)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._world.busy(+1)
            else:  # It had come already.
                self._hand_on()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._hand_on()

    def _hand_on(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._world.busy(+1)
                turn.set_result(None)
                return
        self._free += 1


class World(Protocol):
    chance: random.Random
    environ: Mapping[str, str]

    def now(self) -> datetime:
        """The instant, aware, UTC."""

    def stopwatch_s(self) -> float:
        """Real seconds from an unnamed start; only for figures about this machine."""

    def passed_s(self) -> float:
        """Seconds of this world from an unnamed start: what really passed, whatever the clock was set to."""

    def new_id(self) -> str:
        """A lower-case UUIDv7."""

    def secret_bytes(self, n: int) -> bytes:
        """Bytes that nobody can guess."""

    def busy(self, change: int) -> None:
        """A loop started (+1) or ended (-1) doing something; only a told world counts."""

    async def pause(self, seconds: float, wake: Wake | None = None) -> None:
        """Wait that long, or until `wake` rings (it is reset)."""

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """The result of `work`; raises TimeoutError after `seconds` of this world's time."""


def uuid7(at: datetime, tail: bytes) -> str:
    """UUIDv7 of RFC 9562 from an instant and ten bytes of chance."""
    number = (to_ms(at) & (2**48 - 1)) << 80 | int.from_bytes(tail, "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class RealWorld:
    """The machine's own clock and chance."""

    def __init__(self) -> None:
        self.chance = random.Random()
        self.environ: Mapping[str, str] = os.environ

    def now(self) -> datetime:
        return datetime.now(UTC)

    def stopwatch_s(self) -> float:
        return time.monotonic()

    def passed_s(self) -> float:
        return time.monotonic()

    def new_id(self) -> str:
        return uuid7(self.now(), self.secret_bytes(10))

    def secret_bytes(self, n: int) -> bytes:
        return secrets.token_bytes(n)

    def busy(self, change: int) -> None:
        pass

    async def pause(self, seconds: float, wake: Wake | None = None) -> None:
        if wake is None:
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # A task for each wait would cost more than what most loops do in a turn.
                await wake.wait()
        wake.reset()

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        async with asyncio.timeout(seconds):
            return await work


class ClockPage:
    """A small file that several processes map: the hour, and when the box next has something to do.

    Fields, little-endian int64 milliseconds: now, seen, due. The conductor writes `now`
    (the fault proxy may push it on for a slow call); the box writes `seen` and `due`
    when every loop of it sleeps, and `due` = 0 while it works.
    """

    SIZE = 24

    def __init__(self, path: Path) -> None:
        """Opens the page; makes it, all zero, if it is not there."""
        self.path = path
        with open(path, "ab") as file:
            if file.tell() < self.SIZE:
                file.write(b"\0" * (self.SIZE - file.tell()))
        with open(path, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), self.SIZE)

    def _get(self, at: int) -> int:
        return struct.unpack_from("<q", self._page, at)[0]

    def _put(self, at: int, value: int) -> None:
        struct.pack_into("<q", self._page, at, value)

    @property
    def now_ms(self) -> int:
        return self._get(0)

    @now_ms.setter
    def now_ms(self, value: int) -> None:
        self._put(0, value)

    @property
    def seen_ms(self) -> int:
        return self._get(8)

    @property
    def due_ms(self) -> int:
        return self._get(16)

    def publish(self, seen_ms: int, due_ms: int) -> None:
        """The box says: at `seen_ms` all is done until `due_ms`; 0 means working."""
        self._put(16, 0)
        self._put(8, seen_ms)
        self._put(16, due_ms)

    def close(self) -> None:
        self._page.close()


class ToldWorld:
    """A world whose clock is told to it through a clock page; chance comes from a seed."""

    def __init__(self, page: ClockPage, seed: int, publishes: bool = False) -> None:
        """publishes: this process is the box and writes when it next has something to do."""
        self.page = page
        self.chance = random.Random(seed)
        self.environ: Mapping[str, str] = os.environ
        self._publishes = publishes
        self._working = 0
        self._dues: dict[object, int] = {}
        self._sleepers: dict[asyncio.Future[None], tuple[int, Wake | None]] = {}
        self._glanced_ms = 0  # What the page said when we looked last.
        self._next_glance: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        return from_ms(self.page.now_ms)

    def stopwatch_s(self) -> float:
        return time.monotonic()

    def passed_s(self) -> float:
        return self.page.now_ms / 1000

    def new_id(self) -> str:
        return uuid7(self.now(), self.secret_bytes(10))

    def secret_bytes(self, n: int) -> bytes:
        return self.chance.randbytes(n)

    def busy(self, change: int) -> None:
        self._working += change
        self._publish()

    def _publish(self) -> None:
        if self._publishes:
            now = self.page.now_ms
            due = min(self._dues.values(), default=FOREVER_MS)
            asleep = self._working <= 0 and due > now  # One that is due but has not woken yet is not asleep.
            self.page.publish(now, due if asleep else 0)

    async def pause(self, seconds: float, wake: Wake | None = None) -> None:
        least_ms = int(seconds > 0)  # Rounded to nothing, a wait for an instant would spin.
        due = self.page.now_ms + max(least_ms, round(seconds * 1000))
        token = object()
        self._dues[token] = due
        slept = wake is None or not wake.rung
        if slept:
            if wake is not None:
                wake.sleeping = True
            self.busy(-1)
        try:
            await self._until(due, wake)
        finally:
            del self._dues[token]
            woken_by_clock = wake is None or wake.sleeping
            if wake is not None:
                wake.sleeping = False
                wake.reset()
            if slept and woken_by_clock:
                self.busy(+1)

    async def _until(self, due: int, wake: Wake | None) -> None:
        while self.page.now_ms < due and not (wake is not None and wake.rung):
            sleeper = asyncio.get_running_loop().create_future()
            await self._sleep(sleeper, due, wake)

    async def _sleep(self, sleeper: asyncio.Future[None], due: int, wake: Wake | None) -> None:
        """Until the clock or the bell says so, or somebody sets the sleeper's result. One looks at the page for all who sleep."""
        self._sleepers[sleeper] = due, wake
        if self._next_glance is None:
            self._glanced_ms = self.page.now_ms
            self._next_glance = sleeper.get_loop().call_later(GLANCE_S, self._glance)
        try:
            await sleeper
        finally:
            del self._sleepers[sleeper]
            if not self._sleepers and self._next_glance is not None:
                self._next_glance.cancel()
                self._next_glance = None

    def _glance(self) -> None:
        now, self._next_glance = self.page.now_ms, None
        if now != self._glanced_ms or self.page.seen_ms != now:
            self._publish()
        self._glanced_ms = now
        for sleeper, (due, wake) in list(self._sleepers.items()):
            if (now >= due or (wake is not None and wake.rung)) and not sleeper.done():
                sleeper.set_result(None)
        if self._sleepers:
            self._next_glance = asyncio.get_running_loop().call_later(GLANCE_S, self._glance)

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        due = self.page.now_ms + round(seconds * 1000)
        task = asyncio.ensure_future(work)
        while self.page.now_ms < due and not task.done():
            sleeper = asyncio.get_running_loop().create_future()
            task.add_done_callback(lambda _, sleeper=sleeper: sleeper.done() or sleeper.set_result(None))
            await self._sleep(sleeper, due, None)
        if task.done():  # The clock jumped in the same glance: an answer that is here counts.
            return task.result()
        task.cancel()
        raise TimeoutError


def real_world() -> RealWorld:
    """The world a shop runs in."""
    return RealWorld()


def told_world(page: Path, seed: int, publishes: bool = False) -> ToldWorld:
    """The world a rehearsal's child process runs in."""
    return ToldWorld(ClockPage(page), seed, publishes)
