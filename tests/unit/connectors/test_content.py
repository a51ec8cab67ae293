"""Is it the same sale? VAT on top is spread to the cent, and every difference that money hangs on is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tideover.connectors.content import answer_about, difference, gross_lines, gross_total
from tideover.model.answer import CloudDocument, CloudLine, CloudPayment
from tideover.model.sale import Document, Line, Tender
from tideover.ports import Booking
from tideover.rules.vat import by_rate

ENTRY = "0198f3a0-0000-7000-8000-000000000001"
LINE = st.builds(
    Line,
    item=st.just("tea"),
    name=st.just("Tea"),
    quantity=st.just(1000),
    unit_price=st.just(0),
    amount_minor=st.integers(-100_000, 100_000),
    vat_ppm=st.sampled_from([0, 100_000, 135_000, 255_000]),
)


def booking(**changes: Any) -> Booking:
    lines = (Line("tea", "Tea", 2000, 39_500, 790, 255_000), Line("jam", "Jam", 1000, 51_300, 513, 135_000))
    document = Document("K1-1", "EUR", True, lines, (Tender("cash", 1000), Tender("card", 300)), rounding_minor=3)
    facts = {"kind": "sale", "trading_day": "2026-11-20", "happened_at_ms": 0, "refers_to": None, "original": None, "late": False}
    return Booking(**{"entry": ENTRY, "document": document} | facts | changes)


def held(**changes: Any) -> CloudDocument:
    lines = (CloudLine("jam", 1000, 513, 135_000), CloudLine("tea", 2000, 790, 255_000))
    payments = (CloudPayment("card", 300), CloudPayment("cash", 600), CloudPayment("cash", 400), CloudPayment("rounding", 3))
    whole = CloudDocument("S1", ENTRY, "2026-11-20", "sale", "final", 1303, lines, payments)
    return msgspec.structs.replace(whole, **changes)


@given(st.lists(LINE, max_size=40))
def test_vat_on_top_is_spread_to_the_cent(lines: list[Line]) -> None:
    """Per rate the gross lines come to exactly the document's gross sum; included VAT changes nothing."""
    net = list(gross_lines(lines, included=False))
    sums = {rate: sum(amount for line, amount in net if line.vat_ppm == rate) for rate in {line.vat_ppm for line in lines}}

    assert {rate: gross for rate, (gross, _) in by_rate(lines, False).items()} == sums
    assert [line.amount_minor for line in lines] == [amount for _, amount in gross_lines(lines, included=True)]


def test_the_same_sale_in_another_order_is_the_same() -> None:
    """Order of lines, a tender in two parts, another day or till there: nothing that money hangs on."""
    assert "" == difference(booking(), held(day="2026-11-21", till="C1"))
    assert 1303 == gross_total(booking())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kind": "refund"}, "refund"),
        ({"total_minor": 1304}, "13.04"),
        ({"lines": (CloudLine("jam", 1000, 790, 135_000), CloudLine("tea", 2000, 513, 255_000))}, "lines"),
        ({"lines": held().lines[:1]}, "lines"),
        ({"lines": (CloudLine("jam", 1000, 513, 255_000), CloudLine("tea", 2000, 790, 255_000))}, "lines"),
        ({"payments": (CloudPayment("cash", 1300), CloudPayment("rounding", 3))}, "paid"),
        ({"payments": (CloudPayment("cash", 1000), CloudPayment("card", 303))}, "paid"),
    ],
)
def test_a_difference_is_named(changes: dict[str, Any], word: str) -> None:
    """Kind, total, lines, rates, tenders and rounding each count."""
    assert word in difference(booking(), held(**changes))


@pytest.mark.parametrize(
    ("found", "word", "number"),
    [
        ([], "absent", None),
        ([held()], "exists", "S1"),
        ([held(state="draft")], "partial", "S1"),
        ([held(state="void")], "differs", "S1"),
        ([held(total_minor=1)], "differs", "S1"),
        ([held(state="draft", total_minor=1)], "differs", "S1"),
        ([held(number="S0", state="void"), held()], "exists", "S1"),
        ([held(number="S0", state="draft"), held()], "exists", "S1"),
        ([held(entry=None)], "silent", None),
        ([held(), held(entry="another")], "silent", None),
    ],
)
def test_what_stands_there_is_one_word(found: list[CloudDocument], word: str, number: str | None) -> None:
    """Final first, then a draft; a void one alone and other content are for a person; others' documents are no answer."""
    answer = answer_about(booking(), found)

    assert (word, number) == (answer.word, answer.number)
