"""Speaks to Asterisk and FreePBX over its manager interface (AMI): one action, its answer, and nothing that was not asked for.

The password never goes over the line: the server's challenge is answered with a hash of both. Everything that is read is bounded,
and an answer counts only under the number of its question.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping

from msgspec import Struct

PORT = 5038
BANNER = b"Asterisk Call Manager"
LINE_BYTES_MAX = 4_096
FIELDS_MAX = 200  # Of one message.
MESSAGES_MAX = 3_000  # Until the answer is whole: a busy telephone system tells of every ring in between.

Message = Mapping[str, str]  # Field name in small letters to its value.


class Reply(Struct, frozen=True):
    """What became of an action."""

    is_done: bool
    text: str  # The server's own word.
    events: tuple[Message, ...] = ()


class Ami:
    """An open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._number = reader, writer, 0

    async def log_in(self, user: str, password: str) -> bool:
        """False where the server does not accept it. Raises as `ask`."""
        asked = await self.ask("Challenge", AuthType="MD5")
        challenge = asked.events[0].get("challenge", "") if asked.is_done else ""
        if not challenge:
            return False
        key = hashlib.md5((challenge + password).encode(), usedforsecurity=False).hexdigest()  # The protocol knows no other.
        return (await self.ask("Login", AuthType="MD5", Username=user, Key=key, Events="off")).is_done

    async def ask(self, action: str, until: str = "", **fields: str) -> Reply:
        """One action. until: the event that ends its answer, where it has more than one message; the answer is the first of `events`.

        Raises OSError, EOFError (it broke off), ValueError (it is no such server, or says too much).
        """
        self._number += 1
        number = f"tideover-{self._number}"
        asked = {"Action": action, "ActionID": number, **fields}
        if any(not one.isprintable() for one in asked.values()):
            raise ValueError(action)
        self._writer.write("".join(f"{name}: {value}\r\n" for name, value in asked.items()).encode() + b"\r\n")
        await self._writer.drain()
        heard: list[Message] = []
        for _ in range(MESSAGES_MAX):
            message = await self._message()
            if message.get("actionid") != number:
                continue
            if "response" in message:
                heard.insert(0, message)
                is_done = message["response"] in ("Success", "Goodbye")
                if not is_done or not until:
                    return Reply(is_done, message.get("message", ""), tuple(heard))
            else:
                heard.append(message)
            if message.get("event") == until:
                return Reply(True, "", tuple(heard))
        raise ValueError(action)

    async def close(self) -> None:
        """Raises nothing."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _message(self) -> Message:
        found: dict[str, str] = {}
        for _ in range(FIELDS_MAX):
            line = await self._line()
            if not line:
                return found
            name, _, value = line.partition(":")
            found.setdefault(name.strip().lower(), value.strip())
        raise ValueError(len(found))

    async def _line(self) -> str:
        said = await self._reader.readline()
        if not said.endswith(b"\n"):
            raise EOFError
        return said.decode("utf-8", "replace").strip()

    async def greeted(self) -> None:
        """Call it first. Raises as `ask`, and ValueError where something else listens there."""
        if not (await self._line()).encode().startswith(BANNER):
            raise ValueError("banner")


async def open_ami(host: str, port: int) -> Ami:
    """Raises OSError."""
    return Ami(*await asyncio.open_connection(host, port, limit=LINE_BYTES_MAX))
