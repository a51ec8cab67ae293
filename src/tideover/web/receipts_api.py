"""Receipts on their way to customers, for tills and programs: ask for one, look what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from msgspec import Meta, Struct

from tideover.errors import Rejected
from tideover.journal.entry import UUID7
from tideover.rules.address import LENGTH_MAX, is_mail_address
from tideover.trade.receipt_desk import ReceiptDesk
from tideover.trade.receipt_steps import COPIES_MAX, Job
from tideover.web import access
from tideover.web.language import retold, say_to

Ask = Request[Any, Any, Any]
WAITING_SHOWN = 200
NOT_AN_ADDRESS = "that is not an e-mail address"


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """One receipt."""

    entry: Annotated[str, Meta(pattern=UUID7)]  # Of the sale or refund.
    copy: Annotated[int, Meta(ge=0, le=COPIES_MAX)] = 0  # 0: the receipt; 1, 2 …: a copy, marked as one.
    mail: Annotated[str, Meta(max_length=LENGTH_MAX)] = ""  # An address, instead of paper.


class ReceiptNow(Struct, frozen=True):
    """Where a receipt stands."""

    job: str
    entry: str
    copy: int
    way: str  # printer, office-printer, mail
    state: str  # queued, sending, sent, confirmed, unknown, refused, ended
    why: str  # Why it waits, or is not certain; "" where all is well.
    since: int  # UTC ms, in this state.
    asked_by: str
    is_copy: bool  # It says that it is a copy.
    needs_person: bool  # Only a person can say what becomes of it: print it again as a copy, mail it, write it by hand.


class ReceiptsNow(Struct, frozen=True):
    """The printer, and what waits for a person."""

    printer: str  # "" where there is none.
    is_ready: bool | None  # None: it cannot be asked, or nobody looked yet.
    text: str
    has_mail: bool
    open: int
    waiting: tuple[ReceiptNow, ...]


def desk_of(request: Ask) -> ReceiptDesk:
    return request.app.state.house.receipts


def job_now(desk: ReceiptDesk, job: Job) -> ReceiptNow:
    what = (job.id, job.entry, job.copy, job.way, job.state, job.why, job.since, job.asked_by, job.is_copy)
    return ReceiptNow(*what, desk.needs_person(job))


def receipts_now(desk: ReceiptDesk) -> ReceiptsNow:
    printer, seen = desk.printers.get("printer"), desk.seen
    waiting = tuple(job_now(desk, job) for job in desk.waiting()[:WAITING_SHOWN])
    looked = (seen.is_ready, seen.text) if seen else (None, "")
    return ReceiptsNow(printer.name if printer else "", *looked, desk.has_mail, desk.jobs.count_open(), waiting)


def checked_address(text: str) -> str:
    """One plain address, or "" where none was given. Raises Rejected."""
    found = text.strip()
    if found and not is_mail_address(found):
        raise Rejected(why=NOT_AN_ADDRESS)
    return found


def asker(request: Ask) -> str:
    """Whose name stands beside it: the person's, or the till's."""
    caller = access.of(request)
    if caller.kind != "till":
        return caller.name
    tills = request.app.state.house.journal.tills()
    return next((one["name"] for one in tills if one["till"] == caller.till), "")


@post("/receipts", guards=[access.shop], status_code=200, summary="Have a receipt printed or mailed, once per sale and copy number")
async def ask(request: Ask, data: Wanted) -> ReceiptNow:
    """Answers at once, before anything is printed; asked again it is the same receipt."""
    access.check_right(request, access.of(request))
    desk = desk_of(request)
    job = await desk.ask(data.entry, data.copy, asker(request), mail_to=checked_address(data.mail))
    return retold(job_now(desk, job), say_to(request))


@get("/receipts/{job:str}", guards=[access.shop], summary="What became of a receipt", sync_to_thread=False)
def look(request: Ask, job: str) -> ReceiptNow:
    desk = desk_of(request)
    return retold(job_now(desk, desk.job(job)), say_to(request))


@get("/receipts", guards=[access.shop], summary="The receipt printer, and receipts that wait for a person", sync_to_thread=False)
def waiting(request: Ask) -> ReceiptsNow:
    return retold(receipts_now(desk_of(request)), say_to(request))


ROUTES = (ask, look, waiting)
