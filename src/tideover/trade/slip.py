"""Numbered paper slips: each is used, void, unused or missing, and none is entered twice.

A number skipped inside a pad counts as missing until somebody says what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from tideover.errors import BadRecord, Rejected, SlipUsed
from tideover.journal.entry import Kept
from tideover.model.facts import PadCounted, SlipKeyed, SlipKeyedAgain, SlipVoid
from tideover.model.money import sum_text
from tideover.model.sale import Document
from tideover.plan.records import Pad
from tideover.plan.series import form_named, is_of_trade
from tideover.rules.pricing import gross_sum, line_amount
from tideover.trade.terms import Notice

ALIKE_LINES_MIN = 2  # One coffee and one coffee in the same minute are two customers.
TEXT_LENGTH_MAX = 300  # Of a number with the address that a QR code puts before it.


class Slip(Struct, frozen=True, order=True):
    """A slip's printed number."""

    series: str
    number: int

    def __str__(self) -> str:
        return f"{self.series}-{self.number:04d}"


class PadState(Struct, frozen=True):
    """What became of the slips of one pad; issued = used + void + unused + missing."""

    series: str
    first: int = field(name="from")
    last: int = field(name="to")
    issued: int
    used: int
    void: int
    unused: int
    missing: int
    sum_minor: int  # Of the used ones, gross, refunds negative.


class Used(Struct, frozen=True):
    """A slip that was keyed in."""

    entry: str
    gross_minor: int
    trading_day: str
    seq: int = 0  # Of the entry.
    keyed_by: str = ""
    kind: str = "sale"
    writer: str = ""
    time_is_estimated: bool = False
    written_minor: int | None = None  # The total as written.
    photo: str = ""
    again: bool | None = None  # A second person keyed it, too: True, and both agree; None: nobody did.


class Spoiled(Struct, frozen=True):
    """What somebody said about a slip that was not keyed."""

    state: Literal["void", "missing", "sought"]
    entry: str
    why: str = ""
    owner: str = ""  # Who answers for it.


class Counted(Struct, frozen=True):
    """A person held the pad: numbers from `next_unused` on are blank."""

    next_unused: int
    seq: int
    day: str  # Trading day of the count.


def parse_slip(text: str) -> Slip:
    """The number as a person types it ('a17', 'A-0017', 'A 17') or as the end of the address in its QR code. Raises BadRecord."""
    last = text.strip().split("?")[0].split("#")[0].rstrip("/").rpartition("/")[2] if len(text) <= TEXT_LENGTH_MAX else ""
    found = re.fullmatch(r"\s*([A-Za-z]{1,4})\s*-?\s*([0-9]{1,6})\s*", last)
    if found is None or int(found[2]) == 0:
        raise BadRecord(what="slip number", why=f"{text[:40]!r} is not written like A-0017")
    return Slip(found[1].upper(), int(found[2]))


def slip_of(text: str) -> Slip:
    """The same, where it is to be a sale or a refund. Raises Rejected for the number of a quote or any other form that is neither."""
    number = parse_slip(text)
    if not is_of_trade(number.series):
        what = form_named(number.series)
        raise Rejected(why=f"{number} is a form ({what}), and a form is not keyed as a sale")
    return number


class SlipLog:
    """What the journal says about slips; fed with entries in their order, each once."""

    def __init__(self) -> None:
        self.seq = 0  # Of the last entry it was fed.
        self.turn = 0  # Changes with every entry that says something about a slip.
        self.used: dict[Slip, Used] = {}
        self.spoiled: dict[Slip, Spoiled] = {}
        self.counted: dict[str, Counted] = {}  # Pad.key to its last count.
        self._by_entry: dict[str, Slip] = {}
        self._by_content: dict[object, Slip] = {}  # What stands on it, to the minute, to the slip that was keyed so last.

    def take(self, kept: Kept) -> None:
        """Feed the next entry."""
        self.seq, self.turn = kept.seq, self.turn + 1
        entry = kept.entry
        body = entry.body
        if isinstance(body, Document) and entry.kind in ("sale", "refund") and body.slip:
            self._use(kept, body)
        elif isinstance(body, SlipVoid):
            owner = body.owner if isinstance(body.owner, str) else ""
            self.spoiled[parse_slip(body.slip)] = Spoiled(body.state, entry.id, body.why, owner)
        elif isinstance(body, PadCounted):
            self.counted[body.pad] = Counted(body.next_unused, kept.seq, entry.trading_day)
        elif entry.refers_to in self._by_entry:
            self._tell(entry.refers_to, entry.kind, body)

    def _use(self, kept: Kept, document: Document) -> None:
        entry = kept.entry
        try:
            slip = parse_slip(document.slip or "")
        except BadRecord:
            return  # A till wrote something else there; the sale stands, the pads know nothing of it.
        if slip not in self.used:
            self.used[slip] = Used(entry.id, gross_sum(document), entry.trading_day, kept.seq, entry.operator or "", entry.kind)
            self._by_entry[entry.id] = slip
            self._by_content[content_of(entry.kind, entry.happened_at, document)] = slip

    def _tell(self, entry: str, kind: str, body: object) -> None:
        """A further entry about one that was keyed from a slip."""
        slip = self._by_entry[entry]
        if kind == "void":  # Keyed wrongly: the paper may be keyed again.
            del self._by_entry[entry], self.used[slip]
        elif isinstance(body, SlipKeyed):
            said = {"writer": body.writer, "time_is_estimated": body.time_is_estimated}
            self.used[slip] = replace(self.used[slip], **said, written_minor=body.written_minor, photo=body.photo)
        elif isinstance(body, SlipKeyedAgain):
            self.used[slip] = replace(self.used[slip], again=body.agrees)

    def check_free(self, slip: Slip) -> None:
        """Raises SlipUsed if that number was keyed before."""
        if slip in self.used:
            raise SlipUsed(number=slip, id=self.used[slip].entry)

    def alike(self, slip: Slip, kind: str, happened_at_ms: int, document: Document) -> list[Notice]:
        """Another number that says the same to the minute: perhaps one paper, keyed twice."""
        other = self._by_content.get(content_of(kind, happened_at_ms, document))
        if other is None or other not in self.used or other == slip or len(document.lines) < ALIKE_LINES_MIN:
            return []
        text = f"This says the same as slip {other}: slip {slip} may be the same paper, keyed twice."
        return [Notice("slip-alike", text, gross_sum(document), key=str(slip))]

    def notices(self, slip: Slip, pads: Sequence[Pad]) -> list[Notice]:
        """What is odd about a slip that is keyed now."""
        found = []
        if pad_of(slip, pads) is None:
            found.append(Notice("slip-not-issued", f"Slip {slip} is on no pad that was handed out.", key=str(slip)))
        said = self.spoiled.get(slip)
        if said is not None and said.state != "sought":  # One that somebody looked for was found: nothing odd.
            found.append(Notice("slip-not-issued", f"Slip {slip} was said to be {said.state} before it was keyed.", key=str(slip)))
        return found


