"""The plan's history: versions, what the journal keeps of each, and whether the two agree.

The journal holds no content, only a commitment under a salt that stands beside the content. Reads nothing by itself.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tideover.model.facts import PlanChanged

TAG_DIGITS = 16  # Of the name that stands for a secret text; two of one shop never meet.


class Version(Struct, frozen=True):
    """One version of a record."""

    version: int  # From 1.
    changed_at: int  # UTC ms.
    changed_by: str
    record: Any  # The Struct; None: removed.
    kind: str = ""
    key: str = ""
    change: int = 0  # Running number over the whole plan.
    undoes: int | None = None  # The change that this one took back.


class Found(Struct, frozen=True):
    """A record that a search found."""

    kind: str
    key: str
    record: Any
    where: str  # The field in which the first word stands.


class Kept(Struct, frozen=True):
    """One version as it stands in plan.db."""

    kind: str
    key: str
    version: int
    body: str | None  # JSON; None: removed.
    salt: bytes


class Unentered(Struct, frozen=True):
    """A version whose entry is to be written into the journal, under an id that was stored before."""

    change: int
    entry: str
    at_ms: int
    by: str
    body: PlanChanged


class Disagreement(Struct, frozen=True):
    """A version about which plan and journal do not say the same."""

    kind: str
    key: str
    version: int
    why: str  # "unentered", "lost" or "differs".


def commitment(body: str | None, salt: bytes) -> str:
    """What the journal keeps of a version: it fits one content only, and says nothing about it without the salt."""
    return "" if body is None else hmac.digest(salt, body.encode(), hashlib.sha256).hex()


def tag(text: str, salt: bytes) -> str:
    """A short name for a text that must not stand in the journal itself: a phone number."""
    return hmac.digest(salt, text.encode(), hashlib.sha256).hex()[:TAG_DIGITS]


def disagreements(versions: Iterable[Kept], entries: Iterable[PlanChanged]) -> list[Disagreement]:
    """Where plan and journal differ, by kind, key and version; [] if they agree.

    unentered: the journal has no entry of it. lost: the journal knows a version that the plan does not have. differs: other content.
    """
    ours = {(one.kind, one.key, one.version): commitment(one.body, one.salt) for one in versions}
    found = dict.fromkeys(ours, "unentered")
    for entry in entries:
        place = (entry.record, entry.key, entry.version)
        if place not in ours:
            found[place] = "lost"
        elif ours[place] != entry.commitment:
            found[place] = "differs"
        elif found[place] == "unentered":
            found[place] = ""
    return [Disagreement(*place, why) for place, why in sorted(found.items()) if why]
