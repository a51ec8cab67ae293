"""What every connector must do with a sale: book it once, or say exactly why not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from conformance.rig import Rig, Shop, total_of
from tideover.errors import LoginRefused
from tideover.model.answer import Answer, CloudDocument
from tideover.model.item import Customer
from tideover.model.sale import Line, Tender
from tideover.ports import Booking


def play(rig: Rig, scene: Callable[[Shop], Awaitable[None]]) -> None:
    """Plays a scene in a shop connected to the rig's cloud."""

    async def main() -> None:
        async with rig.shop() as shop:
            await scene(shop)

    asyncio.run(main())


def finals(rig: Rig, shop: Shop, booking: Booking) -> list[CloudDocument]:
    """The final documents that carry this booking's id, by the cloud's own books."""
    return [one for one in rig.truth(shop) if one.entry == booking.entry and one.state == "final"]


def only_interface(rig: Rig) -> None:
    if rig.hands != "interface":
        rig.cannot("send by itself: a person's hands do")


def needs_keys(rig: Rig, shop: Shop) -> None:
    """For clouds that honour a key: without one, a request that the network repeats is booked twice."""
    if not shop.cloud.manifest.window:
        rig.cannot("honour a key")


async def last_moment(rig: Rig, shop: Shop) -> None:
    """As late as the key still holds; without keys, as early as a look must find what was booked."""
    window = shop.cloud.manifest.window
    if window:
        shop.later(window.total_seconds() - 1)
    elif shop.cloud.manifest.settle is not None:
        await rig.look(shop)
    else:
        rig.cannot("know its own bookings again")


def test_a_sale_is_booked_as_it_was(rig: Rig) -> None:
    """Day, kind, lines, tenders and rounding arrive to the cent under the entry's id."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking(
            ("tea", 2, 395), ("jam", 1, 513), tenders=(Tender("cash", 1000), Tender("card", 305)), document={"rounding_minor": -2}
        )
        answer = await rig.book(shop, booking)
        (found,) = finals(rig, shop, booking)

        assert ("created", found.number) == (answer.word, answer.number)
        assert (booking.entry, shop.day, "sale", 1303) == (found.entry, found.day, found.kind, found.total_minor)
        assert Counter([("tea", 2000, 790), ("jam", 1000, 513)]) == Counter((x.item, x.quantity, x.amount_minor) for x in found.lines)
        assert {"cash": 1000, "card": 305, "rounding": -2} == {x.tender: x.amount_minor for x in found.payments}

    play(rig, scene)


def test_a_refund_is_booked_with_its_signs(rig: Rig) -> None:
    """Quantities, amounts and tenders of a refund are negative there too."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking(("tea", -1, 395), kind="refund")
        await rig.book(shop, booking)
        (found,) = finals(rig, shop, booking)

        assert ("refund", -395) == (found.kind, found.total_minor)
        assert [("card", -395)] == [(one.tender, one.amount_minor) for one in found.payments]

    play(rig, scene)


def test_the_same_send_twice_is_one_sale(rig: Rig) -> None:
    """By the key, or by looking before it sends, the second send says `exists` and names the same number."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        first = await shop.cloud.send(booking)
        await last_moment(rig, shop)
        second = await shop.cloud.send(booking)

        assert ("created", "exists") == (first.word, second.word)
        assert first.number == second.number
        assert 1 == len(finals(rig, shop, booking))

    play(rig, scene)


def test_the_same_id_with_other_content_differs(rig: Rig) -> None:
    """Another sale under the same id is not booked, and the first stays as it was."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        await shop.cloud.send(booking)
        await last_moment(rig, shop)
        other = shop.booking(("tea", 2, 395), entry=booking.entry)

        assert "differs" == (await shop.cloud.send(other)).word
        assert [395] == [one.total_minor for one in finals(rig, shop, booking)]

    play(rig, scene)


