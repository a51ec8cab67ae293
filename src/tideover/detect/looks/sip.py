"""Does the telephone exchange answer: OPTIONS of RFC 3261 over UDP, then over TCP. Any final answer counts, a refusal too.

Never calls anybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket

from tideover.detect.looks.addresses import Address, Addresses
from tideover.detect.looks.bound import ANY, Way, open_socket, told
from tideover.detect.looks.look import TIMEOUT_S, service_of, timed
from tideover.detect.looks.reach import connect
from tideover.model.outage import Kind, Observation
from tideover.world import World

ANSWER_BYTES_MAX = 4_096
STATUS = re.compile(rb"SIP/2\.0 ([1-6]\d\d) ")
FINAL = 200  # Below it the exchange only says that it is at it.
SERVER_ERROR = 500


class SipProbe:
    """Asks one exchange what it can do."""

    kind: Kind = "sip"

    def __init__(
        self, name: str, host: str, port: int, world: World, timeout_s: float = TIMEOUT_S, *, way: Way = ANY, book: Addresses | None = None
    ) -> None:
        self.name, self.timeout_s, self._host, self._port, self._world, self._way = name, timeout_s, host, port, world, way
        self._book, self._by_tcp = book or Addresses(world), False

    async def look(self) -> Observation:
        service = service_of("sip", self._way.line)
        return await timed(self._world, service, "sip", self.name, self.timeout_s, self._ask(), self._way.line)

    async def _ask(self) -> tuple[bool, str]:
        """First by the way that answered last time."""
        address = (await self._book.of(self._host, self._port))[0]
        for by_tcp in (self._by_tcp, not self._by_tcp):
            with contextlib.suppress(TimeoutError, ConnectionError):
                status, is_bound = await self._world.within(self.timeout_s * 0.45, self._options(address, by_tcp))
                self._by_tcp = by_tcp
                text = f"answers {status}"
                return status < SERVER_ERROR, told(text, is_bound)
        return False, f"no answer in {self.timeout_s:g} s"

    async def _options(self, address: Address, by_tcp: bool) -> tuple[int, bool]:
        loop = asyncio.get_running_loop()
        if by_tcp:
            one, is_bound = await connect(self._way, [address])
        else:
            one, is_bound = open_socket(self._way, address[0], socket.SOCK_DGRAM)
        with one:
            if not by_tcp:
                one.connect(address[1])
            tag = self._world.secret_bytes(8).hex()
            await loop.sock_sendall(one, options(self._host, self._port, one.getsockname(), tag, "TCP" if by_tcp else "UDP"))
            while True:
                reply = await loop.sock_recv(one, ANSWER_BYTES_MAX)
                if not reply:
                    raise ConnectionResetError
                found = STATUS.match(reply)
                if found and int(found[1]) >= FINAL and (by_tcp or tag.encode() in reply):
                    return int(found[1]), is_bound


def options(host: str, port: int, ours: tuple[object, ...], tag: str, transport: str) -> bytes:
    """The question; tag makes it one of a kind."""
    there = f"[{host}]" if ":" in host else host
    here = f"[{ours[0]}]:{ours[1]}" if ":" in str(ours[0]) else f"{ours[0]}:{ours[1]}"
    lines = (
        f"OPTIONS sip:{there}:{port} SIP/2.0",
        f"Via: SIP/2.0/{transport} {here};branch=z9hG4bK{tag};rport",
        "Max-Forwards: 70",
        f"From: <sip:tideover@{here}>;tag={tag}",
        f"To: <sip:{there}:{port}>",
        f"Call-ID: {tag}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:tideover@{here};transport={transport.lower()}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
