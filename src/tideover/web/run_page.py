"""Playbooks as they are gone through: choosing one by what people see, one step at a time, and the record afterwards.

Works without scripts. Several people may be at the same run: each form says which step and way it was made for, so a second
tap does no harm and an old page is told. The wording is the one that the run copied, never today's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect

from tideover.activate import steps
from tideover.activate.mode import is_open
from tideover.activate.steps import Run
from tideover.errors import Rejected, TideoverError, WrongState
from tideover.model.run import RunStep
from tideover.plan.playbook import CHECKLIST, playbooks, texts
from tideover.plan.records import PlaybookText
from tideover.plan.symptom import fitting, playbook_for
from tideover.web import access, rights, run_view
from tideover.web.house import House
from tideover.web.language import say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in
from tideover.world import from_ms, to_ms

Ask = Request[Any, Any, Any]
PAGE = "/run"
QUERY_MAX = 100
RECENT_MAX = 10
PEOPLE_MAX = 100
TEXT_MAX = 900


def house_of(request: Ask) -> House:
    return request.app.state.house


# Choosing -----------------------------------------------------------------------------------------


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def choose_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "run"):
        return door
    return choose(request)


def choose(request: Ask, fault: TideoverError | None = None) -> Response[Any]:
    """Runs that are open, the playbook that fits, all of them by what people see, and who is told. Raises Damaged."""
    house, say = house_of(request), say_to(request)
    runs, outage = house.runs, house.fallback.outage
    query = request.query_params.get("q", "").strip()[:QUERY_MAX]
    known = playbooks(texts(house.plan.all(PlaybookText)), say.language)
    found = fitting(known, query)
    fits = _fitting_key(house) if is_open(outage) else ""
    running = {one.playbook for one in runs.open_runs()}
    facts = {
        "open_runs": [run_view.view_of(house, one, say) for one in runs.open_runs()],
        "fits": known.get(fits) if fits not in running else None,
        "fits_key": fits,
        "query": query,
        "found": [one for one in found if one.key != CHECKLIST],
        "back": known.get(CHECKLIST) if CHECKLIST not in running else None,
        "past": [(one, _title(house, one)) for one in runs.all() if one.ended is not None][:RECENT_MAX],
        "to_tell": runs.to_tell(),
        "left_on": [one for _, one in sorted(runs.left_on().items())],
        "is_out": is_open(outage),
        "word": runs.word(),
        "now": house.world.now(),
        "fault": fault,
        "here": f"{PAGE}?q={query}" if query else PAGE,
    }
    return render(request, "run.html.j2", 200 if fault is None else fault.status, **facts)


def _fitting_key(house: House) -> str:
    """The playbook for what the box sees, or for the way back."""
    outage = house.fallback.outage
    return CHECKLIST if outage.phase == "recovering" else playbook_for(outage.cause)


def _title(house: House, run: Run) -> str:
    wording = house.runs.wording(run)
    return wording.ready.title if wording else run.playbook


@post("/run/start", guards=[access.person], include_in_schema=False, status_code=200)
async def start(request: Ask) -> Response[Any]:
    """Open a playbook; one that is open already is gone on with."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        run = await house_of(request).runs.start(form.get("playbook", "")[:100], say_to(request).language, caller.name)
    except TideoverError as error:
        return choose(request, error)
    return Redirect(f"{PAGE}/{run.id}", status_code=303)


# One run ------------------------------------------------------------------------------------------


@get("/run/{id:str}", guards=[access.anyone], include_in_schema=False)
async def run_page(request: Ask, id: str) -> Response[Any]:
    """The step in turn, large; `?step=` another one."""
    if door := to_sign_in(request, "run"):
        return door
    return show(request, house_of(request).runs.run(id))


