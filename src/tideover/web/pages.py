"""The first plain pages: how the shop stands, signing in, and the API's list. They work without scripts.

Reads the same records as the API; the few buttons do exactly what the API's routes do.
"""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.enums import MediaType
from litestar.response import Redirect

from tideover import words
from tideover.errors import NotAllowed, NotFound, Rejected, TideoverError
from tideover.web import access, described, faults, language, navigation, parked, rights
from tideover.web.access import Caller
from tideover.web.headline import CALLERS, COPIES, KINDS, RUNGS, SERVICES, STATES, headline
from tideover.web.language import retold, say_to
from tideover.web.outage import clear
from tideover.web.sessions import COOKIE, SESSION_SPAN, is_same
from tideover.web.staff import session_cookie
from tideover.web.status import as_far_as_read, status_of
from tideover.world import from_ms

HERE = Path(__file__).parent
STYLES, SCRIPTS = ("tideover.css", "slips.css", "kit.css", "plan.css", "practice.css"), ("live.js", "start.js", "slips.js")
ASSETS = dict.fromkeys(STYLES, "text/css") | dict.fromkeys(SCRIPTS, "text/javascript") | {"mark.svg": "image/svg+xml"}
NAMES = {"service": SERVICES, "state": STATES, "copies": COPIES, "caller": CALLERS, "rung": RUNGS, "kind": KINDS}

LISTED_MAX = 30  # Of each list; the count is of all.
NO_LISTS: dict[str, Any] = {"flying": (), "parked": (), "findings": ()}
OWN_PAGES = "keying|kit|notes|plan|checks|practice|rehearsal|readiness|acknowledge"  # Where a sign-in may lead to.
CHOICE_S = 365 * 86_400  # So long a device keeps the language that was chosen on it.

Ask = Request[Any, Any, Any]


