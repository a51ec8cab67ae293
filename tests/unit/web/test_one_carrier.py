"""Two lines, or a line and a mobile, of one carrier are a finding: where lines are armed, on the plan's page, and on the ladder."""

from __future__ import annotations

import pytest

from tideover.model.line import lines_of
from tideover.plan.carriers import shared_carriers
from tideover.plan.records import Thing
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

ONE = ("fibre device=wan0 carrier=Elisa", "mobile device=wwan0 carrier=ELISA")
TWO = ("fibre device=wan0 carrier=Elisa", "mobile device=wwan0 carrier=Telia")


@pytest.mark.parametrize(
    ("lines", "things", "found"),
    [
        (ONE, (), [("fibre", "mobile")]),
        (TWO, (), []),
        (TWO, (Thing("phone", "Anna's phone", carrier="Telia"),), [("mobile", "Anna's phone")]),
        (TWO, (Thing("mobile", "The modem", carrier="Telia"),), []),
    ],
)
def test_what_one_carrier_bears_fails_together(lines, things, found):
    """Lines of the settings and things of the plan; a thing that is called as a line is that line."""
    assert found == [one.things for one in shared_carriers(things, lines_of(lines))]


@pytest.mark.parametrize(("lines", "is_told"), [(ONE, True), (TWO, False)])
def test_it_is_said_where_it_matters(lines, is_told, tmp_path):
    """On three pages, in words."""

    async def play(shop):
        anna, _ = await signed_in(shop)
        told = "fibre, mobile: all with Elisa, so they fail together."
        pages = [(await anna.get(page)).text for page in ("/switching", "/plan", "/")]
        assert [is_told] * 3 == [told in page for page in pages]

    in_shop(tmp_path, play, lines=lines)
