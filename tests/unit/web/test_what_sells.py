"""What can sell is asked of the journal alone: the wall, a run and the cards never name different things."""

import pytest

from tideover.copies.store import Copies
from tideover.db import Database
from tideover.kit.cards import ready_of
from tideover.kit.gather import gather
from tideover.kit.rungs import rungs
from tideover.migrations.copies import MIGRATIONS as copies_tables
from tideover.plan.playbook import playbooks
from tideover.plan.records import TillPlace
from tideover.web.headline import SELL_ON
from tideover.words import say
from unit.web.shop import in_shop
from unit.web.test_wall import dark, text_of, wall
from unit.web.till import Till

TILL, SLIPS = "Tideover: Till 1", "Sell on numbered slips"
PLACES = {"no place": None, "a place": TillPlace("Till 1", "counter"), "a place with a device": TillPlace("Till 1", "counter", "PC")}


async def card_of(shop):
    """First step of the card, as the kit gathers the shop."""
    house = shop.house
    copies = Database(house.folder / "card.db", copies_tables, durable=False)
    try:
        matter = gather(house.settings, house.plan, Copies(copies, house.world), house.journal, house.world.now())
        row = next(one for one in rungs(matter, say("en")) if one["number"] == "4")
        return ready_of(matter, playbooks({}, "en")["internet-down"]).steps[0].ways[0].text, row["what"]
    finally:
        copies.close()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("country", ["FI", "DE"])
@pytest.mark.parametrize("till", ["none", "enrolled", "revoked"])
def test_wall_run_and_card_name_the_same(tmp_path, till, country, place):
    """Whatever the plan says of places: rung 4 works if and only if the run's and the card's first step name our till."""

    async def play(shop):
        if PLACES[place] is not None:
            shop.house.plan.put(PLACES[place], "Olga")
        if till != "none":
            device = await Till(shop, "Till 1").enrol()
            if till == "revoked":
                await shop.house.journal.revoke(device.id, "lost")
        anna, _ = await dark(shop)
        status = (await shop.machine.get("/v1/status")).json()
        page = await wall(anna)
        run = await shop.house.runs.start("internet-down", "en", "Anna")
        step = shop.house.runs.wording(run).ready.steps[0].ways[0].text
        card, row = await card_of(shop)
        sells = till == "enrolled" and country == "FI"
        assert sells == status["rung"]["ladder"][4]["works"]
        assert (SELL_ON[4] if sells else SELL_ON[5]) in text_of(page)
        assert [sells] * 2 == [TILL in one for one in (step, card)]
        assert [not sells] * 2 == [SLIPS in one for one in (step, card)]
        assert sells == ("Till 1" in row)

    in_shop(tmp_path, play, country=country)


def test_a_till_that_is_let_in_later_changes_the_papers_marks(tmp_path):
    """A card that lies about says slips; it is looked at again as soon as a till can sell, and again when it is revoked."""

    async def play(shop):
        marks = [shop.house.keep.marks()["tills"]]
        device = await Till(shop, "Till 1").enrol()
        marks.append(shop.house.keep.marks()["tills"])
        await shop.house.journal.revoke(device.id, "lost")
        assert ["", "Till 1", ""] == [*marks, shop.house.keep.marks()["tills"]]
        assert () == shop.house.journal.selling_tills()

    in_shop(tmp_path, play)
