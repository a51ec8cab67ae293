"""How the practice programs stand alone: a loopback port, one ready line, an end with their parent.

They must never outlive whoever started them, so that a rehearsal leaves nothing running.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from tideover.world import World, real_world, told_world

LOOPBACK = "127.0.0.1"
PORT_MAX = 65_535


def stand_alone_options(parser: argparse.ArgumentParser) -> None:
    """The options that both programs share."""
    parser.add_argument("--port", type=_port, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--clock", type=Path, help="clock page of a rehearsal; without it the machine's own clock")
    parser.add_argument("--seed", type=int, default=1, help="seed of its chances")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")


def world_of(options: argparse.Namespace) -> World:
    """The rehearsal's world or the real one; its chances come from the seed either way."""
    world: World = told_world(options.clock, options.seed) if options.clock else real_world()
    world.chance.seed(options.seed)
    return world


def ready(**ports: Any) -> None:
    """The one line on standard output."""
    sys.stdout.write(msgspec.json.encode(ports).decode() + "\n")
    sys.stdout.flush()


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > PORT_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 0 to {PORT_MAX}")
    return int(text)


class Ending:
    """The program's end: SIGTERM, SIGINT or, if asked, the end of standard input. Make it before saying ready."""

    def __init__(self, with_parent: bool) -> None:
        """Call inside the running loop."""
        self._with_parent = with_parent
        self._told = asyncio.Event()
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, self._told.set)

    async def wait(self) -> None:
        if not self._with_parent:
            await self._told.wait()
            return
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        waits = {asyncio.ensure_future(_to_the_end(reader)), asyncio.ensure_future(self._told.wait())}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
        transport.close()


async def _to_the_end(reader: asyncio.StreamReader) -> None:
    while await reader.read(4096):
        pass


def serve_cloud(options: argparse.Namespace, make: Callable[[World], Any]) -> None:
    """Runs the app until told to end."""
    asyncio.run(_serve(options, make))


async def _serve(options: argparse.Namespace, make: Callable[[World], Any]) -> None:
    ending = Ending(options.with_parent)
    async with listening(make(world_of(options)), options.port) as port:
        ready(port=port)
        await ending.wait()


@contextlib.asynccontextmanager
async def listening(app: Any, port: int = 0) -> AsyncIterator[int]:
    """Serves an ASGI app with a `close` on loopback while the block runs; gives the port."""
    from uvicorn.config import Config
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.server import ServerState

    config = Config(app, loop="asyncio", http="h11", ws="none", lifespan="off", log_level="warning", access_log=False)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: H11Protocol(config=config, server_state=state, app_state={}), LOOPBACK, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in tuple(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        app.close()
