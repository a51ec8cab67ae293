"""The first ten minutes for commands on the box's own machine: a code for the pages, and answers and files beside a running box."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Request, post
from msgspec import Meta, Struct

from tideover.errors import FileUnreadable
from tideover.model.item import Dataset
from tideover.plan.answers import FILE_BYTES_MAX, read_answers
from tideover.web import access, starting
from tideover.web.beginning import Beginning
from tideover.web.start_files import UPLOAD_BYTES_MAX, lay_exports
from tideover.web.tills import Code
from tideover.world import from_ms

Ask = Request[Any, Any, Any]
JSON_BYTES_MAX = UPLOAD_BYTES_MAX * 3 // 2 + 2**20  # Bytes travel as base64.
Text = Annotated[str, Meta(max_length=1_000)]


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """An export that the command has looked at."""

    dataset: Dataset
    name: Text
    content: bytes  # Base64.
    columns: Annotated[dict[str, Text], Meta(max_length=50)]  # Every field to its heading; "" for none.
    constants: Annotated[dict[str, Text], Meta(max_length=50)]
    as_of: int  # UTC ms.


class Everything(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person gave to the command."""

    answers: Annotated[str, Meta(max_length=FILE_BYTES_MAX)]  # As a file, in TOML.
    parts: Annotated[tuple[Part, ...], Meta(max_length=5)] = ()
    staff: Annotated[tuple[tuple[Text, Text, Text], ...], Meta(max_length=500)] = ()  # Name, phone, mail.
    replace: bool = False  # Although it looks like another shop's.


class Begun(Struct, frozen=True):
    """What came of it; the box opens itself anew where settings changed."""

    brought: tuple[starting.Brought, ...]


@post("/start/code", guards=[access.machine], status_code=201, summary="A one-time code that opens the first pages on this machine")
async def make_code(request: Ask) -> Code:
    beginning: Beginning = request.app.state.beginning
    return beginning.codes.make()


@post(
    "/start",
    guards=[access.machine],
    status_code=200,
    summary="Answers into the plan, files into the copies",
    request_max_body_size=JSON_BYTES_MAX,
)
async def begin(request: Ask, data: Everything) -> Begun:
    house = request.app.state.house
    answers = read_answers(data.answers)
    if data.parts:
        starting.refuse_other_cloud(house)
        lay_exports(house)
    parts = [await _looked(house, part) for part in data.parts]
    settings, brought = await starting.take_all(house, answers, parts, data.staff, replace=data.replace)
    if settings != house.settings:
        house.bells["anew"].ring()
    return Begun(tuple(brought))


async def _looked(house: Any, part: Part) -> starting.Given:
    """The file read under the columns that were shown to the person; beside the loop."""

    def work() -> Any:
        chosen = house.cloud.correct(part.dataset, part.name, part.content, part.columns, part.constants)
        return house.cloud.look_closely(part.dataset, part.name, part.content, chosen)

    looked = await asyncio.to_thread(work)
    if looked.reading is None:
        raise FileUnreadable(file=part.name, why="a column is missing", next="Run the same command again.")
    return starting.Given(part.dataset, part.name, part.content, looked, from_ms(part.as_of))


ROUTES = (make_code, begin)
