"""The page that a spare device opens once a month: what it is, whether the cloud till's log-in opens there, whether it prints.

What was seen becomes a proof of that device, and answers the check about it. It opens nothing by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tideover.activate.evidence import PROOF_DAYS
from tideover.errors import Rejected, TideoverError
from tideover.learn.check import CheckAnswer
from tideover.model.switching import DeviceProved
from tideover.plan.records import Thing
from tideover.plan.vendors import vendor_of
from tideover.web import access
from tideover.web.agent import Agent, agent_of
from tideover.web.house import House
from tideover.web.pages import form_of, render, signed_form, to_sign_in
from tideover.web.plan_api import checks_of
from tideover.web.status import as_far_as_read
from tideover.words import say
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
PAGE = "/spare"
SHOWN = 12  # Proofs listed.
NAME_LENGTH_MAX = 100
NOTE_LENGTH_MAX = 1_000


class Seen(Struct, frozen=True):
    """One proof, as it is listed."""

    name: str
    at: int  # UTC ms.
    by: str
    works: bool
    device: str  # Browser and system.
    printed: bool
    is_fresh: bool
    note: str


def spares(house: House) -> list[Thing]:
    """Devices of the plan that can run the cloud's till; the till's own places write receipts and are no spare."""
    return [one for one in house.plan.all(Thing) if "till" in one.can and "receipts" not in one.can]


def seen(house: House) -> list[Seen]:
    """The last proofs, the newest first. Raises Damaged."""
    names = {one.key: one.name for one in house.plan.all(Thing)}
    oldest = to_ms(house.world.now() - timedelta(days=PROOF_DAYS))
    kepts = house.journal.newest(("device_proved",), SHOWN)
    return [
        Seen(
            name=names.get(one.body.thing, one.body.thing),
            at=one.happened_at,
            by=one.operator or "",
            works=one.body.works,
            device=", ".join(filter(None, (one.body.browser, one.body.system))),
            printed=one.body.printed,
            is_fresh=one.happened_at >= oldest,
            note=one.body.note,
        )
        for one in (kept.entry for kept in kepts)
    ]


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def spare_page(request: Ask) -> Response[Any]:
    return to_sign_in(request, "spare") or show(request)


def show(request: Ask, fault: TideoverError | None = None, typed: dict[str, str] | None = None) -> Response[Any]:
    """This device, what to try on it, and what was tried before."""
    house: House = request.app.state.house
    settings = house.settings
    page = settings.cloud_page or ("" if settings.cloud == "assisted" else settings.cloud_url)
    facts = {
        "agent": _agent(request),
        "spares": spares(house),
        "cloud_page": page,
        "vendor": vendor_of(settings.vendor),
        "seen": as_far_as_read(house, lambda: seen(house)) or [],
        "proof_days": PROOF_DAYS,
        "done": request.query_params.get("done") == "1",
        "typed": typed or {},
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "spare.html.j2", 200 if fault is None else fault.status, **facts)


def _agent(request: Ask) -> Agent:
    house: House = request.app.state.house
    return agent_of(request.headers.get("user-agent", ""), house.world.now().date())


@post(PAGE, guards=[access.person], include_in_schema=False, status_code=200)
async def prove(request: Ask) -> Response[Any]:
    """What somebody saw on this device."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        await keep(request, proof_of(form, _agent(request)), caller.name)
    except TideoverError as error:
        return show(request, error, form)
    return Redirect(f"{PAGE}?done=1", status_code=303)


def proof_of(form: dict[str, str], agent: Agent) -> DeviceProved:
    """Raises Rejected."""
    thing, note = (form.get("thing", "") or form.get("name", "")).strip(), form.get("note", "").strip()
    if not thing:
        raise Rejected(why="say which device this is")
    if len(thing) > NAME_LENGTH_MAX or len(note) > NOTE_LENGTH_MAX:
        raise Rejected(why="a field is empty, too long or not one of its kind")
    opened, printed = "cloud_page" in form, "printed" in form
    return DeviceProved(thing, opened, agent.name, agent.system, opened, printed, note)


async def keep(request: Ask, proof: DeviceProved, by: str) -> None:
    """The proof, and the answer to the check about that device, if there is one. Raises Damaged."""
    house: House = request.app.state.house
    await house.journal.record("device_proved", proof, operator=by)
    checks = checks_of(request)
    for due in checks.due():
        if due.check.subject == f"thing/{proof.thing}":
            shown = say(house.settings.language)("the spare page was opened on it: {device}", device=proof.browser or "–")
            answer = "works" if proof.works else "fails"
            given = CheckAnswer(due.check.key, answer, proof=shown if proof.works else "", note=proof.note)
            await checks.answer(given, by)


ROUTES = (spare_page, prove)
