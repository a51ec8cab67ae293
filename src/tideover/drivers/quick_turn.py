"""The one moment that counts: the shop's way out is turned while its customers wait, in a few messages to the kernel and no more.

Says and asks just what routes.py does (its rules, tables and numbers are the only ones), but as raw netlink, for a library that takes
each answer apart costs ten times what the kernel does. Used where a dead line is left; all else has time.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
from collections.abc import Iterator

from tideover.drivers.flows import HEADER, attributes
from tideover.drivers.routes import FAR, IFF_LOWER_UP, IN_USE, LAST_METRIC, MAIN, MAIN_FIRST, MOVED, PROTOCOL, RTNH_F_ONLINK, UNICAST, Way

GETLINK, NEWROUTE, GETROUTE, NEWRULE, GETRULE = 18, 24, 26, 32, 34
REQUEST, ACK, DUMP, REPLACE, EXCL, CREATE = 0x1, 0x4, 0x300, 0x100, 0x200, 0x400
ERROR, DONE = 2, 3
DST, OIF, GATEWAY, PRIORITY, PREFSRC, SUPPRESS, TABLE, RULE_PROTOCOL = 1, 4, 5, 6, 7, 14, 15, 21
LINK, ROUTE = struct.Struct("=BxHiII"), struct.Struct("=BBBBBBBBI")  # A rule has the form of a route.
SCOPE_LINK, TO_TABLE, UNREACHABLE, NUMBER_ONLY = 253, 1, 7, 252
ANSWER_S = 2.0
READ_MAX = 2**17


class Kernel:
    """A conversation with the kernel; each word of it raises OSError."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._number = line, 0

    def _send(self, kind: int, flags: int, body: bytes) -> int:
        self._number += 1
        self._line.send(HEADER.pack(HEADER.size + len(body), kind, REQUEST | flags, self._number, 0) + body)
        return self._number

    def _messages(self, number: int) -> Iterator[tuple[int, memoryview]]:
        """(type, body) of each message about that question, for as long as somebody asks for more."""
        while True:
            packet, at = memoryview(self._line.recv(READ_MAX)), 0
            while at + HEADER.size <= len(packet):
                length, kind, _, about, _ = HEADER.unpack_from(packet, at)
                if length < HEADER.size:
                    return
                if about == number:
                    yield kind, packet[at + HEADER.size : at + length]
                at += length + 3 & ~3

    def _do(self, kind: int, flags: int, body: bytes) -> None:
        for _, said in self._messages(self._send(kind, flags | ACK, body)):
            _refused(said)
            return

    def _ask(self, kind: int, body: bytes) -> memoryview:
        for told, said in self._messages(self._send(kind, 0, body)):
            if told == ERROR:
                _refused(said)
            return said
        raise OSError(0, "the kernel gave no answer")

    def chosen(self, ways: tuple[Way, ...]) -> str:
        """Name of the line that an unbound packet would leave by; "" for none of them."""
        far = socket.inet_aton(FAR[socket.AF_INET])
        try:
            said = self._ask(GETROUTE, ROUTE.pack(socket.AF_INET, 32, 0, 0, 0, 0, 0, 0, 0) + _attribute(DST, far))
        except TimeoutError:
            raise
        except OSError:
            return ""
        found = {kind: bytes(content) for kind, content, _ in attributes(said[ROUTE.size :])}
        index = int.from_bytes(found.get(OIF, b""), sys.byteorder)
        return next((one.name for one in ways if one.index and one.index == index), "")

    def has_cable(self, way: Way) -> bool:
        """Of that line's device, this moment."""
        try:
            said = self._ask(GETLINK, LINK.pack(0, 0, way.index, 0, 0))
        except TimeoutError:
            raise
        except OSError:
            return False
        return bool(LINK.unpack_from(said)[3] & IFF_LOWER_UP)

    def is_moved(self) -> bool:
        """True while a rule of ours decides which line is in use."""
        is_there = False
        for told, said in self._messages(self._send(GETRULE, DUMP, ROUTE.pack(socket.AF_INET, *([0] * 8)))):
            if told == ERROR:
                _refused(said)
            if told in (DONE, ERROR):
                break
            found = {kind: bytes(content) for kind, content, _ in attributes(said[ROUTE.size :])}
            is_there |= found.get(PRIORITY) == _number(MOVED) and found.get(RULE_PROTOCOL) == bytes([PROTOCOL])
        return is_there

    def turn(self, way: Way, with_ipv6: bool) -> None:
        """As routes.turn, but for older ways of IPv6, which may be left in the table."""
        self._do(NEWROUTE, CREATE | REPLACE, _default(way))
        self._lead_there(socket.AF_INET)
        if with_ipv6:
            self._do(NEWROUTE, CREATE | REPLACE, _default6(way))
            self._lead_there(socket.AF_INET6)

    def _lead_there(self, family: int) -> None:
        for number, table, more in ((MAIN_FIRST, MAIN, _attribute(SUPPRESS, _number(0))), (MOVED, IN_USE, b"")):
            head = ROUTE.pack(family, 0, 0, 0, table if table == MAIN else NUMBER_ONLY, 0, 0, TO_TABLE, 0)
            told = _attribute(PRIORITY, _number(number)) + _attribute(TABLE, _number(table)) + _attribute(RULE_PROTOCOL, bytes([PROTOCOL]))
            with contextlib.suppress(FileExistsError):
                self._do(NEWRULE, CREATE | EXCL, head + told + more)


def _number(value: int) -> bytes:
    return struct.pack("=I", value)


def _attribute(kind: int, content: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(content), kind) + content + b"\0" * (-len(content) % 4)


def _refused(said: memoryview) -> None:
    (number,) = struct.unpack_from("=i", said)
    if number:
        raise OSError(-number, os.strerror(-number))


def _default(way: Way) -> bytes:
    scope = 0 if way.gateway else SCOPE_LINK
    told = _attribute(TABLE, _number(IN_USE)) + _attribute(OIF, _number(way.index)) + _attribute(PREFSRC, socket.inet_aton(way.source))
    told += _attribute(GATEWAY, socket.inet_aton(way.gateway)) if way.gateway else b""
    return ROUTE.pack(socket.AF_INET, 0, 0, 0, NUMBER_ONLY, PROTOCOL, scope, UNICAST, 0) + told


def _default6(way: Way) -> bytes:
    table = _attribute(TABLE, _number(IN_USE))
    if not way.has_ipv6:
        told = table + _attribute(PRIORITY, _number(LAST_METRIC))
        return ROUTE.pack(socket.AF_INET6, 0, 0, 0, NUMBER_ONLY, PROTOCOL, 0, UNREACHABLE, 0) + told
    told = table + _attribute(OIF, _number(way.index)) + _attribute(PRIORITY, _number(1_024))
    told += _attribute(GATEWAY, socket.inet_pton(socket.AF_INET6, way.gateway6)) if way.gateway6 else b""
    return ROUTE.pack(socket.AF_INET6, 0, 0, 0, NUMBER_ONLY, PROTOCOL, 0, UNICAST, RTNH_F_ONLINK if way.gateway6 else 0) + told


@contextlib.contextmanager
def opened() -> Iterator[Kernel]:
    """Raises OSError (TimeoutError is one)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as line:
        line.settimeout(ANSWER_S)
        line.bind((0, 0))
        yield Kernel(line)
