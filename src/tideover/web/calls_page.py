"""The page of the phones: the code to dial or the page to open for the shop's kind of line, the way back, and the call that proves it.

Works without scripts, on the mobile in one's hand. What was diverted before is kept among the secrets until it is put back; no number
goes into the journal.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post

from tideover.activate.calls import CARD, LEFT_ON, holds_number
from tideover.activate.runs import Left
from tideover.errors import Rejected, SecretUnreadable, TideoverError
from tideover.model.switching import CallTested, Switched
from tideover.plan.calls import BY_ITSELF, KINDS, NEVER, card_of
from tideover.rules.phone import dialled, masked
from tideover.web import access
from tideover.web.house import House
from tideover.web.pages import form_of, pressed, render, signed_form, to_sign_in
from tideover.web.status import as_far_as_read
from tideover.world import from_ms

Ask = Request[Any, Any, Any]
PAGE = "/calls"
BEFORE = "calls.before"  # Its name among the secrets: what was diverted when a person diverted the calls.
TEXT_MAX, NAME_MAX, NUMBER_MAX = 500, 200, 40
TESTS_SHOWN = 5
NOTHING = "-"  # Kept where nothing was diverted before: then it is known, too.
DONE = {
    "diverted": "Kept. Now ring the shop's number from another phone.",
    "restored": "Kept. Ring the shop's number once more: it rings in the shop.",
    "works": "Kept: somebody answered.",
    "fails": "Kept: it did not work. Go through the steps again, or ring the carrier.",
}


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def calls_page(request: Ask) -> Response[Any]:
    return to_sign_in(request, "calls") or show(request)


def show(request: Ask, fault: TideoverError | None = None, typed: dict[str, str] | None = None) -> Response[Any]:
    """The page; with what went wrong at the last button and what was typed there."""
    house, asked = request.app.state.house, request.query_params
    settings = house.settings
    wished = asked.get("kind", "")
    kind = wished if wished in KINDS else settings.phone_kind
    to = dialled(asked.get("to", "")[:NUMBER_MAX]) or settings.divert_to.strip()
    left = as_far_as_read(house, house.runs.left_on) or {}
    by_hand, before = left.get(LEFT_ON[CARD]), before_of(house)
    tests = _tests(house)
    facts = {
        "card": card_of(kind, to, "" if before == NOTHING else before, settings.phone_portal, settings.country) if kind else None,
        "kinds": KINDS,
        "kind": kind,
        "asked": {name: value for name, value in (("kind", wished), ("to", asked.get("to", ""))) if value in (kind, to) and value},
        "is_set": bool(settings.phone_kind),
        "to": to,
        "left": by_hand,
        "by_box": [one for what, one in sorted(left.items()) if what in LEFT_ON.values() and one is not by_hand],
        "before": "" if before == NOTHING else before,
        "knows_before": bool(before),
        "proof": _proof(tests, by_hand),
        "tests": tests,
        "has_switch": bool(settings.pbx or settings.modem),
        "never": NEVER,
        "best": BY_ITSELF,
        "done": DONE.get(asked.get("done", ""), ""),
        "now": house.world.now(),
        "typed": typed or {},
        "fault": fault,
        "here": PAGE + ("?" + urlencode({"kind": kind}) if wished in KINDS else ""),
    }
    return render(request, "calls.html.j2", 200 if fault is None else fault.status, **facts)


def before_of(house: House) -> str:
    """What was diverted before a person diverted the calls; NOTHING for nothing, "" where nobody said."""
    try:
        return (house.secrets.get(BEFORE) or b"").decode("utf-8", "replace")
    except SecretUnreadable:
        return ""


def _tests(house: House) -> list[Any]:
    """The last calls that proved something, or did not."""
    kepts = as_far_as_read(house, lambda: house.journal.newest(("call_tested",), TESTS_SHOWN)) or []
    return [(one.entry.body, one.entry.operator or "", from_ms(one.entry.happened_at)) for one in kepts]


def _proof(tests: list[Any], left: Left | None) -> Any:
    """The newest call since the calls were diverted, if one was made."""
    return tests[0] if left is not None and tests and tests[0][2] >= from_ms(left.at_ms) else None


@post("/calls/diverted", guards=[access.person], include_in_schema=False, status_code=200)
async def diverted(request: Ask) -> Response[Any]:
    """A person has diverted the calls."""
    caller, form = await signed_form(request), await form_of(request)
    return await _pressed(request, _diverted(request.app.state.house, form, caller.name), form, "diverted")


async def _diverted(house: House, form: dict[str, str], by: str) -> None:
    before = _text(form, "before", NAME_MAX)
    if form.get("was", "") not in ("nothing", "something") or (form["was"] == "something") != bool(before):
        raise Rejected(why="say what was diverted before, or that nothing was")
    to = masked(house.settings.divert_to) or "as dialled"
    if house.runs.left_on().get(LEFT_ON[CARD]) is None or not before_of(house):  # Said twice: what was there first is put back.
        house.secrets.put(BEFORE, (before or NOTHING).encode())
    body = Switched(switch=CARD, what="engaged", before="noted" if before else "", target=to, why="a person dialled it")
    await house.journal.record("switched", body, operator=by)


@post("/calls/restored", guards=[access.person], include_in_schema=False, status_code=200)
async def restored(request: Ask) -> Response[Any]:
    """A person has taken the diversion off, or put the old one back."""
    caller, form = await signed_form(request), await form_of(request)
    return await _pressed(request, _restored(request.app.state.house, caller.name), form, "restored")


async def _restored(house: House, by: str) -> None:
    if house.runs.left_on().get(LEFT_ON[CARD]) is not None:
        body = Switched(switch=CARD, what="restored", before="", target="", why="a person dialled it")
        await house.journal.record("switched", body, operator=by)
    house.secrets.delete(BEFORE)


@post("/calls/test", guards=[access.person], include_in_schema=False, status_code=200)
async def tested(request: Ask) -> Response[Any]:
    """Somebody rang the shop's number."""
    caller, form = await signed_form(request), await form_of(request)
    outcome = form.get("outcome", "")
    return await _pressed(request, _tested(request.app.state.house, form, caller.name), form, outcome if outcome in DONE else "works")


async def _tested(house: House, form: dict[str, str], by: str) -> None:
    works = {"works": True, "fails": False}.get(form.get("outcome", ""))
    who, where, note = _text(form, "who", NAME_MAX), _text(form, "where", NAME_MAX), _text(form, "note", TEXT_MAX)
    if works is None:
        raise Rejected(why="say whether somebody answered")
    if works and not (who and where):
        raise Rejected(why="say who answered, and which phone rang")
    if any(holds_number(one) for one in (who, where, note)):
        raise Rejected(why="name the phone in words, without its number: Anna's mobile, the one in the back room")
    body = msgspec.convert({"works": works, "answered_by": who, "rings_at": where, "note": note}, CallTested)
    await house.journal.record("call_tested", body, operator=by)


async def _pressed(request: Ask, work: Any, form: dict[str, str], done: str) -> Response[Any]:
    kept = {name: form.get(name, "")[:NUMBER_MAX] for name in ("kind", "to") if form.get(name)}
    return await pressed(request, work, lambda ask, error: show(ask, error, form), f"{PAGE}?{urlencode({'done': done, **kept})}")


def _text(form: dict[str, str], name: str, length_max: int) -> str:
    text = form.get(name, "").strip()
    if len(text) > length_max or not text.isprintable():
        raise Rejected(why="the text is too long")
    return text


ROUTES = (calls_page, diverted, restored, tested)
