"""A till as it stands in a shop: enrolled at a real box, its own screens in a real browser with a profile on disk; then the box goes.

Fingers cost nothing here: keys are pressed by the page itself, the moment the screen that wants them is there. Each wait for a
disk stands beside a bare write of the same browser a moment before. Nothing is kept between runs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, convert

from tideover.model.item import Item

PATIENCE_MS = 60_000
PIN = "2580"
COUNT = "import('/till/main.js').then(({ till }) => till.catalogue.size)"
READY = "navigator.serviceWorker.ready.then(() => fetch('/till/index.html')).then(() => navigator.serviceWorker.controller !== null)"

# Runs before the page's own scripts: `until(what)` resolves with the time at which `what()` was true, right after the change.
EYES = """
globalThis.until = (what) => new Promise((resolve) => {
  if (what()) return resolve(performance.now());
  const watch = new MutationObserver(() => { if (what()) { watch.disconnect(); resolve(performance.now()); } });
  watch.observe(document, { childList: true, subtree: true, attributes: true });
});
globalThis.sees = (screen) => until(() => document.querySelector(`[data-screen="${screen}"]`));
globalThis.drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))));
globalThis.press = (key) => {
  const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  (document.activeElement ?? document.body).dispatchEvent(pressed);
};
globalThis.scan = (code) => { for (const key of [...code, "Enter"]) press(key); };
globalThis.lines = () => document.querySelectorAll(".lines .line").length;
"""
START = """async ([pin, code]) => {
  const opened = await sees("sign-in");
  const { till } = await import("/till/main.js");
  await till.signIn(till.shop.operators[0].name, pin);
  await sees("sell");
  scan(code);
  const sold = await until(() => lines() === 1);
  return { opened, sold, drawn: await drawn(), kept: till.catalogue.size };
}"""
BARE = """async () => {
  const ask = indexedDB.open("bench", 1);
  ask.onupgradeneeded = () => ask.result.createObjectStore("row", { autoIncrement: true });
  const db = await new Promise((resolve, reject) => { ask.onsuccess = () => resolve(ask.result); ask.onerror = reject; });
  globalThis.bare = (durability) => new Promise((resolve, reject) => {
    const began = performance.now();
    const work = db.transaction(["row"], "readwrite", { durability });
    work.objectStore("row").add({ signed: new Uint8Array(900), signature: new Uint8Array(64) });
    work.oncomplete = () => resolve(performance.now() - began);
    work.onabort = reject;
  });
  const other = indexedDB.open("tideover-till");
  const till = await new Promise((resolve, reject) => { other.onsuccess = () => resolve(other.result); other.onerror = reject; });
  const times = [];
  for (let n = 0; n < 3; n += 1) {
    const began = performance.now();
    const all = till.transaction(["shelf"]).objectStore("shelf").getAll();
    await new Promise((resolve) => { all.onsuccess = resolve; });
    if (all.result.length > 0) times.push(performance.now() - began); // A browser reads what it found only when it is looked at.
  }
  till.close();
  return times;
}"""
PAY = """async ([code, times]) => {
  const found = { paid: [], drawn: [], strict: [], relaxed: [] };
  const rest = () => new Promise((resolve) => setTimeout(resolve, 60));
  for (let n = 0; n < times; n += 1) {
    if (lines() === 0) scan(code);
    await until(() => lines() === 1);
    press("F9");
    await sees("pay");
    await rest();
    found.strict.push(await bare("strict"));
    found.relaxed.push(await bare("relaxed"));
    await rest();
    const began = performance.now();
    press("Enter");
    found.paid.push((await sees("paid")) - began);
    found.drawn.push((await drawn()) - began);
    press("Enter");
    await sees("sell");
  }
  return found;
}"""


class AtWork(Struct, frozen=True):
    """Milliseconds, one for each time."""

    opened: list[float]  # From the start of the page to the till's first screen …
    sold: list[float]  # … and to the first scan in the basket.
    cold: float  # The same with the browser started anew; not among the others.
    read: list[float]  # Bare reading of all its items, which each start does.
    paid: list[float]  # From the key to "paid".
    drawn: list[float]  # The same, on the screen.
    strict: list[float]  # One bare write of as many bytes that is on stable storage …
    relaxed: list[float]  # … and one that is with the system.


def measured(items: Sequence[dict[str, Any]], launch: Callable[[Path], Any], starts: int, sales: int, say: Callable[[str], None]) -> AtWork:
    """launch(profile) -> a browser's context with that profile."""
    from bad_luck.box import Box
    from browser.counter import stocked

    with tempfile.TemporaryDirectory(prefix="tideover-bench-", ignore_cleanup_errors=True) as text:
        folder, profile = Path(text), Path(text) / "profile"
        say(f"a till with {len(items):,} items …")
        stocked(folder / "shop", {"items": tuple(convert(one, Item) for one in items)})
        with Box(folder / "shop") as box:
            box.staff.post("/v1/pins", json={"name": "Anna", "pin": PIN}).raise_for_status()
            code = box.staff.post("/v1/codes", json={"name": "K1"}).raise_for_status().json()["code"]
            where = f"{box.url.replace('127.0.0.1', 'localhost')}/till/"
            context = launch(profile)
            _enrolled(context.new_page(), where, code, len(items))
            context.close()
        say(f"the box is gone: {starts} starts, {sales} sales …")
        context = launch(profile)
        try:
            return _without_box(context, where, items[-1]["barcodes"][0], starts, sales)
        finally:
            context.close()


def _enrolled(page: Any, where: str, code: str, count: int) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{where}#enrol={code}")
    page.fill("[name=name]", "K1")
    page.click("[data-key=enter]")
    page.wait_for_selector("[data-screen=sign-in]")
    for _ in range(PATIENCE_MS // 100):
        if page.evaluate(COUNT) == count and page.evaluate(READY):
            return
        page.wait_for_timeout(100)
    sys.exit("the till did not get its items")


def _without_box(context: Any, where: str, barcode: str, starts: int, sales: int) -> AtWork:
    context.add_init_script(EYES)
    told = []
    for _ in range(starts + 1):
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(where, wait_until="commit")
        told.append(page.evaluate(START, [PIN, barcode]))
        if len(told) <= starts:
            page.evaluate("import('/till/main.js').then(({ till }) => { till.act({ do: 'clear' }); return till.sale.idle(); })")
            page.close()
    read = page.evaluate(BARE)
    sold = page.evaluate(PAY, [barcode, sales])
    cold, *warm = [one["sold"] for one in told]
    return AtWork([one["opened"] for one in told[1:]], warm, cold, read, sold["paid"], sold["drawn"], sold["strict"], sold["relaxed"])


def launcher(driver: Any, executable: str, args: Sequence[str]) -> Callable[[Path], Any]:
    """A browser that keeps its profile on the disk: a private window would keep everything in memory."""
    return lambda profile: driver.chromium.launch_persistent_context(
        str(profile), executable_path=executable, args=list(args), env={**os.environ, "NO_PROXY": "*"}
    )