@cache
def templates() -> Environment:
    """The pages' templates; every value is escaped."""
    loader = FileSystemLoader(HERE / "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def render(request: Ask, page: str, status_code: int = 200, **facts: Any) -> Response[str]:
    """A page in the reader's language."""
    state: State = request.app.state
    settings = state.house.settings
    say = say_to(request)
    caller, plan = access.of(request), state.house.plan
    known = {"caller": caller, "may": lambda right: caller.kind == "staff" and rights.may(plan, caller.name, right)}
    known["no_owner"] = caller.kind == "staff" and rights.is_open(plan)
    known["places"] = places = navigation.links(request)
    known["asks"] = next((one.count for one in places if one.href == "/checks"), 0)
    text = templates().get_template(page).render(
        say=say, settings=settings, from_ms=from_ms, languages=words.LANGUAGES, names=NAMES, **known, **facts
    )
    answer = Response(text, status_code=status_code, media_type=MediaType.HTML, headers={"Vary": "Accept-Language, Cookie"})
    if request.query_params.get("lang", "") in words.LANGUAGES:
        answer.cookies.append(Cookie(key=language.COOKIE, value=say.language, max_age=CHOICE_S, samesite="strict", path="/"))
    return answer


@get("/", guards=[access.anyone], include_in_schema=False)
async def front(request: Ask) -> Response[str]:
    return await front_page(request)


async def front_page(request: Ask, fault: TideoverError | None = None) -> Response[str]:
    """How the shop stands; with what went wrong at the last button, if anything."""
    state: State = request.app.state
    house = state.house
    lists = as_far_as_read(house, lambda: _lists(request)) or NO_LISTS
    to_key = as_far_as_read(house, house.outbox.keying) or ()
    status = retold(await status_of(house, state.takings, access.of(request).sees_sums), say_to(request))
    first = headline(status, bool(house.settings.cloud))
    facts = {"status": status, "first": first, "now": from_ms(status.now), "fault": fault, "lists": lists}
    facts |= {"to_key": len(to_key), "by_hand": house.cloud.manifest.hands == "person", "here": "/"}
    return render(request, "status.html.j2", 200 if fault is None else fault.status, **facts)


def _lists(request: Ask) -> dict[str, Any]:
    """What waits for a person, one by one, for people who may see it."""
    if not access.of(request).sees_sums:
        return NO_LISTS
    state = request.app.state
    return {
        "flying": [one for one in parked.in_flight.fn(state) if one.needs_person][:LISTED_MAX],
        "parked": parked.parked.fn(request, state)[:LISTED_MAX],
        "findings": parked.findings.fn(request, state)[:LISTED_MAX],
    }


@get("/sign-in", guards=[access.anyone], include_in_schema=False)
async def sign_in_page(request: Ask) -> Response[str]:
    return render(request, "sign_in.html.j2", fault=None, name="", to=_wished(request))


def _wished(request: Ask) -> str:
    """Where a person goes who has signed in: one of our own pages, never an address that somebody else wrote."""
    wished = request.query_params.get("to", "")
    return wished if re.fullmatch(rf"{OWN_PAGES}|slips(/[A-Z]{{1,4}}-[0-9]{{4,6}})?", wished, re.ASCII) else ""


@post("/sign-in", guards=[access.anyone], include_in_schema=False, status_code=200)
async def sign_in(request: Ask) -> Response[Any]:
    form = await form_of(request)
    name, before = form.get("name", "")[:200], request.cookies.get(COOKIE, "")
    try:
        cookie, _ = await request.app.state.access.sessions.sign_in(name, form.get("pin", "")[:40], access.address_of(request), before)
    except TideoverError as error:
        return render(request, "sign_in.html.j2", error.status, fault=error, name=name, to=_wished(request))
    answer = Redirect(f"/{_wished(request)}", status_code=303)
    answer.cookies.append(session_cookie(cookie, int(SESSION_SPAN.total_seconds())))
    return answer


@post("/sign-out", guards=[access.anyone], include_in_schema=False, status_code=200)
async def sign_out(request: Ask) -> Response[Any]:
    await signed_form(request)
    request.app.state.access.sessions.sign_out(request.cookies.get(COOKIE, ""))
    answer = Redirect("/", status_code=303)
    answer.cookies.append(session_cookie("", 0))
    return answer


@post("/act/{what:str}", guards=[access.anyone], include_in_schema=False, status_code=200)
async def act(request: Ask, what: str) -> Response[Any]:
    """The status page's buttons."""
    caller = await signed_form(request)
    house = request.app.state.house
    acts = {"confirm": house.fallback.confirm, "all-clear": partial(clear, house)}
    if what not in acts:
        raise NotFound(what="button", id=what[:40])
    try:
        await acts[what](caller.name)
    except TideoverError as error:
        return await front_page(request, error)
    return Redirect("/", status_code=303)


@post("/parked/{id:str}", guards=[access.anyone], include_in_schema=False, status_code=200)
async def solve(request: Ask, id: str) -> Response[Any]:
    """The buttons beside a parked sale: the same as the API's."""
    caller, form = await signed_form(request), await form_of(request)
    number = form.get("number", "").strip() or None
    try:
        solution = msgspec.convert({"how": form.get("how", ""), "number": number}, parked.Solution)
        await parked.solve_it(request.app.state.house, id, solution, caller.name)
    except msgspec.ValidationError as error:
        raise Rejected(why="a form was expected") from error
    except TideoverError as error:
        return await front_page(request, error)
    return Redirect("/", status_code=303)


async def form_of(request: Ask) -> dict[str, str]:
    """The texts of a page's form; raises Rejected."""
    if request.content_type[0] not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise Rejected(why="a form was expected")
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def signed_form(request: Ask) -> Caller:
    """The person who pressed the button on a page of ours; raises NotAllowed."""
    form, caller = await form_of(request), access.of(request)
    if caller.kind != "staff" or not is_same(form.get("csrf", ""), caller.csrf):
        raise NotAllowed(who=caller.name or "Whoever calls", why="the page is old or was not made for this person")
    access.check_right(request, caller)
    return caller


@post("/in-flight/{id:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def settle(request: Ask, id: str) -> Response[Any]:
    """The buttons beside a sale in flight: the same as the API's."""
    caller, form = await signed_form(request), await form_of(request)
    number = form.get("number", "").strip() or None
    try:
        said = msgspec.convert({"outcome": form.get("outcome", ""), "number": number}, parked.Settlement)
        await request.app.state.house.in_flight.settle(id, said.outcome, caller.name, said.number)
    except msgspec.ValidationError as error:
        raise Rejected(why="a form was expected") from error
    except TideoverError as error:
        return await front_page(request, error)
    return Redirect("/", status_code=303)


@post("/findings/{id:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def explain(request: Ask, id: str) -> Response[Any]:
    """The button beside a difference: the same as the API's."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        if not form.get("note", "").strip():
            raise Rejected(why="the explanation is missing")
        said = msgspec.convert({"note": form["note"].strip()}, parked.Explanation)
        await request.app.state.house.close.close_finding(id, said.note, caller.name)
    except msgspec.ValidationError as error:
        raise Rejected(why="the text is too long") from error
    except TideoverError as error:
        return await front_page(request, error)
    return Redirect("/", status_code=303)


@get("/v1/api", guards=[access.anyone], include_in_schema=False)
async def api_page(request: Ask) -> Response[str]:
    return render(request, "api.html.j2", sections=described.sections(request.app))


@get("/static/{name:str}", guards=[access.anyone], include_in_schema=False, sync_to_thread=False)
def asset(name: str) -> Response[bytes]:
    """Our own files only, by name: nothing else of the disk can be asked for."""
    if name not in ASSETS:
        raise NotFound(what="file", id=name[:100])
    return Response((HERE / "static" / name).read_bytes(), media_type=ASSETS[name], headers={"Cache-Control": "max-age=300"})


def to_sign_in(request: Ask, page: str) -> Redirect | None:
    """To the sign-in and then back to that page, for whoever is no person of the shop; None for people of the shop."""
    return None if access.of(request).kind == "staff" else Redirect(f"/sign-in?to={page}", status_code=303)


def fault(request: Ask, error: Exception) -> Response[Any]:
    """What went wrong: a page for a person at a browser, JSON for everybody else."""
    answer = faults.of(request, error)
    if request.url.path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
        return answer
    return render(request, "fault.html.j2", answer.status_code or 500, fault=answer.content)


ROUTES = (front, sign_in_page, sign_in, sign_out, act, solve, settle, explain, api_page, asset)
