"""The cable's own word: is anything at its other end? Asked now and then, and heard at once where the kernel tells of changes (Linux)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
import sys
from collections.abc import Callable, Iterator

from tideover.detect.looks.look import TIMEOUT_S, service_of
from tideover.model.outage import Kind, Observation
from tideover.world import World

SIOCGIFFLAGS = 0x8913  # Linux, netdevice(7): true in a namespace, too, where /sys may show the devices of another one.
RTMGRP_LINK = 1  # <linux/rtnetlink.h>: changes of network devices.
RTM_NEWLINK, RTM_DELLINK = 16, 17
IFLA_IFNAME, IFLA_CARRIER = 3, 33
IFF_LOWER_UP = 0x10000  # The driver sees a signal.
IFF_UP, IFF_RUNNING = 0x1, 0x40
EVENT_BYTES_MAX = 65_536
NOT_HERE = "this system does not tell"


class CarrierProbe:
    """Reads what the system says of one network device."""

    kind: Kind = "carrier"

    def __init__(
        self, device: str, world: World, via: str = "", platform: str = sys.platform, flags_of: Callable[[str], int] | None = None
    ) -> None:
        """flags_of: what the system says of a device, instead of asking it."""
        self.name, self.timeout_s, self._world, self._via = device, TIMEOUT_S, world, via
        self._platform, self._flags_of = platform, flags_of or device_flags

    async def look(self) -> Observation:
        ok, text = carrier_of(self.name, self._platform, self._flags_of)
        return said(self.name, ok, text, self._world, self._via)


def said(device: str, ok: bool | None, text: str, world: World, via: str) -> Observation:
    """A carrier's look."""
    return Observation(service_of("carrier", via), "carrier", device, ok, world.now(), text, 0, via)


def device_flags(device: str) -> int:
    """The system's flags of a device. Raises OSError."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
        told = fcntl.ioctl(asks, SIOCGIFFLAGS, struct.pack("16sH14x", device.encode()[:15], 0))
    return struct.unpack_from("=H", told, 16)[0]


def carrier_of(device: str, platform: str, flags_of: Callable[[str], int]) -> tuple[bool | None, str]:
    """Is there a signal; None where the system does not tell."""
    if not platform.startswith("linux"):
        return None, NOT_HERE
    try:
        flags = flags_of(device)
    except OSError as error:
        return (False, "the network device is gone") if error.errno == errno.ENODEV else (None, NOT_HERE)
    if not flags & IFF_UP:
        return False, "the network device is switched off"
    return (True, "the cable is connected") if flags & IFF_RUNNING else (False, "no signal on the cable")


class CarrierEvents:
    """Hears of changes at once: `call(device, ok, text)` runs in the event loop, some milliseconds after the plug is out."""

    def __init__(self, call: Callable[[str, bool, str], None]) -> None:
        self._call, self._socket, self._loop = call, None, None
        self._last: dict[str, bool] = {}

    def start(self, platform: str = sys.platform) -> bool:
        """Begin to listen; False where the system tells nothing. Call from the event loop."""
        if self._socket is not None:
            return True
        if not platform.startswith("linux"):
            return False
        one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        try:
            one.setblocking(False)
            one.bind((0, RTMGRP_LINK))
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(one, self._hear)
        except (OSError, NotImplementedError):
            one.close()
            return False
        self._socket = one
        return True

    def stop(self) -> None:
        """Raises nothing; may be called twice."""
        if self._socket is not None:
            with contextlib.suppress(RuntimeError):  # The loop is closed already.
                self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _hear(self) -> None:
        try:
            told = self._socket.recv(EVENT_BYTES_MAX)
        except OSError:  # Too many at once: the next look tells how it is.
            return
        for device, ok, text in changes(told):
            if self._last.get(device) != ok:
                self._last[device] = ok
                self._call(device, ok, text)


def changes(told: bytes) -> Iterator[tuple[str, bool, str]]:
    """What messages of the kernel say about devices: name, is there a signal, in words."""
    at = 0
    while at + 32 <= len(told):
        size, kind = struct.unpack_from("=IH", told, at)
        if size < 16 or at + size > len(told):
            return
        if kind in (RTM_NEWLINK, RTM_DELLINK) and size >= 32:
            flags = struct.unpack_from("=I", told, at + 24)[0]
            parts = dict(attributes(told[at + 32 : at + size]))
            name = parts.get(IFLA_IFNAME, b"").rstrip(b"\0").decode("ascii", "replace")
            yield name, *_word(kind, flags, parts.get(IFLA_CARRIER))
        at += (size + 3) & ~3


def _word(kind: int, flags: int, carrier: bytes | None) -> tuple[bool, str]:
    if kind == RTM_DELLINK:
        return False, "the network device is gone"
    if not flags & IFF_UP:
        return False, "the network device is switched off"
    has_signal = bool(flags & IFF_LOWER_UP) and (carrier is None or carrier[:1] != b"\0")
    return has_signal, "the cable is connected" if has_signal else "no signal on the cable"


def attributes(told: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts of a message of the kernel: kind and content."""
    at = 0
    while at + 4 <= len(told):
        size, kind = struct.unpack_from("=HH", told, at)
        if size < 4:
            return
        yield kind & 0x3FFF, told[at + 4 : at + size]
        at += (size + 3) & ~3
