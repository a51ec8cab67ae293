"""A real browser: Debian's Chromium, without a screen. Where there is none the tests are skipped, and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser itself, one for all tests of a file: while it lives, no other test of the process can run a loop of its own."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"{CHROMIUM} is not installed: 'make setup-system' installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET, env={**os.environ, "NO_PROXY": "*"})
        yield browser
        browser.close()


@pytest.fixture
def phone(chromium: Any) -> Iterator[Any]:
    """A phone's screen with the network off; whatever it asks of a network is in `asked`, whatever goes wrong in `faults`."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, offline=True, locale="fi-FI", timezone_id="Europe/Helsinki")
    page = context.new_page()
    page.asked, page.faults = [], []
    page.on("request", lambda request: page.asked.append(request.url) if not request.url.startswith("file:") else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    yield page
    context.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[Any]:
    """A real box and a line to it, for all tests of a file."""
    from browser.counter import counter

    with counter(tmp_path_factory.mktemp("counter")) as made:
        yield made


@pytest.fixture
def browser(desk: Any, chromium: Any) -> Iterator[Any]:
    """A browser with an empty profile, beside that desk; at the end the line is whole again, and no script has failed."""
    context = chromium.new_context()
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    yield context
    context.close()
    desk.line.mend()
    assert [] == faults
