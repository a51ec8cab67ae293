"""The page of tills in a real browser: its buttons do what they say under the policy that the page is sent with."""

from __future__ import annotations

import asyncio
import re
import shutil

import pytest

from tideover.web.listen import Listener
from unit.web.shop import in_shop

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.xdist_group("test_tills_page"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: 'make setup-system' installs it"),
]


def test_a_till_is_let_in_by_one_press(tmp_path):
    """The code and its picture stand on the page that the button leads to, and the till's own page takes the code from the address."""

    async def run(shop):
        from playwright.async_api import async_playwright

        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()
        try:
            async with asyncio.timeout(90), async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                page = await browser.new_page(base_url=f"http://127.0.0.1:{door.port}", locale="en-GB")
                await page.goto("/sign-in?to=tills")
                await page.fill("[name=name]", "Anna")
                await page.fill("[name=pin]", "2580")
                await page.click("main button")
                await page.click("text=Let a till in")
                code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", await page.inner_text("main"))
                assert code is not None
                await page.goto(f"/till/#enrol={code[0]}")
                await page.get_by_label("Name of this till").fill("Counter 1")
                await page.keyboard.press("Enter")
                await page.wait_for_selector("text=Anna")
                assert ["Counter 1"] == [one["name"] for one in shop.house.journal.tills() if not one["is_box"]]
                await page.wait_for_url("**/till/")  # The code is gone from the address.
                await browser.close()
        finally:
            await door.stop()

    in_shop(tmp_path, run)
