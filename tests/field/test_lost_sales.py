"""Sales that other systems lost: between a till, its storage, a power cut and the server."""

from __future__ import annotations

import pytest

from field.shop import FRIDAY, Shop, id_of, line
from tideover.errors import Damaged
from tideover.model.facts import Void


def test_what_was_queued_at_a_power_cut_is_sent_after_the_start(shop: Shop) -> None:
    """Square community 2026-03, odoo#60939: "if sales are queued and we lose power, are they gone?" They are not."""
    till = shop.till()
    shop.cut()
    entries = [till.sell() for _ in range(5)]
    shop.restart()
    shop.back()
    shop.replay()

    assert [1] * 5 == shop.booked(*entries)


def test_a_till_that_lost_its_counter_discards_nothing(shop: Shop) -> None:
    """odoo#125037: after the power cut the next order got the lost one's number and the server threw it away."""
    till = shop.till()
    sold = till.sell()
    again = till.sign(line("coffee"), seq=1)  # Its storage was flushed too late: it begins at 1 once more.

    [answer] = till.answers(again)
    assert ("error", "till-gap", 2) == (answer["answer"], answer["code"], answer["expected"])
    assert [id_of(again)] == [one.entry.id for one in shop.house.journal.asides()]
    assert ["entry-aside"] == shop.findings()
    shop.replay()
    assert [1] == shop.booked(sold)


def test_storage_that_was_cleared_takes_nothing_with_it(shop: Shop) -> None:
    """Vend 360000756136, odoo#284790, OCA/pos#172: a cleared cache took the sales along; here the box has them."""
    before = shop.till("T1").sell()
    after = shop.till("T1").sell(line("coffee"))  # Enrolled again under its old name, with a new id and a new key.
    shop.replay()

    assert [1, 1] == shop.booked(before, after)


def test_signing_a_till_out_deletes_nothing(shop: Shop) -> None:
    """Square 7775, 5095, PayAnywhere, Shopline: sign-out or removal destroyed what waited; here it is sent all the same."""
    till = shop.till()
    shop.cut()
    entry = till.sell()
    shop.run(shop.house.journal.revoke(till.id, "given back"))
    shop.restart()
    shop.back()
    shop.replay()

    assert [1] == shop.booked(entry)


def test_nobody_can_delete_a_sale_that_waits(shop: Shop) -> None:
    """POSNext's OFFLINE_SYNC.md lets a cashier delete an unsynced invoice or clear all in a console; here the database says no."""
    import apsw

    entry = shop.till().sell()
    for sql in ("DELETE FROM entry", "UPDATE entry SET kind = 'note'"):
        with pytest.raises(apsw.ConstraintError):
            shop.house.journal.database.write(lambda db, sql=sql: db.execute(sql))
    shop.replay()
    assert [1] == shop.booked(entry)


def test_a_paid_sale_that_the_cloud_turns_back_into_a_draft_is_told(shop: Shop) -> None:
    """odoo#288974 (21 restaurants), #190821, erpnext#9083: a paid order became a draft, its payment was gone; told."""
    entry = shop.till().sell()
    shop.replay()
    assert shop.close_day(card_minor=250).view.is_proven
    shop.cloud.cloud.database.write(lambda db: db.execute("UPDATE sale SET state = 'draft' WHERE external_id = ?", (entry,)) and None)
    shop.later(hours=26)
    shop.recover()

    assert ["draft", "missing"] == sorted(shop.findings())
    day = shop.run(shop.house.close.look(FRIDAY))
    [sums] = day.reconciled.by_day
    assert (False, 250, 0) == (day.is_proven, sums.local_minor, sums.cloud_minor)


def test_a_booked_sale_that_vanishes_in_the_cloud_is_told(shop: Shop) -> None:
    """erpnext#11461, #11745, odoo#60939: printed, sent, and later nowhere; nobody noticed for a week."""
    shop.till().sell()
    shop.replay()
    shop.close_day(card_minor=250)
    shop.admin("/till/sales/S100001/void", why="by mistake")
    shop.later(hours=26)
    shop.recover()

    assert ["missing"] == shop.findings()


def test_a_card_payment_that_the_terminal_does_not_have_is_a_finding(shop: Shop) -> None:
    """stripe-terminal-ios#261: two payments were told as taken and never came; here the terminal's total is held against the sales."""
    till = shop.till()
    till.sell()
    till.sell(line("coffee"))
    shop.replay()
    shop.close_day(card_minor=250)

    assert ["batch-difference"] == shop.findings()


def test_a_sale_waits_for_weeks_and_is_not_dropped(shop: Shop) -> None:
    """Workbox#2599, its maxRetentionTime: the queue forgot what was too old; here it goes to a person and stays."""
    shop.line.up = False
    entry = shop.till().sell()
    for _ in range(60):
        shop.recover()
        shop.later(hours=12)
    assert shop.state(entry) in ("waiting", "parked")

    shop.line.up = True
    if entry in shop.parked():
        shop.send_on(entry)
    shop.replay()
    assert ([1], FRIDAY) == (shop.booked(entry), shop.books()[0].day)


def test_a_box_put_back_from_an_old_copy_is_noticed(shop: Shop) -> None:
    """OCA/l10n-spain#4550 and odoo#125037 for a whole box: after a restore, numbers would be given a second time; it writes nothing."""
    till = shop.till()
    till.sell()
    journal = shop.folder / "journal.db"
    shop.restart()
    old = journal.read_bytes()
    till.sell(line("coffee"))

    def put_back() -> None:
        for rest in shop.folder.glob("journal.db-*"):
            rest.unlink()
        journal.write_bytes(old)

    shop.restart(put_back)
    assert isinstance(shop.house.journal.broken, Damaged)
    assert "lost" in shop.house.journal.broken.message
    with pytest.raises(Damaged):
        shop.run(shop.house.journal.record("void", Void("x")))


def test_an_old_box_with_a_new_database_is_noticed(shop: Shop) -> None:
    """A §7: an empty database under a box that has sold before passes for a fresh shop."""
    shop.till().sell()

    def lose() -> None:
        for rest in shop.folder.glob("journal.db*"):
            rest.unlink()

    shop.restart(lose)
    assert isinstance(shop.house.journal.broken, Damaged)


def test_a_revoked_or_stranger_till_is_refused_aloud(shop: Shop) -> None:
    """odoo#22766 (two browsers, one user): what may not write is told so at once, it does not look accepted."""
    till = shop.till()
    till.sell()
    shop.run(shop.house.journal.revoke(till.id, "lost"))

    [answer] = till.answers(till.sign())
    assert "error" == answer["answer"]
    assert answer["hint"]
