"""Files of rows, however they were exported, become tables or a clear error."""

import contextlib
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tideover.connectors.assisted import table as limits
from tideover.connectors.assisted.table import read_table
from tideover.errors import FileUnreadable


def cells(content, name="items.csv"):
    table = read_table(name, content)
    return [list(table.headings), *(list(row.cells) for row in table.rows)]


def refused(content):
    with pytest.raises(FileUnreadable) as caught:
        read_table("items.csv", content)
    assert caught.value.hint
    return caught.value.message


EXPECTED = [["code", "name", "price"], ["1", "Näkkileipä", "2,50"]]


@pytest.mark.parametrize(
    "content",
    [
        "code;name;price\n1;Näkkileipä;2,50\n".encode(),
        "code;name;price\r\n1;Näkkileipä;2,50\r\n".encode(),
        "\ufeffcode;name;price\n1;Näkkileipä;2,50".encode(),
        "code;name;price\n1;Näkkileipä;2,50\n".encode("latin-1"),
        "code;name;price\n1;Näkkileipä;2,50\n".encode("utf-16"),
        'code\tname\tprice\n1\tNäkkileipä\t"2,50"\n'.encode(),
        'code,name,price\n1,Näkkileipä,"2,50"\n'.encode(),
        "code|name|price\n1|Näkkileipä|2,50\n".encode(),
        "sep=;\ncode;name;price\n1;Näkkileipä;2,50\n".encode(),
        "Price list of Kulmakauppa\n\ncode;name;price\n1;Näkkileipä;2,50\n\n;;\n".encode(),
    ],
    ids=["semicolons", "windows lines", "bom", "latin-1", "utf-16", "tabs", "commas", "bars", "sep row", "title and blanks"],
)
def test_dialects_and_encodings(content):
    """The same table in every dialect that programs write."""
    assert EXPECTED == cells(content)


def test_windows_letters():
    """The euro sign of Windows-1252 is read."""
    assert "2 €" == cells("code;price\n1;2 €\n".encode("cp1252"))[1][1]


def test_quotes_separators_and_newlines_in_fields():
    """A quoted field may hold anything; the row number counts records as a spreadsheet does."""
    table = read_table("x", b'code,name\n1,"5"" pipe, black\nsecond line"\n2,plain 5" pipe\n')
    assert [('5" pipe, black\nsecond line', 2), ('plain 5" pipe', 3)] == [(row.cells[1], row.number) for row in table.rows]


def test_equal_headings_are_told_apart():
    """A second column of one name, and one without a name, can still be chosen."""
    assert ["Price", "Price (2)", "column 3", "x"] == cells(b"Price,Price,,x\n1,2,3,4\n")[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"just one column\n1\n", "headings"),
        (b"<!DOCTYPE html><html>Log in", "log-in page"),
        (b"  <html>", "log-in page"),
        (b"%PDF-1.7", "not a table"),
        (b'{"rows": []}', "not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"a,b\n1,\0\n", "bytes that no text has"),
        (b'a,b\n1,"never closed\n2,3\n', "quotation mark"),
        (b"PK\x03\x04 not a zip", "not a whole XLSX"),
        (b"\xff\xfea", "cannot be decoded"),
        (b"," * 1_000_000 + b"\n1\n", "1000001 columns"),
        (b"a,b\n1,2" + b",3" * 1_000_000, "1000002 columns"),
        (b"a,b\n1," + b"x" * 200_000, "quotation mark"),
    ],
)
def test_what_is_no_table_is_refused(content, why):
    """Each with its reason and what to do next."""
    assert why in refused(content)


def test_bounds_are_kept(monkeypatch):
    """More bytes or rows than any shop exports are refused."""
    monkeypatch.setattr(limits, "ROWS_MAX", 3)
    assert "more than 3 rows" in refused(b"a,b\n" + b"1,2\n" * 5)
    monkeypatch.setattr(limits, "FILE_BYTES_MAX", 10)
    assert "larger than" in refused(b"a,b\n1,2\n1,2\n")


