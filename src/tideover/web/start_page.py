"""The first ten minutes on pages: a question at a time, each skippable, and at the end plan, kit, slips and five checks.

Nobody has a PIN on a fresh box: whoever can read the operator's file on the box's own machine gets a one-time code, and only a
browser on that machine may use it. Works without scripts. Never changes the plan before the person says "make it".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tideover.errors import NotSignedIn, TideoverError, WrongState
from tideover.kit.index_page import PURPOSE
from tideover.plan.answers import Answers, Fault, is_answered, joined
from tideover.plan.bites import bites_of
from tideover.plan.questions import DOES, GROUPS, PEOPLE_ASKED, PERSON_FIELDS, Group, group_of
from tideover.plan.records import Check, Person
from tideover.web import access, rights, starting
from tideover.web.beginning import Beginning
from tideover.web.kit_making import Making
from tideover.web.language import say_to
from tideover.web.pages import form_of, only_for, render, signed_form
from tideover.web.sessions import PIN_PREFIX, SESSION_SPAN
from tideover.web.staff import change_pin, session_cookie

Ask = Request[Any, Any, Any]
ORDER = tuple(group.bite for group in GROUPS)


# The door -----------------------------------------------------------------------------------------


@post("/start/open", guards=[access.anyone], include_in_schema=False, status_code=200)
async def open_door(request: Ask) -> Response[Any]:
    """The code from the link or typed in; only at the box's own machine, once."""
    form = await form_of(request)
    try:
        if not access.of(request).is_here:
            raise NotSignedIn(why="the first pages open only on the box's own machine")
        beginning(request).codes.use(form.get("code", "")[:40], "")
    except TideoverError as error:
        return render(request, "start_door.html.j2", error.status, fault=error, here="/start")
    return await _signed_in(request, Redirect("/start", status_code=303))


async def _signed_in(request: Ask, answer: Response[Any]) -> Response[Any]:
    """With a fresh session for whoever owns this shop, as the plan says now."""
    sessions, before = request.app.state.access.sessions, access.cookie_of(request)
    cookie, _ = await sessions.begin(owner_of(request.app.state.house), before)
    answer.cookies.append(session_cookie(request, cookie, int(SESSION_SPAN.total_seconds())))
    return answer


def owner_of(house: Any) -> str:
    """Who the plan says owns the shop; the settings' owner while it says nothing."""
    return next((one.name for one in house.plan.people() if one.role == "owner"), house.settings.owner)


def beginning(request: Ask) -> Beginning:
    return request.app.state.beginning


def making_of(request: Ask) -> Making:
    """The one kit of this box, for these pages and the page of papers."""
    return request.app.state.kit_counter.making


def closed_to(request: Ask) -> Response[Any] | None:
    """The door's page for whoever is not signed in, another for who may not answer here; None for everybody else."""
    if access.of(request).kind == "staff":
        return only_for(request, "start", "Ten minutes to a plan B", "/start")
    return render(request, "start_door.html.j2", fault=None, here="/start")


# The questions ------------------------------------------------------------------------------------


class Step(Struct, frozen=True):
    """One line of the overview."""

    title: str
    why: str
    page: str
    minutes: int
    is_done: bool


@get("/start", guards=[access.anyone], include_in_schema=False)
async def overview(request: Ask) -> Response[Any]:
    return closed_to(request) or _overview(request)


def _overview(request: Ask, fault: TideoverError | None = None) -> Response[Any]:
    house = request.app.state.house
    answers = starting.kept_answers(house.folder)
    items = house.copies.state("items").count
    steps = [Step(one.title, one.why, f"/start/ask/{one.bite}", one.minutes, is_answered(answers, one.bite)) for one in GROUPS]
    prices = Step("Prices", "What has no sticker cannot be sold without a price on paper.", "/start/file/items", 2, items > 0)
    todo = next((one for one in (*steps, prices) if not one.is_done), None)
    begun = any(one.is_done for one in (*steps, prices))
    is_made = bool(making_of(request).listed().papers)
    facts = {"steps": (*steps, prices), "todo": todo, "begun": begun, "is_made": is_made, "fault": fault}
    return render(request, "start.html.j2", 200 if fault is None else fault.status, here="/start", **facts)


@get("/start/ask/{bite:str}", guards=[access.anyone], include_in_schema=False)
async def ask_page(request: Ask, bite: str) -> Response[Any]:
    group = group_of(bite)
    if group is None:
        return Redirect("/start", status_code=303)
    return closed_to(request) or _ask(request, group, starting.kept_answers(request.app.state.house.folder), [], {})


def _ask(request: Ask, group: Group, answers: Answers, faults: list[Fault], typed: Mapping[str, str]) -> Response[Any]:
    settings = request.app.state.house.settings
    values = {
        **answers.given,
        **{f"people.{n}.{field}": getattr(one, field) for n, one in enumerate(answers.people, 1) for field in _FIELDS},
    }
    values.setdefault("shop.country", settings.country)
    facts = {
        "group": group,
        "number": ORDER.index(group.bite) + 1,
        "count": len(ORDER),
        "values": {**values, **typed},
        "faults": {one.field: say_to(request).told(one.why) for one in faults},
        "rows": max(PEOPLE_ASKED, len(answers.people) + 1),
        "person_fields": PERSON_FIELDS,
        "does": [value for value, _ in DOES],
        "here": f"/start/ask/{group.bite}",
        "before": _before(group.bite),
    }
    return render(request, "start_ask.html.j2", 400 if faults else 200, **facts)


