"""Reads the sheet of an XLSX file that holds the table; numbers stay exact, dates become YYYY-MM-DD. Bounded before it is opened."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from tideover.connectors.assisted.fields import FIELDS, known_in, listed_in
from tideover.connectors.assisted.row import COLUMNS_MAX, Cell, Row, unreadable

UNPACKED_BYTES_MAX = 512 * 2**20  # A small archive may unpack to far more; beyond this it is not opened.
TOP = {"values_only": True, "max_row": 20, "max_col": COLUMNS_MAX}  # Looked at to find the sheet.
SHEETS_MAX = 20
HEADINGS_MIN = 2  # One word alone may be somebody's note.
OF_ANOTHER = 2  # A sheet that knows so many more headings of another kind holds that kind: customers have a code and a name, too.
FLOAT_DIGITS = 15  # What a spreadsheet's numbers are exact to: 2.49 is stored as 2.4900000000000002.

# What openpyxl and the standard library raise for broken archives, broken XML and missing parts.
BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, InvalidFileException, ParseError, NotImplementedError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, zlib.error),
)


def sheet_rows(name: str, content: bytes, kind: str) -> Iterator[Row]:
    """The rows of the sheet that holds the list of that kind ("": of any); a formula stands as the value last computed."""
    try:
        _check_size(name, content)
        with warnings.catch_warnings():
            # Missing styles and unknown extensions change no value.
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            for number, values in enumerate(_sheet(book.worksheets, kind).iter_rows(values_only=True, max_col=COLUMNS_MAX + 1), 1):
                yield Row(number=number, cells=_trimmed([_cell(value) for value in values]))
        finally:
            book.close()
    except BROKEN as error:
        raise unreadable(name, "it is not a whole XLSX file", "Open it in the spreadsheet program and save it again.") from error


def _sheet(sheets: Sequence[Any], kind: str) -> Any:
    """The first one in sight that holds a list of the wanted kind: older prices, hidden ones too, often stand after it.

    Where none does, the one that knows the most headings: many put their notes or their logo on the first one.
    """
    if len(sheets) == 1:
        return sheets[0]
    tops = [(one, [[cell or "" for cell in row] for row in one.iter_rows(**TOP)]) for one in sheets[:SHEETS_MAX]]
    for sheet, rows in tops:
        counts = {one: max((listed_in(row, one) for row in rows), default=0) for one in {*FIELDS, kind}}
        if _is_seen(sheet) and counts[kind] >= HEADINGS_MIN and max(counts.values()) < counts[kind] + OF_ANOTHER:
            return sheet

    def known(top: tuple[Any, list[list[Any]]]) -> tuple[bool, int]:
        most = max((known_in(row, kind) for row in top[1]), default=0)
        return _is_seen(top[0]) and most > 0, most

    return max(tops, key=known)[0]


def _is_seen(sheet: Any) -> bool:
    return sheet.sheet_state == "visible"


def _check_size(name: str, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(one.file_size for one in archive.infolist()) > UNPACKED_BYTES_MAX:
            raise unreadable(name, "it unpacks to more than any shop's export", "Export it again as CSV.")


def _cell(value: Any) -> Cell:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return Decimal(value)
        case float():
            return Decimal(f"{value:.{FLOAT_DIGITS}g}")
        case datetime() if value.time() != time(0):
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case datetime() | date():
            return value.strftime("%Y-%m-%d")
        case time():
            return value.strftime("%H:%M:%S")
        case _:
            return str(value)


def _trimmed(cells: list[Cell]) -> tuple[Cell, ...]:
    """Without the empty cells at the end, which a spreadsheet counts by formatting."""
    while cells and cells[-1] == "":
        cells.pop()
    return tuple(cells)
