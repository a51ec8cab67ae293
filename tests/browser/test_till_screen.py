"""The till's screens in a real browser before a real box: whole sales by keyboard alone, and what stands in nobody's way."""

from __future__ import annotations

import re
import time

import pytest

from browser.counter import until, when
from browser.stranger import README, Stranger, advice, is_known
from browser.till_stand import BREAD, COFFEE, LONG_NAME, Person, shop_with, stand
from tideover.settings import Settings

pytestmark = [pytest.mark.xdist_group("test_till_screen")]
STRANGER_S = 60  # From an enrolled till to a receipt in hand.


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with stand(tmp_path_factory.mktemp("stand")) as one:
        yield one


@pytest.fixture
def person(chromium, desk):
    desk.line.edit, desk.line.away = shop_with(), False
    context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="en-GB", timezone_id="Europe/Helsinki")
    one = Person(context, desk)
    one.at_the_till()
    yield one
    assert [] == one.faults
    context.close()


def kept(desk, number):
    """The entry of that number, as the box has it."""
    return until(lambda: next((one for one in desk.sales() if one["body"]["number"] == number), None), said=f"{number} at the box")


def number_of(person):
    return re.search(r"(?:Receipt|Refund) (\S+-\d+)", person.text(".tick"))[1]


def test_the_search_is_ready_before_anybody_searches(person):
    """Its index is made while nobody does anything, after the start and after new items."""
    assert when(person.page, "import('/till/main.js').then(({ till }) => till.catalogue.index !== null)")


def test_a_whole_sale_by_keyboard_alone(person, desk):
    """Quantity before a name, a changed line, cash with change, and the next customer; no mouse."""
    person.type("3*rye")
    person.press("Enter")
    person.type("lamp")
    person.press("ArrowDown", "Enter")
    person.sees_basket(("3", "Rye bread"), ("1", "Lamp shade, blue"))
    person.press("ArrowUp", "F2", "2", "Enter")
    person.sees_basket(("2", "Rye bread"), ("1", "Lamp shade, blue"))
    person.press("F9")
    person.sees("pay")
    assert "44.00 €" == person.text("#due")
    person.type("50")
    assert "6.00 €" in person.text(".change")
    person.press("Enter")
    person.sees("paid")
    assert "6.00 €" == person.text("[data-change]")
    entry = kept(desk, number_of(person))
    assert [("100", 2_000), ("401", 1_000)] == [(line["item"], line["quantity"]) for line in entry["body"]["lines"]]
    assert [("cash", 4_400, 5_000)] == [(one["kind"], one["amount_minor"], one["given_minor"]) for one in entry["body"]["tenders"]]
    person.press("Enter")
    person.sees("sell")
    assert "Scan the first item." in person.text()


def test_a_key_and_then_its_number_or_the_other_way_round(person):
    """3, Quantity and Quantity, 3 do the same."""
    person.scan(BREAD)
    person.press("4", "F2")
    person.sees_basket(("4", "Rye bread"))
    person.press("F2", "5", "Enter")
    person.sees_basket(("5", "Rye bread"))
    person.press("F4", "1", "0", "%", "Enter")
    person.page.wait_for_selector("text=off 1.24")  # 10 % of 12.45, and a cashier may give 10 %.
    person.press("Delete")
    person.page.wait_for_selector(".empty")


def test_split_tenders_with_the_terminals_slip(person, desk):
    """Some in cash, the rest by card; a payment that was not made is taken back."""
    person.scan(COFFEE)
    person.press("F9")
    person.sees("pay")
    person.press("2", "Enter")
    person.page.wait_for_selector(".tenders >> text=2.00")
    assert "4.50 €" == person.text("#due")
    person.page.click(".tenders button")
    person.page.wait_for_selector(".tenders", state="detached")
    person.press("3", "Enter", "F3")
    person.page.fill("[name=reference]", "004711")
    person.press("Enter")
    person.sees("paid")
    tenders = kept(desk, number_of(person))["body"]["tenders"]
    assert [("cash", 300, None), ("card", 349, "004711")] == [(one["kind"], one["amount_minor"], one["reference"]) for one in tenders]


