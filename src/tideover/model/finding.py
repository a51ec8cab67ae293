"""A difference that somebody owns: named, with its sum, until proof closes it."""

from __future__ import annotations

from msgspec import Struct

from tideover.model.money import Minor


class Finding(Struct, frozen=True, forbid_unknown_fields=True):
    """One finding.

    code: stable key (rounding, over-short, possible-double, late-sale, missing, doubled, differs,
    batch-difference, unowned, price-changed …).
    """

    code: str
    text: str  # One sentence a shopkeeper understands.
    owner: str  # A named person.
    amount_minor: Minor = 0
    entry: str | None = None  # The entry it is about, if one.
    key: str = ""  # What makes it the same finding when it is seen again: two sights are one finding.
