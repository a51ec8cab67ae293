"""Tells every open page and till at once when something changed: server-sent events, one status each; and beats in between.

A slow reader gets the newest status, never a queue of old ones. Ends when the box ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request, get
from litestar.response import Stream

from tideover.errors import TooOften
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import retold, say_to
from tideover.web.status import Takings, status_of
from tideover.words import Say
from tideover.world import to_ms

READERS_MAX = 200  # Tills and pages of one shop, with room.
HEARTBEAT_S = 5.0  # Real seconds: an open page that hears nothing for three of them says that it may be old.
GATHER_S = 0.1  # Real seconds: a burst of entries is one event.


class Changes:
    """One bell for everything that a status shows."""

    def __init__(self, house: House) -> None:
        self._readers: set[asyncio.Event] = set()
        self._is_over = False
        house.journal.on_append(self.ring)
        house.copies.on_change(lambda dataset: self.ring())
        house.watch.on_change(self.ring)
        house.fallback.on_change(self.ring)
        house.power.on_change(self.ring)

    def ring(self) -> None:
        """Something changed; call from the loop's own thread."""
        for reader in self._readers:
            reader.set()

    def end(self) -> None:
        """The box stops: every stream ends."""
        self._is_over = True
        self.ring()

    async def listen(self) -> AsyncIterator[bool]:
        """True at once and after each change, False for a heartbeat."""
        if len(self._readers) >= READERS_MAX:
            raise TooOften(what="Listening", wait_s=60)
        bell = asyncio.Event()
        self._readers.add(bell)
        try:
            yield True
            while not self._is_over:
                changed = await rung(bell, HEARTBEAT_S)
                if self._is_over:
                    return
                if changed:
                    await rung(asyncio.Event(), GATHER_S)
                    bell.clear()
                yield changed
        finally:
            self._readers.discard(bell)


async def rung(bell: asyncio.Event, seconds: float) -> bool:
    """Waits for the bell, at most so many real seconds.

    Not the World's pause: a reader's connection lives in real time, and no loop of the box waits for it.
    """
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return False
    return True


async def told(changes: Changes, house: House, takings: Takings, with_sums: bool, say: Say) -> AsyncIterator[bytes]:
    """The stream's bytes."""
    number = 0
    async for changed in changes.listen():
        if changed:
            number += 1
            body = msgspec.json.encode(retold(await status_of(house, takings, with_sums), say))
            yield b"id: %d\nevent: status\ndata: %s\n\n" % (number, body)
        else:
            now = house.world.now()
            beat = {"now": to_ms(now), "clock": say.clock(now, house.settings.time_zone)}
            yield b"event: beat\ndata: %s\n\n" % msgspec.json.encode(beat)


@get("/events", guards=[access.anyone], summary="Server-sent events: the status, at once and on change", media_type="text/event-stream")
async def events(request: Request[Any, Any, Any]) -> Stream:
    state = request.app.state
    stream = told(state.changes, state.house, state.takings, access.of(request).sees_sums, say_to(request))
    return Stream(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


ROUTES = (events,)
