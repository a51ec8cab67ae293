"""The day is closed on a page: counted blind, shown afterwards, once, and what is open has a name."""

import asyncio
import re

import pytest

from tideover.errors import LoginRefused
from unit.web.shop import Vendor, in_shop
from unit.web.test_access import signed_in
from unit.web.test_wall import staff, text_of
from unit.web.till import Till

DAY = "2026-11-20"
COUNTED = {"day": DAY, "cash": "2,00", "card": "0"}


async def leader(shop, name="Olga"):
    staff(shop)
    client, csrf = await signed_in(shop, name, "1357")
    return client, {"csrf": csrf}


async def sold(shop):
    """A till with one cash sale of today; what it took, in minor units."""
    till = await Till(shop, "Counter 1").enrol()
    await till.send(till.sign())
    (drawer,) = shop.house.counter.drawers(DAY)
    return till, drawer.cash_minor


def test_a_day_is_counted_blind_and_then_seen(tmp_path):
    """Before the count no sum that is expected stands on the page; afterwards both stand there, with what is short."""

    async def play(shop):
        olga, csrf = await leader(shop)
        _, cash = await sold(shop)
        expected = f"{cash / 100:,.2f}"
        before = text_of((await olga.get("/day")).text)
        assert "Close the day 2026-11-20" in before and expected not in before
        reply = await olga.post("/day/close", data={**csrf, **COUNTED, "cash": "1.00"})
        assert (303, f"/day?day={DAY}") == (reply.status_code, reply.headers["location"])
        after = text_of((await olga.get(f"/day?day={DAY}")).text)
        assert "is closed: Z 1" in after and expected in after and "1.00" in after and "short" in after
        assert shop.house.close.closed(DAY).cash_counted_minor == 100
        assert "Open of this day" in after

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"cash": ""}, "the cash that was counted is missing"),
        ({"cash": "a lot"}, "the cash that was counted is missing"),
        ({"card": ""}, "the total of the card terminal&#39;s slip is missing"),
        ({"day": "2026-11-21"}, "has not begun"),
        ({"day": "20.13.2026"}, "the day is missing"),
    ],
)
def test_what_was_typed_wrongly_writes_nothing_and_stays(tmp_path, wrong, told):
    """No count is kept of a close that cannot be; the other field keeps what was typed."""

    async def play(shop):
        olga, csrf = await leader(shop)
        head = shop.house.journal.head().seq
        page = await olga.post("/day/close", data={**csrf, **COUNTED, **wrong})
        assert 400 <= page.status_code < 500 and told in page.text
        assert 'value="2,00"' in page.text or "cash" in wrong
        assert head == shop.house.journal.head().seq

    in_shop(tmp_path, play)


def test_a_closed_day_is_not_closed_again(tmp_path):
    """A button that was pressed twice, and a reload, change nothing."""

    async def play(shop):
        olga, csrf = await leader(shop)
        assert 303 == (await olga.post("/day/close", data={**csrf, **COUNTED})).status_code
        head = shop.house.journal.head().seq
        page = await olga.post("/day/close", data={**csrf, **COUNTED})
        assert 409 == page.status_code and "was closed as Z 1" in page.text
        assert head == shop.house.journal.head().seq

    in_shop(tmp_path, play)


def test_a_drawer_that_was_counted_at_its_till_is_not_added_twice(tmp_path):
    """It is named, and the field may stay empty then; without it a sum is asked for."""

    async def play(shop):
        olga, csrf = await leader(shop)
        till, cash = await sold(shop)
        await till.send(till.sign(kind="drawer_count", body={"counted_minor": cash}))
        page = (await olga.get("/day")).text
        assert "Counted at the till already" in page and "Counter 1" in text_of(page)
        assert 303 == (await olga.post("/day/close", data={**csrf, **COUNTED, "cash": "", "counted": till.id})).status_code
        assert cash == shop.house.close.closed(DAY).cash_counted_minor

    in_shop(tmp_path, play)


def test_a_button_that_was_pressed_twice_at_once_counts_once(tmp_path):
    """The second press waits for the first, and reads that it is done."""

    async def play(shop):
        olga, csrf = await leader(shop)
        presses = [olga.post("/day/close", data={**csrf, **COUNTED}) for _ in range(2)]
        assert [303, 409] == sorted(reply.status_code for reply in await asyncio.gather(*presses))
        found = [kept.entry.kind for kept in shop.house.journal.day(DAY, ("drawer_count", "batch_total", "close"))]
        assert ["drawer_count", "batch_total", "close"] == found

    in_shop(tmp_path, play)


class Unread(Vendor):
    """A cloud whose day cannot be read, as where no fresh report of the day was brought."""

    is_read = False

    async def day(self, trading_day):
        if not self.is_read:
            raise LoginRefused(who="Vendor", why="no")
        return await super().day(trading_day)


def test_a_day_that_was_closed_unread_shows_no_gap(tmp_path):
    """What the cloud's own till took is not known: no "over", no "agrees", no "every difference is explained", but what is open."""
    cloud = Unread("person")

    async def play(shop):
        olga, csrf = await leader(shop)
        await sold(shop)
        assert 303 == (await olga.post("/day/close", data={**csrf, **COUNTED})).status_code
        page = text_of((await olga.get(f"/day?day={DAY}")).text)
        assert f"The cloud has not been read back for {DAY}." in page
        assert "not compared: the cloud was not read" in page
        assert not [word for word in ("Every difference is explained", "agrees", " over", " short") if word in page]

        cloud.is_read = True
        await shop.house.close.note_findings(DAY)
        later = text_of((await olga.get(f"/day?day={DAY}")).text)
        assert "has not been read back" not in later and "The drawer holds" in later
        assert "not compared: the cloud was not read" in later  # What was frozen stays what it was.

    in_shop(tmp_path, play, cloud_of=cloud)


