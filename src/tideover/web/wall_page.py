"""The wall: one state, one next action, one sum; and its buttons, which do what the API's routes do.

A page that is pressed in a hurry: whatever a button was told wrongly stands on top, and nothing that was typed is lost.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.response import Redirect

from tideover.errors import NotFound, Rejected, TideoverError, WrongState
from tideover.model.outage import Observation
from tideover.rules.calendar import local_date
from tideover.trade.typed import instant_of, time_of
from tideover.web import access, parked
from tideover.web.headline import SERVICES, headline
from tideover.web.house import House
from tideover.web.language import retold, say_to
from tideover.web.outage import clear
from tideover.web.pages import form_of, render, signed_form
from tideover.web.status import as_far_as_read, status_of
from tideover.web.wall import wall_facts
from tideover.world import from_ms, to_ms

Ask = Request[Any, Any, Any]

LISTED_MAX = 30  # Of each list; the count is of all.
NO_LISTS: dict[str, Any] = {"flying": (), "parked": (), "findings": ()}
TEXT_MAX, NAME_MAX = 1_000, 200
SEEN = "it does not work here"  # What a person says who says no more.
JUST_S = 300  # A time so little ahead of now is a slip of the finger or a clock that goes wrong: it was now.


@get("/", guards=[access.anyone], include_in_schema=False)
async def front(request: Ask) -> Response[str]:
    return await front_page(request)


async def front_page(request: Ask, fault: TideoverError | None = None, typed: dict[str, str] | None = None) -> Response[str]:
    """How the shop stands; with what went wrong at the last button, if anything, and what was typed there."""
    state: State = request.app.state
    house, say = state.house, say_to(request)
    is_ours = access.of(request).sees_sums
    lists = as_far_as_read(house, lambda: _lists(request)) or NO_LISTS
    to_key = as_far_as_read(house, house.outbox.keying) or ()
    found = await status_of(house, state.takings, is_ours)
    status = retold(found, say)
    facts = {"status": status, "now": from_ms(status.now), "fault": fault, "lists": lists, "typed": typed or {}}
    facts |= {"to_key": len(to_key), "by_hand": house.cloud.manifest.hands == "person", "here": "/"}
    facts |= wall_facts(request, status, say, is_ours, headline(found, bool(house.settings.cloud)))
    return render(request, "wall.html.j2", 200 if fault is None else fault.status, **facts)


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


# Buttons ----------------------------------------------------------------------------------------------


@post("/act/{what:str}", guards=[access.anyone], include_in_schema=False, status_code=200)
async def act(request: Ask, what: str) -> Response[Any]:
    """It is down, it works again, and: sell on the higher rung that works now."""
    caller, form = await signed_form(request), await form_of(request)
    house = request.app.state.house
    acts = {"confirm": house.fallback.confirm, "all-clear": partial(clear, house), "rung": partial(_climb, house, form.get("rung", ""))}
    if what not in acts:
        raise NotFound(what="button", id=what[:40])
    return await pressed(request, acts[what](caller.name))


async def _climb(house: House, name: str, by: str) -> None:
    """Onto the rung that was offered. Raises WrongState if it is not any more."""
    offered = house.fallback.status().offered
    if offered is None or offered.name != name:
        raise WrongState(what="Moving to another rung", why="what was offered does not work any more")
    await house.fallback.use_rung(offered.number, by)


@post("/wall/report", guards=[access.person], include_in_schema=False, status_code=200)
async def report(request: Ask) -> Response[Any]:
    """It is down for us."""
    caller, form = await signed_form(request), await form_of(request)
    return await pressed(request, _report(request.app.state.house, form, caller.name), form)


async def _report(house: House, form: dict[str, str], by: str) -> None:
    service = form.get("service", "")
    if service not in SERVICES:
        raise Rejected(why="say what does not work")
    house.watch.hear(Observation(service, "person", by, False, house.world.now(), _text(form, "text") or SEEN))
    await house.fallback.turn(house.watch.verdicts())


@post("/wall/note", guards=[access.person], include_in_schema=False, status_code=200)
async def note(request: Ask) -> Response[Any]:
    """A line of the log."""
    caller, form = await signed_form(request), await form_of(request)
    return await pressed(request, _note(request.app.state.house, form, caller.name), form, "#log")


async def _note(house: House, form: dict[str, str], by: str) -> None:
    text, now = _text(form, "text"), house.world.now()
    at = now
    if form.get("time", "").strip():
        at = _at(form["time"], house)
        if at > now + timedelta(seconds=JUST_S):
            at -= timedelta(days=1)  # Typed after midnight, of the evening before.
    if not text:
        raise Rejected(why="there is nothing to write down")
    await house.counter.slips.note(text, min(to_ms(at), to_ms(now)), operator=by)


@post("/wall/hand-over", guards=[access.person], include_in_schema=False, status_code=200)
async def hand_over(request: Ask) -> Response[Any]:
    """Somebody else leads from here on."""
    caller, form = await signed_form(request), await form_of(request)
    return await pressed(request, _hand_over(request.app.state.house, form, caller.name), form)


async def _hand_over(house: House, form: dict[str, str], by: str) -> None:
    await house.runs.hand_over(_text(form, "to", NAME_MAX), by, _text(form, "text"))


@post("/wall/word", guards=[access.person], include_in_schema=False, status_code=200)
async def word(request: Ask) -> Response[Any]:
    """When the next word comes, and from whom; or that it has come."""
    caller, form = await signed_form(request), await form_of(request)
    return await pressed(request, _word(request.app.state.house, form, caller.name), form)


async def _word(house: House, form: dict[str, str], by: str) -> None:
    if form.get("come"):
        await house.runs.expect_word(None, "", "", by)
        return
    whom = _text(form, "whom", NAME_MAX)
    if not whom:
        raise Rejected(why="say who gives the next word")
    at = _at(form.get("time", ""), house)
    if at < house.world.now() - timedelta(seconds=JUST_S):
        at += timedelta(days=1)
    await house.runs.expect_word(at, whom, _text(form, "text"), by)


async def pressed(request: Ask, work: Any, form: dict[str, str] | None = None, place: str = "") -> Response[Any]:
    """Does it and shows the wall again; what was wrong stands on top, with what was typed."""
    try:
        await work
    except TideoverError as error:
        return await front_page(request, error, form)
    return Redirect(f"/{place}", status_code=303)


def _text(form: dict[str, str], name: str, length_max: int = TEXT_MAX) -> str:
    text = form.get(name, "").strip()
    if len(text) > length_max:
        raise Rejected(why="the text is too long")
    return text


def _at(text: str, house: House) -> Any:
    """That time of today's clock in the shop."""
    time = time_of(text[:20])
    if time is None:
        raise Rejected(why="the time is not written like 14.32")
    zone = house.settings.time_zone
    return instant_of(local_date(house.world.now(), zone).isoformat(), time, zone)


ROUTES = (front, act, report, note, hand_over, word)
