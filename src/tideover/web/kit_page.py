"""The page of all paper that is printed: what is out of date and where it lies, what waits to be printed, the files, the phones.

Works without scripts and does exactly what the API's routes do. A pass-phrase that was made up is shown once, on the page that answers.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tideover.errors import NotFound, Rejected, TideoverError
from tideover.kit import hand_out
from tideover.kit.copies import KEPT, ON_PHONES, by_short
from tideover.kit.index_page import Paper
from tideover.plan.records import Person
from tideover.rules.calendar import local_date
from tideover.web import access
from tideover.web.house import House
from tideover.web.kit_api import as_file, found_copy, keep_of, move_job, shelf_of
from tideover.web.kit_making import Making
from tideover.web.language import retold, say_to
from tideover.web.pages import form_of, pressed, render, signed_form, to_sign_in
from tideover.words import LANGUAGES
from tideover.world import from_ms

Ask = Request[Any, Any, Any]
PAGE = "/kit"
LISTED_MAX = 100
HANDED_MAX = 5  # Pocket kits kept in memory until they are fetched.


class Handed(Struct, frozen=True):
    """A pocket kit that was just made."""

    copy: str
    holder: str
    body: bytes
    phrase: str  # Shown once; "" where the person chose it.


class Counter:
    """What the page keeps between two requests: the making, and pocket kits to be fetched."""

    def __init__(self, house: House) -> None:
        self.making = Making(house)
        self.handed: dict[str, Handed] = {}

    def put(self, one: Handed) -> None:
        self.handed[one.copy] = one
        while len(self.handed) > HANDED_MAX:
            del self.handed[next(iter(self.handed))]


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def kit_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "kit"):
        return door
    text = request.query_params.get("q", "").strip()[:200]
    scanned = by_short(keep_of(request).copies(), text) if text else None
    return show(request, text=text, scanned=scanned.id if scanned else "")


def show(
    request: Ask, fault: TideoverError | None = None, handed: Handed | None = None, text: str = "", scanned: str = ""
) -> Response[Any]:
    """The page; with what went wrong at the last button."""
    house, counter = request.app.state.house, request.app.state.kit_counter
    listed = counter.making.listed()
    titles = {artefact_of(one): one.title for one in listed.papers}
    shelf = retold(shelf_of(house.keep, text, titles), say_to(request))
    replacing = {job.replaces: job for job in shelf.jobs if job.replaces}
    phones = [copy for copy in shelf.copies if copy.artefact.startswith(ON_PHONES)]
    about = [copy for copy in shelf.copies if not copy.artefact.startswith(ON_PHONES)]
    facts = {
        "shelf": shelf,
        "stale": [copy for copy in about if copy.is_stale][:LISTED_MAX],
        "about": [copy for copy in about if not copy.is_stale][:LISTED_MAX],
        "replacing": replacing,
        "jobs": [job for job in shelf.jobs if not job.replaces or job.replaces not in {copy.short for copy in about if copy.is_stale}],
        "phones": sorted(phones, key=lambda copy: (copy.holder, -copy.printed_at))[:LISTED_MAX],
        "files": listed.papers,
        "lacks": listed.missing,
        "kept": KEPT,
        "artefact_of": artefact_of,
        "making": counter.making,
        "fault": fault,
        "handed": handed,
        "fetchers": [one.name for one in house.plan.all(Person) if "fetch" in one.can][:3],
        "people": house.plan.all(Person)[:LISTED_MAX],
        "text": text,
        "scanned": scanned,
        "day_of": lambda ms: local_date(from_ms(ms), house.settings.time_zone).isoformat(),
        "here": PAGE,
    }
    return render(request, "kit.html.j2", 200 if fault is None else fault.status, **facts)


def artefact_of(paper: Paper) -> str:
    """What a copy of that file is a copy of: its name is its path's, without folder and ending."""
    return f"{paper.made.kind}/{paper.made.path.rpartition('/')[2].rpartition('.')[0]}"


@post("/kit/make", guards=[access.person], include_in_schema=False, status_code=200)
async def make(request: Ask) -> Response[Any]:
    """The button 'Make all papers'."""
    await signed_form(request)
    request.app.state.kit_counter.making.begin()
    return Redirect(PAGE, status_code=303)


