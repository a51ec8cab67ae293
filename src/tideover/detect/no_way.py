"""Does this machine itself let looks go out by that line, and their answers in? Before a line is armed it often does not.

Reads its own tables, sends nothing beyond it and changes nothing. "" wherever it is not sure: then the look stands as it was seen.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
from pathlib import Path

from tideover.detect.bound import address_on, open_socket, way_of
from tideover.detect.carrier import carrier_of, device_flags
from tideover.detect.route import default_routes
from tideover.detect.ways import KEPT
from tideover.model.line import Line

ANYWHERE = "1.1.1.1"  # Only asked of the routes.
NO_ROUTE = f"{KEPT}has no way over that line yet; arm the lines, or give it a default route"
DROPPED = f"{KEPT}drops what comes back over that line (rp_filter); arm the lines"
CONF = Path("/proc/sys/net/ipv4/conf")
STRICT = 1
RTM_NEWROUTE, RTM_GETROUTE, NLM_F_REQUEST = 24, 26, 1  # <linux/rtnetlink.h>
RTA_DST, RTA_SRC, RTA_OIF = 1, 2, 4


def no_way(line: Line, platform: str = sys.platform) -> str:
    """Why looks bound to that line cannot work whatever the line does; "" where nothing speaks against them."""
    if not line.device or not platform.startswith("linux") or carrier_of(line.device, platform, device_flags)[0] is False:
        return ""
    routes = default_routes()
    if not routes or any(one.device == line.device for one in routes[:1]):
        return ""  # It is the machine's own way out: without it the line is dead for us.
    if not _has_route(line, platform):
        return NO_ROUTE
    source = line.source or address_on(line.device, platform)
    if source and _is_strict(line.device) and _device_towards(ANYWHERE, source) not in ("", line.device):
        return DROPPED
    return ""


def _has_route(line: Line, platform: str) -> bool:
    for family, address in ((socket.AF_INET, (ANYWHERE, 9)), (socket.AF_INET6, ("2606:4700::1111", 9, 0, 0))):
        try:
            one, _ = open_socket(way_of(line, platform), family, socket.SOCK_DGRAM)
        except OSError:
            continue
        with one:
            if one.connect_ex(address) not in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL):
                return True
    return False


def _is_strict(device: str) -> bool:
    try:
        return STRICT == max(int((CONF / name / "rp_filter").read_text()) for name in ("all", device))
    except (OSError, ValueError):
        return False


def _device_towards(address: str, source: str) -> str:
    """By which device the kernel would send from `source` to `address`; "" where it does not say."""
    parts = b"".join(struct.pack("=HH4s", 8, kind, socket.inet_aton(one)) for kind, one in ((RTA_DST, address), (RTA_SRC, source)))
    asks = struct.pack("=BBBBBBBBI", socket.AF_INET, 32, 32, 0, 0, 0, 0, 0, 0) + parts
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as one:
            one.settimeout(0.2)
            one.bind((0, 0))
            one.send(struct.pack("=IHHII", 16 + len(asks), RTM_GETROUTE, NLM_F_REQUEST, 1, 0) + asks)
            told = one.recv(8_192)
    except OSError:
        return ""
    size, kind = struct.unpack_from("=IH", told, 0)
    at = 28  # Behind nlmsghdr and rtmsg.
    while kind == RTM_NEWROUTE and at + 4 <= min(size, len(told)):
        length, attribute = struct.unpack_from("=HH", told, at)
        if attribute == RTA_OIF:
            return socket.if_indextoname(struct.unpack_from("=I", told, at + 4)[0])
        at += max(4, (length + 3) & ~3)
    return ""
