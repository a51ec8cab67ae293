"""What the journal took and the outbox has not folded yet, counted in memory as entries come.

Folding is written down slice by slice and may lag a day of sales behind; whoever asks how the shop stands waits for none of it.
Writes nothing.
"""

from __future__ import annotations

from msgspec import Struct

from tideover.journal.store import Journal
from tideover.recover.rows import Rows
from tideover.rules.pricing import gross_sum

KINDS = ("sale", "refund", "void")
READ_ROWS = 500


class One(Struct, frozen=True):
    """A sale or refund that is not folded yet."""

    seq: int
    minor: int
    recorded_at: int  # UTC ms.


class Ahead:
    """The sales and refunds behind the last folded entry."""

    def __init__(self, journal: Journal, rows: Rows) -> None:
        self._journal, self._rows = journal, rows
        self._folded = self._seq = 0
        self._waiting: dict[str, One] = {}
        self._void: dict[str, One] = {}

    def look(self) -> None:
        """Take up what is new, and let go what was folded meanwhile; asked often it costs only what is new. Raises Damaged."""
        folded = self._rows.taken_up()
        if folded < self._folded:  # The tables are made again from the journal.
            self._waiting, self._void, self._seq = {}, {}, folded
        elif folded > self._folded:
            self._waiting = {id: one for id, one in self._waiting.items() if one.seq > folded}
            self._void = {id: one for id, one in self._void.items() if one.seq > folded}
        self._folded, self._seq = folded, max(self._seq, folded)
        while kepts := self._journal.read(after=self._seq, kinds=KINDS, limit=READ_ROWS):
            for kept in kepts:
                entry, of = kept.entry, kept.entry.refers_to or ""
                if entry.kind != "void":
                    self._waiting[entry.id] = One(kept.seq, gross_sum(entry.body), kept.recorded_at)
                elif of in self._waiting:
                    self._void[of] = self._waiting.pop(of)
            self._seq = kepts[-1].seq

    def is_current(self) -> bool:
        """Nothing was folded since the last look: both together count each entry once."""
        return self._rows.taken_up() == self._folded

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def minor(self) -> int:
        """What waits, refunds off."""
        return sum(one.minor for one in self._waiting.values())

    @property
    def void(self) -> int:
        return len(self._void)

    @property
    def oldest_at(self) -> int | None:
        """When the first that waits was recorded, UTC ms."""
        return next((one.recorded_at for one in self._waiting.values()), None)
