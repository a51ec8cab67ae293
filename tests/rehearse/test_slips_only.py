"""A shop without any till of ours: pads, keying, booking by interface or by hand, the day closed. Exact to the cent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from field.shop import FRIDAY, FRIDAY_MS, document, line, open_shop
from tideover.errors import WrongState
from tideover.model.answer import Answer
from tideover.model.sale import Tender
from tideover.rules.pricing import gross_sum
from tideover.trade.slip_total import Paper

HOUR_MS = 3_600_000
CASH, CARD = "cash", "card"


def papers():
    """What two people wrote on Friday afternoon; A-0003 was spoiled, A-0005 is lost."""
    sales = {
        "A-0001": document(line("coffee", 2_000), line("bread"), tender=CASH, number=""),
        "A-0002": document(line("lamp"), tender=CARD, number=""),
        "A-0004": document(line("plums", 350), tenders=(Tender(CASH, 140),), number=""),
        "A-0006": document(line("bread", 3_000), line("coffee"), tenders=(Tender(CASH, 100), Tender(CARD, 1_000)), number=""),
    }
    return {number: (n * 600_000, one) for n, (number, one) in enumerate(sales.items())}


def key_all(shop):
    """The pad is handed out, the papers are keyed in the evening."""
    shop.house.plan.issue_pad("A", 20, "Maija", day=FRIDAY)
    shop.later(hours=3)
    for number, (after_ms, one) in papers().items():
        total = gross_sum(one)
        paper = Paper("Eero", False, total)
        shop.run(shop.house.counter.key_slip(number, "sale", FRIDAY_MS + after_ms, one, operator="Aino", paper=paper))


def explain(shop):
    desk = shop.house.counter.slips
    shop.run(desk.spoil("A-0003", "void", "coffee on it", "Aino"))
    shop.run(desk.spoil("A-0005", "missing", "not in the box", "Aino", "Eero"))
    shop.run(desk.count_pad("A-0001", 7, "Aino"))


def taken(tender):
    return sum(part.amount_minor for _, one in papers().values() for part in one.tenders if part.kind == tender)


def totals():
    return sum(gross_sum(one) for _, one in papers().values())


def test_with_an_interface_the_slips_are_replayed_and_the_day_is_proven(tmp_path):
    """No till was ever enrolled. The day does not close over an unexplained slip; then it is right to the cent."""
    with open_shop(tmp_path) as shop:
        shop.replicate()
        shop.cut()
        key_all(shop)
        with pytest.raises(WrongState, match="A-0003"):
            shop.close_day(taken(CASH), taken(CARD))
        explain(shop)
        shop.back()
        shop.replay()
        assert [True] == [one["is_box"] for one in shop.house.journal.tills()]
        assert totals() == sum(one.total_minor for one in shop.books(FRIDAY) if one.state == "final")
        closing = shop.close_day(taken(CASH), taken(CARD))
        assert [] == [one.text for one in closing.view.open] and closing.view.is_proven
        [pad] = closing.view.slips
        assert ("A", 4, totals(), totals(), 0) == (pad.series, pad.used, pad.sum_minor, pad.written_minor, pad.differing)
        [state] = shop.house.counter.pads()
        assert (20, 4, 1, 14, 1, totals()) == (state.issued, state.used, state.void, state.unused, state.missing, state.sum_minor)
        assert [("slip-missing", "Eero")] == [(one.entry.body.code, one.entry.body.owner) for one in shop.house.close.findings()]


def test_without_a_cloud_a_person_books_them_and_the_day_is_closed(tmp_path):
    """Nothing but paper and this box: each slip waits to be keyed where the shop keeps its books, and is booked once."""
    with open_shop(tmp_path, cloud="", cloud_url="") as shop:
        key_all(shop)
        explain(shop)
        shop.run(shop.house.outbox.take_up())
        waiting = shop.house.outbox.keying()
        assert 4 == len(waiting)
        for n, entry in enumerate(waiting, 1):
            shop.run(shop.house.outbox.begin(entry))
            shop.run(shop.house.outbox.answer(entry, Answer("created", number=f"B-{n}")))
        assert ["booked"] * 4 == [shop.state(entry) for entry in waiting] and [] == shop.house.outbox.keying()
        closing = shop.close_day(taken(CASH), taken(CARD))
        assert (totals(), taken(CASH), taken(CARD)) == (
            closing.body.sales_minor,
            closing.body.cash_expected_minor,
            closing.body.card_expected_minor,
        )
        assert {"cloud-unread"} >= {one.code for one in closing.view.open}


def test_the_outage_waits_for_the_pads_to_be_counted(tmp_path):
    """Slips above the highest used one look blank until somebody holds the pad: a lost last page is noticed, and gets an owner."""
    with open_shop(tmp_path) as shop:
        shop.cut()
        key_all(shop)
        shop.house.plan.issue_pad("B", 20, "Maija", day=FRIDAY)
        desk = shop.house.counter.slips
        shop.run(desk.spoil("A-3", "void", "coffee on it", "Aino"))
        shop.run(desk.spoil("A-5", "missing", "not in the box", "Aino", "Eero"))
        assert {"pad-count"} == {one.code for one in shop.house.close.checklist() if one.code.startswith(("pad", "slip"))}
        shop.run(desk.count_pad("A-0001", 9, "Aino"))  # A-0007 and A-0008 were written, too.
        shop.run(desk.count_pad("B-0001", 1, "Aino"))
        assert ["A-0007", "A-0008"] == shop.house.counter.skipped_slips()
        shop.run(desk.spoil("A-7", "sought", "", "Aino", "Eero"))
        told = {one.text: one.owner for one in shop.house.close.checklist() if one.code == "slip"}
        assert "Eero" == told["Eero is still looking for slip A-0007."]
        shop.run(desk.spoil("A-8", "missing", "", "Aino", "Eero"))
        late = document(line("bread"), number="")
        shop.run(shop.house.counter.key_slip("A-7", "sale", FRIDAY_MS + HOUR_MS, late, operator="Aino"))
        assert [] == shop.house.counter.skipped_slips()
        assert not [one for one in shop.house.close.checklist() if one.code in ("slip", "pad-count")]
        shop.run(shop.house.counter.key_slip("A-8", "sale", FRIDAY_MS + HOUR_MS, late, operator="Aino"))  # It was under the drawer.
        open_ones = [one.entry.body.key for one in shop.house.close.findings()]
        assert "slip-missing A-0005" in open_ones and "slip-missing A-0008" not in open_ones
        shop.later(days=1)
        shop.run(
            shop.house.counter.key_slip("A-9", "sale", FRIDAY_MS + int(timedelta(days=1).total_seconds() * 1000), late, operator="Aino")
        )
        assert {"A-0001", "B-0001"} == set(desk.account().to_count)  # Paper was written since.
