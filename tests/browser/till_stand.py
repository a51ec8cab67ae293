"""A counter with the till's real screens on it, and somebody with fingers and a scanner at them.

Fingers press a key and wait; the scanner's keys carry times of their own, so that a slow machine cannot make it slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from browser.counter import Desk, counter, until, when
from tideover.model.item import Customer, Item, OrderLine, Quote, Stock
from tideover.web import till_page

BREAD, COFFEE, EITHER_LAMP = "6400000000010", "6400000000027", "6400000000041"
LONG = "Pellavaliina Aurinkoinen aamu 140×240 cm"  # 40 characters.
ITEMS = (
    Item("100", "Rye bread", 24_900, 135_000, barcodes=(BREAD,)),
    Item("200", "Coffee, 500 g", 64_900, 135_000, barcodes=(COFFEE,)),
    Item("300", "Plums by weight", 39_900, 135_000, unit="kg"),
    Item("400", "Lamp", 1_990_000, 255_000, barcodes=(EITHER_LAMP,)),
    Item("401", "Lamp shade, blue", 390_000, 255_000, barcodes=(EITHER_LAMP,)),
    Item("500", LONG, 12_999_900, 255_000, barcodes=("6400000000034",)),
    Item("600", "Newspaper", 35_000, 100_000),
    Item("700", "Ĝuste śćiśle 北京 قهوة", 50_000, 135_000),
)
STOCK = (Stock("100", 12_000), Stock("200", 3_000), Stock("400", -1_000), Stock("500", 250_000))
CUSTOMERS = (
    Customer("C1", "Virtanen Oy", account=True),
    Customer("C2", "Maija-Liisa Kauppinen-Hämeenlinnalainen"),
    Customer("C3", "Åsa Öberg"),
)
LINES = "[...document.querySelectorAll('.lines .line')].map((one) => ['.count', '.name'].map((part) => one.querySelector(part).innerText))"
QUOTES = (Quote("Q-77", "C1", "2099-12-31", (OrderLine("400", "Lamp", 2_000, 1_800_000),)),)
LONG_NAME = "Päivi-Kaarina Korhonen-Hämeenkyröläinen"
GRANTS = [
    {"id": "g1", "person": LONG_NAME, "right": "discount", "each_minor": 50_000},
    {"id": "g2", "person": LONG_NAME, "right": "refund", "each_minor": None},
]
GRANT = {
    "role": None,
    "each_minor": None,
    "day_minor": None,
    "share_ppm": None,
    "from_day": None,
    "until_day": None,
    "only_in_outage": False,
    "given_by": "",
}
FINGERS_MS = 75  # Between two keys of somebody quick; a scanner needs three.
SCANNER_MS = 3


@contextmanager
def stand(
    folder: Path, settings: str = 'shop_name = "Nurmi & Laine"\nbusiness_id = "1234567-8"\naddress = "Kauppakatu 3, Tampere"\n'
) -> Iterator[Desk]:
    """A box with a few items, Anna (2580) and somebody with a long name (1470) who may allow more."""
    with counter(folder, settings, items=ITEMS, stock=STOCK, customers=CUSTOMERS, quotes=QUOTES) as desk:
        desk.box.staff.post("/v1/pins", json={"name": LONG_NAME, "pin": "1470"}).raise_for_status()
        desk.line.files = till_page.FOLDER
        desk.line.edit = shop_with()
        yield desk


def shop_with(more: Callable[[str, Any], Any] | None = None, **changes: Any) -> Callable[[str, Any], Any]:
    """An edit of what the box tells: the shop with grants, and these changes."""

    def edit(path: str, told: Any) -> Any:
        if path == "/v1/till/shop" and "shop_name" in told:
            told = {**told, "grants": [{**GRANT, **one} for one in GRANTS], **changes}
        return more(path, told) if more else told

    return edit


class Person:
    """Somebody at a till: eyes, fingers and a scanner."""

    def __init__(self, context: Any, desk: Desk) -> None:
        self.desk, self.page, self.faults = desk, context.new_page(), []
        self.page.on("pageerror", lambda error: self.faults.append(f"{error} {error.stack}"))
        self.page.on(
            "console", lambda told: self.faults.append(told.text) if told.type == "error" and "Security Policy" in told.text else None
        )
        self.keys = context.new_cdp_session(self.page)
        self.at = 0.0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(FINGERS_MS)

    def type(self, text: str) -> None:
        self.press(*text)

    def scan(self, code: str, end: str | None = "Enter") -> None:
        """All signs and the suffix, three milliseconds apart by their own time."""
        self.at = max(self.at + 0.15, self.page.evaluate("Date.now()") / 1000)
        for sign in code:
            self._key({"key": sign, "text": sign})
        if end:
            self._key({"key": end, "text": "\r" if end == "Enter" else ""})
        self.page.wait_for_timeout(150)

    def _key(self, key: dict[str, str]) -> None:
        self.at += SCANNER_MS / 1000
        kind = "keyDown" if key.get("text") else "rawKeyDown"
        self.keys.send("Input.dispatchKeyEvent", {"type": kind, "timestamp": self.at, **key})
        self.keys.send("Input.dispatchKeyEvent", {"type": "keyUp", "timestamp": self.at, "key": key["key"]})

    def sees(self, screen: str) -> None:
        self.page.wait_for_selector(f"[data-screen={screen}]", timeout=15_000)

    def text(self, where: str = "main") -> str:
        return str(self.page.inner_text(where)).replace("\xa0", " ")

    @property
    def basket(self) -> list[tuple[str, str]]:
        """(quantity, name) of each line in sight."""
        return [(count, name.split("\n")[0]) for count, name in self.page.evaluate(LINES)]

    def sees_basket(self, *lines: tuple[str, str]) -> None:
        """Waits until these lines and no others are in sight: a scan is kept before it is shown."""
        until(lambda: [*lines] == self.basket, said=f"{lines} in the basket")

    def fields(self) -> list[str]:
        """What stands in every field."""
        return list(self.page.evaluate("[...document.querySelectorAll('input, textarea')].map((one) => one.value)"))

    def enrol(self, name: str = "Counter 1") -> None:
        self.page.goto(f"{self.desk.line.url}/till/#enrol={self.desk.code(name)}")
        self.sees("enrol")
        self.page.fill("[name=name]", name)
        self.page.click("[data-key=enter]")
        self.sees("sign-in")

    def sign_in(self, name: str = "Anna", pin: str = "2580") -> None:
        self.page.click(f"[data-key=name]:has-text('{name}')")
        self.type(pin)
        self.press("Enter")
        self.sees("sell")
        when(self.page, "document.querySelector('[data-sign=ages]')?.textContent.includes(' old')||document.documentElement.lang==='fi'")

    def at_the_till(self) -> None:
        self.enrol()
        self.sign_in()
