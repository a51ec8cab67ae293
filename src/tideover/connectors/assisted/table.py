"""Reads a file of rows as people export them: CSV in any dialect and encoding, or a spreadsheet.

Bounded in bytes, rows and columns. What is not a table is refused with what to do next; nothing
is guessed silently that could change a number.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from tideover.connectors.assisted.fields import known_in
from tideover.connectors.assisted.row import COLUMNS_MAX, Cell, Row, unreadable
from tideover.connectors.assisted.variants import itemised

FILE_BYTES_MAX = 64 * 2**20  # 100,000 items with long names come to about 20 MB.
ROWS_MAX = 500_000
SNIFF_LENGTH = 64 * 1024  # Characters looked at to find the separator.
SNIFF_ROWS = 30
HEADER_WITHIN = 20  # Rows above the headings: a title, the shop's name, the date.
BELOW_GROUPS = 3  # Rows below "Item … Selling …", which join the headings proper into groups.
SEPARATORS = (";", "\t", ",", "|")


class Table(Struct, frozen=True):
    """Headings and the rows below them; empty rows are left out."""

    name: str  # The file's, for messages.
    headings: tuple[str, ...]  # Unique: a second "Price" is "Price (2)".
    rows: tuple[Row, ...]


def read_table(name: str, content: bytes, kind: str = "") -> Table:
    """The table in a file, of a workbook the one of that kind ("": of any); raises FileUnreadable with what to do next."""
    if len(content) > FILE_BYTES_MAX:
        raise unreadable(name, f"it is larger than {FILE_BYTES_MAX // 2**20} MB", "Export fewer columns or only the items in use.")
    if content.startswith(b"PK\x03\x04"):
        from tideover.connectors.assisted.sheet import sheet_rows

        return _table(name, sheet_rows(name, content, kind))
    _refuse_other_kinds(name, content)
    return _table(name, _csv_rows(name, _text(name, content)))


def _refuse_other_kinds(name: str, content: bytes) -> None:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        raise unreadable(name, "it is empty")
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        raise unreadable(name, "it is a web page, probably the log-in page", "Log in to the cloud, export again and look into the file.")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise unreadable(name, "it is an old Excel file (.xls)", "Open it and save it as XLSX or CSV.")
    if start.startswith((b"%pdf", b"{", b"[{")):
        raise unreadable(name, "it is not a table of rows and columns")


def _text(name: str, content: bytes) -> str:
    """UTF-8 if it is; UTF-16 where a mark says so (Excel's "Unicode text"); else Windows' or ISO's Latin letters."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise unreadable(name, "it holds bytes that no text has")
        return text
    raise unreadable(name, "its letters cannot be decoded")


def _csv_rows(name: str, text: str) -> Iterator[Row]:
    """Records by their number; a quote that is never closed is refused rather than swallowing the rest."""
    separator, skip = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if number > skip:
                yield Row(number=number, cells=tuple(cells))
    except csv.Error as error:
        raise unreadable(name, f"row {number + 1} has a quotation mark too many, or one that is never closed ({error})") from error


def _separator(text: str) -> tuple[str, int]:
    """The separator, and how many rows to leave out: Excel writes "sep=;" into a row of its own."""
    first = text[:10].split("\n", 1)[0].strip()
    if first.lower().startswith("sep=") and len(first) == 5:
        return first[4], 1
    sample = text[:SNIFF_LENGTH]
    if len(text) > SNIFF_LENGTH and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    return max(SEPARATORS, key=lambda one: _fitness(sample, one)), 0


def _fitness(sample: str, separator: str) -> tuple[float, int]:
    """How well the separator explains the sample: share of rows with the most common width (of at least two), that width."""
    widths: list[int] = []
    try:
        for cells in itertools.islice(csv.reader(io.StringIO(sample, newline=""), delimiter=separator), SNIFF_ROWS):
            if len(cells) > 1 or any(cells):
                widths.append(len(cells))
    except csv.Error:
        return (0.0, 0)
    common = max(set(widths), key=lambda width: (widths.count(width), width), default=0)
    return (round(widths.count(common) / len(widths), 1), common) if common > 1 else (0.0, 0)


def _table(name: str, rows: Iterable[Row]) -> Table:
    """Headings are the first row with two or more filled cells, or one just below it of which more are known; above stands a title."""
    coming = iter(rows)
    top: list[Row] = []
    for row in itertools.islice(coming, HEADER_WITHIN):
        _check_width(name, row)
        top.append(row)
    at = next((place for place, row in enumerate(top) if sum(bool(str(cell).strip()) for cell in row.cells) >= 2), None)
    if at is None:
        raise unreadable(name, "it has no row of headings with at least two columns")
    known = {place: known_in(top[place].cells) for place in range(at, min(at + 1 + BELOW_GROUPS, len(top)))}
    best = max(known, key=lambda place: (known[place], -place))
    at = best if known[best] >= 2 else at  # One word alone may be somebody's goods.
    headings, coming = _unique(top[at].cells), itertools.chain(top[at + 1 :], coming)
    kept: list[Row] = []
    for row in coming:
        _check_width(name, row)
        if any(str(cell).strip() for cell in row.cells):
            kept.append(row)
        if len(kept) > ROWS_MAX:
            raise unreadable(name, f"it has more than {ROWS_MAX} rows", "Export only what is in use, or in several files.")
    return Table(name=name, headings=headings, rows=tuple(itemised(headings, kept)))


def _check_width(name: str, row: Row) -> None:
    if len(row.cells) > COLUMNS_MAX:
        why = f"row {row.number} has {len(row.cells)} columns, more than {COLUMNS_MAX}"
        raise unreadable(name, why, "Export only the columns that docs/connectors/assisted.md lists.")


def _unique(cells: Sequence[Cell]) -> tuple[str, ...]:
    names = [" ".join(str(cell).split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    seen: dict[str, int] = {}
    found: list[str] = []
    for number, name in enumerate(names, 1):
        name = name or f"column {number}"
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)
