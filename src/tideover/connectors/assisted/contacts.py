"""Takes an address book apart: customers, suppliers and staff, by a column that says which, else by the file's name.

Only sorts rows; each part is then read like an export of its own.
"""

from __future__ import annotations

import csv
import io

from tideover.connectors.assisted.cells import Unread, text_of
from tideover.connectors.assisted.fields import FILE_NAMES, plain
from tideover.connectors.assisted.row import Cell, unreadable
from tideover.connectors.assisted.table import Table, read_table

STAFF = "staff"
KIND_HEADINGS = ("type", "kind", "role", "group", "contact type", "laji", "tyyppi", "rooli", "ryhmä")
WORDS = {
    "suppliers": frozenset({"supplier", "vendor", "wholesaler", "toimittaja", "tukku", "leverantör"}),
    "customers": frozenset({"customer", "client", "asiakas", "kund"}),
    STAFF: frozenset({"staff", "employee", "own", "colleague", "henkilökunta", "työntekijä", "oma", "henkilö", "personal"}),
}


def sorted_out(name: str, content: bytes) -> dict[str, bytes]:
    """Dataset (or "staff") to its rows as a file of its own; a row whose kind is not known is a customer. Raises FileUnreadable."""
    table = read_table(name, content, "customers")
    heading = next((one for one in table.headings if plain(one) in KIND_HEADINGS), None)
    if heading is None:
        return {_by_name(name): content}
    place = table.headings.index(heading)
    parts: dict[str, list[tuple[Cell, ...]]] = {}
    for row in table.rows:
        word = plain(str(row.cells[place])) if place < len(row.cells) else ""
        parts.setdefault(next((kind for kind, words in WORDS.items() if word in words), "customers"), []).append(row.cells)
    return {kind: _written(table, rows) for kind, rows in parts.items()}


def _by_name(name: str) -> str:
    words = plain(name.rsplit(".", 1)[0])
    return "suppliers" if words.startswith(FILE_NAMES["suppliers"]) else "customers"


def _written(table: Table, rows: list[tuple[Cell, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.headings)
    writer.writerows(rows)
    return text.getvalue().encode()


def people_in(name: str, content: bytes) -> list[tuple[str, str, str]]:
    """Name, phone and mail of each of the staff. Raises FileUnreadable."""
    from tideover.connectors.assisted.columns import guess_columns

    table = read_table(name, content, "customers")
    columns = guess_columns("customers", table.headings).columns
    if "name" not in columns:
        raise unreadable(name, "no column holds the name", f"It has: {', '.join(table.headings[:30])}.")
    places = [table.headings.index(columns[field]) if field in columns else None for field in ("name", "phone", "email")]
    found = []
    for row in table.rows:
        try:
            who, phone, mail = (text_of(row.cells[place]) if place is not None and place < len(row.cells) else "" for place in places)
        except Unread:
            continue  # A formula where a name should be: nobody of that name works here.
        if who:
            found.append((who[:100], phone[:100], mail[:100]))
    return found
