"""Days that would not close at other shops, closed wrongly, or got sales that belonged to another day."""

from __future__ import annotations

import pytest

from field.shop import FRIDAY, FRIDAY_MS, SATURDAY, Shop, line
from tideover.errors import DiskFailed, WrongState
from tideover.model.facts import DrawerMove
from tideover.model.sale import Tender

HOUR_MS = 3_600_000
NEW_YEAR_MS = 1_767_216_600_000  # 2025-12-31 23:30 in Helsinki; at midnight 14 % became 13.5 % by law.


def test_closing_with_unsent_sales(shop: Shop) -> None:
    """odoo#203431, #137648: closing did not send what waited and did not say so; here the close names it and the sale keeps its day."""
    till = shop.till()
    shop.line.up = False
    entry = till.sell()
    closing = shop.close_day(card_minor=250)
    assert (1, False) == (closing.body.open_entries, closing.view.is_proven)
    assert ["waiting", "cloud-unread"] == sorted((one.code for one in closing.view.open), reverse=True)

    shop.later(days=1)
    shop.line.up = True
    shop.replay()
    assert ([1], [FRIDAY]) == (shop.booked(entry), [one.day for one in shop.books()])
    assert shop.run(shop.house.close.look(FRIDAY)).is_proven


def test_pending_sales_never_land_in_the_next_day(shop: Shop) -> None:
    """odoo#9198, #203431: a "rescue session" took them into the next day; POS-Awesome#2550: the posting date was that of the sync."""
    till = shop.till()
    shop.cut()
    friday = [till.sell() for _ in range(3)]
    shop.later(hours=20)
    saturday = till.sell(line("coffee"))
    shop.back()
    shop.replay()

    assert [1, 1, 1, 1] == shop.booked(*friday, saturday)
    assert ([250] * 3, [350]) == ([one.total_minor for one in shop.books(FRIDAY)], [one.total_minor for one in shop.books(SATURDAY)])


def test_a_late_sale_leaves_the_next_days_drawer_alone(shop: Shop) -> None:
    """odoo#182058, #282879: rescue sessions opened with nothing in the drawer and broke its control; a late sale keeps its own drawer."""
    till = shop.till()
    shop.close_day()
    shop.later(hours=20)
    till.sell(tender="cash", at_ms=FRIDAY_MS, day=FRIDAY)
    shop.replay()
    shop.count(day=SATURDAY)

    saturday = shop.run(shop.house.close.look(SATURDAY)).reconciled
    assert (0, 0) == (saturday.cash_expected_minor, saturday.cash_counted_minor)
    assert ["late-sale", "over-short"] == sorted(shop.findings())


def test_a_late_sale_is_told_by_itself(shop: Shop) -> None:
    """Dolibarr#38227, erpnext#41351: what came after the report was in no report; the frozen figures stay, the week shows it."""
    till = shop.till()
    till.sell()
    shop.replay()
    frozen = shop.close_day(card_minor=250).body
    shop.later(hours=20)
    till.sell(line("coffee"), at_ms=FRIDAY_MS, day=FRIDAY)
    shop.replay()
    shop.recover()

    assert ["batch-difference", "late-sale"] == sorted(shop.findings())
    assert frozen == shop.house.close.closed(FRIDAY)
    assert (250, 350) == (shop.house.close.week("2026-W47").sales_minor, shop.house.close.week("2026-W47").late_minor)


def test_a_sale_after_midnight_belongs_to_the_evening(shop: Shop) -> None:
    """Dolibarr#38227: the end-of-day report missed a session over midnight; the day turns at 04:00, here and in the cloud's books."""
    till = shop.till()
    shop.page.now_ms += 11 * HOUR_MS  # 01:30.
    night = till.sell()
    shop.page.now_ms += 3 * HOUR_MS  # 04:30.
    morning = till.sell(line("coffee"))
    shop.replay()

    assert {night: FRIDAY, morning: SATURDAY} == {one.external_id: one.day for one in shop.books()}
    assert shop.close_day(card_minor=250).view.is_proven


def test_the_float_put_in_during_the_outage_is_there_after_a_restart(shop: Shop) -> None:
    """odoo#288899: "open register" was queued in memory only and the opening cash was lost."""
    till = shop.till()
    shop.cut()
    till.sell(kind="drawer_float", body=DrawerMove(10_000))
    till.sell(tender="cash")
    shop.restart()
    shop.back()
    shop.replay()

    assert shop.close_day(cash_minor=10_250).view.is_proven


