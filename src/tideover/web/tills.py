"""Enrols tills: a person of the shop asks for a one-time code, the till sends it with its public key.

A code works once and for ten minutes; the till's private key never leaves the till.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Request, post
from msgspec import Meta, Struct

from tideover.errors import NotFound, NotSignedIn, Rejected
from tideover.journal.keys import public_key
from tideover.model.facts import Revoke
from tideover.model.sale import Name
from tideover.web import access
from tideover.web.house import House
from tideover.web.rate import Tries
from tideover.world import World, to_ms

CODE_SPAN = timedelta(minutes=10)
CODES_MAX = 50  # Waiting at once; a shop enrols a handful.
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32, none of which is mistaken for another.
CODE_LENGTH = 8  # 40 bits, thirty tries a minute in all, ten minutes: one guess in 3,600 million succeeds.
ENROL_TRIES_MAX = 12  # Per address, within ENROL_SPAN_S.
ENROL_TRIES_ALL = 60
ENROL_SPAN_S = 120


class NewCode(Struct, frozen=True, forbid_unknown_fields=True):
    """Which till the code is for."""

    name: Annotated[Name, Meta(min_length=1)]


class Code(Struct, frozen=True):
    """A one-time code, to be typed at the till."""

    code: str
    expires_at: int  # UTC ms.


class Enrolment(Struct, frozen=True, forbid_unknown_fields=True):
    """A till introduces itself."""

    code: Annotated[str, Meta(max_length=40)]
    name: Annotated[Name, Meta(min_length=1)]
    spki: Annotated[str, Meta(max_length=400)]  # Public key, ECDSA P-256, SubjectPublicKeyInfo, base64.


class Enrolled(Struct, frozen=True):
    """The till's id and token; it signs from number `next_seq` on."""

    till: str
    token: str
    head: str
    head_proof: str
    next_seq: int


class Revocation(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a till may not sign any more."""

    why: Annotated[str, Meta(min_length=1, max_length=1_000)]


class Codes:
    """The one-time codes that wait to be used. Never written down: a restart of the box ends them, and a new one is made in a second."""

    def __init__(self, world: World, what: str = "Enrolling") -> None:
        """what: is named where somebody tries too often."""
        self._world = world
        self._ends: dict[str, datetime] = {}
        self._tries = Tries(world, what, ENROL_SPAN_S)

    def make(self) -> Code:
        """A fresh code; raises Rejected when too many wait."""
        now = self._world.now()
        self._ends = {code: end for code, end in self._ends.items() if end > now}
        if len(self._ends) >= CODES_MAX:
            raise Rejected(why=f"{CODES_MAX} codes wait already; use one of them, or wait ten minutes")
        letters = [CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in self._world.secret_bytes(CODE_LENGTH)]
        code = "".join(letters)
        self._ends[code] = now + CODE_SPAN
        return Code(f"{code[:4]}-{code[4:]}", to_ms(self._ends[code]))

    def use(self, code: str, address: str) -> None:
        """Takes the code out; raises NotSignedIn if it is unknown, used or over, TooOften."""
        key = f"address {address}"
        self._tries.count(**{key: ENROL_TRIES_MAX, "everybody": ENROL_TRIES_ALL})
        ends = self._ends.pop("".join(code.split()).replace("-", "").upper(), None)
        if ends is None or ends <= self._world.now():
            raise NotSignedIn(why="that code is unknown, used or older than ten minutes")
        self._tries.forget(key, "everybody")


@post("/codes", guards=[access.staff], status_code=201, summary="Make a one-time code for a new till")
async def make_code(request: Request[Any, Any, Any], data: NewCode) -> Code:
    return request.app.state.codes.make()


@post("/enrol", guards=[access.anyone], status_code=201, summary="Enrol a till with its one-time code")
async def enrol(request: Request[Any, Any, Any], data: Enrolment) -> Enrolled:
    house: House = request.app.state.house
    public_key(data.spki)
    request.app.state.codes.use(data.code, request.client.host if request.client else "")
    till = await house.journal.enrol(data.name, data.spki)
    token = await asyncio.to_thread(request.app.state.access.tokens.give, till)
    return Enrolled(till, token, *house.journal.proven_head(), house.journal.next_seq(till))


@post("/tills/{till:str}/revoke", guards=[access.staff], status_code=200, summary="End a till's right to sign")
async def revoke(request: Request[Any, Any, Any], till: str, data: Revocation) -> None:
    house: House = request.app.state.house
    if request.app.state.access.is_revoked(till):
        raise NotFound(what="enrolled till", id=till)
    await house.journal.record("revoke", Revoke(till, data.why), operator=access.of(request).name)


ROUTES = (make_code, enrol, revoke)
