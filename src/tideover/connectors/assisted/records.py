"""Turns a table into the records of a dataset; a row that cannot be read blocks only itself and is named.

Where too many rows cannot be read, it is the wrong file or the wrong column: the whole file is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from tideover.connectors.assisted import cells
from tideover.connectors.assisted.cells import Unread
from tideover.connectors.assisted.columns import NUMERIC, ColumnMap, columns_of, decimal_sign, map_for
from tideover.connectors.assisted.fields import FIELDS, Wanted
from tideover.connectors.assisted.numbers import DecimalSign
from tideover.connectors.assisted.row import Cell, Row, unreadable
from tideover.connectors.assisted.table import Table
from tideover.errors import Misconfigured
from tideover.model.item import Customer, Dataset, Invoice, Item, Order, OrderLine, PastSale, Quote, Stock, Supplier
from tideover.model.sale import LINES_MAX

FAULTS_MIN = 20  # So many bad rows are always borne.
FAULT_SHARE_MAX = 0.1  # More bad rows than this share: not a row's mistake but the file's.
FAULTS_KEPT = 50  # Named one by one; a person mends the first and sees the rest go.

Fields = dict[str, Any]


class Reading(Struct, frozen=True):
    """What a file holds."""

    records: tuple[Struct, ...]
    unread: tuple[str, ...]  # Codes of rows whose other cells could not be read.
    faults: tuple[str, ...]  # Where and why, in words.
    map: ColumnMap


class Rows:
    """The rows of one table, field by field, under a column map."""

    def __init__(self, kind: str, table: Table, chosen: ColumnMap) -> None:
        """Raises FileUnreadable if the map does not fit the table, or its decimal sign cannot be known."""
        self._table, self._map = table, chosen
        self._columns = columns_of(kind, table, chosen)
        self._sign: DecimalSign = decimal_sign(kind, table, chosen)
        self._wanted = {one.name: one for one in FIELDS[kind]}
        self._fractions = self._percent_as_fraction()

    def read(self, row: Row, left_out: list[str] | None = None) -> Fields:
        """Every field of the row that has a value; raises Unread naming row and column.

        left_out: takes what is wrong with a text that need not be there, a note; without it that raises, too.
        """
        if len(row.cells) > len(self._table.headings) and any(str(one).strip() for one in row.cells[len(self._table.headings) :]):
            raise Unread(f"Row {row.number} has more cells than there are headings: a separator stands inside a text.")
        found: Fields = {}
        for name, wanted in self._wanted.items():
            cell = self.cell(row, name)
            try:
                value = self._value(wanted, cell)
            except Unread as why:
                said = f"Row {row.number}, column {self._map.columns.get(name, name)!r}: {why}."
                if left_out is None or wanted.required or wanted.kind != "text":
                    raise Unread(said) from why
                left_out.append(said)
                continue
            if value in (None, "") and wanted.required and not wanted.may_be_blank:
                raise Unread(f"Row {row.number}, column {self._map.columns.get(name, name)!r} is empty.")
            if value not in (None, ""):
                found[name] = value
        return found

    def cell(self, row: Row, name: str) -> Cell:
        """The field's cell, or what holds for every row."""
        if name in self._columns:
            column = self._columns[name][1]
            return row.cells[column] if column < len(row.cells) else ""
        constant = self._map.constants.get(name, "")
        if constant and self._wanted[name].kind in NUMERIC:
            return _constant_number(constant)
        return constant

    def _value(self, wanted: Wanted, cell: Cell) -> Any:
        match wanted.kind:
            case "text":
                return cells.text_of(cell)
            case "code":
                return cells.code_of(cell)
            case "barcodes":
                return cells.barcodes_of(cell)
            case "flag":
                return cells.flag_of(cell)
            case _ if cell == "" or not str(cell).strip():
                return None
            case "date":
                return cells.date_of(cell, self._map.dates)
            case "time":
                return cells.time_of(cell)
            case "percent":
                return cells.number_of(cell, "percent", self._sign) * (100 if self._fractions else 1)
            case _:
                return cells.number_of(cell, wanted.kind, self._sign)

    def _percent_as_fraction(self) -> bool:
        """Spreadsheets keep 25.5 % as 0.255: true if all of the column are at most 1 and one is between."""
        values: list[int] = []
        for name, (wanted, _) in self._columns.items():
            for row in self._table.rows if wanted.kind == "percent" else ():
                try:
                    values.append(cells.number_of(self.cell(row, name), "percent", self._sign))
                except Unread:
                    continue
        return bool(values) and max(values) <= cells.PPM_PER_PERCENT and any(0 < one < cells.PPM_PER_PERCENT for one in values)


