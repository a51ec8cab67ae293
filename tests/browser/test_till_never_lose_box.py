"""What a till does when it is the box that fails, forgets, refuses or ends it."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import segno

from bad_luck.box import Till, tideover
from browser.counter import Desk, counter, reads, screens, sell, sent, until, when

pytestmark = pytest.mark.xdist_group("till")


RESCUE = "till.rescue().then((found) => Promise.all(found.map(async (one) => ({ ...one, file: await one.file.text() }))))"

DEFECT = {
    "code": "defect",
    "message": "Something went wrong inside the box.",
    "hint": "Tell the person on call; the box's log holds the details.",
}


@pytest.fixture
def own(tmp_path: Path, chromium: Any) -> Iterator[Desk]:
    """A box of the test's own, to be broken."""
    with counter(tmp_path / "own") as made:
        yield made


def says(pin: str, text: str) -> bool:
    """As a word: four digits in a row stand in one of every few hundred digests and sealed texts, too."""
    return re.search(rf"\b{pin}\b", text) is not None


def numbers(desk: Desk) -> list[int]:
    return [one["till_seq"] for one in desk.entries() if one["kind"] in ("sale", "refund")]


def copied(desk: Desk) -> None:
    """A copy of the box's data, to be put back later."""
    shutil.copytree(desk.box.data, desk.folder / "kept", ignore=shutil.ignore_patterns("box.lock"))


def put_back(desk: Desk) -> None:
    """The journal is as it was when it was copied."""
    data, kept = desk.box.data, desk.folder / "kept"
    for file in kept.glob("journal.db*"):
        shutil.copy(file, data / file.name)
    (data / "heads.log").unlink()  # Only the till remembers.
    for extra in ("journal.db-wal", "journal.db-shm"):
        if not (kept / extra).exists():
            (data / extra).unlink(missing_ok=True)


def test_a_box_that_dies_in_mid_sale_stops_nobody(own: Desk, browser: Any) -> None:
    """`kill -9` of the box with a basket open: the sale is paid, and all of them are in its journal when it is back."""
    page = own.till(browser)
    sell(page, 2)
    page.evaluate("till.act({ do: 'add', item: '200' })")
    own.box.kill()
    assert page.evaluate("till.act({ do: 'tender', kind: 'cash' }) ?? till.finish().then((paid) => paid.entry.till_seq)") == 3
    sell(page, 3)
    own.restart()
    sent(page)
    assert [1, 2, 3, 4, 5, 6] == numbers(own)
    own.box.get("/healthz")


def test_a_till_starts_and_sells_with_the_box_away_from_the_start(own: Desk, browser: Any) -> None:
    """From the cache, with yesterday's prices: page opened, signed in, first sale."""
    page = own.till(browser)
    when(page, "navigator.serviceWorker.controller !== null")
    sell(page)
    sent(page)
    page.close()
    own.line.away = True
    page = own.page(browser)
    assert own.sign_in(page) is None
    when(page, "till.state.phase === 'ready'")
    assert 2 == sell(page)[0]["seq"]
    when(page, "till.state.box === 'away'")
    own.line.away = False
    sent(page)
    assert [1, 2] == numbers(own)


def test_a_box_that_lost_its_tail_is_noticed_and_gets_it_again(own: Desk, browser: Any) -> None:
    """The journal is put back to an older copy: the till's proven head tells it; after a person's word the sales come again, once."""
    page = own.till(browser)
    sell(page, 3)
    sent(page)
    data = own.box.data
    own.restart(lambda: copied(own))
    more = sell(page, 4)
    sent(page)
    own.restart(lambda: put_back(own))
    when(page, "till.state.boxWhy !== null")
    screens(page, "fi")
    reads(page, "Kone ei nyt ota vastaan")
    page.click("[data-key=standing]")
    reads(page, "Kone ei ota mitään vastaan: sen päiväkirja tarvitsee ihmistä. Jatka myyntiä, kaikki säilyy täällä.")
    page.click("[data-language=en]")
    reads(page, "The box takes nothing in: its journal needs a person. Sell on, everything is kept here.")
    assert 7 == sell(page)[0]["seq"] - 1
    assert not own.box.get("/healthz")["writable"]
    own.box.kill()
    own.box.__exit__()
    said = tideover("accept-loss", "--by", "Aino", "--why", "The disk died.", "--yes", "--data", data)
    assert 0 == said.code, said.err
    own.box.__enter__()
    own.line.box_url = own.box.url
    sent(page)
    until(lambda: numbers(own) == [1, 2, 3, 4, 5, 6, 7, 8], said="the tail")
    assert {one["id"] for one in more} <= {one["id"] for one in own.entries()}
    page.route("**/v1/till/standing*", lambda ask: ask.fulfill(status=500, json=DEFECT))
    page.evaluate("dispatchEvent(new Event('focus'))")
    reads(page, f"{DEFECT['message']} {DEFECT['hint']}")  # Not every 500 is a journal that needs a person.


