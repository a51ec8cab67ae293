"""Queues that stood still at other shops because of one record, one answer or one log-in."""

from __future__ import annotations

import pytest

from field.shop import CUSTOMERS, FRIDAY, ITEMS, SATURDAY, Shop, line
from tideover.errors import LoginRefused


def test_a_poison_record_blocks_only_itself(shop: Shop) -> None:
    """erpnext#13388, #10278, #8112: one invalid sale held up all later ones of that till; here it alone waits for a person."""
    shop.admin("change", dataset="items", rows=[], removed=["lamp"])
    till = shop.till()
    poison, rest = till.sell(line("lamp")), [till.sell() for _ in range(5)]
    shop.replay()

    assert [1] * 5 == shop.booked(*rest)
    assert {poison: "item-gone"} == shop.parked()


def test_a_parked_record_is_mended_without_editing_it(shop: Shop) -> None:
    """erpnext#11000: the cashier edited JSON in the browser's storage to get the queue going; here the cloud is mended, not the sale."""
    shop.admin("change", dataset="items", rows=[], removed=["lamp"])
    entry = shop.till().sell(line("lamp"))
    signed = shop.house.journal.find(entry).signed  # type: ignore[union-attr]
    shop.replay()
    [parked] = shop.house.outbox.parked()
    assert ("Maija", True) == (parked.owner, bool(parked.hint))

    shop.admin("change", dataset="items", rows=[ITEMS[2]], removed=[])
    shop.send_on(entry)
    shop.replay()
    assert ([1], signed) == (shop.booked(entry), shop.house.journal.find(entry).signed)  # type: ignore[union-attr]


def test_a_customer_who_was_merged_meanwhile_stops_no_one(shop: Shop) -> None:
    """erpnext#13388 (deleted customer): the copy knows who took the place; before it does, a person is told, and the others go on."""
    shop.replicate()
    shop.admin("merge-customer", code="C1", into="C2")
    till = shop.till()
    merged, plain = till.sell(customer="C1"), till.sell(line("coffee"))
    shop.replay()
    assert ([0, 1], {merged: "customer-merged"}) == (shop.booked(merged, plain), shop.parked())

    shop.replicate()
    shop.send_on(merged)
    shop.replay()
    assert [1] == shop.booked(merged)
    assert ["C2"] == [one.customer for one in shop.books() if one.external_id == merged]


def test_a_customer_deleted_in_the_cloud_is_told_and_the_sale_is_booked(shop: Shop) -> None:
    """erpnext#10278: the customer was deleted during the outage; the sale happened, so it is booked and somebody is told."""
    shop.replicate()
    till = shop.till()
    shop.cut()
    entry = till.sell(customer="C1", tender="account")
    shop.admin("change", dataset="customers", rows=CUSTOMERS[1:], removed=["C1"])
    shop.later(minutes=30)
    shop.back()
    shop.replicate()
    shop.replay()

    assert [1] == shop.booked(entry)
    assert ["customer-gone"] == shop.findings()


def test_401_after_a_long_outage(shop: Shop) -> None:
    """hercycle-ai#313: the log-in had run out, the 401 counted as final and the queue was emptied; here it logs in and goes on."""
    till = shop.till()
    shop.replicate()
    shop.cut()
    entries = [till.sell() for _ in range(4)]
    shop.later(days=4)
    shop.back()
    shop.line.mischief = ["login"] * 3
    shop.replay()

    assert [1] * 4 == shop.booked(*entries)
    assert {} == shop.parked()