def test_a_close_that_was_not_written_is_no_close(shop: Shop) -> None:
    """odoo#287618: the closing was rolled back, the session said closed and the user saw success; here it is an error and the day open."""
    shop.till().sell()
    shop.replay()
    shop.count(card_minor=250)
    shop.fail_commits()
    with pytest.raises(DiskFailed):
        shop.run(shop.house.close.close(FRIDAY, by="Maija"))

    shop.restart()
    assert shop.house.close.closed(FRIDAY) is None
    assert shop.run(shop.house.close.close(FRIDAY, by="Maija")).view.is_proven


def test_a_close_counts_every_sale_of_every_till(shop: Shop) -> None:
    """erpnext#41351: closing skipped invoices when the user left the page; the sums come from the journal, not from a page."""
    tills = [shop.till(f"T{n}") for n in range(3)]
    for till in tills:
        for _ in range(4):
            till.sell()
    shop.replay()
    closing = shop.close_day(card_minor=3_000)

    assert (3_000, True) == (closing.body.sales_minor, closing.view.is_proven)
    assert {till.id: 4 for till in tills}.items() <= closing.body.last_numbers.items()
    with pytest.raises(WrongState):
        shop.run(shop.house.close.close(FRIDAY, by="Maija"))


def test_no_day_closes_by_itself(shop: Shop) -> None:
    """Toast, community m-p/17096: would the 4 a.m. auto-close run into payments that still process? A person closes, nobody else."""
    shop.till().sell()
    for _ in range(10):
        shop.recover()
        shop.later(hours=6)

    assert [] == shop.house.journal.read(kinds=["close"])
    assert FRIDAY in shop.house.outbox.rows.open_days()


@pytest.mark.parametrize("hours", [-30, 26])
def test_a_wrong_clock_leaves_both_times(shop: Shop, hours: int) -> None:
    """odoo#30089, #25606, #153636, #248897: the order's time was the device's and nothing else; the box's own stands beside it."""
    till = shop.till()
    at_ms = FRIDAY_MS + hours * HOUR_MS
    entry = till.sell(at_ms=at_ms)
    kept = shop.house.journal.find(entry)
    shop.replay()

    assert kept is not None
    assert (at_ms, FRIDAY_MS) == (kept.entry.happened_at, kept.recorded_at)
    assert [1] == shop.booked(entry)
    day = kept.entry.trading_day
    assert [1] == [shop.run(shop.house.close.look(day)).reconciled.cloud_count]


def test_the_cloud_books_it_on_another_day(shop: Shop) -> None:
    """POS-Awesome#2550 at the cloud's side: where it posts on the day of the sync after all, the day's proof says so."""
    entry = shop.till().sell()
    shop.replay()
    sql = "UPDATE sale SET day = ? WHERE external_id = ?"
    shop.later(days=1)
    shop.cloud.cloud.database.write(lambda db: db.execute(sql, (SATURDAY, entry)) and None)
    shop.close_day(card_minor=250)

    assert ["other-day"] == shop.findings()


def test_the_tax_rate_changes_at_midnight_during_the_outage(shop: Shop) -> None:
    """A §3, Finland on 1 January 2026: a till alone over New Year sells at the old rate; the night is right, the morning is told."""
    shop.page.now_ms = NEW_YEAR_MS
    till = shop.till()
    shop.cut()
    old = line(vat_ppm=140_000)
    night = till.sell(old, at_ms=NEW_YEAR_MS + 2 * HOUR_MS)
    morning = till.sell(old, at_ms=NEW_YEAR_MS + 10 * HOUR_MS)
    shop.later(hours=12)
    shop.back()
    shop.replicate()
    shop.replay()

    found = {one.entry.refers_to: one.entry.body.code for one in shop.house.journal.read(kinds=["finding"])}
    assert {morning: "rate-differs"} == found
    assert {night: "2025-12-31", morning: "2026-01-01"} == {one.external_id: one.day for one in shop.books()}
    assert [140_000, 140_000] == [one.lines[0].vat_ppm for one in shop.books()]


def test_payment_and_tax_arrive_with_the_sale(shop: Shop) -> None:
    """POS-Awesome#310, #914: after the sync paid invoices stood unpaid and taxes were dropped; both are part of the one booking."""
    till = shop.till()
    tenders = (Tender("cash", 250), Tender("card", 19_900))
    till.sell(line(), line("lamp"), tenders=tenders)
    shop.replay()

    [held] = shop.books()
    assert [("cash", 250), ("card", 19_900)] == [(one.tender, one.amount_minor) for one in held.payments]
    assert [135_000, 255_000] == [one.vat_ppm for one in held.lines]
    assert shop.close_day(cash_minor=250, card_minor=19_900).view.is_proven
