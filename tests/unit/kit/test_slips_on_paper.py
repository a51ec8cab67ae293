"""Pads of slips and blank forms: every number once, room for a pen, and a code that says what is printed beside it."""

from __future__ import annotations

import itertools
import re

import pypdfium2 as pdfium
import pytest
import segno

from tideover.kit import blanks, qr, slip_pads
from tideover.kit.rungs import rungs
from tideover.kit.sheet import Sheet
from tideover.plan.law import LAWS
from tideover.plan.series import FORM_OF, FORMS, SERIES, is_for_slips, is_of_trade
from tideover.trade.slip import parse_slip
from tideover.words import say
from unit.kit.paper_shop import AT, LONG_NAME, MM, is_dark, only_lacks, only_sheets, opened, pad, paths, press, shop, texts

__all__ = ["press"]
ROW_MIN = 8 * MM
DARK, SCALE = b"\x01", 6


def numbers_on(page: str) -> list[str]:
    return re.findall(r"\b[A-Z]{1,4}-\d{4,6}\b", page)


def gaps(page: pdfium.PdfPage) -> list[float]:
    """Heights between one ruled line and the next, of those that a person writes on."""
    ruled = sorted({round(bottom, 1) for left, bottom, right, top in paths(page) if top - bottom < 2 and right - left > 60})
    return [upper - lower for lower, upper in itertools.pairwise(ruled)]


def every_form(pads: int = 0, **settings: object) -> list[Sheet]:
    numbered = tuple(pad(series, 1, pads) for series in SERIES.values()) if pads else ()
    return only_sheets(blanks.sheets(shop(settings=settings, pads=numbered), "en"))


# Numbers ----------------------------------------------------------------------------------------------


def test_a_pad_has_a_cover_and_every_number_on_both_halves(press):
    """Twice on its page, and on no other; as many pages as slips and one."""
    [sheet] = slip_pads.sheets(shop(pads=(pad("A", 8, 12, issued_to="Anna", place="Till 1"),)), "en")
    cover, *pages = texts(press.pdf(sheet, AT))
    assert "slips-A-0008" == sheet.name and 5 == sheet.rows
    assert [[f"A-{n:04d}"] * 2 for n in range(8, 13)] == [numbers_on(page) for page in pages]
    assert all(word in cover for word in ("A-0008", "A-0012", "5 slips", "Anna", "Till 1", "Together: must be 5"))


def test_a_printed_number_is_what_keying_reads():
    """Each of them, of slips and of forms."""
    for series in ("A", "TILL", *SERIES.values()):
        for number in slip_pads.numbers(pad(series, 1, 2)) + slip_pads.numbers(pad(series, 999_999, 999_999)):
            assert number == str(parse_slip(number))


def test_no_number_is_printed_twice():
    """A pad that overlaps another one is named, not printed; the others are."""
    matter = shop(pads=(pad("A", 1, 10), pad("A", 10, 19), pad("A", 20, 21), pad("QT", 1, 4), pad("QT", 3, 9)))
    made = slip_pads.sheets(matter, "en")
    assert ["slips-A-0001", "slips-A-0020"] == [one.name for one in only_sheets(made)]
    assert ["Pad A-0010 to A-0019 holds numbers of another pad and was not printed: no number twice."] == [
        one.why for one in only_lacks(made)
    ]
    forms = blanks.sheets(matter, "en")
    assert 1 == sum(one.name.startswith("blank-quote") for one in only_sheets(forms)) and 1 == len(only_lacks(forms))


def test_a_large_pad_comes_in_booklets():
    """A hundred numbers each; together all of the pad, each once."""
    matter = shop(pads=(pad("A", 5, 254), pad("QT", 1, 101)))
    sheets = only_sheets(slip_pads.sheets(matter, "en"))
    assert [("slips-A-0005", 100), ("slips-A-0105", 100), ("slips-A-0205", 50)] == [(one.name, one.rows) for one in sheets]
    assert [f"A-{n:04d}" for n in range(5, 255)] == [slip["number"] for one in sheets for slip in one.data["slips"]]
    assert [100, 1] == [one.rows for one in only_sheets(blanks.sheets(matter, "en")) if "quote" in one.name]


