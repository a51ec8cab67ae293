"""What arrived but could not become an entry, though it may have happened: kept beside the journal, for a person.

Nothing here is ever booked by itself.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tideover.journal.entry import Entry
from tideover.model.facts import FindingRaised
from tideover.model.sale import Document

Why = Literal["other-content", "number-taken", "till-revoked"]

ASIDE = "INSERT OR IGNORE INTO aside (id, till, till_seq, recorded_at, why, signed, signature) VALUES (?, ?, ?, ?, ?, ?, ?)"

TEXTS: dict[Why, str] = {  # Of a revoked till: late.py.
    "other-content": "Entry {id} came again from till {till} with other content; the first one stands.",
    "number-taken": "Till {till} sent another entry under its number {till_seq}; was the till copied or restored?",
}


class Aside(Struct, frozen=True):
    """One thing that was put aside."""

    number: int
    recorded_at: int  # UTC ms, when it first came.
    why: Why
    entry: Entry  # As it would have been.


def finding_of(entry: Entry, why: Why, number: int, owner: str) -> FindingRaised:
    """What a person is told about it; the sum is that of the document, if it is one."""
    amount_minor = sum(line.amount_minor for line in entry.body.lines) if isinstance(entry.body, Document) else 0
    return FindingRaised(
        code="entry-aside",
        text=TEXTS[why].format(id=entry.id, till=entry.till, till_seq=entry.till_seq),
        owner=owner,
        amount_minor=amount_minor,
        key=f"entry-aside/{number}",
        day=entry.trading_day,
    )
