"""Prove one trading day: journal = cloud = drawer = card terminal, to the cent, or name each difference.

Pure: what the journal holds, what the cloud holds (read back by a query of its own) and what people counted
go in, sums and findings come out. It changes nothing, guesses nothing and never calls a difference small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from tideover.model.answer import CloudDocument, CloudLine
from tideover.model.finding import Finding
from tideover.model.money import sum_text
from tideover.model.sale import Document, Line
from tideover.recover.doubles import Ours, Span, find_doubles, payments_of, tenders_of
from tideover.rules.pricing import gross_sum
from tideover.rules.vat import gross_by_rate

# Codes whose amounts are "cloud − ours": with them, the cloud's sum is ours to the cent.
DIFFERENCES = frozenset(
    {"missing", "doubled", "differs", "rounding", "unknown-entry", "void-but-booked", "waiting", "parked", "settled-elsewhere"}
)

OPEN = frozenset({"waiting", "parked", "cloud-unread"})  # Not differences: known, and on their way.


class Day(Struct, frozen=True):
    """All that is known of one trading day."""

    day: str  # YYYY-MM-DD.
    ours: tuple[Ours, ...]  # Sales and refunds of the journal; voided ones did not happen.
    cloud: tuple[CloudDocument, ...] | None  # Of that day, and those of ours that were booked on another; None: not read.
    owner: str  # Who owns what no one else owns.
    elsewhere: Mapping[str, str] = {}  # Other days' entries: id to trading day.
    outages: tuple[Span, ...] = ()
    settled: frozenset[str] = frozenset()  # The cloud's numbers of in-flight sales that were found booked.
    floats_minor: int = 0  # Put into the drawers.
    drops_minor: int = 0  # Taken out.
    counted_minor: int | None = None  # None: not counted yet.
    batch_minor: int | None = None  # None: the terminal was not read yet.


class Pair(Struct, frozen=True):
    """One sum, seen from both sides."""

    key: str
    local_minor: int
    cloud_minor: int


class Reconciled(Struct, frozen=True):
    """What came out."""

    day: str
    by_day: tuple[Pair, ...]
    by_tender: tuple[Pair, ...]  # Cash rounding is the row `rounding`.
    by_vat: tuple[Pair, ...]  # Key: rate in ppm as text.
    local_count: int  # Documents: ours and those of the cloud's own till.
    cloud_count: int  # Final documents in the cloud.
    sales_minor: int  # Local side, gross, before cash rounding.
    refunds_minor: int
    rounding_minor: int  # Cash rounding, local side.
    booked: tuple[str, ...]  # Entries with exactly one final document in the cloud.
    missing: tuple[str, ...]  # Said to be booked, but not there.
    doubled: tuple[str, ...]
    open: tuple[Finding, ...]  # Waiting and parked entries, and a cloud that was not read.
    findings: tuple[Finding, ...]  # Everything else that is not equal.
    cash_expected_minor: int
    cash_counted_minor: int | None
    card_expected_minor: int
    card_batch_minor: int | None

    @property
    def is_proven(self) -> bool:
        """True if every sale is in the cloud once, every sum is equal, and drawer and terminal agree."""
        # A cloud that was not read leaves an open item, so it never counts as proof.
        is_counted = self.cash_counted_minor is not None or not self.cash_expected_minor
        is_read = self.card_batch_minor is not None or not self.card_expected_minor
        return is_counted and is_read and not self.open and not self.findings


def compare(day: Day) -> Reconciled:
    """Compare the day from all sides; every difference is a finding with an owner. Raises nothing."""
    sums = _Sums()
    notes = _Notes(day.owner)
    mine = {one.id: one for one in day.ours}
    found: dict[str, list[CloudDocument]] = {one.id: [] for one in day.ours}
    # Where a person typed the cloud's number, that document is the sale, though it carries no id of ours that the journal knows.
    typed = {one.number: one.id for one in day.ours if one.state == "booked" and one.number is not None}
    known = mine.keys() | day.elsewhere.keys()
    for document in day.cloud or ():
        entry = document.entry if document.entry in known else typed.get(document.number)
        if entry in found:
            found[entry].append(document)
        elif document.entry not in day.elsewhere and document.day == day.day:
            _take_foreign(document, sums, notes)
    standing: dict[str, list[str]] = {"booked": [], "missing": [], "doubled": []}
    if day.cloud is None:
        notes.cloud_unread(day.day)
    for one in day.ours:
        word = _take_ours(one, found[one.id], sums, notes, was_read=day.cloud is not None)
        if word in standing:
            standing[word].append(one.id)
    happened, explained = [one for one in day.ours if one.state != "void"], day.settled | typed.keys()
    for double in find_doubles(happened, day.cloud or (), day.outages, explained, known.__contains__):
        notes.possible_double(mine[double.entry], double.number, double.amount_minor)
    cash = day.floats_minor + sums.tenders.local.get("cash", 0) - day.drops_minor
    card = sums.tenders.local.get("card", 0)
    if day.cloud is not None:  # Else what the cloud's own till took is not known, and a count says nothing.
        notes.drawer(day, cash)
        notes.terminal(day, card)
    return Reconciled(
        day=day.day,
        by_day=sums.days.pairs(always=day.day),
        by_tender=sums.tenders.pairs(),
        by_vat=sums.rates.pairs(),
        local_count=sums.local_count,
        cloud_count=sums.cloud_count,
        sales_minor=sums.kinds.get("sale", 0),
        refunds_minor=sums.kinds.get("refund", 0),
        rounding_minor=sums.tenders.local.get("rounding", 0),
        booked=tuple(standing["booked"]),
        missing=tuple(standing["missing"]),
        doubled=tuple(standing["doubled"]),
        open=tuple(notes.open),
        findings=tuple(notes.findings),
        cash_expected_minor=cash,
        cash_counted_minor=day.counted_minor,
        card_expected_minor=card,
        card_batch_minor=day.batch_minor,
    )


# Sums ----------------------------------------------------------------------------------------------


class _Sides:
    """Sums by key, local and cloud."""

    def __init__(self) -> None:
        self.local: dict[str, int] = {}
        self.cloud: dict[str, int] = {}

    def pairs(self, always: str | None = None) -> tuple[Pair, ...]:
        keys = {*self.local, *self.cloud} | ({always} if always else set())
        return tuple(Pair(key, self.local.get(key, 0), self.cloud.get(key, 0)) for key in sorted(keys))


class _Sums:
    def __init__(self) -> None:
        self.days, self.tenders, self.rates = _Sides(), _Sides(), _Sides()
        self.kinds: dict[str, int] = {}  # Local side only: sales, refunds.
        self.local_count = self.cloud_count = 0

    def add_ours(self, one: Ours, held: _Content) -> None:
        self.local_count += 1
        _add_one(self.days.local, one.day, held.gross)
        _add_one(self.kinds, one.kind, held.gross)
        _add(self.tenders.local, held.tenders)
        _add(self.rates.local, held.rates)

    def add_cloud(self, day: str, held: _Content) -> None:
        """day: the original trading day, which may not be the cloud's accounting date."""
        self.cloud_count += 1
        _add_one(self.days.cloud, day, held.gross)
        _add(self.tenders.cloud, held.tenders)
        _add(self.rates.cloud, held.rates)

    def add_own_till(self, document: CloudDocument) -> None:
        """The cloud's own till recorded it: its word is the only one, so it stands on both sides."""
        held = _held_by_cloud(document)
        self.add_cloud(document.day, held)
        self.local_count += 1
        _add_one(self.days.local, document.day, held.gross)
        _add_one(self.kinds, document.kind, held.gross)
        _add(self.tenders.local, held.tenders)
        _add(self.rates.local, held.rates)


