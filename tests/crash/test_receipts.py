"""The box as a real process, killed while a receipt leaves a real port: it asks a person, and no second one comes without the mark."""

from __future__ import annotations

import asyncio
import random
import threading

import pytest

from bad_luck.box import Box, Till
from unit.receipts.nine_thousand import Printer
from unit.receipts.paper_checker import TITLE, receipts_on

PATIENCE_S, GLANCE_S = 20.0, 0.05
SETTINGS = 'receipt_printer = "tcp://127.0.0.1:{port}"\nreceipt_profile = "generic-80"\nlanguage = "fi"\n'


class Served:
    """The printer in a thread of its own, so that it outlives every box; it stops in the middle of the next receipt when told to."""

    def __init__(self) -> None:
        self.printer, self._ready = Printer(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with self.printer:
            self._ready.set()
            await self._end.wait()

    def __enter__(self) -> Printer:
        self._thread.start()
        assert self._ready.wait(10)
        return self.printer

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)


def until(what, says):
    """What it gives once it is true."""
    pause = threading.Event()
    for _ in range(round(PATIENCE_S / GLANCE_S)):
        if found := what():
            return found
        pause.wait(GLANCE_S)
    raise AssertionError(says())


@pytest.mark.parametrize("seed", [1, 2])
def test_a_box_killed_in_mid_job_prints_no_second_receipt_by_itself(tmp_path, seed):
    """kill -9 while the printer is silent about a job it took; the next box offers it again, and prints it as a copy when asked."""
    chance = random.Random(seed)
    with Served() as printer:
        settings = SETTINGS.format(port=printer.port)
        with Box(tmp_path, settings) as box, Till(box.url).enrol(box.staff) as till:
            [kept] = [one["id"] for one in till.answers(till.sale())]
            printer.mood = "no-last-word"
            job = ask(box, kept, 0)
            until(lambda: receipts_on(printer.paper.all()), lambda: printer.paper)
            threading.Event().wait(chance.random())
            box.kill()
        printer.mood = "well"
        with Box(tmp_path) as box:
            until(lambda: "unknown" == look(box, job)["state"], lambda: look(box, job))
            assert look(box, job)["needs_person"]
            assert [False] == [one[1] for one in receipts_on(printer.paper.all())]
            copy = ask(box, kept, 1)
            until(lambda: "confirmed" == look(box, copy)["state"], lambda: look(box, copy))
        assert [False, True] == [one[1] for one in receipts_on(printer.paper.all())]
        assert 2 == sum(TITLE.match(line) is not None for strip in printer.paper.all() for line in strip)


def ask(box, entry, copy):
    """The receipt's job."""
    return box.staff.post("/v1/receipts", json={"entry": entry, "copy": copy}).raise_for_status().json()["job"]


def look(box, job):
    return box.get(f"/v1/receipts/{job}")