def _constant_number(text: str) -> Decimal:
    """A person wrote it into columns.json: 25.5 or 25,5, whatever the file's own decimal sign is."""
    try:
        return Decimal(text.strip().removesuffix("%").strip().replace(",", "."))
    except InvalidOperation as error:
        raise Misconfigured(setting="the column maps", why=f"{text!r} is not a number", file="columns.json") from error


def read_records(dataset: Dataset, table: Table, remembered: ColumnMap | None) -> Reading:
    """The dataset's records; the first of several rows with one code is used. Raises FileUnreadable."""
    chosen = map_for(dataset, table, remembered)
    rows = Rows(dataset, table, chosen)
    first: dict[str, tuple[int, list[Fields]]] = {}
    unread: dict[str, None] = {}
    faults: list[str] = []
    left_out: list[str] = []
    doubled = 0
    for row in table.rows:
        try:
            found = rows.read(row, left_out)
        except Unread as why:
            faults.append(str(why))
            unread.update(dict.fromkeys(_code_only(rows, row)))
            continue
        number, parts = first.setdefault(found["code"], (row.number, []))
        if not parts or dataset in LINED:
            parts.append(found)
        elif parts[0] != found:
            doubled += 1
            faults.append(f"Row {row.number}: the code {found['code']!r} stands in row {number} with other content; row {number} is used.")
    _refuse_mostly_bad(table, faults, doubled)
    # A document of which one line could not be read is not taken without that line.
    records = tuple(BUILD[dataset](parts) for code, (_, parts) in first.items() if not (dataset in LINED and code in unread))
    missing = tuple(code for code in unread if code not in first or dataset in LINED)
    return Reading(records=records, unread=missing, faults=tuple([*faults, *left_out][:FAULTS_KEPT]), map=chosen)


def _code_only(rows: Rows, row: Row) -> list[str]:
    try:
        code = cells.code_of(rows.cell(row, "code"))
    except Unread:
        return []
    return [code] if code else []


def _refuse_mostly_bad(table: Table, faults: list[str], doubled: int) -> None:
    if len(faults) > max(FAULTS_MIN, FAULT_SHARE_MAX * len(table.rows)):
        if 2 * doubled > len(faults):
            why = f"{doubled} of its {len(table.rows)} rows have the code of another row, with other content. {' '.join(faults[:3])}"
            raise unreadable(table.name, why, "Look whether another column holds the code, or export each item once.")
        why = f"{len(faults)} of its {len(table.rows)} rows cannot be read. {' '.join(faults[:3])}"
        raise unreadable(table.name, why, "Look whether it is the right file and columns.json names the right columns.")


# Records -------------------------------------------------------------------------------------------


def _item(parts: list[Fields]) -> Struct:
    one = dict(parts[0])
    one["vat_ppm"] = one.pop("vat_percent")
    return Item(**one)


def _lines(parts: list[Fields]) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(item=one["item"], name=one.get("line_name", one["item"]), quantity=one["quantity"], unit_price=one.get("unit_price", 0))
        for one in parts[:LINES_MAX]
    )


def _order(parts: list[Fields]) -> Struct:
    one = parts[0]
    note, promised = one.get("note", ""), one.get("promised_on")
    return Order(code=one["code"], customer=one["customer"], promised_on=promised, lines=_lines(parts), note=note)


def _quote(parts: list[Fields]) -> Struct:
    one = parts[0]
    return Quote(code=one["code"], customer=one["customer"], valid_until=one.get("valid_until"), lines=_lines(parts))


def _sale(parts: list[Fields]) -> Struct:
    one = parts[0]
    return PastSale(code=one["code"], day=one["day"], customer=one.get("customer"), total_minor=one["total"], lines=_lines(parts))


def _invoice(parts: list[Fields]) -> Struct:
    one = parts[0]
    return Invoice(code=one["code"], customer=one["customer"], due_on=one.get("due_on"), open_minor=one["open"])


LINED = frozenset({"orders", "quotes", "sales"})  # One row per line; rows with one code are one document.
BUILD: dict[str, Callable[[list[Fields]], Struct]] = {
    "items": _item,
    "stock": lambda parts: Stock(**parts[0]),
    "customers": lambda parts: Customer(**parts[0]),
    "suppliers": lambda parts: Supplier(**parts[0]),
    "orders": _order,
    "quotes": _quote,
    "sales": _sale,
    "invoices": _invoice,
}
