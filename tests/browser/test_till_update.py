"""A new version of the till is fetched beside the running one, whole, and used only when nothing can be lost by it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from browser.counter import Desk, reads, screens, sell, sent, until, when
from tideover.web import till_page

pytestmark = pytest.mark.xdist_group("till")


def offered(desk: Desk, mark: str) -> None:
    """The box has another version from now on, and says so."""
    import msgspec

    desk.new_version(mark)
    version = msgspec.json.decode(till_page.files(desk.line.files)["version.json"].content)["version"]
    desk.line.edit = lambda path, told: {**told, "version": version} if path == "/v1/till/standing" else told


def running(desk: Desk, browser: Any, mark: str) -> Any:
    """A till that its service worker serves; the files are of version `mark`."""
    desk.new_version(mark)
    page = desk.till(browser)
    when(page, "navigator.serviceWorker.controller !== null")
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert desk.sign_in(page) is None
    return page


WATCHED = """
const told = globalThis.told = [];
const set = (till) => {
  delete globalThis.till;
  globalThis.till = till;
  till.subscribe(() => told.push([till.state.phase, till.state.queue]));
};
Object.defineProperty(globalThis, "till", { set, configurable: true });
"""


def test_a_till_that_starts_says_from_its_first_moment_what_is_unsent(desk: Desk, browser: Any) -> None:
    """From the first moment somebody can sign in, the screen says what only this device has."""
    page = desk.till(browser)
    desk.line.cut_batches = 1_000
    sell(page, 2)
    page.add_init_script(WATCHED)
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert {2} == {queue for phase, queue in page.evaluate("told") if phase != "starting"}


def test_an_update_waits_for_unsent_sales_and_for_the_basket(desk: Desk, browser: Any) -> None:
    """Offered with five unsent sales, and with a basket open and one parked: it waits, says why, and loses nothing."""
    page = running(desk, browser, "u1")
    desk.line.cut_batches = 1_000
    made = sell(page, 5)
    offered(desk, "u2")
    when(page, "till.state.update === 'waiting'")
    screens(page)
    page.click("[data-sign=update]")
    page.click("[data-key=update]")
    reads(page, "5 sales are not at the box yet: the new version waits for them.")
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert ["u1", 5] == page.evaluate("[globalThis.mark, till.state.queue]")
    page.close()  # Every tab of it: a browser would start a new worker now, by itself.
    page = desk.page(browser)
    assert ["u1", 5] == page.evaluate("[globalThis.mark, till.state.queue]")
    assert desk.sign_in(page) is None
    desk.line.cut_batches = 0
    sent(page)
    page.evaluate("till.act({ do: 'add', item: '100' })")
    when(page, "till.state.update === 'waiting'")
    assert "basket-open" == page.evaluate("till.update()")["refused"]["code"]
    page.evaluate("till.park('Virtanen')")
    assert "basket-open" == page.evaluate("till.update()")["refused"]["code"]
    page.evaluate("till.parked().then(([one]) => till.fetch(one.id)).then(() => till.act({ do: 'clear' }))")
    with page.expect_navigation():
        page.evaluate("till.sale.idle().then(() => { till.update(); })")
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert "u2" == page.evaluate("globalThis.mark")
    assert desk.sign_in(page) is None
    assert 6 == sell(page)[0]["seq"]
    sent(page)
    assert {one["id"] for one in made} <= {one["id"] for one in desk.entries()}


REFUSED = """
const refused = () => Promise.reject(new DOMException("An SSL certificate error occurred.", "SecurityError"));
if (navigator.serviceWorker) navigator.serviceWorker.register = refused;
"""


def test_a_till_that_opens_only_while_the_box_answers_says_so(desk: Desk, browser: Any) -> None:
    """As where somebody clicked a certificate's warning away: it sells, and says what to do before the box is away."""
    browser.add_init_script(REFUSED)
    page = desk.till(browser)
    screens(page)
    page.click("[data-sign=alone]:has-text('Opens only while the box answers')")
    reads(page, "the browser does not trust this address, or keeps nothing. What is open sells on.")
    assert "/trust" == page.get_attribute("main a >> text=How this device trusts the box", "href")
    page.click("[data-language=fi]")
    reads(page, "Avautuu vain koneen vastatessa")


def test_a_version_that_comes_in_pieces_is_not_used(desk: Desk, browser: Any) -> None:
    """A file that is not the listed one: nothing of that version is kept, and the old one goes on, also without the box."""
    page = running(desk, browser, "v1")
    desk.new_version("v2")
    till_page.files(desk.line.files)  # The list is made, and then a file changes.
    kept = till_page.files(desk.line.files)["main.js"]
    till_page.files(desk.line.files)["main.js"] = type(kept)(kept.content + b"// torn", kept.sha256, kept.kind)
    desk.line.edit = lambda path, told: {**told, "version": "another"} if path == "/v1/till/standing" else told
    told = page.evaluate("""async () => {
      const worker = (await navigator.serviceWorker.ready).active;
      const line = new MessageChannel();
      const answer = new Promise((resolve) => { line.port1.onmessage = (event) => resolve(event.data); });
      worker.postMessage({ do: "prepare" }, [line.port2]);
      return [await answer, await caches.keys()];
    }""")
    assert "main.js is not the listed one" in told[0]["error"]
    assert 2 == len(told[1])  # The running version, and which one that is.
    assert page.evaluate("till.state.update") is None
    desk.line.away = True
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert "v1" == page.evaluate("globalThis.mark")


