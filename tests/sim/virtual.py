"""A loop whose clock jumps, and a World on it: a day of a whole shop passes in a fraction of a second, always the same.

Nothing in the simulated shop does real I/O, so whenever nothing is ready the clock moves to the next timer.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import random
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tideover.world import RealWorld

T = TypeVar("T")


class Elapsed:
    """Seconds since the simulation began: what a clock that is right would show."""

    def __init__(self) -> None:
        self.s = 0.0


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop in virtual time, without sockets, threads or a selector."""

    def __init__(self, elapsed: Elapsed) -> None:
        super().__init__()
        self._elapsed = elapsed

    def time(self) -> float:
        return self._elapsed.s

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Blocking work is done at once: a thread would bring the machine's own order of things."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # It belongs to whoever awaits it, as with a thread.
            future.set_exception(error)
        return future

    def _write_to_self(self) -> None:
        """Nobody sleeps, so nobody is woken."""

    # A shop's day is half a million small steps: these three do what the loop's own do, without what only other loops need.

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)  # type: ignore[attr-defined]
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override]
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._scheduled, At(timer))  # type: ignore[attr-defined]
        return timer

    def _run_once(self) -> None:
        ready, timers = self._ready, self._scheduled  # type: ignore[attr-defined]
        while timers and timers[0].timer._cancelled:
            heapq.heappop(timers)
        if not ready and not self._stopping:  # type: ignore[attr-defined]
            if not timers:
                raise RuntimeError("the simulation waits for something that will never come")
            self._elapsed.s = max(self._elapsed.s, timers[0].timer.when())
        while timers and timers[0] <= self._elapsed.s:
            ready.append(heapq.heappop(timers).timer)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()


class At(float):
    """When a timer is due, and the timer: as a number it is compared without a call of Python."""

    __slots__ = ("timer",)

    def __new__(cls, timer: asyncio.TimerHandle) -> At:
        self = super().__new__(cls, timer.when())
        self.timer = timer
        return self


def run_virtual(main: Coroutine[Any, Any, T], elapsed: Elapsed) -> T:
    """`asyncio.run` in virtual time."""
    loop = VirtualLoop(elapsed)
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        with contextlib.suppress(RuntimeError):
            loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class Ended(Exception):
    """The process that somebody waited for was killed."""


class Lifetime:
    """What runs inside a process from the outside: requests, and people at its screen. It ends with the process."""

    def __init__(self) -> None:
        self._works: set[asyncio.Task[Any]] = set()

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` comes to. Raises Ended if the process is killed meanwhile."""
        task = asyncio.ensure_future(work)
        self._works.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if task in self._works:  # Not the process: whoever waits was told to stop.
                task.cancel()
                raise
            raise Ended from None
        finally:
            self._works.discard(task)

    async def end(self) -> None:
        works, self._works = list(self._works), set()
        for one in works:
            one.cancel()
        await asyncio.gather(*works, return_exceptions=True)


class SimWorld(RealWorld):
    """A World in virtual time; its clock may be wrong, be set, and run fast or slow."""

    def __init__(self, start: datetime, seed: str, elapsed: Elapsed, wrong_s: float = 0.0) -> None:
        self.chance = random.Random(seed)
        self.environ: Mapping[str, str] = {}
        self.start, self._elapsed = start, elapsed
        self._wrong_s, self._rate, self._since_s = wrong_s, 0.0, 0.0
        self._read_s, self._read = -1.0, start

    def now(self) -> datetime:
        at_s = self._elapsed.s
        if at_s != self._read_s:
            self._read_s, self._read = at_s, self.start + timedelta(seconds=at_s + self.wrong_s())
        return self._read

    def true_now(self) -> datetime:
        """What a clock that is right shows."""
        return self.start + timedelta(seconds=self._elapsed.s)

    def wrong_s(self) -> float:
        """How far ahead of the truth this clock is."""
        return self._wrong_s + self._rate * (self._elapsed.s - self._since_s)

    def step(self, by_s: float) -> None:
        """Somebody sets the clock."""
        self._wrong_s += by_s
        self._read_s = -1.0

    def drift(self, rate: float) -> None:
        """From now on it gains so many seconds per second."""
        self._wrong_s, self._since_s, self._rate = self.wrong_s(), self._elapsed.s, rate

    def stopwatch_s(self) -> float:
        return self._elapsed.s

    def passed_s(self) -> float:
        return self._elapsed.s

    def secret_bytes(self, n: int) -> bytes:
        return self.chance.randbytes(n)
