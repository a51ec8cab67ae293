"""Sockets that leave this machine by one line, whatever its default route says: by device where the system lets us, else by address.

Sets no route and needs none of its own; the tables that make a bound look work belong to whoever routes. Never sends anything.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys

from msgspec import Struct

from tideover.model.line import Line

SO_BINDTODEVICE = 25  # Linux, socket(7); since 5.7 without any right.
IP_BOUND_IF, IPV6_BOUND_IF = 25, 125  # macOS, <netinet/in.h> and <netinet6/in6.h>.
SIOCGIFADDR = 0x8915  # Linux, netdevice(7).
NOT_ALLOWED = frozenset({errno.EPERM, errno.EACCES, errno.ENOPROTOOPT, errno.EINVAL, errno.EOPNOTSUPP})
UNBOUND = "not bound to the line"


class Way(Struct, frozen=True):
    """How a look leaves this machine."""

    line: str = ""  # Name of the line; "" takes whatever way the machine takes.
    device: str = ""
    source: str = ""  # Our address there.
    platform: str = sys.platform

    @property
    def can_bind(self) -> bool:
        """There is something to bind to."""
        return bool(self.device or self.source)


ANY = Way()


def way_of(line: Line, platform: str = sys.platform) -> Way:
    """The way of a line of the settings."""
    return Way(line.name, line.device, line.source, platform)


def open_socket(way: Way, family: int, kind: int, proto: int = 0) -> tuple[socket.socket, bool]:
    """A socket that does not block, and whether it surely leaves by that way. Raises OSError, also where the device is gone."""
    one = socket.socket(family, kind, proto)
    try:
        one.setblocking(False)
        return one, not way.line or bind(one, way)
    except OSError:
        one.close()
        raise


def bind(one: socket.socket, way: Way) -> bool:
    """Bind to the device; else to our address there, which a system with two lines may still send out by the other one: then False."""
    for level, option, value in options(way, one.family):
        try:
            one.setsockopt(level, option, value)
            return True
        except OSError as error:
            if error.errno not in NOT_ALLOWED:
                raise
    source = way.source or address_on(way.device, way.platform)
    if source and (":" in source) == (one.family == socket.AF_INET6):
        one.bind((source, 0))
        return way.platform == "win32"  # Its hosts are strong: an address of a line leaves by that line.
    return False


def options(way: Way, family: int) -> list[tuple[int, int, bytes | int]]:
    """What to set on a socket so that it leaves by that device; nothing where the system has no such thing. Raises OSError."""
    if not way.device:
        return []
    if way.platform.startswith("linux"):
        return [(socket.SOL_SOCKET, SO_BINDTODEVICE, way.device.encode() + b"\0")]
    if way.platform == "darwin":
        try:
            index = socket.if_nametoindex(way.device)
        except OSError as error:  # It has no number of its own.
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO)) from error
        return [(socket.IPPROTO_IPV6, IPV6_BOUND_IF, index) if family == socket.AF_INET6 else (socket.IPPROTO_IP, IP_BOUND_IF, index)]
    return []


def address_on(device: str, platform: str = sys.platform) -> str:
    """Our IPv4 address on a network device; "" where it has none or the system does not say."""
    if not device or not platform.startswith("linux"):
        return ""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
        try:
            told = fcntl.ioctl(asks, SIOCGIFADDR, struct.pack("256s", device.encode()[:15]))
        except OSError:
            return ""
    return socket.inet_ntoa(told[20:24])


def told(text: str, is_bound: bool) -> str:
    """What was seen, and that it may have been seen over another line."""
    return text if is_bound else f"{text}; {UNBOUND}"
