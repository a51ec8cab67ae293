"""Gross lines to Tryton's net ones and back: the books say what the receipt says, to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tideover.connectors.tryton.amounts import Part, Read, amount_of, gross_of, gross_price, net_lines, parts
from tideover.model.sale import Document, Line, Tender
from tideover.rules.vat import by_rate, vat_of

RATES = (0, 50_000, 100_000, 135_000, 200_000, 240_000, 255_000)


def a_document(lines: list[tuple[int, int, int]], included: bool = True) -> Document:
    """Of (pieces, amount, rate)."""
    made = tuple(Line(f"i{n}", "Item", pieces * 1000, 0, amount, ppm) for n, (pieces, amount, ppm) in enumerate(lines))
    gross = sum(one[0] for one in by_rate(made, included).values())
    return Document("K1-1", "EUR", included, made, (Tender("card", gross),))


LINES = st.lists(st.tuples(st.integers(1, 90_000), st.integers(-5_000_000, 5_000_000), st.sampled_from(RATES)), min_size=1, max_size=12)


@given(LINES, st.booleans())
def test_the_nets_of_a_rate_come_to_the_receipts_net_sum(lines: list[tuple[int, int, int]], included: bool) -> None:
    """Per rate: gross less the receipt's VAT, whatever the lines are."""
    document = a_document(lines, included)
    nets: dict[int, int] = {}
    for line, _, net in net_lines(document):
        nets[line.vat_ppm] = nets.get(line.vat_ppm, 0) + net

    assert {ppm: gross - vat for ppm, (gross, vat) in by_rate(document.lines, included).items()} == nets


@given(st.integers(1, 100_000), st.booleans(), st.integers(-9_000_000, 9_000_000))
def test_the_parts_of_a_line_come_to_its_net_amount(pieces: int, is_back: bool, net: int) -> None:
    """80,995 pieces at 2.08 have no price of four decimals that comes to the cent; two prices beside each other do."""
    quantity = (-1 if is_back else 1) * pieces * 1000
    line = Line("i", "Item", quantity, 0, net, 200_000)
    found = parts(line, 1, net, net, 1000)

    assert found is not None
    assert (quantity, net) == (sum(one.quantity for one in found), sum(amount_of(one.quantity, one.price) for one in found))
    assert len(found) <= 2
    assert all(one.quantity % 1000 == 0 for one in found)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**6), 10**6))
def test_amounts_are_rounded_as_tryton_does(quantity: int, price: int) -> None:
    """Half to even, unlike ours: its own arithmetic, beside a Decimal's."""
    exact = Decimal(quantity) / 1000 * Decimal(price) / 10_000

    assert int(exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN) * 100) == amount_of(quantity, price)


@given(LINES)
def test_what_was_sent_is_read_back_as_it_was_sold(lines: list[tuple[int, int, int]]) -> None:
    """Line by line, gross, in one piece, where the books have the receipt's VAT."""
    document = a_document(lines)
    sent = [part for n, (line, gross, net) in enumerate(net_lines(document), 1) for part in parts(line, n, gross, net, 1000) or ()]
    read = [Read(one.line.item, one.quantity, amount_of(one.quantity, one.price), one.line.vat_ppm, one.note) for one in sent]
    vat = {ppm: sums[1] for ppm, sums in by_rate(document.lines, True).items()}

    found = [(one.item, one.quantity, gross) for one, gross in gross_of(read, vat)]
    assert [(one.item, one.quantity, one.amount_minor) for one in document.lines] == found


def test_a_note_that_does_not_fit_the_books_is_not_believed() -> None:
    """Somebody changed the note or the line: then the line bears its part of the VAT, and the sum is the books'."""
    lines = [Read("tea", 1000, 315, 255_000, "Receipt line 1: 9.95"), Read("tea", 1000, 315, 255_000, "Receipt line 2: 3.95")]

    assert 790 == sum(gross for _, gross in gross_of(lines, {255_000: 160}))
    assert [395, 395] == [gross for _, gross in gross_of(lines, {255_000: 160})]


def test_a_clerks_own_lines_have_no_notes() -> None:
    """The VAT of the rate is spread over them, and nothing is left over."""
    lines = [Read("a", 1000, 100, 255_000, ""), Read("b", 1000, 101, 255_000, ""), Read("c", 1000, 99, 0, "")]

    assert [125, 127, 99] == [gross for _, gross in gross_of(lines, {255_000: 51})]


@pytest.mark.parametrize(("net", "ppm", "gross"), [(31_474, 255_000, 39_500), (45_198, 135_000, 51_300), (1, 0, 1), (2_500, 0, 2_500)])
def test_a_shelf_price_is_in_whole_cents_where_its_net_price_says_so(net: int, ppm: int, gross: int) -> None:
    """3.1474 net is 3.95 on the shelf, not 3.9500 less a trifle; a price of a ten-thousandth without VAT stays one."""
    assert gross == gross_price(net, ppm)


@given(st.integers(1, 1_000_000), st.sampled_from(RATES))
def test_every_shelf_price_survives_the_way_there_and_back(cents: int, ppm: int) -> None:
    """Net of four decimals is enough to find the cents again."""
    net = round(Decimal(cents * 100) * 1_000_000 / (1_000_000 + ppm))

    assert cents * 100 == gross_price(net, ppm)


def test_a_quantity_finer_than_its_unit_cannot_be_parted() -> None:
    """Half a piece of what is sold by the piece, at a price that needs two: a person books it."""
    line = Line("i", "Item", 80_995_500, 0, 14_039_133, 200_000)

    assert parts(line, 1, 0, 14_039_133, 1000) is None
    assert parts(Line("i", "Item", 0, 0, 100, 0), 1, 100, 100, 1) is None


def test_vat_is_the_receipts() -> None:
    """The example of the page: 1.00 at 25.5 % is 0.80 net and 0.20 VAT, though 25.5 % of 0.80 would round to 0.20 too."""
    ((_, gross, net),) = net_lines(a_document([(1, 100, 255_000)]))

    assert (100, 20) == (gross, gross - net) == (100, vat_of(100, 255_000, included=True))
    assert Part(Line("", "", 1000, 0, 100, 255_000), 7, 100, 1000, 8_000).note == "Receipt line 7: 1.00"
