"""Power cuts, full disks and servers that break off: a notice arrives at least once, and a second time only if it says so."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from crash.failing import DISK_FULL, SECTOR_GONE, failing_disk
from tideover.activate.notice_words import Told
from tideover.errors import TideoverError
from tideover.world import to_ms
from unit.notices.shop_at_night import AINO, SMS, Modem, away, later, notices_of, subjects, texts, turns
from unit.receipts.counter import Shop, in_shop
from unit.receipts.test_mail import Box, mail_server

TESTS = Path(__file__).parents[2]
OPERATIONS_MAX = 400
STRIDE = 1 if os.environ.get("EVERY") else 4  # `make crash-night` meets every operation.


class Dawdler(Box):
    """Takes the letter, and does not answer until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.has_one, self.go_on = threading.Event(), threading.Event()

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(envelope)
        self.has_one.set()
        await asyncio.to_thread(self.go_on.wait, 10)
        return "250 Taken"


def test_a_box_killed_while_the_server_thinks_says_it_again(tmp_path):
    """kill -9 with the letter in the server's hands: the next start sends it once more, marked; then never again."""
    box = Dawdler()
    environ = {**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}"}
    with mail_server(box) as port:
        child = subprocess.Popen([sys.executable, TESTS / "unit/notices/dying_box.py", tmp_path, str(port)], env=environ)
        try:
            assert box.has_one.wait(20)
            os.kill(child.pid, signal.SIGKILL)
        finally:
            child.wait(10)
            box.go_on.set()

        async def start_again(shop):
            shop.world.at = shop.world.at.replace(hour=14)
            notices = notices_of(shop, port)
            await turns(shop, notices, 3_600)
            return [one.state for one in notices.rows.latest(9)]

        assert ["sent"] == in_shop(tmp_path, start_again)
    assert [False, True] == ["(again)" in one for one in subjects(box)]


@pytest.mark.parametrize("weather", [DISK_FULL, SECTOR_GONE], ids=lambda one: one.name)
def test_whatever_the_disk_does_nothing_is_lost(tmp_path, weather):
    """It fails at the 1st, 2nd, 3rd … operation; it is mended, the box starts again: the notice is there, twice only if it says so."""
    (morning := tmp_path / "morning").mkdir()
    in_shop(morning, lambda shop: notices_of(shop).turn())
    for at in range(1, OPERATIONS_MAX, STRIDE):
        box, folder = Box(), shutil.copytree(morning, tmp_path / str(at))
        with mail_server(box) as port:
            struck, is_written = asyncio.run(failing(folder, port, weather, at))
            found = in_shop(folder, lambda shop, port=port: mended(shop, port))
        marks = ["(again)" in one for one in subjects(box)]
        assert (found, marks) in ((1, [False]), (1, [True]), (1, [False, True]), (0, [])), f"at operation {at}: {found} {marks}"
        assert found or not is_written, f"at operation {at}: an entry that stands was told to nobody"
        if not struck:
            return
    raise AssertionError("it never came to an end")


async def failing(folder, port, weather, at):
    """Something goes away, on a disk that fails; did it fail, and does the entry stand."""
    with failing_disk(folder) as disk:
        shop, is_written = Shop(folder, vfs=disk.name), False
        disk.spoil(weather, at)
        try:
            await away(shop)
            is_written = True
            notices = notices_of(shop, port)
            for _ in range(3):
                later(shop, max(1.0, await notices.turn()))
        except TideoverError:
            pass
        finally:
            disk.mend()
            shop.close()
        return disk.struck, is_written


async def mended(shop, port):
    """A new start on a healthy disk; how many entries there are to tell."""
    later(shop, 3_600)
    await turns(shop, notices_of(shop, port), 1_800)
    return len(shop.journal.read(kinds=("service_away",)))


def test_what_cannot_go_to_one_holds_up_nobody_else(tmp_path):
    """Two thousand notices wait for an address whose mail server was never set up: the text message to another person goes at once."""
    modem = Modem()

    async def play(shop):
        notices = notices_of(shop, texter=modem, to=(AINO, SMS))
        notices.mailer = None
        await notices.turn()
        tolds = [Told(f"old/{n}", to_ms(shop.world.at), "The line 'fibre' does not work.") for n in range(2_000)]
        await notices.rows.take_up(None, tolds, [AINO], to_ms(shop.world.at))
        await away(shop)
        await turns(shop, notices, 60)

    in_shop(tmp_path, play)
    assert [SMS] == [number for number, _ in modem.sent]


def test_after_a_long_outage_one_letter_tells_the_newest(tmp_path):
    """A thousand happenings make one letter: the last forty stand in it, the others are counted, and all are done with it."""
    box, line = Box(), [False]

    async def play(shop):
        notices = notices_of(shop, port, line=lambda: line[0])
        await notices.turn()
        tolds = [Told(f"old/{n}", to_ms(shop.world.at), f"The line 'l{n}' does not work.") for n in range(1_000)]
        await notices.rows.take_up(None, tolds, [AINO], to_ms(shop.world.at))
        line[0] = True
        await turns(shop, notices, 600)
        return {one.state for one in (*notices.rows.open(), *notices.rows.latest(2_000))}

    with mail_server(box) as port:
        assert {"sent"} == in_shop(tmp_path, play)
    [text] = texts(box)
    assert "'l999'" in text and "'l960'" in text and "'l959'" not in text and "And 960 more" in text
