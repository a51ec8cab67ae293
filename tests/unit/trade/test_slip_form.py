"""A slip as typed: numbers as people write them, items as they name them, each fault beside its field."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tideover.errors import BadRecord
from tideover.model.item import Item
from tideover.model.sale import Document, Line, Tender
from tideover.rules.pricing import gross_sum
from tideover.trade.slip import Slip
from tideover.trade.slip_again import differences
from tideover.trade.slip_form import ROWS_MAX, Row, Typed, Wish, read_form, reckon
from tideover.trade.slip_total import Paper, fit_total
from tideover.trade.terms import Terms
from tideover.trade.typed import day_of, instant_of, minor_of, price_of, quantity_of, rate_of, time_of
from tideover.world import from_ms, to_ms

NOW = from_ms(1_795_177_800_000)  # Friday 2026-11-20, 14:30 in Helsinki.
ZONE = "Europe/Helsinki"
TERMS = Terms("FI", "EUR", True, 5, 100_000, 10_000)
NET = Terms("FI", "EUR", False, 5, 100_000, 10_000)
BREAD = Item("100", "Rye bread", 24_900, 135_000, barcodes=("6400000000010",))
LAMP, SHADE = Item("200", "Lamp", 1_990_000, 255_000), Item("201", "Lamp shade", 390_000, 255_000)


class Shelf:
    """Copies of three items."""

    items = (BREAD, LAMP, SHADE)

    def get(self, dataset, code):
        return next((one for one in self.items if one.code == code), None)

    def barcode(self, text):
        return next((one for one in self.items if text in one.barcodes), None)

    def search(self, text, dataset, limit):
        return [one for one in self.items if text.lower() in one.name.lower()][:limit]


def typed(*rows, **changes):
    plain = {"slip": "A-0001", "day": "2026-11-20", "time": "1402", "writer": "Eero", "tenders": (Wish("card"),)}
    return Typed(rows=tuple(Row(what=one) if isinstance(one, str) else one for one in rows), **{**plain, **changes})


def seen(*rows, terms=TERMS, **changes):
    return reckon(typed(*rows, **changes), terms, Shelf(), NOW, ZONE)


def test_numbers_as_people_write_them():
    """A comma or a dot, spaces between thousands; two readings or too many decimals are none."""
    assert [1_250, 1_250, 1_200, 123_450, 50] == [minor_of(text) for text in ("12,50", "12.5", "12", "1 234,50 €", ",5")]
    assert [None] * 9 == [minor_of(text) for text in ("", "-1", "1.234,50", "12,505", "abc", "1e3", "٣", ".", "1" * 10)]
    assert [12_345, 350, -1_000, 255_000] == [price_of("1,2345"), quantity_of("0,35"), quantity_of("−1"), rate_of("25,5 %")]
    assert [None, None] == [rate_of("101"), quantity_of("--1")]


def test_days_and_times_as_people_write_them():
    """Browsers send one way, people write another; what is no day or hour is none."""
    assert ["2026-11-20"] * 2 == [day_of("2026-11-20"), day_of("20.11.2026")]
    assert [None] * 4 == [day_of(text) for text in ("2026-02-30", "20.11.", "", "٢٠٢٦-11-20")]
    assert ["14:32", "14:32", "14:32", "09:30", "09:00"] == [time_of(text) for text in ("14.32", "14:32", "1432", "930", "9")]
    assert [None] * 4 == [time_of(text) for text in ("24", "14.60", "x", "123456")]
    assert "2026-11-20T12:02:00+00:00" == instant_of("2026-11-20", "14:02", ZONE).isoformat()


def test_items_by_code_barcode_word_and_number_of_them():
    """Each way leads to the item with its price and rate; '3*100' is three."""
    found = seen("100", "6400000000010", "3*100", "shade", Row(what="200", quantity="0,5"))
    lines = found.document.lines
    assert [("100", 1_000), ("100", 1_000), ("100", 3_000), ("201", 1_000), ("200", 500)] == [(one.item, one.quantity) for one in lines]
    assert (249 * 5 + 3_900 + 9_950, {}) == (found.computed_minor, found.faults)
    assert ("card", found.computed_minor) == (found.document.tenders[0].kind, found.document.tenders[0].amount_minor)


def test_what_is_written_wins():
    """Price, rate and the line's sum of the paper stand against the copy's; the gap of a sum reckoned wrongly is a discount."""
    line = seen(Row(what="100", quantity="2", price="2,99", vat="25,5", amount="5,90")).document.lines[0]
    assert (29_900, 255_000, 590, 8) == (line.unit_price, line.vat_ppm, line.amount_minor, line.discount_minor)
    free = seen(Row(what="Old chair", price="12,50")).document.lines[0]
    assert ("", "Old chair", 1_250, 255_000) == (free.item, free.name, free.amount_minor, free.vat_ppm)
    by_sum = seen(Row(what="Old chairs", quantity="3", amount="10")).document.lines[0]
    assert (1_000, 3_000) == (by_sum.amount_minor, by_sum.quantity)
    bottle = seen("100", Row(what="Bottle back", quantity="-1", price="0,15")).document.lines[1]
    assert (-15, -1_000) == (bottle.amount_minor, bottle.quantity)


def test_every_fault_stands_beside_its_field():
    """All of them at once; nothing is made of a form with a fault."""
    wrong = seen(Row(what="lamp"), Row(what="100", quantity="x"), Row(what="thing"), slip="17", day="x", time="99", writer="", tenders=())
    assert {"what-0", "quantity-1", "price-2", "slip", "day", "writer", "tender-0"} <= set(wrong.faults)
    assert "200 Lamp · 201 Lamp shade" in wrong.faults["what-0"] and wrong.document is None
    assert {"time"} == set(seen("100", time="25").faults)
    assert {"time"} == set(seen("100", time="18").faults)  # Still to come.
    assert {"day"} == set(seen("100", day="2026-11-22", time="").faults)
    assert {"what-0"} == set(seen().faults)
    assert {"paid-0"} == set(seen("100", tenders=(Wish("card", "2"),)).faults)
    assert {"vat-0", "price-1", "amount-2"} <= set(seen(Row("100", vat="x"), Row("100", price="x"), Row("100", amount="x")).faults)


def test_without_a_time_it_was_noon_or_just_now():
    """Estimated, and marked so; a slip keyed the same morning did not happen in the future."""
    noon = seen("100", time="")
    assert (True, "2026-11-20T10:00:00+00:00") == (noon.paper.time_is_estimated, from_ms(noon.happened_at_ms).isoformat())
    morning = reckon(typed("100", time=""), TERMS, Shelf(), NOW - timedelta(hours=6), ZONE)
    assert (to_ms(NOW - timedelta(hours=6)), True, {}) == (morning.happened_at_ms, morning.paper.time_is_estimated, morning.faults)


@pytest.mark.parametrize("tender", ["cash", "card"])
def test_a_written_total_that_differs_needs_a_reason(tender):
    """Equal ones pass, in cash also the rounded one; with a reason what was paid stands, and the gap is on the largest line."""
    assert 0 == seen("100", "200", written="201,49", tenders=(Wish(tender),)).gap_minor
    rounded = seen("100", "200", written="201,50", tenders=(Wish(tender),))
    assert (0 if tender == "cash" else 1) == rounded.gap_minor
    assert (set() if tender == "cash" else {"reason"}) == set(rounded.faults)
    found = seen("100", "200", written="210", reason="Added wrongly", tenders=(Wish(tender),))
    document, [notice] = fit_total(Slip("A", 1), found.document, found.paper)
    assert (21_000, -851, 851) == (gross_sum(document), document.lines[1].discount_minor, notice.amount_minor)
    kept = seen("100", "200", written="210", reason="Copied wrongly", tenders=(Wish(tender, "201,50" if tender == "cash" else "201,49"),))
    assert 20_149 == gross_sum(fit_total(Slip("A", 1), kept.document, kept.paper)[0])


def test_net_prices_reach_every_written_total():
    """Where VAT comes on top the gap is a line beside the others, for net lines reach not every total."""
    found = seen("100", terms=NET, written="2,99", reason="Added wrongly")
    document, _ = fit_total(Slip("A", 1), found.document, found.paper)
    assert (299, 2, 0) == (gross_sum(document), len(document.lines), document.lines[1].vat_ppm)


def test_a_refund_is_negative_throughout():
    """The paper says plain numbers; the document takes them back."""
    found = seen("2*100", kind="refund", written="4,98")
    assert (-2_000, -498, -498, -498, {}) == (
        found.document.lines[0].quantity, found.document.lines[0].amount_minor, found.document.tenders[0].amount_minor,
        found.paper.written_minor, found.faults,
    )  # fmt: skip


def test_the_form_is_bounded():
    """Texts are cut, lines and tenders counted, unknown fields left out."""
    form = {f"what-{n}": "x" * 5_000 for n in range(500)} | {f"tender-{n}": "cash" for n in range(9)} | {"kind": "gift", "other": "1"}
    read = read_form(form)
    assert (ROWS_MAX, 200, 3, "sale") == (len(read.rows), len(read.rows[0].what), len(read.tenders), read.kind)
    assert () == read_form({}).rows


def test_two_readings_are_compared_field_by_field():
    """Where they differ, in words; a free line worded otherwise is the same line."""
    lines = (Line("100", "Rye bread", 1_000, 24_900, 249, 135_000), Line("", "Chair", 1_000, 100_000, 1_000, 255_000))
    first = Document("", "EUR", True, lines, (Tender("card", 1_249),))
    same = Document("", "EUR", True, (lines[0], Line("", "Old chair", 1_000, 100_000, 1_000, 255_000)), (Tender("card", 1_249),))
    assert [] == differences(first, same, "2026-11-20", "2026-11-20")
    other = Document("", "EUR", True, (Line("201", "x", 2_000, 24_900, 498, 255_000),), (Tender("cash", 498),), customer="C1")
    told = " ".join(differences(first, other, "2026-11-20", "2026-11-21"))
    for needed in (
        "day was read",
        "2 lines, and then 1",
        "was 100, and then 201",
        "1 pieces, and then 2",
        "VAT",
        "12.49",
        "another way",
        "customer",
    ):
        assert needed in told, needed


def test_a_reason_is_no_document():
    """Without a reason the desk refuses a differing total, whoever asks."""
    found = seen("100")
    with pytest.raises(BadRecord, match="say why they differ"):
        fit_total(Slip("A", 1), found.document, Paper(written_minor=999))