def show(request: Ask, run: Run, fault: TideoverError | None = None, typed: dict[str, str] | None = None) -> Response[Any]:
    """The run's page; with what went wrong at the last button, and what was typed there."""
    house, say = house_of(request), say_to(request)
    asked = request.query_params.get("step", "") or (typed or {}).get("step", "")
    view = run_view.view_of(house, run, say, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else None)
    if run.ended is not None:
        return _record(request, run, fault)
    now, runs = house.world.now(), house.runs
    step = view.now
    facts = {
        "view": view,
        "run": run,
        "step": step,
        "is_turn": step is None or any(one.is_now and one.number == step.number for one in view.lines),
        "last": run_view.last_word(run),
        "left_min": run_view.minutes_left(view, now),
        "until": _until(view),
        "people": [one.name for one in house.plan.people()[:PEOPLE_MAX]],
        "lead": runs.lead(),
        "word": runs.word(),
        "to_tell": runs.to_tell(),
        "phase": house.fallback.outage.phase,
        "may_close": rights.may(house.plan, access.of(request).name, "decide"),
        "closers": rights.holders(house.plan, "decide"),
        "words": {"kind": run_view.KINDS, "done": run_view.DONE, "failed": run_view.FAILED, "state": run_view.STATES},
        "now": now,
        "typed": typed or {},
        "fault": fault,
        "here": f"{PAGE}/{run.id}",
    }
    return render(request, "run_step.html.j2", 200 if fault is None else fault.status, **facts)


def _until(view: run_view.RunView) -> datetime | None:
    if view.now is None or view.now.minutes is None:
        return None
    return from_ms(view.run.since_ms) + timedelta(minutes=view.now.minutes)


@post("/run/{id:str}/mark", guards=[access.person], include_in_schema=False, status_code=200)
async def mark(request: Ask, id: str) -> Response[Any]:
    """A step is done, does not work, is left out, or is taken back."""
    caller, form, house = await signed_form(request), await form_of(request), house_of(request)
    run = house.runs.run(id)
    try:
        word, seen = _word_of(form)
        if word.outcome == "done" and (closing := await _end_of_outage(request, run, word, caller.name)):
            return closing
        run = await house.runs.mark(id, word.step, word.way, word.outcome, caller.name, word.why, word.answer, seen=seen)
        await _next_word(request, form, caller.name)
    except TideoverError as error:
        return show(request, house.runs.run(id), error, form)
    step = f"?step={word.step}" if word.outcome == "open" else ""
    return Redirect(f"{PAGE}/{id}{step}", status_code=303)


def _word_of(form: dict[str, str]) -> tuple[RunStep, int | None]:
    """What the form says of which step. Raises Rejected."""
    try:
        fields = {name: int(form.get(name, "")) for name in ("step", "way", "seen") if form.get(name)}
        words = {name: form.get(name, "").strip() for name in ("why", "answer")}
        word = msgspec.convert({"step": fields["step"], "way": fields["way"], "outcome": form.get("outcome", ""), **words}, RunStep)
        return word, fields.get("seen")
    except (ValueError, KeyError, msgspec.ValidationError) as error:
        raise Rejected(why="a field is empty, too long or not one of its kind") from error


async def _end_of_outage(request: Ask, run: Run, word: RunStep, by: str) -> Response[Any] | None:
    """Refuses a tick that the box sees otherwise; the last step of the return checklist ends the outage and the run."""
    house, say = house_of(request), say_to(request)
    if run.playbook != CHECKLIST or run.ended is not None:
        return None
    view = run_view.view_of(house, run, say, word.step)
    step = view.now
    if step is None or step.number != word.step or step.way != word.way:
        return None
    if step.against:
        raise WrongState(what="Ticking a step", why="; ".join(one.text for one, _, _ in step.against)[:TEXT_MAX])
    if not step.is_last_word or not view.is_out:
        return None
    rights.check(house.plan, by, "/v1/outage/close")
    await house.fallback.close([one.text for one in run_view.open_items(house)], by)
    await house.runs.mark(run.id, word.step, word.way, "done", by, answer=word.answer)
    await _finish(house, run.id, by, view)
    return Redirect(f"{PAGE}/{run.id}", status_code=303)


async def _finish(house: House, id: str, by: str, view: run_view.RunView) -> None:
    """The run is over; what the box ticked by itself is written down with it."""
    seen = [(step, way, "the box sees nothing open here") for step, way in sorted(view.ticked.items())]
    await house.runs.end(id, "finished", by, seen=seen)


async def _next_word(request: Ask, form: dict[str, str], by: str) -> None:
    """When the next word comes, as it was typed beside a call."""
    if typed := form.get("word_at", "").strip():
        whom, text = form.get("word_from", "")[:200], form.get("answer", "")[:TEXT_MAX]
        await house_of(request).runs.expect_word(_at(request, typed), whom, text, by)