def test_more_than_one_may_give_names_who_may(person, desk):
    """A discount over the limit asks for somebody else's PIN; a wrong one changes nothing."""
    person.scan(COFFEE)
    person.press("F4", "3", "Enter")
    person.page.wait_for_selector("[data-dialog=allow]")
    assert LONG_NAME in person.text("[data-dialog]") and "10 %" in person.text("[data-dialog]")
    person.page.fill("[name=pin]", "9999")
    person.press("Enter")
    person.page.wait_for_selector("[data-fault]")
    assert "6.49 €" == person.text("#total")
    person.page.click("[data-key=ok]")
    person.page.fill("[name=pin]", "1470")
    person.press("Enter")
    person.page.wait_for_selector("[data-dialog]", state="detached")
    assert "3.49 €" == person.text("#total")
    person.press("F9", "Enter")
    person.sees("paid")
    assert "g1" == kept(desk, number_of(person))["body"]["grant"]


NEWEST = """() => {
  const list = document.querySelector(".tenders");
  return list.lastElementChild.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom + 1;
}"""
SIX = (
    ("F2", "20", None, "Cash 20.00"),
    ("F3", "30", "004711", "Card 004711 30.00"),
    ("F4", "10", "MP-1", "Mobile MP-1 10.00"),
    ("F6", "25", "G 9", "Voucher G 9 25.00"),
    ("F8", "31.49", "RF18 5390", "Bank transfer RF18 5390 31.49"),
    ("F7", "", None, "On account C1 40.00"),
)


def takes(person, key, money, reference):
    """A part of the sum, with what the terminal or the paper says."""
    person.press(key)
    if reference:
        person.page.fill("[name=reference]", reference)
        person.page.focus("#entry")
    person.type(money)
    person.press("Enter")
    if money:
        person.page.wait_for_selector(f".tenders li:last-child:has-text('{reference or 'Cash'}')")
        person.page.wait_for_function(NEWEST)


def test_a_price_that_somebody_allows_is_paid_in_all_six_ways(person, desk):
    """A price far below the list needs another's PIN; each part of the money stands in the entry, and on the receipt by its name."""
    person.type("lamp")
    person.press("Enter", "F3", *"150", "Enter")
    person.page.wait_for_selector("[data-dialog=allow]")
    assert "199.00 €" == person.text("#total")
    person.page.fill("[name=pin]", "1470")
    person.press("Enter")
    person.page.wait_for_selector("#total:has-text('150.00')")
    assert "list price 199.00" in person.text(".lines")
    person.scan(COFFEE)
    person.press("F9")
    person.sees("pay")
    for key, money, reference, _ in SIX:
        takes(person, key, money, reference)
    person.page.click("[data-fault]:has-text('Whose account?') >> text='Choose the customer'")
    person.page.fill("[name=customer]", "virt")
    person.page.click("[data-choice=C1]")
    person.page.wait_for_selector(".how >> text=Virtanen Oy")
    person.press("Enter")
    person.sees("paid")
    entry = kept(desk, number_of(person))
    parts = [(one["kind"], one["amount_minor"], one["reference"]) for one in entry["body"]["tenders"]]
    assert [("cash", 2_000, None), ("card", 3_000, "004711"), ("mobile", 1_000, "MP-1"), ("voucher", 2_500, "G 9")] == parts[:4]
    assert [("transfer", 3_149, "RF18 5390"), ("account", 4_000, None)] == parts[4:]
    body = entry["body"]
    assert ("Anna", "g1", "C1", 1_500_000) == (entry["operator"], body["grant"], body["customer"], body["lines"][0]["unit_price"])
    paper = " ".join(person.text(".paper").split())
    assert [] == [told for *_, told in SIX if told not in paper]