def test_the_same_sale_told_in_other_words_exists(rig: Rig) -> None:
    """A repeat whose note changed meanwhile (the day was closed, a customer merged) is still the same sale."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        first = await shop.cloud.send(booking)
        await last_moment(rig, shop)
        again = await shop.cloud.send(msgspec.structs.replace(booking, late=True))

        assert ("exists", first.number) == (again.word, again.number)
        assert 1 == len(finals(rig, shop, booking))

    play(rig, scene)


def test_what_was_never_sent_is_absent(rig: Rig) -> None:
    """An ask about an unknown id says so."""

    async def scene(shop: Shop) -> None:
        await rig.look(shop)

        assert "absent" == (await shop.cloud.ask(shop.booking())).word

    play(rig, scene)


def test_what_was_booked_exists_after_the_settling_time(rig: Rig) -> None:
    """The manifest's settling time is long enough, and the ask names the cloud's number."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking(cash_minor=95)
        booked = await rig.book(shop, booking)
        await rig.look(shop)
        answer = await shop.cloud.ask(booking)

        assert ("exists", booked.number) == (answer.word, answer.number)

    play(rig, scene)


@pytest.mark.parametrize("change", ["total", "tender", "kind"])
def test_an_ask_sees_other_content(rig: Rig, change: str) -> None:
    """Another sum, another tender or another kind under our id is `differs`, with a reason."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        await rig.book(shop, booking)
        await rig.look(shop)
        document = booking.document
        other = {
            "total": shop.booking(("tea", 2, 395), entry=booking.entry),
            "tender": msgspec.structs.replace(booking, document=msgspec.structs.replace(document, tenders=(Tender("cash", 395),))),
            "kind": msgspec.structs.replace(booking, kind="refund"),
        }[change]
        answer = await shop.cloud.ask(other)

        assert "differs" == answer.word
        assert answer.reason

    play(rig, scene)


def test_a_lost_reply_is_found_again(rig: Rig) -> None:
    """Booked, but the answer lost, by a broken line or by silence: silent, then `exists`, and one document each."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        await shop.cloud.renew_login()
        rig.faults(shop, lost_reply=1.0)
        bookings = [shop.booking() for _ in range(8)]
        sent = [(await shop.cloud.send(one)).word for one in bookings]
        rig.faults(shop)
        await rig.look(shop)
        asked = [(await shop.cloud.ask(one)).word for one in bookings]

        assert ["silent"] * 8 == sent
        assert ["exists"] * 8 == asked
        assert [1] * 8 == [len(finals(rig, shop, one)) for one in bookings]

    play(rig, scene)


def test_a_busy_cloud_is_silent_and_nothing_is_booked(rig: Rig) -> None:
    """429 and 503 are `silent`, with the wait where the cloud names one; the same send later is `created`."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        await shop.cloud.renew_login()
        rig.faults(shop, busy=1.0)
        bookings = [shop.booking() for _ in range(12)]
        answers = [await shop.cloud.send(one) for one in bookings]
        rig.faults(shop)

        assert {"silent"} == {one.word for one in answers}
        assert any(one.retry_after_s for one in answers)
        assert [] == rig.truth(shop)
        assert {"created"} == {(await shop.cloud.send(one)).word for one in bookings}

    play(rig, scene)


def test_a_call_delivered_twice_is_one_sale(rig: Rig) -> None:
    """A request that the network repeats is booked once, by the key."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        needs_keys(rig, shop)
        await shop.cloud.renew_login()
        rig.faults(shop, duplicate=1.0)
        booking = shop.booking()
        answer = await shop.cloud.send(booking)

        assert answer.word in ("created", "exists")
        assert 1 == len(finals(rig, shop, booking))

    play(rig, scene)


