"""Keying slips with the keyboard alone, in a real browser against a real box: how many keys, and what survives bad luck."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from tideover.model.item import Item
from tideover.ports import Page
from tideover.web.listen import Listener
from unit.web.shop import in_shop

CHROMIUM = shutil.which("chromium")
DAY = "2026-11-20"
ITEMS = (
    Item("100", "Rye bread", 24_900, 135_000, barcodes=("6400000000010",)),
    Item("200", "Coffee, 500 g", 64_900, 135_000),
    Item("300", "Plums by weight", 39_900, 135_000),
    Item("400", "Lamp", 1_990_000, 255_000),
    Item("401", "Lamp shade, blue", 390_000, 255_000),
)
KEYS_MAX = 60  # Of a five-line sale. An average typist needs 0.28 s a key (Card, Moran and Newell 1980): 60 keys are 17 s.

pytestmark = [
    pytest.mark.xdist_group("test_slips"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: 'make setup-system' installs it"),
]


class Clerk:
    """Somebody at the keyboard; counts every key."""

    def __init__(self, page, shop, door):
        self.page, self.shop, self.door, self.keys, self.faults = page, shop, door, 0, []

    async def press(self, *keys):
        for key in keys:
            self.keys += 1
            await self.page.keyboard.press(key)

    async def type(self, *fields):
        """Each text, and Enter behind it."""
        for text in fields:
            for one in text:
                await self.press(one)
            await self.press("Enter")

    def kept(self, kind="sale"):
        return [one.entry for one in self.shop.house.journal.read(kinds=(kind,))]


def at_the_keyboard(folder, play, **settings):
    """Runs `play(clerk)` with Anna signed in, a pad handed out, and the first slip's form open."""

    async def run(shop):
        from playwright.async_api import async_playwright

        await shop.house.copies.apply("items", Page(ITEMS, "1", False), shop.world.now())
        shop.house.plan.issue_pad("A", 50, "Anna")
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()
        try:
            async with asyncio.timeout(120), async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                page = await browser.new_page(base_url=f"http://127.0.0.1:{door.port}", locale="en-GB")
                clerk = Clerk(page, shop, door)
                page.on("pageerror", lambda error: clerk.faults.append(str(error)))
                page.on("console", lambda told: clerk.faults.append(told.text) if "Security Policy" in told.text else None)
                await page.goto("/sign-in?to=slips")
                await page.fill("[name=name]", "Anna")
                await page.fill("[name=pin]", "2580")
                await page.click("main button")
                await page.goto("/slips/A-0001")
                await play(clerk)
                assert [] == clerk.faults
                await browser.close()
        finally:
            await door.stop()

    in_shop(folder, run, **settings)


async def five_lines(clerk, number):
    """Number as proposed, time, five items, the total; one Enter for cash, which saves."""
    await clerk.type("", "1402")
    if not await clerk.page.input_value("[name=writer]"):
        await clerk.type("Eero")
    await clerk.type("100", "2*200", "6400000000010", "0,35*300", "401", "")
    await clerk.type("58,36", "")
    await clerk.page.wait_for_selector(f"[data-done={number}]")
    await clerk.page.wait_for_selector("form#slip.ready")  # The next form listens to keys.


def test_a_five_line_sale_needs_few_keys(tmp_path):
    """By keyboard alone; the second slip of a writer is the usual one. Barcode digits come from a scanner and count one each."""

    async def play(clerk):
        await five_lines(clerk, "A-0001")
        assert clerk.page.url.endswith("/slips/A-0002?done=A-0001")
        clerk.keys = 0
        await five_lines(clerk, "A-0002")
        first, second = clerk.kept()
        assert ("A-0001", "A-0002", DAY) == (first.body.slip, second.body.slip, second.trading_day)
        assert [1_000, 2_000, 1_000, 350, 1_000] == [line.quantity for line in second.body.lines]
        assert [249, 1_298, 249, 140, 3_900] == [line.amount_minor for line in second.body.lines]
        assert [(("cash", 5_835), 1)] == [((one.kind, one.amount_minor), second.body.rounding_minor) for one in second.body.tenders]
        assert ["Eero", "Eero"] == [one.body.writer for one in clerk.kept("slip_keyed")]
        assert clerk.keys <= KEYS_MAX, clerk.keys
        print(f"\nkeys for a five-line sale: {clerk.keys}")

    at_the_keyboard(tmp_path, play)


