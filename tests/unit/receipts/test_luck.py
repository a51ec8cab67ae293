"""A thousand runs of bad luck: a printer of every mood, a box that dies in mid-job, tills that ask twice, people who press what they see.

What came out on paper is read by a checker of its own: no receipt lost, no second one without the mark.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest

from unit.receipts.counter import QuickWorld, in_shop, network_printer
from unit.receipts.nine_thousand import MOODS, Printer
from unit.receipts.paper_checker import faults, receipts_on

RUNS, CHUNK = 1_000, 100
FASTER = 150.0  # Two seconds of waiting take 13 ms.
TURNS_MAX = 40


class Round:
    """One run: a few sales, one printer, one desk that may die."""

    def __init__(self, shop, printer, seed):
        self.shop, self.printer, self.chance = shop, printer, random.Random(seed)
        self.sold: dict[str, str] = {}  # Number to entry.
        self.by_hand: dict[str, int] = {}
        self.seed = seed
        self.start_box()

    def start_box(self):
        self.desk = self.shop.desk(network_printer(self.printer.port, self.shop.world, self.chance.choice(("epson-80", "generic-80"))))

    async def set_mood(self, mood):
        self.printer.mood = mood
        if mood == "off":
            await self.printer.__aexit__()
        elif not self.printer.is_on:
            await self.printer.__aenter__()

    async def ask(self, entry):
        for _ in range(self.chance.choice((1, 1, 2))):
            await self.desk.ask(entry, 0, "Kassa 1")

    async def turn(self):
        """One turn of the box, which may be its last."""
        if self.chance.random() > 0.25:
            await self.desk.turn()
            return
        task = asyncio.create_task(self.desk.turn())
        await asyncio.sleep(self.chance.random() * 0.02)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self.start_box()

    async def person(self):
        """Somebody looks at the list, and at what hangs in the printer."""
        for job in self.desk.waiting():
            number = next(number for number, entry in self.sold.items() if entry == job.entry)
            out = any(one[0] == number and one[2] for one in receipts_on(self.printer.paper.all()))
            if job.state == "unknown" and out:
                await self.desk.settle(job, "came-out", "Anna")
            elif self.chance.random() < 0.2:
                await self.desk.settle(job, "by-hand", "Anna")
                self.by_hand[number] = 1
            else:
                await self.desk.ask_again(job, "Anna", copy=1 + max(one.copy for one in self.desk.jobs.copies(job.entry)))

    async def play(self):
        for place in range(self.chance.randrange(1, 4)):
            number = f"K{self.seed}-{place + 1}"
            self.sold[number] = await self.shop.sell(number)
            await self.set_mood(self.chance.choice(MOODS))
            await self.ask(self.sold[number])
            await self.turn()
            if self.chance.random() < 0.3:
                await self.person()
        await self.end()
        return faults(self.printer.paper.all(), self.sold, self.by_hand)

    async def end(self):
        """The printer is mended, and people go on until nothing waits."""
        await self.set_mood("well")
        self.printer.put_paper_in()
        for _ in range(TURNS_MAX):
            await self.desk.turn()
            if not self.desk.jobs.open():
                return
            await self.person()
        raise AssertionError(self.desk.jobs.open())


@pytest.mark.parametrize("begin", range(0, RUNS, CHUNK))
def test_no_receipt_is_lost_and_no_second_one_comes_without_the_mark(tmp_path, begin):
    """Each run is its seed; what it found stands in the message."""

    async def play(shop):
        found = {}
        for seed in range(begin, begin + CHUNK):
            async with Printer(seed=seed) as printer:
                if wrong := await Round(shop, printer, seed).play():
                    found[seed] = wrong
        assert {} == found

    in_shop(tmp_path, play, QuickWorld(FASTER))


def test_the_checker_finds_what_it_is_there_for():
    """A second one without the mark, half of one, and one that nobody sold."""
    head, end = ["  KUITTI", "Nro K1-1  20.11.2026 14.30"], ["  13,5   11,01   1,49   12,50"]
    copy = ["  KUITTI - KOPIO", head[1]]
    assert [] == faults([head + end, copy + end], ["K1-1"], {})
    assert ["K1-1: 2 receipts without the mark"] == faults([head, head + end], ["K1-1"], {})
    assert ["K1-1: its customer got none"] == faults([head], ["K1-1"], {})
    assert ["K1-1: never sold"] == faults([head + end], [], {})