def test_a_dead_line_is_silent(rig: Rig) -> None:
    """With the line cut a send and an ask are `silent`, the log-in cannot be renewed, and the detector hears of it."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        await shop.cloud.renew_login()
        rig.line(up=False)
        answer = await shop.cloud.send(booking)

        assert ("silent", False) == (answer.word, answer.login)
        assert "silent" == (await shop.cloud.ask(booking)).word
        assert not await shop.cloud.renew_login()
        answer = await shop.cloud.send(booking)  # Not logged in now, but it is the line that is dead, not the log-in.
        assert ("silent", False) == (answer.word, answer.login)
        assert (False, "cloud", "call") == (shop.heard[-1].ok, shop.heard[-1].service, shop.heard[-1].kind)

    play(rig, scene)


def test_a_refused_entry_says_why_and_goes_through_once_solved(rig: Rig) -> None:
    """A no for good is `refused` with a reason; the same send after the cause is gone is `created`."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        await shop.cloud.renew_login()
        booking = shop.booking()
        rig.faults(shop, [booking.entry], refuse=1.0)
        answer = await shop.cloud.send(booking)

        assert ("refused", "unknown") == (answer.word, answer.cause)
        assert answer.reason
        rig.faults(shop)
        assert "created" == (await shop.cloud.send(booking)).word

    play(rig, scene)


def test_a_closed_period_is_named(rig: Rig) -> None:
    """`closed-period`; nothing is booked; opened again, the same send is `created`, and no draft is left beside it."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        rig.close_period(shop.day)
        answer = await shop.cloud.send(booking)

        assert ("refused", "closed-period") == (answer.word, answer.cause)
        assert [] == finals(rig, shop, booking)
        rig.open_period()
        await rig.look(shop)
        assert "created" == (await shop.cloud.send(booking)).word
        assert ["final"] == [one.state for one in rig.truth(shop)]

    play(rig, scene)


def test_a_vanished_item_is_named(rig: Rig) -> None:
    """`item-gone`, and nothing is booked."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        rig.change("items", [{"code": "old", "name": "Old", "unit_price": 10_000, "vat_ppm": 0}])
        rig.change("items", removed=["old"])
        answer = await shop.cloud.send(shop.booking(("old", 1, 100)))

        assert ("refused", "item-gone") == (answer.word, answer.cause)
        assert [] == rig.truth(shop)

    play(rig, scene)


def test_a_merged_customer_is_named(rig: Rig) -> None:
    """`customer-merged`, with the code to use instead."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        rig.change("customers", [{"code": "virta", "name": "Virta"}, {"code": "virta-oy", "name": "Virta Oy"}])
        rig.merge_customer("virta", "virta-oy")
        answer = await shop.cloud.send(shop.booking(document={"customer": "virta"}))

        assert ("refused", "customer-merged") == (answer.word, answer.cause)
        assert "virta-oy" in answer.reason

    play(rig, scene)


def test_a_new_customer_is_made_before_the_sale(rig: Rig) -> None:
    """A customer the cloud lacks is there when the sale is booked; sending again makes no second one."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        customer = Customer(f"new-{shop.day}", "Aino Salmi", account=True)
        booking = shop.booking(document={"customer": customer.code}, customer=customer)

        assert "created" == (await shop.cloud.send(booking)).word
        await last_moment(rig, shop)
        assert "exists" == (await shop.cloud.send(booking)).word
        page = await shop.cloud.pull("customers", None)
        assert [customer] == [one for one in page.rows if one.code == customer.code]

    play(rig, scene)


def test_a_draft_is_not_taken_for_booked(rig: Rig) -> None:
    """What stopped half-way is `partial`, never `exists`, and never `absent`."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        rig.leave_draft()

        assert (await shop.cloud.send(booking)).word in ("silent", "partial")
        await rig.look(shop)
        assert "partial" == (await shop.cloud.ask(booking)).word
        assert [] == finals(rig, shop, booking)

    play(rig, scene)


def test_a_draft_is_gone_on_from_and_nothing_booked_beside_it(rig: Rig) -> None:
    """The next send finishes the draft; one that cannot says so, `partial` or `differs`. With or without keys there is one document."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        rig.leave_draft()
        await shop.cloud.send(booking)
        await rig.look(shop)
        assert "partial" == (await shop.cloud.ask(booking)).word

        answer = await shop.cloud.send(booking)
        assert answer.word in ("created", "exists", "partial", "differs")
        assert answer.number
        assert 1 == len(rig.truth(shop))
        if answer.word in ("created", "exists"):
            await rig.look(shop)
            assert ("exists", answer.number) == ((await shop.cloud.ask(booking)).word, finals(rig, shop, booking)[0].number)

    play(rig, scene)


