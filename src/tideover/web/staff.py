"""Signs people in and out, and sets their PINs."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from msgspec import Meta, Struct

from tideover.errors import NotAllowed, NotFound, TideoverError, WrongState
from tideover.model.facts import LogNote
from tideover.model.sale import Name
from tideover.web import access, rights
from tideover.web.house import House
from tideover.web.sessions import PIN_PREFIX, SESSION_SPAN, Pin, WrongPin
from tideover.words import Say


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's name and PIN."""

    name: Annotated[Name, Meta(min_length=1)]
    pin: Annotated[str, Meta(max_length=40)]


class SignedIn(Struct, frozen=True):
    """The session stands in an HttpOnly cookie; `csrf` goes into the header X-CSRF-Token of each write."""

    name: str
    csrf: str
    ends_at: int  # UTC ms.


class NewPin(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's PIN from now on."""

    name: Annotated[Name, Meta(min_length=1)]
    pin: Pin
    now: Annotated[str, Meta(max_length=40)] = ""  # The caller's own as it is until now; a command on the box's machine gives none.


class Me(Struct, frozen=True):
    """Who this request comes from."""

    kind: str
    name: str
    till: str | None
    csrf: str


def session_cookie(request: Request[Any, Any, Any], value: str, span_s: int) -> Cookie:
    """HttpOnly and SameSite=Strict: no script reads it, no foreign page sends it; over TLS it travels over TLS alone."""
    secure = access.is_secure(request)
    key = access.cookie_key(request)
    return Cookie(key=key, value=value, max_age=span_s, httponly=True, samesite="strict", path="/", secure=secure)


@post("/login", guards=[access.anyone], status_code=200, summary="Sign a person in")
async def sign_in(request: Request[Any, Any, Any], data: SignIn) -> Response[SignedIn]:
    sessions, before = request.app.state.access.sessions, access.cookie_of(request)
    cookie, session = await sessions.sign_in(data.name, data.pin, access.address_of(request), before)
    answer = SignedIn(session.name, session.csrf, session.ends_at_ms)
    return Response(answer, cookies=[session_cookie(request, cookie, int(SESSION_SPAN.total_seconds()))])


@post("/logout", guards=[access.staff], status_code=200, summary="Sign out")
async def sign_out(request: Request[Any, Any, Any]) -> Response[None]:
    request.app.state.access.sessions.sign_out(access.cookie_of(request))
    return Response(None, cookies=[session_cookie(request, "", 0)])


@post("/pins", guards=[access.staff], status_code=200, summary="Set a PIN: one's own, or anybody's from the box's machine")
async def set_pin(request: Request[Any, Any, Any], data: NewPin) -> None:
    caller = access.of(request)
    if caller.kind == "machine":
        rights.check_person(request.app.state.house.plan, data.name)
        await request.app.state.access.sessions.set_pin(data.name, data.pin)
        return
    if caller.name != data.name:
        raise NotAllowed(who=caller.name, why="a person sets only their own PIN; others are set on the box's machine")
    await change_pin(request, data.name, data.pin, data.now)


async def change_pin(request: Request[Any, Any, Any], name: str, pin: str, now: str) -> None:
    """What a signed-in person may set they set with their own present PIN: a session left open is not enough.

    now: theirs until now; whoever has none yet gives none. Raises WrongState where it does not fit, TooOften.
    """
    house, caller, sessions = request.app.state.house, access.of(request), request.app.state.access.sessions
    if house.secrets.get(PIN_PREFIX + caller.name) is not None:
        try:
            await sessions.prove(caller.name, now, access.address_of(request))
        except WrongPin as error:
            raise WrongState(what="Choosing a PIN", why="your own present PIN does not fit") from error
    await sessions.set_pin(name, pin, access.cookie_of(request))
    await write_down(house, "The PIN of {name} was set by {who}.", name, caller.name)


async def write_down(house: House, text: str, name: str, by: str) -> None:
    """A line of the log, in the shop's language; a journal that takes nothing keeps nobody from a PIN."""
    with contextlib.suppress(TideoverError):
        await house.journal.record("note", LogNote(Say(house.settings.language)(text, name=name, who=by)), operator=by)


class Gone(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose PIN ends."""

    name: Annotated[Name, Meta(min_length=1)]


@post("/pins/end", guards=[access.staff], status_code=200, summary="Take a person's PIN away; every sign-in of theirs ends")
async def end_pin(request: Request[Any, Any, Any], data: Gone) -> None:
    if not await asyncio.to_thread(request.app.state.access.sessions.end_pin, data.name):
        raise NotFound(what="PIN", id=data.name)


@get("/me", guards=[access.anyone], summary="Who am I here")
async def me(request: Request[Any, Any, Any]) -> Me:
    caller = access.of(request)
    return Me(caller.kind, caller.name, caller.till, caller.csrf)


ROUTES = (sign_in, sign_out, set_pin, end_pin, me)
