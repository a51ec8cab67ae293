"""The page for a person who is the cloud's hands: the next sale on one screen, and what the cloud's screen said.

Works without scripts and does exactly what the API's routes do. The screen is shown only after its beginning is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from tideover.errors import Rejected, TideoverError
from tideover.trade.receipt import WORDS
from tideover.web import access
from tideover.web.house import House
from tideover.web.keying import Imported, Keyed, answer_of, refuse_interface
from tideover.web.language import retold, say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in

Ask = Request[Any, Any, Any]
PAGE = "/keying"
DAYS_NAMED_MAX = 10  # Days whose report is waited for, named at once.


class Desk:
    """Which sale each person has on the screen: shown again after an error or a reload, until they say what became of it.

    Kept in memory: after a new start the box counts such a sale as maybe booked and looks for it in the day report.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._screens: dict[str, tuple[str, Any]] = {}  # Entry to the person and the screen.

    def put(self, entry: str, name: str, screen: Any) -> None:
        self._screens[entry] = (name, screen)

    def clear(self, entry: str) -> None:
        self._screens.pop(entry, None)

    def of(self, name: str) -> tuple[str, Any] | None:
        """The entry and the screen that this person has begun and not answered."""
        for entry in [entry for entry in self._screens if not self._is_open(entry)]:
            self.clear(entry)
        return next(((entry, screen) for entry, (who, screen) in self._screens.items() if who == name), None)

    def _is_open(self, entry: str) -> bool:
        """False once it has ended elsewhere, or may be keyed again because the report does not have it."""
        row = self._house.outbox.rows.row(entry)
        return row is not None and (row.state == "sending" or (row.state == "waiting" and row.next != "send"))


def is_by_hand(house: House) -> bool:
    """True if a person is this cloud's hands."""
    return house.cloud.manifest.hands == "person"


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def keying_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "keying"):
        return door
    return show(request)


def show(request: Ask, fault: TideoverError | None = None, imported: Imported | None = None, **typed: str) -> Response[Any]:
    """The page; with what went wrong at the last button, and what was typed there."""
    house, name = request.app.state.house, access.of(request).name
    outbox = house.outbox
    due = set(outbox.keying())
    left = [row for row in outbox.rows.to_key() if row.entry in due]
    entry, screen = request.app.state.desk.of(name) or (None, None)
    facts = {
        "by_hand": is_by_hand(house),
        "left": len(left),
        "left_minor": sum(row.amount_minor for row in left),
        "following": left[0] if left else None,
        "entry": entry,
        "screen": retold(screen, say_to(request)),
        "others": sum(row.entry != entry for row in outbox.rows.of("sending")),
        "days": _days(row.trading_day for row in outbox.rows.of("waiting") if row.next == "ask" and row.entry != entry),
        "tenders": WORDS,
        "imported": imported,
        "typed": typed,
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "keying.html.j2", 200 if fault is None else fault.status, **facts)


def _days(found: Iterable[str]) -> list[str]:
    """Days whose report is waited for, oldest first."""
    return sorted(set(found))[:DAYS_NAMED_MAX]


@post("/keying/{entry:str}/begin", guards=[access.person], include_in_schema=False, status_code=200)
async def begin(request: Ask, entry: str) -> Response[Any]:
    """The button 'I key this now'."""
    caller = await signed_form(request)
    house, desk = request.app.state.house, request.app.state.desk
    if desk.of(caller.name) is None:  # Else the button was pressed twice: the screen is there already.
        try:
            refuse_interface(house)
            desk.put(entry, caller.name, house.cloud.screen(await house.outbox.begin(entry)))
        except TideoverError as error:
            return show(request, error)
    return Redirect(PAGE, status_code=303)


@post("/keying/{entry:str}/done", guards=[access.person], include_in_schema=False, status_code=200)
async def done(request: Ask, entry: str) -> Response[Any]:
    """What the cloud's screen said: a number, a refusal, or nobody is sure."""
    await signed_form(request)
    form, house = await form_of(request), request.app.state.house
    try:
        refuse_interface(house)
        await house.outbox.answer(entry, answer_of(keyed_of(form)))
    except TideoverError as error:
        return show(request, error, number=form.get("number", ""), refused=form.get("refused", ""))
    request.app.state.desk.clear(entry)
    return Redirect(PAGE, status_code=303)


def keyed_of(form: dict[str, str]) -> Keyed:
    """The form as the API's words; raises Rejected, saying what is missing."""
    said, number, refused = form.get("said", ""), form.get("number", "").strip(), form.get("refused", "").strip()
    if said == "number" and not number:
        raise Rejected(why="the cloud's number is missing: type it from the cloud's screen")
    if said == "refused" and not refused:
        raise Rejected(why="the reason is missing: type what the cloud's screen says")
    words = {
        "number": {"number": number},
        "refused": {"refused": refused, "cause": form.get("cause", "")},
        "unsure": {"unsure": True},
    }
    try:
        return msgspec.convert(words.get(said, {}), Keyed)
    except msgspec.ValidationError as error:
        raise Rejected(why="the text is too long") from error


@post("/keying/day-report", guards=[access.person], include_in_schema=False, status_code=200)
async def bring_report(request: Ask) -> Response[Any]:
    """The cloud's day report as a file, and its lines if there are any."""
    await signed_form(request)
    house, form = request.app.state.house, await request.form()
    try:
        refuse_interface(house)
        day = day_of(str(form.get("day", "")))
        report, lines = await _content(form.get("report")), await _content(form.get("lines"))
        if report is None and lines is None:
            raise Rejected(why="no file was chosen")
        found = house.cloud.import_day_report(day, report, lines)
    except TideoverError as error:
        return show(request, error)
    await house.outbox.look_again()
    await house.in_flight.look_again()
    return show(request, imported=Imported(len(found), sum(one.total_minor for one in found if one.state == "final")))


def day_of(text: str) -> str:
    """A real day, YYYY-MM-DD; raises Rejected."""
    try:
        return date.fromisoformat(text if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else "").isoformat()
    except ValueError as error:
        raise Rejected(why="the day is missing") from error


async def _content(file: Any) -> bytes | None:
    """The bytes of an uploaded file; None if none was chosen."""
    if not isinstance(file, UploadFile):
        return None
    return await file.read() or None


ROUTES = (keying_page, begin, done, bring_report)