def test_a_box_that_lost_its_tail_and_grew_beyond_it_before_this_till_came_is_noticed(own: Desk, browser: Any) -> None:
    """A head that the box shows is kept only once it heard the till's own: the higher one may be of another history."""
    page = own.till(browser)
    sell(page)
    sent(page)
    own.restart(lambda: copied(own))
    sell(page, 2)
    sent(page)
    own.line.away = True
    own.restart(lambda: put_back(own))
    with Till(own.box.url, "K2").enrol(own.box.staff) as other:
        assert {"created"} == {one["answer"] for one in other.answers(*[other.sale() for _ in range(5)])}
    own.line.away = False
    when(page, "till.state.boxWhy !== null")
    assert not own.box.get("/healthz")["writable"]


def test_a_box_that_forgot_the_till_is_told_and_the_till_sells_on(own: Desk, browser: Any) -> None:
    """Its whole folder is put back to before the enrolment: the head's proof counts from anybody, and no customer waits for that."""
    data, kept = own.box.data, own.folder / "kept"
    own.box.kill()
    own.box.__exit__()
    shutil.copytree(data, kept, ignore=shutil.ignore_patterns("box.lock", "heads.log"))
    own.box.__enter__()
    own.line.box_url = own.box.url
    page = own.till(browser)
    sell(page, 3)
    sent(page)

    def older() -> None:
        shutil.rmtree(data)
        shutil.copytree(kept, data)

    own.restart(older)
    when(page, "till.state.boxWhy?.code === 'unknown-till'")
    assert 4 == sell(page)[0]["seq"]
    assert "ready" == page.evaluate("till.state.phase")
    until(lambda: not own.box.get("/healthz")["writable"], said="the box has been told")
    assert 1 == page.evaluate("till.recount().then(() => till.state.queue)")


def test_entries_stay_as_witness_until_they_are_safe_beyond_the_box(desk: Desk, browser: Any) -> None:
    """The box has them: kept. The cloud has them: kept for reports, and only then may room be made."""
    page = desk.till(browser)
    sell(page, 4)
    sent(page)
    forget = "import('/till/store/queue.js').then((queue) => queue.forget(till.store, '9999-12-31', 0))"
    assert 0 == page.evaluate(forget)
    assert {"box"} == {one["where"] for one in page.evaluate("till.entries()")}
    desk.line.edit = lambda path, told: {**told, "cloud_until": 3} if path == "/v1/till/standing" else told
    when(page, "till.entries().then((all) => all.filter((one) => one.where === 'safe').length === 3)")
    assert 3 == page.evaluate(forget)
    assert [4] == [one["number"].endswith("-4") and 4 for one in page.evaluate("till.entries()")]


def test_a_revoked_till_says_so_keeps_its_entries_and_offers_them(desk: Desk, browser: Any) -> None:
    """It sells no more; what it had not sent leaves as a file and as codes that the box reads."""
    page = desk.till(browser)
    desk.line.away = True
    made = sell(page, 3)
    till = page.evaluate("till.device.till")
    desk.box.staff.post(f"/v1/tills/{till}/revoke", json={"why": "stolen"}).raise_for_status()
    desk.line.away = False
    when(page, "till.state.phase === 'revoked'")
    assert page.evaluate("till.state.phaseWhy.text") == "This till may not sell any more."
    assert "read-only" == page.evaluate("till.act({ do: 'add', item: '100' })")["refused"]["code"]
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'revoked'")
    screens(page)
    reads(page, "This till was switched off", "This till may not sell any more.", "3 entries are on this device only: take them out first.")
    page.click("[data-key=rescue]")
    reads(page, "Take the unsent sales out")
    [told] = page.evaluate(RESCUE)
    assert (3, till) == (told["n"], json.loads(told["file"])["till"])
    signed = [json.loads(base64.b64decode(one["signed"])) for one in json.loads(told["file"])["entries"]]
    assert [one["id"] for one in made] == [one["id"] for one in signed]
    assert 3 == page.evaluate("till.recount().then(() => till.state.queue)")


