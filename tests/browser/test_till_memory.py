"""A till's memory that the browser may clear, or has cleared: said on the screen that is open then, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from browser.counter import sent, when
from browser.till_stand import Person, stand

pytestmark = pytest.mark.xdist_group("test_till_memory")
THE_TILL = "import('/till/main.js').then(({ till }) => { globalThis.till = till; })"
CLEAR = """async () => {
  till.store.close();
  await new Promise((done) => { indexedDB.deleteDatabase("tideover-till").onsuccess = done; });
  await navigator.storageBuckets.delete("tideover-twin");
}"""
LOST = "This browser had a till whose memory was cleared. What was unsent then is lost here: look on the paper and tell the owner."


def test_memory_that_may_be_or_was_cleared_is_said(tmp_path: Path, chromium: Any) -> None:
    """A fresh profile's browser promises nothing: a sign on every screen says so. A cleared till says on its first screen what is lost."""
    with stand(tmp_path) as desk:
        context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="en-GB")
        me = Person(context, desk)
        me.page.goto(f"{desk.line.url}/till/")
        me.sees("enrol")
        assert LOST not in me.text()
        me.page.goto("about:blank")  # Another page in between: a mere change of the address's end loads nothing.
        me.at_the_till()
        me.page.evaluate(THE_TILL)
        when(me.page, "till.state.storage.persisted === false")
        assert "Memory may be cleared" in me.text("[data-sign=memory]")
        me.page.click("[data-key=standing]")
        me.sees("standing")
        assert "the browser may clear it: install the till as an app" in me.text()
        sent(me.page)
        me.page.evaluate(CLEAR)
        me.page.goto("about:blank")
        me.page.goto(f"{desk.line.url}/till/")
        me.sees("enrol")
        assert [LOST] == [one.removeprefix("! ") for one in me.page.locator("main [role=alert]").all_inner_texts()]
        me.page.goto("about:blank")
        me.at_the_till()
        assert LOST not in me.text()
        assert [] == me.faults
        context.close()


def test_memory_that_is_kept_needs_no_sign(tmp_path: Path, chromium: Any) -> None:
    """The browser promised: nothing is said."""
    with stand(tmp_path) as desk:
        context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="en-GB")
        context.add_init_script("navigator.storage.persisted = async () => true;")
        me = Person(context, desk)
        me.at_the_till()
        me.page.evaluate(THE_TILL)
        when(me.page, "till.state.storage.persisted === true")
        assert 0 == me.page.locator("[data-sign=memory]").count()
        context.close()
