"""The box as a process: open the data directory, run its loops, answer HTTP, end cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tideover.app import House, open_house
from tideover.box import live
from tideover.world import World


async def serve(house: House, with_parent: bool, ready: Callable[[int], None]) -> None:
    """The loops and the HTTP door until SIGTERM, SIGINT or, if asked, the end of standard input."""
    import uvicorn

    from tideover.web.server import make_app

    door = socket.create_server((house.settings.bind, house.settings.port))
    config = uvicorn.Config(
        make_app(house), log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=3, server_header=False
    )
    server = uvicorn.Server(config)
    loops = asyncio.create_task(live(house))
    parent = asyncio.create_task(_parent_gone()) if with_parent else None
    serving = asyncio.create_task(server.serve(sockets=[door]))
    ready(door.getsockname()[1])
    await asyncio.wait({task for task in (loops, parent, serving) if task}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    for task in (loops, parent):
        if task:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _parent_gone() -> None:
    """Ends when standard input does."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass


def run(folder: Path, world: World, given: dict[str, Any], as_json: bool, with_parent: bool) -> None:
    """`tideover box`: open the data directory, say where the box listens, live until told to stop.

    Raises BoxBusy, Misconfigured, TooNew, DiskFailed. A damaged journal does not stop the start: the box
    serves what can be read and refuses to write.
    """

    def ready(port: int) -> None:
        if as_json:
            print(f'{{"port": {port}}}', flush=True)
        else:
            print(f"The box listens on http://{given.get('bind', '127.0.0.1')}:{port}  (Ctrl-C ends it)", flush=True)

    async def main() -> None:
        house = open_house(folder, world, **given)
        try:
            await serve(house, with_parent, ready)
        finally:
            await house.shut()

    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        asyncio.run(main())


