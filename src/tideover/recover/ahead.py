"""What the journal took and the outbox has not folded yet, counted in memory as entries come.

Folding is written down slice by slice and may lag a day of sales behind; whoever asks how the shop stands waits for none of it.
Only what a sum takes is read of each: while tills press, every sale that they bring waits for this. Writes nothing.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from tideover.errors import ChainBroken
from tideover.journal.store import Journal
from tideover.recover.rows import Rows
from tideover.rules.pricing import gross_sum

KINDS = ("sale", "refund", "void")
# Each part runs along its index and SQLite merges them.
BEHIND = f"""
SELECT seq, id, recorded_at, signed FROM entry WHERE seq IN (
    {" UNION ALL ".join(f"SELECT seq FROM entry WHERE kind = '{kind}' AND seq > :after" for kind in KINDS)} ORDER BY seq LIMIT :limit
) ORDER BY seq
"""
PIECE = 50  # Entries looked at in one go: about 0.2 ms.


class _Line(Struct):
    amount_minor: int
    vat_ppm: int


class _Body(Struct):
    """As much of a document as `gross_sum` asks for."""

    lines: tuple[_Line, ...] = ()
    prices_include_vat: bool = True


class _Signed(Struct):
    """As much of an entry; a field's meaning is the same in every version."""

    kind: str
    refers_to: str | None
    body: _Body


_read = msgspec.json.Decoder(_Signed).decode


class One(Struct, frozen=True, gc=False):
    """A sale or refund that is not folded yet; numbers alone, so the collector need not look at thousands of them."""

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
        self._let_go()
        while self._look_on():
            pass

    def look_a_little(self) -> bool:
        """The same for a piece of what is new; False if that was all. Raises Damaged."""
        self._let_go()
        return self._look_on()

    def _let_go(self) -> None:
        folded = self._rows.taken_up()
        if folded < self._folded:  # The tables are made again from the journal.
            self._waiting, self._void, self._seq = {}, {}, folded
        elif folded > self._folded:
            self._waiting = {id: one for id, one in self._waiting.items() if one.seq > folded}
            self._void = {id: one for id, one in self._void.items() if one.seq > folded}
        self._folded, self._seq = folded, max(self._seq, folded)

    def _look_on(self) -> bool:
        rows = self._journal.database.rows(BEHIND, {"after": self._seq, "limit": PIECE})
        for seq, id, recorded_at, signed in rows:
            try:
                entry = _read(signed)
            except (msgspec.DecodeError, UnicodeDecodeError, TypeError) as error:
                raise ChainBroken(file=self._journal.database.path, seq=seq, why=str(error)) from error
            if entry.kind != "void":
                self._waiting[id] = One(seq, gross_sum(entry.body), recorded_at)  # type: ignore[arg-type]
            elif (of := entry.refers_to or "") in self._waiting:
                self._void[of] = self._waiting.pop(of)
            self._seq = seq
        return len(rows) == PIECE

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
