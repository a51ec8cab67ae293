"""The page of tills: which there are, when each was last heard of, what it still holds; let one in, end its right, bring its entries.

Works without scripts. A one-time code stands on the page and in the picture, behind the # of an address: in no path and no query.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect
from msgspec import Meta, Struct

from tideover.errors import NotAllowed, NotFound, Rejected, TideoverError, WrongState
from tideover.kit.qr import picture
from tideover.model.facts import Revoke
from tideover.plan.records import Person
from tideover.trade import late as late_sales
from tideover.web import access, address, late, rescue, rights
from tideover.web.intake import ENTRIES_MAX, Taken
from tideover.web.language import say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in
from tideover.web.rescue import TEXT_MAX, TEXTS_MAX, Missing
from tideover.web.sessions import PIN_FORM, PIN_PREFIX
from tideover.web.staff import change_pin, write_down
from tideover.web.till_api import law_for, operators_of
from tideover.web.tills import Code
from tideover.words import Say
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
HERE = "/tills"
REASON_MAX = 1_000
LATE_KINDS = {
    "sale": "Sale", "refund": "Refund", "void": "Void a sale", "in_flight": "Sale in flight",
    "drawer_float": "Cash put in", "drawer_drop": "Cash taken out",
}


class TillRow(Struct, frozen=True):
    """One till, as the page shows it."""

    till: str
    name: str
    is_revoked: bool
    last_seq: int | None
    seen_at: int | None  # UTC ms; null: not since the box started.
    queue: int | None


class Texts(Struct, frozen=True, forbid_unknown_fields=True):
    """A till's files or codes, each as one text."""

    texts: Annotated[list[Annotated[str, Meta(max_length=TEXT_MAX)]], Meta(max_length=TEXTS_MAX)]


class Brought(Struct, frozen=True):
    """What became of entries that were brought as a file or as codes."""

    answers: list[Taken]
    missing: list[Missing]


def rows(request: Ask) -> list[TillRow]:
    """Every till but the box itself; those in use first."""
    state = request.app.state
    found = []
    for one in state.house.journal.tills():
        sight = state.access.seen.of(one["till"])
        seen = (None, None) if sight is None else (sight.at_ms, sight.queue)
        if not one["is_box"]:
            found.append(TillRow(one["till"], one["name"], one["revoked"], one["last_seq"], *seen))
    return sorted(found, key=lambda one: (one.is_revoked, one.name))


@get(HERE, guards=[access.anyone], include_in_schema=False)
async def tills_page(request: Ask) -> Response[Any]:
    return to_sign_in(request, "tills") or _page(request)


def _page(request: Ask, fault: TideoverError | None = None, **facts: Any) -> Response[str]:
    state = request.app.state
    house, say = state.house, say_to(request)
    shown: dict[str, Any] = {"code": None, "brought": None, "fault": fault, "here": HERE}
    shown |= {"tills": rows(request), "now": to_ms(house.world.now())}
    shown |= {"law": law_for(house.plan.law(), say), "operators": operators_of(house), "from_here": access.of(request).is_here}
    shown |= {"is_open": rights.is_open(house.plan), "trust": address.is_tls(house)}
    shown |= {"late": late.listed(house), "kinds": LATE_KINDS}
    has_pin = house.secrets.get(PIN_PREFIX + access.of(request).name) is not None
    shown |= {"pins_for": _pins_for(request), "pin_set": "", "pin_name": "", "has_pin": has_pin}
    return render(request, "tills.html.j2", 200 if fault is None else fault.status, **(shown | facts))


@post("/tills/code", guards=[access.person], include_in_schema=False, status_code=200)
async def new_code(request: Ask) -> Response[Any]:
    """A one-time code, as a text to type and as a picture to photograph."""
    await signed_form(request)
    try:
        code: Code = request.app.state.codes.make()
    except TideoverError as error:
        return _page(request, error)
    where = address.for_tills(request)
    shown = None if where is None else picture(f"{where}/till/#enrol={code.code}")
    return _page(request, code=code, shown=shown, where=where, local=address.local(request))


