"""Puts the web application together: routes, guards, limits, errors, headers. Holds no rule of the shop."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

from litestar import Litestar, Router, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from tideover import __version__
from tideover.errors import TideoverError
from tideover.web import (
    access,
    acknowledge_page,
    calls_page,
    certificate,
    checks_page,
    day_page,
    days,
    described,
    events,
    exports,
    keying,
    keying_page,
    kit_api,
    kit_page,
    late,
    lookup,
    notices_page,
    outage,
    pages,
    parked,
    plan_api,
    plan_page,
    practice_page,
    readiness_page,
    receipts_api,
    receipts_page,
    rehearsal_page,
    run_api,
    run_page,
    services_page,
    slip_sheet,
    slips,
    slips_page,
    spare_page,
    staff,
    start_api,
    start_files,
    start_page,
    start_try,
    status,
    switching_api,
    switching_page,
    till_api,
    till_copies,
    till_page,
    tills,
    tills_page,
    trust_page,
    vendors_page,
    wall_page,
    wall_waiting,
    witness,
)
from tideover.web.access import Access
from tideover.web.beginning import Beginning
from tideover.web.events import Changes
from tideover.web.gate import Gate
from tideover.web.house import House
from tideover.web.intake import Intake
from tideover.web.rate import Tries
from tideover.web.status import Takings
from tideover.web.strict import BODY_BYTES_MAX, StrictRequest
from tideover.web.tills import Codes


@get("/healthz", guards=[access.anyone], summary="Is the process alive and may the journal be written", sync_to_thread=False)
def healthz(state: State) -> dict[str, Any]:
    journal = state.house.journal
    return {"ok": True, "version": __version__, "writable": journal.is_writable}


START = (*start_page.ROUTES, *start_files.ROUTES, *start_try.ROUTES)
PRINTED = (*switching_page.ROUTES, *calls_page.ROUTES, *kit_page.ROUTES, *receipts_page.ROUTES)
PLAN = (*plan_page.ROUTES, *checks_page.ROUTES, *spare_page.ROUTES, *run_page.ROUTES)
LEARN = (*practice_page.ROUTES, *rehearsal_page.ROUTES, *acknowledge_page.ROUTES, *readiness_page.ROUTES)
LEARN_API = (*rehearsal_page.API_ROUTES, *readiness_page.API_ROUTES)
TILL = (*till_page.ROUTES, *tills_page.PAGES, *trust_page.ROUTES)
WALL = (*wall_page.ROUTES, *notices_page.ROUTES, *wall_waiting.ROUTES, *day_page.ROUTES, *services_page.ROUTES, *vendors_page.ROUTES)
PAGES = (*pages.ROUTES, *WALL, *keying_page.ROUTES, *slips_page.ROUTES, *slip_sheet.ROUTES, *PRINTED, *PLAN, *LEARN)
PARTS = (described, status, events, tills, staff, lookup, outage, parked, keying, exports, slips, kit_api, days, plan_api, witness, run_api)
TILL_PARTS = (till_api, till_copies, switching_api, receipts_api, late)
API = (*(route for part in (*PARTS, *TILL_PARTS) for route in part.ROUTES), *tills_page.API, *start_api.ROUTES, *LEARN_API)


def _openapi() -> OpenAPIConfig:
    """Only what `described` needs: the router's own pages load scripts from elsewhere, so they are closed."""
    closed = Router("/v1/schema", guards=[access.nobody], route_handlers=[], include_in_schema=False)
    return OpenAPIConfig(title="Tideover box", version=__version__, openapi_router=closed, render_plugins=[JsonRenderPlugin()])


@cache
def _routed() -> Litestar:
    """Every route, read once in a process: a box that opens itself anew has nothing new to learn of them. Holds no house."""
    return Litestar(
        route_handlers=[healthz, *PAGES, *START, *TILL, Router("/v1", route_handlers=list(API))],
        request_class=StrictRequest,
        request_max_body_size=BODY_BYTES_MAX,
        exception_handlers={TideoverError: pages.fault, HTTPException: pages.fault, 500: pages.fault},
        openapi_config=_openapi(),
        logging_config=None,
    )


def make_app(house: House) -> Gate:
    """The ASGI application of an open box: all routes, over what this house knows."""
    entrance, changes = Access(house), Changes(house)
    known = {"house": house, "access": entrance, "codes": Codes(house.world), "takings": Takings(house), "changes": changes}
    known["witness_tries"] = Tries(house.world, "Witnessing", witness.SPAN_S)
    known["desk"] = keying_page.Desk(house)
    known["kit_counter"] = counter = kit_page.Counter(house)
    known["beginning"] = Beginning(house)
    router = copy(_routed())
    router.state = State(known)
    known["intake"] = intake = Intake(house, entrance)

    def end() -> None:
        changes.end()
        counter.making.end()

    async def rest() -> None:
        counter.making.end()
        await intake.pins.end()
        await counter.making.rest()

    return Gate(house.settings, intake, router, end, rest, certificate.names_of(house.folder, house.settings))