def content_of(kind: str, happened_at_ms: int, document: Document) -> object:
    """What two papers have in common if they are one."""
    return kind, happened_at_ms, tuple((line.item or line.name, line.quantity, line.amount_minor) for line in document.lines)


def pad_of(slip: Slip, pads: Iterable[Pad]) -> Pad | None:
    """The pad that holds the number, if one was handed out."""
    return next((pad for pad in pads if pad.series == slip.series and pad.first <= slip.number <= pad.last), None)


def skipped(pad: Pad, log: SlipLog) -> list[Slip]:
    """Numbers of the pad of which nobody has said anything, though they are no longer blank.

    Blank are those above the highest used one; where somebody counted the pad, those that the person saw blank.
    """
    counted = log.counted.get(pad.key)
    blank_from = counted.next_unused if counted else pad.first
    highest = max((slip.number for slip in in_use(pad, log)), default=pad.first - 1)
    below = range(pad.first, max(highest, min(blank_from, pad.last + 1) - 1) + 1)
    numbers = (Slip(pad.series, number) for number in below)
    return [slip for slip in numbers if slip not in log.used and (slip not in log.spoiled or log.spoiled[slip].state == "sought")]


def in_use(pad: Pad, log: SlipLog) -> list[Slip]:
    """Its used numbers, without those that a person saw blank after they were keyed."""
    blank = set(keyed_but_blank(pad, log))
    return [slip for slip in _numbers(pad) if slip in log.used and slip not in blank]


def keyed_but_blank(pad: Pad, log: SlipLog) -> list[Slip]:
    """Numbers that were keyed although the paper was seen blank afterwards: another slip was meant."""
    counted = log.counted.get(pad.key)
    if counted is None:
        return []
    late = (Slip(pad.series, number) for number in range(max(counted.next_unused, pad.first), pad.last + 1))
    return [slip for slip in late if slip in log.used and log.used[slip].seq < counted.seq]


def _numbers(pad: Pad) -> list[Slip]:
    return [Slip(pad.series, number) for number in range(pad.first, pad.last + 1)]


def pad_states(pads: Iterable[Pad], log: SlipLog) -> list[PadState]:
    """The account of every pad; a used slip is used, whatever was said about it before."""
    return [_state(pad, log) for pad in pads]


def _state(pad: Pad, log: SlipLog) -> PadState:
    slips = _numbers(pad)
    used = [log.used[slip] for slip in slips if slip in log.used]
    said = [log.spoiled[slip].state for slip in slips if slip in log.spoiled and slip not in log.used]
    missing, void = said.count("missing") + len(unsaid := skipped(pad, log)), said.count("void")
    sought = said.count("sought") - sum(slip in log.spoiled for slip in unsaid)  # Above the used ones, and looked for all the same.
    return PadState(
        series=pad.series,
        first=pad.first,
        last=pad.last,
        issued=len(slips),
        used=len(used),
        void=void,
        unused=len(slips) - len(used) - void - missing - sought,
        missing=missing + sought,
        sum_minor=sum(one.gross_minor for one in used),
    )


def as_written(slip: Slip, document: Document) -> tuple[Document, list[Notice]]:
    """The document that a paper says: its number is the slip's, and its line sums stand as they were taken.

    A line reckoned wrongly by hand keeps the sum that was paid; the gap becomes a discount, and a notice.
    """
    lines, notices = [], []
    for number, line in enumerate(document.lines, 1):
        discount = line_amount(line.quantity, line.unit_price) - line.amount_minor
        if discount != line.discount_minor:
            written, reckoned = sum_text(line.amount_minor), sum_text(line.amount_minor + discount)
            text = f"Slip {slip}, line {number}: the written sum is {written}, quantity × price is {reckoned}."
            notices.append(Notice("slip-arithmetic", text, line.discount_minor - discount, key=f"{slip} {number}"))
        lines.append(replace(line, discount_minor=discount))
    number = document.number or str(slip)
    return replace(document, number=number, slip=str(slip), lines=tuple(lines)), notices
