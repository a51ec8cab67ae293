"""The wall in a real browser against a real box: fresh within a moment, grey as soon as it cannot know, pressed by keyboard alone."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from datetime import timedelta

import httpx
import pytest

from browser.axe import violations
from browser.hasten import hasten
from tideover.model.facts import FindingRaised
from tideover.model.outage import Observation
from tideover.plan.records import Person, Service, Thing
from tideover.web import events
from tideover.web.listen import Listener
from unit.web.shop import in_shop
from unit.web.till import Till

CHROMIUM = shutil.which("chromium")
GREY = "rgb(93, 99, 102)"
SIZES = {"phone": (390, 844), "till": (1024, 600), "television": (1920, 1080)}
# Another listener on the same page has heard how it stands, and some beats after it.
TOLD = """() => new Promise((done) => {
  const source = new EventSource("/v1/events");
  let beats = 0;
  source.addEventListener("beat", () => { beats += 1; if (beats === 5) { source.close(); done(); } });
})"""
LONG = "Eero Åström-Vanhanen af Wetterhoff, apu"

pytestmark = [
    pytest.mark.xdist_group("test_wall"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: 'make setup-system' installs it"),
]


class Looker:
    """Somebody before a wall."""

    def __init__(self, browser, shop, port):
        self.browser, self.shop, self.address, self.faults = browser, shop, f"http://127.0.0.1:{port}", []

    async def page(self, path="/", signed=True, hastened=False, **more):
        """A page of that kind, signed in as Anna or not at all. hastened: its clock can be put forward."""
        context = await self.browser.new_context(base_url=self.address, **{"locale": "en-GB", **more})
        page = await context.new_page()
        if hastened:
            await page.clock.install()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda told: self.faults.append(told.text) if "Security Policy" in told.text else None)
        if signed:
            await page.goto("/sign-in")
            await page.fill("[name=name]", "Anna")
            await page.fill("[name=pin]", "2580")
            await page.click("main button")
        await page.goto(path)
        return page

    def fails(self):
        """The probes see the line go."""
        for _ in range(3):
            at = self.shop.world.now()
            for service, kind, target in (("internet", "anchor", "Elisa"), ("internet", "anchor", "Telia"), ("cloud", "cloud", "vendor")):
                self.shop.house.watch.hear(Observation(service, kind, target, False, at, "no answer in 2 s"))
            self.shop.house.watch.hear(Observation("network", "link", "router", True, at, "answers"))
            self.shop.world.pass_time(seconds=3)

    async def outage(self):
        """A fallback with all that a wall can show."""
        house = self.shop.house
        self.fails()
        await house.fallback.turn(house.watch.verdicts())
        till = await Till(self.shop, "Till 1 by the door").enrol()
        await house.fallback.confirm("Anna")
        await till.send(*[till.sign() for _ in range(20)])
        run = await house.runs.start("internet-down", "en", "Anna", LONG)
        await house.runs.mark(run.id, 0, 1, "done", "Anna")
        await house.runs.hand_over(LONG, "Anna", "The keys are in the safe")
        await house.runs.expect_word(self.shop.world.now() + timedelta(minutes=20), "Elisa", "the cable in Kauppakatu", "Anna")
        await house.journal.record("finding", FindingRaised("over-short", "The drawer is 2.00 short.", "Anna", 200, "k", "2026-11-20"))


def before_a_wall(folder, play, **settings):
    """Runs `play(looker)` at a box with Anna, who may do everything, and an empty plan but for people and a spare."""

    async def run(shop):
        from playwright.async_api import async_playwright

        for one in (Person("Anna", role="owner"), Person(LONG), Service("cards", "Cards", 600), Thing("pc", "Spare PC", can=("till",))):
            shop.house.plan.put(one, "Anna")
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()
        try:
            async with asyncio.timeout(150), async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                looker = Looker(browser, shop, door.port)
                await play(looker)
                assert [] == looker.faults
                await browser.close()
        finally:
            await door.stop()

    in_shop(folder, run, **settings)


async def ground(page) -> str:
    return await page.evaluate("getComputedStyle(document.getElementById('now')).backgroundColor")


async def turned(page, is_old):
    """Waits until the wall is grey, or is not any more."""
    await page.wait_for_selector("html.old" if is_old else "html:not(.old)", timeout=45_000)
    assert is_old == (GREY == await ground(page))


# Fresh ------------------------------------------------------------------------------------------------


def test_a_change_comes_without_a_hand(tmp_path):
    """The line goes: the open wall says so, aloud for those who hear it, and takes nothing away that somebody is typing."""

    async def play(looker):
        page = await looker.page(hastened=True)
        await page.fill("#jot [name=text]", "The digger")
        await page.click("#report summary")
        await page.fill("#report [name=text]", "No line")
        await page.focus("#jot [name=text]")
        looker.fails()
        await looker.shop.house.fallback.turn(looker.shop.house.watch.verdicts())
        await page.wait_for_selector("#state:has-text('Our internet line is down')")
        assert "Our internet line is down" in await page.inner_text("#spoken")
        assert "The digger" == await page.input_value("#jot [name=text]")
        assert await page.evaluate("document.getElementById('report').open") and "No line" == await page.input_value("#report [name=text]")
        await page.fill("#report [name=text]", "")
        await page.focus("#jot [name=text]")
        await hasten(page, "[name=playbook][value=internet-down]", "attached")  # What was held back comes.

    before_a_wall(tmp_path, play)


def test_a_note_typed_appears_without_a_new_page(tmp_path):
    """By keyboard; the field is empty again and ready for the next line, and other walls have it, too."""

    async def play(looker):
        other, page = await looker.page(), await looker.page()
        await page.evaluate("window.isTheSame = true")
        await page.focus("#jot [name=text]")
        await page.keyboard.type("Rang Elisa: <b>two hours</b>")
        await page.keyboard.press("Enter")
        for one in (page, other):
            await one.wait_for_selector("#log-lines li:has-text('Rang Elisa: <b>two hours</b>')")
        active = await page.evaluate("[document.activeElement.value, document.activeElement.name, window.isTheSame]")
        assert ["", "text", True] == active

    before_a_wall(tmp_path, play)


# Old --------------------------------------------------------------------------------------------------


def test_a_wall_whose_box_falls_silent_grows_grey_and_comes_back(tmp_path, monkeypatch):
    """The stream stays open but nothing comes: after three beats the wall says since when; the next beat makes it whole."""
    monkeypatch.setattr(events, "HEARTBEAT_S", 3_600.0)

    async def play(looker):
        page = await looker.page()
        await page.clock.install()
        await page.reload()
        await page.wait_for_selector("#as-of:has-text('As of 14:30, 0 s ago')")
        await page.route("**/*", lambda route: route.abort())
        await page.clock.run_for(10_000)
        assert GREY != await ground(page)
        await page.clock.run_for(8_000)
        assert GREY == await ground(page)
        assert "No news since 14:30." in await page.inner_text("#stale")
        assert not await page.is_visible("#as-of") and "No news since 14:30." in await page.inner_text("#spoken")
        assert [] == await violations(page)
        await page.unroute("**/*")
        await page.clock.run_for(21_000)
        await turned(page, is_old=False)
        assert not await page.is_visible("#stale")

    before_a_wall(tmp_path, play)


def test_news_that_cannot_be_fetched_make_it_grey_although_the_box_beats(tmp_path, monkeypatch):
    """A stream that lives beside a page that fails would keep old news green for ever."""
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.1)

    async def play(looker):
        page = await looker.page(hastened=True)
        await page.route(looker.address + "/", lambda route: route.fulfill(status=500, body="broken"))
        looker.fails()
        await looker.shop.house.fallback.turn(looker.shop.house.watch.verdicts())
        await hasten(page, "html.old")

    before_a_wall(tmp_path, play)


def test_an_answer_from_before_the_news_does_not_pass_for_them(tmp_path, monkeypatch):
    """A look is on its way while the line goes down; its answer tells of a calm shop, and no later one comes."""
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.1)

    async def play(looker):
        page = await looker.page(hastened=True)
        asked, heard = asyncio.Event(), asyncio.Event()

        async def answer(route):
            if asked.is_set():
                return await route.fulfill(status=500, body="broken")
            calm = await route.fetch()
            asked.set()
            await heard.wait()
            return await route.fulfill(response=calm)

        await page.route(looker.address + "/", answer)
        await page.evaluate("dispatchEvent(new Event('online'))")
        await asked.wait()
        looker.fails()
        await looker.shop.house.fallback.turn(looker.shop.house.watch.verdicts())
        await page.evaluate(TOLD)
        heard.set()
        await hasten(page, "html.old")

    before_a_wall(tmp_path, play)


def test_it_grows_grey_without_any_script(tmp_path):
    """By its style alone, a minute after it was made; the words cover the state, so that nobody believes it."""

    async def play(looker):
        page = await looker.page(java_script_enabled=False)
        assert "All is well." != await page.inner_text("#state") and not await page.is_visible("#stale")
        line = await page.context.new_cdp_session(page)
        await line.send("Animation.enable")
        await line.send("Animation.setPlaybackRate", {"playbackRate": 10_000})
        await page.wait_for_selector("#stale", state="visible")
        assert "No news since 14:30." in await page.inner_text("#stale")
        if folder := os.environ.get("TIDEOVER_PICTURES"):
            await page.screenshot(path=f"{folder}/wall-old-without-scripts.png")

    before_a_wall(tmp_path, play)


def test_a_killed_box_leaves_no_green_wall(tmp_path):
    """`kill -9` of the real process: grey with the hour of the last news; what is typed meanwhile is kept, and sent when it is back."""

    async def play():
        from playwright.async_api import async_playwright

        async with asyncio.timeout(150), async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            box, address = await start_box(tmp_path)
            token = (tmp_path / "operator.token").read_text().strip()
            async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as machine:
                assert (await machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})).is_success
            page = await Looker(browser, None, int(address.rpartition(":")[2])).page(hastened=True)
            await page.wait_for_selector("#as-of:has-text('0 s ago')")
            box.send_signal(signal.SIGKILL)
            await box.wait()
            await hasten(page, "html.old")
            assert "No news since" in await page.inner_text("#stale")
            await page.fill("#jot [name=text]", "Wrote slip A-0001")
            await page.click("#jot button")
            await page.wait_for_selector("#unsent", state="visible")
            assert "Wrote slip A-0001" == await page.input_value("#jot [name=text]")
            box, _ = await start_box(tmp_path, address.rpartition(":")[2])
            await turned(page, is_old=False)
            await page.click("#jot button")
            await page.wait_for_selector("#log-lines li:has-text('Wrote slip A-0001')")
            assert not await page.is_visible("#unsent")
            await browser.close()
            box.terminate()
            await box.wait()

    asyncio.run(play())


async def start_box(folder, port="0"):
    """A box in a process of its own, and where it listens."""
    (folder / "box.url").unlink(missing_ok=True)
    box = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tideover", "box", "--data", str(folder), "--port", port,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(600):
        if (folder / "box.url").exists():
            return box, (folder / "box.url").read_text().strip()
        assert box.returncode is None
        await asyncio.sleep(0.1)
    raise AssertionError("the box did not start")


# By hand ----------------------------------------------------------------------------------------------


async def tab_to(page, selector, limit=60):
    """Tab by tab, until that element has the keyboard: a way that anybody can go."""
    for _ in range(limit):
        if await page.evaluate("(selector) => document.activeElement?.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no way by Tab to {selector}")


def test_every_button_is_pressed_by_keyboard_alone(tmp_path):
    """It is down for us, confirm, hand over, the next word, all clear: each told on the wall, without the page being lost."""

    async def play(looker):
        page, house = await looker.page(), looker.shop.house
        keys = page.keyboard
        await tab_to(page, "#report summary")
        await keys.press("Enter")
        await tab_to(page, "#report select")
        await keys.type("card")
        await tab_to(page, "#report [name=text]")
        await keys.type("No line on the terminal")
        await keys.press("Enter")
        await page.wait_for_selector("#services li:has-text('Anna says: No line on the terminal')")
        await tab_to(page, "[action='/act/confirm'] button")
        await keys.press("Space")
        await page.wait_for_selector("[action='/act/all-clear']")
        assert "fallback" == house.fallback.outage.phase
        await tab_to(page, "#hand-over summary")
        await keys.press("Space")
        await tab_to(page, "#hand-over [name=to]")
        await keys.type(LONG)
        await keys.press("Enter")
        await page.wait_for_selector(f"#now:has-text('{LONG} leads.')")
        await tab_to(page, "#word summary")
        await keys.press("Enter")
        await tab_to(page, "#word [name=time]")
        await keys.type("1530")
        await tab_to(page, "#word [name=whom]")
        await keys.type("Elisa")
        await keys.press("Enter")
        await page.wait_for_selector("#now .facts:has-text('15:30 Elisa')")
        await tab_to(page, "[action='/act/all-clear'] button")
        await keys.press("Enter")
        await page.wait_for_selector("#state:has-text('The cloud is back')")
        assert "recovering" == house.fallback.outage.phase

    before_a_wall(tmp_path, play)


def test_the_buttons_work_without_scripts(tmp_path):
    """Folds are the browser's own, forms are plain, and what was typed wrongly stands in its field."""

    async def play(looker):
        page = await looker.page(java_script_enabled=False)
        await page.click("#word summary")
        await page.fill("#word [name=time]", "soon")
        await page.fill("#word [name=whom]", "Elisa")
        await page.click("#word form button")
        assert "the time is not written like 14.32" in await page.inner_text("#told")
        assert "Elisa" == await page.input_value("#word [name=whom]")
        await page.fill("#word [name=time]", "15.30")
        await page.click("#word form button")
        assert "15:30 Elisa" in await page.inner_text("#now .facts")
        await page.fill("#jot [name=text]", "Without a script")
        await page.click("#jot button")
        assert "Without a script" in await page.inner_text("#log-lines")

    before_a_wall(tmp_path, play)


