"""Nothing that was paid at a till is lost, booked twice or renumbered, whatever the line, the box and the browser do."""

from __future__ import annotations

from typing import Any

import pytest

from browser.counter import Desk, reads, screens, sell, sent, until, when

pytestmark = pytest.mark.xdist_group("till")

# What a database was asked, and in which order its answers came: written down below the till's own modules.
SPY = """
globalThis.seen = [];
globalThis.dead = new Set();
const open = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (stores, mode, options) {
  if (dead.has(this)) throw new DOMException("Connection to Indexed Database server lost. Refresh the page to try again", "UnknownError");
  const made = open.call(this, stores, mode, options);
  const one = { stores: [...made.objectStoreNames], mode: made.mode, durability: made.durability, done: false };
  if (made.mode === "readwrite") seen.push(one);
  made.addEventListener("complete", () => setTimeout(() => { one.done = true; }, 0));
  return made;
};
globalThis.connections = [];
const opened = Object.getOwnPropertyDescriptor(IDBRequest.prototype, "result").get;
IDBFactory.prototype.open = ((first) => function (...given) {
  const asked = first.apply(this, given);
  asked.addEventListener("success", () => connections.push(opened.call(asked)));
  return asked;
})(IDBFactory.prototype.open);
"""


# How many rows a table of the till's second memory has.
BESIDE = """async (table) => {
  const bucket = await navigator.storageBuckets.open("tideover-twin");
  const asked = (request) => new Promise((done, no) => { request.onsuccess = () => done(request.result); request.onerror = no; });
  const link = await asked(bucket.indexedDB.open("tideover-till"));
  return asked(link.transaction(table).objectStore(table).count()).finally(() => link.close());
}"""


# Calls to the box end only when it answers, and what the till waited for is counted.
NO_PATIENCE = """async () => {
  const { Box } = await import("/till/line/box.js");
  const { call, unlessAway } = Box.prototype;
  globalThis.line = { awaited: 0, ended: 0 };
  AbortSignal.timeout = () => new AbortController().signal;
  Box.prototype.unlessAway = function (work) { line.awaited += 1; return unlessAway.call(this, work); };
  Box.prototype.call = function (...given) { return call.apply(this, given).finally(() => { line.ended += 1; }); };
}"""