def test_a_refund_with_its_receipt_and_one_without(person, desk):
    """A line of an earlier sale comes back once; without a receipt what is scanned comes back."""
    person.scan(BREAD)
    person.scan(BREAD)
    person.press("F9", "Enter")
    person.sees("paid")
    sold = number_of(person)
    person.press("Enter")
    person.press("F10", "1")
    person.sees("refund")
    person.page.click(f"[data-sale='{sold}']")
    person.sees("refund-lines")
    person.press("Space", "Enter")
    person.sees("pay")
    assert "2.50 €" == person.text("#due")
    person.press("Enter")
    person.sees("paid")
    refund = kept(desk, number_of(person))
    assert ("refund", -1_000) == (refund["kind"], refund["body"]["lines"][0]["quantity"])
    assert refund["refers_to"] == kept(desk, sold)["id"]
    person.press("Enter", "F10", "1")
    person.page.click("[data-key=without]")
    person.sees("sell")
    person.scan(COFFEE)
    person.sees_basket(("−1", "Coffee, 500 g"))
    person.press("F9", "Enter")
    person.sees("paid")
    assert "6.50 €" == person.text("[data-change]")


def test_a_basket_waits_while_another_customer_is_served(person):
    """Parked by a word, and fetched as it was."""
    person.scan(BREAD)
    person.press("F8")
    person.type("hat")
    person.press("Enter")
    person.page.wait_for_selector(".empty")
    person.scan(COFFEE)
    person.press("F9", "Enter")
    person.sees("paid")
    person.press("Enter", "F8")
    person.page.click("[data-fetch]:has-text('hat')")
    person.page.wait_for_selector(".line >> text=Rye bread")


def test_what_the_drawer_should_hold_is_shown_after_the_count(person):
    """Float in, count blind; then the difference in words."""
    person.press("F10", "5")
    person.sees("drawer")
    person.type("100")
    person.press("Enter")
    person.page.wait_for_selector("text=Put in: 100.00")
    person.press("F4")
    assert "Should be" not in person.text()
    person.type("98")
    person.press("Enter")
    person.page.wait_for_selector("[data-counted]")
    assert "▼ Short" in person.text("[data-counted]")


def test_a_quote_becomes_a_sale_at_its_price(person, desk):
    """Made from the basket, found again, sold."""
    person.scan(BREAD)
    person.press("F10", "2")
    person.sees("paid")
    assert "QUOTE" in person.text(".paper")
    person.press("Enter", "F10", "3")
    person.sees("quotes")
    person.page.click("[data-quote='Q-77']")
    person.sees("sell")
    assert "360.00 €" == person.text("#total")
    person.press("F9", "F3", "Enter")
    person.sees("paid")
    assert "Q-77" == kept(desk, number_of(person))["body"]["quote"]


def test_the_box_goes_away_and_comes_back_without_a_click(person, desk):
    """Selling goes on, the signs say so, and everything is sent afterwards."""
    desk.line.away = True
    person.page.wait_for_selector("[data-sign=box].away:has-text('Box away: selling goes on')")
    person.scan(BREAD)
    person.press("F9", "Enter")
    person.sees("paid")
    assert "Stored on this device" in person.text() and "1 unsent" in person.text("[data-sign=queue]")
    desk.line.away = False
    when(person.page, "document.querySelector('[data-sign=queue]').textContent.includes('All sent')")
    assert kept(desk, number_of(person))


def test_a_second_tab_only_shows(person, chromium):
    """It says where to sell, and has nothing to press that could sell."""
    other = person.page.context.new_page()
    other.goto(person.page.url)
    other.wait_for_selector("[data-screen=second-tab]")
    assert "open in another tab" in other.inner_text("[role=alert]")
    assert 0 == other.locator("#entry").count()
    other.close()


def test_where_the_law_forbids_it_the_till_says_why_and_what_to_do(person, desk):
    """Rung 4 stays closed; slips are the way."""
    law = {
        "country": "DE",
        "till_lawful": False,
        "why": "An electronic till must have a certified security device (TSE); Tideover has none.",
    }
    law |= {"duties": ["Write a numbered receipt."], "receipt_always": True, "receipt_mark": "", "sources": ["AO"]}
    desk.line.edit = shop_with(law=law)
    person.page.reload()
    person.sees("closed-by-law")
    assert "TSE" in person.text() and "numbered slips" in person.text()
    assert 0 == person.page.locator("#entry").count()


def test_a_practice_box_cannot_be_taken_for_a_real_one(person, desk):
    """A loud frame in words, on screen and on paper."""
    desk.line.edit = shop_with(is_practice=True)
    person.page.reload()
    person.page.wait_for_selector(".practising")
    assert "PRACTICE" in person.text(".practising")


