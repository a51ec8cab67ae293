"""No page leaves anybody standing: what does not work is not advised, and what somebody may not do names who may."""

import re

import pytest

from unit.web.shop import in_shop
from unit.web.test_access import signed_in
from unit.web.test_wall import dark, see, staff, text_of, wall
from unit.web.till import Till


def rows_of(page):
    """What stands at each rung of the ladder, its words alone."""
    ladder = re.search(r'<ol class="rows rungs".*?</ol>', page, re.DOTALL)[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r"<li.*?</li>", ladder, re.DOTALL)]


def test_nobody_is_sent_to_a_cloud_till_that_does_not_answer(tmp_path):
    """Before anybody has confirmed the outage the wall names the rung that works, and the cloud till is not called in use."""

    async def play(shop):
        staff(shop)
        anna, _ = await signed_in(shop)
        assert "Sell on the cloud till" in text_of(await wall(anna), "now")
        see(shop, ok=False)
        await shop.house.fallback.turn(shop.house.watch.verdicts())
        assert "suspected" == shop.house.fallback.outage.phase
        page = await wall(anna)
        now, rows = text_of(page, "now"), rows_of(page)
        assert "Sell on numbered slips until somebody decides" in now and "the cloud till" not in now
        assert rows[0].startswith("0 the cloud till not now the cloud is not reached") and "works" in rows[5]
        await shop.house.fallback.confirm("Olga")
        page = await wall(anna)
        assert "until somebody decides" not in page and "in use" in rows_of(page)[5]

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("page", "who"),
    [
        ("/tills", "Who lets a till in: Mika, Olga."),
        ("/kit", "Who makes them: Mika, Olga."),
        ("/rehearsal", "Who begins one: Mika, Olga."),
    ],
)
def test_a_page_names_who_may_do_what_the_reader_may_not(tmp_path, page, who):
    """A cashier reads whom to ask where a button would stand; whoever may has the button instead."""

    async def play(shop):
        staff(shop)
        anna, _ = await signed_in(shop)
        assert who in text_of((await anna.get(page)).text)
        olga, _ = await signed_in(shop, "Olga", "1357")
        assert who not in text_of((await olga.get(page)).text)

    in_shop(tmp_path, play)


def test_a_higher_rung_that_works_again_is_taken_on_the_wall(tmp_path):
    """A till that was let in after the fallback opened: whoever decides moves the shop to it with one press, and nobody else."""

    async def play(shop):
        await dark(shop)
        anna, _ = await signed_in(shop)
        olga, csrf = await signed_in(shop, "Olga", "1357")
        assert "/act/rung" not in await wall(olga)
        await Till(shop, "Counter 1").enrol()
        await shop.house.fallback.turn(shop.house.watch.verdicts())
        assert "From now on sell on Tideover&#39;s till" in await wall(olga) and "/act/rung" not in await wall(anna)
        assert 409 == (await olga.post("/act/rung", data={"csrf": csrf, "rung": "other-line"})).status_code
        assert 303 == (await olga.post("/act/rung", data={"csrf": csrf, "rung": "till"})).status_code
        assert "Sell on Tideover's till" in text_of(await wall(anna), "now")
        assert "/act/rung" not in await wall(olga)

    in_shop(tmp_path, play)
