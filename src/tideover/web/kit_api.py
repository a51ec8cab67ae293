"""Printed copies, print jobs and pocket kits for programs, and the one address at which a pocket kit reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from msgspec import Meta, Struct

from tideover.errors import NotFound
from tideover.kit import hand_out
from tideover.kit.copies import Copy, by_short, search, standing
from tideover.kit.jobs import Job
from tideover.kit.keep import Keep
from tideover.model.sale import Name
from tideover.web import access
from tideover.web.language import retold, say_to

Ask = Request[Any, Any, Any]
SAID_BYTES_MAX = 400  # What a pocket kit says of itself: two names and two values.
COPIES_SHOWN = 500
Word = Annotated[str, Meta(max_length=1_000)]


class CopyNow(Struct, frozen=True):
    """One copy that lies about."""

    id: str
    short: str  # As on its foot.
    artefact: str
    title: str
    pages: int
    as_of: str
    printed_at: int  # UTC ms.
    place: str
    holder: str
    seen_at: int  # UTC ms; 0: never since.
    is_stale: bool
    is_made_no_more: bool  # Its original is gone: fetch it, nothing takes its place.


class JobNow(Struct, frozen=True):
    """One copy that is to be printed, or lies in the printer."""

    id: str
    artefact: str
    title: str
    place: str
    holder: str
    state: str
    why: str
    pages: int
    replaces: str | None  # The short id of the copy whose place it takes.
    since: int  # UTC ms.


class Shelf(Struct, frozen=True):
    """What lies about, and what is to be printed."""

    printer: str  # "" where a person prints.
    copies: tuple[CopyNow, ...]  # Stale ones first.
    copies_count: int
    stale_count: int
    jobs: tuple[JobNow, ...]


class Ordered(Struct, frozen=True, forbid_unknown_fields=True):
    artefact: Name
    place: Name = ""
    holder: Name = ""


class Put(Struct, frozen=True, forbid_unknown_fields=True):
    place: Name = ""
    holder: Name = ""


class Ended(Struct, frozen=True, forbid_unknown_fields=True):
    how: Literal["destroyed", "lost", "replaced"]
    note: Word = ""


class Opened(Struct, frozen=True):
    """What a pocket kit says when it is opened."""

    copy: Annotated[str, Meta(max_length=100)]
    content: Annotated[str, Meta(max_length=100)]


def keep_of(request: Ask) -> Keep:
    return request.app.state.house.keep


def found_copy(keep: Keep, id: str) -> Copy:
    """By its id, or by the short one on its foot. Raises NotFound."""
    copy = keep.copies().get(id) or by_short(keep.copies(), id[:40])
    if copy is None:
        raise NotFound(what="printed copy", id=id[:40])
    return copy


def shelf_of(keep: Keep, text: str = "", files: Mapping[str, str] | None = None) -> Shelf:
    """Everything, or what a search finds. files: titles of papers by artefact, where nobody has laid them out for a copy yet."""
    papers, stale = keep.jobs.papers(), {copy.id for copy in keep.stale()}
    about = standing(keep.copies())
    shown = sorted(search(about, text) if text else about, key=lambda copy: (copy.id not in stale, copy.place, copy.artefact, copy.id))
    titles = {**(files or {}), **{artefact: paper.title for artefact, paper in papers.items() if paper.title}}
    copies = tuple(_copy(copy, titles, copy.id in stale, copy.id in stale and not papers[copy.artefact].content) for copy in shown)
    jobs = tuple(_job(job, titles, keep) for job in keep.jobs.all())
    return Shelf(keep.printer.name if keep.printer else "", copies[:COPIES_SHOWN], len(copies), len(stale), jobs)


def _copy(copy: Copy, titles: dict[str, str], is_stale: bool, is_gone: bool) -> CopyNow:
    title = titles.get(copy.artefact) or copy.name
    what = (copy.pages, copy.as_of, copy.printed_at, copy.place, copy.holder, copy.seen_at)
    return CopyNow(copy.id, copy.short, copy.artefact, title, *what, is_stale, is_gone)


def _job(job: Job, titles: dict[str, str], keep: Keep) -> JobNow:
    old = keep.copies().get(job.replaces or "")
    title = titles.get(job.artefact) or job.artefact.partition("/")[2].rpartition(".")[0]
    what = (job.place, job.holder, job.state, job.why, job.pages)
    return JobNow(job.id, job.artefact, title, *what, old.short if old else None, job.since)


@get("/kit", guards=[access.staff], summary="Printed copies, and what is to be printed", sync_to_thread=False)
def kit(request: Ask, state: State, q: Annotated[str, Meta(max_length=200)] = "") -> Shelf:
    return retold(shelf_of(state.house.keep, q), say_to(request))


@post("/kit/copies", guards=[access.staff], status_code=200, summary="Have one further copy of a paper printed")
async def order(request: Ask, data: Ordered) -> JobNow:
    keep = keep_of(request)
    job = await keep.order(data.artefact, data.place, data.holder)
    return _job(job, {}, keep)


@post("/kit/copies/{id:str}/placed", guards=[access.staff], status_code=200, summary="Say where a copy lies now")
async def placed(request: Ask, id: str, data: Put) -> None:
    keep = keep_of(request)
    await keep.placed(found_copy(keep, id), data.place, data.holder, access.of(request).name)


@post("/kit/copies/{id:str}/ended", guards=[access.staff], status_code=200, summary="Say that a copy is no more")
async def ended(request: Ask, id: str, data: Ended) -> None:
    keep = keep_of(request)
    await keep.end(found_copy(keep, id), data.how, access.of(request).name, data.note)


@get("/kit/jobs/{id:str}/file", guards=[access.staff], summary="A print job's paper as PDF", media_type="application/pdf")
async def job_file(request: Ask, id: str) -> Response[bytes]:
    keep = keep_of(request)
    body, job = await hand_out.file_of(keep, keep.job(id))
    return as_file(body, f"{job.artefact.partition('/')[2]}.pdf")


@post("/kit/jobs/{id:str}/{what:str}", guards=[access.staff], status_code=200, summary="Say that it was printed; print it again; drop it")
async def move(request: Ask, id: str, what: str) -> None:
    await move_job(keep_of(request), id, what, access.of(request).name)


async def move_job(keep: Keep, id: str, what: str, by: str) -> None:
    """The buttons of a job: printed, again, drop. Raises NotFound, WrongState, Unavailable."""
    job = keep.job(id)
    match what:
        case "printed":
            await hand_out.printed_by_hand(keep, job, by)
        case "again":
            await hand_out.again(keep, job)
        case "drop":
            await hand_out.drop(keep, job)
        case _:
            raise NotFound(what="button", id=what[:40])


@post("/kit/opened", guards=[access.anyone], status_code=204, include_in_schema=False, request_max_body_size=SAID_BYTES_MAX)
async def opened(request: Ask) -> None:
    """A pocket kit says which one it is; it knows both words only after its pass-phrase. Nobody hears whether that was so."""
    try:
        said = msgspec.json.decode(await request.body(), type=Opened)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return
    await hand_out.opened(keep_of(request), said.copy, said.content)


def as_file(body: bytes, name: str, kind: str = "application/pdf", how: str = "attachment") -> Response[bytes]:
    """A file to keep, or ("inline") to look at in a window of its own: never inside one of our pages."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in ".-_") else "-" for one in name)[:120]
    return Response(body, media_type=kind, headers={"Content-Disposition": f'{how}; filename="{plain}"'})


ROUTES = (kit, order, placed, ended, job_file, move, opened)
