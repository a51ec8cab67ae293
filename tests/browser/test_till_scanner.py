"""A scanner types thirteen digits in forty milliseconds into whatever is shown: the item is in the basket and no field has changed."""

from __future__ import annotations

import pytest

from browser.counter import until, when
from browser.till_stand import BREAD, COFFEE, EITHER_LAMP, Person, shop_with, stand

pytestmark = [pytest.mark.xdist_group("test_till_scanner")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with stand(tmp_path_factory.mktemp("stand")) as one:
        yield one


@pytest.fixture(scope="module")
def person(chromium, desk):
    """One person for the whole file; each test begins with an empty basket."""
    desk.line.edit = shop_with()
    context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="en-GB")
    one = Person(context, desk)
    one.at_the_till()
    yield one
    assert [] == one.faults
    context.close()


@pytest.fixture
def empty(person):
    while person.page.locator("[data-dialog] [data-key=close]").count():
        person.page.click("[data-dialog] [data-key=close]")
    if person.page.locator("[data-screen=sell]").count() == 0:
        person.page.reload()
        person.sees("sign-in")
        person.sign_in()
    person.press("Escape", "Escape")
    while person.page.locator(".line").count():
        person.press("Delete")
    return person


PLACES = {"refund": "refund", "quotes": "quotes", "sales": "sales", "drawer": "drawer", "report": "report"}


@pytest.mark.parametrize("place", PLACES)
def test_a_scan_on_any_screen_is_the_next_item(empty, place):
    """And the screen that sells is shown."""
    empty.press("F10")
    empty.page.click(f"[data-place={place}]")
    empty.sees(PLACES[place])
    before = empty.fields()
    empty.scan(BREAD)
    empty.sees("sell")
    empty.sees_basket(("1", "Rye bread"))
    assert set(before) <= {""} and set(empty.fields()) <= {""}


@pytest.mark.parametrize("dialog", ["customer", "free", "note", "park"])
def test_a_scan_behind_a_dialog_changes_no_field(empty, dialog):
    """What was typed in the dialog stays as it was, wherever the cursor stands."""
    empty.scan(COFFEE)
    empty.page.click(f"[data-key={dialog}]")
    first = empty.page.locator("[data-dialog] input").first
    first.fill("red jacket")
    for field in empty.page.locator("[data-dialog] input").all():
        field.focus()
        before = empty.fields()
        empty.scan(BREAD)
        assert before == empty.fields()
    until(lambda: ["Coffee, 500 g", "Rye bread"] == [name for _, name in empty.basket], said="what was scanned in the basket")


def test_a_scan_while_somebody_allows_more_is_no_pin(empty):
    """The dialog stays with the digits that were typed; the item waits in the basket behind it. So it is where somebody hands over."""
    empty.scan(COFFEE)
    empty.press("F4", "3", "Enter")
    empty.page.wait_for_selector("[data-dialog=allow]")
    empty.page.fill("[name=pin]", "14")
    for n, where in enumerate(("[name=pin]", "[data-dialog] [data-key=close]"), 1):
        empty.page.focus(where)
        empty.scan(BREAD)
        empty.sees_basket(("1", "Coffee, 500 g"), (str(n), "Rye bread"))
        assert "14" == empty.page.input_value("[name=pin]")
    assert 0 == empty.page.locator("[data-fault]").count()
    empty.page.fill("[name=pin]", "1470")
    empty.press("Enter")
    empty.page.wait_for_selector("[data-dialog]", state="detached")
    assert "off 3.00" in empty.page.locator(".line").first.inner_text()  # The line that it was meant for.
    empty.page.click("[data-key=operator]")
    empty.page.wait_for_selector("[data-dialog=operator]")
    empty.scan(COFFEE, None)
    empty.sees_basket(("1", "Coffee, 500 g"), ("2", "Rye bread"), ("1", "Coffee, 500 g"))
    assert 1 == empty.page.locator("[data-dialog=operator]").count()