@get("/kit/files/{path:path}", guards=[access.staff], include_in_schema=False)
async def file(request: Ask, path: str) -> Response[bytes]:
    """One of the papers that were made: only what stands in the list. A PDF is shown, ready to be printed."""
    wanted = path.removeprefix("/")
    body, kind = request.app.state.kit_counter.making.read(wanted)
    return as_file(body, wanted.replace("/", "-"), kind, "inline" if kind == "application/pdf" else "attachment")


@post("/kit/print", guards=[access.person], include_in_schema=False, status_code=200)
async def order(request: Ask) -> Response[Any]:
    """One further copy of a paper, for a place."""
    await signed_form(request)
    form = await form_of(request)
    place, holder = (form.get(name, "").strip()[:200] for name in ("place", "holder"))
    return await pressed(request, keep_of(request).order(form.get("artefact", "")[:200], place, holder), show, PAGE)


@get("/kit/jobs/{id:str}", guards=[access.staff], include_in_schema=False)
async def job_file(request: Ask, id: str) -> Response[Any]:
    """The paper of a job, with the number of its copy on the foot."""
    keep = keep_of(request)
    try:
        body, job = await hand_out.file_of(keep, keep.job(id))
    except TideoverError as error:
        return show(request, error)
    return as_file(body, f"{job.artefact.partition('/')[2]}.pdf")


@post("/kit/jobs/{id:str}/{what:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def move(request: Ask, id: str, what: str) -> Response[Any]:
    """I printed it; print it again; it is not needed."""
    caller = await signed_form(request)
    return await pressed(request, move_job(keep_of(request), id, what, caller.name), show, PAGE)


@post("/kit/copies/{id:str}/{what:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def tick(request: Ask, id: str, what: str) -> Response[Any]:
    """It lies there now; it was destroyed, or is lost."""
    caller, form, keep = await signed_form(request), await form_of(request), keep_of(request)
    return await pressed(request, _ticked(keep, id, what, form, caller.name), show, PAGE)


async def _ticked(keep: Any, id: str, what: str, form: dict[str, str], by: str) -> None:
    copy = found_copy(keep, id)
    if what == "placed":
        job = keep.jobs.get(copy.id)
        place, holder = (form.get(name, "").strip()[:200] for name in ("place", "holder"))
        await keep.placed(copy, place or (job.place if job else ""), holder or (job.holder if job else ""), by)
    elif what in ("destroyed", "lost"):
        await keep.end(copy, what, by)
    else:
        raise NotFound(what="button", id=what[:40])


@post("/kit/pocket", guards=[access.person], include_in_schema=False, status_code=200)
async def hand_one_out(request: Ask) -> Response[Any]:
    """A pocket kit for one person; without a pass-phrase one is made up and shown on this answer alone."""
    caller, form, keep = await signed_form(request), await form_of(request), keep_of(request)
    from tideover.kit.pocket import address_of, make_phrase

    house: House = request.app.state.house
    holder, phrase, language = form.get("holder", "").strip()[:200], form.get("phrase", ""), form.get("language", "")
    try:
        if not holder:
            raise Rejected(why="the name of its holder is missing")
        if language not in LANGUAGES:
            raise Rejected(why="the language is missing")
        chosen = phrase.strip() or make_phrase(house.world.secret_bytes, language)
        boxes = address_of(house.settings) or _as_called(request)
        body, copy = await hand_out.hand_out(keep, holder, language, chosen, boxes, caller.name)
    except TideoverError as error:
        return show(request, error)
    handed = Handed(copy.id, holder, body, "" if phrase.strip() else chosen)
    request.app.state.kit_counter.put(handed)
    return show(request, handed=handed)


def _as_called(request: Ask) -> tuple[str, ...]:
    """The address under which this device reached the box, unless it is the box's own machine."""
    host = request.headers.get("host", "")
    return () if access.is_loopback(request.url.hostname or "") or not host else (f"http://{host}",)


@get("/kit/pocket/{copy:str}", guards=[access.staff], include_in_schema=False)
async def fetch(request: Ask, copy: str) -> Response[bytes]:
    """The pocket kit that was just made, as a file."""
    handed = request.app.state.kit_counter.handed.get(copy)
    if handed is None:
        raise NotFound(what="pocket kit", id=copy[:40])
    return as_file(handed.body, "pocket-kit.html", "text/html")


ROUTES = (kit_page, make, file, order, job_file, move, tick, hand_one_out, fetch)
