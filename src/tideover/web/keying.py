"""A person as the cloud's hands: what to key next, one screen per sale, and what the cloud's screen said.

Beginning is stored before the screen is shown: from then on the sale counts as maybe booked.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import Parameter
from msgspec import Meta, Struct

from tideover.errors import Rejected, WrongState
from tideover.model.answer import Answer
from tideover.model.money import Minor
from tideover.model.sale import Name
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import retold, say_to

Ask = Request[Any, Any, Any]
LIST_MAX = 200  # Entries named at once; the count is of all.
Day = Annotated[str, Parameter(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class ToKey(Struct, frozen=True):
    """What a person keys next, in order."""

    left: int
    entries: tuple[str, ...]


class Keyed(Struct, frozen=True, forbid_unknown_fields=True):
    """What the cloud's screen said: exactly one of `number`, `refused`, `unsure`."""

    number: Annotated[Name, Meta(min_length=1)] | None = None  # The cloud's receipt number, typed back.
    total_minor: Minor | None = None  # The total on the cloud's screen.
    refused: Annotated[str, Meta(min_length=1, max_length=900)] | None = None  # What it said instead.
    cause: Annotated[str, Meta(max_length=40)] = ""  # With refused: closed-period, item-gone …
    unsure: bool = False  # Nobody knows: it will be looked for in the cloud's day report.


class Imported(Struct, frozen=True):
    """A day report was read."""

    documents: int
    total_minor: int


@get("/keying", guards=[access.staff], summary="What to key into the cloud next", sync_to_thread=False)
def keying(state: State) -> ToKey:
    entries = state.house.outbox.keying()
    return ToKey(len(entries), tuple(entries[:LIST_MAX]))


@post("/keying/{entry:str}/begin", guards=[access.staff], status_code=200, summary="Begin to key one: it is yours for a quarter of an hour")
async def begin(request: Ask, entry: str) -> Any:
    house: House = request.app.state.house
    refuse_interface(house)
    return retold(house.cloud.screen(await house.outbox.begin(entry)), say_to(request))


@post("/keying/{entry:str}/done", guards=[access.staff], status_code=200, summary="Say what the cloud's screen said")
async def done(request: Ask, entry: str, data: Keyed) -> ToKey:
    house: House = request.app.state.house
    refuse_interface(house)
    await house.outbox.answer(entry, answer_of(data))
    return keying.fn(request.app.state)


def answer_of(keyed: Keyed) -> Answer:
    """The person's words as an answer of the cloud; raises Rejected unless exactly one is given."""
    if sum((keyed.number is not None, keyed.refused is not None, keyed.unsure)) != 1:
        raise Rejected(why="give exactly one of number, refused and unsure")
    if keyed.number is not None:
        return Answer("created", number=keyed.number, total_minor=keyed.total_minor)
    if keyed.refused is not None:
        return Answer("refused", reason=keyed.refused, cause=keyed.cause)
    return Answer("silent")


def refuse_interface(house: House) -> None:
    """Raises WrongState unless a person is this cloud's hands."""
    if house.cloud.manifest.hands != "person":
        raise WrongState(what="Keying by hand", why="this cloud is booked through its interface")


@post("/day-report", guards=[access.staff], status_code=200, summary="Bring the cloud's day report, or with lines=true its lines")
async def day_report(request: Ask, day: Day, lines: bool = False) -> Imported:
    house: House = request.app.state.house
    refuse_interface(house)
    body = await request.body()
    found = house.cloud.import_day_report(day, None, body) if lines else house.cloud.import_day_report(day, body)
    await house.outbox.look_again()
    await house.in_flight.look_again()
    return Imported(len(found), sum(one.total_minor for one in found if one.state == "final"))


ROUTES = (keying, begin, done, day_report)
