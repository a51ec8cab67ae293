"""What tills handed in when their right had ended, for a person to decide about: the page's rows, the buttons, the API.

Shows what the till signed and when that is said to have been; believes none of it.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.datastructures import State
from msgspec import Meta, Struct

from tideover.journal.late import sum_of
from tideover.model.facts import InFlight
from tideover.model.sale import Document
from tideover.trade.late import TOGETHER_MAX, Outcome, settle
from tideover.web import access
from tideover.web.house import House

Ask = Request[Any, Any, Any]
NAMES_MAX = 3  # Articles that a row names; the rest is counted.


class LateOne(Struct, frozen=True):
    """One that waits for a word."""

    id: str
    kind: str
    till: str
    till_name: str
    number: str  # On the receipt; "" for what has none.
    trading_day: str
    happened_at: int  # UTC ms, as the till says.
    recorded_at: int  # UTC ms, when it was handed in.
    is_after: bool  # Even by the till's own clock it was after its right had ended.
    operator: str | None
    amount_minor: int
    what: tuple[str, ...]  # The first articles.
    more: int  # And so many further lines.


class LateList(Struct, frozen=True):
    """GET /v1/late: the oldest first."""

    waiting: list[LateOne]
    total: int  # More than a page shows may wait.


class Word(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says of them."""

    ids: Annotated[list[Annotated[str, Meta(max_length=36)]], Meta(min_length=1, max_length=TOGETHER_MAX)]
    outcome: Outcome
    why: Annotated[str, Meta(max_length=1_000)] = ""


def listed(house: House) -> LateList:
    """What waits, as a page shows it."""
    found = house.journal.late()
    if not found:
        return LateList([], 0)
    names = {one["till"]: one["name"] for one in house.journal.tills()}
    ended: dict[str, int] = {}
    for kept in house.journal.read(kinds=("revoke",), limit=10_000):
        ended.setdefault(kept.entry.body.till, kept.entry.happened_at)
    return LateList([_row(one, names, ended) for one in found[:TOGETHER_MAX]], len(found))


def _row(one: Any, names: dict[str, str], ended: dict[str, int]) -> LateOne:
    entry, body = one.entry, one.entry.body.document if isinstance(one.entry.body, InFlight) else one.entry.body
    lines = body.lines if isinstance(body, Document) else ()
    return LateOne(
        id=entry.id,
        kind=entry.kind,
        till=entry.till,
        till_name=names.get(entry.till, entry.till),
        number=body.number if isinstance(body, Document) else "",
        trading_day=entry.trading_day,
        happened_at=entry.happened_at,
        recorded_at=one.recorded_at,
        is_after=entry.happened_at > ended.get(entry.till, entry.happened_at),
        operator=entry.operator,
        amount_minor=sum_of(entry) if lines else getattr(body, "amount_minor", 0),
        what=tuple(line.name for line in lines[:NAMES_MAX]),
        more=max(0, len(lines) - NAMES_MAX),
    )


def minor_of(house: House, key: str) -> int:
    """What those of one finding that still wait come to; its key ends with a number of its own."""
    return sum(sum_of(one.entry) for one in house.journal.late(key.rpartition("/")[0]))


@get("/late", guards=[access.staff], summary="Sales that came when their till's right had ended", sync_to_thread=False)
def late(state: State) -> LateList:
    return listed(state.house)


@post("/late", guards=[access.staff], status_code=200, summary="Say of late sales whether they happened")
async def decide(request: Ask, data: Word) -> None:
    await settle(request.app.state.house.journal, data.ids, data.outcome, data.why, access.of(request).name)


ROUTES = (late, decide)
