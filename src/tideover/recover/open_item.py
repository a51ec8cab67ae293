"""What keeps a day or an outage from being done: one line each, with a named person. Decides nothing."""

from __future__ import annotations

from msgspec import Struct

from tideover.recover.in_flight import InFlightItem
from tideover.recover.rows import Row

BLOCKING = frozenset({"slip"})  # A day is not closed over these: paper of which nobody said anything may be money.


class OpenItem(Struct, frozen=True):
    """One open thing.

    code: waiting, parked, cloud-unread, in-flight, not-counted, no-batch, day-open; slip, pad-count, slip-once of the paper;
    others by whoever adds them.
    """

    code: str
    text: str  # One sentence a shopkeeper understands.
    owner: str  # A named person.
    amount_minor: int = 0


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
