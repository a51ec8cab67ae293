"""Reading invoice lines: every row ends in a document or in the unbookable list, with its reason."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tideover.errors import FileUnreadable
from tideover.learn.files import COLUMNS, read_files
from tideover.learn.input import Input, sum_of

REAL_WEEK = Path(__file__).parents[3].parent / "shared" / "data" / "retail-week"
DAY = "2011-11-18"


def rate_on(country: str, day: str) -> int:
    return 200_000 if country == "GB" else 255_000


def row(invoice: str, quantity: str = "2", price: str = "1.25", item: str = "22687", **more: str) -> dict[str, str]:
    plain = {"InvoiceNo": invoice, "StockCode": item, "Description": "DOOR MAT", "Quantity": quantity, "UnitPrice": price}
    plain |= {"InvoiceDate": f"{DAY} 10:30:00", "CustomerID": "13599.0", "Country": "United Kingdom"}
    return plain | more


def write(folder: Path, *rows: dict[str, str], delimiter: str = ",", encoding: str = "utf-8", name: str = "day.csv") -> Path:
    path = folder / name
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def conserved(found: Input) -> bool:
    lines = sum(len(document.lines) for document in found.documents) + len(found.unbookable)
    money = sum_of(found.documents) + sum(one.amount_minor for one in found.unbookable)
    return (lines, money) == (found.lines, found.sum_minor)


def test_rows_of_one_invoice_are_one_document(tmp_path: Path) -> None:
    """Lines keep their order, their record number and their amount; the day and country set rate, currency and zone."""
    found = read_files([write(tmp_path, row("577132"), row("577133"), row("577132", "3", "0.335"))], rate_on)

    first = found.documents[0]
    assert [(2, 250), (4, 101)] == [(line.line, line.amount_minor) for line in first.lines]
    assert ("sale", DAY, "13599", 200_000) == (first.kind, first.day, first.customer, first.lines[0].vat_ppm)
    assert ("GB", "GBP", 2, 0) == (found.country, found.currency, found.sales, found.refunds)
    assert conserved(found)


def test_a_cancellation_is_a_refund_without_its_original(tmp_path: Path) -> None:
    """An invoice C… takes back; nothing needs the sale that it takes back."""
    found = read_files([write(tmp_path, row("C577164", "-1", "4.41"))], rate_on)

    assert [("refund", -441)] == [(document.kind, document.total_minor) for document in found.documents]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row("A563185", "1", "11062.06", item="B")], "accounting adjustment"),
        ([row("563186", "1", "-11062.06", item="B")], "negative price"),
        ([row("577145", "110", "0.0", Description="check", CustomerID="")], "no money"),
        ([row("577146", "many")], "the quantity 'many' cannot be read"),
        ([row("577146", "=1+2")], "the quantity '=1+2' cannot be read"),
        ([row("577147", "1", "1.23456")], "the price '1.23456' cannot be read"),
        ([row("577148", "1", "1.25", InvoiceDate="soon")], "the time 'soon' cannot be read"),
        ([row("", "1", "1.25")], "no invoice number"),
        ([row("577149", "1", "NaN")], "the price 'NaN' cannot be read"),
        ([row("577149", "1e999999999", "1")], "cannot be read"),
    ],
)
def test_what_is_no_trade_is_named_with_its_reason(tmp_path: Path, rows: list[dict[str, str]], reason: str) -> None:
    """Bad debt, stock adjustments and unreadable rows are unbookable; the rest of the file is played."""
    found = read_files([write(tmp_path, row("577132"), *rows)], rate_on)

    assert 1 == len(found.documents)
    assert [(3, True)] == [(one.line, reason in one.reason) for one in found.unbookable]
    assert 1 == found.unbookable_documents
    assert conserved(found)


def test_free_lines_of_a_real_sale_are_kept(tmp_path: Path) -> None:
    """A sample with price zero stays a line of its invoice."""
    found = read_files([write(tmp_path, row("577314"), row("577314", "2", "0.0"))], rate_on)

    assert [2] == [len(document.lines) for document in found.documents]
    assert () == found.unbookable


@pytest.mark.parametrize(
    ("delimiter", "encoding", "price"),
    [(";", "cp1252", "1,25"), ("\t", "utf-8-sig", "1.25"), (",", "utf-16", "1.25"), (";", "latin-1", "1,25")],
)
def test_other_ways_to_write_a_table(tmp_path: Path, delimiter: str, encoding: str, price: str) -> None:
    """Semicolons, tabs, decimal commas, BOM and Latin-1 are read; quotes, commas and newlines in a name too."""
    name = 'TEA "FÜR ZWEI", SMALL\nBOX'
    path = write(tmp_path, row("1", price=price, Description=name), row("2", price=price), delimiter=delimiter, encoding=encoding)

    found = read_files([path], rate_on)

    assert [('TEA "FÜR ZWEI", SMALL BOX', 2), ("DOOR MAT", 3)] == [(d.lines[0].name, d.lines[0].line) for d in found.documents]
    assert 500 == sum_of(found.documents)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    """The error names the column and what to give instead."""
    path = tmp_path / "x.csv"
    path.write_text("InvoiceNo,StockCode\n1,2\n", encoding="utf-8")

    with pytest.raises(FileUnreadable, match="Description, Quantity, InvoiceDate") as caught:
        read_files([path], rate_on)
    assert "UnitPrice" in caught.value.hint


@pytest.mark.parametrize("text", ["", ",".join(COLUMNS) + "\n", "a," * 1_000_000])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    """An empty file, a header alone and a million columns are clear errors."""
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(FileUnreadable):
        read_files([path], rate_on)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path stands in the error."""
    with pytest.raises(FileUnreadable, match=r"nowhere\.csv"):
        read_files([tmp_path / "nowhere.csv"], rate_on)


def test_several_files_keep_their_documents_apart(tmp_path: Path) -> None:
    """The same file twice is two days' worth of documents, each with a key of its own."""
    path = write(tmp_path, row("1"))

    found = read_files([path, path], rate_on)

    assert ["1#1", "2#1"] == sorted(document.key for document in found.documents)


def test_a_sale_after_midnight_belongs_to_the_day_before(tmp_path: Path) -> None:
    """The trading day turns at four."""
    found = read_files([write(tmp_path, row("1", InvoiceDate=f"{DAY} 03:59:00"))], rate_on)

    assert ("2011-11-17",) == found.days


@pytest.mark.skipif(not REAL_WEEK.exists(), reason="the real week lies outside the repository")
@pytest.mark.parametrize("day", ["14", "15", "16", "17", "18"])
def test_the_real_week_is_read_whole(day: str) -> None:
    """Every line of a real day is a document's or has a reason; nothing with money is left out."""
    found = read_files([REAL_WEEK / f"2011-11-{day}.csv"], rate_on)

    assert conserved(found)
    assert 0 == sum(one.amount_minor != 0 for one in found.unbookable)
    assert found.sales + found.refunds == len(found.documents) + found.unbookable_documents
