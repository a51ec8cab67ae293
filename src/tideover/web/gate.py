"""Stands before the router: the box answers only under its own names, and every answer carries the same safe headers.

Refusing foreign names keeps a web page elsewhere from reaching the box through a name that was pointed at it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from tideover.errors import NotAllowed, TideoverError, WrongHost
from tideover.settings import Settings
from tideover.web import intake
from tideover.web.access import is_loopback
from tideover.web.faults import as_body
from tideover.web.language import say_by
from tideover.words import Say

ONLY_TLS = "this box speaks with other devices over https only; what they need stands on its page /trust"
PLAIN = ("/trust", "/static/", "/healthz")  # What a device may read that does not trust the box yet.
ELSEWHERE = "only a page of this box itself may do this"
SEEN_MAX = 100  # Host headers remembered as good.

Application = Callable[[Any, Any, Any], Awaitable[None]]

TILL_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    b"worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
)
POCKET = "/v1/kit/opened"  # A pocket kit is a file on somebody's phone: its word comes from no page of ours, and it carries no cookie.

SAFE_HEADERS = (
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # With "no-referrer" a browser names no origin in a form of our own pages.
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
NAMES = {name for name, _ in SAFE_HEADERS}
TILL = "/till/"  # What lies below is the till's own; the page /tills is one like the others.
TILL_HEADERS = ((SAFE_HEADERS[0][0], TILL_POLICY), *SAFE_HEADERS[1:])
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """The box's whole web application: names checked, entries taken at once, the rest handed to the router."""

    def __init__(
        self,
        settings: Settings,
        entries: intake.Intake,
        router: Application,
        end: Callable[[], None],
        rest: Callable[[], Awaitable[None]],
        tls_names: Sequence[str] = (),
    ) -> None:
        """end: called once when the box stops, so that open streams end. rest: awaited when nobody is served any more, until nothing that
        was begun here is at work. tls_names: as the box's certificate has them, if it has one.
        """
        self.router, self.end, self.rest, self._entries = router, end, rest, entries
        self.answer, self.pins = entries.answer, entries.pins
        self._language = settings.language
        self._own_names = {name.lower() for name in (*settings.host_names, *tls_names, settings.bind, "localhost")}
        self._is_tls = bool(tls_names)
        self._seen: set[bytes] = set()  # Host headers that were found good, as they came; so that the usual one costs nothing.

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.router(scope, receive, send)
            return
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        told = _with_safe_headers(send, TILL_HEADERS if scope["path"].startswith(TILL) else SAFE_HEADERS)
        if not self._is_ours(host):
            await _refuse(WrongHost(host=repr(host.decode("latin-1")[:100])), say_by(scope["headers"], self._language), told)
        elif self._is_readable_to_all(scope):
            await self._to_tls(scope, told)
        elif scope["path"] == intake.PATH and scope["method"] == "POST":
            await self._entries(scope, receive, told)
        elif is_written_elsewhere(scope, host):
            await _refuse(NotAllowed(who="A page elsewhere", why=ELSEWHERE), say_by(scope["headers"], self._language), told)
        else:
            await self.router(scope, receive, told)

    def caller_of(self, scope: Any) -> intake.Caller | None:
        """Who sends entries with this head; None for any other request, and for a name that is not ours."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        is_entries = scope["path"] == intake.PATH and scope["method"] == "POST" and self._is_ours(host)
        return self._entries.caller_of(scope) if is_entries and not self._is_readable_to_all(scope) else None

    def _is_readable_to_all(self, scope: Any) -> bool:
        """With a certificate: a request from another device without TLS, for anything but how to come to trust the box."""
        if not self._is_tls or scope.get("scheme") == "https" or scope["path"].startswith(PLAIN):
            return False
        client = scope.get("client")
        return client is None or not is_loopback(client[0])

    async def _to_tls(self, scope: Any, send: Any) -> None:
        """Pages lead to how to trust the box; programs are told that only https is spoken here."""
        if scope["method"] not in READS or scope["path"].startswith("/v1/"):
            await _refuse(NotAllowed(who="Whoever calls", why=ONLY_TLS), say_by(scope["headers"], self._language), send)
            return
        headers = [(b"location", b"/trust"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 307, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _is_ours(self, host: bytes) -> bool:
        if host in self._seen:
            return True
        name = name_of(host.decode("latin-1"))
        ours = name in self._own_names or is_address(name)
        if ours and len(self._seen) < SEEN_MAX:
            self._seen.add(host)
        return ours


def is_written_elsewhere(scope: Any, host: bytes) -> bool:
    """True for a write that a browser sends from a page which is not of this very address; programs send no Origin."""
    if scope["method"] in READS or scope["path"] == POCKET:
        return False
    origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
    return origin is not None and origin.partition(b"://")[2].lower() != host.strip().lower()


def is_address(name: str) -> bool:
    """True for a plain IP address: it reached us as one, so no name was pointed at us."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def name_of(host: str) -> str:
    """The name of a Host header, without its port, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def _with_safe_headers(send: Any, headers: tuple[tuple[bytes, bytes], ...]) -> Any:
    async def wrapped(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = [pair for pair in message.get("headers", ()) if pair[0].lower() not in NAMES or pair[0].lower() == b"cache-control"]
            has_cache = any(name.lower() == b"cache-control" for name, _ in own)
            message["headers"] = own + [pair for pair in headers if not (has_cache and pair[0] == b"cache-control")]
        await send(message)

    return wrapped


async def _refuse(error: TideoverError, say: Say, send: Any) -> None:
    body = msgspec.json.encode(as_body(error, say))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
