"""Just enough HTTP/1.1 for the fault proxy: whole messages in and out, and a line that can be cut.

A library's client would retry, pool and pretty up; here a byte that was sent is known to have been sent.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import h11
from msgspec import Struct

LOOPBACK = "127.0.0.1"
CHUNK = 2**16
BODY_BYTES_MAX = 64 * 2**20
HOP_HEADERS = {b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"host", b"date", b"server"}


class Request(Struct, frozen=True):
    method: str
    target: str  # Path and query.
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key == name.encode()), "")


class Response(Struct, frozen=True):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Dropped(Struct, frozen=True):
    """Instead of a response: the line breaks here."""


Answer = Response | Dropped
Serve = Callable[[Request], Awaitable[Answer]]


async def _message(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[Any, bytes] | None:
    """The next whole message; None if the other side is gone. Raises h11.ProtocolError, ConnectionError."""
    head: Any = None
    parts: list[bytes] = []
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(CHUNK))
        elif isinstance(event, h11.Request | h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            parts.append(bytes(event.data))
            if sum(map(len, parts)) > BODY_BYTES_MAX:
                raise h11.RemoteProtocolError("the body is too long")
        elif isinstance(event, h11.EndOfMessage):
            return head, b"".join(parts)
        elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            return None


def _kept(headers: Any) -> list[tuple[bytes, bytes]]:
    return [(bytes(name), bytes(value)) for name, value in headers if bytes(name) not in HOP_HEADERS]


def _write(writer: asyncio.StreamWriter, connection: h11.Connection, head: Any, body: bytes) -> None:
    """In one piece: two would wait 40 ms for each other (Nagle and delayed acknowledgements)."""
    parts = (connection.send(part) for part in (head, h11.Data(data=body), h11.EndOfMessage()))
    writer.write(b"".join(part or b"" for part in parts))


async def forward(port: int, request: Request) -> Answer:
    """Sends the request to a port of this machine on a connection of its own; Dropped if that breaks."""
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return Dropped()
    try:
        connection = h11.Connection(h11.CLIENT)
        headers = [(b"host", f"{LOOPBACK}:{port}".encode()), (b"content-length", str(len(request.body)).encode()), *_kept(request.headers)]
        _write(writer, connection, h11.Request(method=request.method, target=request.target, headers=headers), request.body)
        await writer.drain()
        found = await _message(connection, reader)
    except (OSError, h11.ProtocolError):
        return Dropped()
    finally:
        writer.transport.abort()
    return Response(found[0].status_code, _kept(found[0].headers), found[1]) if found else Dropped()


class Listener:
    """One port of this machine that can be closed (refusing at once) and opened again; the port stays ours."""

    def __init__(self, serve: Serve | None, port: int = 0) -> None:
        """serve: None only accepts, as an anchor or a router does."""
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._place = _bound(port)  # Bound but never listening: keeps the number while the line is down.
        self.port: int = self._place.getsockname()[1]

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._client, sock=_bound(self.port))

    def close(self) -> None:
        """No new connections, and every one there is breaks."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            reset(writer)

    def release(self) -> None:
        self.close()
        self._place.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._serve is not None:
                await self._converse(reader, writer)
        except (OSError, h11.ProtocolError, asyncio.CancelledError):
            pass  # The client went away, spoke nonsense, or the program ends: the line closes, as any server's does.
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while connection.our_state is h11.IDLE:
            found = await _message(connection, reader)
            if found is None:
                return
            head, body = found
            request = Request(head.method.decode(), head.target.decode("latin-1"), _kept(head.headers), body)
            answer = await self._serve(request)
            if isinstance(answer, Dropped):
                reset(writer)
                return
            headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
            _write(writer, connection, h11.Response(status_code=answer.status, headers=headers), answer.body)
            await writer.drain()
            if connection.our_state is h11.DONE:
                connection.start_next_cycle()


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((LOOPBACK, port))
    return sock


def reset(writer: asyncio.StreamWriter) -> None:
    """Breaks a connection with a reset, as a dead line's middle box does."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
