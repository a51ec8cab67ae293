"""The rehearsal as a page: begin one, its clock, what is still to be done, help, an end at once; below, what earlier ones showed.

Does exactly what the API's routes do. The practice box has pages of its own; here stands only how it goes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Meta, Struct, to_builtins

from tideover.errors import NotFound, Rejected, TideoverError
from tideover.learn import rehearsing
from tideover.learn.gap import DUE_DAYS
from tideover.learn.keeping import CHECK, monthly
from tideover.learn.measure import is_done
from tideover.learn.rehearsals import Rehearsals
from tideover.learn.scenario import ROLE_NAMES, SCENARIOS, TASKS
from tideover.plan.records import Check
from tideover.web import access
from tideover.web.language import say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in
from tideover.web.plan_api import checks_of
from tideover.words import say
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
PAGE = "/rehearsal"
LISTED_MAX = 12
NAMES_MAX = 20
HOWS = {"finished": "played to its end", "interrupted": "broken off", "given_up": "given up"}
ENDS = {"customer": ("interrupted", "A real customer came."), "done": ("finished", ""), "give-up": ("given_up", "")}


class Begin(Struct, frozen=True, forbid_unknown_fields=True):
    """Start a rehearsal; without a scenario one is drawn."""

    people: Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=NAMES_MAX)]
    scenario: Annotated[str, Meta(max_length=40)] = ""
    by: Annotated[str, Meta(max_length=200)] = ""


class End(Struct, frozen=True, forbid_unknown_fields=True):
    """End it: a customer came, all is done, or it is given up."""

    how: Annotated[str, Meta(max_length=20)] = "customer"


class Task(Struct, frozen=True):
    """One thing to be done in the rehearsal that runs."""

    key: str
    title: str
    done_s: int | None  # Seconds since something broke.
    is_helped: bool
    hint: str  # Only where somebody asked.


class Now(Struct, frozen=True):
    """The rehearsal that runs."""

    id: str
    scenario: str
    phase: str
    left_s: int
    people: dict[str, str]
    port: int
    tasks: tuple[Task, ...]
    ending: str


class View(Struct, frozen=True):
    """What runs, what was, what is open."""

    running: Now | None
    told: str
    past: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    scenarios: dict[str, str]


def rehearsals_of(request: Ask) -> Rehearsals:
    return request.app.state.house.rehearsals


def now_of(found: Rehearsals, now_ms: int) -> Now | None:
    """What a screen shows of the one that runs."""
    playing, seen = found.playing, found.seen
    if playing is None:
        return None
    tasks = []
    for key in playing.story.tasks:
        title, hint = TASKS[key]
        done = (seen.done[key] - playing.broken_ms) // 1000 if is_done(seen, key) else None
        is_helped = key in playing.helped or (key == "run-ended" and any(one.startswith("step-") for one in playing.helped))
        tasks.append(Task(key, title, done, is_helped, hint if is_helped else ""))
    left = rehearsing.left_s(playing, now_ms)
    return Now(playing.id, playing.scenario, playing.phase, left, playing.people, playing.port, tuple(tasks), playing.ending)


def view_of(found: Rehearsals, now_ms: int) -> View:
    """All of it."""
    past = [{"id": one.id, "on": one.on, **to_builtins(one.body)} for one in found.log.past()]
    findings = [to_builtins(one) | {"is_open": one.is_open} for one in found.log.gaps()]
    return View(now_of(found, now_ms), found.told, past, findings, {key: one.title for key, one in SCENARIOS.items()})


# The API ------------------------------------------------------------------------------------------


@get("/rehearsal", guards=[access.staff], summary="The rehearsal that runs, earlier ones, and what is open of them")
async def look(request: Ask) -> View:
    house = request.app.state.house
    return view_of(house.rehearsals, to_ms(house.world.now()))


@post("/rehearsal", guards=[access.staff], status_code=201, summary="Begin a rehearsal beside the shop")
async def begin(request: Ask, data: Begin) -> Now | None:
    house, caller = request.app.state.house, access.of(request)
    house.rehearsals.start(data.scenario, data.people, data.by if data.by and caller.kind == "machine" else caller.name)
    return now_of(house.rehearsals, to_ms(house.world.now()))


@post("/rehearsal/end", guards=[access.staff], status_code=200, summary="End the rehearsal at once")
async def end(request: Ask, data: End) -> Now | None:
    house = request.app.state.house
    stop(house.rehearsals, data.how)
    return now_of(house.rehearsals, to_ms(house.world.now()))


def stop(found: Rehearsals, how: str) -> None:
    """Raises Rejected for an end that is none, WrongState if none runs."""
    if how not in ENDS:
        raise Rejected(why="say how it ends: customer, done or give-up")
    found.stop(*ENDS[how])  # type: ignore[arg-type]


# The page -----------------------------------------------------------------------------------------


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def rehearsal_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "rehearsal"):
        return door
    return show(request)


def show(request: Ask, fault: TideoverError | None = None, typed: dict[str, str] | None = None) -> Response[Any]:
    """The page; with what went wrong at the last button, and what was typed there."""
    house, me = request.app.state.house, access.of(request).name
    found, told = house.rehearsals, say_to(request)
    names = [one.name for one in house.plan.people()][:NAMES_MAX]
    past = found.log.past()
    gaps = found.log.gaps()
    facts = {
        "running": now_of(found, to_ms(house.world.now())),
        "host": request.url.hostname or "localhost",
        "feed": f"{str(request.base_url).rstrip('/')}/calendar.ics",
        "people": names if me in names else [me, *names],
        "me": me,
        "scenarios": SCENARIOS,
        "roles": ROLE_NAMES,
        "hows": HOWS,
        "tasks": TASKS,
        "past": past[:LISTED_MAX],
        "past_count": len(past),
        "open_gaps": [one for one in gaps if one.is_open],
        "provable": {one.id for one in gaps if found.proof_of(one)},
        "typed": typed or {},
        "due": (house.world.now() + timedelta(days=DUE_DAYS)).date().isoformat(),
        "closed_count": sum(not one.is_open for one in gaps),
        "told": told.told(found.told) if found.told not in HOWS else told(HOWS[found.told]),
        "has_reminder": house.plan.get(Check, CHECK) is not None,
        "next_due": next((told.day(one.due_on) for one in checks_of(request).due() if one.check.key == CHECK), ""),
        "span_m": rehearsing.SPAN_S // 60,
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "rehearsal.html.j2", 200 if fault is None else fault.status, **facts)


@post("/rehearsal/start", guards=[access.person], include_in_schema=False, status_code=200)
async def press_start(request: Ask) -> Response[Any]:
    """People are ticked by name; somebody whom the plan does not know yet is written."""
    caller = await signed_form(request)
    form = await request.form()
    people = [str(one)[:200] for one in form.getall("person", [])][:NAMES_MAX]
    also = [one.strip()[:200] for one in str(form.get("also", ""))[:1_000].split(",")]
    try:
        rehearsals_of(request).start(str(form.get("scenario", ""))[:40], [*people, *also], caller.name)
    except TideoverError as error:
        return show(request, error)
    return Redirect(PAGE, status_code=303)


@post("/rehearsal/{what:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def press(request: Ask, what: str) -> Response[Any]:
    """The other buttons."""
    caller, form = await signed_form(request), await form_of(request)
    found = rehearsals_of(request)
    try:
        match what:
            case "end":
                stop(found, form.get("how", "")[:20])
            case "help":
                found.help()
            case "mended":
                await found.is_mended(form.get("finding", "")[:40], caller.name)
            case "say":
                await found.say(form.get("text", ""), form.get("owner", ""), form.get("due", ""), caller.name)
            case "monthly":
                remind_monthly(request, caller.name)
            case _:
                raise NotFound(what="button", id=what[:40])
    except TideoverError as error:
        return show(request, error, form)
    return Redirect(f"{PAGE}#findings" if what in ("say", "mended") else PAGE, status_code=303)


def remind_monthly(request: Ask, by: str) -> None:
    """The reminder becomes a check of the plan; once."""
    house = request.app.state.house
    if house.plan.get(Check, CHECK) is None:
        settings = house.settings
        owner, second = house.plan.owner_of("rehearsal"), house.plan.owner_of("rehearsal/second")
        today = checks_of(request).today.isoformat()
        house.plan.put(monthly(say(settings.language), owner, second if second != owner else "", today), by)


ROUTES = (rehearsal_page, press_start, press)
API_ROUTES = (look, begin, end)