def test_slips_and_forms_never_share_a_series():
    """Two letters for each form, and none is read as a digit; only receipts and refunds are sales like a slip."""
    assert len(FORMS) == len(set(SERIES.values())) == len(FORM_OF) and {2} == set(map(len, SERIES.values()))
    assert is_for_slips(pad("A", 1, 2)) and not is_for_slips(pad("QT", 1, 2))
    assert ["RC", "RF"] == [series for series in SERIES.values() if is_of_trade(series)] and is_of_trade("A")


def test_the_plan_names_pads_of_slips_only():
    """A pad of quotes is no way to sell."""
    rows = {row["number"]: row for row in rungs(shop(pads=(pad("QT", 1, 9), pad("A", 1, 9, place="Till 1"))), say("en"))}
    assert "A-0001–0009 (Till 1)" in str(rows["5"]) and "QT-" not in str(rows)


def test_a_shop_without_a_pad_is_told_what_to_do():
    """No slip without a number; the forms are printed with a line for it."""
    [lack] = slip_pads.sheets(shop(), "en")
    assert "slips" == lack.kind and "Hand one out" in lack.why
    assert {f"blank-{form}" for form in FORMS} == {sheet.name for sheet in every_form()}


def test_a_form_with_a_pad_prints_each_number_on_each_copy(press):
    """The customer's and the shop's; a picking list stays in the house."""
    sheets = {sheet.name: texts(press.pdf(sheet, AT)) for sheet in every_form(pads=2)}
    heads = [[number for number in numbers_on(page) if page.count(number)][-1] for page in sheets["blank-invoice-IN-0001"]]
    assert ["IN-0001", "IN-0001", "IN-0002", "IN-0002"] == heads
    assert ["Customer's copy", "Shop's copy"] * 2 == [
        "Customer's copy" if "Customer's copy" in page else "Shop's copy" for page in sheets["blank-invoice-IN-0001"]
    ]
    assert 2 == len(sheets["blank-picking-list-PK-0001"]) == len(sheets["blank-receipt-RC-0001"])


# Room for a pen ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("country", sorted(LAWS))
@pytest.mark.parametrize("known", [True, False])
def test_every_row_is_high_enough_for_a_hand(press, country, known):
    """Whatever the law wants above it, with a long name, and with nothing known of the shop."""
    settings = {} if known else {"shop_name": "The shop", "address": "", "business_id": ""}
    matter = shop(country, settings=settings, pads=(pad("A", 1, 1),))
    sheets = only_sheets([*blanks.sheets(matter, "fi"), *slip_pads.sheets(matter, "fi")])
    for sheet in sheets:
        body = press.pdf(sheet, AT)
        with opened(body) as document:
            assert len(document) == (2 if sheet.kind == "slips" else 1), sheet.name
            page = document[len(document) - 1]
            high = [gap for gap in gaps(page) if gap >= ROW_MIN]
            least = 4 if "refund" in sheet.name else 6
            assert least <= len(high), (sheet.name, high)
            page.close()


def test_a_slip_says_what_the_law_asks(press):
    """Finland: name, contact, business id, date, number, kind and quantity, sum, VAT by the rates of the day."""
    [sheet] = slip_pads.sheets(shop(pads=(pad("A", 1, 1),)), "fi")
    page = " ".join(texts(press.pdf(sheet, AT))[1].split())
    for words in (LONG_NAME, "+358 6 123 4567", "Y-tunnus 0112038-9", "A-0001", "Päivä", "Määrä", "25,5", "13,5", "× 25,5 / 125,5"):
        assert 2 == page.count(words) or (words in ("Päivä", "Määrä", "25,5", "13,5") and words in page), words


def test_the_mark_of_an_outage_stands_on_what_is_a_receipt(press):
    """On slips, receipts, refunds and invoices where the law wants it; on nothing else, and nowhere else."""
    matter = shop("AT", pads=(pad("A", 1, 1),))
    marked = set()
    for sheet in only_sheets([*blanks.sheets(matter, "en"), *slip_pads.sheets(matter, "en")]):
        if "Sicherheitseinrichtung ausgefallen" in texts(press.pdf(sheet, AT))[-1]:
            marked.add(sheet.name)
    assert {"slips-A-0001", "blank-receipt", "blank-refund", "blank-invoice"} == marked


