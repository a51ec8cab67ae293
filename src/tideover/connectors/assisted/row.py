"""What every kind of export file becomes first: rows of cells, and how a file that is none is refused."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from tideover.errors import FileUnreadable

COLUMNS_MAX = 500  # The widest export we know has about 120.
EXPORT_AGAIN = "Export it again from the cloud as CSV (UTF-8) or XLSX and put the new file in its place."

Cell = str | Decimal


class Row(Struct, frozen=True):
    number: int  # As a spreadsheet counts: the first row is 1.
    cells: tuple[Cell, ...]


def unreadable(name: str, why: str, next: str = EXPORT_AGAIN) -> FileUnreadable:
    """The error for a file that cannot be read, with what to do next."""
    return FileUnreadable(file=name, why=why, next=next)
