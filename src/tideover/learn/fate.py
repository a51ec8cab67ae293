"""What became of each document of the input: booked, parked, lost or doubled. Pure; decides nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from tideover.learn.evidence import Evidence, Fact, Held, Route

Word = Literal["booked", "parked", "lost", "doubled"]


class Parked(Struct, frozen=True):
    """One record that still waits for a person."""

    id: str
    reason: str
    owner: str
    amount_minor: int


class Fate(Struct, frozen=True):
    """Where one entry of kind sale or refund ended."""

    id: str
    word: Word
    fact: Fact | None  # None: acknowledged, but no longer in the journal.
    held: tuple[Held, ...]  # Final documents in the cloud that carry its id.


class CheckListItem(Struct, frozen=True):
    """A sale that was in flight at a change of rung, and what became of it."""

    id: str
    outcome: Literal["was_booked", "was_not_booked", "open"]
    entry: str | None  # The entry made instead.
    held: tuple[Held, ...]  # Final documents of the cloud's own till with its reference.


def amount(body: Mapping[str, Any]) -> int:
    """Σ of the line amounts of an entry's document."""
    return sum(line["amount_minor"] for line in body["lines"])


def fates(evidence: Evidence) -> list[Fate]:
    """Every acknowledged entry of kind sale or refund, in the journal's order."""
    entries = {fact.id: fact for fact in evidence.journal.facts if fact.kind in ("sale", "refund")}
    by_id: dict[str, list[Held]] = {}
    for held in evidence.held:
        if held.state == "final" and held.external_id is not None:
            by_id.setdefault(held.external_id, []).append(held)
    waiting = {one.id for one in parked(evidence.journal.facts)}
    ids = [*entries, *sorted(evidence.acknowledged - entries.keys())]
    return [Fate(id, _word(len(by_id.get(id, ())), id in waiting), entries.get(id), tuple(by_id.get(id, ()))) for id in ids]


def _word(documents: int, waits: bool) -> Word:
    if documents > 1:
        return "doubled"
    if documents == 1:
        return "booked"
    return "parked" if waits else "lost"


def parked(facts: Sequence[Fact]) -> list[Parked]:
    """Entries whose last word in the journal is `parked`."""
    amounts = {fact.id: amount(fact.body) for fact in facts if fact.kind in ("sale", "refund")}
    last: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind in ("parked", "solved", "answer") and fact.refers_to is not None:
            last[fact.refers_to] = fact
    return [
        Parked(id, fact.body["reason"], fact.body["owner"], amounts.get(id, 0)) for id, fact in last.items() if fact.kind == "parked"
    ]


def check_list(evidence: Evidence) -> list[CheckListItem]:
    """Every sale that was in flight."""
    settled = {fact.refers_to: fact.body for fact in evidence.journal.facts if fact.kind == "in_flight_settled"}
    own: dict[str, list[Held]] = {}
    for held in evidence.held:
        if held.state == "final" and held.external_id is None and held.reference:
            own.setdefault(held.reference, []).append(held)
    items: list[CheckListItem] = []
    for fact in evidence.journal.facts:
        if fact.kind == "in_flight":
            body = settled.get(fact.id)
            found = tuple(own.get(fact.body["reference"], ()))
            items.append(CheckListItem(fact.id, body["outcome"] if body else "open", body["entry"] if body else None, found))
    return items


def recorded_by_cloud(evidence: Evidence) -> dict[str, Route]:
    """Documents of the input that the cloud's own till recorded, in-flight ones found booked among them; by key."""
    booked = {item.id for item in check_list(evidence) if item.outcome == "was_booked"}
    return {
        key: route for key, route in evidence.routes.items() if route.how == "cloud" or (route.how == "in_flight" and route.id in booked)
    }


def entry_of(evidence: Evidence) -> dict[str, str]:
    """Document key to the entry that holds it."""
    instead = {item.id: item.entry for item in check_list(evidence) if item.entry is not None}
    found: dict[str, str] = {}
    for key, route in evidence.routes.items():
        if route.how == "entry":
            found[key] = route.id
        elif route.how == "in_flight" and route.id in instead:
            found[key] = instead[route.id]
    return found