def test_a_wrong_setting_is_named_and_not_tried_for_ever(shop: Shop) -> None:
    """medusapos ADR 0004: a configuration error passed for a passing one and the till said "sending" for ever."""
    entry = shop.till().sell()
    shop.log_in_as("changed-last-week")
    for _ in range(3):
        with pytest.raises(LoginRefused) as told:  # The loop says so at the box and tries again in half a minute.
            shop.recover()
        shop.later(seconds=30)

    assert ("password" in told.value.message, True) == (True, bool(told.value.hint))
    assert ("waiting", 0) == (shop.state(entry), len(shop.line.sent))
    assert told.value.message == shop.house.outbox.counts().paused
    shop.log_in_as("practice")
    shop.replay()
    assert [1] == shop.booked(entry)


def test_only_what_the_cloud_took_is_ticked_off(shop: Shop) -> None:
    """odoo PR#211219: the server took some of a batch, all rows were removed here; each sale has its own answer."""
    till = shop.till()
    entries = [till.sell() for _ in range(6)]
    shop.line.mischief = ["", "", "cut"]
    shop.recover()
    states = [shop.state(entry) for entry in entries]
    assert [state == "booked" for state in states] == [held == 1 for held in shop.booked(*entries)]
    assert {"booked", "waiting"} == set(states)

    shop.line.up = True
    shop.replay()
    assert [1] * 6 == shop.booked(*entries)


def test_a_link_that_drops_in_mid_booking(shop: Shop) -> None:
    """odoo PR#261096: the mark "synced" was lost with the link and half of it stood there; here what stands half-done is finished."""
    shop.admin("leave-draft", count=1)
    entry = shop.till().sell()
    shop.replay()

    assert ([1], ["final"]) == (shop.booked(entry), [one.state for one in shop.books()])
    assert shop.close_day(card_minor=250).view.is_proven


def test_the_period_is_closed_in_the_cloud(shop: Shop) -> None:
    """erpnext#8112 (date rule), odoo#9198 (closed session): the cloud's books refuse the day; parked with a hint, nothing lost."""
    entry = shop.till().sell()
    shop.admin("close-period", until=FRIDAY)
    shop.later(days=1)
    shop.replay()
    assert {entry: "closed-period"} == shop.parked()
    assert "period" in shop.house.outbox.parked()[0].reason

    shop.admin("open-period")
    shop.send_on(entry)
    shop.replay()
    assert ([1], []) == (shop.booked(entry), shop.books(SATURDAY))


def test_a_person_may_hurry_what_waits(shop: Shop) -> None:
    """stripe-terminal-android#485: "no way to force stored payments to sync"; sending on, and the line's return, are at once."""
    entry = shop.till().sell()
    shop.line.mischief = ["busy"]
    shop.recover()
    assert [0] == shop.booked(entry)
    shop.later(seconds=10)
    shop.replay(turns=6)
    assert [1] == shop.booked(entry)


def test_a_busy_cloud_is_left_in_peace(shop: Shop) -> None:
    """POSNext pings every 3 s and gives up after 3 tries; here the cloud's own wait is kept and nothing is given up."""
    entry = shop.till().sell()
    shop.line.mischief = ["busy"] * 6
    shop.recover()
    shop.later(seconds=2)
    shop.recover()
    assert 1 == len(shop.line.sent)
    shop.replay()
    assert [1] == shop.booked(entry)


def test_a_refund_waits_for_its_own_sale_alone(shop: Shop) -> None:
    """A §8.7 (erpnext#10278): what depends on a parked sale waits with it, and nothing else does."""
    shop.admin("change", dataset="items", rows=[], removed=["lamp"])
    till = shop.till()
    sale = till.sell(line("lamp"))
    refund = till.sell(line("lamp", -1_000), kind="refund", refers_to=sale)
    other = till.sell(line("bread", -1_000), kind="refund")
    shop.replay(turns=10)
    assert [0, 0, 1] == shop.booked(sale, refund, other)

    shop.admin("change", dataset="items", rows=[ITEMS[2]], removed=[])
    shop.send_on(sale)
    shop.replay()
    assert [1, 1] == shop.booked(sale, refund)
    assert ["S100002"] == [one.refers_to for one in shop.books() if one.external_id == refund]
