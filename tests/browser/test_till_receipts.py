"""Receipts from the till's own screen, by the box's printer and by the browser: never a second one without the mark."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.counter import until
from browser.till_stand import BREAD, Person, shop_with, stand
from crash.test_receipts import Served
from unit.receipts.test_mail import Box as MailBox
from unit.receipts.test_mail import mail_server

pytestmark = pytest.mark.xdist_group("test_till_receipts")
SETTINGS = """shop_name = "Nurmi & Laine"
business_id = "1234567-8"
address = "Kauppakatu 3, Tampere"
receipt_printer = "tcp://127.0.0.1:{port}"
receipt_profile = "generic-80"
mail_server = "127.0.0.1:{mail}"
mail_security = "none"
mail_from = "shop@example.fi"
"""
TITLE = re.compile(r"^ *RECEIPT( - COPY)? *$")
MARK = "Recorded during an outage"
PAPERS = "globalThis.papers = []; globalThis.print = () => globalThis.papers.push(document.querySelector('.paper')?.innerText ?? '');"


class Shop:
    """A till after one sale, the box's printer, and what the browser would have printed."""

    def __init__(self, person: Person, printer: Any) -> None:
        self.person, self.desk, self.printer = person, person.desk, printer

    def box_is(self, standing: str) -> None:
        self.person.page.wait_for_selector(f"[data-sign=box]:has-text('Box {standing}')", timeout=30_000)

    def printed(self, n: int) -> list[bool]:
        """Once so many receipts came out at the box: which of them have the mark."""

        def titles() -> list[bool]:
            return [title[1] is not None for strip in self.printer.paper.all() for line in strip if (title := TITLE.match(line))]

        return list(until(lambda: len(titles()) >= n and titles(), said=f"{n} at the box"))

    def by_browser(self, n: int) -> list[bool]:
        """Once the browser printed so many: which of them have the mark."""
        until(lambda: len(self.person.page.evaluate("papers")) >= n, said=f"{n} by the browser")
        papers = self.person.page.evaluate("papers")
        return ["RECEIPT - COPY" in one for one in papers]

    def told(self, n: int) -> list[tuple[str, bool, bool]]:
        """Once the journal heard of so many: the way, whether a copy, whether for certain."""

        def heard() -> list[dict[str, Any]]:
            return [one for one in self.desk.entries() if "receipt" == one["kind"]]

        kept = until(lambda: len(heard()) >= n and heard(), said=f"{n} told")
        return [(one["body"]["way"], one["body"]["is_copy"], one["body"]["is_certain"]) for one in kept]


@pytest.fixture
def letters() -> Iterator[MailBox]:
    """What the shop's mail server takes."""
    box = MailBox()
    with mail_server(box) as box.port:
        yield box


@pytest.fixture
def shop(tmp_path: Path, chromium: Any, letters: MailBox) -> Iterator[Shop]:
    with Served() as printer, stand(tmp_path, SETTINGS.format(port=printer.port, mail=letters.port)) as desk:
        context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="en-GB", timezone_id="Europe/Helsinki")
        context.add_init_script(PAPERS)
        person = Person(context, desk)
        person.at_the_till()
        person.scan(BREAD)
        person.press("F9", "Enter")
        person.sees("paid")
        until(lambda: 1 == len(desk.sales()), said="the sale at the box")
        yield Shop(person, printer)
        assert [] == person.faults
        desk.line.mend()
        context.close()


def test_a_receipt_that_the_box_did_not_answer_for_is_not_printed_here_as_well(shop: Shop) -> None:
    """The box has it printed, and its answer is lost: the screen says to look, the browser prints nothing, the next one is a copy."""
    heard = threading.Event()
    shop.desk.line.edit = shop_with(lambda path, told: heard.wait(30) and told if path.startswith("/v1/receipts") else told)
    shop.person.press("p")
    shop.person.page.wait_for_selector("[data-fault]:has-text('may have come out')", timeout=15_000)
    assert "print a copy" in shop.person.text("[data-fault]")
    assert [False] == shop.printed(1)
    heard.set()
    shop.box_is("here")
    shop.person.press("p")
    assert [False, True] == shop.printed(2)
    assert [] == shop.by_browser(0)
    assert [("printer", False, True), ("printer", True, True)] == shop.told(2)


