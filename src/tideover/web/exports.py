"""Takes the exports of a cloud without an interface: looked at first, then read into the copies."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from msgspec import Struct

from tideover.copies.store import check_dataset
from tideover.web import access
from tideover.web.house import House
from tideover.web.keying import refuse_interface
from tideover.web.language import say_to

Ask = Request[Any, Any, Any]
FAULTS_SHOWN = 50  # Rows that could not be read, named at once; the count is of all.


class Looked(Struct, frozen=True):
    """Which column would be read as what; nothing was kept."""

    columns: dict[str, str]  # Field to heading.
    missing: tuple[str, ...]  # Required fields without a column.
    unused: tuple[str, ...]  # Headings that no field is read from.


class Read(Struct, frozen=True):
    """What the export holds; it replaces the copy at the next pull."""

    records: int
    faults: tuple[str, ...]  # Rows that could not be read, each with its reason.
    faults_count: int


@post("/exports/{dataset:str}/look", guards=[access.staff], status_code=200, summary="Look at an export: which column is what")
async def look(request: Ask, dataset: str) -> Looked:
    house: House = request.app.state.house
    refuse_interface(house)
    guess = house.cloud.look_at(check_dataset(dataset), f"The export of {dataset}", await request.body())
    return Looked(guess.columns, guess.missing, guess.unused)


@post("/exports/{dataset:str}", guards=[access.staff], status_code=200, summary="Bring an export of the cloud (CSV or XLSX)")
async def take(request: Ask, dataset: str) -> Read:
    house: House = request.app.state.house
    refuse_interface(house)
    reading = house.cloud.take_export(check_dataset(dataset), await request.body())
    faults = tuple(say_to(request).told(str(one)) for one in reading.faults)
    return Read(len(reading.records), faults[:FAULTS_SHOWN], len(faults))


ROUTES = (look, take)
