"""The page of all paper: what is unexplained on top, each pad with its counts and its sum, the log of the day below.

Does exactly what the API's routes do. Explains nothing by itself.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect

from tideover.errors import Rejected, TideoverError
from tideover.plan.records import Person
from tideover.plan.series import FORM_OF, form_named, is_of_trade
from tideover.rules.calendar import noon_of, trading_day
from tideover.trade.slip import parse_slip
from tideover.trade.typed import day_of, instant_of, time_of
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import retold, say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in
from tideover.web.slip_sheet import PEOPLE_MAX, just_done
from tideover.web.slips import PadAsked, Spoiled, issue, notes_of
from tideover.world import from_ms, to_ms

Ask = Request[Any, Any, Any]
PAGE, NOTES = "/slips", "/notes"
NAMED_MAX = 100  # Unexplained slips shown at once; the count is of all.
PADS_MAX = 60  # Pads shown at once, those with blank slips first.


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def slips_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "slips"):
        return door
    wanted = request.query_params.get("number", "").strip()
    if wanted:
        try:
            return Redirect(f"/slips/{parse_slip(wanted)}", status_code=303)
        except TideoverError as error:
            return show(request, error, number=wanted[:40])
    return show(request)


def show(request: Ask, fault: TideoverError | None = None, **typed: str) -> Response[Any]:
    """The page; with what went wrong at the last button, and what was typed there."""
    house: House = request.app.state.house
    desk = house.counter.slips
    account, log = desk.account(), desk.log()
    pads = list(zip(desk.pads(), account.states, strict=True))
    waiting = [one for one in account.once if log.used[parse_slip(one)].keyed_by != access.of(request).name]
    facts = {
        "unexplained": retold(list(account.unexplained[:NAMED_MAX]), say_to(request)),
        "unexplained_count": len(account.unexplained),
        "pads": sorted(pads, key=lambda one: not one[1].unused)[:PADS_MAX],
        "pads_count": len(pads),
        "forms": [(pad, form_named(pad.series)) for pad in house.plan.pads() if not is_of_trade(pad.series)][:PADS_MAX],
        "letters": [(series, form_named(series)) for series in FORM_OF],
        "counted": log.counted,
        "to_count": account.to_count,
        "sum_minor": sum(one.sum_minor for one in account.states),
        "used": sum(one.used for one in account.states),
        "proposed": desk.propose(),
        "waiting": waiting[:NAMED_MAX] if house.settings.slips_keyed_twice else (),
        "people": [one.name for one in house.plan.all(Person)[:PEOPLE_MAX]],
        "series": next((pad.series for pad in reversed(desk.pads())), "A"),
        "done": just_done(request, house),
        "typed": typed,
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "slips.html.j2", 200 if fault is None else fault.status, **facts)


@post("/slips/{slip:str}/say", guards=[access.person], include_in_schema=False, status_code=200)
async def say_what_became(request: Ask, slip: str) -> Response[Any]:
    """The buttons void, missing and 'somebody looks for it'."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        said = _as(Spoiled, {"state": form.get("state", ""), "why": form.get("why", "").strip(), "owner": form.get("owner", "").strip()})
        await request.app.state.house.counter.spoil_slip(slip, said.state, said.why, caller.name, said.owner)
    except TideoverError as error:
        return show(request, error)
    return Redirect(PAGE, status_code=303)


@post("/pads/issue", guards=[access.person], include_in_schema=False, status_code=200)
async def hand_out(request: Ask) -> Response[Any]:
    """A new pad."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        count = form.get("count", "")
        asked = {"series": form.get("series", "").strip().upper(), "count": int(count) if re.fullmatch("[0-9]{1,4}", count) else 0}
        asked |= {"to": form.get("to", "").strip(), "place": form.get("place", "").strip()}
        issue(request.app.state.house, _as(PadAsked, asked), caller.name)
    except TideoverError as error:
        return show(request, error)
    return Redirect(PAGE, status_code=303)


@post("/pads/{pad:str}/count", guards=[access.person], include_in_schema=False, status_code=200)
async def count(request: Ask, pad: str) -> Response[Any]:
    """The first blank number, read from the pad; with `none` no slip is left on it."""
    caller, form = await signed_form(request), await form_of(request)
    desk = request.app.state.house.counter.slips
    try:
        if form.get("none"):
            number = max((one.last for one in request.app.state.house.plan.pads() if one.key == pad), default=0) + 1
        else:
            typed = form.get("next", "").strip()
            number = int(typed) if re.fullmatch("[0-9]{1,6}", typed) else parse_slip(typed).number
        await desk.count_pad(pad, number, caller.name)
    except TideoverError as error:
        return show(request, error)
    return Redirect(PAGE, status_code=303)


# The log ----------------------------------------------------------------------------------------------


@get(NOTES, guards=[access.anyone], include_in_schema=False)
async def notes_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "notes"):
        return door
    return show_notes(request)


def show_notes(request: Ask, fault: TideoverError | None = None, typed: dict[str, str] | None = None) -> Response[Any]:
    """The log of a day, and the form for its next line."""
    house: House = request.app.state.house
    settings, typed = house.settings, typed or {}
    today = trading_day(house.world.now(), settings.time_zone, settings.day_turns_at)
    day = day_of(typed.get("day") or request.query_params.get("day", "")) or today
    facts = {
        "day": day,
        "notes": [(one, from_ms(one.happened_at_ms)) for one in notes_of(house, day)],
        "people": [one.name for one in house.plan.all(Person)[:PEOPLE_MAX]],
        "typed": typed,
        "fault": fault,
        "here": NOTES,
    }
    return render(request, "notes.html.j2", 200 if fault is None else fault.status, **facts)


@post(NOTES, guards=[access.person], include_in_schema=False, status_code=200)
async def write_note(request: Ask) -> Response[Any]:
    """A line from a log sheet."""
    caller, form = await signed_form(request), await form_of(request)
    house = request.app.state.house
    zone = house.settings.time_zone
    try:
        day, typed = day_of(form.get("day", "")), form.get("time", "").strip()
        time = time_of(typed) if typed else None
        if day is None:
            raise Rejected(why="the day is missing")
        if typed and time is None:
            raise Rejected(why="the time is not written like 14.32")
        if len(form.get("text", "")) > 1_000 or any(len(form.get(name, "")) > 200 for name in ("writer", "sheet")):
            raise Rejected(why="the text is too long")
        at = instant_of(day, time, zone) if time else min(noon_of(day, zone), house.world.now())
        more = {"writer": form.get("writer", ""), "sheet": form.get("sheet", ""), "time_is_estimated": time is None}
        await house.counter.slips.note(form.get("text", ""), to_ms(at), operator=caller.name, **more)
    except TideoverError as error:
        return show_notes(request, error, form)
    return Redirect(f"{NOTES}?day={day}", status_code=303)


def _as(shape: Any, fields: dict[str, Any]) -> Any:
    """The form's fields as the API's record; raises Rejected."""
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        raise Rejected(why="a field is empty, too long or not one of its kind") from error


ROUTES = (slips_page, say_what_became, hand_out, count, notes_page, write_note)
