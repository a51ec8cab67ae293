"""Turns every error into the same small JSON: code, message, hint; a stranger learns nothing else from it."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from tideover.errors import TideoverError
from tideover.web.language import say_to
from tideover.words import Say

log = logging.getLogger("tideover.web")


class Fault(Struct, frozen=True):
    """What went wrong and what a person does next."""

    code: str
    message: str
    hint: str


def as_body(error: TideoverError, say: Say) -> Fault:
    return Fault(error.code, *say.error(error))


def of(request: Request[Any, Any, Any], error: Exception) -> Response[Fault]:
    """Any error as its answer."""
    if isinstance(error, TideoverError):
        return ours(request, error)
    return routers(request, error) if isinstance(error, HTTPException) else unforeseen(request, error)


def ours(request: Request[Any, Any, Any], error: TideoverError) -> Response[Fault]:
    """An error of the box: its own status, code, message and hint."""
    headers = {"Retry-After": str(error.facts["wait_s"])} if "wait_s" in error.facts else {}
    return Response(as_body(error, say_to(request)), status_code=error.status, headers=headers, media_type="application/json")


CODES = {404: "not-found", 405: "wrong-method", 413: "too-big"}
TEXTS = {404: "There is nothing at this address.", 405: "This address takes another method."}
HINTS = {
    404: "The box's API page (/v1/api) lists every address.",
    405: "The box's API page (/v1/api) says which method this address takes.",
    413: "Send it in smaller pieces.",
}


def routers(request: Request[Any, Any, Any], error: HTTPException) -> Response[Fault]:
    """An error of the routing: no such address, wrong method, a parameter that does not fit."""
    status = error.status_code
    say, text = say_to(request), error.detail
    if isinstance(error.extra, list) and error.extra:
        text = "; ".join(f"{one.get('key', '')}: {one.get('message', '')}" for one in error.extra if isinstance(one, dict))
    text = say(TEXTS.get(status, text))
    fault = Fault(CODES.get(status, "rejected"), text, say(HINTS.get(status, "Correct it and send it again.")))
    return Response(fault, status_code=status, headers=error.headers or {}, media_type="application/json")


def unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[Fault]:
    """A defect of ours: logged whole, told briefly."""
    log.error("unforeseen error at %s %r", request.method, request.url.path, exc_info=error)
    say = say_to(request)
    fault = Fault("defect", say("Something went wrong inside the box."), say("Tell the person on call; the box's log holds the details."))
    return Response(fault, status_code=500, media_type="application/json")
