"""What keeps a day or an outage from being done: one line each, with a named person. Decides nothing."""

from __future__ import annotations

from msgspec import Struct


class OpenItem(Struct, frozen=True):
    """One open thing.

    code: waiting, parked, cloud-unread, in-flight, not-counted, no-batch, day-open, difference; slip, pad-count, slip-once of the
    paper; supplier, diversion, return-step of the way back; others by whoever adds them.
    """

    code: str
    text: str  # One sentence a shopkeeper understands.
    owner: str  # A named person.
    amount_minor: int = 0
