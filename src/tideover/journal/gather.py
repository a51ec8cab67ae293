"""Takes together what arrives while a commit is under way: the next commit carries all of it.

Waiting for the disk is the dearest part of a sale, and it costs the same for one as for many. Each caller still
gets an answer of its own, and only after the commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

MOMENT = 0.5  # Longest wait for others, as a share of what the last commit took …
MOMENT_S = 0.003  # … and at most so long: on a slow disk they come in time for the commit after.
PATIENCE_S = 0.003  # A commit under way for longer is a slow disk's: who waits goes into the writer's queue, for its very next one.
TOGETHER_MAX = 256  # Entries in one commit; beyond this the first would wait for the last too long.

Waiting = tuple[Sequence[Q], "asyncio.Future[list[A]]"]


class Gather(Generic[Q, A]):
    """Questions in, answers out; those that wait share a commit.

    Who comes alone is served at once. Where several are at it they will come again (each till sends its next sale when
    it has its answer), so the next commit waits until all of those are there, or for a moment. On a slow disk nobody
    waits for an answer that is not theirs: the writer commits what other stages have queued, too, and whoever stands in
    its queue when it begins is part of that commit.
    """

    def __init__(self, submit: Callable[[list[Q]], Future[list[A]]]) -> None:
        """submit: carries out a list of questions in one transaction and answers each, in order."""
        self._submit = submit
        self._waiting: list[Waiting[Q, A]] = []
        self._loop: asyncio.AbstractEventLoop | None = None  # The loop that awaits commits now.
        self._under_way = 0  # Groups that were submitted and not answered yet.
        self._timer: asyncio.TimerHandle | None = None  # Set while those who wait are not submitted yet.
        self._expected = 1  # Who was answered last, and who came meanwhile.
        self._began_s = self._took_s = 0.0  # The last commit, by the loop's clock.

    @property
    def is_busy(self) -> bool:
        """A commit is under way: what comes now waits for it."""
        return self._loop is not None

    async def ask(self, questions: Sequence[Q]) -> list[A]:
        """The answers, once committed. Call from one event loop at a time."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[A]] = loop.create_future()
        self._waiting.append((questions, done))
        if self._loop is not loop:  # Nothing under way, or its loop has ended.
            self._loop, self._timer, self._under_way = loop, None, 0
            self._go_or_wait(loop)
        elif self._under_way == 0 and len(self._waiting) >= self._expected:
            self._go(loop)
        elif self._timer is None:
            self._timer = loop.call_later(PATIENCE_S, self._go, loop)
        return await done

    def _go_or_wait(self, loop: asyncio.AbstractEventLoop) -> None:
        if len(self._waiting) >= self._expected:
            self._go(loop)
        else:
            self._wait(loop, min(MOMENT * self._took_s, MOMENT_S))

    def _wait(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._go, loop)

    def _go(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send off what waits, as far as one commit carries."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group = [self._waiting.pop(0)]
        size = len(group[0][0])
        while self._waiting and size + len(self._waiting[0][0]) <= TOGETHER_MAX:
            group.append(self._waiting.pop(0))
            size += len(group[-1][0])
        if self._waiting:
            self._wait(loop, PATIENCE_S)
        self._under_way += 1
        self._began_s = loop.time()
        future = self._submit([one for questions, _ in group for one in questions])
        asyncio.wrap_future(future).add_done_callback(lambda ended: self._answer(loop, group, ended))

    def _answer(self, loop: asyncio.AbstractEventLoop, group: list[Waiting[Q, A]], ended: asyncio.Future[list[A]]) -> None:
        self._under_way -= 1
        self._expected = len(group) + len(self._waiting)
        self._took_s = loop.time() - self._began_s
        if self._under_way == 0:
            if self._waiting:
                self._go_or_wait(loop)
            else:
                self._loop = None
        error = ended.exception()
        answers = [] if error is not None else ended.result()
        for questions, done in group:
            mine, answers = answers[: len(questions)], answers[len(questions) :]
            if done.cancelled():
                continue
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(mine)
