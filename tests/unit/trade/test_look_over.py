"""What tills sold is held against fresh copies: one finding per document, once, and silence while nothing can be said."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.model.facts import CloudAnswer, Void
from tideover.model.item import Customer, Item, Stock
from tideover.model.sale import Document, Line, Tender
from tideover.ports import Page
from tideover.recover.doubles import Span
from tideover.trade.look_over import WAIT_MAX, LookOver
from tideover.words import say
from tideover.world import from_ms
from unit.trade.test_counter import DAY, FRIDAY_MS, Shop

BOX_KEY, TILL_KEY = TillKey.generate(), TillKey.generate()
MINUTE_MS = 60_000


class Till:
    """A till that was alone since 14:30, and the shop it belongs to."""

    def __init__(self, folder):
        self.shop, self.seq = Shop(folder, BOX_KEY), 0
        self.away = (Span(from_ms(FRIDAY_MS - 10 * MINUTE_MS)),)
        self.id = asyncio.run(self.shop.journal.enrol("T1", TILL_KEY.spki_b64))
        self.open()

    def open(self):
        shop = self.shop
        self.look_over = LookOver(shop.journal, shop.plan, shop.copies, shop.settings, shop.world, lambda: self.away)

    def sell(self, *lines, happened_ms=FRIDAY_MS, kind="sale", **more):
        self.seq += 1
        total = sum(one.amount_minor for one in lines)
        refers_to = more.pop("refers_to", None)
        document = Document(f"T1-{self.seq}", "EUR", True, lines, (Tender(more.pop("tender", "card"), total),), **more)
        entry = Entry(self.shop.world.new_id(), kind, 1, self.id, self.seq, happened_ms, DAY, "Aino", refers_to, document)
        signed = encode(entry)
        return asyncio.run(self.shop.journal.append(signed, TILL_KEY.sign(signed))).id

    def pull(self, after_min=60, **datasets):
        """The cloud was read again, so many minutes after the sales."""
        self.shop.page.now_ms = max(self.shop.page.now_ms, FRIDAY_MS + after_min * MINUTE_MS)
        for dataset, rows in datasets.items():
            asyncio.run(self.shop.copies.apply(dataset, Page(tuple(rows), "2", False), self.shop.world.now()))

    def turn(self):
        return asyncio.run(self.look_over.turn())

    def found(self):
        return [(one.entry.body.code, one.entry.body.amount_minor) for one in self.shop.journal.read(kinds=["finding"])]

    def texts(self):
        return [one.entry.body.text for one in self.shop.journal.read(kinds=["finding"])]


@pytest.fixture
def till(tmp_path):
    opened = Till(tmp_path)
    yield opened
    opened.shop.close()


def bread(quantity=1_000, item="100"):
    return Line(item, "Rye bread", quantity, 24_900, 249 * quantity // 1_000, 135_000)


DEARER = Item("100", "Rye bread", 26_900, 135_000)


def test_a_price_that_changed_is_one_finding_per_document(till):
    """Three lines at the old price are one finding with their whole sum, in the reader's language."""
    till.sell(bread(), bread(2_000), bread())
    till.pull(items=[DEARER])

    assert 1 == till.turn()

    assert [("price-changed", -80)] == till.found()
    [text] = till.texts()
    assert 3 == text.count("at another price")
    assert "at another price" not in say("fi").told(text)


def test_many_things_are_told_in_few_words(till):
    """Of fifty odd lines three are told; the rest are counted."""
    till.sell(*[bread(item=f"X{n}") for n in range(50)])
    till.pull(items=[DEARER])
    till.turn()

    [text] = till.texts()
    assert text.endswith("47 more things on it are not as the copies have them.")


def test_it_is_said_once_also_after_a_restart(till):
    """The cursor is kept; where a crash kept it back, the finding that stands is not written again."""
    till.sell(bread())
    till.pull(items=[DEARER])
    till.turn()
    till.open()
    assert 0 == till.turn()

    asyncio.run(till.shop.journal.database.write_soon(lambda db: db.execute("DELETE FROM taken_up") and None))
    assert 1 == till.turn()
    assert 1 == len(till.found())


def test_copies_from_before_the_outage_say_nothing(till):
    """No copy, or one older than the first evidence: the sale waits; the first fresh one tells."""
    till.sell(bread(item="999"))
    assert 0 == till.turn()
    till.pull(after_min=0, items=[DEARER])
    till.away = (Span(from_ms(FRIDAY_MS - MINUTE_MS)),)
    asyncio.run(till.shop.copies.apply("items", Page((), "3", False), from_ms(FRIDAY_MS - 2 * MINUTE_MS)))
    assert (0, []) == (till.turn(), till.found())

    till.pull(items=[DEARER])
    assert 1 == till.turn()
    assert ["item-gone"] == [code for code, _ in till.found()]


