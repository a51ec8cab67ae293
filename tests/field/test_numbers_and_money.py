"""Numbers that clashed, cents that blocked a close, goods that were not there: from other shops' outages."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from msgspec.structs import replace

from field.shop import FRIDAY, FRIDAY_MS, ITEMS, SATURDAY, Shop, document, line
from tideover.errors import DiskFailed, SlipUsed, WrongState
from tideover.model.facts import InFlight
from tideover.model.sale import Tender
from tideover.trade.payment import Pay
from tideover.trade.sell import Wanted
from tideover.trade.take_back import Pick


def test_receipt_numbers_have_no_gap_and_no_clash(shop: Shop) -> None:
    """odoo#13142, #285239, OCA/l10n-spain#2047, #4921: one series for several devices left gaps or clashed; each till has its own."""
    tills = [shop.till("T1"), shop.till("T2")]
    for till in (*tills, *tills, *tills):
        till.sell()
    shop.replay()

    numbers = sorted(one.entry.body.number for one in shop.house.journal.read(kinds=["sale"]))
    assert ["T1-1", "T1-2", "T1-3", "T2-1", "T2-2", "T2-3"] == numbers


def test_the_boxs_own_number_goes_on_after_a_restart(shop: Shop) -> None:
    """OCA/l10n-spain#4550, odoocr/l10n_cr#270: after F5 offline the last number was given again; here it is part of the sale."""
    shop.replicate()

    def sell() -> str:
        return shop.run(shop.house.counter.sell_on_box([Wanted("bread")], [Pay("card")], operator="Aino")).number

    before = sell()
    shop.restart()
    assert ["BOX-1", "BOX-2"] == [before, sell()]


def test_two_tills_with_one_number_in_the_cloud(shop: Shop) -> None:
    """itpp-labs/pos-addons#383: the same number after the reconnect; the cloud is asked by id, and alike numbers are two documents."""
    first, second = shop.till("T1"), shop.till("T1")
    entries = [first.sell(), second.sell(line("coffee"))]
    shop.line.mischief = ["lose-reply", "lose-reply"]
    shop.replay()

    assert [1, 1] == shop.booked(*entries)


@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 7])
def test_rounding_blocks_no_close(shop: Shop, pieces: int) -> None:
    """odoo#7683, #33511, #218430, #158781: a cent of cash rounding made the closing entry unbalanced; here it is a row of its own."""
    till = shop.till()
    cents = 399 * pieces
    rounded = (cents + 2) // 5 * 5
    till.sell(line("plums", 1_000 * pieces), tenders=(Tender("cash", rounded),), rounding_minor=cents - rounded)
    shop.replay()
    closing = shop.close_day(cash_minor=rounded)

    assert closing.view.is_proven
    assert cents - rounded == closing.body.rounding_minor


def test_odd_weights_arrive_as_they_were_sold(shop: Shop) -> None:
    """POSNext#48 (wrong quantity after the sync), medusapos ADR 0012 (3.875 or 3.88): the till's figures are the record."""
    till = shop.till()
    for grams in (375, 1, 1_333, 999):
        till.sell(line("plums", grams), line("plums", grams))
    shop.replay()

    sold = [(one.quantity, one.amount_minor) for kept in shop.house.journal.read(kinds=["sale"]) for one in kept.entry.body.lines]
    assert sold == [(one.quantity, one.amount_minor) for held in shop.books() for one in held.lines]
    assert shop.close_day(card_minor=sum(minor for _, minor in sold)).view.is_proven


def test_more_is_sold_than_the_cloud_thinks_is_there(shop: Shop) -> None:
    """erpnext#9083, pos-addons#1274, odoo#91492: short stock kept paid sales as drafts; it is booked, and somebody is told once."""
    shop.replicate()
    till = shop.till()
    shop.cut()
    entry = till.sell(line("lamp", 25_000))
    shop.later(hours=1)
    shop.back()
    shop.replicate()
    shop.replay()
    shop.later(hours=1)
    shop.replicate()

    assert ([1], -5_000) == (shop.booked(entry), shop.on_hand("lamp"))
    assert ["stock-negative"] == shop.findings()


