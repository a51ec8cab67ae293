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

from tideover.connectors.assisted.fields import known_in
from tideover.connectors.assisted.row import COLUMNS_MAX, Cell, Row, unreadable

UNPACKED_BYTES_MAX = 512 * 2**20  # A small archive may unpack to far more; beyond this it is not opened.
TOP_ROWS, SHEETS_MAX = 20, 20  # Looked at to find the sheet.
FLOAT_DIGITS = 15  # What a spreadsheet's numbers are exact to: 2.49 is stored as 2.4900000000000002.

# What openpyxl and the standard library raise for broken archives, broken XML and missing parts.
BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, InvalidFileException, ParseError, NotImplementedError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, zlib.error),
)


def sheet_rows(name: str, content: bytes) -> Iterator[Row]:
    """The rows of the sheet with the most known headings; a formula stands as the value that the spreadsheet last computed."""
    try:
        _check_size(name, content)
        with warnings.catch_warnings():
            # Missing styles and unknown extensions change no value.
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            for number, values in enumerate(_sheet(book.worksheets).iter_rows(values_only=True, max_col=COLUMNS_MAX + 1), 1):
                yield Row(number=number, cells=_trimmed([_cell(value) for value in values]))
        finally:
            book.close()
    except BROKEN as error:
        raise unreadable(name, "it is not a whole XLSX file", "Open it in the spreadsheet program and save it again.") from error


def _sheet(sheets: Sequence[Any]) -> Any:
    """Many put their notes or their logo on the first one."""

    def known(sheet: Any) -> int:
        return max(
            (known_in(one or "" for one in row) for row in sheet.iter_rows(values_only=True, max_row=TOP_ROWS, max_col=COLUMNS_MAX)),
            default=0,
        )

    return max(sheets[:SHEETS_MAX], key=known) if len(sheets) > 1 else sheets[0]


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
