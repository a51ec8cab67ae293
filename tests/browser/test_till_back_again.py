"""The box is back after somebody signed in without it: whoever cannot be proven is told why, and nothing of theirs is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from browser.counter import until, when
from browser.till_stand import COFFEE, Person, stand

pytestmark = pytest.mark.xdist_group("till-again")


def without_the_box(me: Person, pin: str) -> None:
    """Anna signs in with the box away, and scans something."""
    me.enrol()
    me.desk.line.away = True
    when(me.page, "document.querySelector('[data-sign=box]')?.textContent.includes('away') || document.body.innerText.includes('away')")
    me.page.click("[data-key=name]:has-text('Anna')")
    me.type(pin)
    me.press("Enter")
    me.sees("sell")
    me.scan(COFFEE)
    me.sees_basket(("1", "Coffee, 500 g"))


def test_a_pin_that_did_not_fit_is_told_where_it_is_asked_again(tmp_path: Path, chromium: Any) -> None:
    """Not a word and an empty basket would look like a fault of the till."""
    with stand(tmp_path) as desk:
        me = Person(chromium.new_context(), desk)
        without_the_box(me, "1111")
        desk.line.mend()
        me.page.wait_for_selector("[data-doubted]")
        assert "the PIN of Anna did not fit" in me.text() and "are kept" in me.text()
        me.sign_in()
        me.sees_basket(("1", "Coffee, 500 g"))
        assert not me.page.query_selector("[data-doubted]")
        assert [] == me.faults
        me.page.context.close()


def test_somebody_who_guesses_elsewhere_throws_nobody_out_of_the_till(tmp_path: Path, chromium: Any) -> None:
    """The box does not look at the PIN while there were too many tries: the sale goes on, and the PIN travels beside it."""
    with stand(tmp_path) as desk:
        me = Person(chromium.new_context(), desk)
        without_the_box(me, "2580")
        for _ in range(8):
            httpx.post(f"{desk.box.url}/v1/login", json={"name": "Anna", "pin": "0000"})
        desk.line.mend()
        until(lambda: "/v1/till/pin" in desk.line.asked, said="the PIN is asked for")
        me.page.click("[data-key=pay]")
        me.sees("pay")
        me.page.click(".notes button")
        me.sees("paid")
        until(lambda: 1 == len(desk.sales()), said="the sale")
        assert "Anna" == desk.sales()[0]["operator"]
        assert any(one.get("pins") for one in desk.line.batches)
        assert [] == me.faults
        me.page.context.close()
