"""One till, one live tab; and a till that was copied is noticed before it does harm."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import CHROMIUM, QUIET
from browser.counter import Desk, reads, screens, sell, sent, until, when

pytestmark = pytest.mark.xdist_group("till")


def second_tab(desk: Desk, browser: Any) -> Any:
    page = browser.new_page()
    page.goto(f"{desk.line.url}/till/")
    when(page, "globalThis.till && till.state.phase === 'second-tab'")
    return page


def test_a_second_tab_only_shows_and_takes_over_when_the_first_closes(desk: Desk, browser: Any) -> None:
    """It says so, it cannot sell, and it goes on with the first one's basket and numbers, without a click."""
    first = desk.till(browser)
    second = second_tab(desk, browser)
    assert "read-only" == second.evaluate("till.act({ do: 'add', item: '100' })")["refused"]["code"]
    assert "read-only" == second.evaluate("till.entry({ id: till.newId(), kind: 'drawer_float', bodyOf: () => ({}) })")["refused"]["code"]
    sell(first, 2)
    first.evaluate("(async () => { till.act({ do: 'add', item: '400' }); await till.sale.saved(); })()")
    first.close()
    assert desk.sign_in(second) is None
    assert ["400"] == second.evaluate("till.basket.lines.map((line) => line.item)")
    second.evaluate("till.act({ do: 'clear' })")
    assert 3 == sell(second)[0]["seq"]
    sent(second)


def test_a_second_tab_may_ask_for_the_till(desk: Desk, browser: Any) -> None:
    """The first lets go when nothing is half-done, and only shows from then on."""
    first = desk.till(browser)
    second = second_tab(desk, browser)
    screens(first, "fi")
    screens(second, "fi")
    reads(second, "Kassa on auki toisessa välilehdessä", "Myy siellä. Tämä välilehti vain näyttää")
    second.click("[data-key=take-over]")
    reads(first, "Kassa on auki toisessa välilehdessä")
    assert "second-tab" == first.evaluate("till.state.phase")
    assert desk.sign_in(second) is None
    assert 1 == sell(second)[0]["seq"]
    assert "read-only" == first.evaluate("till.act({ do: 'add', item: '100' })")["refused"]["code"]
    sent(second)


def test_a_tab_that_writes_without_the_lock_takes_no_number_twice(desk: Desk, browser: Any) -> None:
    """Should the lock fail: two tabs sell at once, each entry has numbers of its own, and the box has each once, though both send it."""
    first = desk.till(browser)
    second = second_tab(desk, browser)
    second.evaluate("""() => {
      Object.defineProperty(till.lock, "isLive", { value: true, writable: true });
      return till.sale.restore().then(() => till.signIn("Anna", "2580"));
    }""")
    when(second, "till.state.phase === 'ready'")
    desk.line.lose_replies = 4
    start = "async (n) => { globalThis.made = (%s)(n); }"
    code = """async (n) => {
      const made = [];
      for (let at = 0; at < n; at += 1) {
        till.sale.state = { ...till.sale.state, id: till.newId() };
        till.act({ do: "add", item: "100" }); till.act({ do: "tender", kind: "cash" });
        const one = await till.finish();
        made.push([one.number, one.entry.till_seq]);
      }
      return made;
    }"""
    for page in (first, second):
        page.evaluate(start % code, 10)
    made = [tuple(one) for page in (first, second) for one in page.evaluate("globalThis.made")]
    assert 20 == len(made) == len({number for number, _ in made})
    assert list(range(1, 21)) == sorted(seq for _, seq in made)
    for page in (first, second):
        until(lambda page=page: page.evaluate("till.errands.push().then(() => till.recount()).then(() => till.state.queue === 0)"))
    till = first.evaluate("till.device.till")
    assert list(range(1, 21)) == [one["till_seq"] for one in desk.entries() if one["till"] == till]


def launch(chromium: Any, profile: Path) -> Any:
    return chromium.browser_type.launch_persistent_context(str(profile), executable_path=CHROMIUM, args=QUIET)


def test_a_copied_profile_is_noticed(desk: Desk, chromium: Any, tmp_path: Path) -> None:
    """Two tills with one identity: the second one's sale is kept aside and told to a person, and it says so and stops."""
    one, two = tmp_path / "one", tmp_path / "two"
    context = launch(chromium, one)
    page = desk.till(context)
    sell(page, 2)
    sent(page)
    page.close()
    context.close()
    shutil.copytree(one, two, ignore=shutil.ignore_patterns("Singleton*"))
    first, second = launch(chromium, one), launch(chromium, two)
    try:
        pages = [desk.page(context) for context in (first, second)]
        for page in pages:
            assert desk.sign_in(page) is None
            when(page, "till.state.phase === 'ready'")
        assert 3 == sell(pages[0])[0]["seq"]
        sent(pages[0])
        assert 3 == sell(pages[1])[0]["seq"]
        when(pages[1], "till.state.phase === 'revoked'")
        assert "Another device" in pages[1].evaluate("till.state.phaseWhy.text")
        assert 1 == len(pages[1].evaluate("till.state.refused"))
        assert 1 == pages[1].evaluate("till.rescue().then((found) => found[0].n)")
        assert 4 == sell(pages[0])[0]["seq"]
        sent(pages[0])
        assert any("entry-aside" == entry["body"].get("code") for entry in desk.entries() if entry["kind"] == "finding")
    finally:
        first.close()
        second.close()
