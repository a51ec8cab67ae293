"""What a cloud can answer to a send or an ask, and what it says it holds; all of it values.

Same words as docs/contracts.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from tideover.model.money import Minor, Quantity, RatePpm
from tideover.model.sale import TenderKind

Word = Literal["created", "exists", "differs", "refused", "silent", "absent", "partial"]
FINAL: frozenset[Word] = frozenset({"created", "exists"})


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a cloud, to a send or to an ask."""

    word: Word
    number: str | None = None  # The cloud's own number of the document, once known.
    reason: str = ""  # For refused and differs: what a person reads. For partial: the state.
    cause: str = ""  # Stable key of the reason: closed-period, item-gone, customer-merged, unknown.
    retry_after_s: float | None = None  # With silent: the cloud asked us to wait.
    total_minor: Minor | None = None  # What the cloud booked, where it says so.
    login: bool = False  # With silent: the log-in ran out; renew it, then the same again.


class Attempt(Struct, frozen=True, forbid_unknown_fields=True):
    """One send or ask, stored as silent before its first byte leaves."""

    at: datetime  # UTC.
    act: Literal["send", "ask"]
    word: Word
    retry_after_s: float | None = None
    over_at: datetime | None = None  # When its answer, or its silence, was certain; None: as `at`.


class CloudLine(Struct, frozen=True, forbid_unknown_fields=True):
    item: str
    quantity: Quantity
    amount_minor: Minor  # Gross.
    vat_ppm: RatePpm


class CloudPayment(Struct, frozen=True, forbid_unknown_fields=True):
    tender: TenderKind | Literal["rounding"]
    amount_minor: Minor


class CloudDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """One document as the cloud holds it, read back by a query of its own."""

    number: str  # The cloud's number.
    entry: str | None  # Our entry id, where it carries one.
    day: str  # YYYY-MM-DD, the cloud's accounting date.
    kind: Literal["sale", "refund"]
    state: Literal["draft", "final", "void"]
    total_minor: Minor  # Σ lines, VAT included, before cash rounding; refunds negative.
    lines: tuple[CloudLine, ...] = ()
    payments: tuple[CloudPayment, ...] = ()
    till: str = ""  # The cloud's till or the clerk, where it says so.
    at: datetime | None = None  # When it happened, UTC, where it says so.
    reference: str = ""  # The number on the cloud till's screen, where it keeps one.