def _add(into: dict[str, int], more: Mapping[str, int]) -> None:
    for key, minor in more.items():
        into[key] = into.get(key, 0) + minor


def _add_one(into: dict[str, int], key: str, minor: int) -> None:
    into[key] = into.get(key, 0) + minor


class _Content(Struct, frozen=True):
    """What one document comes to; worked out once, then added up and compared."""

    gross: int
    tenders: dict[str, int]
    rates: dict[str, int]  # Gross by VAT rate, ppm as text.


def _held_by_us(document: Document) -> _Content:
    gross = gross_by_rate(document.lines, document.prices_include_vat)
    rates = {str(rate): minor for rate, minor in gross.items() if minor}
    return _Content(sum(gross.values()), tenders_of(document), rates)


def _held_by_cloud(document: CloudDocument) -> _Content:
    """What the document's lines do not explain stands under the rate `unknown`."""
    sums: dict[int, int] = {}
    for line in document.lines:
        sums[line.vat_ppm] = sums.get(line.vat_ppm, 0) + line.amount_minor
    rates = {str(rate): minor for rate, minor in sums.items() if minor}
    if unexplained := document.total_minor - sum(sums.values()):
        rates["unknown"] = unexplained
    return _Content(document.total_minor, payments_of(document), rates)


# One document --------------------------------------------------------------------------------------


