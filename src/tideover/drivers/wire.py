"""The way to a receipt printer: a network address, or a device file of this machine. Carries bytes, and never says what they mean.

What is opened is closed again after each job: most printers serve one caller at a time, and a till shop may have two programs.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from typing import Protocol

READ_MAX = 4_096  # Bytes of answers kept; a printer that chatters is cut off here.
DEVICE_CHUNK = 4_096
CLOSED_S = 2.0  # For what has not left yet.


class Wire(Protocol):
    """An open way to a printer."""

    may_have_taken: bool  # A byte that was written may have reached the printer.

    async def write(self, content: bytes) -> None:
        """All of it; raises OSError."""

    async def read(self) -> bytes:
        """What it said next; b"" when it broke off. Raises OSError."""

    async def close(self) -> None:
        """Raises nothing."""


class Network:
    """HOST:PORT, by custom 9100."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self.may_have_taken = reader, writer, False

    async def write(self, content: bytes) -> None:
        self.may_have_taken = True
        self._writer.write(content)
        await self._writer.drain()

    async def read(self) -> bytes:
        return await self._reader.read(READ_MAX)

    async def close(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(CLOSED_S):
                await self._writer.wait_closed()
        except TimeoutError:  # It reads no more, and something for it is still here.
            self._writer.transport.abort()
        except OSError:
            pass


async def open_network(host: str, port: int) -> Wire:
    """Raises OSError."""
    reader, writer = await asyncio.open_connection(host, port)
    line = writer.get_extra_info("socket")
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Network(reader, writer)


class Device:
    """A device file: what it has not taken has not left."""

    def __init__(self, handle: int) -> None:
        self._handle, self.may_have_taken = handle, False

    async def write(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            try:
                taken = os.write(self._handle, left[:DEVICE_CHUNK])
            except BlockingIOError:
                await self._until_ready(is_write=True)
                continue
            self.may_have_taken = self.may_have_taken or taken > 0
            left = left[taken:]

    async def read(self) -> bytes:
        while True:
            try:
                return os.read(self._handle, READ_MAX)
            except BlockingIOError:
                await self._until_ready(is_write=False)

    async def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._handle)

    async def _until_ready(self, is_write: bool) -> None:
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        begin, end = (loop.add_writer, loop.remove_writer) if is_write else (loop.add_reader, loop.remove_reader)
        begin(self._handle, ready.set)
        try:
            await ready.wait()
        finally:
            end(self._handle)


async def open_device(path: str) -> Wire:
    """Raises OSError; a plain file is no printer, and not every system has devices that are files."""
    if not hasattr(os, "O_NONBLOCK"):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), path)
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    if os.path.isfile(path):
        os.close(handle)
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY), path)
    return Device(handle)