def test_a_stranger_sells_with_what_the_readme_says(chromium, desk):
    """Opens and presses what it names, in its order, else what the screen offers: a receipt within a minute, letting in and all."""
    said = advice()
    assert [] == [one for one in said.commands if not is_known(one)], "the README names a command that there is not"
    assert f"http://localhost:{Settings().port}" == said.address.removesuffix("/tills")
    context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="en-GB", timezone_id="Europe/Helsinki")
    page = context.new_page()
    page.goto(desk.box.url + "/tills")
    stranger, began = Stranger(page, said.names), time.monotonic()
    stranger.sell()
    assert said.names == stranger.pressed
    assert time.monotonic() - began < STRANGER_S
    receipt = page.inner_text(".paper").replace("\xa0", " ")
    for told in ("Nurmi & Laine", "1234567-8", "Kauppakatu 3", "Coffee, 500 g", "6.49", "13.5", "0.77", "No. "):
        assert told in receipt, told
    context.close()


def test_a_readme_that_names_what_is_not_there_is_found_out(chromium, desk):
    """A renamed button, a command that is gone: the stranger stands still and says what was looked for."""
    text = README.read_text(encoding="utf-8")
    assert not is_known("tideover boxes") and not is_known("tideover box --demonstrate")
    said = advice(text.replace("*Let a till in*", "*Invite a till*"))
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(desk.box.url + "/tills")
    with pytest.raises(AssertionError, match="Invite a till"):
        Stranger(page, said.names).sell()
    context.close()


def test_the_till_speaks_finnish(person, desk):
    """Chosen on the device; money and receipt with it, and what becomes of box, queue and prices."""
    person.press("F10", "7")
    person.sees("standing")
    person.page.click("[data-language=fi]")
    person.page.wait_for_selector("text=Kassan tila")
    person.press("Escape", "Escape")
    person.scan(BREAD)
    assert "2,49 €" == person.text("#total") and "Maksu" in person.text("[data-key=pay]")
    old = int((time.time() - 3 * 86_400) * 1000)
    desk.line.edit = shop_with(lambda path, told: {**told, "prices_as_of": old} if path == "/v1/till/standing" else told)
    person.page.wait_for_selector("[data-sign=ages].old:has-text('Hinnat 3 pv vanhat')")
    desk.line.away = True
    person.page.wait_for_selector("[data-sign=box]:has-text('Kone poissa: myynti jatkuu')")
    person.press("F9", "Enter")
    person.page.wait_for_selector("[data-sign=queue]:has-text('1 lähettämättä')")
    desk.line.away = False
    person.page.wait_for_selector("[data-sign=queue]:has-text('Kaikki lähetetty')")


def test_the_day_of_a_till_ends_with_its_z(person, desk):
    """By keyboard: not before the drawer is counted; then frozen at the box with its sums; what is sold later asks for a further one."""
    person.scan(BREAD)
    person.press("F9", "Enter")
    person.sees("paid")
    number = number_of(person)
    person.press("Enter", "F10", "6")
    person.sees("report")
    assert not person.page.locator("[data-key=z]").count()
    person.press("F9")
    person.sees("drawer")
    person.press("F4")
    person.type("2.50")
    person.press("Enter")
    person.page.wait_for_selector("[data-counted]")
    person.press("Escape", "6")
    person.sees("report")
    person.page.wait_for_selector("[data-key=z]")
    person.press("F9")
    person.page.wait_for_selector("[data-z]")
    assert "Z 1: this till's day" in person.text() and "· Z 1" in person.text(".paper")
    [frozen] = until(lambda: [one for one in desk.entries() if one["kind"] == "till_closed"], said="the Z at the box")
    body = frozen["body"]
    assert (number, number, 1, 249, 0) == (body["first"], body["last"], body["sales"], body["sales_minor"], body["refunds"])
    assert (250, 250, 1) == (body["expected_minor"], body["counted_minor"], body["number"])
    person.press("Escape", "Escape")
    person.scan(BREAD)
    person.press("F9", "Enter")
    person.sees("paid")
    person.press("Enter", "F10", "6")
    person.page.wait_for_selector("text=more came after it")
    person.press("F9")
    person.page.wait_for_selector("text=Z 2: this till's day")
