"""Does this machine itself let looks go out by that line, and their answers in? Before a line is armed it often does not.

Reads its own tables, sends nothing beyond it and changes nothing. "" wherever it is not sure: then the look stands as it was seen.
"""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

from tideover.detect.looks.bound import address_on
from tideover.detect.looks.carrier import attributes, carrier_of, device_flags
from tideover.detect.looks.route import default_routes
from tideover.detect.ways import KEPT
from tideover.model.line import Line

ANYWHERE = "1.1.1.1"  # Only asked of the routes.
NO_ROUTE = f"{KEPT}has no way over that line yet; arm the lines, or give it a default route"
DROPPED = f"{KEPT}drops what comes back over that line (rp_filter); arm the lines"
CONF = Path("/proc/sys/net/ipv4/conf")
STRICT = 1
RTM_NEWROUTE, RTM_GETROUTE, NLM_F_REQUEST = 24, 26, 1  # <linux/rtnetlink.h>
RTA_DST, RTA_SRC, RTA_OIF, RTA_GATEWAY, RTA_VIA = 1, 2, 4, 5, 18
IFF_LOOPBACK, IFF_POINTOPOINT, IFF_NOARP = 0x8, 0x10, 0x80
ANSWER_S = 0.2  # The kernel answers at once.


def no_way(line: Line, platform: str = sys.platform) -> str:
    """Why looks bound to that line cannot work whatever the line does; "" where nothing speaks against them."""
    if not line.device or not platform.startswith("linux") or carrier_of(line.device, platform, device_flags)[0] is False:
        return ""
    routes = default_routes()
    if not routes or any(one.device == line.device for one in routes[:1]):
        return ""  # It is the machine's own way out: without it the line is dead for us.
    if not _has_route(line):
        return NO_ROUTE
    source = line.source or address_on(line.device, platform)
    if source and _is_strict(line.device) and _device_towards(ANYWHERE, source) not in ("", line.device):
        return DROPPED
    return ""


def _has_route(line: Line) -> bool:
    """Bound to a device without a route, the kernel takes everything for a neighbour there: no router, and on a cable nobody answers."""
    try:
        if device_flags(line.device) & (IFF_LOOPBACK | IFF_POINTOPOINT | IFF_NOARP):
            return True  # What is sent there arrives at the one who is at the other end.
    except OSError:
        return True
    if any(one.device == line.device for one in default_routes()):
        return True
    told = _route(ANYWHERE, device=line.device)
    return not told or RTA_GATEWAY in told or RTA_VIA in told


def _is_strict(device: str) -> bool:
    try:
        return STRICT == max(int((CONF / name / "rp_filter").read_text()) for name in ("all", device))
    except (OSError, ValueError):
        return False


def _device_towards(address: str, source: str) -> str:
    """By which device the kernel would send from `source` to `address`; "" where it does not say."""
    number = _route(address, source=source).get(RTA_OIF)
    return socket.if_indextoname(struct.unpack("=I", number)[0]) if number else ""


def _route(address: str, source: str = "", device: str = "") -> dict[int, bytes]:
    """The way that the kernel would take, as its attributes; empty where it does not say."""
    wants = [(RTA_DST, socket.inet_aton(address))]
    try:
        wants += [(RTA_SRC, socket.inet_aton(source))] if source else []
        wants += [(RTA_OIF, struct.pack("=I", socket.if_nametoindex(device)))] if device else []
        asks = struct.pack("=BBBBBBBBI", socket.AF_INET, 32, 32 if source else 0, 0, 0, 0, 0, 0, 0)
        asks += b"".join(struct.pack("=HH4s", 8, kind, one) for kind, one in wants)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as one:
            one.settimeout(ANSWER_S)
            one.bind((0, 0))
            one.send(struct.pack("=IHHII", 16 + len(asks), RTM_GETROUTE, NLM_F_REQUEST, 1, 0) + asks)
            told = one.recv(8_192)
    except OSError:
        return {}
    size, kind = struct.unpack_from("=IH", told, 0)
    return dict(attributes(told[28:size])) if kind == RTM_NEWROUTE else {}  # Behind nlmsghdr and rtmsg.
