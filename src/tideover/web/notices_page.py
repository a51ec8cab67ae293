"""The page of notices: who outside hears when something fails, what waits for them, what nobody knows to have arrived, and a test.

Also who speaks up when the box itself falls silent, and who holds the shop's mail. Works without scripts.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from tideover.activate.notice_words import is_number
from tideover.activate.notices import Receiver
from tideover.errors import NotFound, Rejected, TideoverError
from tideover.rules.phone import masked
from tideover.web import access, rights
from tideover.web.pages import form_of, pressed, render, signed_form, to_sign_in

Ask = Request[Any, Any, Any]
PAGE = "/notices"
SHOWN_MAX = 50
LATEST_MAX = 200
DIGITS_MAX = 15
STANDS = {
    "waiting": "Waits.",
    "sending": "On its way.",
    "sent": "Taken for delivery.",
    "unknown": "Nobody knows whether it arrived.",
    "refused": "It was not taken.",
    "ended": "Nobody asks for it any more.",
}


class Hearer(Struct, frozen=True):
    """Somebody who hears, as the page shows it."""

    receiver: Receiver
    shown: str
    waiting: int


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def notices_page(request: Ask) -> Response[Any]:
    return to_sign_in(request, "notices") or show(request)


def show(request: Ask, fault: TideoverError | None = None, hold: Any = None, tried: str = "") -> Response[Any]:
    """The page; with what went wrong at the last button, or who was found to hold the mail."""
    house = request.app.state.house
    notices, caller = house.notices, access.of(request)
    may_see = rights.may(house.plan, caller.name, "notices")
    waiting, over = notices.rows.open(), notices.rows.latest(LATEST_MAX)
    facts = {
        "hearers": [
            Hearer(one, shown(one.address, may_see), sum(each.receiver == one.address for each in waiting)) for one in notices.receivers
        ],
        "waiting": waiting[:SHOWN_MAX],
        "waiting_count": len(waiting),
        "stuck": notices.rows.stuck(SHOWN_MAX),
        "sent": [one for one in over if one.state == "sent"][:SHOWN_MAX],
        "stands": STANDS,
        "shown": lambda address: shown(address, may_see),
        "may_press": may_see,
        "heartbeat": house.heartbeat,
        "hold": hold,
        "tried": tried,
        "now": house.world.now(),
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "notices.html.j2", 200 if fault is None else fault.status, **facts)


def shown(address: str, may_see: bool) -> str:
    """An address or number; for others than those who lead, only so much that one who knows it knows it again."""
    if may_see:
        return address
    name, at, host = address.partition("@")
    return masked(address) if is_number(address) or not at else f"{name[:1]}…@{host}"


@post("/notices/test", guards=[access.person], include_in_schema=False, status_code=200)
async def test(request: Ask) -> Response[Any]:
    """A notice to one receiver, at once."""
    await signed_form(request)
    notices = request.app.state.house.notices
    try:
        number = _number((await form_of(request)).get("receiver", ""))
        if number >= len(notices.receivers):
            raise Rejected(why="nobody stands there any more")
        await notices.test(notices.receivers[number].address)
    except TideoverError as error:
        return show(request, error)
    return show(request, tried="The test is on its way. Look whether it arrives.")


@post("/notices/items/{number:str}/{what:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def move(request: Ask, number: str, what: str) -> Response[Any]:
    """What was refused, or may not have arrived: once more, or they know already."""
    await signed_form(request)
    return await pressed(request, _moved(request, number, what), show, PAGE)


async def _moved(request: Ask, number: str, what: str) -> None:
    notices = request.app.state.house.notices
    match what:
        case "again":
            await notices.send_again(_number(number))
        case "known":
            await notices.settle(_number(number))
        case _:
            raise NotFound(what="button", id=what[:40])


@post("/notices/mail", guards=[access.person], include_in_schema=False, status_code=200)
async def mail(request: Ask) -> Response[Any]:
    """Ask the name servers who holds the shop's mail."""
    await signed_form(request)
    return show(request, hold=await request.app.state.house.mail_hold())


def _number(text: str) -> int:
    """Raises Rejected."""
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise Rejected(why="the number is missing")
    return int(text)


ROUTES = (notices_page, test, move, mail)
