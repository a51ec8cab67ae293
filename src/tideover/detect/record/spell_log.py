"""Writes into the journal that a service went away, once, and that it came back, once, with how long it took.

Looks at nothing and decides nothing itself (spells.py does). A journal that takes nothing is tolerated: nothing is
counted as written then, and it is written when it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from tideover.detect.record.spells import LATELY_S, Away, Said, Spell, Spells, Word, step
from tideover.errors import Damaged
from tideover.journal.entry import Fact
from tideover.journal.store import Journal
from tideover.model.outage import Verdict
from tideover.model.switching import ServiceAway, ServiceBack
from tideover.world import World, from_ms, to_ms

READ_ROWS = 1_000
CAUSE_LENGTH_MAX = NAME_LENGTH_MAX = 200


class SpellLog:
    """`turn` it with the verdicts; `away` says what is away."""

    def __init__(
        self, journal: Journal, world: World, said: Callable[[], Sequence[Said]], last_seen_ms: Callable[[str], int | None]
    ) -> None:
        """said: what people say does not work. last_seen_ms: when that service was last concluded on, before the box was started."""
        self._journal, self._world, self._said = journal, world, said
        self._spells = self._read(last_seen_ms)

    @property
    def away(self) -> tuple[Spell, ...]:
        """What is away, by service."""
        return tuple(self._spells.away[service] for service in sorted(self._spells.away))

    async def turn(self, found: Sequence[Verdict]) -> None:
        """Take the verdicts in and write what they end or begin."""
        if not self._journal.is_writable:
            return
        after, words = step(self._spells, found, self._said(), self._ids(), self._world.now())
        try:
            if words:
                await self._journal.record_together([_fact(one) for one in words])
        except Damaged:  # Told by the journal itself; these words are said when it is whole again.
            return
        self._spells = after

    def _ids(self) -> Iterator[str]:
        while True:
            yield self._world.new_id()

    def _read(self, last_seen_ms: Callable[[str], int | None]) -> Spells:
        """What the journal says is away; a damaged one counts as far as it can be read. Until the first turn is a gap."""
        away: dict[str, Spell] = {}
        ends: dict[str, tuple[datetime, ...]] = {}
        after, now = 0, self._world.now()
        try:
            while kepts := self._journal.read(after=after, kinds=("service_away", "service_back"), limit=READ_ROWS):
                for entry in (kept.entry for kept in kepts):
                    if entry.kind == "service_away":
                        away[entry.body.service] = Spell(entry.body.service, entry.id, from_ms(entry.body.since))
                    elif away.get(entry.body.service, NOBODY).id == entry.refers_to:
                        del away[entry.body.service]
                        at = from_ms(entry.body.at)
                        if abs(now - at) <= timedelta(seconds=LATELY_S):
                            ends[entry.body.service] = (*ends.get(entry.body.service, ()), at)
                after = kepts[-1].seq
        except Damaged:
            pass  # Told by the journal itself.
        for service, spell in away.items():
            seen_ms = last_seen_ms(service)
            if seen_ms is not None and seen_ms > to_ms(spell.since):
                away[service] = Spell(service, spell.id, spell.since, seen_at=from_ms(seen_ms))
        return Spells(away=away, ends=ends)


NOBODY = Spell("", "", from_ms(0))


def _fact(word: Word) -> Fact:
    if isinstance(word, Away):
        body = ServiceAway(word.service, word.cause[:CAUSE_LENGTH_MAX], to_ms(word.since), word.noticed_by[:NAME_LENGTH_MAX])
        return Fact("service_away", body, id=word.id, happened_at=word.since)
    unseen = {"unseen_s": word.unseen_s} if word.unseen_s else {}
    return Fact("service_back", ServiceBack(word.service, to_ms(word.at), word.lasted_s, **unseen), refers_to=word.id, happened_at=word.at)
