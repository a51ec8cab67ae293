"""The finder of what keeps people out finds it, also on a page that lets no foreign script run."""

import asyncio
import shutil

import pytest

from browser.axe import violations

CHROMIUM = shutil.which("chromium")
POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\">"
GOOD = f'<!doctype html><html lang="en"><head><title>Shop</title>{POLICY}</head><body><main><h1>Open</h1></main></body></html>'
BAD = GOOD.replace("</main>", '<img src="x"><input></main>')

pytestmark = [
    pytest.mark.xdist_group("test_axe"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: 'make setup-system' installs it"),
]


def test_it_finds_a_field_without_a_name(tmp_path):
    """And says nothing of a page that is in order: a test that cannot fail proves nothing."""

    async def play():
        from playwright.async_api import async_playwright

        async with asyncio.timeout(60), async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = await browser.new_page()
            found = []
            for text in (GOOD, BAD):
                (tmp_path / "page.html").write_text(text)
                await page.goto((tmp_path / "page.html").as_uri())
                found.append([one.partition(" ")[0] for one in await violations(page)])
            await browser.close()
        assert [[], ["image-alt", "label"]] == found

    asyncio.run(play())