def test_rescued_sales_reach_the_box_as_a_file_and_as_codes_once(desk: Desk, browser: Any) -> None:
    """Carried by hand both ways, and afterwards sent by the line too: each stands in the journal once."""
    page = desk.till(browser)
    desk.line.away = True
    made = sell(page, 12)
    [told] = page.evaluate(RESCUE)
    assert 1 < len(told["codes"]) and all(one.startswith("TIDE1:") for one in told["codes"])
    by_codes = desk.box.staff.post("/v1/till/rescued", json={"texts": told["codes"][::-1]})
    assert 200 == by_codes.status_code, by_codes.text
    assert ["created"] * 12 == [one["answer"] for one in by_codes.json()["answers"]]
    by_file = desk.box.staff.post("/v1/till/rescued", json={"texts": [told["file"]]}).raise_for_status()
    assert ["exists"] * 12 == [one["answer"] for one in by_file.json()["answers"]]
    desk.line.away = False
    sent(page)
    ids = [one["id"] for one in made]
    assert ids == [one["id"] for one in desk.entries() if one["id"] in set(ids)]


def test_a_code_drawn_at_the_till_is_the_code_of_its_text(desk: Desk, browser: Any) -> None:
    """Square for square as another maker of codes draws it."""
    page = desk.till(browser)
    text = ("TIDE1:0123abcd:1/2:" + "Zm9vYmFy" * 90)[:666]  # Full: makers fill up a code that is not as they like.
    size, squares = page.evaluate(
        """async (text) => {
          const { svgOf } = await import("/till/line/qr.js");
          const drawn = new DOMParser().parseFromString(svgOf(text), "image/svg+xml");
          const size = Number(drawn.documentElement.getAttribute("viewBox").split(" ")[2]);
          const path = drawn.querySelectorAll("path")[1].getAttribute("d");
          return [size - 8, [...path.matchAll(/M(\\d+) (\\d+)h1/g)].map(([, x, y]) => [x - 4, y - 4])];
        }""",
        text,
    )
    dark = {(x, y) for x, y in squares}
    version = (size - 17) // 4
    made = [segno.make(text, error="m", version=version, mask=mask, boost_error=False, mode="byte") for mask in range(8)]
    codes = [{(x, y) for y, row in enumerate(one.matrix) for x, bit in enumerate(row) if bit} for one in made]
    assert dark in codes


def test_a_pin_travels_sealed_and_a_wrong_one_is_a_finding(own: Desk, browser: Any) -> None:
    """With the box away anybody may type anything: the sale stands, and who was not who they said is noticed."""
    page = own.till(browser)
    page.evaluate("till.signOut()")
    own.line.away = True
    when(page, "till.state.box === 'away'")
    assert own.sign_in(page, "9999") is None
    made = sell(page, 2)
    dump = page.evaluate("""async () => {
      const rows = await till.store.read(["entry"], (db) => db.entry.toArray());
      return JSON.stringify(rows.map((row) => ({ ...row, signed: new TextDecoder().decode(row.signed) })));
    }""")
    assert not says("9999", dump) and 1 == dump.count('"sealed":"')
    own.line.away = False
    sent(page)
    assert [one["id"] for one in made] == [one["id"] for one in own.entries() if one["kind"] == "sale"]
    found = until(lambda: [one for one in own.entries() if one["body"].get("code") == "pin-mismatch"])
    assert made[0]["id"] in json.dumps(found) or "Anna" in json.dumps(found)
    assert "sealed" in json.dumps(own.line.batches) and not says("9999", json.dumps(own.line.batches))
    assert 0 == page.evaluate("till.store.read(['entry'], (db) => db.entry.filter((row) => row.sealed).count())")


