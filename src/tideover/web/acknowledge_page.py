"""What I have not read yet, and the text to read: each person says it of themselves, per version and language.

The text stands there in the words of the plan, as it counts in this shop today. Having read it is a claim; a rehearsal shows the rest.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tideover.errors import NotFound, Rejected, TideoverError
from tideover.learn.acknowledge import PREFIX, Stand, Text, stand, stands, texts_of
from tideover.model.run import Acknowledged
from tideover.plan.playbook import playbooks, texts
from tideover.plan.records import PlaybookText
from tideover.plan.wording import Wordings
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in

Ask = Request[Any, Any, Any]
PAGE = "/acknowledge"
PEOPLE_MAX = 60
STATES = {"not-yet": "not yet", "older": "an earlier version", "read": "read", "did": "did it"}
MARKS = {"not-yet": "down", "older": "unknown", "read": "unknown", "did": "up"}


class Mine(Struct, frozen=True):
    """A text beside me."""

    key: str  # Without its prefix.
    title: str
    stand: Stand


def known_texts(house: House, language: str) -> list[Text]:
    """Every playbook of the shop, titled in that language."""
    counts = texts(house.plan.all(PlaybookText))
    return texts_of(counts, {key: one.title for key, one in playbooks(counts, language).items()})


def people_of(house: House) -> list[str]:
    """Whoever works here now."""
    return [one.name for one in house.plan.people()]


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def acknowledge_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "acknowledge"):
        return door
    return show(request)


def show(request: Ask, fault: TideoverError | None = None) -> Response[Any]:
    """My texts, those to read first; and who knows what."""
    house, me, told = request.app.state.house, access.of(request).name, say_to(request)
    found, acks = known_texts(house, told.language), house.rehearsals.log.acks()
    mine = [Mine(one.key.removeprefix(PREFIX), one.title, stand(me, one, acks)) for one in found]
    people = people_of(house)[:PEOPLE_MAX]
    facts = {
        "to_read": [one for one in mine if one.stand.state in ("not-yet", "older")],
        "known": [one for one in mine if one.stand.state in ("read", "did")],
        "texts": found,
        "people": people,
        "stands": {(one.person, one.text): one for one in stands(people, found, acks)},
        "states": STATES,
        "marks": MARKS,
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "acknowledge.html.j2", 200 if fault is None else fault.status, **facts)


@get("/acknowledge/{key:str}", guards=[access.anyone], include_in_schema=False)
async def read_page(request: Ask, key: str) -> Response[Any]:
    """One text, to be read."""
    if door := to_sign_in(request, "acknowledge"):
        return door
    house, told = request.app.state.house, say_to(request)
    text = _text(house, key, told.language)
    wording = Wordings(house.plan, house.world, house.settings, house.journal.selling_tills).now(key, told.language)
    language = told.language if told.language in text.contents else next(iter(text.contents))
    mine = stand(access.of(request).name, text, house.rehearsals.log.acks())
    facts = {"ready": wording.ready if wording else None, "key": key, "language": language, "content": text.contents[language]}
    return render(request, "acknowledge_text.html.j2", mine=mine, states=STATES, here=f"{PAGE}/{key}", **facts)


def _text(house: House, key: str, language: str) -> Text:
    found = next((one for one in known_texts(house, language) if one.key == PREFIX + key), None)
    if found is None:
        raise NotFound(what="playbook", id=key[:100])
    return found


@post("/acknowledge/{key:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def acknowledge(request: Ask, key: str) -> Response[Any]:
    """I have read this version. A text that was changed meanwhile must be read again."""
    caller, form = await signed_form(request), await form_of(request)
    house = request.app.state.house
    try:
        await say_read(house, key, form.get("language", ""), form.get("content", ""), caller.name)
    except TideoverError as error:
        return show(request, error)
    return Redirect(PAGE, status_code=303)


async def say_read(house: House, key: str, language: str, content: str, person: str) -> None:
    """Raises NotFound, Rejected (another version counts by now), Damaged. The same word again changes nothing."""
    text = _text(house, key, house.settings.language)
    if text.contents.get(language) != content:
        raise Rejected(why="the text was changed meanwhile; read it again")
    mine = house.rehearsals.log.acks().get((person, text.key), ())
    if not any((one.content, one.how) == (content, "read") for one in mine):
        await house.journal.record("acknowledged", Acknowledged(person, text.key, language, content, "read"), operator=person)


ROUTES = (acknowledge_page, read_page, acknowledge)
