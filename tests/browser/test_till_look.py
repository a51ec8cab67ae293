"""How the till looks, measured: nothing that axe finds grave, targets large enough, no scrolling where none must be."""

from __future__ import annotations

import pytest

from browser.axe import violations_now
from browser.till_stand import BREAD, COFFEE, Person, shop_with, stand

pytestmark = [pytest.mark.xdist_group("test_till_look")]
SIZES = {"counter": (1024, 600), "phone": (390, 844), "large": (1920, 1080)}
TARGET_PX, PAYING_PX = 44, 64
SMALL = """(least) => [...document.querySelectorAll("button, input, select, a[href]")].map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < least || box.width < least))
  .map(([one, box]) => `${one.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
PAYING = """(least) => [...document.querySelectorAll(".main, [data-way], [data-note]")].map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < least || box.width < least))
  .map(([one, box]) => `${one.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
OVER = "() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
CUT = """() => [...document.querySelectorAll("button, .total, .huge, .due, output")].filter((one) => one.offsetWidth
  && getComputedStyle(one).overflowX === "visible" && one.scrollWidth > one.clientWidth + 2).map((one) => one.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with stand(tmp_path_factory.mktemp("stand")) as one:
        yield one


def seen(person, where):
    """Measures what is in sight; what is wrong is collected with its place."""
    page = person.page
    page.wait_for_timeout(120)
    found = [*violations_now(page), *page.evaluate(SMALL, TARGET_PX), *page.evaluate(PAYING, PAYING_PX), *page.evaluate(CUT)]
    over = page.evaluate(OVER)
    person.faults += [f"{where}: {one}" for one in [*found, *([f"scrolls by {over}"] if over != [0, 0] else [])]]


def sell_and_pay(person):
    page = person.page
    seen(person, "sell, empty")
    for code in (BREAD, COFFEE, "6400000000034", "6400000000034"):
        person.scan(code)
    seen(person, "sell")
    page.fill("#entry", "l")
    seen(person, "found")
    page.fill("#entry", "")
    for dialog in ("customer", "free", "note", "park", "operator"):
        page.click(f"[data-key={dialog}]")
        seen(person, dialog)
        page.click("[data-key=close]")
    page.click("[data-key=pay]")
    person.sees("pay")
    seen(person, "pay")
    page.click("[data-way=card]")
    seen(person, "pay by card")
    page.click(".keys > .main")
    person.sees("paid")
    seen(person, "paid")
    page.click("[data-key=next]")


def all_others(person):
    page = person.page
    page.click("[data-key=more]")
    seen(person, "more")
    for place in ("refund", "quotes", "sales", "drawer", "report", "standing"):
        page.click(f"[data-place={place}]")
        person.sees(place)
        page.wait_for_timeout(300)
        seen(person, place)
        page.click("[data-key=back]")
        person.sees("more")


@pytest.mark.parametrize(
    ("size", "language", "scheme"), [("counter", "fi", "light"), ("phone", "en", "light"), ("large", "en", "dark"), ("phone", "fi", "dark")]
)
def test_every_screen_can_be_read_and_hit(chromium, desk, size, language, scheme):
    """With 40-character names and six-digit sums, in both languages, light and dark."""
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, locale=f"{language}-{language.upper()}", color_scheme=scheme
    )
    desk.line.edit = shop_with(language=language)
    person = Person(context, desk)
    person.page.goto(f"{desk.line.url}/till/#enrol={desk.code(size)}")
    person.sees("enrol")
    seen(person, "enrol")
    person.page.fill("[name=name]", "Counter 1")
    person.page.click("[data-key=enter]")
    person.sees("sign-in")
    seen(person, "sign in")
    person.page.click("[data-key=name]:has-text('Anna')")
    seen(person, "PIN")
    person.type("2580")
    person.press("Enter")
    person.sees("sell")
    if language == "fi":  # The operator's own language is the shop's until they choose one.
        person.page.click("[data-key=standing]")
        person.page.click("[data-language=fi]")
        person.page.click("[data-key=back]")
        person.page.click("[data-key=back]")
    sell_and_pay(person)
    all_others(person)
    assert [] == person.faults
    context.close()


def test_the_number_pad_never_moves(chromium, desk):
    """On every screen that has one, its keys lie where they lay."""
    context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="en-GB")
    desk.line.edit = shop_with()
    person = Person(context, desk)
    person.enrol("pad")
    where = "() => { const { left, right } = document.querySelector('[data-key=\\'7\\']').getBoundingClientRect(); return [left, right]; }"
    main = """() => {
      const { left, right, bottom } = document.querySelector('.keys > .main').getBoundingClientRect();
      return [left, right, bottom];
    }"""
    person.page.click("[data-key=name]:has-text('Anna')")
    first, key = person.page.evaluate(where), person.page.evaluate(main)
    person.type("2580")
    person.press("Enter")
    person.sees("sell")
    person.scan(BREAD)
    for keys, screen in ((("F9",), "pay"), (("Escape", "F10", "5"), "drawer"), (("Escape", "Escape"), "sell")):
        person.press(*keys)
        person.sees(screen)
        assert (first, key) == (person.page.evaluate(where), person.page.evaluate(main)), screen
    context.close()
