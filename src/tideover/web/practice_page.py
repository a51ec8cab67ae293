"""The page of a practice box: come in with one tap, break something, see what the shop does. Nowhere else is there such a page.

The names and PINs that it shows are this practice's own; in a real box every address here answers that there is no such page.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tideover.errors import NotFound, TideoverError
from tideover.learn.trouble import TROUBLES, WELL, Practising
from tideover.web import access
from tideover.web.pages import form_of, render, signed_form

Ask = Request[Any, Any, Any]
PAGE = "/practice"
ROLES = {"cashier": "cashier", "manager": "manager", "owner": "owner", "on-call": "on call", "helper": "helper"}


class Break(Struct, frozen=True, forbid_unknown_fields=True):
    """What is broken; "well" mends all."""

    what: str


class Broken(Struct, frozen=True):
    """What is broken now."""

    broken: tuple[str, ...]


def practising_of(request: Ask) -> Practising:
    """Raises NotFound in a real box."""
    found = request.app.state.house.practising
    if found is None:
        raise NotFound(what="page", id=request.url.path[:100])
    return found


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def practice_page(request: Ask) -> Response[Any]:
    return show(request)


def show(request: Ask, fault: TideoverError | None = None) -> Response[Any]:
    """The page, with what went wrong at the last button."""
    practising = practising_of(request)
    facts = {"scene": practising.scene, "broken": practising.broken, "troubles": TROUBLES, "roles": ROLES, "fault": fault, "here": PAGE}
    return render(request, "practice.html.j2", 200 if fault is None else fault.status, **facts)


@post(PAGE, guards=[access.person], include_in_schema=False, status_code=200)
async def press(request: Ask) -> Response[Any]:
    """One of the page's buttons."""
    practising = practising_of(request)
    await signed_form(request)
    form = await form_of(request)
    try:
        await _do(request, practising, form.get("what", "")[:40])
    except TideoverError as error:
        return show(request, error)
    return Redirect(PAGE, status_code=303)


@post("/v1/practice", guards=[access.machine], status_code=200, summary="Break something in a practice box, or make all well")
async def play(request: Ask, data: Break) -> Broken:
    """The same for whoever conducts a rehearsal."""
    practising = practising_of(request)
    await _do(request, practising, data.what[:40])
    return Broken(practising.broken)


async def _do(request: Ask, practising: Practising, what: str) -> None:
    house = request.app.state.house
    if what == WELL:
        await practising.mend()
    else:
        await practising.start(what)
    house.watch.due_s = 0.0
    for one in ("watch", "recover"):  # What waited for the cloud to answer goes on at once.
        house.bells[one].ring()


ROUTES = (practice_page, press, play)