def _at(request: Ask, typed: str) -> datetime:
    """The next time that the shop's clock shows this. Raises Rejected."""
    house = house_of(request)
    try:
        hour, minute = (int(one) for one in typed.replace(".", ":").split(":"))
        now = house.world.now().astimezone(ZoneInfo(house.settings.time_zone))
        at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError as error:
        raise Rejected(why="the time of the next word is written as hours and minutes, like 15:30") from error
    at = at if at >= now - timedelta(minutes=1) else at + timedelta(days=1)
    return from_ms(to_ms(at))


@post("/run/{id:str}/reader", guards=[access.person], include_in_schema=False, status_code=200)
async def reader(request: Ask, id: str) -> Response[Any]:
    """Somebody else reads aloud from here on."""
    caller, form = await signed_form(request), await form_of(request)
    runs = house_of(request).runs
    try:
        await runs.read_by(id, form.get("reader", "")[:200], caller.name)
    except TideoverError as error:
        return show(request, runs.run(id), error)
    return Redirect(f"{PAGE}/{id}", status_code=303)


@post("/run/{id:str}/end", guards=[access.person], include_in_schema=False, status_code=200)
async def end(request: Ask, id: str) -> Response[Any]:
    """Gone through, or left with a reason."""
    caller, form, house = await signed_form(request), await form_of(request), house_of(request)
    try:
        run = house.runs.run(id)
        if form.get("how") == "finished":
            await _finish(house, id, caller.name, run_view.view_of(house, run, say_to(request)))
        else:
            await house.runs.end(id, form.get("how", ""), caller.name, form.get("why", "")[:TEXT_MAX])
    except TideoverError as error:
        return show(request, house.runs.run(id), error, form)
    return Redirect(f"{PAGE}/{id}", status_code=303)


# Who is told, and when the next word comes ----------------------------------------------------------


@post("/run/told", guards=[access.person], include_in_schema=False, status_code=200)
async def told(request: Ask) -> Response[Any]:
    """A party knows: one tap."""
    caller, form = await signed_form(request), await form_of(request)
    runs = house_of(request).runs
    back = form.get("run", "")
    try:
        await runs.told(form.get("party", "")[:100], form.get("what", ""), caller.name, form.get("note", "")[:TEXT_MAX])
        to = f"{PAGE}/{runs.run(back).id}#told" if back else f"{PAGE}#told"
    except TideoverError as error:
        return choose(request, error)
    return Redirect(to, status_code=303)


@post("/run/word", guards=[access.person], include_in_schema=False, status_code=200)
async def word(request: Ask) -> Response[Any]:
    """The next word has come, and when a further one does."""
    caller, form = await signed_form(request), await form_of(request)
    runs, back = house_of(request).runs, form.get("run", "")
    try:
        typed = form.get("word_at", "").strip()
        whom, text = form.get("word_from", "")[:200], form.get("text", "")[:TEXT_MAX]
        await runs.expect_word(_at(request, typed) if typed else None, whom, text, caller.name)
        to = f"{PAGE}/{runs.run(back).id}" if back else PAGE
    except TideoverError as error:
        return choose(request, error)
    return Redirect(to, status_code=303)


# Afterwards ---------------------------------------------------------------------------------------


@get("/run/{id:str}/record", guards=[access.anyone], include_in_schema=False)
async def record_page(request: Ask, id: str) -> Response[Any]:
    """Everything that was said of each step, with its times; to be read and printed."""
    if door := to_sign_in(request, "run"):
        return door
    return _record(request, house_of(request).runs.run(id))


def _record(request: Ask, run: Run, fault: TideoverError | None = None) -> Response[Any]:
    house, say = house_of(request), say_to(request)
    facts = {
        "view": run_view.view_of(house, run, say),
        "run": run,
        "words": {"kind": run_view.KINDS, "done": run_view.DONE, "failed": run_view.FAILED, "state": run_view.STATES},
        "missed": steps.missed(run),
        "now": house.world.now(),
        "fault": fault,
        "here": f"{PAGE}/{run.id}/record",
    }
    return render(request, "run_record.html.j2", 200 if fault is None else fault.status, **facts)


ROUTES = (choose_page, start, run_page, mark, reader, end, told, word, record_page)
