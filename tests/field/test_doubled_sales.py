"""Sales that other systems booked twice, or lost because they took two for one."""

from __future__ import annotations

import asyncio

from field.shop import FRIDAY, Shop, id_of, line
from tideover.recover.outbox import Outbox


def test_committed_but_the_reply_was_lost(shop: Shop) -> None:
    """odoo#40567, #40600, #85527, woocommerce#10453: the server had booked, the client sent again without an id; here it asks."""
    entry = shop.till().sell()
    shop.line.mischief = ["lose-reply"]
    shop.replay()

    assert ([1], "booked") == (shop.booked(entry), shop.state(entry))
    assert 1 == len(shop.line.sent)


def test_the_reply_is_lost_and_the_cloud_forgets_its_key(shop: Shop) -> None:
    """D §4.1: first try on Friday, crash, second on Monday, past every published window of a key: asked, not told again."""
    entry = shop.till().sell()
    shop.line.mischief = ["cut-after"]
    shop.recover()
    shop.restart()
    shop.later(days=3)
    shop.line.up = True
    shop.replay()

    assert [1] == shop.booked(entry)


def test_two_drains_of_one_queue(shop: Shop) -> None:
    """odoo#152259, POSNext#50, #97: two tabs or loops sync the same queue; here a row is claimed before it is sent."""
    house, till = shop.house, shop.till()
    entries = [till.sell() for _ in range(6)]
    other = Outbox(house.journal, house.cloud, shop.world, house.settings, house.copies, house.people)

    async def both() -> None:
        await other.take_up()
        await asyncio.gather(house.outbox.turn(), other.turn())

    shop.run(both())
    shop.replay()
    assert [1] * 6 == shop.booked(*entries)
    assert 6 == len(shop.line.sent)


def test_a_further_turn_sends_nothing_again(shop: Shop) -> None:
    """POS-Awesome#933, #182: overlapping cycles and leftover state saved the last invoice anew."""
    entry = shop.till().sell()
    shop.replay()
    for _ in range(5):
        shop.later(hours=1)
        shop.recover()
    shop.restart()
    shop.replay()

    assert ([1], 1) == (shop.booked(entry), len(shop.line.sent))


def test_two_identical_sales_a_minute_apart_are_both_booked(shop: Shop) -> None:
    """odoo PR#134891, #125037: a "duplicate" check by reference dropped real sales; alike is not the same here."""
    till, lost = shop.till(), ["lose-reply", "lose-reply"]
    first = till.sell()
    shop.later(minutes=1)
    second = till.sell()
    shop.line.mischief = lost
    shop.replay()

    assert [1, 1] == shop.booked(first, second)
    assert {} == shop.parked()
    assert shop.close_day(card_minor=500).view.is_proven


def test_sales_of_the_same_millisecond_are_two(shop: Shop) -> None:
    """erpnext#12971 with #15699: a time stamp as key doubled one record in fifteen over eight tills; ids are not times here."""
    tills = [shop.till(f"T{n}") for n in range(3)]
    entries = [till.sell() for till in tills]
    shop.replay()

    assert [1, 1, 1] == shop.booked(*entries)
    assert 3 == len(set(entries))


def test_many_tills_through_a_bad_line(shop: Shop) -> None:
    """odoo#42862, #42430: ninety tills, some thirty orders doubled in a day; every third call loses its way or its answer here."""
    tills = [shop.till(f"T{n}") for n in range(3)]
    entries = [till.sell() for till in tills for _ in range(10)]
    shop.line.mischief = ["lose-reply", "", "lose-request", "", "busy", ""] * 5
    shop.replay(turns=80)

    assert [1] * 30 == shop.booked(*entries)


def test_every_try_carries_the_same_key_and_the_same_bytes(shop: Shop) -> None:
    """stripe-terminal-android#747: a new key for each try made nineteen charges of eight orders while others were paid."""
    till = shop.till()
    first = till.sell()
    shop.line.mischief = ["lose-request", "lose-request", "lose-request"]
    for _ in range(8):
        till.sell()
        shop.later(seconds=shop.recover())
    shop.replay()
    tries = [one for one in shop.line.sent if first.encode() in one.content]

    assert len(tries) > 1
    assert {first} == {one.headers["Idempotency-Key"] for one in tries}
    assert 1 == len({one.content for one in tries})
    assert [1] == shop.booked(first)


def test_stock_moves_once_however_often_a_sale_is_sent(shop: Shop) -> None:
    """odoo#257509, OCA/pos#185, POSNext#48: every retry took goods (or points) once more; wrong quantity after the sync."""
    entry = shop.till().sell(line("coffee", 3_000))
    shop.line.mischief = ["lose-request", "lose-reply"]
    shop.replay()

    assert ([1], 17_000) == (shop.booked(entry), shop.on_hand("coffee"))


def test_a_double_tap_is_one_sale(shop: Shop) -> None:
    """odoo#180278, #85527: a second tap on "Validate" while the first is under way; the till's id is made before either."""
    till = shop.till()
    entry = till.sign()

    async def twice() -> list[str]:
        answers = await asyncio.gather(till.post([entry]), till.post([entry, entry]))
        return sorted(one["answer"] for answer in answers for one in answer)

    assert ["created", "exists", "exists"] == shop.run(twice())
    shop.replay()
    assert [1] == shop.booked(id_of(entry))


def test_a_known_id_changes_nothing_that_stands(shop: Shop) -> None:
    """odoo#249109, #258304: "create" for a known uuid became an update of a paid order; here it is put aside for a person."""
    till = shop.till()
    first = till.sign()
    till.send(first)
    changed = till.sign(line("lamp"), seq=1, id=id_of(first))

    assert ["differs"] == till.send(changed)
    shop.replay()
    [held] = [one for one in shop.books() if one.external_id == id_of(first)]
    assert (250, ["entry-aside"]) == (held.total_minor, shop.findings())


def test_a_duplicated_till_loses_neither_sale(shop: Shop) -> None:
    """odoo#7388, #22766: a copied tab gave the same number to two sales and one vanished; here the second waits for a person."""
    till = shop.till()
    first, second = till.sign(), till.sign(line("coffee"), seq=1)

    assert ["created", "error"] == till.send(first) + till.send(second)
    [aside] = shop.house.journal.asides()
    assert (id_of(second), ["entry-aside"]) == (aside.entry.id, shop.findings())


def test_what_staff_keyed_by_hand_is_held_before_it_is_sent(shop: Shop) -> None:
    """Toast 14487965: after the outage items stood twice on checks, to be voided by hand; here they are asked about first."""
    till = shop.till()
    shop.cut()
    entry = till.sell(line("coffee"))
    shop.later(minutes=5)
    shop.sell_at_cloud_till(350, "C1-7")
    shop.later(minutes=5)
    shop.back()
    shop.replay()

    assert ({entry: "possible-double"}, [0]) == (shop.parked(), shop.booked(entry))
    shop.run(shop.house.outbox.solve(entry, "was_booked", "Maija", number="S100001"))
    shop.replay()
    assert [350] == [one.total_minor for one in shop.books(FRIDAY)]
