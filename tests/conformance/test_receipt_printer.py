"""Every receipt printer keeps the same promises: what is sent comes out once and whole, what is gone took nothing, no answer is an error.

The network one is a real TCP server, the device file a real character device (a terminal of the kernel in raw mode), the queue two
small programs in the place of lp and lpstat, the office printer a folder that takes real PDFs.
"""

from __future__ import annotations

import asyncio
import os
import tty
from contextlib import asynccontextmanager, suppress
from functools import partial

import pypdfium2
import pytest

from conformance.test_printer import LP, LPSTAT
from tideover.drivers.cups import Cups
from tideover.drivers.escpos import PROFILES
from tideover.drivers.folder import Folder
from tideover.drivers.receipt_files import CupsReceipts, OfficeReceipts
from tideover.drivers.receipt_printer import EscPos
from tideover.drivers.wire import open_device, open_network
from tideover.model.receipt import Row, Slip
from tideover.world import real_world
from unit.receipts.counter import QuickWorld, network_printer
from unit.receipts.nine_thousand import Printer

TEXTS = ("Kulmakauppa Åkerblom", "Hääkakku 5 €", "\x1bp\x00\x19 Paha\x1dVB\x00 nimi\x07", "YHTEENSÄ EUR            123 456,78")
SLIP = Slip(tuple(Row(text, number == 0) for number, text in enumerate(TEXTS)), opens_drawer=True)
# What of the third line no printer obeys stays readable; the rest of it is gone.
SEEN = [TEXTS[0], TEXTS[1], "p PahaVB nimi", TEXTS[3]]


@asynccontextmanager
async def on_network(folder, mood="well"):
    async with Printer(mood) as printer:
        yield network_printer(printer.port, QuickWorld(10)), lambda: printer.paper.all()


@asynccontextmanager
async def on_device(folder, mood="well"):
    """The kernel's own terminal: what is written to the device file is read by the printer behind it."""
    behind, device = os.openpty()
    tty.setraw(device)
    os.set_blocking(behind, False)
    printer, loop = Printer(mood), asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(behind), "rb", 0))
    talking = asyncio.create_task(printer._talk(reader, Answering(behind)))
    try:
        path = os.ttyname(device)
        yield EscPos(f"usb:{path}", PROFILES["generic-80"], partial(open_device, path), QuickWorld(10)), lambda: printer.paper.all()
    finally:
        talking.cancel()
        transport.close()
        os.close(behind)
        os.close(device)


class Answering:
    """The printer's side of a terminal."""

    def __init__(self, handle):
        self._handle = handle

    def write(self, said):
        os.write(self._handle, said)

    async def drain(self):
        """It is there at once."""


