"""The shop's lawful particulars: what is known is printed as its country writes it, the rest is a line and is named."""

from __future__ import annotations

from datetime import date

import pytest

from tideover.kit import blanks
from tideover.kit.particulars import business_number, particulars, rates_of
from tideover.model.item import Item
from tideover.words import say
from unit.kit.paper_shop import AT, only_lacks, only_sheets, press, shop, texts

__all__ = ["press"]
WRONG = "business id (its check digit is wrong)"


@pytest.mark.parametrize(
    ("given", "country", "shown", "fault"),
    [
        ("0112038-9", "FI", "0112038-9", ""),
        ("01120389", "FI", "0112038-9", ""),
        ("FI01120389", "FI", "0112038-9", ""),
        ("0112038-8", "FI", "", WRONG),
        ("", "FI", "", "business id"),
        ("GB 980 7806 84", "GB", "GB 980 7806 84", ""),
        ("980780684", "GB", "GB 980 7806 84", ""),
        ("980780685", "GB", "", WRONG),
        ("83 914 571 673", "AU", "83 914 571 673", ""),
        ("83914571673", "AU", "83 914 571 673", ""),
        ("99999999999", "AU", "", WRONG),
        ("DE 136,695 976", "DE", "DE 136,695 976", ""),
        ("\x1b[2J0112038-9\n", "FI", "", WRONG),
        ("=cmd|'/c calc'!A1", "FI", "", WRONG),
    ],
)
def test_a_business_number_is_checked_where_its_country_has_a_rule(given, country, shown, fault):
    """A wrong one is not printed: a receipt with it is no receipt."""
    assert (shown, fault) == business_number(given, country)


def test_a_shop_of_which_nothing_is_known_gets_clean_pages_and_is_told(press):
    """A line for each, on every form; one notice that names them, in both languages."""
    matter = shop(settings={"shop_name": "The shop", "address": "", "business_id": ""})
    made = blanks.sheets(matter, "en")
    [lack] = only_lacks(made)
    assert lack.why.startswith("Not known of the shop, so there is a line to write on: name, address, business id.")
    assert "kirjoitusviiva: nimi, osoite, Y-tunnus." in say("fi").told(lack.why)
    for sheet in only_sheets(made):
        page = texts(press.pdf(sheet, AT))[0]
        assert all(words in page for words in ("Shop", "Address and phone", "Business ID")), sheet.name
        assert "The shop\n" not in page


def test_a_shop_that_is_known_gets_no_notice():
    """Name, address and a right number."""
    assert [] == only_lacks(blanks.sheets(shop(), "en"))


@pytest.mark.parametrize(
    ("country", "day", "rates"),
    [
        ("FI", date(2025, 12, 31), (255_000, 140_000, 100_000, 0)),
        ("FI", date(2026, 1, 1), (255_000, 135_000, 100_000, 0)),
        ("GB", date(2026, 1, 1), (200_000, 50_000, 0)),
        ("AU", date(2026, 1, 1), (100_000, 0)),
        ("DE", date(2026, 1, 1), (None, None, None)),
    ],
)
def test_vat_boxes_have_the_rates_in_force_on_the_day(country, day, rates):
    """The turn of the year is another paper; rows to fill where no table is known."""
    assert rates == rates_of((), country, day)


def test_a_shop_that_sells_at_two_rates_gets_two_boxes():
    """Those of its items that are in force; an unknown country's are what its price list says."""
    items = tuple(Item(str(rate), "x", 1, rate) for rate in (255_000, 135_000, 140_000))
    gone = Item("old", "x", 1, 100_000, archived=True)
    assert (255_000, 135_000) == rates_of((*items, gone), "FI", date(2026, 11, 22))
    assert (190_000, 70_000) == rates_of([Item("a", "x", 1, 190_000), Item("b", "x", 1, 70_000)], "DE", date(2026, 11, 22))
    assert (255_000, 135_000, 100_000, 0) == rates_of([Item("a", "x", 1, 190_000)], "FI", date(2026, 11, 22))


def test_the_mark_is_the_laws():
    """Of the shop's country."""
    assert "Mode dégradé" == particulars(shop("FR")).mark and "" == particulars(shop()).mark
