"""What every page is made with, the sign-in, the API's list, and our own files. Pages work without scripts.

Decides nothing of the shop: the pages themselves stand in modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.enums import MediaType
from litestar.response import Redirect

from tideover import words
from tideover.errors import NotAllowed, NotFound, Rejected, TideoverError
from tideover.web import access, described, faults, language, navigation, rights
from tideover.web.access import Caller
from tideover.web.headline import CALLERS, COPIES, KINDS, PARTS, RUNG_STATES, RUNGS, SERVICES, STATES, TONES
from tideover.web.language import say_to
from tideover.web.sessions import PIN_PREFIX, SESSION_SPAN, is_same
from tideover.web.staff import session_cookie
from tideover.world import from_ms

HERE = Path(__file__).parent
STYLES = (
    *("tideover.css", "wall.css", "slips.css", "kit.css", "plan.css", "run.css", "practice.css"),
    *("switching.css", "calls.css", "services.css"),
)
SCRIPTS = ("live.js", "sound.js", "start.js", "slips.js", "run.js", "rehearsal.js")
ASSETS = dict.fromkeys(STYLES, "text/css") | dict.fromkeys(SCRIPTS, "text/javascript") | {"mark.svg": "image/svg+xml"}
NAMES = {"service": SERVICES, "state": STATES, "copies": COPIES, "caller": CALLERS, "rung": RUNGS, "kind": KINDS}
NAMES |= {"tone": TONES, "part": PARTS, "rung_state": RUNG_STATES}

# Where a sign-in may lead to.
OWN_PAGES = "day|keying|tills|kit|receipts|notices|notes|run|calls|plan|checks|practice|rehearsal|readiness|"
OWN_PAGES += "acknowledge|services|vendors|switching|spare"
NAMED_MAX = 5  # People who may do what the reader may not; more are found in the plan.
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
    known["who_may"] = lambda right: ", ".join(rights.holders(plan, right)[:NAMED_MAX])
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


@get("/sign-in", guards=[access.anyone], include_in_schema=False)
async def sign_in_page(request: Ask) -> Response[str]:
    return _sign_in_page(request)


def _sign_in_page(request: Ask, fault: TideoverError | None = None, name: str = "") -> Response[str]:
    has_pins = any(one.startswith(PIN_PREFIX) for one in request.app.state.house.secrets.names())
    facts = {"fault": fault, "name": name, "to": _wished(request), "has_pins": has_pins}
    return render(request, "sign_in.html.j2", 200 if fault is None else fault.status, **facts)


def _wished(request: Ask) -> str:
    """Where a person goes who has signed in: one of our own pages, never an address that somebody else wrote."""
    wished = request.query_params.get("to", "")
    return wished if re.fullmatch(rf"{OWN_PAGES}|slips(/[A-Z]{{1,4}}-[0-9]{{4,6}})?", wished, re.ASCII) else ""


@post("/sign-in", guards=[access.anyone], include_in_schema=False, status_code=200)
async def sign_in(request: Ask) -> Response[Any]:
    form = await form_of(request)
    name, before = form.get("name", "")[:200], access.cookie_of(request)
    try:
        cookie, _ = await request.app.state.access.sessions.sign_in(name, form.get("pin", "")[:40], access.address_of(request), before)
    except TideoverError as error:
        return _sign_in_page(request, error, name)
    answer = Redirect(f"/{_wished(request)}", status_code=303)
    answer.cookies.append(session_cookie(request, cookie, int(SESSION_SPAN.total_seconds())))
    return answer


@post("/sign-out", guards=[access.anyone], include_in_schema=False, status_code=200)
async def sign_out(request: Ask) -> Response[Any]:
    await signed_form(request)
    request.app.state.access.sessions.sign_out(access.cookie_of(request))
    answer = Redirect("/", status_code=303)
    answer.cookies.append(session_cookie(request, "", 0))
    return answer


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


async def pressed(request: Ask, act: Awaitable[Any], show: Callable[[Ask, TideoverError], Response[Any]], to: str) -> Response[Any]:
    """Carries out a button and goes on to that page, or shows what went wrong."""
    try:
        await act
    except TideoverError as error:
        return show(request, error)
    return Redirect(to, status_code=303)


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


def only_for(request: Ask, right: rights.Right, title: str, here: str) -> Response[str] | None:
    """Who does it, for people of the shop who may not: a page of buttons that refuse helps nobody. None for whoever may."""
    if rights.may(request.app.state.house.plan, access.of(request).name, right):
        return None
    return render(request, "only_for.html.j2", right=right, title=title, here=here)


def fault(request: Ask, error: Exception) -> Response[Any]:
    """What went wrong: a page for a person at a browser, JSON for everybody else."""
    answer = faults.of(request, error)
    if request.url.path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
        return answer
    return render(request, "fault.html.j2", answer.status_code or 500, fault=answer.content)


ROUTES = (sign_in_page, sign_in, sign_out, api_page, asset)
