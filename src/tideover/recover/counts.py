"""How many entries stand where on their way to the cloud, and what they come to. Changes nothing."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from tideover.journal.store import Journal
from tideover.recover.ahead import Ahead
from tideover.recover.rows import Rows
from tideover.world import from_ms


class Counts(Struct, frozen=True):
    """How many entries stand where, and what they come to."""

    waiting: int
    sending: int
    booked: int
    parked: int
    void: int
    settled: int  # Dealt with outside the cloud, by a person.
    waiting_minor: int  # Waiting and sending.
    parked_minor: int
    oldest_waiting_at: datetime | None
    next_due_at: datetime | None
    paused: str  # Why nothing is sent at all: the log-in's error; "" if all is well.


def count(rows: Rows, ahead: Ahead, journal: Journal, next_due_at: datetime | None, paused: str) -> Counts:
    """Sums over the outbox's rows as they stand, and over what is not folded into them yet."""
    ahead.look()
    sums = rows.sums()
    while not ahead.is_current():  # A slice was written down between the two questions: at most the one that was on its way.
        ahead.look()
        sums = rows.sums()
    on_the_way = [sums[state] for state in ("waiting", "sending") if state in sums]
    numbers = {state: sums[state][0] if state in sums else 0 for state in ("waiting", "sending", "booked", "parked", "void", "settled")}
    numbers["waiting"] += ahead.waiting
    numbers["void"] += ahead.void
    oldest = _recorded_at(journal, min(seq for _, _, seq in on_the_way)) if on_the_way else None
    if oldest is None and ahead.oldest_at is not None:
        oldest = from_ms(ahead.oldest_at)
    return Counts(
        **numbers,
        waiting_minor=sum(minor for _, minor, _ in on_the_way) + ahead.minor,
        parked_minor=sums["parked"][1] if "parked" in sums else 0,
        oldest_waiting_at=oldest,
        next_due_at=next_due_at,
        paused=paused,
    )


def _recorded_at(journal: Journal, seq: int) -> datetime | None:
    kepts = journal.read(after=seq - 1, limit=1)
    return from_ms(kepts[0].recorded_at) if kepts else None
