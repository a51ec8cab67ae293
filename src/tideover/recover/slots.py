"""The calls that a cloud allows at once, each a slot that one hand holds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tideover.world import Turns, World


class Slots:
    """So many at once. Hands that one commit let go begin one by one, and what a till sent meanwhile is taken between two of them."""

    def __init__(self, count: int, world: World) -> None:
        self._free, self._door = Turns(world, count), asyncio.Lock()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Holds a slot while the block runs."""
        async with self._free:
            async with self._door:
                await _next_turn_of_the_loop()
            yield


async def _next_turn_of_the_loop() -> None:
    """No time passes, in no world."""
    loop = asyncio.get_running_loop()
    turn = loop.create_future()
    loop.call_soon(turn.set_result, None)
    await turn
