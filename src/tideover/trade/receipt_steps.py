"""What becomes of a receipt: which way it goes, what an answer means for it, when a person must decide. Pure.

queued -> sending -> confirmed | sent | unknown | refused; a printer that took nothing puts it back to queued. What is unknown
never goes out again by itself. What certainly never left goes out without a mark, by itself only while the customer
may still stand there.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tideover.model.facts import ReceiptGiven
from tideover.ports import MailAnswer, PrintAnswer

State = Literal["queued", "sending", "sent", "confirmed", "unknown", "refused", "ended"]
Way = Literal["printer", "office-printer", "mail"]

BY_ITSELF_MS = 15 * 60_000  # So long after it was asked for a receipt still comes out by itself; then its customer has gone.
ASKED_MS = 3_600_000  # A queue that still has a job after this is not asked any more: a person looks.
COPIES_MAX = 20  # Of one receipt.
STOPPED = "the box was stopped while it was sent"
PRINTED: tuple[Way, ...] = ("printer", "office-printer")


class Job(Struct, frozen=True):
    """One receipt, or one copy of it, on its way to the customer."""

    id: str
    entry: str  # Of the sale or refund.
    copy: int  # 0: the receipt itself; from 1 on it is marked as a copy.
    way: Way
    state: State
    number: str = ""  # The printer's own.
    why: str = ""  # In English.
    since: int = 0  # UTC ms, in this state.
    asked_at: int = 0  # UTC ms, last.
    asked_by: str = ""
    party: str | None = None
    is_ours: bool = False  # That person was written down for this receipt alone.
    is_settled: bool = False
    fact: str = ""
    is_told: bool = True

    @property
    def is_copy(self) -> bool:
        return self.copy > 0

    @property
    def is_over(self) -> bool:
        """Nothing more happens to it by itself, and nobody is asked."""
        return self.state in ("confirmed", "ended") or (self.state == "sent" and not self.number) or self.is_settled


def may_go(job: Job, now_ms: int) -> bool:
    """True if it is sent as soon as there is a way; a letter waits as long as it must."""
    return job.state == "queued" and (job.way == "mail" or 0 <= now_ms - job.asked_at < BY_ITSELF_MS)


def needs_person(job: Job, now_ms: int) -> bool:
    """True if only a person can say what becomes of it."""
    if job.is_settled:
        return False
    return job.state in ("unknown", "refused") or (job.state == "queued" and not may_go(job, now_ms))


def ways_of(has_printer: bool, has_office: bool) -> tuple[Way, ...]:
    """In which order a receipt on paper is tried."""
    return (*(("printer",) if has_printer else ()), *(("office-printer",) if has_office else ()))  # type: ignore[return-value]


def after_print(answer: PrintAnswer) -> dict[str, Any]:
    """How a job stands after a printer's answer, or after being asked about it."""
    match answer.word:
        case "away":
            return {"state": "queued", "why": answer.why, "number": ""}
        case "confirmed":
            return {"state": "confirmed", "why": "", "number": answer.number}
        case "sent":
            return {"state": "sent", "why": answer.why, "number": answer.number}
    return {"state": "unknown", "why": answer.why, "number": answer.number}


def after_mail(answer: MailAnswer) -> dict[str, Any]:
    """How a job stands after the mail server's answer."""
    state: State = {"sent": "sent", "away": "queued", "refused": "refused", "unknown": "unknown"}[answer.word]  # type: ignore[assignment]
    return {"state": state, "why": answer.why, "number": ""}


def after_ask(job: Job, answer: PrintAnswer, now_ms: int) -> dict[str, Any] | None:
    """How a job that was handed to a queue stands now; None: as before."""
    if answer.word in ("confirmed", "unknown") or (answer.word == "sent" and not answer.number):
        return after_print(answer)
    if now_ms - job.since >= ASKED_MS:
        return {"state": "unknown", "why": answer.why or "the printer's queue still has it after an hour", "number": ""}
    return {"why": answer.why} if answer.why != job.why else None


def told_of(job: Job) -> ReceiptGiven | None:
    """What the journal is told of this state; None: nothing."""
    if job.state == "ended":
        return ReceiptGiven("hand", is_copy=job.is_copy, is_certain=True)
    if job.state == "confirmed" or (job.state == "sent" and job.way == "mail"):
        return ReceiptGiven(job.way, is_copy=job.is_copy, is_certain=True)
    if job.state == "unknown" or (job.state == "sent" and not job.number):
        return ReceiptGiven(job.way, is_copy=job.is_copy, is_certain=False)
    return None