def test_a_draft_from_before_the_outage_is_gone_on_from_too(rig: Rig) -> None:
    """Long after the key is forgotten the draft is finished, and nothing stands beside it."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        rig.leave_draft()
        await shop.cloud.send(booking)
        shop.later(shop.cloud.manifest.window.total_seconds() + 100)
        await rig.look(shop)
        asked = await shop.cloud.ask(booking)
        assert "partial" == asked.word

        answer = await shop.cloud.send(replace(booking, draft=asked.number))
        assert answer.word in ("created", "exists", "partial", "differs")
        assert 1 == len(rig.truth(shop))

    play(rig, scene)


def test_a_voided_sale_is_for_a_person(rig: Rig) -> None:
    """What a clerk voided is neither absent nor there: `differs`, so that nobody books it again blindly."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        booked = await rig.book(shop, booking)
        assert booked.number is not None
        rig.void(shop, booked.number)
        await rig.look(shop)

        assert "differs" == (await shop.cloud.ask(booking)).word

    play(rig, scene)


def test_keyed_twice_and_voided_once_exists(rig: Rig) -> None:
    """Beside a final document a void one does not matter."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        first = await rig.book(shop, booking)
        if shop.cloud.manifest.window:
            shop.later(shop.cloud.manifest.window.total_seconds() + 1)
        await rig.look(shop)
        second = await rig.book(shop, booking)
        if second.word == "exists":
            rig.cannot("be made to book one sale twice")
        assert first.number is not None and first.number != second.number
        rig.void(shop, first.number)
        await rig.look(shop)
        answer = await shop.cloud.ask(booking)

        assert ("exists", second.number) == (answer.word, answer.number)

    play(rig, scene)


def test_a_log_in_that_ran_out_is_renewed_and_nothing_dropped(rig: Rig) -> None:
    """401 is `silent` with login=True, never `refused`; after renewing, the same send is `created`."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        await shop.cloud.renew_login()
        rig.log_out()
        booking = shop.booking()
        answer = await shop.cloud.send(booking)

        assert ("silent", True) == (answer.word, answer.login)
        assert [] == rig.truth(shop)
        assert await shop.cloud.renew_login()
        assert "created" == (await shop.cloud.send(booking)).word

    play(rig, scene)


def test_a_refused_log_in_refuses_no_sale(rig: Rig) -> None:
    """With a wrong password a send is `silent` with login=True: it waits, it is not parked; renewing says LoginRefused."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        rig.forget_password()
        answer = await shop.cloud.send(shop.booking())

        assert ("silent", True) == (answer.word, answer.login)
        assert ("login", False) == (shop.heard[-1].service, shop.heard[-1].ok)
        with pytest.raises(LoginRefused):
            await shop.cloud.renew_login()

    play(rig, scene)


def test_as_many_at_once_as_the_manifest_says(rig: Rig) -> None:
    """`concurrent_max` sends side by side, never more, are each booked once."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        most = shop.cloud.manifest.concurrent_max
        bookings = [shop.booking(("pen", pieces, 199)) for pieces in range(1, most * 3)]
        room = asyncio.Semaphore(most)

        async def send(booking: Booking) -> Answer:
            async with room:
                return await shop.cloud.send(booking)

        answers = await asyncio.gather(*(send(one) for one in bookings))

        assert {"created"} == {one.word for one in answers}
        assert [1] * len(bookings) == [len(finals(rig, shop, one)) for one in bookings]

    play(rig, scene)


NASTY = ['"quoted"', "semi;colon, comma", "tab\tand\nnewline", "Žluťoučký – käsi 🫖", "=1+2", "' OR 1=1 --", "\u202eright to left", ""]


