"""A place for the journal's heads that takes none any more, such as a stick that was pulled out: told as a finding, ended by proof."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tideover.journal.heads import Heads
from tideover.model.finding import Finding
from tideover.recover.findings import Findings
from tideover.world import World

CODE = "witness-missing"
TEXT = (
    "{folder} keeps no witness of the journal's end any more. Put the stick or disk back in, or set heads_folder to another place; "
    "until then lost entries may go unnoticed."
)
OVER = "Every place keeps the witness of the journal's end again."


class Witnesses:
    """Looks whether every place took the last head; one finding stands as long as one did not."""

    def __init__(
        self, heads: Heads, findings: Findings, world: World, day_of: Callable[[datetime], str], owner_of: Callable[[str], str]
    ) -> None:
        """day_of: instant to trading day, YYYY-MM-DD. owner_of: matter to person."""
        self._heads, self._findings, self._world, self._day_of, self._owner_of = heads, findings, world, day_of, owner_of

    async def turn(self) -> None:
        """Tell what is missing, once; end what is over."""
        missing, told = self._heads.missing, [one.entry.body for one in self._findings.open() if one.entry.body.code == CODE]
        if missing and not told:
            day, folder = self._day_of(self._world.now()), missing[0].parent
            owner, key = self._owner_of(f"finding/{CODE}"), f"{CODE}/{folder}/{day}"
            await self._findings.raise_new([Finding(CODE, TEXT.format(folder=folder), owner, key=key)], day)
        for body in () if missing else told:
            await self._findings.end_of_day(CODE, body.day, OVER)
