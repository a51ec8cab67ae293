"""Does the router next to us answer: an echo where this user may send one, else a connection, else what the machine knows of its address.

A router that refuses a connection is there. One that never answers an echo is believed by its address on the cable; once it has
answered one, it must go on doing so.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from tideover.detect.looks.addresses import Address, Addresses
from tideover.detect.looks.bound import ANY, Way, open_socket, told
from tideover.detect.looks.look import TIMEOUT_S, service_of, timed
from tideover.detect.looks.reach import connect
from tideover.model.outage import Kind, Observation
from tideover.world import World

ECHO = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}  # Question and answer, RFC 792 and RFC 4443.
PAYLOAD = b"tideover"
DISCARD_PORT = 9  # A packet to it makes the machine ask for the neighbour's address; nobody answers there.
ARP = Path("/proc/net/arp")
ARP_COMPLETE = 0x2  # <linux/if_arp.h>: the neighbour told its address.
ASKED_S = 0.3  # A neighbour tells its address in a millisecond; a busy one in a few.


class NeighbourProbe:
    """Looks at the router of the shop, or of one line."""

    kind: Kind = "link"

    def __init__(
        self, name: str, host: str | Callable[[], str], world: World, timeout_s: float = TIMEOUT_S, *, port: int = 0, way: Way = ANY,
        book: Addresses | None = None, arp: Path = ARP, may_echo: Callable[[int], bool] | None = None,
    ) -> None:  # fmt: skip
        """host: or whatever tells it anew for each look, "" while nobody knows. port: where it may also be connected to, 0 for nowhere."""
        self.name, self.timeout_s, self._host, self._port, self._world, self._way = name, timeout_s, host, port, world, way
        self._book, self._arp, self._may_echo, self._has_echoed = book or Addresses(world), arp, may_echo or may_echo_to, False
        self._may: dict[int, bool] = {}  # Family: may this user send an echo; asked once.

    async def look(self) -> Observation:
        service = service_of("link", self._way.line)
        return await timed(self._world, service, "link", self.name, self.timeout_s, self._ask(), self._way.line)

    async def _ask(self) -> tuple[bool | None, str]:
        host = self._host if isinstance(self._host, str) else self._host()
        if not host:
            return None, "no router is known"
        address = (await self._book.of(host, self._port))[0]
        part_s = self.timeout_s * 0.6
        if address[0] not in self._may:
            self._may[address[0]] = self._may_echo(address[0])
        if self._may[address[0]]:
            with contextlib.suppress(TimeoutError):
                is_bound = await self._world.within(part_s, self._echo(address))
                self._has_echoed = True
                return True, told("answers", is_bound)
        if self._port:
            with contextlib.suppress(TimeoutError):
                return await self._world.within(part_s / 2, self._connect(address))
        if self._has_echoed:
            return False, f"no answer in {part_s:g} s"
        return await self._known_by_cable(address)

    async def _echo(self, address: Address) -> bool:
        """Ends when it answers. Raises OSError."""
        family, (ask, answer) = address[0], ECHO[address[0]]
        proto = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
        number = int.from_bytes(self._world.secret_bytes(2), "big")
        one, is_bound, is_raw = _echo_socket(self._way, family, proto)
        loop = asyncio.get_running_loop()
        with one:
            one.connect((address[1][0], 0, *address[1][2:]))  # asyncio would look the address up by its name: it knows no echoes.
            await loop.sock_sendall(one, echo(ask, number))
            while not is_answer(await loop.sock_recv(one, 1_024), answer, number, is_raw and family == socket.AF_INET):
                pass
        return is_bound

    async def _connect(self, address: Address) -> tuple[bool, str]:
        try:
            one, is_bound = await connect(self._way, [address])
        except ConnectionError:
            return True, "answers"
        one.close()
        return True, told("answers", is_bound)

    async def _known_by_cable(self, address: Address) -> tuple[bool | None, str]:
        """Make the machine ask for its address, and read whether it told; nothing is known where no such list is."""
        one, _ = open_socket(self._way, address[0], socket.SOCK_DGRAM)
        with one, contextlib.suppress(OSError):
            one.sendto(PAYLOAD, (address[1][0], DISCARD_PORT, *address[1][2:]))
        await self._world.pause(min(ASKED_S, self.timeout_s / 4))
        flags = arp_flags(self._arp, address[1][0], self._way.device)
        if flags is None:
            return None if self._port == 0 else False, "no answer"
        return (True, "known on the cable") if flags & ARP_COMPLETE else (False, "does not answer on the cable")


def echo(kind: int, number: int) -> bytes:
    """An echo request; the kernel fills in identifier and sum of a ping socket, a raw one sends them as they are."""
    bare = struct.pack("!BBHHH", kind, 0, 0, 0, number) + PAYLOAD
    total = sum(struct.unpack(f"!{len(bare) // 2}H", bare))
    total = (total & 0xFFFF) + (total >> 16)
    return bare[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + bare[4:]


def is_answer(reply: bytes, kind: int, number: int, has_header: bool) -> bool:
    """The answer to that echo and to no other; a raw IPv4 socket hands the packet's header over too."""
    reply = reply[(reply[0] & 0xF) * 4 :] if has_header and reply else reply
    return len(reply) >= 16 and reply[0] == kind and reply[6:8] == struct.pack("!H", number) and reply[8:16] == PAYLOAD


def _echo_socket(way: Way, family: int, proto: int) -> tuple[socket.socket, bool, bool]:
    """A ping socket, else a raw one; and whether it is bound, and raw. Raises OSError."""
    try:
        return *open_socket(way, family, socket.SOCK_DGRAM, proto), False
    except PermissionError:
        return *open_socket(way, family, socket.SOCK_RAW, proto), True


def may_echo_to(family: int, platform: str = sys.platform) -> bool:
    """This user may send echoes."""
    if platform == "win32" or family not in ECHO:  # There only an administrator may.
        return False
    try:
        _echo_socket(ANY, family, socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6)[0].close()
    except OSError:
        return False
    return True


def arp_flags(path: Path, host: str, device: str) -> int | None:
    """What the machine knows of a neighbour's address; 0 if it asked in vain, None where there is no such list or no such row."""
    try:
        rows = path.read_text(encoding="ascii").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return None
    for row in rows:
        parts = row.split()
        if len(parts) >= 6 and parts[0] == host and device in ("", parts[5]):
            return int(parts[2], 16)
    return None
