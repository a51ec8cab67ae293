"""A real Tryton, every step of a booking delivered twice, and its answer lost: one sale, one invoice, one payment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.rig import Shop
from tideover.model.sale import Tender
from unit.connectors.tryton.tryton_shop import SteppedRig, SteppedWay, play

STEPS = [
    "model.sale.sale.create",
    "model.sale.sale.quote",
    "model.sale.sale.confirm",
    "model.account.invoice.write",
    "model.account.invoice.post",
    "model.stock.shipment.out.assign_force",
    "model.stock.shipment.out.pick",
    "model.stock.shipment.out.pack",
    "model.stock.shipment.out.do",
    "model.account.move.create",
    "model.account.move.post",
    "wizard.account.move.reconcile_lines.execute",
]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SteppedRig]:
    made = SteppedRig(tmp_path_factory.mktemp("tryton"))
    made.start()
    yield made
    made.stop()


def way(rig: SteppedRig) -> SteppedWay:
    assert isinstance(rig.way, SteppedWay)
    return rig.way


def goods_for(step: str) -> tuple[str, int, int]:
    """Jam leaves the shelf; tea is quicker."""
    return ("jam", 1, 513) if "shipment" in step else ("tea", 1, 395)


def books(rig: SteppedRig, entry: str) -> tuple[list[str], list[str], list[str]]:
    """States of the sales, invoices and payment moves under that id, by the file itself."""
    sales = rig.books.run("SELECT state FROM sale_sale WHERE reference = ?", entry)
    invoices = rig.books.run("SELECT state FROM account_invoice WHERE reference = ?", entry)
    moves = rig.books.run("SELECT state FROM account_move WHERE description = ?", entry)
    return [x[0] for x in sales], [x[0] for x in invoices], [x[0] for x in moves]


def test_every_step_delivered_twice_books_once(rig: SteppedRig) -> None:
    """The second delivery does nothing, or makes a draft that is found and taken away before anything is confirmed."""

    async def scene(shop: Shop) -> None:
        await shop.cloud.renew_login()
        for step in STEPS:
            booking = shop.booking(goods_for(step))
            way(rig).twice = step
            answer = await shop.cloud.send(booking)
            for _ in range(3):  # As the outbox does.
                if answer.word in ("silent", "partial"):
                    answer = await shop.cloud.send(booking)

            assert "" == way(rig).twice, f"{step} was never called"
            assert (step, answer.word) in ((step, "created"), (step, "exists"))
            assert (step, (["done"], ["paid"], ["posted"])) == (step, books(rig, booking.entry))

    play(rig, scene)


def test_every_step_s_answer_lost_is_gone_on_from(rig: SteppedRig) -> None:
    """Silent, then never `absent`, then booked once by the next send; the ask before it says what lacks."""

    async def scene(shop: Shop) -> None:
        await shop.cloud.renew_login()
        for step in STEPS:
            booking = shop.booking(goods_for(step))
            way(rig).lost = step
            assert (step, "silent") == (step, (await shop.cloud.send(booking)).word)
            asked = await shop.cloud.ask(booking)
            assert asked.word in ("partial", "exists"), step
            answer = await shop.cloud.send(booking)

            assert answer.word in ("created", "exists"), step
            assert (step, (["done"], ["paid"], ["posted"])) == (step, books(rig, booking.entry))

    play(rig, scene)


def test_a_split_sale_s_payments_are_made_once_each(rig: SteppedRig) -> None:
    """Cash and card, the call delivered twice: four drafts, two of which are deleted before any is posted."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking(("tea", 2, 395), tenders=(Tender("cash", 395), Tender("card", 395)))
        way(rig).twice = "model.account.move.create"

        assert "created" == (await shop.cloud.send(booking)).word
        assert (["done"], ["paid"], ["posted", "posted"]) == books(rig, booking.entry)

    play(rig, scene)