QUICK = """async () => {
  const entry = document.querySelector("#entry");
  for (const key of "offee") entry.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  for (const until = performance.now() + 45; performance.now() < until;); // No timer of the page runs meanwhile.
  const found = document.querySelector("#found-0");
  found.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, cancelable: true }));
  found.click();
}"""


def test_letters_typed_quickly_before_a_touch_are_not_left_for_the_next_item(empty):
    """Quick fingers are held for a moment, in case they are a scan; the touch that follows at once ends that moment."""
    empty.press("c")
    empty.page.wait_for_selector("#found-0:has-text('Coffee')")
    empty.page.evaluate(QUICK)
    empty.sees_basket(("1", "Coffee, 500 g"))
    empty.page.wait_for_timeout(200)
    assert "" == empty.page.input_value("#entry")


def test_a_scan_while_a_sale_is_taken_back_ticks_its_line(empty):
    """What was not bought then is named and changes nothing; of two items with one code it is the bought one; in the menu it is sold."""
    empty.scan(COFFEE)
    empty.type("lamp sh")
    empty.press("Enter")
    empty.sees_basket(("1", "Coffee, 500 g"), ("1", "Lamp shade, blue"))
    empty.press("F9", "Enter")
    empty.sees("paid")
    empty.press("Enter", "F10", "1")
    empty.sees("refund")
    empty.page.locator("[data-sale]").first.click()
    empty.sees("refund-lines")
    empty.scan(BREAD)
    empty.page.wait_for_selector("[data-fault]:has-text('Rye bread is not on this receipt')")
    empty.sees("refund-lines")
    assert "–" == empty.page.inner_text("[data-pick='0'] .count")
    empty.scan(COFFEE)
    empty.page.wait_for_selector("[data-pick='0'][aria-checked=true]")
    empty.scan(EITHER_LAMP)
    empty.page.wait_for_selector("[data-pick='1'][aria-checked=true]")
    empty.scan(EITHER_LAMP)
    empty.page.wait_for_selector("[data-fault]:has-text('Lamp is not on this receipt, or came back already')")
    empty.press("Escape", "Escape")
    empty.sees("more")
    empty.scan(BREAD)
    empty.sees("sell")
    empty.sees_basket(("1", "Rye bread"))


def test_a_scan_while_a_device_becomes_a_till_changes_no_field(chromium, desk):
    """Only the code from the box's page of tills, read as the link that it is, goes where it belongs."""
    context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="en-GB")
    one = Person(context, desk)
    one.page.goto(f"{desk.line.url}/till/")
    one.sees("enrol")
    one.page.fill("[name=name]", "Counter 9")
    for field in ("[name=code]", "[name=name]"):
        one.page.focus(field)
        one.scan(BREAD)
        one.page.wait_for_selector(f"[data-told]:has-text('{BREAD}')")
        assert ["", "Counter 9"] == one.fields()
    code = desk.code("Counter 9")
    one.scan(f"{desk.line.url}/till/#enrol={code}")
    until(lambda: [code, "Counter 9"] == one.fields(), said="the code in its field")
    one.page.click("[data-key=enter]")
    one.sees("sign-in")
    assert [] == one.faults
    context.close()


@pytest.mark.parametrize("field", ["#entry", "[name=reference]"])
def test_a_scan_while_paying_never_becomes_money(empty, field):
    """The item is added, the sum follows, and what was typed as money stays."""
    empty.scan(BREAD)
    empty.press("F9")
    empty.sees("pay")
    empty.press("F3", "1", "2")
    empty.page.focus(field)
    before = empty.fields()
    empty.scan(COFFEE)
    empty.sees("pay")
    until(lambda: "8.98 €" == empty.text("#due"), said="the sum with what was scanned")
    assert before == empty.fields()
    empty.press("Escape", "Escape")


def test_a_scan_while_a_price_is_asked_for_goes_into_the_basket(empty):
    """The question stays open with what was typed."""
    empty.scan(BREAD)
    empty.press("F3", "9")
    empty.scan(COFFEE)
    assert "9" == empty.page.input_value("#entry")
    empty.sees_basket(("1", "Rye bread"), ("1", "Coffee, 500 g"))


