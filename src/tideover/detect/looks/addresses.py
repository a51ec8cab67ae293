"""Names to addresses for looks: asked of the system beside everything else, and remembered, so that a dead name service looks like itself.

One question per name at a time, in a thread that nobody waits for at the end: a resolver that hangs for ten seconds delays no
other look and no exit. Judges no answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from tideover.world import World

Address = tuple[int, tuple[Any, ...]]  # Family and what connect() takes.
LookUp = Callable[[str, int], Sequence[Address]]  # Raises OSError; may take long.

FRESH_S = 300.0  # So long an answer is used without asking again …
REMEMBERED_WAIT_S = 0.1  # … and after that a new one is waited for only this long: the old one still serves.
NAME_S = 0.4  # So long a look waits for a name that nobody knows yet.
NAMES_MAX = 256


def ask_system(host: str, port: int) -> list[Address]:
    """Every address that the system knows for that name, in its order. Raises socket.gaierror."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


class Addresses:
    """Ask `of`; forgets nothing while it runs but is bounded."""

    def __init__(self, world: World, look_up: LookUp = ask_system) -> None:
        self._world, self._look_up = world, look_up
        self._known: dict[str, tuple[datetime, list[Address]]] = {}
        self._asked: dict[str, asyncio.Future[list[Address]]] = {}

    async def of(self, host: str, port: int) -> list[Address]:
        """Addresses of HOST with that port. Raises socket.gaierror."""
        if (literal := literal_address(host, port)) is not None:
            return [literal]
        known = self._known.get(host)
        if known is not None and timedelta(0) <= self._world.now() - known[0] < timedelta(seconds=FRESH_S):
            return _with_port(known[1], port)
        asked = self._ask(host)
        if known is None:
            try:
                return _with_port(await self._world.within(NAME_S, asyncio.shield(asked)), port)
            except TimeoutError as error:  # It is remembered when it comes: the next look has it.
                raise socket.gaierror(socket.EAI_AGAIN, host) from error
        with contextlib.suppress(TimeoutError, OSError):
            return _with_port(await self._world.within(REMEMBERED_WAIT_S, asyncio.shield(asked)), port)
        return _with_port(known[1], port)

    async def fresh(self, host: str) -> list[Address]:
        """What the system says now. Raises socket.gaierror."""
        return await asyncio.shield(self._ask(host))

    def _ask(self, host: str) -> asyncio.Future[list[Address]]:
        pending = self._asked.get(host)
        if pending is not None and not pending.done():
            return pending
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Address]] = loop.create_future()
        answer.add_done_callback(lambda done: self._keep(host, done))
        self._asked[host] = answer
        threading.Thread(target=_run, args=(loop, answer, self._look_up, host), name=host[:40], daemon=True).start()
        return answer

    def _keep(self, host: str, done: asyncio.Future[list[Address]]) -> None:
        self._asked.pop(host, None)
        if done.cancelled() or done.exception() is not None:
            return
        if len(self._known) >= NAMES_MAX:
            self._known.pop(next(iter(self._known)))
        self._known[host] = (self._world.now(), done.result())


def _run(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[list[Address]], look_up: LookUp, host: str) -> None:
    """In a thread of its own; whoever asked may be gone when it ends."""
    try:
        found: list[Address] | OSError = list(look_up(host, 0))
    except OSError as error:
        found = error
    except UnicodeError:  # A name that is none.
        found = socket.gaierror(socket.EAI_NONAME, host)

    def tell() -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    with contextlib.suppress(RuntimeError):  # The loop was closed while the resolver hung.
        loop.call_soon_threadsafe(tell)


def literal_address(host: str, port: int) -> Address | None:
    """HOST as it stands, if it is an address and no name."""
    try:
        version = ip_address(host.partition("%")[0]).version
    except ValueError:
        return None
    return (socket.AF_INET, (host, port)) if version == 4 else _scoped(host, port)


def _scoped(host: str, port: int) -> Address:
    """fe80::1%eth0 needs the number of its device."""
    plain, _, device = host.partition("%")
    scope = 0
    if device:
        with contextlib.suppress(OSError):
            scope = int(device) if device.isdigit() else socket.if_nametoindex(device)
    return socket.AF_INET6, (plain, port, 0, scope)


def _with_port(found: Sequence[Address], port: int) -> list[Address]:
    return [(family, (address[0], port, *address[2:])) for family, address in found]
