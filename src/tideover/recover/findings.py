"""Differences that somebody owns: raised once, open until a person explains them, or proof ends them. Decides neither."""

from __future__ import annotations

from collections.abc import Iterable

from tideover.errors import NotFound, Rejected, WrongState
from tideover.journal.entry import Kept
from tideover.journal.late import CODE
from tideover.journal.store import Journal
from tideover.model.facts import FindingClosed, FindingRaised
from tideover.model.finding import Finding

READ_MAX = 1_000  # Entries read at a time.


class Findings:
    """The journal's findings, folded as they come."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._after = 0
        self._open: dict[str, Kept] = {}
        self._all: set[str] = set()
        self._seen: set[tuple[str, int]] = set()  # Key and amount: the same difference, seen again, is one finding.

    def open(self) -> list[Kept]:
        """Entries of kind finding that nobody has explained yet, oldest first."""
        self._take_up()
        return list(self._open.values())

    async def raise_new(self, findings: Iterable[Finding], day: str | None) -> int:
        """Write down those that do not stand there yet; how many. One whose sum changed is another difference."""
        self._take_up()
        count = 0
        for one in findings:
            if (one.key, one.amount_minor) in self._seen:
                continue
            body = FindingRaised(code=one.code, text=one.text, owner=one.owner, amount_minor=one.amount_minor, key=one.key, day=day)
            await self._journal.record("finding", body, refers_to=one.entry, trading_day=day)
            self._take_up()
            count += 1
        return count

    async def close(self, id: str, note: str, by: str) -> None:
        """A person explains it. Raises NotFound, WrongState (explained already), Rejected (without a word)."""
        self._take_up()
        if not note.strip():
            raise Rejected(why="say what explains the difference")
        if id not in self._all:
            raise NotFound(what="finding", id=id)
        if id not in self._open:
            raise WrongState(what="Closing it", why="it is explained already")
        about = self._open[id].entry.body
        if about.code == CODE and self._journal.late(about.key.rpartition("/")[0]):
            raise WrongState(what="Closing it", why="say on the page of tills of each of these sales whether it happened")
        await self._journal.record("finding_closed", FindingClosed(note=note), refers_to=id, operator=by)
        self._take_up()

    async def end_of_day(self, code: str, day: str, note: str) -> None:
        """What the box itself has proven to be over: findings of that code and day are closed, by nobody."""
        for kept in self.open():
            if (kept.entry.body.code, kept.entry.body.day) == (code, day):
                await self._journal.record("finding_closed", FindingClosed(note=note), refers_to=kept.entry.id)

    def _take_up(self) -> None:
        while kepts := self._journal.read(after=self._after, kinds=("finding", "finding_closed"), limit=READ_MAX):
            for kept in kepts:
                if kept.entry.kind == "finding":
                    self._open[kept.entry.id] = kept
                    self._all.add(kept.entry.id)
                    self._seen.add((kept.entry.body.key, kept.entry.body.amount_minor))
                else:
                    self._open.pop(kept.entry.refers_to or "", None)
            self._after = kepts[-1].seq
