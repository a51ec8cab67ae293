"""What an afternoon left behind, read with plain SQL from the files: what the checkers look at."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

from sim.shop import SimShop
from tideover.journal.entry import Entry, decode


class Journal(Struct):
    """One journal file: the box's, or that of a PC that was replaced."""

    path: Path
    entries: list[tuple[Entry, bytes]]  # In their order, with the signed bytes.
    aside: list[Entry]  # What came but could not become an entry.
    late: list[Entry]  # Of a till whose right had ended.

    def of(self, *kinds: str) -> list[Entry]:
        return [one for one, _ in self.entries if one.kind in kinds]


class Left(Struct):
    """Everything that is left."""

    journals: list[Journal]  # The box's own comes last.
    documents: list[dict[str, Any]]  # Every row of the cloud's table, lines and payments with it.
    forgotten: dict[str, Entry] = {}  # What stood only in a directory that was left for an older copy, unseen by anybody.

    @property
    def entries(self) -> dict[str, tuple[Entry, bytes]]:
        """Id to entry and signed bytes, of all journals."""
        return {entry.id: (entry, signed) for journal in self.journals for entry, signed in journal.entries}

    def of(self, *kinds: str) -> list[Entry]:
        return [one for one, _ in self.entries.values() if one.kind in kinds]

    def finals(self, key: str = "external_id") -> Counter[str]:
        """How often the cloud has each, in its final state."""
        return Counter(one[key] for one in self.documents if one["state"] == "final" and one[key])


def read(shop: SimShop) -> Left:
    """Read the journals and the cloud's database."""
    folders = (*shop.machine.old, shop.machine.folder)
    left = Left([_journal(folder / "journal.db") for folder in folders], _documents(shop.folder / "practice.db"))
    gone = [entry for folder in shop.machine.forgotten for entry, _ in _journal(folder / "journal.db").entries]
    left.forgotten = {entry.id: entry for entry in gone if entry.id not in left.entries}
    return left


def _journal(path: Path) -> Journal:
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        entries = [(decode(bytes(signed)), bytes(signed)) for (signed,) in db.execute("SELECT signed FROM entry ORDER BY seq")]
        aside = [(why, decode(bytes(signed))) for why, signed in db.execute("SELECT why, signed FROM aside")]
    late = [one for why, one in aside if why == "till-revoked"]
    return Journal(path, entries, [one for why, one in aside if why != "till-revoked"], late)


DOCUMENTS = "SELECT id, external_id, day, kind, state, total_minor, reference, till, booked_ms FROM sale"


def _documents(path: Path) -> list[dict[str, Any]]:
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        lines: dict[int, list[Any]] = {}
        for sale, *line in db.execute("SELECT sale_id, item, quantity, amount_minor FROM sale_line"):
            lines.setdefault(sale, []).append(line)
        payments: dict[int, list[Any]] = {}
        for sale, *payment in db.execute("SELECT sale_id, tender, amount_minor FROM payment"):
            payments.setdefault(sale, []).append(payment)
        names = ("id", "external_id", "day", "kind", "state", "total_minor", "reference", "till", "booked_ms")
        rows = [dict(zip(names, row, strict=True)) for row in db.execute(DOCUMENTS)]
    return [{**row, "lines": lines.get(row["id"], []), "payments": payments.get(row["id"], [])} for row in rows]