@post("/tills/{till:str}/revoke", guards=[access.person], include_in_schema=False, status_code=200)
async def end_till(request: Ask, till: str) -> Response[Any]:
    """That till may not sign any more."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        if request.app.state.access.is_revoked(till):
            raise NotFound(what="enrolled till", id=till[:40])
        why = form.get("why", "").strip()[:REASON_MAX]
        if not why:
            raise Rejected(why="the reason is missing")
        await request.app.state.house.journal.record("revoke", Revoke(till, why), operator=caller.name)
    except TideoverError as error:
        return _page(request, error)
    return Redirect(HERE, status_code=303)


@post("/tills/late", guards=[access.person], include_in_schema=False, status_code=200)
async def decide_late(request: Ask) -> Response[Any]:
    """Of those that are ticked: they happened, or they did not."""
    caller, form = await signed_form(request), await request.form()
    said = {"ids": form.getall("id", []), "outcome": form.get("outcome", ""), "why": form.get("why", "")}
    try:
        word = msgspec.convert(said, late.Word)
        await late_sales.settle(request.app.state.house.journal, word.ids, word.outcome, word.why, caller.name)
    except msgspec.ValidationError:
        return _page(request, Rejected(why="say which of them it is about"))
    except TideoverError as error:
        return _page(request, error)
    return Redirect(HERE, status_code=303)


@post("/tills/pin", guards=[access.person], include_in_schema=False, status_code=200)
async def end_pin(request: Ask) -> Response[Any]:
    """A person's PIN ends, and every sign-in of theirs."""
    caller = await signed_form(request)
    name = (await form_of(request)).get("name", "")[:200]
    if not request.app.state.access.sessions.end_pin(name):
        return _page(request, NotFound(what="PIN", id=name[:40]))
    await write_down(request.app.state.house, "The PIN of {name} was taken away by {who}.", name, caller.name)
    return Redirect(HERE, status_code=303)


@post("/tills/pin/set", guards=[access.person], include_in_schema=False, status_code=200)
async def set_pin(request: Ask) -> Response[Any]:
    """One's own PIN from anywhere; another's by an owner, on the box's own screen, with the owner's."""
    caller, form = await signed_form(request), await form_of(request)
    name, pin = form.get("name", "")[:200], form.get("pin", "").strip()
    try:
        if name not in _pins_for(request):
            raise NotAllowed(who=caller.name, why="a person sets only their own PIN; others are set on the box's machine")
        if not re.fullmatch(PIN_FORM, pin):
            raise WrongState(what="Choosing a PIN", why="it has four to twelve digits and nothing else")
        if pin != form.get("again", "").strip():
            raise WrongState(what="Choosing a PIN", why="the two were not the same")
        await change_pin(request, name, pin, form.get("now", "").strip()[:40])
    except TideoverError as error:
        return _page(request, error, pin_name=name)
    return _page(request, pin_set=name)


def _pins_for(request: Ask) -> list[str]:
    """Whose PIN the reader may set, their own first; nobody's for strangers."""
    house, caller = request.app.state.house, access.of(request)
    if caller.kind != "staff":
        return []
    known = house.plan.get(Person, caller.name)
    others = [one.name for one in operators_of(house) if one.name != caller.name]
    return [caller.name, *(others if caller.is_here and (rights.is_open(house.plan) or (known and known.role == "owner")) else [])]


@post("/tills/rescued", guards=[access.person], include_in_schema=False, status_code=200)
async def bring(request: Ask) -> Response[Any]:
    """A file or pasted codes of a till that cannot send any more."""
    await signed_form(request)
    form = await request.form()
    file, text = form.get("file"), form.get("text", "")
    texts = [text] if isinstance(text, str) and text.strip() else []
    try:
        if isinstance(file, UploadFile) and (content := await file.read()):
            texts.append(content.decode("utf-8"))
        brought = await take(request, texts)
    except UnicodeDecodeError:
        return _page(request, Rejected(why="no file and no code of a till is in it"))
    except TideoverError as error:
        return _page(request, error)
    return _page(request, brought=brought)


@post("/till/rescued", guards=[access.staff], status_code=200, summary="Bring a till's unsent entries as a file or as codes")
async def rescued(request: Ask, data: Texts) -> Brought:
    return await take(request, data.texts)


async def take(request: Ask, texts: list[str]) -> Brought:
    """Through the same intake as if the till had sent them. Raises Rejected."""
    files, missing = rescue.read(texts)
    intake, say = request.app.state.intake, say_to(request)
    answers: list[Taken] = []
    for one in files:
        pairs = [(entry.signed, entry.signature) for entry in one.entries]
        answers += await _in_pieces(intake, pairs, say)
        await intake.pins.take(one.till, one.pins)
    return Brought(answers, missing)


async def _in_pieces(intake: Any, pairs: list[tuple[bytes, bytes]], say: Say) -> list[Taken]:
    found: list[Taken] = []
    for at in range(0, len(pairs), ENTRIES_MAX):
        found += await intake.append(pairs[at : at + ENTRIES_MAX], say)
    return found


PAGES = (tills_page, new_code, end_till, decide_late, end_pin, set_pin, bring)
API = (rescued,)