def of(desk: Desk, made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those entries of the box's journal whose ids these are."""
    ids = {one["id"] for one in made}
    return [one for one in desk.entries() if one["id"] in ids]


def test_a_sale_is_paid_only_when_its_transaction_is_complete_and_strict(desk: Desk, browser: Any) -> None:
    """Browsers say "complete" before the disk has it unless they are asked; and a request's success is not yet a transaction's."""
    browser.add_init_script(SPY)
    page = desk.till(browser)
    told = page.evaluate("""async () => {
      till.act({ do: "add", item: "100" }); till.act({ do: "tender", kind: "cash" });
      await till.sale.saved();
      seen.length = 0;
      const paid = till.finish();
      const sure = new Promise((resolve) => paid.then(() => setTimeout(() => resolve(structuredClone(seen)), 0)));
      const early = await paid.then(() => seen.filter((one) => one.stores.includes("entry")).map((one) => ({ ...one })));
      return { early, late: (await sure) };
    }""")
    sales = [one for one in told["early"] if "basket" in one["stores"]]
    assert 2 * [["basket", "device", "entry", "meta"]] == [sorted(one["stores"]) for one in sales]  # In the till's memory, and in its twin.
    assert all("strict" == one["durability"] for one in told["late"])
    sent(page)


def test_the_order_is_first_the_transaction_then_paid(desk: Desk, browser: Any) -> None:
    """A transaction that breaks after its requests succeeded was no sale: nothing is called paid, and the basket is still there."""
    browser.add_init_script(SPY)
    page = desk.till(browser)
    told = page.evaluate("""async () => {
      till.act({ do: "add", item: "100" }); till.act({ do: "tender", kind: "cash" });
      await till.sale.saved();
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (...given) {
        const asked = put.apply(this, given);
        if (given[1] !== "written" || !this.transaction.objectStoreNames.contains("entry")) return asked;
        const busy = () => { try { this.count().onsuccess = busy; } catch {} }; // It stays open …
        busy();
        asked.addEventListener("success", () => setTimeout(() => this.transaction.abort(), 50)); // … and then all of it is undone.
        return asked;
      };
      const made = await till.finish();
      IDBObjectStore.prototype.put = put;
      return { made, lines: till.basket.lines.length, again: await till.finish() };
    }""")
    assert "not-stored" == told["made"]["refused"]["code"], told
    assert 1 == told["lines"]
    assert told["again"]["number"].endswith("-1") and 1 == told["again"]["entry"]["till_seq"]
    sent(page)


def test_a_basket_has_its_id_and_is_stored_from_the_first_key_press(desk: Desk, browser: Any) -> None:
    """A crash in mid-sale gives the basket back; its id becomes the entry's."""
    page = desk.till(browser)
    page.evaluate("till.act({ do: 'add', item: '200' })")
    first = page.evaluate("(async () => { await till.sale.saved(); return till.basket.id; })()")
    page.close()
    page = desk.page(browser)
    assert desk.sign_in(page) is None
    assert [first, ["200"]] == page.evaluate("[till.basket.id, till.basket.lines.map((line) => line.item)]")
    made = page.evaluate("(async () => { till.act({ do: 'tender', kind: 'card', reference: '77' }); return till.finish(); })()")
    assert first == made["entry"]["id"]
    assert not page.evaluate("till.sale.isOpen")
    sent(page)


def test_the_key_that_takes_the_money_waits_for_no_basket(desk: Desk, browser: Any) -> None:
    """It ends the basket as well: only a sale that is refused has its payment stored with the basket, and then it is."""
    page = desk.till(browser)
    told = page.evaluate("""async () => {
      const stored = () => till.store.read(["basket"], (db) => db.basket.toArray());
      const { entry } = till;
      till.act({ do: "add", item: "200" });
      await till.sale.saved();
      till.entry = async () => ({ refused: { code: "storage-full", text: "No." } });
      till.act({ do: "tender", kind: "cash" });
      const { refused } = await till.finish();
      await till.sale.saved();
      const kept = (await stored()).map((one) => one.content.tenders.length);
      till.entry = entry;
      till.act({ do: "untender", tender: 0 }); till.act({ do: "tender", kind: "cash" });
      const { number } = await till.finish();
      await till.sale.saved();
      return [refused.code, kept, number.slice(-2), await stored()];
    }""")
    assert ["storage-full", [1], "-1", []] == told
    sent(page)


def test_a_second_tap_is_the_same_sale(desk: Desk, browser: Any) -> None:
    """Whoever is in a hurry pays once."""
    page = desk.till(browser)
    made = page.evaluate("""async () => {
      till.act({ do: "add", item: "100" }); till.act({ do: "tender", kind: "cash" });
      const all = await Promise.all([till.finish(), till.finish(), till.finish()]);
      return all.map((one) => one.number);
    }""")
    assert 1 == len(set(made)) and made[0].endswith("-1")
    sent(page)


def test_what_is_scanned_while_a_sale_is_stored_belongs_to_the_next(desk: Desk, browser: Any) -> None:
    """A scanner is faster than a disk: no scan is swallowed, and none changes what was paid."""
    page = desk.till(browser)
    told = page.evaluate("""async () => {
      till.act({ do: "add", item: "100" }); till.act({ do: "tender", kind: "cash" });
      const paid = till.finish();
      const refused = [till.act({ do: "add", item: "200" }), till.act({ do: "untender", tender: 0 })?.refused.code];
      const { entry } = await paid;
      await new Promise((done) => setTimeout(done, 0));
      return [refused, entry.body.lines.map((line) => line.item), till.basket.lines.map((line) => line.item)];
    }""")
    assert [[None, "busy"], ["100"], ["200"]] == told
    page.evaluate("till.act({ do: 'clear' })")
    sent(page)


def test_the_search_index_is_made_between_two_customers(desk: Desk, browser: Any) -> None:
    """It takes a quarter of a second with fifty thousand items; a till that waits for its disk looks idle to the browser."""
    page = desk.till(browser)
    when(page, "till.catalogue.index !== null")
    page.evaluate("till.act({ do: 'add', item: '200' }); till.useItems({ rows: [...till.catalogue.byKey.values()], full: true })")
    page.wait_for_timeout(2_500)  # A moment longer than it waits.
    assert page.evaluate("till.catalogue.index === null")
    page.evaluate("till.act({ do: 'tender', kind: 'cash' }); till.finish()")
    when(page, "till.catalogue.index !== null")
    sent(page)


@pytest.mark.parametrize("bad", ["away", "portal"])
def test_selling_goes_on_without_the_box_and_it_comes_back_by_itself(desk: Desk, browser: Any, bad: str) -> None:
    """Reset connections, or somebody else's page in place of the box: twenty sales, then all of them at the box, once, in order."""
    page = desk.till(browser)
    setattr(desk.line, bad, True)
    made = sell(page, 20)
    when(page, "till.state.box === 'away' && till.state.queue === 20")
    setattr(desk.line, bad, False)
    sent(page)
    when(page, "till.state.box === 'here'")
    assert [one["id"] for one in made] == [one["id"] for one in of(desk, made)]
    assert list(range(1, 21)) == [one["till_seq"] for one in of(desk, made)]


def test_a_box_that_hangs_holds_nobody_up(desk: Desk, browser: Any) -> None:
    """A box that takes requests and never answers is away after a moment; no sale waits for it, nor does who signs in then."""
    page = desk.till(browser)
    desk.line.hangs = True
    page.evaluate(NO_PATIENCE)
    sell(page, 10)
    assert {"awaited": 0, "ended": 0} == page.evaluate("line")
    when(page, "till.state.box === 'away'")
    page.evaluate("till.signOut()")
    assert page.evaluate("till.signIn('Anna', '2580')") is None
    assert {"awaited": 0, "ended": 0} == page.evaluate("line")
    assert page.evaluate("till.state.operator.checked") is False
    desk.line.hangs = False
    desk.line.ended.set()
    desk.line.ended.clear()
    sent(page)


def test_a_lost_reply_doubles_nothing(desk: Desk, browser: Any) -> None:
    """The box has the batch, its answer is lost, the till sends it again: every sale stands in the journal once."""
    page = desk.till(browser)
    desk.line.lose_replies = 3
    made = sell(page, 5)
    sent(page)
    assert 0 == desk.line.lose_replies
    assert [one["id"] for one in made] == [one["id"] for one in of(desk, made)]


def test_a_batch_that_is_cut_is_sent_again_whole(desk: Desk, browser: Any) -> None:
    """Half a batch reaches the box, three times; nothing of it counts until a whole one does."""
    page = desk.till(browser)
    desk.line.away = True
    made = sell(page, 30)
    desk.line.cut_batches = 3
    desk.line.away = False
    sent(page)
    assert [one["id"] for one in made] == [one["id"] for one in of(desk, made)]


def test_a_dead_database_connection_is_opened_anew(desk: Desk, browser: Any) -> None:
    """Browsers drop the database's process now and then; a till that went on using the dead connection lost every sale since."""
    browser.add_init_script(SPY)
    page = desk.till(browser)
    for end in ("one.close()", "dead.add(one)"):  # As the one browser ends it, and as the other does.
        page.evaluate(f"connections.forEach((one) => {end})")
        sell(page)
    sent(page)
    assert page.evaluate("connections.length") >= 3


def test_a_twin_that_fails_refuses_no_sale_and_is_made_whole_at_the_next_start(desk: Desk, browser: Any) -> None:
    """What stands in the till's own memory is paid. The till goes on alone; opened anew, both hold the same again."""
    browser.add_init_script(SPY)
    page = desk.till(browser)
    when(page, "navigator.serviceWorker.controller !== null")
    page.evaluate("dead.add(connections.at(-1))")
    desk.line.away = True
    made = sell(page, 3)
    assert [1, 2, 3] == [one["seq"] for one in made]
    page.close()
    page = desk.page(browser)
    assert 3 == page.evaluate(BESIDE, "entry")
    desk.line.away = False
    sent(page)
    assert [one["id"] for one in made] == [one["id"] for one in of(desk, made)]


def test_full_storage_is_said_and_loses_nothing(desk: Desk, browser: Any) -> None:
    """The sale is not called paid, the basket stays, and with room again it is stored under the same number."""
    page = desk.till(browser)
    link = browser.new_cdp_session(page)
    link.send("Storage.overrideQuotaForOrigin", {"origin": desk.line.url, "quotaSize": 1})
    made = page.evaluate("""async () => {
      for (let paid = 0; ; paid += 1) {
        till.act({ do: "add", item: "100" }); till.act({ do: "tender", kind: "cash" });
        const { refused } = await till.finish();
        if (refused) return [paid, refused.code, till.basket.lines.length, till.state.storage.full];
        await new Promise((done) => setTimeout(done, 100));
      }
    }""")  # The browser looks at its quota anew every half minute.
    assert ["storage-full", 1, True] == made[1:]
    screens(page)
    page.click("[data-key=pay]")
    page.click(".keys > .main")
    reads(page, "This browser has no room left: nothing was booked. Write a numbered slip, and make room on this machine.")
    page.click("[data-key=standing]")
    reads(page, "Storage is full", "full: write slips, take the unsent sales out below")
    page.click("[data-language=fi]")
    reads(page, "Muisti on täynnä")
    link.send("Storage.overrideQuotaForOrigin", {"origin": desk.line.url})
    again = until(lambda: (found := page.evaluate("till.finish()")).get("number") and found)
    assert made[0] + 1 == again["entry"]["till_seq"] == int(again["number"].rpartition("-")[2])
    assert not page.evaluate("till.state.storage.full")
    page.wait_for_selector("[data-sign=storage]", state="detached")
    sent(page)


def test_storage_that_is_not_persistent_is_said(desk: Desk, browser: Any) -> None:
    """A fresh profile's browser refuses to promise; staff are told, and a wiped memory is noticed at the next start."""
    page = desk.till(browser)
    screens(page, "fi")
    reads(page, "Muisti voi tyhjentyä")
    sent(page)
    page.evaluate("""async () => {
      till.store.close();
      await new Promise((done) => { indexedDB.deleteDatabase("tideover-till").onsuccess = done; });
      await navigator.storageBuckets.delete("tideover-twin");
    }""")
    page.close()
    page = desk.page(browser)
    assert ["enrol", True] == page.evaluate("[till.state.phase, till.state.storage.wiped]")
    screens(page)
    reads(page, "This browser had a till whose memory was cleared. What was unsent then is lost here: look on the paper")


def test_what_is_unsent_cannot_be_signed_out_of_or_forgotten(desk: Desk, browser: Any) -> None:
    """Signing out, enrolling anew, making room and forgetting: unsent sales stay, and reach the box under the till that signed them."""
    page = desk.till(browser)
    desk.line.away = True
    made = sell(page, 5)
    page.evaluate("till.signOut()")
    desk.line.away = False
    desk.line.cut_batches = 1_000
    desk.enrol(page, "K2")
    assert desk.sign_in(page) is None
    page.evaluate("import('/till/store/queue.js').then((queue) => queue.forget(till.store, '9999-12-31', 0))")
    assert 5 == page.evaluate("till.recount().then(() => till.state.queue)")
    more = sell(page, 2)
    desk.line.cut_batches = 0
    sent(page)
    found = of(desk, made + more)
    assert [1, 2, 3, 4, 5] == [one["till_seq"] for one in found if one["id"] in {m["id"] for m in made}]
    assert 2 == len({one["till"] for one in found}) and 7 == len(found)
    assert 7 == len({one["body"]["number"] for one in found})