def test_an_australian_invoice_is_a_tax_invoice_with_gst(press):
    """Its law wants the words; VAT is called GST there."""
    made = blanks.sheets(shop("AU", settings={"currency": "AUD", "prices_include_vat": False}), "en")
    page = texts(press.pdf(next(one for one in only_sheets(made) if one.name == "blank-invoice"), AT))[0]
    assert all(words in page for words in ("TAX INVOICE", "GST %", "Without GST", "TOTAL with GST", "× 10 / 100", "ABN"))
    assert "VAT" not in page


# The code ---------------------------------------------------------------------------------------------


def test_the_drawn_code_is_the_code(press):
    """Module by module, on both halves of the printed page."""
    [sheet] = slip_pads.sheets(shop(pads=(pad("A", 17, 17),)), "en")
    wanted = [list(row) for row in segno.make("http://192.168.1.10:8787/slips/A-0017", micro=False, error="m").matrix]
    with opened(press.pdf(sheet, AT)) as document:
        page = document[1]
        bitmap = page.render(scale=SCALE, grayscale=True)
        height = page.get_height()
        boxes = [box for box in paths(page) if 40 < box[2] - box[0] < 60 and abs((box[2] - box[0]) - (box[3] - box[1])) < 0.1]
        assert 2 == len(boxes)
        for left, _, right, top in boxes:
            side = (right - left) / len(wanted)
            assert wanted == [
                [
                    int(is_dark(bitmap, (left + (x + 0.5) * side) * SCALE, (height - top + (y + 0.5) * side) * SCALE))
                    for x in range(len(wanted))
                ]
                for y in range(len(wanted))
            ]
        bitmap.close()
        page.close()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"bind": "127.0.0.1"}, "A-0017"),
        ({"bind": "127.0.0.1", "host_names": ("kassa.local",)}, "A-0017"),
        ({"bind": "0.0.0.0"}, "A-0017"),
        ({"bind": "0.0.0.0", "host_names": ("localhost", "Kassa.local")}, "http://kassa.local:8787/slips/A-0017"),
        ({"bind": "192.168.1.10"}, "http://192.168.1.10:8787/slips/A-0017"),
        ({"bind": "192.168.1.10", "port": 80}, "http://192.168.1.10/slips/A-0017"),
        ({"bind": "192.168.1.10", "port": 0}, "A-0017"),
        ({"bind": "fd00::10"}, "http://[fd00::10]:8787/slips/A-0017"),
        ({"bind": "::"}, "A-0017"),
        ({"bind": "0.0.0.0", "host_names": ("evil host/<x>",)}, "A-0017"),
    ],
)
def test_the_code_says_where_the_slip_is_keyed(settings, text):
    """Only where a phone can reach it; else the number alone, and the paper stands alone."""
    assert text == qr.text_for(shop(settings=settings).settings, "A-0017")


# The same again ---------------------------------------------------------------------------------------


def test_the_same_shop_is_the_same_paper(press):
    """Byte for byte, and by its hash; another number is another paper."""
    matter = shop(pads=(pad("A", 1, 3),))
    for again, once in zip(blanks.sheets(matter, "en"), blanks.sheets(matter, "en"), strict=True):
        assert press.pdf(once, AT) == press.pdf(again, AT) and once.content == again.content
    [one], [other] = slip_pads.sheets(matter, "en"), slip_pads.sheets(shop(pads=(pad("A", 1, 4),)), "en")
    assert press.pdf(one, AT) == press.pdf(one, AT) and one.content != other.content


@pytest.mark.parametrize("language", ["en", "fi"])
def test_a_sample_says_so_on_every_half(press, language):
    """Cut apart, each half must say that it is none of the shop's."""
    from msgspec.structs import replace

    [sheet] = slip_pads.sheets(shop(pads=(pad("A", 1, 1),)), language)
    [cover, slip] = [page.count("NÄYTE") for page in texts(press.pdf(replace(sheet, mark="NÄYTE"), AT))]
    assert 1 <= cover and 2 <= slip
