"""A printer of its own: a real TCP server that reads ESC/POS as a printer does, and keeps what came out on paper.

Its moods are what goes wrong in shops. It knows nothing of the code under test: commands are read from Epson's reference.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Literal

Mood = Literal["well", "off", "refuses", "no-paper", "cover", "dies", "mute", "slow", "garbage", "paper-runs-out", "no-last-word"]
MOODS: tuple[Mood, ...] = (
    "well", "off", "refuses", "no-paper", "cover", "dies", "mute", "slow", "garbage", "paper-runs-out", "no-last-word",
)  # fmt: skip
CODE_PAGES = {16: "cp1252", 19: "cp858"}
SIZES = {b"\x1b@": 2, b"\x1bt": 3, b"\x1bE": 3, b"\x1bp": 5, b"\x1dV": 4, b"\x1dr": 3, b"\x10\x04": 3}


@dataclass
class Paper:
    """What one printer has put out: receipts that were cut off, and the strip that still hangs in it."""

    cut: list[list[str]] = field(default_factory=list)
    hanging: list[str] = field(default_factory=list)
    drawer_opened: int = 0

    def all(self) -> list[list[str]]:
        return [*self.cut, *([self.hanging] if self.hanging else [])]


class Printer:
    """One printer; set `mood`, then let it be called."""

    def __init__(self, mood: Mood = "well", seed: int = 1) -> None:
        self.mood, self.paper, self._chance = mood, Paper(), random.Random(seed)
        self.calls = self.bytes = 0
        self._server: asyncio.Server | None = None
        self._held = b""  # What it took but could not print yet: comes out when somebody puts paper in.
        self._writers: set[asyncio.StreamWriter] = set()
        self._codec = "cp437"
        self._one_caller = asyncio.Lock()
        self.port = 0

    async def __aenter__(self) -> Printer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def is_on(self) -> bool:
        return self._server is not None

    async def __aexit__(self, *error: object) -> None:
        """Switched off: whoever talks to it is cut off."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await server.wait_closed()

    def put_paper_in(self) -> None:
        """A new roll: what it holds comes out now, though nobody sends anything."""
        self.mood = "well"
        held, self._held = self._held, b""
        self._obey(held)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        self._writers.add(writer)
        try:
            if self.mood != "refuses":
                async with self._one_caller:  # As real ones: the next one waits until this one is through.
                    await self._talk(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._chance.randrange(1, 900)  # Bytes until it dies, or its roll ends.
        rest = b""
        while said := await reader.read(4_096):
            self.bytes += len(said)
            if self.mood == "slow":
                await asyncio.sleep(0.002)
            rest += said
            while (size := _size(rest)) and size <= len(rest):
                one, rest = rest[:size], rest[size:]
                left -= size
                if self.mood == "dies" and left <= 0 and one[:2] != b"\x10\x04":
                    return
                if self.mood == "paper-runs-out" and left <= 0:
                    self.mood = "no-paper"
                await self._take(one, writer)

    async def _take(self, one: bytes, writer: asyncio.StreamWriter) -> None:
        if one[:2] == b"\x10\x04":
            await self._answer(writer, self._status(one[2]))
        elif self.mood in ("no-paper", "cover") or self._held:
            self._held += one
        else:
            self._obey(one)
            if one[:2] == b"\x1dr" and self.mood != "no-last-word":
                await self._answer(writer, b"\x00")
            if one[:2] == b"\x1d(" and self.mood != "no-last-word":
                await self._answer(writer, b"7\x22" + one[7:11] + b"\0")

    async def _answer(self, writer: asyncio.StreamWriter, said: bytes) -> None:
        if self.mood == "mute" or not said:
            return
        if self.mood == "garbage":
            said = bytes(self._chance.randrange(256) for _ in range(self._chance.randrange(1, 40)))
        writer.write(said)
        await writer.drain()

    def _status(self, which: int) -> bytes:
        stopped = self.mood in ("no-paper", "cover")
        bits = {
            1: 0x08 if stopped else 0,
            2: {"no-paper": 0x20, "cover": 0x04}.get(self.mood, 0),
            4: 0x60 if self.mood == "no-paper" else 0,
        }
        return bytes([0x12 | bits.get(which, 0)])

    def _obey(self, content: bytes) -> None:
        while content:
            size = _size(content) or len(content)
            one, content = content[:size], content[size:]
            match one[:2]:
                case b"\x1bt":
                    self._codec = CODE_PAGES[one[2]]
                case b"\x1bp":
                    self.paper.drawer_opened += 1
                case b"\x1dV":
                    self.paper.cut.append(self.paper.hanging)
                    self.paper.hanging = []
                case _ if one[:1] not in (b"\x1b", b"\x1d", b"\x10"):
                    self._line(one)

    def _line(self, one: bytes) -> None:
        assert all(byte >= 0x20 or byte == 0x0A for byte in one), f"control bytes on paper: {one!r}"
        self.paper.hanging.append(one.rstrip(b"\n").decode(self._codec))


def _size(content: bytes) -> int:
    """Bytes of the command or line that it begins with; 0 where more must come first."""
    if not content:
        return 0
    if content[:1] in (b"\x1b", b"\x1d", b"\x10"):
        if content[:2] == b"\x1d(":
            return 5 + content[3] + 256 * content[4] if len(content) > 4 else 0
        if len(content) < 2:
            return 0
        return SIZES[content[:2]]
    return content.find(b"\n") + 1
