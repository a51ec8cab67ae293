"""When the cloud's own tills could not record: from the journal's `outage` entries."""

from __future__ import annotations

from datetime import datetime

from tideover.journal.store import Journal
from tideover.recover.doubles import Span
from tideover.world import from_ms

OVER = ("recovering", "cleared", "closed")


def outage_spans(journal: Journal) -> tuple[Span, ...]:
    """Each outage from its first evidence until the way back began (for the last time); None as end: still away."""
    since: dict[str, int] = {}
    until: dict[str, datetime | None] = {}
    for kept in journal.read(kinds=("outage",), limit=10_000):
        body = kept.entry.body
        since[body.outage] = min(body.since, since.get(body.outage, body.since))
        if body.phase not in OVER:
            until[body.outage] = None
        elif until.get(body.outage) is None:
            until[body.outage] = from_ms(kept.entry.happened_at)
    return tuple(Span(from_ms(since[outage]), until[outage]) for outage in since)
