"""The lists that wait for a person: parked records, sales in flight, differences."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Request, get, post
from litestar.datastructures import State
from msgspec import Meta, Struct

from tideover.errors import Rejected
from tideover.journal import late as late_sales
from tideover.model.sale import Name
from tideover.web import access, late
from tideover.web.house import House
from tideover.web.language import retold, say_to
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
Note = Annotated[str, Meta(max_length=1_000)]


class ParkedNow(Struct, frozen=True):
    """One entry that waits for a named person."""

    id: str
    kind: str
    trading_day: str
    amount_minor: int
    reason: str
    cause: str
    owner: str
    hint: str
    since: int  # UTC ms.


class Solution(Struct, frozen=True, forbid_unknown_fields=True):
    """How a parked record was dealt with; `number` is the cloud's, for was_booked."""

    how: Literal["send_on", "was_booked", "settled_elsewhere"]
    note: Note = ""
    number: Name | None = None


class InFlightOne(Struct, frozen=True):
    """A sale that was sent to the cloud's till at a change of rung, without an answer."""

    id: str
    kind: str
    reference: str  # The number on the cloud till's screen; "" if none was seen.
    trading_day: str
    happened_at: int  # UTC ms.
    till: str
    operator: str | None
    amount_minor: int
    needs_person: bool  # The cloud cannot say; only the person who was there can.
    why: str


class Settlement(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a sale in flight; `number` is the cloud's, if it was booked."""

    outcome: Literal["was_booked", "was_not_booked"]
    number: Name | None = None


class FindingNow(Struct, frozen=True):
    """A difference with an owner."""

    id: str
    code: str
    text: str
    owner: str
    amount_minor: int
    day: str | None
    entry: str | None
    since: int  # UTC ms.


class Explanation(Struct, frozen=True, forbid_unknown_fields=True):
    """Why the difference is in order now."""

    note: Annotated[str, Meta(min_length=1, max_length=1_000)]


@get("/parked", guards=[access.staff], summary="What is parked, oldest first", sync_to_thread=False)
def parked(request: Ask, state: State) -> list[ParkedNow]:
    return retold([_parked(one) for one in state.house.outbox.parked()], say_to(request))


def _parked(one: Any) -> ParkedNow:
    return ParkedNow(
        one.id, one.kind, one.trading_day, one.amount_minor, one.reason, one.cause, one.owner, one.hint, to_ms(one.since)
    )


@post("/parked/{id:str}/solve", guards=[access.staff], status_code=200, summary="Solve a parked record")
async def solve(request: Ask, id: str, data: Solution) -> None:
    await solve_it(request.app.state.house, id, data, access.of(request).name)


async def solve_it(house: House, id: str, solution: Solution, by: str) -> None:
    """Raises Rejected, NotFound, WrongState."""
    if solution.how == "was_booked" and not solution.number:
        raise Rejected(why="the cloud's number is missing: type it from the cloud's screen")
    await house.outbox.solve(id, solution.how, by, solution.note, solution.number)


@get("/in-flight", guards=[access.staff], summary="Sales in flight at a change of rung, not yet settled", sync_to_thread=False)
def in_flight(state: State) -> list[InFlightOne]:
    return [_in_flight(one) for one in state.house.in_flight.open()]


def _in_flight(one: Any) -> InFlightOne:
    named = {name: getattr(one, name) for name in InFlightOne.__struct_fields__}
    return InFlightOne(**{**named, "happened_at": to_ms(one.happened_at)})


@post("/in-flight/{id:str}/settle", guards=[access.staff], status_code=200, summary="Say what became of a sale in flight")
async def settle(request: Ask, id: str, data: Settlement) -> None:
    await request.app.state.house.in_flight.settle(id, data.outcome, access.of(request).name, data.number)


@get("/findings", guards=[access.staff], summary="Differences that nobody has explained yet", sync_to_thread=False)
def findings(request: Ask, state: State) -> list[FindingNow]:
    house = state.house
    return retold([_finding(kept, house) for kept in house.close.findings()], say_to(request))


def _finding(kept: Any, house: House) -> FindingNow:
    entry, body = kept.entry, kept.entry.body
    amount = late.minor_of(house, body.key) if body.code == late_sales.CODE else body.amount_minor  # Grows with each that comes.
    return FindingNow(entry.id, body.code, body.text, body.owner, amount, body.day, entry.refers_to, entry.happened_at)


@post("/findings/{id:str}/close", guards=[access.staff], status_code=200, summary="Explain a difference")
async def explain(request: Ask, id: str, data: Explanation) -> None:
    await request.app.state.house.close.close_finding(id, data.note, access.of(request).name)


ROUTES = (parked, solve, in_flight, settle, findings, explain)
