"""The buttons beside what waits for a person on the wall: parked sales, sales in flight, differences. As the API's routes."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, post
from litestar.response import Redirect

from tideover.errors import Rejected, TideoverError
from tideover.web import access, parked
from tideover.web.pages import form_of, signed_form
from tideover.web.wall_page import front_page, pressed

Ask = Request[Any, Any, Any]
T = TypeVar("T")


@post("/parked/{id:str}", guards=[access.anyone], include_in_schema=False, status_code=200)
async def solve(request: Ask, id: str) -> Response[Any]:
    """The buttons beside a parked sale: the same as the API's."""
    caller, form = await signed_form(request), await form_of(request)
    solution = _said(form, "how", parked.Solution)
    return await pressed(request, parked.solve_it(request.app.state.house, id, solution, caller.name))


@post("/in-flight/{id:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def settle(request: Ask, id: str) -> Response[Any]:
    """The buttons beside a sale in flight: the same as the API's."""
    caller, form = await signed_form(request), await form_of(request)
    said = _said(form, "outcome", parked.Settlement)
    return await pressed(request, request.app.state.house.in_flight.settle(id, said.outcome, caller.name, said.number))


def _said(form: dict[str, str], what: str, shape: type[T]) -> T:
    """A pressed choice and the cloud's number beside it, if one was typed. Raises Rejected."""
    try:
        return msgspec.convert({what: form.get(what, ""), "number": form.get("number", "").strip() or None}, shape)
    except msgspec.ValidationError as error:
        raise Rejected(why="a form was expected") from error


@post("/findings/{id:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def explain(request: Ask, id: str) -> Response[Any]:
    """The button beside a difference: the same as the API's."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        if not form.get("note", "").strip():
            raise Rejected(why="the explanation is missing")
        said = msgspec.convert({"note": form["note"].strip()}, parked.Explanation)
        await request.app.state.house.close.close_finding(id, said.note, caller.name)
    except msgspec.ValidationError as error:
        raise Rejected(why="the text is too long") from error
    except TideoverError as error:
        return await front_page(request, error)
    return Redirect("/", status_code=303)


ROUTES = (solve, settle, explain)
