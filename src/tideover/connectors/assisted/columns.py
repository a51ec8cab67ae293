"""Joins a file's columns to a record's fields: guessed from the headings, shown, corrected, remembered.

A remembered map is used as it is: if a column that it names is missing, the file is refused rather
than read from another column. Never takes a price from a heading that only looks like one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from tideover.connectors.assisted.fields import FIELDS, Wanted, plain
from tideover.connectors.assisted.numbers import DecimalSign, decimal_signs, is_unclear
from tideover.connectors.assisted.row import unreadable
from tideover.connectors.assisted.table import Table

NUMERIC = ("price", "money", "quantity", "percent")


class ColumnMap(Struct, frozen=True, forbid_unknown_fields=True):
    """What was decided about one kind of file; stands in columns.json, where a person may change it."""

    columns: dict[str, str]  # Field to the heading it is read from.
    constants: dict[str, str] = {}  # Field to a text that holds for every row, where the file has no such column.
    decimal: DecimalSign | None = None  # None: find out from the file.
    dates: Literal["dmy", "mdy"] = "dmy"  # How 03/04/2026 reads; 2026-04-03 and 3.4.2026 need no word.
    confirmed: bool = False  # A person has looked at it.


class Guess(Struct, frozen=True):
    """What a screen shows before a person confirms."""

    columns: dict[str, str]
    missing: tuple[str, ...]  # Required fields without a column.
    unused: tuple[str, ...]  # Headings that no field is read from.


def guess_columns(kind: str, headings: Sequence[str]) -> Guess:
    """The best heading for each field; a heading serves one field only, required fields choose first."""
    columns: dict[str, str] = {}
    taken: set[str] = set()
    in_turn, percents_first = _by_plain(headings), _by_plain(sorted(headings, key=lambda one: "%" not in one))
    for wanted in sorted(FIELDS[kind], key=lambda one: not one.required):
        by_plain = percents_first if wanted.kind == "percent" else in_turn
        found = next((by_plain[name] for name in map(plain, wanted.headings) if name in by_plain and by_plain[name] not in taken), None)
        if found is not None:
            columns[wanted.name] = found
            taken.add(found)
    missing = tuple(one.name for one in FIELDS[kind] if one.required and one.name not in columns)
    return Guess(columns=columns, missing=missing, unused=tuple(one for one in headings if one not in taken))


def _by_plain(headings: Sequence[str]) -> dict[str, str]:
    """The first heading of each plain form: "VAT" and "VAT %" have one."""
    found: dict[str, str] = {}
    for heading in headings:
        found.setdefault(plain(heading), heading)
    return found


def map_for(kind: str, table: Table, remembered: ColumnMap | None) -> ColumnMap:
    """The map to read this table by. Raises FileUnreadable naming the column that is missing and the ones there are."""
    if remembered is None:
        guess = guess_columns(kind, table.headings)
        remembered = ColumnMap(columns=guess.columns)
    for field, heading in remembered.columns.items():
        if field in _names(kind) and heading not in table.headings:
            why = f"the column {heading!r}, from which the {_words(field)} is read, is missing"
            raise unreadable(table.name, why, f"Export it again with that column, or name another one in columns.json. {_there_are(table)}")
    for wanted in FIELDS[kind]:
        if wanted.required and wanted.name not in remembered.columns and wanted.name not in remembered.constants:
            why = f"no column holds the {_words(wanted.name)}"
            raise unreadable(table.name, why, f"Say in columns.json which column it is. {_there_are(table)}")
    return remembered


def _names(kind: str) -> set[str]:
    return {one.name for one in FIELDS[kind]}


def _words(field: str) -> str:
    return field.replace("_", " ")


def _there_are(table: Table) -> str:
    return f"It has: {', '.join(table.headings[:30])}."


def columns_of(kind: str, table: Table, chosen: ColumnMap) -> dict[str, tuple[Wanted, int]]:
    """Field to its description and the number of its column, for the fields that are read from one."""
    wanted = {one.name: one for one in FIELDS[kind]}
    return {name: (wanted[name], table.headings.index(heading)) for name, heading in chosen.columns.items() if name in wanted}


def decimal_sign(kind: str, table: Table, chosen: ColumnMap) -> DecimalSign:
    """The file's decimal sign. Raises FileUnreadable where the numbers contradict each other, or could be read both ways."""
    if chosen.decimal is not None:
        return chosen.decimal
    texts = list(_numbers(kind, table, chosen))
    proven = decimal_signs(texts)
    if len(proven) == 1:
        return proven.pop()
    advice = 'Write "decimal": "," or "decimal": "." for this file into columns.json, or export the numbers with two decimals.'
    if proven:
        raise unreadable(table.name, "some of its numbers have a decimal comma, others a decimal point", advice)
    unclear = _first_unclear(texts)
    if unclear is not None:
        raise unreadable(table.name, f"{unclear!r} could be read in two ways and no other number tells which", advice)
    return "."


def _first_unclear(texts: Iterable[str]) -> str | None:
    return next((text for text in texts if is_unclear(text)), None)


def _numbers(kind: str, table: Table, chosen: ColumnMap) -> Iterable[str]:
    """The texts of the columns that hold numbers; a spreadsheet's own numbers need no sign."""
    places = [column for wanted, column in columns_of(kind, table, chosen).values() if wanted.kind in NUMERIC]
    for row in table.rows:
        for column in places:
            if column < len(row.cells) and not isinstance(row.cells[column], Decimal):
                yield str(row.cells[column])
