"""The process that lays out and presses papers beside the box, started for each piece of work and gone with it."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from tideover.errors import Unavailable
from tideover.kit.work import Done, Wish
from tideover.world import World

MODULE = "tideover.commands.paper_work"
TIMEOUT_S = 120.0  # 50,000 prices take 10 s on a good machine.
WHO = "The program that makes the papers"


class Presser:
    """Carries out wishes, one at a time."""

    def __init__(self, world: World) -> None:
        self._world, self._turn = world, asyncio.Lock()

    async def __call__(self, wish: Wish) -> Done:
        """Raises Unavailable with what the process said."""
        async with self._turn:
            return await self._run(msgspec.msgpack.encode(wish))

    async def _run(self, asked: bytes) -> Done:
        pipe = asyncio.subprocess.PIPE
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(self._world.environ)
        )
        try:
            answer, said = await self._world.within(TIMEOUT_S, running.communicate(asked))
        except TimeoutError as error:
            raise Unavailable(who=WHO, why=f"no answer in {TIMEOUT_S:g} s") from error
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()
        if running.returncode != 0:
            raise Unavailable(who=WHO, why=" ".join(said.decode("utf-8", "replace").split())[-500:] or "it ended by itself")
        return msgspec.msgpack.decode(answer, type=Done)