def _take_foreign(document: CloudDocument, sums: _Sums, notes: _Notes) -> None:
    """A document without an id of ours, or with one that the journal does not know."""
    if document.state == "draft":
        notes.draft(document)
    elif document.state == "final" and document.entry is None:
        sums.add_own_till(document)
    elif document.state == "final":
        sums.add_cloud(document.day, _held_by_cloud(document))
        notes.unknown_entry(document)


def _take_ours(one: Ours, documents: Iterable[CloudDocument], sums: _Sums, notes: _Notes, was_read: bool) -> str:
    """Add one entry and what the cloud has of it; returns where it stands."""
    finals = [document for document in documents if document.state == "final"]
    for document in documents:
        if document.state == "draft":
            notes.draft(document)
    theirs = [(document, _held_by_cloud(document)) for document in finals]
    for _, held in theirs:
        sums.add_cloud(one.day, held)
    if one.state == "void":
        notes.void_but_booked(one, finals)
        return "void"
    mine = _held_by_us(one.document)
    sums.add_ours(one, mine)
    if one.late:
        notes.late(one)
    if not finals and one.state == "booked" and not was_read:
        return "unread"
    if not finals:
        return notes.not_there(one)
    if one.state == "parked":
        notes.parked_but_booked(one, finals[0])
    if len(finals) > 1:
        notes.doubled(one, finals)
        return "doubled"
    _compare_content(one, mine, *theirs[0], notes)
    return "booked"


def _compare_content(one: Ours, mine: _Content, document: CloudDocument, theirs: _Content, notes: _Notes) -> None:
    """Total, tenders, VAT rates and day of an entry and its one document."""
    gap = theirs.gross - mine.gross
    has_same_goods = _same_goods(one, document)
    if gap and abs(gap) <= len(one.document.lines) and has_same_goods:
        notes.rounding(one, document, gap)
        return
    unlike = []
    if gap:
        unlike.append(f"total {sum_text(theirs.gross)} instead of {sum_text(mine.gross)}")
    if theirs.tenders != mine.tenders:
        unlike.append(f"tenders {_list(theirs.tenders)} instead of {_list(mine.tenders)}")
    if document.lines and theirs.rates != mine.rates:
        unlike.append(f"VAT rates {_rates(theirs.rates)} instead of {_rates(mine.rates)}")
    if not unlike and not has_same_goods:
        unlike.append("other goods for the same money")
    if unlike:
        notes.differs(one, document, gap, "; ".join(unlike))
    if document.day != one.day:
        notes.other_day(one, document)


def _same_goods(one: Ours, document: CloudDocument) -> bool:
    """The same quantities of the same items, however they are split into lines; a cloud without lines says nothing."""
    if not document.lines:
        return True
    return _goods(one.document.lines) == _goods(document.lines)


def _goods(lines: Iterable[Line | CloudLine]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.item] = sums.get(line.item, 0) + line.quantity
    return {item: quantity for item, quantity in sums.items() if quantity}


# Words ---------------------------------------------------------------------------------------------


def _list(sums: Mapping[str, int]) -> str:
    return ", ".join(f"{key} {sum_text(minor)}" for key, minor in sorted(sums.items())) or "none"


def _rates(sums: Mapping[str, int]) -> str:
    return _list({key if key == "unknown" else f"{int(key) / 10_000:g} %": minor for key, minor in sums.items()})


