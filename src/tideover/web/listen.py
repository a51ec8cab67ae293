"""Serves the application on a port, in the box's own loop, until it is told to end."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from msgspec import Struct

from tideover.errors import PortTaken
from tideover.web.door import Door
from tideover.web.gate import Gate
from tideover.web.secure import Tls

BACKLOG = 512  # Connections waiting to be taken: every till of a shop may come back at the same second.
GRACE_S = 2  # A request under way may end; a stream is cut.


class Kept(Struct, frozen=True):
    """The sockets of a listener that ended, for the next one."""

    plain: socket.socket
    secure: socket.socket | None


class Listener:
    """One listening port; a second one for https where there is a certificate."""

    def __init__(self, app: Gate, bind: str, port: int, kept: Kept | None = None, tls: Tls | None = None) -> None:
        """port: 0 picks a free one, see `port`. kept: from the listener before. Raises PortTaken, Misconfigured."""
        self._app, self._tls = app, tls
        self._plain = kept.plain if kept is not None else _opened(bind, port)
        self._secure: socket.socket | None = None
        self._server = _Quiet(_config(app, "on", None))
        self._servers = [self._server]
        if tls is not None:
            self._secure = kept.secure if kept is not None and kept.secure is not None else _opened(bind, tls.port)
            self._servers.append(_Quiet(_config(app, "off", tls.context)))
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return int(self._plain.getsockname()[1])

    @property
    def secure_port(self) -> int | None:
        """The port for https; None without a certificate."""
        return None if self._secure is None else int(self._secure.getsockname()[1])

    async def start(self) -> asyncio.Task[None]:
        """Listening when it returns; the task ends only when a server does."""
        self._task = asyncio.create_task(self._serve())
        ready = asyncio.gather(*(one.ready.wait() for one in self._servers))
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            self._task.result()
        return self._task

    async def _serve(self) -> None:
        sockets = [one for one in (self._plain, self._secure) if one is not None]
        renewing = None if self._tls is None else asyncio.create_task(self._tls.keep())
        try:
            async with asyncio.TaskGroup() as group:
                for server, listening in zip(self._servers, sockets, strict=True):
                    group.create_task(server.serve(sockets=[listening.dup()]))  # The server closes what it is given.
        finally:
            if renewing is not None:
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)

    async def stop(self, keep: bool = False) -> Kept | None:
        """Ends the streams, lets requests finish, closes the ports; or keeps them: whoever calls meanwhile waits for the next listener."""
        self._app.end()
        for server in self._servers:
            server.should_exit = True
        if self._task is not None:
            await self._task
        await self._app.rest()
        if keep:
            return Kept(self._plain, self._secure)
        for one in (self._plain, self._secure):
            if one is not None:
                one.close()
        return None


def _config(app: Gate, lifespan: Literal["on", "off"], tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Door,
        lifespan=lifespan,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
        ssl_context_factory=None if tls is None else lambda config, default: tls,
    )


def _opened(bind: str, port: int) -> socket.socket:
    try:
        return _open(bind, port)
    except OSError as error:
        raise PortTaken(bind=bind, port=port, why=error.strerror or str(error)) from error


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
