"""Does anything answer there: a TCP connection, and now and then a TLS handshake, bound to one line where that matters.

Both versions of the internet protocol are tried, the later one a moment behind the first: a line without IPv6 is no dead line.
Sends nothing but the handshake, and closes what it opens whatever happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Sequence
from functools import cache

from tideover.detect.looks.addresses import Address, Addresses
from tideover.detect.looks.bound import ANY, Way, open_socket, told
from tideover.detect.looks.look import CLOCK_CODES, CLOCK_TEXT, TIMEOUT_S, WAYLESS, service_of, timed
from tideover.model.outage import Kind, Observation
from tideover.world import World

STAGGER_S = 0.1  # The next address is tried this long after the one before it, if that has not answered.
ADDRESSES_MAX = 4  # Tried in one look.
TLS_EACH = 6  # One look in so many shakes hands; a handshake costs a hundred times the work and ten times the bytes.
TLS_PORTS = frozenset({443, 853})
FOREIGN_CODES = frozenset({62, 63, 64})  # Host name, mail, address not in the certificate: trusted, and of somebody else.


@cache
def trust() -> ssl.SSLContext:
    """What this machine trusts; made once, for it costs 20 ms."""
    return ssl.create_default_context()


async def connect(way: Way, addresses: Sequence[Address]) -> tuple[socket.socket, bool]:
    """The first connection that opens, and whether it is bound to the way. Raises OSError of the first address."""
    if len(addresses) == 1:
        return await _open(way, addresses[0])
    return await _race(way, addresses[:ADDRESSES_MAX])


async def _open(way: Way, address: Address) -> tuple[socket.socket, bool]:
    one, is_bound = open_socket(way, address[0], socket.SOCK_STREAM)
    is_open = False
    try:
        await asyncio.get_running_loop().sock_connect(one, address[1])
        is_open = True
    finally:
        if not is_open:  # Failed, or nobody waits for it any more.
            one.close()
    return one, is_bound


async def _race(way: Way, addresses: Sequence[Address]) -> tuple[socket.socket, bool]:
    """Each a moment behind the one before, or at once when that failed."""
    running: list[asyncio.Task[tuple[socket.socket, bool]]] = []
    left, won = list(addresses), None
    try:
        while won is None and (left or any(not one.done() for one in running)):
            if left:
                running.append(asyncio.ensure_future(_open(way, left.pop(0))))
            waiting = [one for one in running if not one.done()]
            await asyncio.wait(waiting, timeout=STAGGER_S if left else None, return_when=asyncio.FIRST_COMPLETED)
            won = next((one for one in running if one.done() and one.exception() is None), None)
        if won is None:
            raise next((one.exception() for one in running if one.exception() is not None), OSError(errno.ENETUNREACH, ""))
        return won.result()
    finally:
        for one in running:
            if one is not won:
                await _end(one)


async def _end(task: asyncio.Task[tuple[socket.socket, bool]]) -> None:
    """Cancelled, or its socket closed."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, OSError):
        (await task)[0].close()


async def shake_hands(one: socket.socket, host: str, context: ssl.SSLContext) -> None:
    """A TLS handshake on an open connection; closes it. Raises ssl.SSLError, OSError."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=one, ssl=context, server_hostname=host)
    transport.abort()


class TcpProbe:
    """Opens a connection to HOST:PORT and closes it at once: does anything answer there?"""

    def __init__(
        self, name: str, host: str, port: int, kind: Kind, world: World, timeout_s: float = TIMEOUT_S, *,
        way: Way = ANY, book: Addresses | None = None, tls_each: int = 0, context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        """name: the operator, as it is told to people. tls_each: one look in so many shakes hands, 0 none."""
        self.name, self.timeout_s = name, timeout_s
        self._host, self._port, self.kind, self._world = host, port, kind, world
        self._way, self._book, self._tls_each, self._context = way, book or Addresses(world), tls_each, context
        self._until_tls, self._has_answered = 0, False

    async def look(self) -> Observation:
        service = service_of(self.kind, self._way.line)
        return await timed(self._world, service, self.kind, self.name, self.timeout_s, self._connect(), self._way.line)

    async def _connect(self) -> tuple[bool | None, str]:
        addresses = await self._book.of(self._host, self._port)
        try:
            one, is_bound = await connect(self._way, addresses)
        except OSError as error:
            if error.errno in WAYLESS and addresses[0][0] == socket.AF_INET6 and not self._has_answered:
                return None, "not looked at: there is no IPv6 here"
            raise
        text = told("answers", is_bound)
        ok, text = await self._secured(one, text)
        self._has_answered = self._has_answered or bool(ok)
        return ok, text

    async def _secured(self, one: socket.socket, text: str) -> tuple[bool, str]:
        """With a handshake if it is time for one; after one that failed it is, until one succeeds."""
        if not self._tls_each or self._until_tls > 0:
            one.close()
            self._until_tls -= 1
            return True, text
        try:
            await shake_hands(one, self._host, self._context or trust())
        except ssl.SSLCertVerificationError as error:
            if error.verify_code not in CLOCK_CODES | FOREIGN_CODES:
                raise
            text = CLOCK_TEXT if error.verify_code in CLOCK_CODES else text
        self._until_tls = self._tls_each - 1
        return True, text
