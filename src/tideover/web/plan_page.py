"""The plan as pages: every record in one line, a form for each, what changed and who changed it, and taking back.

Does exactly what the API's routes do, with the same rights. Nothing that was typed is lost; a pad of slips is shown and never changed.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tideover.errors import NotFound, Rejected, TideoverError, WrongState
from tideover.learn.check import DueCheck
from tideover.model.line import lines_of
from tideover.plan.carriers import shared_carriers
from tideover.plan.contacts import PREFIX
from tideover.plan.fields import BY_NAME as CLASSES
from tideover.plan.fields import kind_named
from tideover.plan.history import Version
from tideover.plan.playbook import faults as playbook_faults
from tideover.plan.playbook import texts as playbook_texts
from tideover.plan.records import KINDS as RECORDS
from tideover.plan.records import Pad, Party, Person, PlaybookText, Thing
from tideover.rules.calendar import local_date
from tideover.web import access, rights
from tideover.web.house import House
from tideover.web.language import say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in
from tideover.web.plan_api import checks_of
from tideover.web.plan_form import ROWS_MAX, Changed, changed_fields, record_of, rows_of, texts_of
from tideover.web.plan_labels import BY_NAME, CHANNEL, KINDS, Kind
from tideover.web.plan_rows import PAGE, Line, Lines, address_of
from tideover.web.playbooks_page import changed_text, playbook_lines, show_playbook, take_playbook
from tideover.web.status import as_far_as_read
from tideover.words import Say
from tideover.world import from_ms

Ask = Request[Any, Any, Any]
TYPED_MAX = 100_000  # Characters of one form.
LISTED_MAX = 200  # Of each kind on the page; the search finds the others.
CHANGES_MAX = 100
HISTORY_MAX = 30
NEW = "new"


class Past(Struct, frozen=True):
    """One change as it is shown."""

    line: Line
    version: Version
    kind_title: str
    at: str  # When, as the reader writes it.
    fields: list[Changed]


def checks_now(request: Ask) -> list[DueCheck]:
    """Every check as it stands; none where the journal is damaged."""
    return as_far_as_read(request.app.state.house, checks_of(request).due) or []


# The whole plan ---------------------------------------------------------------------------------------


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def plan_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "plan"):
        return door
    return show(request)


def show(request: Ask, fault: TideoverError | None = None) -> Response[Any]:
    """The page; with what went wrong at the last button."""
    house, say = request.app.state.house, say_to(request)
    plan, checks = house.plan, checks_now(request)
    lines = Lines(say, house.settings.currency, checks)
    text = request.query_params.get("q", "").strip()[:200]
    sections = [(kind, [lines.line(one) for one in plan.all(CLASSES[kind.name])]) for kind in KINDS]
    facts = {
        "text": text,
        "found": [lines.line(one.record) for one in plan.search(text)] if text else [],
        "titles": {**{one.name: one.title for one in KINDS}, "pad": "Pads of slips", "playbook": "Playbooks"},
        "sections": sections,
        "listed_max": LISTED_MAX,
        "pads": [lines.line(one) for one in plan.pads()[:LISTED_MAX]],
        "playbooks": playbook_lines(plan.all(PlaybookText), say),
        "warnings": warnings_of(house, checks, say),
        "last": last_change(house, say),
        "revision": plan.revision(),
        "is_empty": not any(found for _, found in sections),
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "plan.html.j2", 200 if fault is None else fault.status, **facts)


def warnings_of(house: House, checks: list[DueCheck], say: Say) -> list[tuple[str, str]]:
    """What the plan lacks, each with where it is mended."""
    found = [(say.told(one.text), f"{PAGE}#thing") for one in shared_carriers(house.plan.all(Thing), lines_of(house.settings.lines))]
    untried = [one for one in checks if one.check.key.startswith(PREFIX) and one.known.proof is None]
    if untried:
        found.append((say("Numbers that nobody has ever tried: {n}.", n=len(untried)), "/checks#numbers"))
    for key, wrong in playbook_faults(playbook_texts(house.plan.all(PlaybookText))).items():
        text = say("{name} cannot be read, so the starter text is printed: {why}", name=key, why=say.told(wrong[0].text))
        found.append((text, address_of("playbook", key)))
    people = house.plan.all(Person)
    if people and not any(one.role == "owner" for one in people):
        found.append((say("The plan names no owner yet: everybody who is signed in may do everything."), f"{PAGE}#person"))
    unreached = [one.name for one in house.plan.all(Party) if not one.channels]
    if unreached:
        found.append((say("Nobody knows how to reach {who}.", who=", ".join(unreached[:5])), f"{PAGE}#party"))
    return found


def last_change(house: House, say: Say) -> Past | None:
    """The newest change of all; None for an empty plan."""
    return next(iter(_past(house, house.plan.changes(1), say)), None)


def _past(house: House, versions: list[Version], say: Say) -> list[Past]:
    lines = Lines(say, house.settings.currency, ())
    found = []
    for one in versions:
        cls = CLASSES[one.kind]
        before = next((old.record for old in house.plan.history(cls, one.key) if old.version == one.version - 1), None)
        record = one.record if one.record is not None else before
        line = lines.line(record) if record is not None else Line(one.kind, one.key, one.key, (), address_of(one.kind, one.key))
        fields = changed_text(before, one.record, say) if cls is PlaybookText else changed_fields(before, one.record, say.language)
        found.append(Past(line, one, title_of(one.kind), _at(one, house, say), fields))
    return found


def _at(one: Version, house: House, say: Say) -> str:
    at, zone = from_ms(one.changed_at), house.settings.time_zone
    return f"{say.day(local_date(at, zone).isoformat())} {say.clock(at, zone)}"


def title_of(kind: str) -> str:
    """A kind's heading."""
    more = {"pad": "Pads of slips", "playbook": "Playbooks"}
    return more.get(kind) or BY_NAME[kind].title


