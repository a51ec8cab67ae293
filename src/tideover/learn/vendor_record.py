"""A vendor's record: when what they supply was away, who noticed, what word they promised by when, and whether it came.

Folded from the journal and from what was watched; a time in which nobody looked counts neither for them nor against them. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.copies.fold import fold
from tideover.journal.entry import Kept
from tideover.learn.intervals import both, long, union
from tideover.model.line import Line
from tideover.plan.records import Party, Service

KINDS = ("service_away", "service_back", "word_expected", "note")
GRACE_MS = 300_000  # A word that comes five minutes late is in time.
AFTER_MS = 3_600_000  # A word promised so soon after an outage still belongs to it.
DAY_MS = 86_400_000
MATCH_MIN = 3  # Letters that a name must have to be found within another.
MILLION = 1_000_000

Outcome = Literal["kept", "late", "never", "open", "back"]  # back: it worked again before the word was due.


class Watched(Struct, frozen=True):
    """What was concluded about a service from then to then; anything else is a gap."""

    first_ms: int
    last_ms: int
    works: bool  # It was seen to work, if only in part.


class Promise(Struct, frozen=True):
    """A word that was promised."""

    said_ms: int  # When it was written down.
    by_ms: int
    whom: str
    text: str
    outcome: Outcome
    came_ms: int | None = None  # When a word was there.


class Remark(Struct, frozen=True):
    """What a person wrote to an outage afterwards."""

    at_ms: int
    who: str
    text: str


class Absence(Struct, frozen=True):
    """One outage of one service."""

    id: str  # Of the journal's `service_away`.
    service: str
    cause: str
    since_ms: int
    until_ms: int | None  # None: it is away still.
    lasted_s: int | None
    unseen_s: int
    noticed_by: str  # "" for the box.
    noticed_ms: int  # When it was written down.
    promises: tuple[Promise, ...] = ()
    remarks: tuple[Remark, ...] = ()


class Share(Struct, frozen=True):
    """How much of the last days a service worked, of the time in which somebody looked."""

    service: str
    days: int
    seen_ms: int
    down_ms: int
    unseen_ms: int

    @property
    def works_ppm(self) -> int | None:
        """In millionths, rounded down; None where nobody looked."""
        return MILLION * (self.seen_ms - self.down_ms) // self.seen_ms if self.seen_ms else None


class VendorRecord(Struct, frozen=True):
    """Everything about one vendor."""

    key: str  # Party.key; "" where the plan does not know them.
    name: str
    services: tuple[str, ...]
    absences: tuple[Absence, ...]  # The newest first.
    shares: tuple[Share, ...]

    @property
    def promises(self) -> tuple[Promise, ...]:
        """Of all outages, those whose time has come."""
        return tuple(one for absence in self.absences for one in absence.promises if one.outcome in ("kept", "late", "never"))


def suppliers(services: Iterable[Service], parties: Iterable[Party], lines: Sequence[Line], brand: str) -> dict[str, tuple[str, str]]:
    """Service to the key and name of who supplies it. brand: the cloud till's, where the plan names no supplier."""
    known = {one.key: one for one in parties}
    by_name = {fold(one.name): one for one in known.values()}

    def called(name: str) -> tuple[str, str]:
        party = known.get(name) or by_name.get(fold(name))
        return (party.key, party.name) if party else ("", name)

    found = {f"line-{one.name}": called(one.carrier) for one in lines if one.carrier}
    if lines and lines[0].carrier:
        found["internet"] = called(lines[0].carrier)
    if brand:
        found["cloud"] = called(brand)
    found |= {one.key: called(one.supplier) for one in services if one.supplier}
    if "cloud" in found:
        found.setdefault("login", found["cloud"])
    return found


def absences(kepts: Sequence[Kept], owners: Mapping[str, tuple[str, str]], now_ms: int) -> list[Absence]:
    """Every outage that the journal tells, the newest first, with its words and remarks. The entries are in order."""
    away = {one.entry.id: one for one in kepts if one.entry.kind == "service_away"}
    back = {one.entry.refers_to: one.entry.body for one in kepts if one.entry.kind == "service_back"}
    remarks: dict[str, list[Remark]] = {}
    for entry in (one.entry for one in kepts if one.entry.kind == "note" and one.entry.refers_to in away):
        remarks.setdefault(entry.refers_to, []).append(Remark(entry.happened_at, entry.operator or "", entry.body.text))
    found = [_absence(one, back.get(id), tuple(remarks.get(id, ()))) for id, one in away.items()]
    promised = _promised(kepts, found, owners, now_ms)
    told = [replace(one, promises=tuple(promised.get(one.id, ()))) for one in found]
    return sorted(told, key=lambda one: (-one.since_ms, one.service))


