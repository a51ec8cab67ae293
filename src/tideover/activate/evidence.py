"""What shows that a shared phone, another device, or the vendor's own offline mode would work today: dated proofs, and when they run out.

A claim proves nothing, and what was never tried is not counted on. Pure; asks nobody. docs/algorithms/ladder.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from tideover.activate.ladder import Way
from tideover.journal.entry import Entry
from tideover.model.facts import Checked
from tideover.model.switching import DeviceProved
from tideover.plan.records import Check, Thing
from tideover.plan.vendors import Vendor, no_note, vendor_of
from tideover.world import from_ms

KINDS = ("device_proved", "checked")
PROOF_DAYS = 45  # A month, and two weeks for whoever was on holiday.
LINE_DAYS = 104  # A shared phone is tried each three months, and has the same two weeks.
NAME_MAX = 60  # Characters of a brand as somebody wrote it.
NEVER = "never tried"
LONG_AGO = "last tried too long ago"
FAILED = "it did not work when it was last tried"
NO_MODE = "it does not sell without its cloud"


class Proof(Struct, frozen=True):
    """When a thing was last tried, and whether it worked."""

    at: datetime
    works: bool


def proofs(entries: Iterable[Entry], checks: Iterable[Check]) -> dict[str, Proof]:
    """The newest of each thing, by its key. entries: of KINDS, the newest first; checks: what each `checked` entry is about."""
    subjects = {one.key: one.subject for one in checks}
    found: dict[str, Proof] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, DeviceProved):
            found.setdefault(body.thing, Proof(from_ms(entry.happened_at), body.works))
        elif isinstance(body, Checked) and (body.standing == "proof" or not body.works):
            kind, _, key = (body.subject or subjects.get(body.check, "")).partition("/")
            if kind == "thing":
                found.setdefault(key, Proof(from_ms(entry.happened_at), body.works))
    return found


def other_device(things: Iterable[Thing], known: Mapping[str, Proof], now: datetime) -> Way | None:
    """The spare device that was last seen to work; the till's own places write receipts and are no spare."""
    spares = [one for one in things if "till" in one.can and "receipts" not in one.can and one.count > 0]
    return _best([_way(one.name, known.get(one.key), now) for one in spares])


def other_line(things: Iterable[Thing], known: Mapping[str, Proof], now: datetime) -> Way | None:
    """What carries the internet in the line's place and is no line that the box sees: a phone that is shared, most often."""
    lines = [one for one in things if "internet" in one.can and one.stands_in_for and one.count > 0]
    return _best([_way(one.name, known.get(one.key), now, LINE_DAYS) for one in lines])


def better(ways: Iterable[Way | None]) -> Way | None:
    """The one that is ready, the first of the shop's own lines before what a person must share."""
    there = [one for one in ways if one is not None]
    return next((one for one in there if one.ready), there[0] if there else None)


def offline_of(name: str, things: Iterable[Thing], known: Mapping[str, Proof], now: datetime) -> Way | None:
    """The own mode of the brand that the settings name; a name that we have no note of is told, for it may be misspelt."""
    way = vendor_offline(vendor_of(name), things, known, now)
    why = no_note(name)
    return Way(name[:NAME_MAX], False, why=why) if why and (way is None or way.why == NEVER) else way


def vendor_offline(vendor: Vendor | None, things: Iterable[Thing], known: Mapping[str, Proof], now: datetime) -> Way | None:
    """The vendor's own mode: its note says that it can, and somebody in this shop has seen it work."""
    mine = [one for one in things if "vendor-offline" in one.can]
    if vendor is None:
        return _best([_way(one.name, known.get(one.key), now) for one in mine])
    if vendor.mode == "not":
        return Way(vendor.name, False, why=NO_MODE)
    seen = max((known[one.key] for one in mine if one.key in known), key=lambda one: one.at, default=None)
    way = _way(vendor.name, seen, now)
    return Way(way.name, way.ready, way.proven_at, way.why, vendor.lasts_s)


def _way(name: str, proof: Proof | None, now: datetime, days: int = PROOF_DAYS) -> Way:
    if proof is None:
        return Way(name, False, why=NEVER)
    if not proof.works:
        return Way(name, False, why=FAILED)
    is_fresh = now - proof.at <= timedelta(days=days)  # One from the future is fresh: the clock was wrong, not the device.
    return Way(name, is_fresh, proof.at, "" if is_fresh else LONG_AGO)


def _best(ways: list[Way]) -> Way | None:
    """A ready one before one that is not, the latest proof first."""
    never = from_ms(0)
    return max(ways, key=lambda one: (one.ready, one.proven_at or never), default=None)
