"""Make of a journal entry what is sent to the cloud; the entry's bytes are the record, nothing here changes them.

What only the cloud knows is filled in: the number of the sale that a refund takes back, the record that
took the place of a merged customer, the details of a customer whom the cloud does not have yet.
"""

from __future__ import annotations

from typing import Any, Protocol

from msgspec.structs import replace

from tideover.journal.entry import Kept
from tideover.model.item import Customer
from tideover.model.sale import Document
from tideover.ports import Booking
from tideover.recover.rows import Row


class Customers(Protocol):
    """The copies, as far as they are needed here."""

    def customer(self, code: str) -> Customer | None:
        """The customer, or the one that took its place when records were merged."""


class Details(Protocol):
    """People's details, as far as they are needed here."""

    def read(self, party: str) -> dict[str, Any] | None:
        """The details; None if there is no such person or the person was forgotten."""


def make_booking(kept: Kept, row: Row, original: str | None, copies: Customers | None, people: Details | None) -> Booking:
    """The booking of an entry of kind sale or refund; the same entry gives the same booking, but for the mark that it is late.

    original: the cloud's number of the entry that `refers_to` names, once known.
    """
    entry = kept.entry
    document: Document = entry.body
    if document.customer is not None and copies is not None:
        stands = copies.customer(document.customer)
        if stands is not None and stands.code != document.customer:
            document = replace(document, customer=stands.code)
    return Booking(
        entry=entry.id,
        kind=entry.kind,
        trading_day=entry.trading_day,
        happened_at_ms=entry.happened_at,
        document=document,
        refers_to=entry.refers_to,
        original=original or document.original,
        late=bool(row.late),
        customer=_new_customer(document, people),
    )


def _new_customer(document: Document, people: Details | None) -> Customer | None:
    """A customer first met in the outage, under the party's id; None if the cloud knows them or they were forgotten."""
    if document.customer is not None or document.party is None or people is None:
        return None
    details = people.read(document.party)
    if details is None:
        return None
    said = {name: str(details.get(name) or "") for name in ("name", "phone", "email", "address")}
    return Customer(code=document.party, **said)
