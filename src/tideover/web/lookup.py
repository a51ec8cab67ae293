"""Hands the copies to tills and staff: piece by piece with a cursor, or by what a cashier has in the hand."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import Parameter
from msgspec import Struct

from tideover.web import access
from tideover.web.language import retold, say_to
from tideover.web.status import CopyNow, copies_now, to_ms_or_none

ROWS_MAX = 1_000  # Of one piece: 20,000 items are 20 requests of 200 kB.
FOUND_MAX = 100

Cursor = Annotated[str | None, Parameter(max_length=40, description="Cursor of the piece before; leave it out to read from the start.")]


class Piece(Struct, frozen=True):
    """A piece of a copy, oldest change first; read on with `cursor` while `more`, and later to get what changed."""

    rows: tuple[Any, ...]  # Records of model/item.py
    removed: tuple[str, ...]
    cursor: str
    more: bool
    as_of: int | None  # UTC ms: so old is what the cloud said.
    age_s: float | None


class Found(Struct, frozen=True):
    """What fits the text, best first."""

    rows: tuple[Any, ...]  # Records of model/item.py
    as_of: int | None
    age_s: float | None


@get("/copies", guards=[access.shop], summary="Every copy with its age, count and content hash", sync_to_thread=False)
def copies(request: Request[Any, Any, Any], state: State) -> list[CopyNow]:
    return retold(list(copies_now(state.house)), say_to(request))


@get("/copies/{dataset:str}", guards=[access.shop], summary="A copy, piece by piece", sync_to_thread=True)
def copy(
    state: State, dataset: str, after: Cursor = None, limit: Annotated[int, Parameter(ge=1, le=ROWS_MAX)] = ROWS_MAX
) -> Piece:
    piece = state.house.copies.rows(dataset, after, limit)
    freshness = state.house.copies.state(dataset)
    return Piece(piece.rows, piece.removed, piece.cursor, piece.more, to_ms_or_none(freshness.as_of), freshness.age_s)


@get("/search", guards=[access.shop], summary="Find by barcode, code, beginning of a name, or words", sync_to_thread=False)
def search(
    state: State,
    q: Annotated[str, Parameter(max_length=400)],
    dataset: str = "items",
    limit: Annotated[int, Parameter(ge=1, le=FOUND_MAX)] = 20,
) -> Found:
    rows = state.house.copies.search(q, dataset, limit)
    freshness = state.house.copies.state(dataset)
    return Found(tuple(rows), to_ms_or_none(freshness.as_of), freshness.age_s)


ROUTES = (copies, copy, search)
