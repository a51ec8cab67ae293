"""The plan and its checks over the API: looking, changing, taking back, answering. Does what the commands and the pages do.

Who may change the plan may not give themselves more rights than they have: grants and roles are an owner's.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.connection import ASGIConnection
from litestar.params import Parameter
from msgspec import Struct

from tideover.learn.check import CheckAnswer, Checks, CheckView, view
from tideover.plan import wished
from tideover.plan.fields import kind_named
from tideover.plan.wished import Change, Changed, Held, KeyText, KindName, Wished
from tideover.web import access, rights
from tideover.web.house import House
from tideover.web.language import say_to

Ask = Request[Any, Any, Any]
Kind = Annotated[str, Parameter(max_length=20)]
Key = Annotated[str, Parameter(max_length=200)]
Limit = Annotated[int, Parameter(ge=1, le=1_000)]


class PlanView(Struct, frozen=True):
    """Records of the plan."""

    revision: str
    records: list[Held]


class History(Struct, frozen=True):
    """Changes of the plan, newest first."""

    changes: list[Change]


class Undo(Struct, frozen=True, forbid_unknown_fields=True):
    """Take back the last change: of one record, or of the whole plan."""

    kind: KindName = ""
    key: KeyText = ""
    by: KeyText = ""


class Undone(Struct, frozen=True):
    """Which change was taken back."""

    kind: str
    key: str
    version: int
    revision: str


class ChecksView(Struct, frozen=True):
    """Every check as it stands today; what is asked comes first."""

    today: str
    checks: list[CheckView]


def checks_of(request: ASGIConnection[Any, Any, Any, Any]) -> Checks:
    """The box's checks, made once: they remember how far they have read."""
    state = request.app.state
    if "checks" not in state:
        house: House = state.house
        state["checks"] = Checks(house.journal, house.plan, house.world, house.settings)
    return state["checks"]


@get("/plan", guards=[access.staff], summary="Records of the plan: all, of a kind, or those that hold some words", sync_to_thread=False)
def look(request: Ask, kind: Kind = "", text: Key = "") -> PlanView:
    plan = request.app.state.house.plan
    return PlanView(plan.revision(), wished.listed(plan, kind, text))


@get("/plan/history", guards=[access.staff], summary="Changes of a record, or of the whole plan, newest first", sync_to_thread=False)
def history(request: Ask, kind: Kind = "", key: Key = "", limit: Limit = 100) -> History:
    return History(wished.changes(request.app.state.house.plan, kind, key, limit))


@post("/plan", guards=[access.staff], status_code=200, summary="Change the plan: all of it or nothing", sync_to_thread=False)
def change(request: Ask, data: Wished) -> Changed:
    plan, caller = request.app.state.house.plan, access.of(request)
    if caller.kind == "staff":
        gone = [(kind_named(one.kind), one.key) for one in data.remove]
        rights.check_change(plan, caller.name, wished.records_of(data), gone)
    return wished.do(plan, data, _name(caller, data.by))


@post("/plan/undo", guards=[access.staff], status_code=200, summary="Take back the last change of a record or of all", sync_to_thread=False)
def undo(request: Ask, data: Undo) -> Undone:
    plan, caller = request.app.state.house.plan, access.of(request)
    kind = kind_named(data.kind) if data.kind else None
    if caller.kind == "staff":
        rights.check_undo(plan, caller.name, kind, data.key)
    last = plan.undo(_name(caller, data.by), kind, data.key)
    return Undone(last.kind, last.key, last.version, plan.revision())


@get("/plan/checks", guards=[access.staff], summary="What is known to work, what is due, and who is asked", sync_to_thread=False)
def checks(request: Ask) -> ChecksView:
    found = checks_of(request)
    return ChecksView(found.today.isoformat(), [view(one, found.today, say_to(request)) for one in found.due()])


@post("/plan/checks", guards=[access.staff], status_code=201, summary="Answer a check: works, only said, fails, later, hand on")
async def answer(request: Ask, data: CheckAnswer) -> CheckView:
    found = checks_of(request)
    key = found.one(data.check).check.key
    await found.answer(data, _name(access.of(request), data.by))
    return view(found.one(key), found.today, say_to(request))


def _name(caller: access.Caller, given: str) -> str:
    """Who does it: a person is who they are; a command on the box's machine says for whom it is done."""
    return given if given and caller.kind == "machine" else caller.name


ROUTES = (look, history, change, undo, checks, answer)
