"""A monthly rehearsal as people play it: from its page, in a browser, through the real practice box, to figures that are kept."""

from __future__ import annotations

import asyncio
import shutil

import httpx
import pytest

from rehearse.test_rehearsal import MAIJA, OONA, shop
from tideover.learn.keeping import CHECK
from tideover.learn.scenario import SCENARIOS
from tideover.model.run import Part, Rehearsed
from tideover.plan.records import Person
from tideover.web.listen import Listener
from tideover.web.server import make_app
from tideover.web.tokens import operator_token
from tideover.world import from_ms, to_ms

CHROMIUM = shutil.which("chromium")
PATIENCE_MS = 90_000  # A practice box is three programs, and the machine may be busy.
AS_A_HAND_MS = 350  # A press within the first moment of a page is one that was meant for the page before.
LEFT = "cards-down"  # The one that nobody has played yet.

pytestmark = [
    pytest.mark.xdist_group("test_rehearsal_browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: 'make setup-system' installs it"),
]


async def furnish(house, door):
    """An owner with a PIN, and last year's rehearsals of everything but one."""
    house.plan.change([Person(MAIJA, "owner"), Person(OONA, "cashier")], (), MAIJA)
    headers = {"Authorization": f"Bearer {operator_token(house.folder, house.world)}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.port}", headers=headers, trust_env=False) as machine:
        assert (await machine.post("/v1/pins", json={"name": MAIJA, "pin": "2580"})).is_success
    year_ago = to_ms(house.world.now()) - 365 * 86_400_000
    for n, scenario in enumerate(one for one in SCENARIOS if one != LEFT):
        body = Rehearsed(scenario, year_ago + n, year_ago + n + 1, "finished", (Part(MAIJA, "sells"),), 60, 120, 600)
        await house.journal.record("rehearsed", body, operator=MAIJA, happened_at=from_ms(body.ended_at))


async def measures(page):
    """What the page of readiness says, measure by measure."""
    await page.goto("/readiness")
    return dict(await page.eval_on_selector_all(".measure", "all => all.map((one) => [one.querySelector('h3').innerText, one.innerText])"))


async def go_through(page):
    """Step after step, as the large button says it, until the playbook is put away; how many were ticked."""
    for count in range(30):
        address, said = page.url, await page.get_attribute(".run", "data-said")
        is_over = await page.is_visible("text=Every step is over.")
        await page.wait_for_timeout(AS_A_HAND_MS)
        await page.click(".main")
        moved = "([address, said]) => location.href !== address || document.querySelector('.run')?.dataset.said !== said"
        await page.wait_for_function(moved, arg=[address, said], timeout=PATIENCE_MS)
        await page.wait_for_load_state()
        if is_over:
            return count
    raise AssertionError(f"no end: {await page.inner_text('main')}")


async def play(house, page, faults):
    """The owner at the counter's screen, the practice in a second tab; what each part of it said."""
    await page.goto("/sign-in?to=rehearsal")
    await page.fill("[name=name]", MAIJA)
    await page.fill("[name=pin]", "2580")
    await page.click("main button")
    before = await measures(page)
    await page.goto("/rehearsal")
    await page.click("text=Remind us every month")
    await page.check(f"[name=person][value='{OONA}']")
    await page.click("button:text-is('Begin')")
    async with page.context.expect_page(timeout=PATIENCE_MS) as opened:
        await page.click("text=To the practice pages", timeout=PATIENCE_MS)
    practice = await opened.value
    practice.on("pageerror", lambda error: faults.append(str(error)))
    await practice.click(f"[aria-label='Come in as {MAIJA}']", timeout=PATIENCE_MS)
    await page.wait_for_selector("text=Something is broken.", timeout=PATIENCE_MS)
    during = await page.inner_text("#rehearsal")
    await practice.click("text=The first page")
    await practice.click("text=Start the playbook: Card payments do not work", timeout=PATIENCE_MS)
    ticked = await go_through(practice)
    await page.wait_for_selector("text=The rehearsal is over: played to its end", timeout=PATIENCE_MS)  # With nobody pressing anything.
    figures = await page.inner_text("#past tbody tr:first-child")
    return before, during, ticked, figures, await measures(page)


def test_a_rehearsal_is_played_from_its_page(tmp_path):
    """Drawn: what nobody has played; gone through in its practice box; over by itself; figures kept, and readiness says so."""

    async def run():
        from playwright.async_api import async_playwright

        faults = []
        async with asyncio.timeout(300), shop(tmp_path / "real") as house, async_playwright() as driver:
            door = Listener(make_app(house), "127.0.0.1", 0)
            await door.start()
            await furnish(house, door)
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            context = await browser.new_context(base_url=f"http://127.0.0.1:{door.port}", locale="en-GB")
            page = await context.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            told = await play(house, page, faults)
            await browser.close()
            await door.stop()
            return *told, faults, house.rehearsals.log.past()[0].body, house.journal.read(kinds=("checked", "outage", "run", "sale"))

    before, during, ticked, figures, after, faults, body, kept = asyncio.run(run())

    assert [] == faults
    assert "decides: confirms" in during and "Open the right playbook" in during and "Card payments" not in during  # Nobody is told which.
    assert (LEFT, "finished", {MAIJA, OONA}, ()) == (body.scenario, body.how, set(body.cast), body.missed)
    assert body.to_step_s is not None and "Card payments do not work" in figures and OONA in figures
    assert ticked >= 8
    assert {one for one in after if before[one] != after[one]} >= {"People who have rehearsed each playbook in the last 90 days"}
    assert [("checked", CHECK)] == [(one.entry.kind, one.entry.body.check) for one in kept]
