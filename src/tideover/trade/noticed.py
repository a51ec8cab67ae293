"""What was noticed about an entry becomes findings beside it, in the same commit, each with an owner. Stops nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tideover.journal.entry import Fact
from tideover.model.facts import FindingRaised
from tideover.plan.store import Plan
from tideover.trade.terms import Notice

TEXT_LENGTH_MAX = 1_000


def findings_of(plan: Plan, fact: Fact, day: str, notices: Iterable[Notice]) -> Iterator[Fact]:
    """One finding per notice about that entry. day: the entry's trading day."""
    for notice in notices:
        key = f"{notice.code} {fact.id} {notice.key}".strip()
        owner = plan.owner_of(f"finding/{notice.code}")
        body = FindingRaised(notice.code, notice.text[:TEXT_LENGTH_MAX], owner, notice.amount_minor, key, day)
        yield Fact("finding", body, refers_to=fact.id, trading_day=day)