@get(f"{PAGE}/changes", guards=[access.staff], include_in_schema=False)
async def changes_page(request: Ask) -> Response[Any]:
    """The last changes of the whole plan, newest first."""
    house, say = request.app.state.house, say_to(request)
    past = _past(house, house.plan.changes(CHANGES_MAX), say)
    return render(request, "plan_changes.html.j2", past=past, can_undo=undoable(house) is not None, fault=None, here=f"{PAGE}/changes")


def undoable(house: House) -> Any:
    """The change that the button takes back: never a pad, for its slips lie about already."""
    found = house.plan.undoable()
    return None if found is None or any(isinstance(one, Pad) for one in found) else found


@post(f"{PAGE}/undo", guards=[access.person], include_in_schema=False, status_code=200)
async def undo_last(request: Ask) -> Response[Any]:
    """Take back the last change of all, if nobody has changed anything since this page was shown."""
    caller, form = await signed_form(request), await form_of(request)
    plan = request.app.state.house.plan
    try:
        if form.get("revision", "") != plan.revision():
            raise WrongState(what="Changing the plan", why="somebody has changed it meanwhile; look at it again")
        if undoable(request.app.state.house) is None:
            raise WrongState(what="Undoing", why="nothing is left to take back")
        rights.check_undo(plan, caller.name, None, "")
        plan.undo(caller.name)
    except TideoverError as error:
        return show(request, error)
    return Redirect(PAGE, status_code=303)


# One record -------------------------------------------------------------------------------------------


@get(PAGE + "/{kind:str}", guards=[access.staff], include_in_schema=False)
async def kind_page(request: Ask, kind: str) -> Response[Any]:
    """An address without a key leads to its section."""
    kind_named(kind)
    return Redirect(f"{PAGE}#{kind}", status_code=303)


@get(PAGE + "/{kind:str}/{key:path}", guards=[access.staff], include_in_schema=False)
async def record_page(request: Ask, kind: str, key: str) -> Response[Any]:
    wanted = _key(request, key)
    if kind_named(kind) is Pad:
        return Redirect("/slips", status_code=303)
    if kind == "playbook":
        return show_playbook(request, wanted, past=_history(request, kind, wanted))
    return show_record(request, BY_NAME[kind], wanted)


def _key(request: Ask, key: str) -> str:
    """The key of an address; "" for a new record."""
    if "key" in request.query_params:
        return request.query_params["key"][:200]
    plain = key.removeprefix("/")[:200]
    return "" if plain == NEW else plain