@asynccontextmanager
async def on_queue(folder, mood="well"):
    programs = folder / "cups"
    programs.mkdir()
    raw = LP.replace('[ "$1 $2 $3" = "-d office -t" ] && [ "$5" = "--" ] && [ $# = 6 ]', '[ "$3 $4" = "-o raw" ] && [ $# = 8 ]')
    for name, text in (("lp", raw.replace('cp "$6"', 'cp "$8"').replace('"$4"', '"$6"')), ("lpstat", LPSTAT)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (programs / "done").touch()
    if mood == "off":
        (programs / "gone").touch()
    printer = Printer()

    def out():
        for one in programs.glob("office-7.pdf"):
            printer._obey(one.read_bytes())
        return printer.paper.all()

    yield CupsReceipts(Cups("office", real_world(), programs, is_raw=True), PROFILES["epson-80"], folder, real_world()), out


@asynccontextmanager
async def on_pages(folder, mood="well"):
    pages = folder / "pages"
    if mood != "off":
        pages.mkdir()

    def out():
        found = []
        for one in pages.glob("*.pdf"):
            document = pypdfium2.PdfDocument(one)
            page = document[0]
            text = page.get_textpage()
            found.append([" ".join(line.split()) for line in text.get_text_range().splitlines()])
            document.close()
        return found

    yield OfficeReceipts(Folder(pages), folder, real_world()), out


WAYS = {"network": on_network, "device": on_device, "queue": on_queue, "office": on_pages}


@pytest.fixture(params=sorted(WAYS))
def way(request):
    return WAYS[request.param]


def play(way, folder, work, mood="well"):
    async def run():
        async with way(folder, mood) as (printer, out):
            found = await work(printer)
            return found, out()

    return asyncio.run(run())


def test_what_is_sent_comes_out_once_and_whole(way, tmp_path):
    """Nothing in a name is obeyed, Finnish letters and sums are as they were, and it ends as confirmed or as handed over."""

    async def work(printer):
        answer = await printer.send(SLIP, "Kuitti K1-1")
        return await printer.ask(answer.number) if answer.number else answer

    answer, out = play(way, tmp_path, work)
    assert answer.word in ("confirmed", "sent") and not (answer.word == "sent" and answer.number)
    assert [[" ".join(line.split()) for line in SEEN]] == [[" ".join(line.split()) for line in strip] for strip in out]
    assert [] == list((tmp_path / "printing").glob("*"))


def test_a_printer_that_is_gone_took_nothing(way, tmp_path):
    """`away` with a reason, so that the receipt may go another way without a mark."""
    if way is on_network:
        answer = asyncio.run(network_printer(1, QuickWorld(10)).send(SLIP, "Kuitti"))
    elif way is on_device:
        gone = EscPos("usb", PROFILES["generic-80"], partial(open_device, "/dev/usb/lp-none"), QuickWorld(10))
        answer = asyncio.run(gone.send(SLIP, "Kuitti"))
    else:
        answer, out = play(way, tmp_path, lambda printer: printer.send(SLIP, "Kuitti"), "off")
        assert [] == out
    assert "away" == answer.word and answer.why


@pytest.mark.parametrize("mood", ["no-paper", "cover", "mute", "garbage"])
@pytest.mark.parametrize("way", [on_network, on_device], ids=["network", "device"])
def test_a_printer_that_cannot_print_gets_no_byte_of_a_receipt(way, tmp_path, mood):
    """It is asked first; its answer, or that it has none, is told in words."""
    words = {"no-paper": "out of paper", "cover": "cover is open", "mute": "does not say how it is", "garbage": "no receipt printer"}

    async def work(printer):
        return await printer.look(), await printer.send(SLIP, "Kuitti")

    (look, answer), out = play(way, tmp_path, work, mood)
    assert (False, "away", []) == (look.is_ready, answer.word, out)
    assert words[mood] in answer.why and answer.why == look.text


@pytest.mark.parametrize("mood", ["dies", "no-last-word", "paper-runs-out"])
@pytest.mark.parametrize("way", [on_network, on_device], ids=["network", "device"])
def test_what_may_have_come_out_is_never_called_away(way, tmp_path, mood):
    """Cut off in the middle, silent at the end, out of paper on the way: a person looks."""
    answer, _ = play(way, tmp_path, lambda printer: printer.send(Slip(SLIP.rows * 20), "Kuitti"), mood)
    assert "unknown" == answer.word and answer.why


def test_a_slow_printer_is_waited_for(tmp_path):
    """It takes its time for each piece, and says at the end that it is done."""
    answer, out = play(on_network, tmp_path, lambda printer: printer.send(Slip(SLIP.rows * 50), "Kuitti"), "slow")
    assert ("confirmed", 200) == (answer.word, len(out[0]))


def test_a_printer_that_stops_reading_is_let_go(monkeypatch):
    """What it has not taken is given up: the next receipt, and the box's end, wait for nothing."""
    monkeypatch.setattr("tideover.drivers.wire.CLOSED_S", 0.05)

    async def run():
        stuck: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda reader, writer: stuck.append(writer), "127.0.0.1", 0)
        wire = await open_network(*server.sockets[0].getsockname())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                while True:
                    await wire.write(b"x" * 2**20)
        await wire.close()
        server.close()
        for one in stuck:
            one.close()

    asyncio.run(run())


def test_a_device_that_takes_nothing_took_nothing(tmp_path):
    """A device file whose memory is full from the start: not one byte left, so the receipt may go another way without a mark."""

    async def run():
        behind, device = os.openpty()
        tty.setraw(device)
        os.set_blocking(device, False)
        while _filled(device):
            await asyncio.sleep(0.05)  # The kernel moves what it took further in a moment, which makes room.
        printer = EscPos("usb", PROFILES["blind-80"], partial(open_device, os.ttyname(device)), QuickWorld(100))
        try:
            return await printer.send(SLIP, "Kuitti")
        finally:
            os.close(behind)
            os.close(device)

    assert "away" == asyncio.run(run()).word


def _filled(device):
    """Writes until nothing more goes in; how many bytes went."""
    taken = 0
    with suppress(BlockingIOError):
        while True:
            taken += os.write(device, b"x" * 4_096)
    return taken


def test_a_plain_file_is_no_printer(tmp_path):
    """A setting that points to a file of somebody writes nothing into it."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear")
    printer = EscPos("usb", PROFILES["blind-80"], partial(open_device, str(file)), QuickWorld(10))
    answer = asyncio.run(printer.send(SLIP, "Kuitti"))
    assert ("away", "Dear") == (answer.word, file.read_text())