def test_a_price_changed_in_the_cloud_during_the_outage(shop: Shop) -> None:
    """A §8.9, odoo#135219, #164965: the customer paid the price of the label; the sale stays, one finding says what it comes to."""
    shop.replicate()
    till = shop.till()
    shop.cut()
    entry = till.sell(line("bread", 2_000), line("bread"))
    shop.admin("change", dataset="items", rows=[{**ITEMS[0], "unit_price": 30_000}], removed=[])
    shop.later(hours=1)
    shop.back()
    shop.replicate()
    shop.replay()
    shop.restart()
    shop.replicate()

    [found] = shop.house.journal.read(kinds=["finding"])
    assert ("price-changed", -150, entry) == (found.entry.body.code, found.entry.body.amount_minor, found.entry.refers_to)
    assert [750] == [one.total_minor for one in shop.books()]


def test_an_item_that_the_copies_do_not_know_is_sold(shop: Shop) -> None:
    """Dynamics' offline list: product or customer missing in the offline database must warn and let the sale go on."""
    till = shop.till()
    unknown = till.sell(line("pear"), customer="C9")
    plain = till.sell()
    shop.replay()

    assert ([1], {unknown: "item-gone"}) == (shop.booked(plain), shop.parked())


def test_a_part_is_taken_back_twice(shop: Shop) -> None:
    """A §5.8: two of three come back, then two again; the counter refuses."""
    shop.replicate()
    counter, sale = shop.house.counter, shop.till().sell(line("bread", 3_000))

    def take_back(pieces: int) -> str:
        pick = Pick(0, pieces * 1_000)
        return shop.run(counter.refund_on_box(sale, [pick], [Pay("card")], operator="Aino")).id

    first = take_back(2)
    with pytest.raises(WrongState):
        take_back(2)
    second = take_back(1)
    shop.replay()
    assert [1, 1, 1] == shop.booked(sale, first, second)
    assert 0 == sum(one.total_minor for one in shop.books())


def test_two_tills_take_back_the_same_thing(shop: Shop) -> None:
    """A §5.8: each till knows only the sale; both refunds happened, so both are booked, and somebody is told."""
    one, two = shop.till("T1"), shop.till("T2")
    sale = one.sell(line("bread", 2_000))
    refunds = [till.sell(line("bread", -2_000), kind="refund", refers_to=sale) for till in (one, two)]
    shop.later(minutes=1)
    shop.replay()
    shop.replicate()

    assert [1, 1] == shop.booked(*refunds)
    assert ["over-refund"] == shop.findings()


@pytest.mark.parametrize("commits", [0, 1])
def test_the_power_goes_in_the_middle_of_an_exchange(shop: Shop, commits: int) -> None:
    """A §5.2, §5.8, odoo#125037: money out for what came back, and no record of what was taken along; it is one commit."""
    shop.replicate()
    counter, sale = shop.house.counter, shop.till().sell()
    shop.fail_commits(after=commits)
    exchange = counter.exchange_on_box(sale, [Pick(0, 1_000)], [Wanted("coffee")], [Pay("card")], operator="Aino")
    with nullcontext() if commits else pytest.raises(DiskFailed):
        shop.run(exchange)
    shop.restart()

    kinds = [one.entry.kind for one in shop.house.journal.read(kinds=["sale", "refund"])]
    assert (["sale", "refund", "sale"] if commits else ["sale"]) == kinds


