"""When the cloud's own tills could not record: from the journal's `outage` entries."""

from __future__ import annotations

from datetime import datetime

from tideover.journal.entry import Kept
from tideover.journal.store import Journal
from tideover.recover.doubles import NEAR, Span
from tideover.world import from_ms

OVER = ("recovering", "cleared", "closed")


def outage_spans(journal: Journal) -> tuple[Span, ...]:
    """Each outage from its first evidence until the way back began (for the last time); None as end: still away.

    Where the box's clock was set back meanwhile nobody knows when it ended: then it ends later rather than too soon, for a
    person can tell an alike sale from a double, and a double that nobody looks at stays.
    """
    since: dict[str, int] = {}
    until: dict[str, datetime | None] = {}
    begun: dict[str, int] = {}
    for kept in journal.read(kinds=("outage",), limit=10_000):
        body = kept.entry.body
        begun.setdefault(body.outage, kept.seq)
        since[body.outage] = min(body.since, since.get(body.outage, body.since))
        if body.phase not in OVER:
            until[body.outage] = None
        elif until.get(body.outage) is None:
            until[body.outage] = _end(kept, journal.latest_between_ms(begun[body.outage], kept.seq))
    return tuple(Span(from_ms(since[outage]), until[outage]) for outage in since)


def _end(kept: Kept, latest_ms: int) -> datetime:
    end = from_ms(kept.entry.happened_at)
    return end if latest_ms <= kept.recorded_at else max(end, from_ms(latest_ms)) + NEAR
