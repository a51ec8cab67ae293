"""A loop whose clock jumps, and a World on it: a day of a whole shop passes in a fraction of a second, always the same.

Nothing in the simulated shop does real I/O, so whenever nothing is ready the clock moves to the next timer.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import selectors
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tideover.world import RealWorld

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Waits for nobody: the time that the loop would have slept is added to its clock."""

    elapsed_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("the simulation waits for something that will never come")
        if timeout > 0:
            self.elapsed_s += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed_s

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:
        """Blocking work is done at once: a thread would bring the machine's own order of things."""
        future = self.create_future()
        future.set_result(func(*args))
        return future


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        with contextlib.suppress(RuntimeError):
            loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class SimWorld(RealWorld):
    """A World on a VirtualLoop. `skew` is how wrong this machine's clock is; it may be changed while the shop runs."""

    def __init__(self, start: datetime, seed: str, skew: timedelta = timedelta(0)) -> None:
        self.chance = random.Random(seed)
        self.environ: Mapping[str, str] = {}
        self.start, self.skew = start, skew
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.stopwatch_s()) + self.skew

    def stopwatch_s(self) -> float:
        with contextlib.suppress(RuntimeError):  # After the loop has ended, time stands still.
            self._elapsed_s = asyncio.get_running_loop().time()
        return self._elapsed_s

    def secret_bytes(self, n: int) -> bytes:
        return self.chance.randbytes(n)
