"""Reads a request's JSON strictly: right types, no unknown field, no key twice, whole numbers within ±(2^53−1).

Never guesses: "1" is not 1, true is not 1, and what does not fit is refused with the place of the fault.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec
from litestar import Request

from tideover.errors import Rejected
from tideover.model.money import INT_MAX

T = TypeVar("T")

BODY_BYTES_MAX = 8 * 2**20  # 500 entries of a usual sale are 0.6 MB; a day report of a big shop is 2 MB.


def decode(body: bytes, shape: type[T]) -> T:
    """The value in `body` as `shape`; raises Rejected, saying where it does not fit."""
    try:
        plain = json.loads(body, object_pairs_hook=_no_twice, parse_int=_bounded, parse_constant=_no_constant)
        del plain
        return msgspec.json.decode(body, type=shape, strict=True)
    except (msgspec.MsgspecError, UnicodeError, json.JSONDecodeError, RecursionError) as error:
        raise Rejected(why=f"its JSON does not fit: {error}") from error


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rejected(why="a key stands in it twice")
    return found


def _bounded(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > INT_MAX:
        raise Rejected(why=f"the number {text[:20]} is larger than 2^53−1")
    return int(text)


def _no_constant(text: str) -> Any:
    raise Rejected(why=f"{text} is not a number")


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded into exactly the type that the route's `data` asks for."""

    async def json(self) -> Any:
        field = self.route_handler.parsed_data_field
        if self.content_type[0] != "application/json":
            raise Rejected(why="its content type must be application/json")
        return decode(await self.body(), field.annotation if field is not None else Any)
