"""What is asked today, each with what is lost if it does not work, and one tap to answer; below, every check as it stands.

Proof and claim stay apart: "I saw it" is one button, "somebody says so" another. Does exactly what the API's route does.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tideover.errors import Rejected, TideoverError
from tideover.learn.check import CheckAnswer, CheckView, DueCheck, view
from tideover.plan.calls import CHECK as CALLS
from tideover.plan.contacts import PREFIX, dialled, number_key, numbers_of
from tideover.plan.fields import key_of, name_of
from tideover.plan.mail_check import CHECK as MAIL
from tideover.plan.records import Party, Person
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in
from tideover.web.plan_api import checks_of
from tideover.web.plan_rows import address_of
from tideover.words import say

Ask = Request[Any, Any, Any]
PAGE = "/checks"
LATER_DAYS = 7
PEOPLE_MAX = 100
LISTED_MAX = 300
SUBJECTS = ("thing", "party", "person", "service")
STATES = {  # In the order of the list below.
    "fails": "It does not work",
    "overdue": "Overdue",
    "due": "Its day has come",
    "handed-on": "Handed on",
    "claimed": "Only said to work",
    "never": "Nobody has seen it work yet",
    "fresh": "Seen to work",
}
DONE = {
    "works": "Kept: you saw it work.",
    "said": "Kept: somebody says it works. That is no proof, so it is asked again soon.",
    "fails": "Kept: it does not work. It stays on top until somebody has seen it work.",
    "later": "You are asked again in a week.",
    "hand-on": "It is handed on.",
}


class Number(Struct, frozen=True):
    """Whose number a check is about."""

    name: str
    number: str
    dialled: str
    href: str


class Row(Struct, frozen=True):
    """A check on the page."""

    check: CheckView
    is_asked: bool
    is_mine: bool
    others: tuple[str, ...]  # Who is asked besides.
    due: str
    edit: str  # The page where it is changed; "" for a number's.
    subject: str  # The page of what it proves; "" where it has none.
    number: Number | None


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def checks_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "checks"):
        return door
    return show(request)


def show(request: Ask, fault: TideoverError | None = None, typed: dict[str, str] | None = None) -> Response[Any]:
    """The page; with what went wrong at the last button, and what was typed there. Raises Damaged."""
    house, me, told = request.app.state.house, access.of(request).name, say_to(request)
    checks = checks_of(request)
    numbers = numbers_by_key(house)
    rows = [_row(one, checks.today, told, me, numbers) for one in checks.due()]
    own = [one for one in rows if one.number is None]
    asked = [one for one in rows if one.is_asked]
    facts = {
        "mine": [one for one in asked if one.is_mine and one.number is None],
        "theirs": [one for one in asked if not one.is_mine and one.number is None],
        "numbers": sorted((one for one in rows if one.number), key=lambda one: (not one.is_asked, not one.is_mine))[:LISTED_MAX],
        "numbers_asked": sum(one.number is not None for one in asked),
        "numbers_count": len(rows) - len(own),
        "asked_count": len(asked),
        "groups": [(title, [one for one in own if _state(one.check) == state]) for state, title in STATES.items()],
        "count": len(rows),
        "own_count": len(own),
        "people": [one.name for one in house.plan.all(Person)[:PEOPLE_MAX] if one.name != me],
        "done": told(DONE[request.query_params["done"]]) if request.query_params.get("done", "") in DONE else "",
        "typed": typed or {},
        "later_days": LATER_DAYS,
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "checks.html.j2", 200 if fault is None else fault.status, **facts)


def _state(check: CheckView) -> str:
    """Where it stands in the list: before its first day a claim is told from nothing at all."""
    return "claimed" if check.state == "never" and check.claim is not None else check.state


def _row(one: DueCheck, today: Any, told: Any, me: str, numbers: dict[str, Number]) -> Row:
    seen = view(one, today, told)
    kind, slash, key = one.check.subject.partition("/")
    is_kept = not one.check.key.startswith(PREFIX) and one.check.key not in (CALLS, MAIL)
    return Row(
        check=seen,
        is_asked=bool(one.asked),
        is_mine=me in one.asked,
        others=tuple(name for name in one.asked if name != me),
        due=told.day(one.due_on),
        edit=address_of("check", one.check.key) if is_kept else "",
        subject="/calls" if one.check.key == CALLS else address_of(kind, key) if slash and key and kind in SUBJECTS else "",
        number=numbers.get(one.check.key),
    )


def numbers_by_key(house: House) -> dict[str, Number]:
    """Key of each number's check to whose number it is."""
    found = {}
    for record in (*house.plan.all(Person), *house.plan.all(Party)):
        for number in numbers_of(record):
            href = address_of(name_of(type(record)), key_of(record))
            found[number_key(record, number, house.plan.tag)] = Number(record.name, number, dialled(number), href)
    return found


@post(PAGE, guards=[access.person], include_in_schema=False, status_code=200)
async def answer(request: Ask) -> Response[Any]:
    """One tap."""
    caller, form = await signed_form(request), await form_of(request)
    house = request.app.state.house
    try:
        given = answer_of(form, house.settings.language)
        await checks_of(request).answer(given, caller.name)
    except TideoverError as error:
        return show(request, error, form)
    place = "numbers" if given.check.startswith(PREFIX) else "asked"
    return Redirect(f"{PAGE}?{urlencode({'done': given.answer})}#{place}", status_code=303)


def answer_of(form: dict[str, str], language: str) -> CheckAnswer:
    """What the form says. "I saw it" is a proof by itself: its words say that a person saw it. Raises Rejected."""
    how, text = form.get("answer", ""), form.get("text", "").strip()
    fields: dict[str, Any] = {"check": form.get("check", ""), "answer": how, "to": form.get("to", "").strip(), "days": LATER_DAYS}
    if how == "works":
        seen = "called, and somebody answered" if fields["check"].startswith(PREFIX) else "seen with own eyes"
        fields["proof"] = text or say(language)(seen)
    else:
        fields["note"] = text
    if how == "hand-on" and not fields["to"]:
        raise Rejected(why="say to whom it is handed on")
    try:
        return msgspec.convert(fields, CheckAnswer)
    except msgspec.ValidationError as error:
        raise Rejected(why="a field is empty, too long or not one of its kind") from error


ROUTES = (checks_page, answer)
