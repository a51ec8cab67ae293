"""Connections that the kernel keeps for a line: those of the old line are forgotten after a move, so that they begin anew over the new one.

Only flows of the shop's devices that were translated to the old line's own address are touched; a flow of this machine itself, of
another line, or of somebody else's rule stays. Read and written as raw netlink messages: a shop has thousands of flows, and a
library that takes each apart holds the box for half a second.

Not done: flows that no translation of this machine touched (their source stays what it was), and IPv6.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator

NETLINK_NETFILTER = 12
CT_GET, CT_DELETE = 0x0101, 0x0102  # Subsystem conntrack (1), message 1 and 2.
REQUEST, ACK, DUMP = 0x1, 0x4, 0x300
MSG_ERROR, MSG_DONE = 2, 3
TUPLE_ORIG, TUPLE_REPLY, ZONE = 1, 2, 18
TUPLE_IP, V4_SRC, V4_DST = 1, 1, 2
TYPE_MASK = 0x3FFF  # Above it: nested, network order.
HEADER, FAMILY = struct.Struct("=LHHLL"), struct.Struct("=BBH")
READ_MAX = 2**18
ANSWER_S = 5.0
GONE = 2  # ENOENT: it ended by itself in the meantime.


def attributes(body: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """(type, content, the attribute as it stands with its padding) of each."""
    at = 0
    while at + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, at)
        if length < 4 or at + length > len(body):
            return
        padded = length + 3 & ~3
        yield kind & TYPE_MASK, body[at + 4 : at + length], body[at : at + padded]
        at += padded


def _address(tuple_: memoryview, which: int) -> bytes:
    for kind, content, _ in attributes(tuple_):
        if kind == TUPLE_IP:
            return next((bytes(one) for inner, one, _ in attributes(content) if inner == which), b"")
    return b""


def key_of(flow: memoryview, translated_to: bytes) -> bytes:
    """What names the flow for its deletion, if a device's packets were translated to that address; else b""."""
    key, was, now = b"", b"", b""
    for kind, content, whole in attributes(flow):
        if kind == TUPLE_ORIG:
            was = _address(content, V4_SRC)
        elif kind == TUPLE_REPLY:
            now = _address(content, V4_DST)
        if kind in (TUPLE_ORIG, ZONE):
            key += bytes(whole)
    return key if now == translated_to and was != now else b""


async def forget(source: str) -> int:
    """Delete the flows that were translated to that IPv4 address; how many. Raises OSError."""
    return await asyncio.to_thread(_forget, socket.inet_aton(source))


def _forget(source: bytes) -> int:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER) as line:
        line.settimeout(ANSWER_S)
        line.bind((0, 0))
        keys = list(_keys(line, source))
        return sum(_delete(line, key) for key in keys)


def _send(line: socket.socket, kind: int, flags: int, body: bytes = b"") -> None:
    content = FAMILY.pack(socket.AF_INET, 0, 0) + body
    line.send(HEADER.pack(HEADER.size + len(content), kind, REQUEST | flags, 1, 0) + content)


def _messages(line: socket.socket) -> Iterator[tuple[int, memoryview]]:
    """(type, body) of each message, for as long as somebody asks for more."""
    while True:
        packet = memoryview(line.recv(READ_MAX))
        at = 0
        while at + HEADER.size <= len(packet):
            length, kind, *_ = HEADER.unpack_from(packet, at)
            if length < HEADER.size:
                return
            yield kind, packet[at + HEADER.size : at + length]
            at += length + 3 & ~3


def _keys(line: socket.socket, source: bytes) -> Iterator[bytes]:
    _send(line, CT_GET, DUMP)
    for kind, body in _messages(line):
        if kind == MSG_DONE:
            return
        if kind == MSG_ERROR:
            _raise(body)
        elif key := key_of(body[FAMILY.size :], source):
            yield key


def _delete(line: socket.socket, key: bytes) -> int:
    _send(line, CT_DELETE, ACK, key)
    for kind, body in _messages(line):
        if kind == MSG_ERROR:
            (number,) = struct.unpack_from("=i", body)
            if number == -GONE:
                return 0
            _raise(body)
            return 1
    return 0


def _raise(body: memoryview) -> None:
    (number,) = struct.unpack_from("=i", body)
    if number:
        raise OSError(-number, os.strerror(-number))
