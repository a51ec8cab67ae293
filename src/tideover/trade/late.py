"""What a person says of sales that came when their till's right had ended: they happened, and go into the books, or they did not.

Books nothing by itself, and nothing of which nobody said that it happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tideover.errors import NotFound, Rejected, WrongState
from tideover.journal.entry import Fact
from tideover.journal.late import Late
from tideover.journal.store import Journal
from tideover.model.facts import LateSettled
from tideover.world import from_ms

Outcome = Literal["happened", "did_not_happen"]
TOGETHER_MAX = 200  # Of one word; a page shows no more.


async def settle(journal: Journal, ids: Sequence[str], outcome: Outcome, why: str, by: str) -> int:
    """Each of them gets this word, all in one commit; how many. Raises Rejected, NotFound, WrongState (somebody was quicker)."""
    if not ids or len(ids) > TOGETHER_MAX:
        raise Rejected(why="say which of them it is about")
    if outcome == "did_not_happen" and not why.strip():
        raise Rejected(why="the reason is missing")
    known = {one.entry.id: one for one in journal.late()}
    chosen = [known.get(id) for id in dict.fromkeys(ids)]
    found = [one for one in chosen if one is not None]
    if len(found) < len(chosen):
        missing = next(id for id in ids if id not in known)
        if journal.find(missing) is not None or journal.referring(missing, kinds=("late_settled",)):
            raise WrongState(what="This word", why="somebody has decided about one of them already")
        raise NotFound(what="late sale", id=missing[:40])
    await journal.record_together([fact for one in found for fact in _facts(one, outcome, why.strip(), by)])
    return len(found)


def _facts(one: Late, outcome: Outcome, why: str, by: str) -> list[Fact]:
    """The word; where it happened, the entry before it, under its own id, day and hour."""
    entry = one.entry
    word = Fact("late_settled", LateSettled(outcome, why), entry.id, by, trading_day=entry.trading_day)
    if outcome == "did_not_happen":
        return [word]
    at = from_ms(entry.happened_at)
    return [Fact(entry.kind, entry.body, entry.refers_to, entry.operator, at, entry.trading_day, entry.id), word]
