"""Hears a till that this box does not know, about one thing only: the head that was once given to it.

A box that runs on an old copy of its data may have forgotten the very till that could tell it so. A head counts by its proof,
which only this box can have made; without a right proof nothing is kept and nothing is said.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Request, post
from msgspec import Meta, Struct

from tideover.journal.chain import Head
from tideover.web import access
from tideover.web.rate import Tries

PATH = "/witness"
TRIES_MAX = 12  # Per address, within SPAN_S: a till says it once in a while.
TRIES_ALL = 120
SPAN_S = 60
WHO = "stranger"  # Its name is no use: this box does not know it.


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """The last head that a till was given, as it came."""

    known_head: Annotated[str, Meta(pattern=r"^[0-9]{1,16}:[0-9a-f]{64}$")]
    head_proof: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


@post(PATH, guards=[access.anyone], status_code=200, summary="A head that this box gave, from a till that it does not know any more")
async def witness(request: Request[Any, Any, Any], data: Told) -> None:
    """Answers the same to whatever is true or false; raises TooOften, and Damaged where this journal lost what was witnessed."""
    tries: Tries = request.app.state.witness_tries
    tries.count(**{f"address {access.address_of(request)}": TRIES_MAX, "everybody": TRIES_ALL})
    journal = request.app.state.house.journal
    await asyncio.to_thread(journal.witness, Head.parse(data.known_head), WHO, data.head_proof)


ROUTES = (witness,)