def test_the_line_goes_in_the_middle_of_a_sale(shop: Shop) -> None:
    """stripe-terminal-ios#294, Dynamics' idea thread: the online checkout had succeeded while it was finished offline."""
    till = shop.till()
    shop.sell_at_cloud_till(350, "K-1")  # Booked, and its answer never came.
    shop.cut()
    for reference in ("K-1", "K-2"):
        body = InFlight(document(line("coffee"), number=reference), "sale", reference)
        till.sell(kind="in_flight", body=body)
    shop.later(minutes=10)
    shop.back()
    shop.replay()

    assert ["was_booked", "was_not_booked"] == [one.entry.body.outcome for one in shop.house.journal.read(kinds=["in_flight_settled"])]
    assert [350, 350] == [one.total_minor for one in shop.books(FRIDAY)]
    assert ([], {}) == (shop.books(SATURDAY), shop.parked())


def test_every_way_of_paying_arrives(shop: Shop) -> None:
    """Dynamics' offline list: cash, card, account, voucher …; Square, Toast and Clover refuse some of them without the cloud."""
    till = shop.till()
    kinds = ("cash", "card", "account", "transfer", "mobile", "voucher")
    for kind in kinds:
        till.sell(tender=kind, customer="C1")
    shop.replay()

    assert list(kinds) == [one.payments[0].tender for one in shop.books()]
    assert shop.close_day(cash_minor=250, card_minor=250).view.is_proven


def test_a_blind_return_is_booked(shop: Shop) -> None:
    """Dynamics' offline list: goods come back and nobody finds the sale; Loyverse, Square and WCPOS refuse refunds offline."""
    till = shop.till()
    entry = till.sell(line("lamp", -1_000), kind="refund")
    shop.replay()

    assert ([1], ["refund"], 21_000) == (shop.booked(entry), [one.kind for one in shop.books()], shop.on_hand("lamp"))


def test_a_discount_arrives_to_the_cent(shop: Shop) -> None:
    """Dynamics' offline list (discount, change of unit): what the customer paid is what the cloud holds."""
    till = shop.till()
    lamp = line("lamp")
    till.sell(replace(lamp, discount_minor=1_234, amount_minor=lamp.amount_minor - 1_234))
    shop.replay()

    assert [18_666] == [one.total_minor for one in shop.books()]
    assert shop.close_day(card_minor=18_666).view.is_proven


def test_a_slip_keyed_again_is_refused_with_the_first_ones_name(shop: Shop) -> None:
    """RKSV §17 and kasseneck's manual_receipt: the same paper entered twice; refused, naming what stands, its own day kept."""
    counter = shop.house.counter
    shop.later(days=1)
    first = shop.run(counter.key_slip("A-17", "sale", FRIDAY_MS, document(number="")))
    with pytest.raises(SlipUsed) as told:
        shop.run(counter.key_slip("A-0017", "sale", FRIDAY_MS, document(number="")))
    shop.replay()

    assert first.id in str(told.value.facts.values())
    assert ([1], [FRIDAY]) == (shop.booked(first.id), [one.day for one in shop.books()])


def test_a_sum_reckoned_wrongly_on_paper_stands_and_is_told(shop: Shop) -> None:
    """A §8.17, fiskaltrust "till down": on paper 2 × 2.50 became 4.50 and was paid so; the record is the paper."""
    wrong = replace(line("bread", 2_000), amount_minor=450)
    done = shop.run(shop.house.counter.key_slip("A-1", "sale", FRIDAY_MS, document(wrong, number="")))
    shop.replay()

    assert ([1], 450) == (shop.booked(done.id), shop.books()[0].total_minor)
    assert "slip-arithmetic" in shop.findings()


def test_sales_are_sent_in_the_order_in_which_they_happened(shop: Shop) -> None:
    """fiskaltrust, "middleware down": afterwards everything is resent in ascending original order."""
    till = shop.till()
    shop.cut()
    for _ in range(8):
        till.sell()
        shop.later(minutes=1)
    shop.back()
    shop.replay()

    times = [one.at_ms for one in sorted(shop.books(), key=lambda one: one.number)]
    assert 8 == len(times)
    assert sorted(times) == times
