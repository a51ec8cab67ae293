"""The desk: one receipt for one question, certain where the printer says so, never a second one without the mark."""

from __future__ import annotations

from unit.receipts.counter import in_shop, network_printer
from unit.receipts.nine_thousand import Printer


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
