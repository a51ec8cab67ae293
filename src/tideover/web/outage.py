"""What people say about an outage: it is broken, it works again, we move to another rung, all is done."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, post
from msgspec import Meta, Struct

from tideover.model.outage import Observation
from tideover.web import access, run_view
from tideover.web.house import House
from tideover.web.language import retold, say_to
from tideover.web.status import OutageNow, RungNow, outage_now, rung_now
from tideover.words import Say

Ask = Request[Any, Any, Any]
Text = Annotated[str, Meta(max_length=1_000)]


class Report(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody sees that something does not work."""

    service: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}$")] = "cloud"
    text: Text = ""


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """To another rung: all tills, or one."""

    number: Annotated[int, Meta(ge=0, le=5)]
    till: Annotated[str, Meta(max_length=40)] | None = None


class Stands(Struct, frozen=True):
    """Where the outage stands now."""

    phase: str
    outage: OutageNow | None
    rung: RungNow


def _stands(house: House, say: Say) -> Stands:
    outage = house.fallback.outage
    return retold(Stands(outage.phase, outage_now(outage), rung_now(house)), say)


@post("/outage/report", guards=[access.staff], status_code=200, summary="Report that something does not work")
async def report(request: Ask, data: Report) -> Stands:
    house: House = request.app.state.house
    name = access.of(request).name
    house.watch.hear(Observation(data.service, "person", name, False, house.world.now(), data.text))
    await house.fallback.turn(house.watch.verdicts())
    return _stands(house, say_to(request))


@post("/outage/confirm", guards=[access.staff], status_code=200, summary="Confirm: it is down, open the fallback")
async def confirm(request: Ask) -> Stands:
    house: House = request.app.state.house
    await house.fallback.confirm(access.of(request).name)
    return _stands(house, say_to(request))


@post("/outage/all-clear", guards=[access.staff], status_code=200, summary="All clear: it works again, start the way back")
async def all_clear(request: Ask) -> Stands:
    house: House = request.app.state.house
    await clear(house, access.of(request).name)
    return _stands(house, say_to(request))


async def clear(house: House, by: str) -> None:
    """A person's all-clear; what people reported before it counts no more."""
    await house.fallback.all_clear(by)
    house.watch.forget_reports()
    await house.fallback.turn(house.watch.verdicts())


@post("/outage/rung", guards=[access.staff], status_code=200, summary="Move to another rung, all tills or one")
async def move(request: Ask, data: Move) -> Stands:
    house: House = request.app.state.house
    await house.fallback.use_rung(data.number, access.of(request).name, data.till)
    return _stands(house, say_to(request))


@post("/outage/close", guards=[access.staff], status_code=200, summary="Close the outage, once nothing is open")
async def close(request: Ask) -> Stands:
    house: House = request.app.state.house
    open_items = [one.text for one in run_view.open_items(house)]
    await house.fallback.close(open_items, access.of(request).name)
    return _stands(house, say_to(request))


ROUTES = (report, confirm, all_clear, move, close)
