"""Reads the whole journal a piece at a time, so that a box with a million entries checks them all and still serves, and ends.

Between two pieces nothing is held: no lock, no transaction, no thread. Only reads.
"""

from __future__ import annotations

from tideover.db import Database
from tideover.errors import ChainBroken, Damaged
from tideover.journal.chain import Head
from tideover.journal.opening import check_head
from tideover.journal.roll import Roll
from tideover.journal.verify import COLUMNS, first_fault


class Reread:
    """One reading from the first entry to the end."""

    def __init__(self, database: Database, witness: Head) -> None:
        """witness: the head when it begins; it must still stand at the end."""
        self._database, self._witness = database, witness
        self._roll = Roll()
        self.is_over = False

    def go_on(self, limit: int) -> Damaged | None:
        """Check the next entries, at most `limit`; what is wrong with them, if anything."""
        before = self._roll.head.seq
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM entry WHERE seq > ? ORDER BY seq LIMIT ?", (before, limit))
            fault = first_fault(rows, self._roll)
        self.is_over = fault is not None or self._roll.head.seq < before + limit
        if fault is not None:
            return ChainBroken(file=self._database.path, seq=fault[0], why=fault[1])
        return check_head(self._database, self._roll.head, self._witness, "box") if self.is_over else None
