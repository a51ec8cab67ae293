"""What the real journal says of practice: rehearsals, what failed in them, who knows which text. Reads on, keeps no other state."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from tideover.journal.reading import READ_MAX, Reading
from tideover.learn import acknowledge, gap
from tideover.learn.acknowledge import Acks
from tideover.learn.gap import Gap
from tideover.model.facts import Checked
from tideover.model.run import Rehearsed

KINDS = ("rehearsed", "acknowledged", "checked", *gap.KINDS)


class Past(Struct, frozen=True):
    """A rehearsal that was."""

    id: str
    on: str  # Trading day.
    seq: int
    body: Rehearsed


class Proof(Struct, frozen=True):
    """An answer to a check that closes a gap, which nobody has written down yet."""

    gap: Gap
    entry: str


class PracticeLog:
    """Ask for `past`, `gaps`, `acks`; each call reads what came since."""

    def __init__(self, journal: Reading) -> None:
        """journal: one that can only be read will do."""
        self._journal, self._seq = journal, 0
        self._past: list[Past] = []
        self._gaps: Mapping[str, Gap] = {}
        self._acks: Acks = {}
        self._proofs: dict[str, Proof] = {}

    def _read_on(self) -> None:
        """Raises Damaged."""
        while kepts := self._journal.read(after=self._seq, kinds=KINDS, limit=READ_MAX):
            for kept in kepts:
                entry = kept.entry
                if isinstance(entry.body, Rehearsed):
                    self._past.append(Past(entry.id, entry.trading_day, kept.seq, entry.body))
                elif isinstance(entry.body, Checked):
                    open_gaps = [one for one in self._gaps.values() if one.is_open]
                    for one in gap.closed_by_check(entry.body, entry.happened_at, open_gaps):
                        self._proofs.setdefault(one.id, Proof(one, entry.id))
                else:
                    self._gaps = gap.take(self._gaps, entry)
                    self._acks = acknowledge.take(self._acks, entry)
            self._seq = kepts[-1].seq

    def past(self) -> list[Past]:
        """Every rehearsal, the newest first."""
        self._read_on()
        return self._past[::-1]

    def gaps(self) -> list[Gap]:
        """Everything that ever failed: the open ones first, by the day on which they are due."""
        self._read_on()
        return sorted(self._gaps.values(), key=lambda one: (not one.is_open, one.due if one.is_open else "", -one.raised_ms))

    def open_gaps(self) -> list[Gap]:
        return [one for one in self.gaps() if one.is_open]

    def acks(self) -> Acks:
        """Person and text to what was said."""
        self._read_on()
        return self._acks

    def proofs(self) -> list[Proof]:
        """Open gaps that a check has shown to be mended."""
        self._read_on()
        return [one for one in self._proofs.values() if self._gaps[one.gap.id].is_open]