def test_what_is_open_of_a_closed_day_is_named(tmp_path):
    """As the command names it: a sale on its way to the cloud, beside the differences."""

    async def play(shop):
        olga, csrf = await leader(shop)
        await sold(shop)
        await olga.post("/day/close", data={**csrf, **COUNTED})
        page = text_of((await olga.get(f"/day?day={DAY}")).text)
        assert f"A sale of {DAY} is on its way to the cloud." in page

    in_shop(tmp_path, play)


def test_a_drawer_that_moved_cash_is_not_taken_for_empty(tmp_path):
    """One till counted, the other one and the box's drawer did not: a field left empty is refused, and they are named without a sum."""

    async def play(shop):
        olga, csrf = await leader(shop)
        till, cash = await sold(shop)
        await till.send(till.sign(kind="drawer_count", body={"counted_minor": cash}))
        other = await Till(shop, "Counter 2").enrol()
        await other.send(other.sign())
        await shop.house.counter.put_float(7_700, "Olga")
        form = (await olga.get("/day")).text
        assert "Not counted yet: " in text_of(form) and re.search(r'name="cash"[^>]* required', form)
        head = shop.house.journal.head().seq
        page = await olga.post("/day/close", data={**csrf, **COUNTED, "cash": "", "counted": till.id})
        (fault,) = re.findall(r'role="alert">(.*?)</p>', page.text)
        assert 400 == page.status_code and "Counter 2" in fault and "the drawer at the box" in fault and "Counter 1" not in fault
        assert not [sum_ for sum_ in ("2.50", "77.00") if sum_ in page.text] and head == shop.house.journal.head().seq
        typed = {**csrf, **COUNTED, "cash": "79,50", "counted": till.id}
        assert 303 == (await olga.post("/day/close", data=typed)).status_code
        frozen = shop.house.close.closed(DAY)
        assert (8_200, 8_200) == (frozen.cash_expected_minor, frozen.cash_counted_minor)

    in_shop(tmp_path, play)


def test_a_count_that_comes_while_the_page_is_open_is_not_added(tmp_path):
    """What was typed may hold that drawer already: nothing is written, the page says so, and its next press is right."""

    async def play(shop):
        olga, csrf = await leader(shop)
        till, cash = await sold(shop)
        assert 'name="counted" value=""' in (await olga.get("/day")).text
        await till.send(till.sign(kind="drawer_count", body={"counted_minor": cash}))
        head = shop.house.journal.head().seq
        page = await olga.post("/day/close", data={**csrf, **COUNTED, "cash": "2,50", "card": "0,00", "counted": ""})
        assert 409 == page.status_code and "while this page was open" in page.text
        assert head == shop.house.journal.head().seq
        assert "2,50" not in page.text and 'value="0,00"' in page.text and f'name="counted" value="{till.id}"' in page.text
        assert 303 == (await olga.post("/day/close", data={**csrf, **COUNTED, "cash": "", "counted": till.id})).status_code
        assert cash == shop.house.close.closed(DAY).cash_counted_minor

    in_shop(tmp_path, play)


def test_a_drawer_with_a_name_of_its_own_counts_like_a_till(tmp_path):
    """Counted by name already, it is named, and not asked for again."""

    async def play(shop):
        olga, csrf = await leader(shop)
        await shop.house.counter.put_float(5_000, "Olga", whose="Market stall")
        await shop.house.counter.count_drawer(5_000, "Olga", whose="Market stall")
        page = (await olga.get("/day")).text
        assert "not to be counted here again: Market stall" in text_of(page)
        assert 303 == (await olga.post("/day/close", data={**csrf, **COUNTED, "cash": "", "counted": "Market stall"})).status_code
        assert 5_000 == shop.house.close.closed(DAY).cash_counted_minor

    in_shop(tmp_path, play)


def test_who_may_not_close_reads_who_may(tmp_path):
    """A cashier has no button and no right; strangers are led to the sign-in."""

    async def play(shop):
        staff(shop)
        anna, csrf = await signed_in(shop)
        page = await anna.get("/day")
        assert "Who closes it: Mika, Olga." in text_of(page.text) and "/day/close" not in page.text
        assert 403 == (await anna.post("/day/close", data={"csrf": csrf, **COUNTED})).status_code
        assert shop.house.close.closed(DAY) is None
        assert "/sign-in?to=day" == (await shop.client().get("/day")).headers["location"]

    in_shop(tmp_path, play)


def test_days_that_wait_are_offered_the_oldest_first(tmp_path):
    """And the place stands among the main pages of whoever may close, and of nobody else."""

    async def play(shop):
        await sold(shop)
        shop.world.pass_time(days=1)
        olga, _ = await leader(shop)
        page = (await olga.get("/day")).text
        assert f"Close the day {DAY}" in text_of(page) and "/day?day=2026-11-21" in page
        anna, _ = await signed_in(shop)
        assert [True, False] == [bool(re.search(r'href="/day"', (await one.get("/")).text)) for one in (olga, anna)]

    in_shop(tmp_path, play)