def test_a_box_that_looks_things_up_slowly_swallows_no_key(tmp_path):
    """Somebody types faster than items are found: the slip is kept all the same, and a wrong total is asked about when the sum is known."""

    async def play(clerk):
        async def late(route):
            await asyncio.sleep(0.6)
            await route.continue_()

        await clerk.page.route("**/v1/search*", late)
        await five_lines(clerk, "A-0001")
        await clerk.type("", "1402", "100", "", "2,94", "")
        await clerk.page.wait_for_selector("[name=reason]:focus")
        assert ["A-0001"] == [one.body.slip for one in clerk.kept()]

    at_the_keyboard(tmp_path, play)


def test_a_wrong_total_stops_and_a_reason_lets_it_pass(tmp_path):
    """Written and computed stand beside each other at once; Enter leads to the reason, and what was paid is kept."""

    async def play(clerk):
        page = clerk.page
        await clerk.type("", "1402", "Eero", "100", "")
        await page.wait_for_selector("[data-row='0'] .name:has-text('Rye bread')")  # A gap leads to its reason once the sum is known.
        await clerk.type("2,94")
        await page.wait_for_selector("[name=reason]:focus")
        assert "0.45" in await page.inner_text("#gap")
        assert [] == clerk.kept()
        await clerk.type("The writer swapped two digits", "")
        await page.wait_for_selector("[data-done]")
        [sale], [finding] = clerk.kept(), clerk.kept("finding")
        assert (("slip-total", 45), 295) == (
            (finding.body.code, finding.body.amount_minor),
            sum(one.amount_minor for one in sale.body.tenders),
        )

    at_the_keyboard(tmp_path, play)


def test_words_are_searched_as_they_are_typed(tmp_path):
    """The list comes while typing, the arrow picks, and what the copies do not know is a free line with its price."""

    async def play(clerk):
        page = clerk.page
        await clerk.type("", "1402", "Eero")
        await page.keyboard.insert_text("lamp")  # At once: the list of "lam" is another one.
        await page.wait_for_selector(".found li")
        assert ["400 Lamp", "401 Lamp shade, blue"] == await page.locator(".found li span:first-child").all_inner_texts()
        await clerk.press("ArrowDown", "ArrowDown", "Enter")
        await clerk.type("Old chair")
        await page.wait_for_selector("[name=price-1]:focus")
        await clerk.type("12,50", "", "51,50", "")
        await page.wait_for_selector("[data-done]")
        [sale] = clerk.kept()
        assert [("401", 3_900), ("", 1_250)] == [(line.item, line.amount_minor) for line in sale.body.lines]

    at_the_keyboard(tmp_path, play)


def test_a_draft_survives_a_reload_and_a_dead_box(tmp_path):
    """Nothing typed is lost, nothing is kept twice, and the draft is gone when the slip is in the books."""

    async def play(clerk):
        page = clerk.page
        await clerk.type("", "1402", "Eero", "100", "200", "", "8,98")
        await page.click("text=customer's account")
        await page.fill("[name=customer]", "C-17")
        await page.reload()
        assert ["1402", "100", "8,98"] == [await page.input_value(f"[name={name}]") for name in ("time", "what-0", "written")]
        assert "C-17" not in await page.evaluate("JSON.stringify(localStorage)")
        await page.click("[name=written]")
        await page.route("**/healthz", lambda route: route.abort())
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#told.wrong")
        assert [] == clerk.kept() and "8,98" == await page.input_value("[name=written]")
        await page.unroute("**/healthz")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("[data-done]")
        await page.wait_for_selector("form#slip.ready")  # By then the draft is gone.
        assert 1 == len(clerk.kept())
        assert "null" == await page.evaluate("String(localStorage.getItem('tideover-slip'))")

    at_the_keyboard(tmp_path, play)


def test_it_works_without_scripts(tmp_path):
    """A button brings more lines and reckons; the form says what is missing beside its field."""

    async def play(clerk):
        context = await clerk.page.context.browser.new_context(
            java_script_enabled=False, base_url=str(clerk.page.url.rsplit("/slips", 1)[0])
        )
        await context.add_cookies(await clerk.page.context.cookies())
        page = await context.new_page()
        await page.goto("/slips/A-0001")
        await page.fill("[name=what-0]", "lamp")
        await page.click("text=More lines")
        assert "401 Lamp shade, blue" in await page.inner_text("#wrong-what-0")
        await page.fill("[name=what-0]", "2*401")
        await page.fill("[name=writer]", "Eero")
        await page.fill("[name=written]", "87")
        await page.click("#save")
        assert "78.00" in await page.inner_text("#wrong-reason")
        await page.fill("[name=written]", "78")
        await page.click("#save")
        assert "A-0001" in await page.inner_text("[data-done]")
        assert [True] == [one.body.time_is_estimated for one in clerk.kept("slip_keyed")]
        await context.close()

    at_the_keyboard(tmp_path, play)
