"""Who shares a commit with whom: one alone never waits, several at it go together."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path
from threading import Event
from typing import Any

from tideover.db import Database
from tideover.journal.gather import PATIENCE_S, Gather
from unit.journal.small_shop import FLOAT, open_shop


class Disk:
    """Commits when it is told to."""

    def __init__(self) -> None:
        self.commits: list[tuple[list[str], Future[list[str]]]] = []

    def submit(self, questions: list[str]) -> Future[list[str]]:
        future: Future[list[str]] = Future()
        self.commits.append((questions, future))
        return future

    def done(self) -> None:
        """The last commit ends well."""
        questions, future = self.commits[-1]
        future.set_result([f"{one} stands" for one in questions])

    @property
    def groups(self) -> list[list[str]]:
        return [questions for questions, _ in self.commits]


async def asked(gather: Gather[str, str], *questions: str) -> list[asyncio.Task[list[str]]]:
    """Each question by a caller of its own, waiting for its answer by now."""
    tasks = [asyncio.create_task(gather.ask([one])) for one in questions]
    await asyncio.sleep(0)
    return tasks


def test_who_comes_alone_is_served_at_once() -> None:
    """No caller waits for others who are not there."""

    async def play() -> None:
        disk = Disk()
        gather: Gather[str, str] = Gather(disk.submit)
        for name in ("a", "b"):
            [task] = await asked(gather, name)
            assert [name] == disk.groups[-1]
            disk.done()
            assert [f"{name} stands"] == await task

    asyncio.run(play())


def test_on_a_slow_disk_nobody_waits_for_an_answer_that_is_not_theirs() -> None:
    """Who comes while a commit drags on stands in the writer's queue before it ends, so that the very next one has them."""

    async def play() -> None:
        disk = Disk()
        gather: Gather[str, str] = Gather(disk.submit)
        [first] = await asked(gather, "a")
        later = await asked(gather, "b", "c")
        async with asyncio.timeout(PATIENCE_S * 1_000):
            while len(disk.commits) == 1:
                await asyncio.sleep(0)
        assert ([["a"], ["b", "c"]], False) == (disk.groups, first.done())
        disk.done()
        assert ["b stands", "c stands"] == [answer for task in later for answer in await task]
        questions, future = disk.commits[0]
        future.set_result([f"{one} stands" for one in questions])
        assert ["a stands"] == await first
        [alone] = await asked(gather, "d")
        assert ["d"] == disk.groups[-1]
        disk.done()
        assert ["d stands"] == await alone

    asyncio.run(play())


def test_those_who_come_again_share_the_next_commit() -> None:
    """After a commit the next one waits until all who are at it are there, then goes without waiting longer."""

    async def play() -> None:
        disk = Disk()
        gather: Gather[str, str] = Gather(disk.submit)
        [first] = await asked(gather, "a1")
        others = await asked(gather, "b1", "c1")
        disk.done()
        assert ["a1 stands"] == await first
        assert [["a1"]] == disk.groups, "b and c wait for a, who sends its next at once"
        again = await asked(gather, "a2")
        assert ["b1", "c1", "a2"] == disk.groups[-1]
        disk.done()
        assert [["b1 stands"], ["c1 stands"], ["a2 stands"]] == await asyncio.gather(*others, *again)

    asyncio.run(play())


def test_those_who_wait_go_without_one_who_stays_away() -> None:
    """The wait ends by itself."""

    async def play() -> None:
        disk = Disk()
        gather: Gather[str, str] = Gather(disk.submit)
        [first] = await asked(gather, "a1")
        others = await asked(gather, "b1", "c1")
        disk.done()
        await first
        while len(disk.commits) < 2:
            await asyncio.sleep(0)
        assert ["b1", "c1"] == disk.groups[-1]
        disk.done()
        assert [["b1 stands"], ["c1 stands"]] == await asyncio.gather(*others)

    asyncio.run(play())


def test_a_caller_who_gives_up_takes_nobody_along() -> None:
    """The others of the same commit get their answers."""

    async def play() -> None:
        disk = Disk()
        gather: Gather[str, str] = Gather(disk.submit)
        [first] = await asked(gather, "a1")
        gone, stays = await asked(gather, "b1", "c1")
        gone.cancel()
        disk.done()
        await first
        while len(disk.commits) < 2:
            await asyncio.sleep(0)
        disk.done()
        assert ["c1 stands"] == await stays

    asyncio.run(play())


def test_a_sale_does_not_wait_whether_the_box_has_more_to_write(tmp_path: Path) -> None:
    """While the box writes a fact of its own, a till's sale stands in the writer's queue at once: the very next commit has it."""
    with open_shop(tmp_path, threaded=True) as shop:
        pair, queued = shop.till().sale(), []

        async def play() -> list[Any]:
            tasks = [asyncio.create_task(shop.journal.record("drawer_float", FLOAT)), asyncio.create_task(shop.journal.append(*pair))]
            await asyncio.sleep(0)  # Both have asked by now, and no time has passed.
            queued.append(shop.database._queue._waiting.qsize())
            go_on.set()
            return await asyncio.gather(*tasks)

        go_on = _held(shop.database)
        answers = asyncio.run(play())
        assert (["created", "created"], [2]) == ([one.answer for one in answers], queued)


def test_a_slow_witness_keeps_no_sale_waiting(tmp_path: Path) -> None:
    """The head goes to a stick that takes its time; the sale stands on the disk and is answered."""
    with open_shop(tmp_path, threaded=True) as shop:
        pair, go_on = shop.till().sale(), Event()
        shop.database.write(lambda connection: None)  # The head of the enrolment is with its witness: the writer is free.
        shop.journal._heads.keep = lambda *told: go_on.wait(30) and None
        shop.world.pass_by(seconds=60)
        try:
            answer = asyncio.run(asyncio.wait_for(shop.journal.append(*pair), 10))
        finally:
            go_on.set()
        assert "created" == answer.answer


def _held(database: Database) -> Event:
    """The writer is busy until the event is set."""
    go_on = Event()
    busy = database.submit(lambda connection: go_on.wait(10))
    while not busy.running():
        pass
    return go_on