def test_any_text_arrives(rig: Rig) -> None:
    """Quotes, commas, newlines, formulas and right-to-left signs in names and notes change no amount."""

    async def scene(shop: Shop) -> None:
        lines = tuple(Line("tea" if n % 2 else "", name, 1000, 10_000 * n, 100 * n, 255_000) for n, name in enumerate(NASTY, 1))
        total = sum(line.amount_minor for line in lines)
        booking = shop.booking(tenders=(Tender("card", total),), document={"note": "\n".join(NASTY)})
        booking = msgspec.structs.replace(booking, document=msgspec.structs.replace(booking.document, lines=lines))
        await rig.book(shop, booking)
        await rig.look(shop)
        (found,) = finals(rig, shop, booking)

        assert [line.amount_minor for line in lines] == [line.amount_minor for line in found.lines]
        assert "exists" == (await shop.cloud.ask(booking)).word

    play(rig, scene)


def test_a_long_document_arrives_whole(rig: Rig) -> None:
    """A real invoice had 1,114 lines."""

    async def scene(shop: Shop) -> None:
        booking = shop.booking(*(("pen", 1 + n % 7, 1 + n) for n in range(rig.long_document)))
        await rig.book(shop, booking)
        await rig.look(shop)
        (found,) = finals(rig, shop, booking)

        assert (rig.long_document, total_of(booking)) == (len(found.lines), found.total_minor)
        assert "exists" == (await shop.cloud.ask(booking)).word

    play(rig, scene)


def test_net_prices_come_to_the_document_s_gross_sum(rig: Rig) -> None:
    """VAT on top is per document and rate: the lines there come to exactly that, though each is in whole cents."""

    async def scene(shop: Shop) -> None:
        teas = (Line("tea", "Tea", 1000, 33_300, 333, 255_000) for _ in range(7))
        lines = (*teas, Line("jam", "Jam", 1000, 500, 5, 135_000))
        booking = shop.booking()
        document = msgspec.structs.replace(booking.document, prices_include_vat=False, lines=lines)
        booking = msgspec.structs.replace(booking, document=document)
        paid = msgspec.structs.replace(document, tenders=(Tender("card", total_of(booking)),))
        booking = msgspec.structs.replace(booking, document=paid)
        await rig.book(shop, booking)
        await rig.look(shop)
        (found,) = finals(rig, shop, booking)

        assert total_of(booking) == found.total_minor == sum(line.amount_minor for line in found.lines)
        assert "exists" == (await shop.cloud.ask(booking)).word

    play(rig, scene)


def test_a_sale_of_the_cloud_s_own_till_is_found(rig: Rig) -> None:
    """One in flight is found by the number on the screen; another number or sum is absent; an own entry is never taken for it."""

    async def scene(shop: Shop) -> None:
        number = rig.sell_at_cloud_till(shop, 1_234, "C1-77")
        await rig.book(shop, shop.booking(("tea", 1, 999)))
        await rig.look(shop)
        find: Any = shop.cloud.find_in_flight
        found = await find(shop.day, "C1-77", 1_234)

        assert ("exists", number) == (found.word, found.number)
        assert "absent" == (await find(shop.day, "C1-78", 1_234)).word
        assert "absent" == (await find(shop.day, "", 999)).word
        assert "absent" == (await find(shop.day, "C1-77", 1_235)).word
        assert "silent" == (await find(shop.day, "", 1_234)).word

    play(rig, scene)


@pytest.mark.parametrize("mode", ["login-page", "html", "wrong-types", "endless", "huge-page", "not-json", "empty"])
def test_nonsense_to_an_ask_is_silence(rig: Rig, mode: str) -> None:
    """A log-in page with 200, HTML, wrong types or an endless body is never read as `absent` or `exists`."""
    only_interface(rig)

    async def scene(shop: Shop) -> None:
        booking = shop.booking()
        await shop.cloud.send(booking)
        rig.hostile(mode)
        answer = await shop.cloud.ask(booking)

        assert "silent" == answer.word
        assert answer.reason
        rig.hostile("off")
        assert "exists" == (await shop.cloud.ask(booking)).word

    play(rig, scene)