_FIELDS = tuple(one.key for one in PERSON_FIELDS)


def _before(bite: str) -> str:
    place = ORDER.index(bite)
    return f"/start/ask/{ORDER[place - 1]}" if place else "/start"


def _after(bite: str) -> str:
    place = ORDER.index(bite) + 1
    return f"/start/ask/{ORDER[place]}" if place < len(ORDER) else "/start/file/items"


@post("/start/ask/{bite:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def take_answers(request: Ask, bite: str) -> Response[Any]:
    """Keep what was answered; "later" keeps nothing and goes on."""
    await signed_form(request)
    form, group, folder = await form_of(request), group_of(bite), request.app.state.house.folder
    if group is None:
        return Redirect("/start", status_code=303)
    answers = starting.kept_answers(folder)
    if form.get("how") == "later":
        return Redirect(_after(bite), status_code=303)
    table = _table(form, group)
    if group.bite == "till" and not answers.of("shop.language"):
        answers = Answers({**answers.given, "shop.language": say_to(request).language}, answers.people)
    found, faults = joined(answers, bite, table)
    if faults:
        return _ask(request, group, answers, faults, {name: text[:200] for name, text in form.items() if "." in name})
    starting.keep_answers(folder, found)
    return Redirect(_after(bite), status_code=303)


def _table(form: Mapping[str, str], group: Group) -> dict[str, Any]:
    """The form by section, as an answers file has it; what stands in no field of this page is left out."""
    table: dict[str, Any] = {}
    for question in group.questions:
        section, _, field = question.key.partition(".")
        table.setdefault(section, {})[field] = form.get(question.key, "")[:1_000]
    if group.bite == "people":
        numbers = range(1, PEOPLE_ROWS_MAX + 1)
        rows = [{field: form.get(f"people.{n}.{field}", "")[:1_000] for field in _FIELDS} for n in numbers]
        table["people"] = [row for row in rows if row["name"].strip() or row["phone"].strip()]
    return table


PEOPLE_ROWS_MAX = 31  # One more than may be kept, so that one too many is said and not dropped.


# The result ---------------------------------------------------------------------------------------


@post("/start/make", guards=[access.person], include_in_schema=False, status_code=200)
async def make(request: Ask) -> Response[Any]:
    """Answers into the plan, the first pad issued, the papers begun; the box takes new settings once they are made."""
    caller = await signed_form(request)
    house, making = request.app.state.house, making_of(request)
    try:
        if making.is_running:
            raise WrongState(what="Making the papers", why="they are being made already")
        answers = starting.kept_answers(house.folder)
        wished = starting.wished_settings(house.folder, answers)
        before = starting.taken_up(house.folder)
        starting.take_up(house, before, answers, caller.name, starting.today_of(house))
        settings = starting.settle_settings(house, wished)
        starting.note_taken_up(house.folder, answers)
        making.begin(then=house.bells["anew"].ring if settings != house.settings else None)
    except TideoverError as error:
        return _overview(request, error)
    answer = Redirect("/start/done", status_code=303)
    knows = house.plan.get(Person, caller.name) is not None or rights.is_open(house.plan)
    return answer if knows else await _signed_in(request, answer)  # Else the session of "owner" would be a helper's from now on.


@get("/start/done", guards=[access.anyone], include_in_schema=False)
async def done(request: Ask) -> Response[Any]:
    return closed_to(request) or _done(request)


def _done(request: Ask, fault: TideoverError | None = None) -> Response[Any]:
    house, making = request.app.state.house, making_of(request)
    answers = starting.kept_answers(house.folder)
    has_pin = any(name.startswith(PIN_PREFIX) for name in house.secrets.names())
    bites = [one for one in bites_of(starting.standing_of(house, answers, has_pin)) if one.key != "pin"]
    facts = {
        "making": making,
        "listed": making.listed(),
        "checks": sorted(house.plan.all(Check), key=lambda one: (one.first_on or "", one.key)),
        "bites": bites,
        "has_pin": has_pin,
        "fault": fault,
        "folder": str(making.folder.resolve()),
        "purpose": PURPOSE,
        "here": "/start/done",
    }
    return render(request, "start_done.html.j2", 200 if fault is None else fault.status, **facts)


@post("/start/pin", guards=[access.person], include_in_schema=False, status_code=200)
async def choose_pin(request: Ask) -> Response[Any]:
    """A PIN of one's own, so that these pages open without a code from now on."""
    import msgspec

    from tideover.web.sessions import Pin

    caller, form = await signed_form(request), await form_of(request)
    try:
        pin = msgspec.convert(form.get("pin", "").strip(), Pin)
    except msgspec.ValidationError:
        return _done(request, WrongState(what="Choosing a PIN", why="it has four to twelve digits and nothing else"))
    try:
        await change_pin(request, caller.name, pin, "")
    except TideoverError as error:  # One who has a PIN already changes it on the page of tills.
        return _done(request, error)
    return Redirect("/start/done", status_code=303)


ROUTES = (open_door, overview, ask_page, take_answers, make, done, choose_pin)
