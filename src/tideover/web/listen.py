"""Serves the application on a port, in the box's own loop, until it is told to end."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tideover.errors import PortTaken
from tideover.web.door import Door
from tideover.web.gate import Gate

BACKLOG = 512  # Connections waiting to be taken: every till of a shop may come back at the same second.
GRACE_S = 2  # A request under way may end; a stream is cut.


class Listener:
    """One listening port."""

    def __init__(self, app: Gate, bind: str, port: int, listening: socket.socket | None = None) -> None:
        """port: 0 picks a free one, see `port`. listening: kept from the listener before. Raises PortTaken."""
        self._app = app
        try:
            self._socket = listening or _open(bind, port)
        except OSError as error:
            raise PortTaken(bind=bind, port=port, why=error.strerror or str(error)) from error
        self._config = uvicorn.Config(
            app,
            http=Door,
            lifespan="on",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
            backlog=BACKLOG,
        )
        self._server = _Quiet(self._config)
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def start(self) -> asyncio.Task[None]:
        """Listening when it returns; the task ends only when the server does."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket.dup()]))  # The server closes what it is given.
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            self._task.result()
        return self._task

    async def stop(self, keep: bool = False) -> socket.socket | None:
        """Ends the streams, lets requests finish, closes the port; or keeps it: whoever calls meanwhile waits for the next listener."""
        self._app.end()
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        if keep:
            return self._socket
        self._socket.close()
        return None


class _Quiet(uvicorn.Server):
    """Leaves the process's signals to the box, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The box decides what a signal means."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _open(bind: str, port: int) -> socket.socket:
    """A bound socket that names its protocol: else asyncio leaves Nagle's wait on, and each answer takes 40 ms."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # Elsewhere this would let a second process take the port.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((bind, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