def test_whoever_allows_more_without_the_box_is_checked_later(own: Desk, browser: Any) -> None:
    """Their PIN travels beside a note of theirs; a wrong one is noticed under the name that was used."""
    page = own.till(browser)
    own.line.away = True
    when(page, "till.state.box === 'away'")
    assert page.evaluate("(async () => { till.sale.allow = async () => null; return await till.allow('Maija', '0000'); })()") is None
    own.line.away = False
    assert ["Maija"] == until(lambda: [one["operator"] for one in own.entries() if one["kind"] == "note"])
    found = until(lambda: [one for one in own.entries() if one["body"].get("code") == "pin-mismatch"])
    assert "Maija" in json.dumps(found) and not says("0000", json.dumps(own.line.batches))


def test_who_signed_in_without_the_box_is_checked_when_it_is_back(own: Desk, browser: Any) -> None:
    """Before their PIN has to travel: right, they stay; wrong, they are asked again."""
    page = own.till(browser)
    for pin, phase in (("2580", "ready"), ("1111", "sign-in")):
        page.evaluate("till.signOut()")
        own.line.away = True
        when(page, "till.state.box === 'away'")
        assert own.sign_in(page, pin) is None
        own.line.away = False
        when(page, f"till.state.box === 'here' && till.state.phase === '{phase}' && till.state.operator?.checked !== false")


def test_a_wrong_pin_is_refused_while_the_box_is_here(own: Desk, browser: Any) -> None:
    """Some times, and then it is too often; the till says what the box says."""
    page = own.till(browser)
    page.evaluate("till.signOut()")
    told = [own.sign_in(page, "1111")["refused"] for _ in range(8)]
    assert {"pin-wrong", "too-often"} == {one["code"] for one in told}
    assert all(one["text"] for one in told)


def test_what_the_box_refuses_for_good_blocks_nothing_behind_it(own: Desk, browser: Any) -> None:
    """A record that the box cannot read is kept at the till and told; a note takes its number, and later sales pass."""
    page = own.till(browser)
    page.evaluate("""async () => {
      const made = await till.entry({ id: till.newId(), kind: "drawer_float", bodyOf: () => ({ amount_minor: 100, note: "", odd: 1 }) });
      return made.entry.till_seq;
    }""")
    good = sell(page, 3)
    until(lambda: page.evaluate("till.errands.push().then(() => till.recount()).then(() => till.state.queue === 0)"))
    [told] = page.evaluate("till.state.refused")
    assert told["message"]
    mine = [one for one in own.entries() if one["till"] == page.evaluate("till.device.till")]
    assert [("note", 1), ("sale", 2), ("sale", 3), ("sale", 4)] == [(one["kind"], one["till_seq"]) for one in mine]
    assert [one["id"] for one in good] == [one["id"] for one in mine[1:]]
    assert 1 == page.evaluate("till.rescue().then((found) => found[0].n)")


def test_customers_are_sealed_in_the_browser_and_bounded(desk: Desk, browser: Any, tmp_path: Path) -> None:
    """No name stands in the database in the clear, the key cannot be read out, and no more than a till needs is kept."""
    page = desk.till(browser)
    found = until(lambda: page.evaluate("till.customers('virta')"))
    assert ["C1"] == [one["code"] for one in found]
    told = page.evaluate("""async () => {
      const row = await till.store.read(["secret"], (db) => db.secret.get("customers"));
      const key = await till.store.get("customers-key");
      const readOut = await crypto.subtle.exportKey("raw", key).then(() => "yes", () => "no");
      const rows = Array.from({ length: 6000 }, (_, n) => ({ code: `X${n}`, name: `Name ${n}`, account: false, merged_into: null }));
      await till.customersKept.take({ rows, gone: [], full: true, revision: "x" });
      return [new TextDecoder("latin1").decode(row.sealed), readOut, key.extractable, (await till.customersKept.all()).length];
    }""")
    assert "Virtanen" not in told[0]
    assert ["no", False, 5_000] == told[1:]
    signing = page.evaluate("crypto.subtle.exportKey('pkcs8', till.device.keys.privateKey).then(() => 'yes', () => 'no')")
    assert "no" == signing
