"""An export is shown before it is used: columns, three rows, its currency; an address book is taken apart."""

from __future__ import annotations

import pytest

from tideover.connectors.assisted.contacts import people_in, sorted_out
from tideover.connectors.assisted.looking import corrected, guessed, look_closely
from tideover.connectors.assisted.table import read_table
from tideover.errors import FileUnreadable


def table(text: str, name: str = "prices.csv"):
    return read_table(name, text.encode())


@pytest.mark.parametrize(
    ("headings", "price"),
    [
        ("Handle,Title,Variant SKU,Variant Price,Variant Barcode", "Variant Price"),
        ("SKU,Name,Price (EUR),VAT %", "Price (EUR)"),
        ("Internal Reference,Name,Sales Price,Barcode", "Sales Price"),
        ("Tuotekoodi;Nimi;Myyntihinta (verollinen);ALV", "Myyntihinta (verollinen)"),
    ],
)
def test_exports_of_known_tills_need_no_help(headings, price):
    """Code, name and price are found by their headings."""
    separator = ";" if ";" in headings else ","
    row = separator.join("1.50" if one == price else "24" if one.startswith(("VAT", "ALV")) else "x1" for one in headings.split(separator))
    columns = guessed("items", table(f"{headings}\n{row}\n")).columns
    assert price == columns["unit_price"]
    assert {"code", "name"} <= set(columns)


def test_a_column_is_corrected_in_a_persons_words():
    """By a short field name and a heading in any case; an empty heading takes the guess back."""
    found = table("Code;Name;Price;Myyntihinta\n1;Kahvi;1,00;2,50\n")
    chosen = corrected("items", found, guessed("items", found), {"price": "myyntihinta", "barcode": ""}, {"vat_percent": "25.5"})
    looked = look_closely("items", found, chosen)
    assert ("Myyntihinta", (), 25_000, 255_000) == (
        chosen.columns["unit_price"],
        looked.missing,
        looked.reading.records[0].unit_price,
        looked.reading.records[0].vat_ppm,
    )


@pytest.mark.parametrize(
    ("field", "heading", "why"), [("hinta", "Price", "there is no field 'hinta'"), ("price", "Foo", "it has no column 'Foo'")]
)
def test_a_wrong_word_names_the_right_ones(field, heading, why):
    """With what there is instead."""
    found = table("Code;Name;Price\n1;a;1,00\n")
    with pytest.raises(FileUnreadable) as error:
        corrected("items", found, guessed("items", found), {field: heading}, {})
    assert why in error.value.message
    assert "Price" in error.value.hint or "unit_price" in error.value.hint


def test_three_rows_and_what_is_missing_are_shown():
    """Before a required column is known, nothing is read."""
    looked = look_closely("items", table("Code;Name\n1;a\n2;b\n3;c\n4;d\n"), None)
    assert (("unit_price", "vat_percent"), None, 4, ["1", "2", "3"]) == (
        looked.missing,
        looked.reading,
        looked.count,
        [row["Code"] for row in looked.rows],
    )


@pytest.mark.parametrize(
    ("heading", "cell", "currency"),
    [("Price GBP", "1.00", "GBP"), ("Price", "£1.00", "GBP"), ("Price", "1.00 €", "EUR"), ("Price", "1.00", ""), ("Price", "$1.00", "")],
)
def test_the_currency_is_what_the_file_says(heading, cell, currency):
    """A heading or a sign; a dollar is many countries'."""
    found = table(f"Code,Name,{heading},VAT\n1,a,{cell},20\n")
    chosen = corrected("items", found, guessed("items", found), {"price": heading}, {})
    assert currency == look_closely("items", found, chosen).currency


def test_an_address_book_without_numbers_is_told_by_names():
    """Where nobody has a customer number, the name is the key."""
    looked = look_closely("customers", table("Name;Phone\nAnna;040\nMatti;050\n"), None)
    assert ["Anna", "Matti"] == [one.code for one in looked.reading.records]


def test_contacts_are_sorted_by_a_column_that_says_which():
    """Customers, suppliers and staff out of one file, in two languages; whoever is not told is a customer."""
    text = "Nimi;Puhelin;Tyyppi\nAnna;040;Henkilökunta\nTukku Oy;09;Toimittaja\nMatti;050;asiakas\nLiisa;044;\n"
    parts = sorted_out("contacts.csv", text.encode())
    assert {"staff", "suppliers", "customers"} == set(parts)
    assert [("Anna", "040", "")] == people_in("contacts.csv", parts["staff"])
    assert ["Matti", "Liisa"] == [one.name for one in look_closely("customers", read_table("x", parts["customers"]), None).reading.records]


@pytest.mark.parametrize(
    ("name", "kind"), [("suppliers.csv", "suppliers"), ("Toimittajat 2026.csv", "suppliers"), ("book.csv", "customers")]
)
def test_contacts_without_that_column_are_sorted_by_their_name(name, kind):
    """And then the file stays as it came."""
    assert {kind: b"Name;Phone\na;1\n"} == sorted_out(name, b"Name;Phone\na;1\n")


def test_a_formula_is_nobodys_name():
    """It is left out, and the others come."""
    assert [("Bo", "1", "")] == people_in("x.csv", b"Name;Phone\n=cmd|calc;2\nBo;1\n")