# For everybody ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_all_of_the_first_panel_is_above_the_fold(tmp_path, size):
    """State, action, sum and age without scrolling on a television and a small till; nothing is cut at any width, light or dark."""

    async def play(looker):
        await looker.outage()
        width, height = SIZES[size]
        for language, scheme in (("en-GB", "dark"), ("fi-FI", "light")):
            page = await looker.page(viewport={"width": width, "height": height}, locale=language, color_scheme=scheme)
            assert width >= await page.evaluate("document.documentElement.scrollWidth")
            box = await page.locator("#now").bounding_box()
            if size != "phone":
                assert box["y"] + box["height"] <= height, box
            if size == "television":  # Letters of 1/40 of the height are read from three metres on a 43-inch screen.
                assert 27 <= await page.evaluate("parseFloat(getComputedStyle(document.querySelector('.next')).fontSize)") / 1.5
            assert [] == await violations(page)
            small = await page.evaluate(
                "[...document.querySelectorAll('#acts button, #acts summary, #acts .button')].filter((one) => one.checkVisibility())"
                ".map((one) => one.getBoundingClientRect().height).filter((height) => height < 44)"
            )
            assert [] == small
            if folder := os.environ.get("TIDEOVER_PICTURES"):
                await page.screenshot(path=f"{folder}/wall-{size}-{language[:2]}-{scheme}.png", full_page=size == "phone")

    before_a_wall(tmp_path, play)


@pytest.mark.parametrize("is_practice", [False, True])
def test_nothing_keeps_people_out(tmp_path, is_practice):
    """A fair day and one with every fold open, for strangers and staff, in both languages, in a real shop and in practice."""

    async def play(looker):
        found = {}
        for language, folds in (("en-GB", ("report", "word")), ("fi-FI", () if is_practice else ("hand-over",))):
            stranger, page = await looker.page(signed=False, locale=language), await looker.page(locale=language)
            found[language] = await violations(stranger)
            for fold in folds:
                await page.click(f"#{fold} summary")
                found[language, fold] = await violations(page)
        assert [] == [(where, one) for where, seen in found.items() for one in seen]

    before_a_wall(tmp_path, play, is_practice=is_practice)


def test_what_the_stream_says_is_what_a_program_may_read(tmp_path):
    """A beat is an event with the box's hour, for whoever shows how old a page is."""

    async def play(looker):
        page = await looker.page(signed=False)
        told = await page.evaluate(
            "new Promise((done) => new EventSource('/v1/events').addEventListener('beat', (event) => done(event.data)))"
        )
        assert {"now", "clock"} == set(json.loads(told)) and "14:30" == json.loads(told)["clock"]

    before_a_wall(tmp_path, play)
