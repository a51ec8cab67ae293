"""How the till looks, measured: nothing that axe finds grave, targets large enough, no scrolling where none must be."""

from __future__ import annotations

import pytest

from browser.axe import violations_now
from browser.counter import when
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
LOW = {"width": 360, "height": 640}
CLEAR = """() => {
  const [field, key] = ["[name=pin]", "[data-dialog] [data-key=take]"].map((one) => document.querySelector(one));
  const { top, bottom } = document.querySelector("[data-fault]").getBoundingClientRect();
  const veil = document.querySelector(".veil").getBoundingClientRect();
  const inSight = [field, key].every((one) => { const box = one.getBoundingClientRect();
    return one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)); });
  const { matches } = matchMedia("(pointer: coarse)");
  return inSight && (matches ? top === 0 && bottom <= veil.top + 1 : bottom >= innerHeight - 1 && top >= veil.bottom - 1);
}"""
READ_TOTAL = """() => document.querySelector("#total").checkVisibility()
  && (document.querySelector(".total").clientHeight > 40) !== matchMedia("(pointer: coarse)").matches"""  # The pay key shows it there.
ASKED_TOTAL = "() => document.querySelector('.total').clientHeight > 40"
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
    needs_leave(person)
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
    page.click("[data-key=mail]")
    seen(person, "mail")
    page.click("[data-key=close]")
    page.click("[data-key=next]")


def needs_leave(person):
    """More off than one may give, a wrong PIN, a code that nobody knows, and the keys."""
    page = person.page
    person.press("F4", *"300", "Enter")
    page.wait_for_selector("[data-dialog=allow]")
    page.fill("[name=pin]", "9999")
    page.click("[data-dialog] [data-key=take]")
    page.wait_for_selector("[data-fault]")
    seen(person, "allow, refused")
    small(person, CLEAR)  # What went wrong lies neither on the field nor on its key, and for fingers not where a keyboard rises.
    page.click("[data-key=ok]")
    page.click("[data-key=close]")
    small(person, ASKED_TOTAL)
    person.press("Escape")
    small(person, READ_TOTAL)
    person.scan("4006381333931")
    page.wait_for_selector("[data-fault]")
    seen(person, "nobody knows the code")
    page.click("[data-key=ok]")
    person.press("?")
    page.wait_for_selector("[data-dialog=keys]")
    seen(person, "keys")
    page.click("[data-key=close]")


def small(person, holds):
    """Waits until it holds, with fingers on a small phone's screen."""
    page, size = person.page, person.page.viewport_size
    page.set_viewport_size(LOW if page.evaluate("matchMedia('(pointer: coarse)').matches") else size)
    when(page, holds)
    page.set_viewport_size(size)


PHASES = {
    "second-tab": ("The till is open in another tab", "Kassa on auki toisessa välilehdessä"),
    "broken": ("The till cannot go on", "Kassa ei voi jatkaa"),
    "closed-by-law": ("This till may not sell here", "Tällä kassalla ei saa täällä myydä"),
    "revoked": ("This till was switched off", "Tämä kassa on poistettu käytöstä"),
}
LAW = {"till_lawful": False, "why": "No law page of this country allows it.", "duties": ["Keep the slips."], "sources": ["Act 658/2013"]}
NO_MEMORY = "IDBFactory.prototype.open = () => { throw new DOMException('No.', 'SecurityError'); };"


def all_phases(context, desk, person, language):
    """What stands where selling would: it says so in words, and what to do now."""

    def told(one, phase):
        one.sees(phase)
        assert PHASES[phase][language == "fi"] in one.text(), one.text()
        seen(one, phase)
        if one is not person:
            person.faults += one.faults

    second = Person(context, desk)
    second.page.goto(f"{desk.line.url}/till/")
    told(second, "second-tab")
    second.page.close()
    without = Person(context, desk)
    without.page.add_init_script(NO_MEMORY)
    without.page.goto(f"{desk.line.url}/till/")
    told(without, "broken")
    without.page.close()
    till = person.page.evaluate("import('/till/main.js').then(({ till }) => till.device.till)")
    desk.line.edit = shop_with(language=language, law=LAW)
    person.page.reload()
    told(person, "closed-by-law")
    desk.box.staff.post(f"/v1/tills/{till}/revoke", json={"why": "stolen"}).raise_for_status()
    told(person, "revoked")


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
        viewport={"width": width, "height": height}, locale=f"{language}-{language.upper()}", color_scheme=scheme, has_touch=size == "phone"
    )
    desk.line.edit = shop_with(language=language, has_mail=True)
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
    if size != "large":
        all_phases(context, desk, person, language)
    assert [] == person.faults
    context.close()


@pytest.mark.parametrize(("language", "told"), [("en", "does not trust the box yet"), ("fi", "ei vielä luota koneeseen")])
def test_a_device_that_does_not_trust_the_box_is_told_the_way(chromium, desk, language, told):
    """At an address that a browser keeps nothing for: the slips meanwhile, how to trust the box, its own machine; on a small phone."""
    context = chromium.new_context(viewport={"width": 360, "height": 640}, locale=language)
    person, plain = Person(context, desk), "http://kassa.lan"
    person.page.route(f"{plain}/**", lambda ask: ask.fulfill(response=ask.fetch(url=ask.request.url.replace(plain, desk.line.url))))
    person.page.goto(f"{plain}/till/")
    person.page.wait_for_selector(f"[data-screen=unsafe] h1:has-text('{told}')")
    links = person.page.evaluate("[...document.querySelectorAll('main a')].map((one) => one.getAttribute('href'))")
    assert ["/slips", "/trust", "http://localhost/till/"] == links
    seen(person, "unsafe")
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
