"""What a visitor finds."""

import pytest

from tideover.learn.demo_shop import PLAYERS, demo_stock
from tideover.plan.records import Pad, Person
from tideover.world import real_world


@pytest.mark.parametrize("language", ["en", "fi"])
def test_everybody_in_the_demo_speaks_the_visitors_language(language):
    """Else the till would change its language as soon as somebody signs in there; whoever plays is of the plan."""
    stock = demo_stock(real_world(), language)
    people = {one.name: one for one in stock.plan if isinstance(one, Person)}
    assert {language} == {one.language for one in people.values()}
    assert {(one.name, one.role) for one in PLAYERS} <= {(one.name, one.role) for one in people.values()}
    assert {None} == {one.issued_on for one in stock.plan if isinstance(one, Pad)}
