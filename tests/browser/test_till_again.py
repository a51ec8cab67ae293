"""A till that was switched off by mistake: its own screen leads back in, and nothing of it is lost or numbered twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from browser.counter import until, when
from browser.till_stand import COFFEE, Person, stand

pytestmark = pytest.mark.xdist_group("till-again")


def sell(me: Person) -> None:
    me.scan(COFFEE)
    me.page.click("[data-key=pay]")
    me.sees("pay")
    me.page.click(".notes button")
    me.sees("paid")


def numbers(desk: Any) -> list[str]:
    return [one["body"]["number"] for one in desk.sales()]


@pytest.mark.parametrize("way", ["button", "address"])
def test_a_till_that_was_switched_off_is_let_in_again_from_its_own_screen(tmp_path: Path, chromium: Any, way: str) -> None:
    """Its screen says what happened and nothing of PINs; a code typed there, or in the address, makes it a till again."""
    with stand(tmp_path) as desk:
        context = chromium.new_context(viewport={"width": 1024, "height": 600})
        me = Person(context, desk)
        me.at_the_till()
        sell(me)
        until(lambda: 1 == len(desk.sales()), said="the sale")
        till = desk.sales()[0]["till"]
        desk.box.staff.post(f"/v1/tills/{till}/revoke", json={"why": "the wrong one"}).raise_for_status()
        me.sees("revoked")
        assert "PIN" not in me.text()
        code = desk.code("Counter 1")
        if way == "button":
            me.page.click("[data-key=enrol]")
            me.sees("enrol")
            me.page.click("[data-key=back]")
            me.sees("revoked")
            me.page.click("[data-key=enrol]")
            me.page.fill("[name=code]", code)
        else:
            me.page.goto(f"{desk.line.url}/till/#enrol={code}")
            me.page.reload()
        me.sees("enrol")
        me.page.fill("[name=name]", "Counter 1")
        me.page.click("[data-key=enter]")
        me.sees("sign-in")
        when(me.page, "location.hash === ''")
        me.sign_in()
        sell(me)
        until(lambda: 2 == len(desk.sales()), said="the second sale")
        assert 2 == len(set(numbers(desk))) == len({one["till"] for one in desk.sales()})
        assert [] == me.faults
        context.close()