def test_cash_rounding_is_one_line_of_the_invoice(rig: SteppedRig) -> None:
    """Delivered twice it stands there once, and the document's total is still that of the goods."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking(("tea", 1, 393), tenders=(Tender("cash", 395),), document={"rounding_minor": -2})
        way(rig).twice = "model.account.invoice.write"

        assert ("created", 393) == ((answer := await shop.cloud.send(booking)).word, answer.total_minor)
        (found,) = rig.truth(shop)
        assert {"cash": 395, "rounding": -2} == {one.tender: one.amount_minor for one in found.payments}
        assert "exists" == (await shop.cloud.ask(booking)).word

    play(rig, scene)


def test_a_sale_on_account_stays_open(rig: SteppedRig) -> None:
    """It is final though unpaid; of a part that was paid, only the rest is open."""

    async def scene(shop: Shop) -> None:
        wholly = shop.booking(("tea", 1, 395), tenders=(Tender("account", 395),))
        partly = shop.booking(("tea", 2, 395), tenders=(Tender("card", 500), Tender("account", 290)))

        for booking, moves in ((wholly, []), (partly, ["posted"])):
            assert "created" == (await shop.cloud.send(booking)).word
            assert "exists" == (await shop.cloud.ask(booking)).word
            assert ("posted", moves) == ((found := books(rig, booking.entry))[1][0], found[2])

    play(rig, scene)


def test_a_refund_is_a_credit_note_of_the_sale(rig: SteppedRig) -> None:
    """Its sale names the original, found by our id or by the invoice's number; money and goods go back."""

    async def scene(shop: Shop) -> None:
        sold = shop.booking(("jam", 2, 513))
        answer = await shop.cloud.send(sold)
        by_id = shop.booking(("jam", -1, 513), kind="refund", refers_to=sold.entry)
        by_number = shop.booking(("jam", -1, 513), kind="refund", original=answer.number)
        (first,) = rig.books.run("SELECT id FROM sale_sale WHERE reference = ?", sold.entry)
        for refund in (by_id, by_number):
            assert "created" == (await shop.cloud.send(refund)).word
            assert (["done"], ["paid"], ["posted"]) == books(rig, refund.entry)
            (row,) = rig.books.run("SELECT origin, description FROM sale_sale WHERE reference = ?", refund.entry)
            assert f"sale.sale,{first['id']}" == row["origin"]
        assert str(answer.number) in row["description"]
        assert [1026, -513, -513] == [one.total_minor for one in await shop.cloud.day(shop.day)]

    play(rig, scene)


def test_a_late_sale_keeps_its_day(rig: SteppedRig) -> None:
    """Tryton numbers no invoice before a later one: the invoice bears the later date, the books the trading day."""

    async def scene(shop: Shop) -> None:
        today = shop.day
        rig.sell_at_cloud_till(shop, 1_000, "C1-1")
        rig.books.run("UPDATE account_invoice SET invoice_date = date(invoice_date, '+3 days') WHERE reference = 'C1-1'")
        booking = shop.booking()

        assert "created" == (await shop.cloud.send(booking)).word
        (row,) = rig.books.run("SELECT accounting_date, invoice_date FROM account_invoice WHERE reference = ?", booking.entry)
        assert today == row["accounting_date"] < row["invoice_date"]
        assert booking.entry in {one.entry for one in await shop.cloud.day(today)}
        rig.books.run("UPDATE account_invoice SET invoice_date = accounting_date WHERE invoice_date > accounting_date")

    play(rig, scene)


def test_the_books_say_what_the_receipt_says(rig: SteppedRig) -> None:
    """Net and VAT of every sum from 1.00 to 1.30, though Tryton's own rounding reaches only four of five."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking(*(("tea", 1, cents) for cents in range(100, 131)), ("jam", 7, 333))
        assert "created" == (await shop.cloud.send(booking)).word
        (found,) = rig.truth(shop)
        assert sorted(one.amount_minor for one in booking.document.lines) == sorted(one.amount_minor for one in found.lines)
        assert sum(one.amount_minor for one in booking.document.lines) == found.total_minor

    play(rig, scene)
