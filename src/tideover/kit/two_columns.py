"""Long lists in two columns a page: which row stands where is reckoned here, so that pages know what they begin and end with.

The template only shows it (templates/price_list.typ has the same measures). No row is cut: a text that is too long goes on below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from tideover.kit.text_width import width_pt, wrapped

SIZE_PT = 8.0
LINE_PT = 8.9  # From one row to the next.
LINES_PER_COLUMN = 83
COLUMN_PT = 265.0  # Two of them, and the gutter, on A4.
GAP_PT = 5.0  # Between two cells.
NARROWEST_PT = 60.0  # Of the column that takes what is left.
TAIL_GAP = "  "
GUIDE_LENGTH_MAX = 18


class Column(Struct, frozen=True):
    """One column of the list's table."""

    head: str
    room_pt: float | None  # At most so wide; None for the one that takes what is left.
    is_right: bool = False  # Numbers stand at the right.


class Row(Struct, frozen=True):
    """One row: a cell per column, and what finds it."""

    key: str  # It is sorted by this.
    name: str  # In the page's guide, which says from where to where it goes.
    cells: tuple[str, ...]
    tail: str = ""  # Behind the widest column's text, where there is room.


class Laid(Struct, frozen=True):
    """A list on its pages."""

    widths: list[float]  # In points, one a column.
    pages: list[dict[str, Any]]  # As the template shows them.
    rows: int

    def data(self, columns: Sequence[Column], legend: str) -> dict[str, Any]:
        """What the template shows. legend: about the prices, on each page."""
        table = {"widths": self.widths, "heads": [one.head for one in columns], "right": [one.is_right for one in columns]}
        return {**table, "legend": legend, "pages": self.pages, "size": SIZE_PT, "line": LINE_PT}


def lay(rows: Iterable[Row | str], columns: Sequence[Column]) -> Laid:
    """Rows and headings (plain texts) in their order on pages of two columns."""
    rows = list(rows)
    widths, roomy = _widths([row for row in rows if isinstance(row, Row)], columns)
    pages: list[dict[str, Any]] = []
    sides: list[tuple[list[Any], list[int]]] = []  # Each side's rows, and how many lines high each is.
    ends: list[str] = []
    filled = 0
    for block, lines, name in _blocks(rows, widths, roomy):
        if not sides or filled + lines > LINES_PER_COLUMN:
            if len(sides) == 2:
                pages.append(_page(sides, ends))
                sides, ends = [], []
            sides.append(([], []))
            filled = 0
        sides[-1][0].extend(block)
        sides[-1][1].extend([*[1] * (len(block) - 1), lines - len(block) + 1])
        ends.append(name)
        filled += lines
    if sides:
        pages.append(_page(sides, ends))
    return Laid(widths, pages, sum(isinstance(row, Row) for row in rows))


def _widths(rows: list[Row], columns: Sequence[Column]) -> tuple[list[float], list[bool | None]]:
    """Each column as wide as its widest cell, within its limit, and whether all its cells fit; None for the one that takes what is left."""
    widths: list[float] = []
    roomy: list[bool | None] = []
    for place, column in enumerate(columns):
        if column.room_pt is None:
            widths.append(0.0)
            roomy.append(None)
            continue
        widest = max((width_pt(text, SIZE_PT) for text in {row.cells[place] for row in rows}), default=0.0)
        widths.append(round(min(max(widest, width_pt(column.head, SIZE_PT)), column.room_pt) + 0.5, 1))
        roomy.append(widest <= column.room_pt)
    rest = COLUMN_PT - sum(widths) - GAP_PT * (len(columns) - 1)
    return [width or round(max(rest, NARROWEST_PT), 1) for width in widths], roomy


def _blocks(rows: Iterable[Row | str], widths: list[float], roomy: list[bool | None]) -> Iterator[tuple[list[Any], int, str]]:
    """What must not be parted: a row, or a heading with the row below it; its lines, and the name on it."""
    heads: list[str] = []
    for row in rows:
        if isinstance(row, str):
            heads.append(row)
            continue
        cells, lines = _cells(row, widths, roomy)
        yield [*heads, cells], lines + len(heads), row.name
        heads = []


def _cells(row: Row, widths: list[float], roomy: list[bool | None]) -> tuple[list[Any], int]:
    """The cells with their line breaks, and how many lines high that is."""
    cells: list[Any] = [*row.cells]
    high = 1
    for place, fits in enumerate(roomy):
        if fits:
            continue
        text, width = cells[place], widths[place]
        if fits is None and row.tail and width_pt(text + TAIL_GAP + row.tail, SIZE_PT) <= width:
            cells[place] = [text, row.tail]
            continue
        lines = wrapped(text, width, SIZE_PT)
        cells[place] = "\n".join(lines)
        high = max(high, len(lines))
    return cells, high


def _page(sides: list[tuple[list[Any], list[int]]], names: list[str]) -> dict[str, Any]:
    return {"sides": sides, "guide": [_guide(names[0]), _guide(names[-1])]}


def _guide(name: str) -> str:
    """As much of a name as a page's head needs."""
    return name if len(name) <= GUIDE_LENGTH_MAX else name[:GUIDE_LENGTH_MAX].rsplit(" ", 1)[0].rstrip(" ,.-")
