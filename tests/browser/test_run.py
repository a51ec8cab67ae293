"""A playbook in a real browser against a real box: by keyboard alone, on two devices at once, without scripts, and for everybody."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta

import pytest

from browser.axe import violations
from tideover.activate.steps import Place, next_step
from tideover.plan.records import Channel, Grant, Party, Person, Service
from tideover.web.listen import Listener
from unit.web.shop import in_shop

CHROMIUM = shutil.which("chromium")
PATIENCE_MS = 20_000
AS_A_HAND_MS = 350  # A press within the first moment of a page is one that was meant for the page before.
PLAN = (
    Person("Anna", "owner", "+358 40 555 1001", can=("decide",)),
    Person("Maximiliana von Österberg-Žilka", "manager", "+358 40 555 1003"),
    Person("Ville", "cashier", "+358 40 555 1002"),
    Party("elisa", "Operaattori Oy", "carrier", "4711-99", (Channel("+358 9 555 0200", "viat", "24 h"),)),
    Party("bakery", "Leipomo Oy", channels=(Channel("+358 9 555 0300"),), told_in_outage=True),
    Service("internet", "Internet", 1_800, supplier="elisa"),
    Grant("g1", "Anna", "refund", each_minor=20_000_00, day_minor=123_456_00),
)

pytestmark = [
    pytest.mark.xdist_group("test_run"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: 'make setup-system' installs it"),
]


class Room:
    """A shop with a box and people at browsers."""

    def __init__(self, shop, door, browser):
        self.shop, self.door, self.browser, self.faults = shop, door, browser, []

    @property
    def runs(self):
        return self.shop.house.runs

    async def device(self, name="Anna", **how):
        """A browser with that person signed in."""
        where = {"base_url": f"http://127.0.0.1:{self.door.port}", "locale": "en-GB", **how}
        context = await self.browser.new_context(**where)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda told: self.faults.append(told.text) if "Security Policy" in told.text else None)
        await page.goto("/sign-in?to=run")
        await page.fill("[name=name]", name)
        await page.fill("[name=pin]", "2580")
        await page.click("main button")
        return page


def in_room(folder, play):
    async def run(shop):
        from playwright.async_api import async_playwright

        shop.house.plan.change(PLAN, (), "Anna")
        for name in ("Anna", "Ville"):
            await shop.machine.post("/v1/pins", json={"name": name, "pin": "2580"})
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()
        try:
            async with asyncio.timeout(240), async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                room = Room(shop, door, browser)
                await play(room)
                assert [] == room.faults
                await browser.close()
        finally:
            await door.stop()

    in_shop(folder, run)


async def tap(page, what):
    """A tap that a hand could make."""
    await page.wait_for_timeout(AS_A_HAND_MS)
    await page.click(what)


async def press_through(page, until):
    """Tab to the large button and press it, step after step, until that text stands there; how many steps."""
    for count in range(40):
        if until in await page.inner_text("main"):
            return count
        address, said = page.url, await page.get_attribute(".run", "data-said")
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.matches('.main')"):
                break
        await page.wait_for_timeout(AS_A_HAND_MS)
        await page.keyboard.press("Enter")
        await page.wait_for_function(
            "([address, said]) => location.href !== address || document.querySelector('.run')?.dataset.said !== said",
            arg=[address, said],
            timeout=PATIENCE_MS,
        )
        await page.wait_for_load_state()
    raise AssertionError(f"no end after 40 steps: {await page.inner_text('main')}")


@pytest.mark.parametrize("language", ["en", "fi"])
def test_a_whole_playbook_by_keyboard_alone(tmp_path, language):
    """From the symptom to the record, in Finnish too: Tab and Enter, and no step is ticked that nobody saw."""

    async def play(room):
        page = await room.device(locale={"en": "en-GB", "fi": "fi-FI"}[language])
        await page.focus("[name=q]")
        await page.keyboard.type({"en": "router", "fi": "reititin"}[language])
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/run?q=*")
        await page.focus(".symptoms button")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/run/*")
        assert "H1" == await page.evaluate("document.activeElement.tagName")
        over = {"en": "Every step is over.", "fi": "Kaikki vaiheet on käyty läpi."}[language]
        assert 9 == await press_through(page, over)
        [run] = room.runs.open_runs()
        assert [0, 1, 2, 3, 4, 5, 6, 7, 8] == [one.step for one in run.words]
        await press_through(page, {"en": "Gone through, Anna", "fi": "Käyty läpi, Anna"}[language])
        assert [] == room.runs.open_runs()

    in_room(tmp_path, play)


def test_people_at_two_devices_see_the_same_run(tmp_path):
    """What one ticks the other sees without a click, but never while typing: then a line says so; another device goes on."""

    async def play(room):
        anna, ville = await room.device(), await room.device("Ville")
        run = await room.runs.start("internet-down", "en", "Anna")
        for page in (anna, ville):
            await page.goto(f"/run/{run.id}")
        await tap(anna, ".main")
        await ville.wait_for_selector("text=Step 1 of 8", timeout=PATIENCE_MS)
        await ville.click("text=Leave this step out")
        await ville.fill("[name=why]", "nobody at the till")
        await anna.wait_for_selector("text=Step 1 of 8", timeout=PATIENCE_MS)
        await tap(anna, ".main")
        await ville.wait_for_selector("#moved:not([hidden])", timeout=PATIENCE_MS)
        assert "nobody at the till" == await ville.input_value("[name=why]")
        await tap(ville, "text=Leave it out")
        await ville.wait_for_selector("text=somebody has gone on meanwhile", timeout=PATIENCE_MS)
        assert Place(2, 1) == next_step(room.runs.open_run())
        phone = await room.device(viewport={"width": 390, "height": 844})
        await phone.click("text=Go on")
        await phone.wait_for_selector("text=Step 2 of 8", timeout=PATIENCE_MS)

    in_room(tmp_path, play)


def test_without_scripts_everything_is_there(tmp_path):
    """The way that failed, the next one, the time-box as it began, and taking back."""

    async def play(room):
        page = await room.device(java_script_enabled=False)
        run = await room.runs.start("internet-down", "en", "Anna")
        await room.runs.mark(run.id, 0, 1, "done", "Anna")
        await room.runs.mark(run.id, 1, 1, "done", "Anna")
        await page.goto(f"/run/{run.id}")
        assert "5 min for this" in await page.inner_text("#clock") and "until 14:35" in await page.inner_text("#clock")
        room.shop.world.pass_time(minutes=6)
        await page.goto(f"/run/{run.id}")
        assert "Time is up" in await page.inner_text("#clock")
        await page.click("text=It did not work")
        assert Place(3, 1) == next_step(room.runs.open_run())
        await page.click(".undo button")
        assert Place(2, 1) == next_step(room.runs.open_run())

    in_room(tmp_path, play)


def test_the_clock_runs(tmp_path):
    """By the box's clock, whatever the device's own says."""

    async def play(room):
        page = await room.device()
        run = await room.runs.start("internet-down", "en", "Anna")
        await room.runs.mark(run.id, 0, 1, "done", "Anna")
        await room.runs.mark(run.id, 1, 1, "done", "Anna")
        room.shop.world.pass_time(minutes=3)
        await page.goto(f"/run/{run.id}")
        await page.wait_for_selector("text=/1:5[0-8] left/", timeout=PATIENCE_MS)

    in_room(tmp_path, play)


@pytest.mark.parametrize("language", ["en", "fi"])
def test_nothing_keeps_people_from_using_it(tmp_path, language):
    """Axe on each kind of page, on a phone and on a tablet, light and dark; the large button is in sight at 1024 by 600, and nothing is
    wider than the phone."""

    async def play(room):
        await room.shop.house.fallback.confirm("Anna")
        room.shop.world.pass_time(minutes=2)
        run = await room.runs.start("internet-down", language, "Anna")
        await room.runs.mark(run.id, 2, 1, "failed", "Ville")
        await room.runs.expect_word(room.shop.world.now() - timedelta(minutes=1), "Operaattori Oy", "", "Anna")
        back = await room.runs.start("return", language, "Anna")
        old = await room.runs.start("printer-dead", language, "Anna")
        await room.runs.end(old.id, "left", "Anna", "it works")
        steps = [f"/run/{run.id}?step={n}" for n in (0, 1, 2, 3, 6, 7)]
        pages = ["/run", *steps, f"/run/{back.id}?step=10", f"/run/{back.id}?step=16", f"/run/{old.id}", f"/run/{run.id}/record"]
        locale = {"en": "en-GB", "fi": "fi-FI"}[language]
        for size, colours in (((390, 844), "light"), ((1024, 600), "dark")):
            width, height = size
            page = await room.device(locale=locale, viewport={"width": width, "height": height}, color_scheme=colours)
            for path in pages:
                await page.goto(path)
                assert [] == await violations(page), (path, size)
                assert width >= await page.evaluate("document.documentElement.scrollWidth"), (path, size)
                if path in steps and width > 1_000 and await page.query_selector(".main"):
                    box = await (await page.query_selector(".main")).bounding_box()
                    assert box["y"] + box["height"] <= height and box["height"] >= 64, (path, box)

    in_room(tmp_path, play)