def test_a_receipt_by_the_browser_counts(shop: Shop) -> None:
    """The box is away: the browser prints, a second time as a copy; with the box back it is one more copy, and the journal heard of all."""
    shop.desk.line.away = True
    shop.box_is("away")
    shop.person.press("p")
    assert [False] == shop.by_browser(1)
    shop.person.page.wait_for_selector("[data-key=print]:has-text('Print a copy')")
    shop.person.press("p")
    assert [False, True] == shop.by_browser(2)
    shop.desk.line.away = False
    shop.box_is("here")
    assert [("screen", False, False), ("screen", True, False)] == shop.told(2)
    shop.person.press("p")
    assert [True] == shop.printed(1)
    assert ("printer", True, True) == shop.told(3)[2]
    assert [False, True] == shop.by_browser(2)


def test_a_quote_is_no_receipt(shop: Shop) -> None:
    """Printed twice by the browser it has no mark, and the journal hears of no receipt."""
    page = shop.person.page
    shop.person.press("Enter")
    shop.person.scan(BREAD)
    page.wait_for_selector(".lines .line")
    page.click("[data-key=more]")
    page.click("[data-place=quote]")
    shop.person.sees("paid")
    shop.person.press("p")
    shop.by_browser(1)
    shop.person.press("p")
    assert [False, False] == shop.by_browser(2)
    assert not any("receipt" == one["kind"] for one in shop.desk.entries())


def test_a_copy_says_of_the_outage_what_the_receipt_said(shop: Shop) -> None:
    """Sold before the box went away: no mark, also on a copy printed while it is away. Sold without the box: the mark, also later."""
    page = shop.person.page
    shop.desk.line.away = True
    shop.box_is("away")
    shop.person.press("p")
    shop.by_browser(1)
    page.wait_for_selector("[data-key=print]:has-text('Print a copy')")
    shop.person.press("p")
    assert [False, True] == shop.by_browser(2)
    shop.person.press("Enter")
    shop.person.scan(BREAD)
    page.wait_for_selector(".lines .line")
    shop.person.press("F9", "Enter")
    shop.person.sees("paid")
    shop.person.press("p")
    assert 3 == len(shop.by_browser(3))
    shop.desk.line.away = False
    shop.box_is("here")
    shop.person.press("Enter")
    page.click("[data-key=more]")
    page.click("[data-place=sales]")
    for number, is_marked in (("1", False), ("2", True)):
        page.click(f"[data-entry$='-{number}']")
        mark = f":has-text('{MARK}')"  # What is asked of the store comes a moment after the paper's number.
        page.wait_for_selector(f".paper:has-text('-{number} ')" + (mark if is_marked else f":not({mark})"))
    assert [False, False, True] == [MARK in one for one in page.evaluate("papers")]


def test_a_receipt_by_e_mail_is_asked_for_at_the_till(shop: Shop, letters: MailBox) -> None:
    """By keyboard alone, without paper; a wrong address uses nothing up, a second one is a copy, and the address stays in no browser."""
    page = shop.person.page
    shop.person.press("e")
    page.wait_for_selector("[data-dialog=mail]")
    page.keyboard.type("aino.makela@example")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-fault]:has-text('that is not an e-mail address')")
    page.fill("input[name=mail]", "aino.makela@example.fi")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-told]:has-text('It goes by e-mail')")
    page.wait_for_selector("[data-key=print]:has-text('Print a copy')")
    until(lambda: 1 == len(letters.letters), said="the letter")
    assert ["aino.makela@example.fi"] == letters.letters[0].rcpt_tos
    shop.person.press("p")
    assert [True] == shop.printed(1)
    assert [("mail", False, True), ("printer", True, True)] == shop.told(2)
    text = letters.letters[0].content.decode()
    assert "Rye bread" in text and "COPY" not in text
    kept = page.evaluate("import('/till/main.js').then(({ till }) => till.store.read(['entry'], (db) => db.entry.toArray()))")
    assert "aino.makela" not in repr(kept)


def test_a_receipt_that_the_printer_holds_back_goes_by_e_mail_instead(shop: Shop, letters: MailBox) -> None:
    """The printer is off: asked for by e-mail, the same receipt goes there, without a mark, and does not come out later as well."""
    page = shop.person.page
    shop.printer.mood = "no-paper"
    shop.person.press("p")
    page.wait_for_selector("[data-key=print]:has-text('Print a copy')", timeout=30_000)
    shop.person.press("e")
    page.fill("input[name=mail]", "aino.makela@example.fi")
    page.keyboard.press("Enter")
    until(lambda: 1 == len(letters.letters), said="the letter")
    assert "COPY" not in letters.letters[0].content.decode()
    shop.printer.mood = "well"
    shop.person.press("Enter")
    shop.person.scan(BREAD)
    shop.person.press("F9", "Enter")
    shop.person.sees("paid")
    shop.person.press("p")
    assert [False] == shop.printed(1)
    assert ("mail", False, True) == shop.told(2)[0]
