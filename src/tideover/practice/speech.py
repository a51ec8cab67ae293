"""How clouds speak on the wire, as far as the fault proxy must know: which call suffers, which books, for whom, and its noes.

Pure. It reads a call only to place a fault; it changes none.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from tideover.practice.wire import Request, Response

JSON = [(b"content-type", b"application/json")]
ENTRY = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
REASON, HINT = "The cloud does not take this one.", "Look at it with the vendor."


def says(status: int, value: Any, *headers: tuple[bytes, bytes]) -> Response:
    return Response(status, [*JSON, *headers], msgspec.json.encode(value))


class Speech(Protocol):
    """What the proxy asks about a cloud."""

    def suffers(self, request: Request) -> bool:
        """True for a call of the interface; the vendor's own till and the owner's hand pass untouched."""

    def needs_login(self, request: Request) -> bool:
        """True for a call that an ended log-in turns away."""

    def is_send(self, request: Request) -> bool:
        """True for a call that begins to book a document."""

    def entry_of(self, request: Request) -> str:
        """The entry that a send books, "" if it does not say."""

    def refusal(self, request: Request) -> Response:
        """A no for good."""

    def logged_out(self) -> Response:
        """The log-in ran out."""


class _Named(Struct):
    external_id: str | None = None


class PracticeSpeech:
    """The practice cloud's: one call books one document."""

    def suffers(self, request: Request) -> bool:
        return request.target.startswith(("/api/", "/login"))

    def needs_login(self, request: Request) -> bool:
        return request.target.startswith("/api/")

    def is_send(self, request: Request) -> bool:
        return request.method == "POST" and request.target == "/api/sales"

    def entry_of(self, request: Request) -> str:
        """Its key, or our id in its body where the shop's connector sends no keys."""
        if key := request.header("idempotency-key"):
            return key
        try:
            return msgspec.json.decode(request.body, type=_Named).external_id or ""
        except msgspec.DecodeError:
            return ""

    def refusal(self, request: Request) -> Response:
        return says(422, {"cause": "refused", "reason": REASON, "hint": HINT})

    def logged_out(self) -> Response:
        return says(401, {"cause": "login", "reason": "The log-in ran out."})


class _Call(Struct):
    id: int = 0
    method: str = ""


class TrytonSpeech:
    """Tryton's JSON-RPC: many calls book one document; the one that makes a record with our id in it begins."""

    def suffers(self, request: Request) -> bool:
        return request.target.endswith("/rpc/")

    def needs_login(self, request: Request) -> bool:
        return self.suffers(request) and bool(request.header("authorization"))

    def is_send(self, request: Request) -> bool:
        return self.suffers(request) and self._call(request).method.endswith(".create") and ENTRY.search(request.body) is not None

    def entry_of(self, request: Request) -> str:
        match = ENTRY.search(request.body)
        return match[0].decode() if match else ""

    def refusal(self, request: Request) -> Response:
        """As Tryton itself says that a rule forbids a record."""
        return says(200, {"id": self._call(request).id, "error": ["UserError", [REASON, HINT, None]]})

    def logged_out(self) -> Response:
        return Response(401, [(b"content-type", b"text/html; charset=utf-8")], b"<!doctype html><title>401 Unauthorized</title>")

    def _call(self, request: Request) -> _Call:
        try:
            return msgspec.json.decode(request.body, type=_Call)
        except msgspec.DecodeError:
            return _Call()


SPEECHES: dict[str, type[Speech]] = {"practice": PracticeSpeech, "tryton": TrytonSpeech}
