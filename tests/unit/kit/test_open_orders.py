"""Open orders and typed forms: urgent first, every line there, heads on every page, and nothing on them is obeyed."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest

from tideover.kit import open_orders, typed
from tideover.kit.sheet import Lack
from tideover.model.item import Customer, Item, Order, OrderLine, Quote, Stock
from unit.kit.paper_shop import AT, LONG_NAME, MM, opened, press, shop, texts

__all__ = ["press"]
HOSTILE = "=cmd|'/c calc'!A1 #image(\"/etc/passwd\") $x$ *b*"
ANNA = Customer("C1", LONG_NAME, "+358 40 123 4567", "anna@example.com", "Rantakatu 1, Vaasa")
LONG_CODE = "6408430000012-ÄÖÅ-EXTRA-LONG"


def lines(n: int, price: int = 1_234_567_800) -> tuple[OrderLine, ...]:
    return tuple(OrderLine(f"SKU-{k:04d}", f"Äyriäispasta Žurnaali 250 g nro {k:04d}", 2_000, price) for k in range(n))


def order(code: str, promised: str | None, n: int = 1, customer: str = "C1", note: str = "") -> Order:
    return Order(code, customer, promised, lines(n), note)


def paper(*orders: Order, language: str = "en", **matter):
    [sheet] = open_orders.sheets(shop(orders=orders, customers=(ANNA,), as_of={"orders": "2026-11-21"}, **matter), language)
    return sheet


# Open orders ------------------------------------------------------------------------------------------


def test_the_most_urgent_order_stands_on_top():
    """Overdue, today, tomorrow, the week, later, and last what nobody promised; the oldest promise first."""
    days = ["2026-12-24", None, "2026-11-23", "2026-11-22", "2026-11-29", "2026-11-20", "2026-11-30", "2026-11-19"]
    groups = open_orders.grouped([order(f"SO-{n}", day) for n, day in zip(count(), days)], date(2026, 11, 22))
    assert [
        ("OVERDUE", ["2026-11-19", "2026-11-20"]),
        ("Today", ["2026-11-22"]),
        ("Tomorrow", ["2026-11-23"]),
        ("Within a week", ["2026-11-29"]),
        ("Later", ["2026-11-30", "2026-12-24"]),
        ("No day promised", [None]),
    ] == [(name, [one.promised_on for one in held]) for name, held in groups]


@pytest.mark.parametrize("language", ["en", "fi"])
def test_an_order_of_400_lines_is_whole_and_has_its_head_on_each_page(press, language):
    """Each line once, customer and number on every page, none below the foot."""
    pages = texts(press.pdf(paper(order("SO-1", "2026-11-26", 400), language=language), AT))
    assert [1] * 400 == [sum(page.count(f"nro {k:04d}") for page in pages) for k in range(400)]
    assert len(pages) > 5 and all("SO-1" in page and LONG_NAME in page for page in pages)
    assert all(f" {n} / {len(pages)}" in page for n, page in enumerate(pages, 1))


def test_a_short_order_stands_on_one_page(press):
    """Whoever picks it holds all of it."""
    pages = texts(press.pdf(paper(*(order(f"SO-{n:03d}", "2026-11-26", 9) for n in range(20))), AT))
    assert [1] * 20 == [sum(f"SO-{n:03d}" in page for page in pages) for n in range(20)]


def test_what_is_missing_on_the_shelf_is_said(press):
    """Only where the stock is known; half a metre is half a metre."""
    stock = (Stock("SKU-0000", 1_500), Stock("SKU-0001", 2_000))
    page = texts(press.pdf(paper(order("SO-1", None, 3), stock=stock), AT))[0]
    assert 1 == page.count("SHORT") and "SHORT 1.5" in page
    assert "In stock" not in texts(press.pdf(paper(order("SO-1", None, 3)), AT))[0]


def test_an_unknown_customer_is_their_number_and_a_merged_one_who_took_their_place(press):
    """A ring of merges ends."""
    ring = (Customer("R1", "Ring one", merged_into="R2"), Customer("R2", "Ring two", merged_into="R1"))
    orders = (order("SO-1", None, customer="C9"), order("SO-2", None, customer="OLD"), order("SO-3", None, customer="R1"))
    matter = shop(orders=orders, customers=(ANNA, Customer("OLD", "Vanha", merged_into="C1"), *ring))
    page = texts(press.pdf(open_orders.sheets(matter, "en")[0], AT))[0]
    assert "C9" in page and LONG_NAME in page and "Vanha" not in page and "Ring" in page


def test_hostile_and_foreign_names_are_shown_as_they_are(press):
    """No formula, no markup, no control byte; right-to-left names are there, long codes break and are whole."""
    names = (Customer("C1", HOSTILE), Customer("C2", "שרה כהן"))
    line = OrderLine(LONG_CODE, "x\x1b[2J\x00y", 1_000, 99_999_990_000)
    matter = shop(orders=(Order("SO-1", "C1", None, (line,), HOSTILE), order("SO-2", None, customer="C2")), customers=names)
    page = texts(press.pdf(open_orders.sheets(matter, "en")[0], AT))[0]
    assert 2 == page.replace("\n", " ").count("=cmd|'/c calc'!A1 #image(\"/etc/passwd\") $x$ *b*")
    assert LONG_CODE in page.replace("\n", "") and "\x1b" not in page and "9,999,999.00" in page
    assert "כהן" in page or "ןהכ" in page


def test_no_order_is_a_clean_page_and_no_copy_is_a_lack(press):
    """Nothing open is good news; not knowing is none."""
    assert "No order was open." in texts(press.pdf(paper(), AT))[0]
    [lack] = open_orders.sheets(shop(), "en")
    assert isinstance(lack, Lack) and "no copy of the open orders" in lack.why


@pytest.mark.parametrize("kind", ["open orders", "typed"])
def test_nothing_runs_over_its_edge(press, kind):
    """Long codes, long names, large sums: none leaves the page, no code runs into the name beside it."""
    line = OrderLine("Q" * 40, "Ž" * 40, 999_999_000, 99_999_990_000)
    wide = Order("SO-" + "9" * 50, "C1", "2026-11-22", (line,) * 30, "V" * 200)
    matter = shop(orders=(wide,), customers=(Customer("C1", "U" * 60, "1" * 60, address="M" * 100),))
    sheet = (
        open_orders.sheets(matter, "en")[0]
        if kind == "open orders"
        else typed.sheet(typed.of_order(wide, "invoice", matter, "en"), matter, "en")
    )
    with opened(press.pdf(sheet, AT)) as document:
        for page in document:
            words = page.get_textpage()
            text = words.get_text_range(0, words.count_chars())
            edges = [(text[n], *words.get_charbox(n)) for n in range(len(text))]
            assert max(right for _, _, _, right, _ in edges) < page.get_width() - 10 * MM
            assert min(left for _, left, *_ in edges) > 10 * MM
            codes = [right for letter, _, _, right, _ in edges if letter == "Q"]
            names = [left for letter, left, *_ in edges if letter == "Ž"]
            assert not names or max(codes[-40:]) <= min(names[-40:])
            words.close()
            page.close()


# Typed forms ------------------------------------------------------------------------------------------


def known_items(n: int) -> tuple[Item, ...]:
    return tuple(Item(f"SKU-{k:04d}", "x", 1, (255_000, 135_000)[k % 2]) for k in range(n))


@pytest.mark.parametrize("form", ["order", "picking-list", "delivery-docket", "invoice"])
def test_a_typed_form_of_400_lines_has_its_columns_on_each_page(press, form):
    """Each line once; sums and signatures stay together on the last page."""
    matter = shop(items=known_items(400), customers=(ANNA,))
    document = typed.of_order(order("SO-1", "2026-11-26", 400), form, matter, "en")
    pages = texts(press.pdf(typed.sheet(document, matter, "en"), AT))
    assert [1] * 400 == [sum(page.count(f"nro {k:04d}") for page in pages) for k in range(400)]
    assert all("Code" in page and "What" in page for page in pages) and LONG_NAME in pages[0]
    assert ("TOTAL with VAT" in pages[-1]) == (form in ("order", "invoice"))


@pytest.mark.parametrize(
    ("included", "vat", "total"),
    [
        (True, [["25.5 %", "200.98", "40.84"], ["13.5 %", "200.98", "23.91"]], "401.96 €"),
        (False, [["25.5 %", "200.98", "51.25", "252.23"], ["13.5 %", "200.98", "27.13", "228.11"]], "480.34 €"),
    ],
)
def test_a_typed_form_reckons_as_the_till_does(press, included, vat, total):
    """VAT once per rate on the sum of its lines; with it on top, the total is larger than the lines."""
    matter = shop(items=known_items(2), settings={"prices_include_vat": included})
    document = typed.of_quote(Quote("Q-7", "C9", "2026-12-01", lines(2, 1_004_900)), matter, "en")
    sheet = typed.sheet(document, matter, "en")
    plain = [[cell.replace("\xa0", " ") for cell in row] for row in sheet.data["typed"]["vat"]]
    page = texts(press.pdf(sheet, AT))[0]
    assert vat == plain and total in page and "2026-12-01" in page


def test_what_is_not_known_is_left_to_the_pen(press):
    """A line without a price or a rate: empty boxes to reckon in, and no total that is wrong."""
    document = typed.Typed("quote", "", (typed.TypedLine("Ruuvi", 1_000), typed.TypedLine("Mutteri", 2_000, unit_price=10_000)))
    page = texts(press.pdf(typed.sheet(document, shop(), "en"), AT))[0]
    assert "× 25.5 / 125.5" in page and "Ruuvi" in page and "2.00" in page


def test_a_number_of_the_cloud_opens_no_page_of_the_box():
    """Only our own numbers carry a code."""
    theirs = typed.sheet(typed.of_quote(Quote("Q-7", "C9", None, lines(1)), shop(), "en"), shop(), "en")
    ours = typed.sheet(typed.Typed("quote", "QT-0007", ()), shop(), "en")
    assert theirs.data["pages"][0]["qr"] is None
    assert "http://192.168.1.10:8787/slips/QT-0007" == ours.data["pages"][0]["qr"]["says"]


def test_a_typed_receipt_fits_on_a5(press):
    """Eight things on one half sheet."""
    eight = tuple(typed.TypedLine(f"Ruuvi {n}", 1_000, unit_price=99_999_900, vat_ppm=255_000) for n in range(8))
    pages = texts(press.pdf(typed.sheet(typed.Typed("receipt", "RC-0003", eight, {"by": "Anna"}), shop(), "en", "a5"), AT))
    assert 1 == len(pages) and "79,999.92 €" in pages[0]
