"""Paper into the journal: each numbered slip once; and the drawer's facts, told at the box."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Request, get, post
from litestar.datastructures import State
from msgspec import Meta, Struct

from tideover.model.money import INT_MAX, Minor
from tideover.model.sale import Document, Name
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import say_to

Ask = Request[Any, Any, Any]
Slip = Annotated[str, Meta(min_length=1, max_length=20)]
DayText = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class PaperSlip(Struct, frozen=True, forbid_unknown_fields=True):
    """A slip as it was written by hand."""

    slip: Slip  # Its printed number.
    kind: Literal["sale", "refund"]
    happened_at_ms: Annotated[int, Meta(ge=0, le=INT_MAX)]
    document: Document
    refers_to: Annotated[str, Meta(max_length=40)] | None = None


class KeptSlip(Struct, frozen=True):
    """The entry that the slip became, and what was noticed."""

    id: str
    number: str
    answer: str
    head: str
    notices: tuple[str, ...]


class Spoiled(Struct, frozen=True, forbid_unknown_fields=True):
    """A slip that is no sale."""

    state: Literal["void", "missing"]
    why: Annotated[str, Meta(max_length=1_000)] = ""


class Pads(Struct, frozen=True):
    """What became of every slip that was handed out."""

    pads: tuple[Any, ...]  # series, from, to, issued, used, void, unused, missing, sum_minor.
    skipped: tuple[str, ...]  # Numbers that somebody has to say something about before the day closes.


class DrawerFact(Struct, frozen=True, forbid_unknown_fields=True):
    """Money moved or counted; a count is blind, what was expected is shown afterwards."""

    what: Literal["float", "drop", "count", "batch"]
    amount_minor: Minor
    note: Annotated[str, Meta(max_length=1_000)] = ""
    terminal: Name = "card terminal"  # For batch: whose total it is.
    day: DayText | None = None  # For count and batch: the trading day, else today's.
    drawer: Name = ""  # Which one: a till's name or id, or any other name; else the one beside the box.


class Written(Struct, frozen=True):
    id: str
    answer: str
    head: str


@post("/slips", guards=[access.staff], status_code=201, summary="Key a paper slip in")
async def key_slip(request: Ask, data: PaperSlip) -> KeptSlip:
    house: House = request.app.state.house
    name = access.of(request).name
    kept = await house.counter.key_slip(
        data.slip, data.kind, data.happened_at_ms, data.document, operator=name, refers_to=data.refers_to
    )
    return KeptSlip(kept.id, kept.number, kept.answer, kept.head, tuple(say_to(request).told(one.text) for one in kept.notices))


@post("/slips/{slip:str}/spoil", guards=[access.staff], status_code=200, summary="Say that a slip is void or missing")
async def spoil(request: Ask, slip: str, data: Spoiled) -> Written:
    house: House = request.app.state.house
    return _written(await house.counter.spoil_slip(slip, data.state, data.why, access.of(request).name))


@get("/slips", guards=[access.staff], summary="Pads of slips, and which numbers are unaccounted for", sync_to_thread=False)
def slips(state: State) -> Pads:
    return Pads(tuple(state.house.counter.pads()), tuple(state.house.counter.skipped_slips()))


@post("/drawer", guards=[access.staff], status_code=201, summary="Float, drop, blind count, card terminal's total")
async def drawer(request: Ask, data: DrawerFact) -> Written:
    counter, name = request.app.state.house.counter, access.of(request).name
    if data.what == "float":
        return _written(await counter.put_float(data.amount_minor, name, data.note, data.drawer))
    if data.what == "drop":
        return _written(await counter.drop(data.amount_minor, name, data.note, data.drawer))
    if data.what == "count":
        return _written(await counter.count_drawer(data.amount_minor, name, data.day, data.drawer))
    return _written(await counter.batch_total(data.terminal, data.amount_minor, name, data.day))


def _written(appended: Any) -> Written:
    return Written(appended.id, appended.answer, appended.head)


ROUTES = (key_slip, spoil, slips, drawer)
