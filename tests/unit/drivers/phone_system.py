"""A telephone system's manager interface, written from the protocol's description: a real TCP server with a database and calls.

It knows nothing of the code under test. Its moods are what goes wrong at such a port.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Mood = Literal["well", "chatters", "hangs", "drops", "garbage", "oversized", "no-right", "read-only", "web"]
USER, PASSWORD = "tideover", "s3cret å"
BANNER = b"Asterisk Call Manager/5.0.2\r\n"


@dataclass
class PhoneSystem:
    """Set `mood`, `database` and `calls`; then let it be called."""

    mood: Mood = "well"
    database: dict[str, str] = field(default_factory=dict)  # "CF/200" to a number.
    calls: int = 0
    drops_after: int = 3  # Actions, where it drops the line.
    step: Callable[[], None] = lambda: None  # Called after each change that it took.
    actions: list[str] = field(default_factory=list)
    seen: bytes = b""  # All that came over the line.
    port: int = 0

    async def __aenter__(self) -> PhoneSystem:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]
        self._writers: set[asyncio.StreamWriter] = set()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write({"web": b"HTTP/1.1 400 Bad Request\r\n\r\n", "garbage": b"\xff\x00\x1b[2J\n\n\n" * 20}.get(self.mood, BANNER))
        if self.mood == "oversized":
            writer.write(b"X" * 200_000 + b"\r\n")
        challenge, is_in, taken = "841415273", False, 0
        while True:
            asked = await reader.readuntil(b"\r\n\r\n")
            self.seen += asked
            fields = dict(line.split(": ", 1) for line in asked.decode().strip().split("\r\n"))
            action, number = fields["Action"], fields.get("ActionID", "")
            self.actions.append(action)
            taken += 1
            if self.mood == "drops" and taken > self.drops_after:
                return
            if self.mood == "hangs":
                continue
            if action == "Challenge":
                self._say(writer, number, "Success", f"Challenge: {challenge}")
            elif action == "Login":
                key = hashlib.md5((challenge + PASSWORD).encode()).hexdigest()
                is_in = fields.get("Username") == USER and fields.get("Key") == key
                self._say(writer, number, "Success" if is_in else "Error", f"Message: Authentication {'accepted' if is_in else 'failed'}")
                if not is_in:
                    return
                self._event(writer, "FullyBooted", "Privilege: system,all", "Status: Fully Booted")
            elif not is_in:
                self._say(writer, number, "Error", "Message: Permission denied")
            else:
                self._act(writer, action, number, fields)
            await writer.drain()

    def _act(self, writer: asyncio.StreamWriter, action: str, number: str, fields: dict[str, str]) -> None:
        where, chatters = f"{fields.get('Family')}/{fields.get('Key')}", self.mood == "chatters"
        for n in range(300 if chatters else 1):
            self._event(writer, "Newchannel", "Privilege: call,all", f"Channel: PJSIP/200-{n:08x}", "ChannelStateDesc: Ring")
        if chatters:
            self._say(writer, "tideover-99", "Error", "Message: Database entry not found")
        if self.mood == "no-right" or (self.mood == "read-only" and action in ("DBPut", "DBDel")):
            self._say(writer, number, "Error", "Message: Permission denied")
        elif action == "DBGet" and where in self.database:
            self._say(writer, number, "Success", "EventList: start", "Message: Result will follow")
            self._event(writer, "PeerStatus", "Privilege: system,all", "Peer: PJSIP/trunk", "PeerStatus: Unreachable")
            found = (f"Family: {fields['Family']}", f"Key: {fields['Key']}", f"Val: {self.database[where]}", f"ActionID: {number}")
            self._event(writer, "DBGetResponse", *found)
            self._event(writer, "DBGetComplete", f"ActionID: {number}", "EventList: Complete", "ListItems: 1")
        elif action in ("DBGet", "DBDel") and where not in self.database:
            self._say(writer, number, "Error", "Message: Database entry not found")
        elif action == "DBPut":
            self.database[where] = fields["Val"]
            self._say(writer, number, "Success", "Message: Updated database successfully")
            self.step()
        elif action == "DBDel":
            del self.database[where]
            self._say(writer, number, "Success", "Message: Key deleted successfully")
            self.step()
        elif action == "CoreShowChannels":
            self._say(writer, number, "Success", "EventList: start", "Message: Channels will follow")
            for n in range(self.calls):
                self._event(writer, "CoreShowChannel", f"ActionID: {number}", f"Channel: PJSIP/20{n}-00000001", "ChannelStateDesc: Up")
            self._event(writer, "CoreShowChannelsComplete", "EventList: Complete", f"ListItems: {self.calls}", f"ActionID: {number}")
        else:
            self._say(writer, number, "Error", f"Message: Invalid/unknown command: {action}. Use Action: ListCommands.")

    def _say(self, writer: asyncio.StreamWriter, number: str, word: str, *lines: str) -> None:
        writer.write("\r\n".join((f"Response: {word}", f"ActionID: {number}", *lines, "", "")).encode())

    def _event(self, writer: asyncio.StreamWriter, name: str, *lines: str) -> None:
        writer.write("\r\n".join((f"Event: {name}", *lines, "", "")).encode())
