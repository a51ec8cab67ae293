"""The total written on a slip against the one reckoned from its lines: equal, corrected, or accepted with a reason.

What was paid is the fact. A gap that a person explained is put on a line or beside them, never lost.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import BadRecord
from tideover.model.money import PRICE_SCALE, QUANTITY_SCALE, Minor, sum_text
from tideover.model.sale import Document, Line, Name
from tideover.rules.balance import tenders_sum
from tideover.rules.pricing import gross_sum
from tideover.trade.slip import Slip
from tideover.trade.terms import Notice

REASON_LENGTH_MAX = 300


class Paper(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands on a slip beside the sale itself."""

    writer: Name = ""
    time_is_estimated: bool = False
    written_minor: Minor | None = None  # As written; negative on a refund. None: no total stood there.
    photo: Name = ""  # Hash of the picture that was brought before.
    reason: Name = ""  # Why the written total may differ from the lines.


def differs(document: Document, written_minor: int | None) -> int:
    """Written less reckoned; 0 where both agree, cash rounded or not, and where nothing was written."""
    reckoned = gross_sum(document)
    if written_minor is None or written_minor in (reckoned, reckoned - document.rounding_minor):
        return 0
    return written_minor - reckoned


def fit_total(slip: Slip, document: Document, paper: Paper) -> tuple[Document, list[Notice]]:
    """The document that a person stands by. Raises BadRecord if the totals differ and nobody said why."""
    gap = differs(document, paper.written_minor)
    if not gap or paper.written_minor is None:
        return document, []
    written, reckoned = sum_text(paper.written_minor), sum_text(gross_sum(document))
    if not paper.reason.strip():
        raise BadRecord(
            what="slip", why=f"the written total is {written}, its lines come to {reckoned}: correct one, or say why they differ"
        )
    text = f"Slip {slip}: the written total is {written}, its lines come to {reckoned}. {paper.reason.strip()[:REASON_LENGTH_MAX]}"
    notice = Notice("slip-total", text, gap, key=str(slip))
    paid = tenders_sum(document) + document.rounding_minor
    return (_with_gap(document, gap) if paid == gross_sum(document) + gap else document), [notice]


def _with_gap(document: Document, gap: int) -> Document:
    """Where prices hold the VAT the gap is a discount of the largest line; else a line beside them, for net lines reach not every total."""
    lines = list(document.lines)
    if document.prices_include_vat and lines:
        at = max(range(len(lines)), key=lambda number: abs(lines[number].amount_minor))
        line = lines[at]
        lines[at] = replace(line, amount_minor=line.amount_minor + gap, discount_minor=line.discount_minor - gap)
    else:
        sign = 1 if gap > 0 else -1
        price = abs(gap) * PRICE_SCALE // 100
        lines.append(Line("", "Slip difference", sign * QUANTITY_SCALE, price, gap, 0))
    return replace(document, lines=tuple(lines))
