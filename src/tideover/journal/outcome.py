"""What became of an entry that was brought to the journal."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tideover.errors import TideoverError


class Appended(Struct, frozen=True):
    """What became of one entry."""

    answer: Literal["created", "exists", "differs"]  # differs: refused, kept aside for a person.
    id: str
    seq: int | None  # Its number in the journal; for `differs` the number of the one that stands there.
    head: str  # SEQ:HEX when this was answered, for the till to keep.


Outcome = Appended | TideoverError


def raised(outcome: Outcome) -> Appended:
    """The answer; an error, which is a value where several are answered together, is raised."""
    if isinstance(outcome, TideoverError):
        raise outcome
    return outcome
