"""Which line this machine's traffic takes now, read from its own tables; nothing is sent and nothing is changed."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from tideover.detect.looks.addresses import literal_address
from tideover.model.line import Line

PROC = Path("/proc/net")
RTF_UP, RTF_GATEWAY, RTF_REJECT = 0x1, 0x2, 0x200
ELSEWHERE = "192.0.2.1"  # RFC 5737: nobody's. A datagram socket is pointed at it, and not a byte leaves.


class DefaultRoute(Struct, frozen=True):
    """One way out of this machine."""

    device: str
    gateway: str  # "" where it needs none.
    metric: int


def default_routes(proc: Path = PROC) -> list[DefaultRoute]:
    """Those of IPv4, the one in use first, then those of IPv6; none where the system has no such table."""
    return [*sorted(_of_four(proc), key=_metric), *sorted(_of_six(proc), key=_metric)]


def _metric(route: DefaultRoute) -> int:
    return route.metric


def _of_four(proc: Path) -> Iterator[DefaultRoute]:
    for row in _rows(proc / "route")[1:]:
        if len(row) < 8 or row[1] != "00000000" or row[7] != "00000000":
            continue
        flags = int(row[3], 16)
        if flags & RTF_UP and not flags & RTF_REJECT:
            gateway = socket.inet_ntoa(bytes.fromhex(row[2])[::-1]) if flags & RTF_GATEWAY else ""
            yield DefaultRoute(row[0], gateway, int(row[6]))


def _of_six(proc: Path) -> Iterator[DefaultRoute]:
    for row in _rows(proc / "ipv6_route"):
        if len(row) < 10 or row[0].strip("0") or row[1] != "00" or row[9] == "lo":
            continue
        flags = int(row[8], 16)
        if flags & RTF_UP and not flags & RTF_REJECT:
            gateway = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(row[4])) if flags & RTF_GATEWAY else ""
            yield DefaultRoute(row[9], gateway, int(row[5], 16))


def _rows(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError):
        return []


def gateway_of(device: str, proc: Path = PROC) -> str:
    """The router that the machine knows on that device; "" if it knows none."""
    return next((one.gateway for one in default_routes(proc) if one.device == device and one.gateway), "")


def line_in_use(lines: Sequence[Line], platform: str = sys.platform, proc: Path = PROC) -> str:
    """Name of the line that the default route takes; "" if that is not known, or the shop's router holds the lines."""
    if platform.startswith("linux"):
        for route in default_routes(proc):
            for line in lines:
                if line.device == route.device and line.gateway in ("", route.gateway):
                    return line.name
            for line in lines:
                if line.device == route.device:
                    return line.name
        return ""
    ours = own_source()
    return next((one.name for one in lines if one.source and one.source == ours), "")


def own_source(towards: str = ELSEWHERE) -> str:
    """Our address on the way out; "" where there is none."""
    family, address = literal_address(towards, 9) or (socket.AF_INET, (ELSEWHERE, 9))
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as one:
        one.connect(address)
        return str(one.getsockname()[0])
    return ""