@pytest.mark.parametrize("end", ["Enter", "Tab", None])
def test_a_scanner_ends_as_it_likes(empty, end):
    """Enter, Tab or nothing; twice the same is two of it."""
    empty.scan(BREAD, end)
    empty.scan(BREAD, end)
    empty.sees_basket(("2", "Rye bread"))
    assert "" == empty.page.input_value("#entry")


def test_a_second_enter_of_the_scanner_does_not_pay(empty):
    """Some send carriage return and line feed."""
    empty.scan(BREAD)
    empty._key({"key": "Enter", "text": "\r"})
    empty.page.wait_for_timeout(100)
    empty.sees("sell")
    empty.sees_basket(("1", "Rye bread"))


def test_fingers_are_never_taken_for_a_scanner(empty):
    """Two keys that come together, and a number typed with its Enter, stay what they are."""
    empty.at = empty.page.evaluate("Date.now()") / 1000
    for sign in "lam":  # Quick fingers: 3 ms apart.
        empty._key({"key": sign, "text": sign})
    when(empty.page, "document.querySelector('#entry').value === 'lam'")
    empty.type("p s")
    assert "lamp s" == empty.page.input_value("#entry")
    empty.press("Escape")
    empty.type("200")
    empty.press("Enter")
    empty.sees_basket(("1", "Coffee, 500 g"))


def test_an_unknown_code_says_what_to_do(empty):
    """Nothing is sold, and nobody stands before a dead end."""
    empty.scan("4006381333931")
    empty.page.wait_for_selector("[data-fault]")
    assert "4006381333931" in empty.text("[data-fault]") and "free line" in empty.text("[data-fault]")
    empty.page.locator("[data-fault]").get_by_role("button", name="Free line").click()
    empty.page.wait_for_selector("[data-dialog=free]")


def test_a_paid_sale_is_followed_by_the_next_customers_scan(empty):
    """Without a key in between."""
    empty.scan(BREAD)
    empty.press("F9", "Enter")
    empty.sees("paid")
    empty.scan(COFFEE)
    empty.sees("sell")
    empty.sees_basket(("1", "Coffee, 500 g"))


@pytest.mark.parametrize("end", ["Enter", None])
def test_a_scan_that_a_busy_page_hears_in_two_halves_is_one_item(empty, end):
    """Where no field has the focus, so that the first half was let out already."""
    empty.scan(COFFEE)
    empty.press("F9", "Enter")
    empty.sees("paid")
    empty.at = empty.page.evaluate("Date.now()") / 1000
    for sign in BREAD[:5]:
        empty._key({"key": sign, "text": sign})
    empty.page.wait_for_timeout(300)
    for sign in BREAD[5:]:
        empty._key({"key": sign, "text": sign})
    if end:
        empty._key({"key": end, "text": "\r"})
    empty.sees("sell")
    empty.page.wait_for_timeout(300)
    empty.sees_basket(("1", "Rye bread"))
    assert [] == empty.faults


def test_what_is_scanned_before_somebody_signed_in_waits(empty):
    """No digit gets into the PIN."""
    empty.page.reload()
    empty.sees("sign-in")
    empty.page.click("[data-key=name]:has-text('Anna')")
    empty.press("2")
    empty.scan(BREAD)
    assert "1" == empty.page.get_attribute(".pin", "data-digits")
    empty.type("580")
    empty.press("Enter")
    empty.page.wait_for_selector(".line >> text=Rye bread")


def test_the_set_up_page_tells_what_a_scanner_sends(empty):
    """And sells nothing by it."""
    empty.press("F10", "7")
    empty.sees("standing")
    empty.scan("4006381333931")
    empty.page.wait_for_selector("[data-scanner]:has-text('4006381333931')")
    assert "Enter" in empty.text("[data-scanner]")
    empty.press("Escape", "Escape")
    empty.sees("sell")
    assert [] == empty.basket
