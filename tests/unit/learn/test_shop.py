"""The generated shop and its Friday, and how documents are paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tideover.learn.input import InputDocument, sum_of
from tideover.learn.shop import CUSTOMERS, ITEMS, make_friday, make_shop
from tideover.learn.tenders import pay, pay_all
from tideover.learn.tills import document_of
from tideover.rules.balance import check_document
from tideover.rules.barcode import is_barcode
from tideover.world import EPOCH, ClockPage, ToldWorld


@pytest.fixture
def page(tmp_path: Path) -> Iterator[ClockPage]:
    page = ClockPage(tmp_path / "clock.page")
    yield page
    page.close()


def test_the_shop_has_its_size_and_real_barcodes(page: ClockPage) -> None:
    """2,000 items with a barcode each that a scanner accepts, 400 customers, no name or code twice."""
    shop = make_shop(ToldWorld(page, 1))

    assert (ITEMS, CUSTOMERS) == (len({item.code for item in shop.items}), len({one.code for one in shop.customers}))
    assert all(is_barcode(item.barcodes[0]) for item in shop.items)
    assert {255_000, 135_000, 100_000} == {item.vat_ppm for item in shop.items}


def test_the_same_seed_is_the_same_day(page: ClockPage) -> None:
    """Another seed is another day."""

    def friday(seed: int) -> tuple[InputDocument, ...]:
        world = ToldWorld(page, seed)
        return make_friday(make_shop(world), world).documents

    assert friday(3) == friday(3)
    assert friday(3) != friday(4)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_every_document_of_the_friday_is_sound(page: ClockPage, seed: int) -> None:
    """Lines, tenders and rounding agree by the shop's own rules; the day has its quote, exchange, account and split sale."""
    world = ToldWorld(page, seed)
    friday = make_friday(make_shop(world), world)

    faults = {one.key: check_document(document_of(one, "T1-1", "EUR"), one.kind) for one in friday.documents}

    assert {} == {key: found for key, found in faults.items() if found}
    assert len(friday.documents) == len({one.key for one in friday.documents}) == friday.sales + friday.refunds
    assert friday.sum_minor == sum_of(friday.documents)
    tenders = Counter(tender.kind for one in friday.documents for tender in one.tenders)
    assert {"cash", "card", "mobile", "account"} <= set(tenders)
    assert any(len(one.tenders) == 2 for one in friday.documents)
    assert 1 == sum(one.quote is not None for one in friday.documents)
    assert ["refund", "sale"] == [one.kind for one in friday.documents if one.exchange]


def bare(pence: int, customer: str | None = None) -> InputDocument:
    from tideover.learn.input import InputLine

    lines = (InputLine(1, "A", "a", 1000 if pence >= 0 else -1000, abs(pence) * 100, pence, 240_000),)
    return InputDocument("1#1", "f", "1", "sale" if pence >= 0 else "refund", EPOCH, "2011-11-18", lines, customer)


@pytest.mark.parametrize(
    ("pence", "how", "step", "tenders", "rounding"),
    [
        (1_233, "cash", 5, [("cash", 1_235)], -2),
        (1_232, "cash", 5, [("cash", 1_230)], 2),
        (-1_233, "cash", 5, [("cash", -1_235)], 2),
        (1_233, "cash", 1, [("cash", 1_233)], 0),
        (2, "cash", 5, [], 2),
        (1_233, "split", 5, [("cash", 615), ("card", 618)], 0),
        (1_233, "card", 5, [("card", 1_233)], 0),
        (0, "cash", 5, [], 0),
    ],
)
def test_a_document_is_paid(pence: int, how: str, step: int, tenders: list[tuple[str, int]], rounding: int) -> None:
    """Cash is rounded where coins need it, half away from zero; nothing else is."""
    paid = pay(bare(pence), how, step)

    assert (tenders, rounding) == ([(one.kind, one.amount_minor) for one in paid.tenders], paid.rounding_minor)


def test_nobody_pays_in_a_way_they_cannot(page: ClockPage) -> None:
    """Without a customer nothing goes on account, and nobody counts out thousands in cash."""
    documents = [bare(5_000_000)] * 300 + [bare(500)] * 300

    paid = pay_all(documents, "GB", "wholesale", ToldWorld(page, 1))

    kinds = Counter((one.total_minor, tender.kind) for one in paid for tender in one.tenders)
    assert {"card"} == {kind for total, kind in kinds if total == 5_000_000}
    assert {"card", "cash"} == {kind for total, kind in kinds if total == 500}
