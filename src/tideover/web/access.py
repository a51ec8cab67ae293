"""Who is calling and what that opens: staff, an enrolled till, this machine, or nobody.

Every route names one guard of this module; a route without one would be open to whoever reaches the port.
"""

from __future__ import annotations

import ipaddress
from functools import partial
from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from tideover.errors import NotAllowed, NotFound, NotSignedIn
from tideover.plan.records import Person
from tideover.web import rights
from tideover.web.house import House
from tideover.web.sealed import SealingKey
from tideover.web.seen import Seen
from tideover.web.sessions import Sessions, cookie_name, is_same
from tideover.web.suspicion import Suspicions
from tideover.web.tokens import TillTokens, operator_token

READS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-csrf-token"

Connection = ASGIConnection[Any, Any, Any, Any]


class Caller(Struct, frozen=True):
    """Who makes a request."""

    kind: Literal["staff", "till", "machine", "nobody"]
    name: str = ""  # The person's name; the owner's for commands on this machine.
    till: str | None = None
    csrf: str = ""  # Of the session, for the page's forms.
    is_here: bool = False  # The request comes from the box's own machine.

    @property
    def is_staff(self) -> bool:
        return self.kind in ("staff", "machine")

    @property
    def sees_sums(self) -> bool:
        """Sums are for people of the shop: signed in, a till, or at the box itself."""
        return self.kind != "nobody" or self.is_here


class Access:
    """Tells who is calling."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.sessions = Sessions(house.secrets, house.world, self._has_left)
        self.suspicions = Suspicions(house)
        self.sessions.on_guessing = partial(self.suspicions.of_person, "pin-guessing")
        self.tokens = TillTokens(house.secrets, house.world)
        self.sealing = SealingKey(house.secrets, house.world)
        self.seen = Seen(house.world)
        self._operator = operator_token(house.folder, house.world)

    def caller(self, connection: Connection) -> Caller:
        """Who it is; a wrong token is nobody, never an error here."""
        is_here = is_loopback(connection.client.host if connection.client else "")
        bearer = bearer_of(connection.headers.get("authorization", ""))
        if bearer:
            return self._by_token(bearer, is_here)
        session = self.sessions.of(cookie_of(connection))
        if session is None:
            return Caller("nobody", is_here=is_here)
        return Caller("staff", session.name, csrf=session.csrf, is_here=is_here)

    def _by_token(self, token: str, is_here: bool) -> Caller:
        if is_same(token, self._operator):
            return Caller("machine", self._house.settings.owner, is_here=is_here)
        till = self.tokens.till_of(token)
        if till is None or self.is_revoked(till):
            return Caller("nobody", is_here=is_here)
        self._house.tills_heard.heard(till)
        return Caller("till", till=till, is_here=is_here)

    def _has_left(self, name: str, at_ms: int) -> bool:
        """True if the plan's last word about that person, since then, is that they are gone; renamed is gone, too."""
        plan = self._house.plan
        if plan.get(Person, name) is not None:
            return False
        versions = plan.history(Person, name)
        return bool(versions) and versions[-1].record is None and versions[-1].changed_at >= at_ms

    def is_revoked(self, till: str) -> bool:
        """True unless the journal knows the till and lets it sign."""
        return not self._house.journal.is_enrolled(till)


def is_secure(connection: Connection) -> bool:
    """The request came over TLS."""
    return connection.scope.get("scheme") == "https"


def cookie_of(connection: Connection) -> str:
    """The session's cookie as this request carries it; over TLS only the one that TLS alone could have set."""
    return connection.cookies.get(cookie_key(connection), "")


def cookie_key(connection: Connection) -> str:
    """The name of the session's cookie on this connection."""
    return cookie_name(is_secure(connection), connection.app.state.house.settings.is_practice)


def bearer_of(header: str) -> str:
    """The token of an Authorization header, or empty."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_loopback(host: str) -> bool:
    """True for the machine's own address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address_of(connection: Connection) -> str:
    """The calling device's address; empty for the box's own screen."""
    host = connection.client.host if connection.client else ""
    return "" if is_loopback(host) else host or "unknown"


def of(connection: Connection) -> Caller:
    """The caller of this request, looked up once."""
    state = connection.state
    if "caller" not in state:
        state["caller"] = connection.app.state.access.caller(connection)
    return state["caller"]


# Guards -------------------------------------------------------------------------------------------


async def anyone(connection: Connection, handler: BaseRouteHandler) -> None:
    """Open: says nothing that a stranger at the counter may not know."""


async def nobody(connection: Connection, handler: BaseRouteHandler) -> None:
    """Closed."""
    raise NotFound(what="page", id=connection.url.path[:100])


async def staff(connection: Connection, handler: BaseRouteHandler) -> None:
    """A signed-in person, or a command on this machine; writes by cookie must carry the session's CSRF token."""
    caller = of(connection)
    if caller.kind == "till":
        raise NotAllowed(who="A till", why="this is for people who are signed in")
    if not caller.is_staff:
        raise NotSignedIn(why="this is for people of the shop")
    _same_site(connection, caller)
    check_right(connection, caller)


async def person(connection: Connection, handler: BaseRouteHandler) -> None:
    """A signed-in person at one of our pages; the page's form carries the session's token, and its route looks at it."""
    if of(connection).kind != "staff":
        raise NotSignedIn(why="this is for people of the shop")


async def shop(connection: Connection, handler: BaseRouteHandler) -> None:
    """Staff or an enrolled till."""
    caller = of(connection)
    if caller.kind == "nobody":
        raise NotSignedIn(why="this is for people and tills of the shop")
    _same_site(connection, caller)


async def till(connection: Connection, handler: BaseRouteHandler) -> None:
    """Only an enrolled till, by its token."""
    caller = of(connection)
    if caller.kind == "nobody":
        raise NotSignedIn(why="this is for tills of the shop")
    if caller.kind != "till":
        raise NotAllowed(who=caller.name, why="this is for tills")


async def machine(connection: Connection, handler: BaseRouteHandler) -> None:
    """Only a command on this machine, which can read the operator's file."""
    if of(connection).kind != "machine":
        raise NotAllowed(who="Whoever calls", why="this is for commands on the box's own machine")


def check_right(connection: Connection, caller: Caller) -> None:
    """Raises NotAllowed for a person without the right to do what this address does.

    A command on the box's own machine, which can read every file, has all rights.
    """
    if caller.kind == "staff" and connection.scope["method"] not in READS:
        rights.check(connection.app.state.house.plan, caller.name, connection.scope["path_template"])


def _same_site(connection: Connection, caller: Caller) -> None:
    if caller.kind != "staff" or connection.scope["method"] in READS:
        return
    if not is_same(connection.headers.get(CSRF_HEADER, ""), caller.csrf):
        raise NotAllowed(who=caller.name, why="the page's token (X-CSRF-Token) is missing or old")