def show_record(
    request: Ask,
    kind: Kind,
    key: str,
    fault: TideoverError | None = None,
    faults: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response[Any]:
    """The form of one record, what was typed in it, and its history. Raises NotFound."""
    house, say, cls = request.app.state.house, say_to(request), CLASSES[kind.name]
    record, past = house.plan.get(cls, key), _history(request, kind.name, key)
    if key and record is None and not past:
        raise NotFound(what=kind.name, id=key[:100])
    standing = texts_of(record, kind, say.language) if record is not None else _first(kind, house, say)
    texts = standing if typed is None else typed
    asked_rows = int(texts.get("rows", "0")) if texts.get("rows", "").isdecimal() and len(texts["rows"]) < 4 else 0
    facts = {
        "kind": kind,
        "key": key,
        "key_name": RECORDS[cls][1],
        "is_there": record is not None,
        "line": Lines(say, house.settings.currency, checks_now(request)).line(record) if record is not None else None,
        "texts": texts,
        "faults": {name: say.told(why) for name, why in (faults or {}).items()},
        "rows": min(ROWS_MAX, max(rows_of(texts) + 1, asked_rows, 1)),
        "channel": CHANNEL,
        "seen": str(past[0].version.version if past else 0),
        "past": past,
        "can_undo": house.plan.undoable(cls, key) is not None,
        "address": address_of(kind.name, key) if key else f"{PAGE}/{kind.name}/{NEW}",
        "proposed": _proposed(house),
        "fault": fault,
        "here": f"{PAGE}/{kind.name}/{NEW}" if not key else address_of(kind.name, key),
    }
    status = fault.status if fault is not None else 400 if faults else 200
    return render(request, "plan_record.html.j2", status, **facts)


def _first(kind: Kind, house: House, say: Say) -> dict[str, str]:
    """What stands in a new form."""
    first = {"count": "1", "period_days": "30", "grace_days": "7", "role": "cashier" if kind.name == "person" else ""}
    first |= {"language": house.settings.language, "tolerable_s": "30 min", "right": "refund"}
    return {**first, "subject": "", "key": ""} if kind.name != "party" else {"role": say("supplier")}


def _proposed(house: House) -> dict[str, list[tuple[str, str]]]:
    """What a field that names another record may hold."""
    people = [(one.name, one.name) for one in house.plan.all(Person)[:LISTED_MAX]]
    parties = [(one.key, one.name) for one in house.plan.all(Party)[:LISTED_MAX]]
    return {"person": people, "party": parties, "thing": [(one.key, one.name) for one in house.plan.all(Thing)[:LISTED_MAX]]}


def _history(request: Ask, kind: str, key: str) -> list[Past]:
    house = request.app.state.house
    versions = house.plan.history(CLASSES[kind], key) if key else []
    return _past(house, list(reversed(versions))[:HISTORY_MAX], say_to(request))


@post(PAGE + "/{kind:str}/{key:path}", guards=[access.person], include_in_schema=False, status_code=200)
async def press(request: Ask, kind: str, key: str) -> Response[Any]:
    """The form's buttons: keep, remove, take back the last change, one more row."""
    caller, form = await signed_form(request), await form_of(request)
    wanted, how = _key(request, key), form.get("how", "save")
    if sum(map(len, form.values())) > TYPED_MAX:
        raise Rejected(why="the text is too long")
    if kind_named(kind) is Pad:
        raise NotFound(what="button", id=how[:40])
    if how in ("remove", "undo"):
        return _withdraw(request, kind, wanted, how, caller.name)
    if kind == "playbook":
        return take_playbook(request, wanted, form, caller.name, _history(request, kind, wanted))
    if how == "row":
        return show_record(request, BY_NAME[kind], wanted, typed={**form, "rows": str(rows_of(form) + 2)})
    return _save(request, BY_NAME[kind], wanted, form, caller.name)


def _save(request: Ask, kind: Kind, key: str, form: dict[str, str], by: str) -> Response[Any]:
    plan, cls = request.app.state.house.plan, CLASSES[kind.name]
    taken = {getattr(one, RECORDS[cls][1]) for one in plan.all(cls)}
    record, faults = record_of(kind, form, key, taken)
    if record is None:
        return show_record(request, kind, key, faults={one.field: one.why for one in faults}, typed=form)
    try:
        stands = plan.history(cls, key)[-1:] if key else []
        if stands and form.get("seen", "") != str(stands[0].version) and stands[0].record != record:
            raise WrongState(what="Changing the plan", why="somebody has changed it meanwhile; look at it again")
        rights.check_change(plan, by, [record], [])
        plan.put(record, by)
    except TideoverError as error:
        return show_record(request, kind, key, error, typed=form)
    return Redirect(f"{PAGE}?{urlencode({'kept': plan.revision()})}#{kind.name}", status_code=303)


def _withdraw(request: Ask, kind: str, key: str, how: str, by: str) -> Response[Any]:
    """Remove a record, or take back its last change."""
    plan, cls = request.app.state.house.plan, CLASSES[kind]
    try:
        if how == "remove":
            rights.check_change(plan, by, [], [(cls, key)])
            plan.remove(cls, key, by)
        else:
            rights.check_undo(plan, by, cls, key)
            plan.undo(by, cls, key)
    except TideoverError as error:
        return show(request, error)
    return Redirect(f"{PAGE}?{urlencode({'kept': plan.revision()})}#{kind}", status_code=303)


ROUTES = (plan_page, changes_page, undo_last, kind_page, record_page, press)