def _absence(kept: Kept, back: object | None, remarks: tuple[Remark, ...]) -> Absence:
    body = kept.entry.body
    unseen_s = getattr(back, "unseen_s", 0)
    return Absence(
        id=kept.entry.id,
        service=body.service,
        cause=body.cause,
        since_ms=body.since,
        until_ms=getattr(back, "at", None),
        lasted_s=getattr(back, "lasted_s", None),
        unseen_s=unseen_s if isinstance(unseen_s, int) else 0,
        noticed_by=body.noticed_by,
        noticed_ms=kept.recorded_at,
        remarks=remarks,
    )


def _promised(
    kepts: Sequence[Kept], found: Sequence[Absence], owners: Mapping[str, tuple[str, str]], now_ms: int
) -> dict[str, list[Promise]]:
    """Each promised word, by the outage that it belongs to."""
    words = [one.entry for one in kepts if one.entry.kind == "word_expected"]
    promised: dict[str, list[Promise]] = {}
    for number, word in enumerate(words):
        if not word.body.at:
            continue
        absence = _belongs_to(word.happened_at, word.body.whom, found, owners)
        if absence is None:
            continue
        came_ms = words[number + 1].happened_at if number + 1 < len(words) else None
        outcome = _outcome(word.body.at, came_ms, absence.until_ms, now_ms)
        came_ms = None if outcome in ("never", "open", "back") else came_ms
        promised.setdefault(absence.id, []).append(
            Promise(word.happened_at, word.body.at, word.body.whom, word.body.text, outcome, came_ms)
        )
    return promised


def _belongs_to(at_ms: int, whom: str, found: Sequence[Absence], owners: Mapping[str, tuple[str, str]]) -> Absence | None:
    """The outage that was open then, of whoever is named; where nobody is known by that name, the only one that was open."""
    open_then = [one for one in found if one.since_ms <= at_ms <= (one.until_ms or at_ms) + AFTER_MS]
    theirs = [one for one in open_then if _is_called(whom, owners.get(one.service, ("", "")))]
    chosen = theirs or (open_then if len({owners.get(one.service) for one in open_then}) == 1 else [])
    return max(chosen, key=lambda one: one.since_ms, default=None)


def _is_called(whom: str, owner: tuple[str, str]) -> bool:
    said = fold(whom)
    return any(len(name) >= MATCH_MIN and (name in said or (len(said) >= MATCH_MIN and said in name)) for name in map(fold, owner))


def _outcome(by_ms: int, came_ms: int | None, until_ms: int | None, now_ms: int) -> Outcome:
    due_ms = by_ms + GRACE_MS
    if came_ms is not None and came_ms <= due_ms:
        return "kept"
    if until_ms is not None and until_ms <= due_ms:
        return "back"
    if came_ms is not None and (until_ms is None or came_ms <= until_ms + AFTER_MS):
        return "late"
    return "open" if now_ms <= due_ms else "never"


# How much of the time --------------------------------------------------------------------------------


def share(service: str, days: int, watched: Iterable[Watched], away: Iterable[Absence], now_ms: int) -> Share:
    """How much of the last days that service worked; what failed beneath it counts as not seen."""
    window = [(now_ms - days * DAY_MS, now_ms)]
    spans = list(watched)
    looked = both(union((one.first_ms, one.last_ms) for one in spans), window)
    was_away = union((one.since_ms, one.until_ms or now_ms) for one in away if one.service == service)
    down_ms = long(both(looked, was_away))
    worked = both(union((one.first_ms, one.last_ms) for one in spans if one.works), window)
    seen_ms = down_ms + long(worked) - long(both(worked, was_away))
    return Share(service, days, seen_ms, down_ms, days * DAY_MS - seen_ms)


def records(
    owners: Mapping[str, tuple[str, str]],
    away: Sequence[Absence],
    watched: Mapping[str, Sequence[Watched]],
    now_ms: int,
    spans: Sequence[int],
) -> list[VendorRecord]:
    """One record per vendor, whoever was away last first; then one for what nobody is named for."""
    by_owner: dict[tuple[str, str], list[str]] = {}
    for service in dict.fromkeys((*owners, *(one.service for one in away))):
        by_owner.setdefault(owners.get(service, ("", "")), []).append(service)
    found = [
        VendorRecord(
            key=owner[0],
            name=owner[1],
            services=tuple(services),
            absences=tuple(one for one in away if one.service in services),
            shares=tuple(share(service, days, watched.get(service, ()), away, now_ms) for service in services for days in spans),
        )
        for owner, services in by_owner.items()
    ]
    return sorted(found, key=lambda one: (one.name == "", -max((a.since_ms for a in one.absences), default=0), one.name))
