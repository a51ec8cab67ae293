"""Find sales that the cloud may have already, keyed by somebody's hands a second time: candidates for a person, never merged.

Keyed into the cloud: it carries no id of ours, has the same day, amount and tenders as an entry, and was taken while the cloud's own
tills could not record: at nearly the same time, or later with the same lines, by somebody who was catching up; or it quotes our
document's number. What the cloud's tills recorded outside the outage is ordinary trade, however alike it looks.

Keyed here again, after an older copy of the journal forgot it: it carries an id which nobody here knows, and is of the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from tideover.model.answer import CloudDocument
from tideover.model.sale import Document
from tideover.rules.pricing import gross_sum

NEAR = timedelta(minutes=30)  # A person who keys a sale by hand guesses its time to within this.
LINES_ALIKE_MIN = 2  # Without a time near by, this many equal lines are needed: one coffee looks like any other.


class Ours(Struct, frozen=True):
    """One entry of kind sale or refund, and where it stands."""

    id: str
    kind: str  # "sale" or "refund".
    day: str  # Trading day, YYYY-MM-DD.
    at: datetime  # When it happened, UTC.
    document: Document
    state: str = "waiting"  # waiting, sending, booked, parked, settled, void.
    number: str | None = None  # The cloud's number, once known.
    late: bool = False  # The day was closed before it came.


class Span(Struct, frozen=True):
    """A time in which the cloud's own tills could not record."""

    since: datetime
    until: datetime | None = None  # None: not over yet.

    def holds(self, at: datetime) -> bool:
        """True if `at` lies in it, its ends included."""
        return self.since <= at and (self.until is None or at <= self.until)


class Double(Struct, frozen=True):
    """One entry and one document of the cloud that may be the same sale."""

    entry: str
    number: str  # The cloud's number of the other one.
    amount_minor: int
    was_ours: bool = False  # It carries an id, which the journal does not know.


Likely = tuple[timedelta, str, CloudDocument]  # How near in time, the entry's id, and what may be the same sale.


def tenders_of(document: Document) -> dict[str, int]:
    """Sum by tender, cash rounding as `rounding`; zeros left out."""
    sums: dict[str, int] = {"rounding": document.rounding_minor}
    for tender in document.tenders:
        sums[tender.kind] = sums.get(tender.kind, 0) + tender.amount_minor
    return {kind: minor for kind, minor in sums.items() if minor}


def payments_of(document: CloudDocument) -> dict[str, int]:
    """Sum by tender of a cloud's document; `unknown` where it does not say how it was paid."""
    sums: dict[str, int] = {}
    for payment in document.payments:
        sums[payment.tender] = sums.get(payment.tender, 0) + payment.amount_minor
    if not document.payments and document.total_minor:
        sums["unknown"] = document.total_minor
    return {kind: minor for kind, minor in sums.items() if minor}


def find_doubles(
    ours: Sequence[Ours],
    cloud: Iterable[CloudDocument],
    outages: Sequence[Span],
    settled: frozenset[str] = frozenset(),
    knows: Callable[[str], bool] = lambda entry: True,
) -> list[Double]:
    """Pairs that a person must look at, nearest in time first; each entry and each document at most once.

    settled: the cloud's numbers that are already explained (in-flight sales found booked). knows: whether the journal has that entry.
    """
    finals = [one for one in cloud if one.state == "final" and one.number not in settled]
    pairs = [*_by_hand(ours, [one for one in finals if one.entry is None], outages), *_forgotten(ours, finals, knows)]
    pairs.sort(key=lambda pair: (pair[0], pair[1], pair[2].number))
    found: list[Double] = []
    used: set[str] = set()
    for _, entry_id, one in pairs:
        if entry_id not in used and f"#{one.number}" not in used:
            used |= {entry_id, f"#{one.number}"}
            found.append(Double(entry=entry_id, number=one.number, amount_minor=one.total_minor, was_ours=one.entry is not None))
    return found


def _by_hand(ours: Sequence[Ours], foreign: Sequence[CloudDocument], outages: Sequence[Span]) -> Iterator[Likely]:
    by_sum: dict[tuple[str, int], list[CloudDocument]] = {}
    for one in foreign:
        by_sum.setdefault((one.day, one.total_minor), []).append(one)
    for entry in ours if by_sum else ():  # Mostly nobody keyed anything, and a day of sales need not be added up.
        for one in by_sum.get((entry.day, gross_sum(entry.document)), ()):
            distance = _likeness(entry, one, outages)
            if distance is not None:
                yield distance, entry.id, one


def _forgotten(ours: Sequence[Ours], cloud: Iterable[CloudDocument], knows: Callable[[str], bool]) -> Iterator[Likely]:
    """By the moment: whoever keys a slip types what stands on it, and two sales of tills are hardly ever of one millisecond and one sum."""
    moments = {entry.at for entry in ours}  # A list for each would make comparing a day half as slow again.
    strange = [one for one in cloud if one.entry is not None and one.at in moments and not knows(one.entry)]
    by_moment: dict[datetime | None, list[Ours]] = {one.at: [] for one in strange}
    for entry in ours if strange else ():
        if entry.at in by_moment:
            by_moment[entry.at].append(entry)
    for one in strange:
        for entry in by_moment[one.at]:
            if tenders_of(entry.document) == payments_of(one):
                yield timedelta(0), entry.id, one


def _likeness(entry: Ours, other: CloudDocument, outages: Sequence[Span]) -> timedelta | None:
    """How near in time; None if they are not alike."""
    if other.reference and other.reference in (entry.document.number, entry.document.slip, entry.id):
        return timedelta(0)
    if tenders_of(entry.document) != payments_of(other):
        return None
    if other.at is None:
        return NEAR if _same_lines(entry.document, other) else None
    if not any(span.holds(other.at) for span in outages):
        return None
    distance, is_later = abs(entry.at - other.at), other.at > entry.at
    return distance if distance <= NEAR or (is_later and _same_lines(entry.document, other)) else None


def _same_lines(document: Document, other: CloudDocument) -> bool:
    ours = sorted((line.item, line.quantity, line.amount_minor) for line in document.lines)
    theirs = sorted((line.item, line.quantity, line.amount_minor) for line in other.lines)
    return ours == theirs and len(ours) >= LINES_ALIKE_MIN
