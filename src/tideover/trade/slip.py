"""Numbered paper slips: each is used, void, unused or missing, and none is entered twice.

A number skipped inside a pad counts as missing until somebody says what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from tideover.errors import BadRecord, SlipUsed
from tideover.journal.entry import Kept
from tideover.model.facts import SlipVoid
from tideover.model.money import sum_text
from tideover.model.sale import Document
from tideover.plan.records import Pad
from tideover.rules.pricing import gross_sum, line_amount
from tideover.trade.terms import Notice

SLIP_KINDS = ("sale", "refund", "void", "slip_void")  # Kinds of entries that say something about a slip.


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


def parse_slip(text: str) -> Slip:
    """The number as a person types it: 'a17', 'A-0017', 'A 17'. Raises BadRecord."""
    found = re.fullmatch(r"\s*([A-Za-z]{1,4})\s*-?\s*([0-9]{1,6})\s*", text)
    if found is None or int(found[2]) == 0:
        raise BadRecord(what="slip number", why=f"{text!r} is not written like A-0017")
    return Slip(found[1].upper(), int(found[2]))


class SlipLog:
    """What the journal says about slips; fed with entries in their order, each once."""

    def __init__(self) -> None:
        self.seq = 0  # Of the last entry it was fed.
        self.used: dict[Slip, Used] = {}
        self.spoiled: dict[Slip, Literal["void", "missing"]] = {}
        self._by_entry: dict[str, Slip] = {}

    def take(self, kept: Kept) -> None:
        """Feed the next entry."""
        self.seq = kept.seq
        entry = kept.entry
        body = entry.body
        if isinstance(body, Document) and entry.kind in ("sale", "refund") and body.slip:
            self._use(entry.id, body, entry.trading_day)
        elif isinstance(body, SlipVoid):
            self.spoiled[parse_slip(body.slip)] = body.state
        elif entry.kind == "void" and entry.refers_to in self._by_entry:
            self.used.pop(self._by_entry.pop(entry.refers_to), None)  # Keyed wrongly: the paper may be keyed again.

    def _use(self, id: str, document: Document, day: str) -> None:
        try:
            slip = parse_slip(document.slip or "")
        except BadRecord:
            return  # A till wrote something else there; the sale stands, the pads know nothing of it.
        if slip not in self.used:
            self.used[slip] = Used(id, gross_sum(document), day)
            self._by_entry[id] = slip

    def check_free(self, slip: Slip) -> None:
        """Raises SlipUsed if that number was keyed before."""
        if slip in self.used:
            raise SlipUsed(number=slip, id=self.used[slip].entry)

    def notices(self, slip: Slip, pads: Sequence[Pad]) -> list[Notice]:
        """What is odd about a slip that is keyed now."""
        found = []
        if pad_of(slip, pads) is None:
            found.append(Notice("slip-not-issued", f"Slip {slip} is on no pad that was handed out.", key=str(slip)))
        if slip in self.spoiled:
            found.append(Notice("slip-not-issued", f"Slip {slip} was said to be {self.spoiled[slip]} before it was keyed.", key=str(slip)))
        return found


def pad_of(slip: Slip, pads: Iterable[Pad]) -> Pad | None:
    """The pad that holds the number, if one was handed out."""
    return next((pad for pad in pads if pad.series == slip.series and pad.first <= slip.number <= pad.last), None)


def skipped(pad: Pad, log: SlipLog) -> list[Slip]:
    """Numbers below the highest used one of the pad of which nobody has said anything."""
    numbers = [Slip(pad.series, number) for number in range(pad.first, pad.last + 1)]
    highest = max((slip for slip in numbers if slip in log.used), default=None)
    return [slip for slip in numbers if highest and slip < highest and slip not in log.used and slip not in log.spoiled]


def pad_states(pads: Iterable[Pad], log: SlipLog) -> list[PadState]:
    """The account of every pad; a used slip is used, whatever was said about it before."""
    return [_state(pad, log) for pad in pads]


def _state(pad: Pad, log: SlipLog) -> PadState:
    slips = [Slip(pad.series, number) for number in range(pad.first, pad.last + 1)]
    used = [log.used[slip] for slip in slips if slip in log.used]
    said = [log.spoiled[slip] for slip in slips if slip in log.spoiled and slip not in log.used]
    missing = said.count("missing") + len(skipped(pad, log))
    void = said.count("void")
    return PadState(
        series=pad.series,
        first=pad.first,
        last=pad.last,
        issued=len(slips),
        used=len(used),
        void=void,
        unused=len(slips) - len(used) - void - missing,
        missing=missing,
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