def test_every_file_of_a_version_is_there_without_the_box(desk: Desk, browser: Any) -> None:
    """What the list names is in the cache, byte for byte; the box's own addresses never are."""
    page = running(desk, browser, "w1")
    told = page.evaluate("""async () => {
      const list = await fetch("version.json", { cache: "no-store" }).then((reply) => reply.json());
      const cache = await caches.open(`till-${list.version}`);
      const kept = (await cache.keys()).map((one) => new URL(one.url).pathname.replace("/till/", ""));
      return [list.files.map((one) => one.path).sort(), kept.sort()];
    }""")
    assert told[0] == told[1]
    assert "main.js" in told[0] and not any(one.startswith("v1") for one in told[1])


@pytest.mark.parametrize("lost", ["everything", "the list"])
def test_an_interrupted_first_visit_is_made_whole_later(desk: Desk, browser: Any, lost: str) -> None:
    """The box loses its files while they are being fetched: the till works, and is kept whole when they are back."""
    page = browser.new_page()
    desk.new_version(f"x{len(lost)}")
    taken, nowhere = desk.line.files, desk.folder / "nowhere"
    here, whole = till_page.files(taken), dict(till_page.files(taken))
    if lost == "the list":
        here.update(till_page.files(nowhere))  # Of a version without a page.
    desk.line.asked.clear()
    page.goto(f"{desk.line.url}/till/")
    if lost == "everything":
        desk.line.files = nowhere
    else:
        until(lambda: "/till/version.json" in desk.line.asked, said="the list")
        page.wait_for_timeout(300)
        assert {"till-marks"} >= set(page.evaluate("caches.keys()"))
    when(page, "globalThis.till && till.state.phase === 'enrol'")
    here.update(whole)
    desk.line.files = taken
    desk.enrol(page)
    assert desk.sign_in(page) is None
    when(page, "navigator.serviceWorker.controller !== null")
    desk.line.away = True
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'sign-in'")


def test_a_new_version_is_used_when_somebody_signs_out(desk: Desk, browser: Any) -> None:
    """Nobody is at the till then; with a sale unsent it goes on waiting."""
    page = running(desk, browser, "y1")
    offered(desk, "y2")
    when(page, "till.state.update === 'waiting'")
    desk.line.cut_batches = 1_000
    sell(page)
    page.evaluate("till.signOut()")
    assert ["y1", "sign-in"] == page.evaluate("[globalThis.mark, till.state.phase]")
    assert desk.sign_in(page) is None
    desk.line.cut_batches = 0
    sent(page)
    with page.expect_navigation():
        page.evaluate("till.sale.idle().then(() => { till.signOut(); })")
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert "y2" == page.evaluate("globalThis.mark")


def test_a_new_version_does_not_wait_for_what_an_ended_enrolment_left(desk: Desk, browser: Any) -> None:
    """Switched off with two sales unsent and let in again: they are kept for a rescue, and what the new one signs is waited for."""
    page = running(desk, browser, "z1")
    desk.line.cut_batches = 1_000
    left = sell(page, 2)
    desk.box.staff.post(f"/v1/tills/{page.evaluate('till.device.till')}/revoke", json={"why": "the wrong one"}).raise_for_status()
    desk.line.cut_batches = 0
    when(page, "till.state.phase === 'revoked'")
    assert page.evaluate(f"till.enrol('{desk.code('Counter 1')}', 'Counter 1')") is None
    assert desk.sign_in(page) is None
    offered(desk, "z2")
    when(page, "till.state.update === 'waiting'")
    desk.line.cut_batches = 1_000
    sell(page)
    assert {"n": 1} == page.evaluate("till.update()")["refused"]["facts"]
    desk.line.cut_batches = 0
    when(page, "till.recount().then(() => till.state.queue === 2)")
    with page.expect_navigation():
        page.evaluate("till.sale.idle().then(() => { till.update(); })")
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert ["z2", 2] == page.evaluate("[globalThis.mark, till.state.queue]")
    [told] = page.evaluate("till.rescue().then((found) => Promise.all(found.map((one) => one.file.text())))")
    signed = [json.loads(base64.b64decode(one["signed"])) for one in json.loads(told)["entries"]]
    assert [one["id"] for one in left] == [one["id"] for one in signed]