def sheet(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_spreadsheet_values():
    """Numbers stay exact, dates become days, truth becomes yes and no, and formatting at the end is no column."""
    values = [84078, 2.49, date(2026, 11, 20), datetime(2026, 11, 20, 14, 30), True]
    found = cells(sheet(["code", "price", "day", "at", "on", None], values))
    assert ["code", "price", "day", "at", "on"] == found[0]
    assert [Decimal(84078), Decimal("2.49"), "2026-11-20", "2026-11-20 14:30:00", "yes"] == found[1]


def test_small_archive_that_unpacks_to_much_is_not_opened(monkeypatch):
    """A zip bomb ends before it is unpacked."""
    from tideover.connectors.assisted import sheet as reader

    monkeypatch.setattr(reader, "UNPACKED_BYTES_MAX", 1_000)
    assert "unpacks to more" in refused(sheet(["a", "b"], ["x" * 2_000, 1]))


def test_other_zip_files_are_refused():
    """A zip that is no spreadsheet says so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "not a whole XLSX" in refused(out.getvalue())


WHOLE = sheet(["code", "name", "price"], *([str(number), f"Item {number}", number / 4] for number in range(20)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_spreadsheets_never_crash(data):
    """Cut off or with bytes turned over, a spreadsheet is read or refused."""
    damaged = bytearray(WHOLE[: data.draw(st.integers(4, len(WHOLE)))])
    for at in data.draw(st.lists(st.integers(4, len(damaged)), max_size=6)):
        if at < len(damaged):
            damaged[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(FileUnreadable):
        read_table("x.xlsx", bytes(damaged))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(content):
    """Whatever file is dropped, the answer is a table or FileUnreadable."""
    try:
        read_table("x", content)
    except FileUnreadable as error:
        assert error.hint


def test_headings_below_groups():
    """A row that joins the headings proper into groups is none of them; data that looks like one word of them is no heading."""
    grouped = "Item;;Selling;\nCode;Description;Price;VAT\n1;Salt;2,50;14\n"
    assert ["Code", "Description", "Price", "VAT"] == cells(grouped.encode())[0]
    assert ["code", "name", "price"] == cells(b"code;name;price\nitem;product;2,50\n")[0]
    assert ["1001", "Salt", "2,50"] == cells(b"1001;Salt;2,50\n1002;Price;1,09\n")[0]  # Has none; the columns are asked for.


def test_the_sheet_that_holds_the_list():
    """Merged titles, and notes on the first sheet: the one with known headings is read."""
    book = Workbook()
    book.active.append(["Printed by", "Anna"])
    book.create_sheet("Chart of nothing")
    sheet = book.create_sheet("Prices")
    sheet.append(["Corner shop", None, None])
    sheet.merge_cells("A1:C1")
    sheet.append(["Item", None, "Selling"])
    sheet.merge_cells("A2:B2")
    sheet.append(["code", "name", "price"])
    sheet.append([1, "Näkkileipä", 2.5])
    out = io.BytesIO()
    book.save(out)
    assert [["code", "name", "price"], [Decimal(1), "Näkkileipä", Decimal("2.5")]] == cells(out.getvalue())


def book_of(*sheets):
    """XLSX of sheets: name, state and rows."""
    book = Workbook()
    book.remove(book.active)
    for name, state, *rows in sheets:
        one = book.create_sheet(name)
        one.sheet_state = state
        for row in rows:
            one.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


PRICES = ("Prices", "visible", ["SKU", "Name", "Price", "Quantity"], ["1", "Salt", "2.50", "4"])
OLD = ["SKU", "Name", "Price", "VAT rate", "Barcode", "Category"], ["1", "Salt", "1.10", "24", "", ""]
PEOPLE = ("People", "visible", ["Code", "Name", "Phone", "Email", "Address"], ["7", "Aino", "", "", ""])
ORDERS = ("Orders", "visible", ["Number", "Customer", "SKU", "Name", "Quantity", "Price"], ["55", "7", "1", "Salt", "4", "2.50"])


@pytest.mark.parametrize(
    "sheets",
    [
        (PRICES, ("Old prices", "visible", *OLD)),
        (PRICES, ("Old prices", "hidden", *OLD)),
        (("Old prices", "hidden", *OLD), PRICES),
        (("Old prices", "veryHidden", *OLD), PRICES),
        (PEOPLE, PRICES),
        (ORDERS, PRICES),
        (("Notes", "visible", ["Printed by", "Name"]), PRICES, ("Old prices", "visible", *OLD)),
    ],
    ids=["older later", "hidden later", "hidden first", "very hidden first", "people first", "orders first", "notes first"],
)
def test_the_first_sheet_in_sight_that_holds_the_list(sheets):
    """Richer sheets after it, hidden ones, and other kinds of list before it are left alone."""
    assert "2.50" == str(read_table("prices.xlsx", book_of(*sheets), "items").rows[0].cells[2])


def test_the_sheet_of_the_wanted_kind():
    """One workbook may hold every list; a hidden sheet is read only where none in sight knows a heading."""
    whole = book_of(PRICES, PEOPLE, ORDERS)
    assert ["Salt", "Aino", "Salt"] == [
        read_table("all.xlsx", whole, kind).rows[0].cells[place] for kind, place in (("items", 1), ("customers", 1), ("orders", 3))
    ]
    only = book_of(("Own words", "visible", ["a", "b"], ["c", "d"]), ("Data", "hidden", *OLD))
    assert "SKU" == read_table("only.xlsx", only, "items").headings[0]
    seen = book_of(("Own words", "visible", ["Price", "What"], ["1", "Salt"]), ("Data", "hidden", *OLD))
    assert ("Price", "What") == read_table("seen.xlsx", seen, "items").headings