def test_one_old_copy_holds_back_the_others_for_a_week_and_no_longer(till):
    """Stock that is not pulled any more says nothing; after a week the rest is told without it."""
    till.shop.page.now_ms = FRIDAY_MS - 3_600_000
    asyncio.run(till.shop.copies.apply("stock", Page((Stock("100", 0),), "1", False), till.shop.world.now()))
    till.shop.page.now_ms = FRIDAY_MS
    till.sell(bread())
    till.pull(items=[DEARER])
    assert (0, []) == (till.turn(), till.found())

    till.shop.page.now_ms += int(WAIT_MAX / timedelta(milliseconds=1)) + MINUTE_MS
    assert 1 == till.turn()
    assert [("price-changed", -20)] == till.found()


def test_without_any_copy_a_sale_is_passed_over_in_silence(till):
    """A shop whose cloud gives no copies is not told that it sells unknown things."""
    till.sell(bread())
    till.shop.page.now_ms += int(WAIT_MAX / timedelta(milliseconds=1)) + MINUTE_MS

    assert (1, []) == (till.turn(), till.found())
    assert 0 == till.turn()


def test_stock_that_already_counts_the_sale_is_not_counted_twice(till):
    """Two were there, two were sold and booked: the cloud's nought is right."""
    booked = till.sell(bread(2_000))
    till.shop.page.now_ms += MINUTE_MS
    asyncio.run(till.shop.journal.record("answer", CloudAnswer("created", "S-1"), refers_to=booked))
    till.pull(items=[Item("100", "Rye bread", 24_900, 135_000)], stock=[Stock("100", 0)])
    till.turn()
    assert [] == till.found()

    till.sell(bread(2_000))
    till.turn()
    assert ["stock-negative"] == [code for code, _ in till.found()]


def test_a_customer_who_is_gone_is_told_with_the_sum_on_account(till):
    """The customers' copy is asked only about sales that name one."""
    till.sell(bread(), customer="C9", tender="account")
    till.pull(items=[Item("100", "Rye bread", 24_900, 135_000)], customers=[Customer("C1", "Aino", account=True)])
    till.turn()
    assert [("customer-gone", 249)] == till.found()


def test_on_account_without_a_name_is_told(till):
    """No copy of the customers is needed to see it."""
    till.sell(bread(), tender="account")
    till.pull(items=[Item("100", "Rye bread", 24_900, 135_000)])
    till.turn()
    assert [("no-account", 249)] == till.found()


def test_two_tills_that_take_back_the_same_thing_are_told(till):
    """Each knew only the sale; the second refund is one too many. A voided one does not count."""
    sale = till.sell(bread(3_000))
    till.sell(bread(-2_000), kind="refund", refers_to=sale)
    till.sell(bread(-1_000), kind="refund", refers_to=sale)
    void = till.sell(bread(-1_000), kind="refund", refers_to=sale)
    asyncio.run(till.shop.journal.record("void", Void("rang twice"), refers_to=void))
    till.pull(items=[Item("100", "Rye bread", 24_900, 135_000)])
    till.turn()
    assert [] == till.found()

    till.sell(bread(-1_000), kind="refund", refers_to=sale)
    till.turn()
    assert ["over-refund"] == [code for code, _ in till.found()]
    assert till.texts() != [say("fi").told(text) for text in till.texts()]


def test_a_voided_sale_and_the_boxs_own_are_passed_by(till):
    """What did not happen needs no look; what was made at the box was looked at there."""
    voided = till.sell(bread(item="999"))
    asyncio.run(till.shop.journal.record("void", Void("rang twice"), refers_to=voided))
    document = Document("BOX-1", "EUR", True, (bread(item="999"),), (Tender("card", 249),))
    asyncio.run(till.shop.journal.record("sale", document))
    till.pull(items=[DEARER])

    assert 1 == till.turn()
    assert [] == till.found()


def test_a_till_whose_clock_is_ahead_waits_for_no_copy_of_the_future(till):
    """What it says of the hour counts no later than when the box took it."""
    till.sell(bread(item="999"), happened_ms=FRIDAY_MS + 400 * 86_400_000)
    till.pull(items=[DEARER])

    assert 1 == till.turn()
    assert ["item-gone"] == [code for code, _ in till.found()]
