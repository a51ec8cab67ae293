"""The day that a rehearsal plays: its documents, and the lines that are no trade, with the reason.

These records are the yardstick of the proof, so nothing here uses the arithmetic that the proof tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from tideover.model.money import Minor, Price, Quantity, RatePpm
from tideover.model.sale import TenderKind


class InputLine(Struct, frozen=True):
    """One line that was sold or taken back."""

    line: int  # The CSV record it stands in, the header being 1; in a generated day its number.
    item: str  # The cloud's item code.
    name: str
    quantity: Quantity
    unit_price: Price  # Gross.
    amount_minor: Minor  # quantity × unit_price, rounded once, half away from zero.
    vat_ppm: RatePpm


class InputTender(Struct, frozen=True):
    """How a part of a document is paid."""

    kind: TenderKind
    amount_minor: Minor


class InputDocument(Struct, frozen=True):
    """One sale or refund as it happens in the shop, whoever records it."""

    key: str  # PLACE#NUMBER, PLACE counting the files from 1; unique in a rehearsal.
    file: str  # Where it comes from; "" in a generated day.
    number: str  # The invoice's number.
    kind: Literal["sale", "refund"]
    at: datetime  # UTC.
    day: str  # Trading day, YYYY-MM-DD.
    lines: tuple[InputLine, ...]
    customer: str | None = None  # The cloud's customer code.
    tenders: tuple[InputTender, ...] = ()  # Empty until synthesised.
    rounding_minor: Minor = 0  # What the lines come to beyond the tenders.
    quote: str | None = None  # The quote that becomes this sale.
    original: str | None = None  # The cloud's number of the sale taken back.
    exchange: str | None = None  # Same value on the refund and the sale of one exchange.

    @property
    def total_minor(self) -> int:
        """Σ of the lines, gross, before cash rounding."""
        return sum(line.amount_minor for line in self.lines)


class Unbookable(Struct, frozen=True):
    """A line that is no trade, or cannot be read as any."""

    file: str
    line: int
    reason: str  # One sentence.
    amount_minor: Minor


class Input(Struct, frozen=True):
    """All that a rehearsal is given."""

    documents: tuple[InputDocument, ...]  # In the order of their time.
    unbookable: tuple[Unbookable, ...]
    unbookable_documents: int  # Documents of which no line can be booked.
    sales: int  # Documents in the input, unbookable ones too.
    refunds: int
    lines: int
    sum_minor: Minor
    country: str  # FI, GB or AU.
    currency: str
    zone: str
    days: tuple[str, ...]  # Trading days with at least one document, in order.
    names: tuple[str, ...] = ()  # The files, as given.


def sum_of(documents: Sequence[InputDocument]) -> int:
    """Σ of all lines of the documents, in minor units."""
    return sum(document.total_minor for document in documents)
