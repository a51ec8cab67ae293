"""Shows what is in an export before anything of it is used: which column is read as what, three rows, and what looks strange.

Keeps nothing and refuses nothing by itself: a person looks, corrects a column, and says yes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from tideover.connectors.assisted.columns import ColumnMap, guess_columns
from tideover.connectors.assisted.fields import FIELDS, plain
from tideover.connectors.assisted.records import Reading, read_records
from tideover.connectors.assisted.row import unreadable
from tideover.connectors.assisted.table import Table
from tideover.model.item import Dataset

ROWS_SHOWN = 3
CELL_SHOWN = 60  # Characters of a cell.
SHORT = {"price": "unit_price", "vat": "vat_percent", "barcode": "barcodes", "ean": "barcodes"}  # As people call the fields.
CURRENCY = re.compile(r"\b(EUR|GBP|AUD|USD|SEK|NOK|DKK|CHF|PLN|CZK|HUF|RON)\b|[€£$]")
SIGNS = {"€": "EUR", "£": "GBP", "$": ""}  # A dollar is many countries'.


class Looked(Struct, frozen=True):
    """An export as a person sees it before saying yes."""

    map: ColumnMap
    headings: tuple[str, ...]
    missing: tuple[str, ...]  # Required fields without a column.
    rows: tuple[Mapping[str, str], ...]  # The first ones: heading to what stands there.
    count: int
    currency: str  # As a heading or a price names it; "" where none does.
    reading: Reading | None  # None while a required column is missing.


def look_closely(dataset: Dataset, table: Table, chosen: ColumnMap | None) -> Looked:
    """The table under that map; raises FileUnreadable where its values cannot be read."""
    found = chosen or guessed(dataset, table)
    missing = tuple(
        one.name for one in FIELDS[dataset] if one.required and one.name not in found.columns and one.name not in found.constants
    )
    return Looked(
        map=found,
        headings=table.headings,
        missing=missing,
        rows=tuple(_shown(table, number) for number in range(min(ROWS_SHOWN, len(table.rows)))),
        count=len(table.rows),
        currency=_currency(table, found.columns.get("unit_price", "")),
        reading=None if missing else read_records(dataset, table, found),
    )


def guessed(dataset: Dataset, table: Table) -> ColumnMap:
    """The map by the headings alone. An address book has no numbers: there the name tells one from the other."""
    columns = guess_columns(dataset, table.headings).columns
    if dataset in ("customers", "suppliers") and "code" not in columns and "name" in columns:
        columns["code"] = columns["name"]
    return ColumnMap(columns=columns)


def corrected(dataset: Dataset, table: Table, found: ColumnMap, columns: Mapping[str, str], constants: Mapping[str, str]) -> ColumnMap:
    """The map with a person's words in it: field to heading ("" for none), and values that hold for every row.

    Raises FileUnreadable, naming the fields and headings that there are.
    """
    known = {one.name for one in FIELDS[dataset]}
    by_plain = {plain(one): one for one in reversed(table.headings)}
    chosen = dict(found.columns)
    for given, heading in columns.items():
        field = SHORT.get(given, given)
        if field not in known:
            raise unreadable(table.name, f"there is no field {given!r}", f"There are: {', '.join(one.name for one in FIELDS[dataset])}.")
        chosen.pop(field, None)
        if heading:
            there = heading if heading in table.headings else by_plain.get(plain(heading))
            if there is None:
                raise unreadable(table.name, f"it has no column {heading!r}", f"It has: {', '.join(table.headings[:30])}.")
            chosen[field] = there
    fixed = {field: text for field, text in constants.items() if field not in chosen}
    return replace(found, columns=chosen, constants={**found.constants, **fixed}, confirmed=True)


def _shown(table: Table, number: int) -> dict[str, str]:
    cells = table.rows[number].cells
    return {heading: str(cells[place] if place < len(cells) else "")[:CELL_SHOWN] for place, heading in enumerate(table.headings)}


def _currency(table: Table, heading: str) -> str:
    """The one that the price's heading or its first cells name."""
    place = table.headings.index(heading) if heading in table.headings else None
    cells = [] if place is None else [str(row.cells[place]) for row in table.rows[:20] if place < len(row.cells)]
    for text in (heading, *cells):
        if found := CURRENCY.search(text.upper()):
            return SIGNS.get(found.group(0), found.group(0))
    return ""
