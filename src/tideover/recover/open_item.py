"""Sales on their way, sales in flight and differences as open items, each with a named person. Decides nothing."""

from __future__ import annotations

from collections.abc import Container, Iterable

from tideover.journal.entry import Kept
from tideover.model.open_item import OpenItem
from tideover.recover.in_flight import InFlightItem
from tideover.recover.rows import Row

BLOCKING = frozenset({"slip"})  # A day is not closed over these: paper of which nobody said anything may be money.


def row_item(row: Row, owner: str) -> OpenItem:
    """An entry that is not in the cloud yet."""
    what = f"A {row.kind} of {row.trading_day}"
    if row.state == "parked":
        return OpenItem("parked", f"{what} waits for a person: {row.reason}", row.owner or owner, row.amount_minor)
    return OpenItem("waiting", f"{what} is on its way to the cloud.", owner, row.amount_minor)


def in_flight_item(one: InFlightItem, owner: str) -> OpenItem:
    """A sale of which nobody knows yet whether the cloud's till booked it."""
    who = "somebody has to say" if one.needs_person else "the cloud is being asked"
    text = f"Whether {one.kind} {one.reference or 'without a number'} of {one.trading_day} was booked at the cut is open: {who}."
    return OpenItem("in-flight", text, one.operator or owner, one.amount_minor)


def unowned(findings: Iterable[Kept], people: Container[str]) -> list[OpenItem]:
    """Differences whose owner is nobody of the shop. people: names and roles; empty where the plan names nobody, then any name counts."""
    items = []
    for one in findings:
        body = one.entry.body
        owner = body.owner.strip()
        if not owner or (people and owner not in people):
            text = f"A difference has no owner; somebody explains it: {body.text.rstrip('.')}."
            if owner:
                text = f"A difference belongs to {owner}, whom the plan does not know: {body.text.rstrip('.')}."
            items.append(OpenItem("difference", text, owner, body.amount_minor))
    return items
