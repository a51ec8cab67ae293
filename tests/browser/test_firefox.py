"""A smoke of the wall, the slips and the pocket kit in Debian's Firefox: they work in an engine that nobody here develops with."""

from __future__ import annotations

import asyncio

import pytest

from browser.firefox import FIREFOX, firefox
from browser.test_pocket import locked
from browser.test_slips import ITEMS
from tideover.ports import Page
from tideover.web.listen import Listener
from unit.kit.corner_shop import PHRASE
from unit.web.shop import in_shop

pytestmark = [
    pytest.mark.xdist_group("test_firefox"),
    pytest.mark.skipif(FIREFOX is None, reason="no firefox-esr on this machine: 'make setup-system' installs it"),
]


def at_the_box(folder, play):
    """Runs `play(browser, address)` beside an open box with Anna's PIN and a pad of slips; then `look(shop)` is what it gives back."""

    async def run(shop):
        await shop.house.copies.apply("items", Page(ITEMS, "1", False), shop.world.now())
        shop.house.plan.issue_pad("A", 50, "Anna")
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()

        def drive():
            with firefox(folder) as browser:
                browser.open(f"http://127.0.0.1:{door.port}/sign-in?to=slips")
                browser.focus("[name=name]")
                browser.press("Anna", "Tab", "2580", "Enter")
                browser.until("location.pathname === '/slips'")
                play(browser, f"http://127.0.0.1:{door.port}")

        try:
            await asyncio.to_thread(drive)
            return [one.entry for one in shop.house.journal.read(kinds=("sale", "note"))]
        finally:
            await door.stop()

    (folder / "box").mkdir()
    return in_shop(folder / "box", run)


def test_the_wall_says_one_state_and_one_action(tmp_path):
    """It is read at once, in Finnish too, and fits a phone."""

    def play(browser, address):
        browser.look(390, 844)
        browser.open(f"{address}/?lang=fi")
        assert browser.until("document.querySelector('h1').innerText.length > 5")
        assert "fi" == browser.ask("document.documentElement.lang")
        assert 390 >= browser.ask("document.documentElement.scrollWidth")

    at_the_box(tmp_path, play)


def test_a_slip_is_keyed_with_the_keyboard(tmp_path):
    """Three lines, the total, cash: the sale is in the books."""

    def play(browser, address):
        browser.open(f"{address}/slips/A-0001")
        browser.until("document.querySelector('form#slip.ready') !== null")
        for text in ("", "1402", "Eero", "100", "2*200", "6400000000010", "", "17,96", ""):
            browser.press(*([text] if text else []), "Enter")
        browser.until("document.querySelector('[data-done=A-0001]') !== null")

    [sale] = at_the_box(tmp_path, play)
    assert [249, 1_298, 249] == [line.amount_minor for line in sale.body.lines]


def test_the_pocket_kit_opens_from_the_disk(tmp_path):
    """The phrase opens it, and a price is found."""
    with firefox(tmp_path) as browser:
        browser.open(locked(tmp_path).as_uri())
        browser.focus("#phrase")
        browser.press(PHRASE, "Enter")
        browser.until("document.querySelector('#kit') !== null")
        browser.ask("document.querySelector('nav button[data-page=prices]').click()")
        assert browser.until("document.querySelector('#kit').innerText.includes('Näkkileipä')")
