"""The desk: one receipt for one question, certain where the printer says so, never a second one without the mark."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tideover.detect.sight import fold
from tideover.detect.verdict import conclude
from tideover.drivers.folder import Folder
from tideover.drivers.receipt_files import OfficeReceipts
from tideover.drivers.receipts import receipt_printer_of
from tideover.errors import Misconfigured
from tideover.world import real_world
from unit.receipts.counter import FRIDAY, SHOP, in_shop, network_printer
from unit.receipts.nine_thousand import Printer
from unit.receipts.paper_checker import receipts_on


def test_a_till_that_asks_twice_gets_one_receipt(tmp_path):
    """Confirmed by the printer itself; the journal knows what the customer was given."""

    async def play(shop):
        async with Printer() as printer:
            desk = shop.desk(network_printer(printer.port, shop.world))
            entry = await shop.sell(name="Hääkakku Šárka 5 €")
            jobs = [await desk.ask(entry, 0, "Kassa 1") for _ in range(2)]
            await desk.turn()
            again = await desk.ask(entry, 0, "Kassa 1")
            await desk.turn()
            assert {jobs[0].id} == {one.id for one in (*jobs, again)}
            assert "confirmed" == again.state
            assert [("printer", False, True)] == shop.given(entry)
            [paper] = printer.paper.all()
            assert 1 == printer.paper.drawer_opened
            return paper

    paper = in_shop(tmp_path, play)
    assert any("Hääkakku Šárka 5 €" in line for line in paper), paper
    assert all(len(line) <= 48 for line in paper)


def test_the_office_printer_takes_what_the_receipt_printer_does_not(tmp_path):
    """Without a mark, for it never left; and the next one does not wait for a printer that was just seen away."""
    out = tmp_path / "pages"
    out.mkdir()

    async def play(shop):
        async with Printer("no-paper") as printer:
            office = OfficeReceipts(Folder(out), tmp_path, shop.world)
            desk = shop.desk(network_printer(printer.port, shop.world), office)
            entries = [await shop.sell(f"K1-{place}") for place in (1, 2)]
            for entry in entries:
                await desk.ask(entry, 0, "Kassa 1")
            await desk.turn()
            assert [] == printer.paper.all()
            assert [("office-printer", False, True)] == shop.given(entries[0]) == shop.given(entries[1])
            return printer.calls

    assert 1 == in_shop(tmp_path, play)
    assert 2 == len(list(out.glob("*.pdf")))


def test_the_watch_hears_how_the_printer_is(tmp_path):
    """Out of paper, then ready: its own word, and what came of using it, as a verdict with evidence."""
    heard = []

    async def play(shop):
        async with Printer("no-paper") as printer:
            desk = shop.desk(network_printer(printer.port, shop.world), hear=heard.append)
            await desk.ask(await shop.sell(), 0, "Kassa 1")
            await desk.turn()
            down = conclude(fold(heard, 5.0), FRIDAY, 5.0)[-1]
            printer.put_paper_in()
            await desk.turn()
            return down, conclude(fold(heard, 5.0), FRIDAY, 5.0)[-1]

    down, up = in_shop(tmp_path, play)
    assert ("printer", "down", "our-printer", ("device",)) == (down.service, down.state, down.cause, down.kinds)
    assert ("the receipt printer: it is out of paper",) == down.evidence
    assert ("printer", "up", "none") == (up.service, up.state, up.cause)


def test_a_copy_opens_no_drawer_and_says_what_it_is(tmp_path):
    """The first opens it for cash; card sales never do."""

    async def play(shop):
        async with Printer() as printer:
            desk = shop.desk(network_printer(printer.port, shop.world))
            cash, card = await shop.sell("K1-1"), await shop.sell("K1-2", tender="card")
            for entry, copy in ((cash, 0), (card, 0), (cash, 1)):
                await desk.ask(entry, copy, "Kassa 1")
                await desk.turn()
            return printer.paper

    paper = in_shop(tmp_path, play)
    assert 1 == paper.drawer_opened
    assert [("K1-1", False), ("K1-2", False), ("K1-1", True)] == [one[:2] for one in receipts_on(paper.all())]


def test_a_copy_of_what_has_not_left_yet_is_the_receipt_itself(tmp_path):
    """A cashier who presses again because nothing came out gets one paper, without a mark."""

    async def play(shop):
        async with Printer("cover") as printer:
            desk = shop.desk(network_printer(printer.port, shop.world))
            entry = await shop.sell()
            first = await desk.ask(entry, 0, "Kassa 1")
            await desk.turn()
            assert first.id == (await desk.ask(entry, 1, "Kassa 1")).id
            printer.put_paper_in()
            await desk.turn()
            return receipts_on(printer.paper.all())

    assert [("K1-1", False, True)] == in_shop(tmp_path, play)


def test_the_journal_is_told_though_the_box_died_before_it_was(tmp_path):
    """The state stood, its entry did not: the next turn writes it, under the id that was kept; once."""

    async def play(shop):
        async with Printer() as printer:
            desk = shop.desk(network_printer(printer.port, shop.world))
            entry = await shop.sell()
            job = await desk.ask(entry, 0, "Kassa 1")
            await desk.jobs.move(job, ("queued",), state="confirmed", fact=shop.world.new_id(), is_told=0)
            for _ in range(2):
                await shop.desk(network_printer(printer.port, shop.world)).turn()
            return shop.given(entry)

    assert [("printer", False, True)] == in_shop(tmp_path, play)


def test_out_of_a_practice_box_nothing_passes_for_a_receipt(tmp_path):
    """Its first line says so."""
    practice = replace(SHOP, is_practice=True)

    async def play(shop):
        async with Printer() as printer:
            desk = shop.desk(network_printer(printer.port, shop.world), settings=practice)
            await desk.ask(await shop.sell(), 0, "Kassa 1")
            await desk.turn()
            return printer.paper.all()[0][0].strip()

    assert "HARJOITUS - EI KUITTI" == in_shop(tmp_path, play)


@pytest.mark.parametrize("text", ["tcp://", "tcp://host:x", "tcp://host:70000", "usb:lp0", "cups:", "9100", "file:/etc/passwd"])
def test_a_printer_that_is_none_is_a_wrong_setting(tmp_path, text):
    """Told at the start, with the forms that there are."""
    with pytest.raises(Misconfigured) as found:
        receipt_printer_of(replace(SHOP, receipt_printer=text), tmp_path, real_world())
    assert "tcp://HOST:PORT" in found.value.message


@pytest.mark.parametrize("text", ["tcp://192.168.1.50:9100", "tcp://192.168.1.50", "tcp://[fe80::1]:9100", "usb:/dev/usb/lp0", "cups:K"])
def test_every_form_of_a_printer_is_taken(tmp_path, text):
    """Nothing is opened yet."""
    assert receipt_printer_of(replace(SHOP, receipt_printer=text), tmp_path, real_world()).name
