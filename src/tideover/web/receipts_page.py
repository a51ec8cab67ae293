"""The page of receipts: how the printer is, which receipts wait for a person and what may be done with each.

Works without scripts. A receipt that may have come out is printed again only as a copy; that is the desk's rule, not this page's.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from tideover.errors import NotFound, Rejected, TideoverError
from tideover.trade.receipt_steps import Job
from tideover.web import access
from tideover.web.pages import form_of, pressed, render, signed_form, to_sign_in
from tideover.web.receipts_api import asker, checked_address, desk_of
from tideover.world import from_ms

Ask = Request[Any, Any, Any]
PAGE = "/receipts"
SHOWN_MAX = 50
LATEST_MAX = 15
MAYBE = "Nobody knows whether it came out."
STANDS = {
    "queued": "Waits for the printer.",
    "sending": "On its way.",
    "sent": "Handed over; the printer does not say more.",
    "confirmed": "The printer says that it is printed.",
    "unknown": MAYBE,
    "refused": "The mail server did not take it.",
    "ended": "Given by hand.",
}
LETTERS = {
    "queued": "Held until the line is back.",
    "sending": "On its way.",
    "sent": "Sent by e-mail.",
    "confirmed": "Sent by e-mail.",
    "unknown": "Nobody knows whether the mail server took it.",
}


class Card(Struct, frozen=True):
    """One receipt, as the page shows it."""

    job: Job
    number: str
    sum_minor: int
    at: Any  # Aware, UTC.
    stands: str
    next_copy: int


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def receipts_page(request: Ask) -> Response[Any]:
    return to_sign_in(request, "receipts") or show(request)


def show(request: Ask, fault: TideoverError | None = None, tried: str = "") -> Response[Any]:
    """The page; with what went wrong at the last button, or what the printer said to the test."""
    desk = desk_of(request)
    printer, office = desk.printers.get("printer"), desk.printers.get("office-printer")
    waiting, now = desk.waiting(), [job for job in desk.jobs.open() if not desk.needs_person(job)]
    facts = {
        "printer": printer.name if printer else "",
        "office": office.name if office else "",
        "seen": desk.seen,
        "mail": desk.has_mail,
        "waiting": [card(request, job) for job in waiting[:SHOWN_MAX]],
        "waiting_count": len(waiting),
        "never_left": sum(job.state == "queued" and job.way != "mail" for job in waiting),
        "under_way": [card(request, job) for job in now[:SHOWN_MAX]],
        "under_way_count": len(now),
        "latest": [card(request, job) for job in desk.jobs.latest(LATEST_MAX) if job.is_over],
        "now": request.app.state.house.world.now(),
        "fault": fault,
        "tried": tried,
        "here": PAGE,
    }
    return render(request, "receipts.html.j2", 200 if fault is None else fault.status, **facts)


def card(request: Ask, job: Job) -> Card:
    desk = desk_of(request)
    entry = desk.document(job).entry
    total = sum(one.amount_minor for one in entry.body.tenders) + entry.body.rounding_minor
    stands = (LETTERS if job.way == "mail" and job.state in LETTERS else STANDS)[job.state]
    copies = desk.jobs.copies(job.entry)
    return Card(job, entry.body.number, total, from_ms(entry.happened_at), stands, max(one.copy for one in copies) + 1)


@post("/receipts/try", guards=[access.person], include_in_schema=False, status_code=200)
async def try_out(request: Ask) -> Response[Any]:
    """A test strip: every letter, the width, the knife."""
    await signed_form(request)
    try:
        answer = await desk_of(request).try_out()
    except TideoverError as error:
        return show(request, error)
    words = {"confirmed": "The test came out.", "sent": "The test was handed over. Look whether it came out."}
    return show(request, tried=words.get(answer.word) or f"The test did not come out: {answer.why}.")


@post("/receipts/now", guards=[access.person], include_in_schema=False, status_code=200)
async def print_held(request: Ask) -> Response[Any]:
    """All that never left, one after another, without a mark."""
    caller = await signed_form(request)
    return await pressed(request, desk_of(request).print_held(caller.name), show, PAGE)


@post("/receipts/{job:str}/{what:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def move(request: Ask, job: str, what: str) -> Response[Any]:
    """Print it (again, as a copy), mail it, it came out, it was written by hand."""
    await signed_form(request)
    return await pressed(request, _moved(request, job, what, await form_of(request)), show, PAGE)


async def _moved(request: Ask, id: str, what: str, form: dict[str, str]) -> None:
    desk, by = desk_of(request), asker(request)
    job = desk.job(id)
    match what:
        case "again" | "mail":
            copy = form.get("copy", "")
            if not (copy.isascii() and copy.isdigit() and len(copy) <= 3):
                raise Rejected(why="the number of the copy is missing")
            address = checked_address(form.get("mail", "")) if what == "mail" else ""
            if what == "mail" and not address:
                raise Rejected(why="the e-mail address is missing")
            await desk.ask_again(job, by, copy=int(copy), mail_to=address)
        case "came-out" | "by-hand":
            await desk.settle(job, what, by)
        case _:
            raise NotFound(what="button", id=what[:40])


ROUTES = (receipts_page, try_out, print_held, move)
