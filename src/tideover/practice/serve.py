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


def stand_alone_options(parser: argparse.ArgumentParser) -> None:
    """The options that both programs share."""
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
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


async def until_told(with_parent: bool) -> None:
    """Returns on SIGTERM or SIGINT, or when the parent is gone."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, ended.set)
    if not with_parent:
        await ended.wait()
        return
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    gone = asyncio.ensure_future(reader.read(-1))
    told = asyncio.ensure_future(ended.wait())
    await asyncio.wait({gone, told}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    told.cancel()
    transport.close()


def serve_cloud(options: argparse.Namespace, make: Callable[[World], Any]) -> None:
    """Runs the app until told to end."""
    asyncio.run(_serve(options, make))


async def _serve(options: argparse.Namespace, make: Callable[[World], Any]) -> None:
    async with listening(make(world_of(options)), options.port) as port:
        ready(port=port)
        await until_told(options.with_parent)


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