class _Notes:
    """Collects findings; each has an owner and a key that makes it the same finding when it is seen again."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self.findings: list[Finding] = []
        self.open: list[Finding] = []

    def _note(self, code: str, text: str, amount_minor: int, key: str, entry: str | None = None) -> None:
        finding = Finding(code=code, text=text, owner=self._owner, amount_minor=amount_minor, entry=entry, key=f"{code}:{key}")
        (self.open if code in OPEN else self.findings).append(finding)

    def not_there(self, one: Ours) -> str:
        gross, name = gross_sum(one.document), f"{one.kind.capitalize()} {one.document.number}"
        texts = {
            "booked": ("missing", f"{name} was said to be booked as {one.number}, but the cloud does not have it."),
            "settled": ("settled-elsewhere", f"{name} was settled outside the cloud."),
            "parked": ("parked", f"{name} waits for a person and is not in the cloud yet."),
        }
        code, text = texts.get(one.state, ("waiting", f"{name} is on its way to the cloud."))
        self._note(code, text, -gross, one.id, one.id)
        return code

    def cloud_unread(self, day: str) -> None:
        self._note("cloud-unread", f"The cloud has not been read back for {day}.", 0, day)

    def doubled(self, one: Ours, finals: list[CloudDocument]) -> None:
        numbers = ", ".join(document.number for document in finals)
        text = f"{one.kind.capitalize()} {one.document.number} stands in the cloud {len(finals)} times, as {numbers}."
        gap = sum(document.total_minor for document in finals) - gross_sum(one.document)
        self._note("doubled", text, gap, one.id, one.id)

    def void_but_booked(self, one: Ours, finals: list[CloudDocument]) -> None:
        for document in finals:
            text = f"{one.kind.capitalize()} {one.document.number} was voided, but the cloud has it as {document.number}: cancel it there."
            self._note("void-but-booked", text, document.total_minor, f"{one.id}:{document.number}", one.id)

    def differs(self, one: Ours, document: CloudDocument, gap: int, unlike: str) -> None:
        text = f"{one.kind.capitalize()} {one.document.number} stands in the cloud as {document.number} with {unlike}."
        self._note("differs", text, gap, one.id, one.id)

    def rounding(self, one: Ours, document: CloudDocument, gap: int) -> None:
        text = f"The cloud rounds {one.document.number} (its {document.number}) otherwise, by {sum_text(gap)}."
        self._note("rounding", text, gap, one.id, one.id)

    def other_day(self, one: Ours, document: CloudDocument) -> None:
        text = f"{one.document.number} of {one.day} stands in the cloud on {document.day}, as {document.number}."
        self._note("other-day", text, 0, one.id, one.id)

    def late(self, one: Ours) -> None:
        text = f"{one.kind.capitalize()} {one.document.number} came after {one.day} was closed; it keeps its day."
        self._note("late-sale", text, 0, one.id, one.id)

    def parked_but_booked(self, one: Ours, document: CloudDocument) -> None:
        text = f"{one.document.number} waits for a person, but the cloud has it as {document.number}: say 'was booked'."
        self._note("parked-but-booked", text, 0, one.id, one.id)

    def possible_double(self, one: Ours, number: str, amount_minor: int) -> None:
        text = f"{number} in the cloud may be {one.kind} {one.document.number}, keyed by hand as well. Void one of them if it is."
        self._note("possible-double", text, amount_minor, f"{one.id}:{number}", one.id)

    def unknown_entry(self, document: CloudDocument) -> None:
        text = f"{document.number} in the cloud carries the id {document.entry}, which this journal does not know."
        self._note("unknown-entry", text, document.total_minor, document.number)

    def draft(self, document: CloudDocument) -> None:
        text = f"{document.number} stands in the cloud as a draft. Finish it or delete it there."
        self._note("draft", text, 0, document.number, document.entry)

    def drawer(self, day: Day, expected_minor: int) -> None:
        if day.counted_minor is not None and day.counted_minor != expected_minor:
            gap = day.counted_minor - expected_minor
            more = f"{sum_text(abs(gap))} {'more' if gap > 0 else 'less'}"
            text = f"The drawer holds {more} than the {sum_text(expected_minor)} expected."
            self._note("over-short", text, gap, day.day)

    def terminal(self, day: Day, expected_minor: int) -> None:
        if day.batch_minor is not None and day.batch_minor != expected_minor:
            gap = day.batch_minor - expected_minor
            more = f"{sum_text(abs(gap))} {'more' if gap > 0 else 'less'}"
            text = f"The card terminal took {more} than the {sum_text(expected_minor)} recorded."
            self._note("batch-difference", text, gap, day.day)
