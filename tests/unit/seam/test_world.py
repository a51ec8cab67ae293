"""Clock, chance and ids: the told world agrees with its conductor about when everything is done."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tideover.journal.entry import UUID7
from tideover.world import FOREVER_MS, GLANCE_S, ClockPage, RealWorld, ToldWorld, Turns, Wake, from_ms, to_ms, uuid7

FRIDAY = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def told(tmp_path: Path) -> tuple[ClockPage, ToldWorld]:
    page = ClockPage(tmp_path / "clock")
    page.now_ms = to_ms(FRIDAY)
    return page, ToldWorld(ClockPage(tmp_path / "clock"), seed=1, publishes=True)


async def settled(page: ClockPage) -> int:
    """What the box says it waits for, once it has seen the present hour."""
    while page.seen_ms != page.now_ms or page.due_ms == 0:
        await asyncio.sleep(0)
    return page.due_ms


def test_ids_are_uuid7_and_carry_the_time() -> None:
    """An id begins with the milliseconds of its making, so ids sort by time."""
    first, later = uuid7(FRIDAY, b"\xff" * 10), uuid7(FRIDAY + timedelta(milliseconds=1), b"\0" * 10)

    assert re.match(UUID7, first)
    assert re.match(UUID7, RealWorld().new_id())
    assert first < later
    assert FRIDAY == from_ms(int(first.replace("-", "")[:12], 16))


def test_the_real_world_ends_a_pause_when_the_bell_rings() -> None:
    """A loop that waits an hour wakes at once."""

    async def play() -> None:
        world = RealWorld()
        wake = Wake(world)
        asyncio.get_running_loop().call_soon(wake.ring)
        await world.pause(3600, wake)
        assert not wake.rung

    asyncio.run(play())


def test_a_told_world_says_when_it_is_next_due(tmp_path: Path) -> None:
    """The conductor reads the earliest wish of all sleeping loops, and only when all sleep."""

    async def play() -> None:
        page, world = told(tmp_path)
        woken: list[str] = []

        async def loop(name: str, seconds: float) -> None:
            world.busy(+1)
            await world.pause(seconds)
            woken.append(name)
            await world.pause(3600)

        tasks = [asyncio.create_task(loop("watch", 5)), asyncio.create_task(loop("recover", 2))]
        assert to_ms(FRIDAY) + 2_000 == await settled(page)
        page.now_ms += 2_000
        assert to_ms(FRIDAY) + 5_000 == await settled(page)
        assert ["recover"] == woken
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(play())


def test_a_pause_of_an_instant_is_slept_too(tmp_path: Path) -> None:
    """A part of a millisecond rounded to nothing would turn a loop that waits for it for ever, and no hour would come."""

    async def play() -> None:
        page, world = told(tmp_path)
        sleeper = asyncio.create_task(world.pause(0.0003))
        await asyncio.sleep(0)
        assert not sleeper.done()
        page.now_ms += 1
        await asyncio.wait_for(sleeper, 5)
        await world.pause(0.0)

    asyncio.run(play())


def test_a_bell_makes_a_told_world_busy_before_the_conductor_can_look(tmp_path: Path) -> None:
    """Between the ring and the work there is no moment at which the box seems idle."""

    async def play() -> None:
        page, world = told(tmp_path)
        wake = Wake(world)

        async def loop() -> None:
            world.busy(+1)
            while True:
                await world.pause(60, wake)

        task = asyncio.create_task(loop())
        assert to_ms(FRIDAY) + 60_000 == await settled(page)
        wake.ring()
        assert 0 == page.due_ms
        assert to_ms(FRIDAY) + 60_000 == await settled(page)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())


def test_who_waits_for_a_turn_is_not_at_work_and_is_again_the_moment_it_comes(tmp_path: Path) -> None:
    """Two log in at once, and the one whose turn it is waits for the hour: the box rests, as nothing else would bring the hour."""

    async def play() -> None:
        page, world = told(tmp_path)
        turns, done = Turns(world), []

        async def log_in(name: str) -> None:
            async with turns:
                await world.pause(60)
            done.append(name)
            world.busy(-1)

        world.busy(+2)
        calls = [asyncio.create_task(log_in(name)) for name in ("first", "second")]
        for minute in (1, 2):
            due = await asyncio.wait_for(settled(page), 5)
            assert minute * 60_000 == due - to_ms(FRIDAY)
            page.now_ms = due
        await asyncio.gather(*calls)
        assert ["first", "second"] == done

    asyncio.run(play())


def test_a_turn_is_handed_on_whoever_gives_up(tmp_path: Path) -> None:
    """One gives up while it waits, one in the moment its turn comes, one while it holds it; the last gets it, and all is counted once."""

    async def play() -> None:
        page, world = told(tmp_path)
        turns, doors = Turns(world), [asyncio.Event() for _ in range(4)]

        async def work(door: asyncio.Event) -> None:
            world.busy(+1)
            try:
                async with turns:
                    await door.wait()
            finally:
                world.busy(-1)
                if door is doors[0]:
                    calls[2].cancel()  # Its turn has come; it does not know yet.

        calls = [asyncio.create_task(work(door)) for door in doors]
        await asyncio.sleep(0)
        assert 0 == page.due_ms  # The first holds it and works; the rest wait.
        calls[1].cancel()
        calls[0].cancel()
        doors[3].set()
        ends = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)
        assert [True, True, True, False] == [isinstance(one, asyncio.CancelledError) for one in ends]
        assert FOREVER_MS == page.due_ms
        world.busy(+1)
        assert 0 == page.due_ms

    asyncio.run(play())


def test_a_call_times_out_in_told_time(tmp_path: Path) -> None:
    """Ten seconds pass when the page says so, not before."""

    async def play() -> None:
        page, world = told(tmp_path)
        call = asyncio.create_task(world.within(10, asyncio.Event().wait()))
        await asyncio.sleep(0.01)
        assert not call.done()
        page.now_ms += 10_000
        with pytest.raises(TimeoutError):
            await call
        assert 7 == await world.within(10, asyncio.sleep(0, result=7))

    asyncio.run(play())


def test_an_idle_box_without_loops_is_due_never(tmp_path: Path) -> None:
    """Nothing to do is later than every day."""
    page, world = told(tmp_path)

    world.busy(0)

    assert FOREVER_MS == page.due_ms


def test_one_looks_at_the_page_for_all_who_sleep(tmp_path: Path) -> None:
    """Thirty sleeping loops and a call read the clock no oftener than one loop, and each wakes at its own hour."""

    class Counting(ClockPage):
        reads = 0

        def _get(self, at: int) -> int:
            self.reads += 1
            return super()._get(at)

    async def play() -> tuple[int, list[int]]:
        page, _ = told(tmp_path)
        counting = Counting(tmp_path / "clock")
        world = ToldWorld(counting, seed=1, publishes=True)
        woken: list[int] = []

        async def loop(seconds: int) -> None:
            world.busy(+1)
            await world.pause(seconds)
            woken.append(seconds)
            await world.pause(3600)

        call = asyncio.create_task(world.within(7200, asyncio.Event().wait()))
        tasks = [asyncio.create_task(loop(30 - n)) for n in range(30)]
        await settled(page)
        counting.reads = 0
        for _ in range(20):
            await asyncio.sleep(GLANCE_S)
        reads = counting.reads
        for _ in range(30):
            page.now_ms += 1_000
            await settled(page)
        for task in (call, *tasks):
            task.cancel()
        await asyncio.gather(call, *tasks, return_exceptions=True)
        return reads, woken

    reads, woken = asyncio.run(play())

    assert reads < 31 * 5  # Twenty glances; if each looked for itself, there were 31 times as many.
    assert list(range(1, 31)) == woken
