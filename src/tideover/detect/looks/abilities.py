"""Which looks this machine and this user can make, and what stands in for those that they cannot. Tries each once; sends nothing."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from msgspec import Struct

from tideover.detect.looks.bound import ANY, Way, bind, open_socket
from tideover.detect.looks.neighbour import ARP, may_echo_to
from tideover.detect.looks.route import PROC, own_source

LOOPBACK = {"darwin": "lo0"}
ELSEWHERE_SIX = "2001:db8::1"  # RFC 3849: nobody's; a socket is pointed at it, and not a byte leaves.


class Ability(Struct, frozen=True):
    """One thing that looks may need."""

    what: str
    can: bool
    why: str  # What happens instead, or how it is done.


def abilities(platform: str = sys.platform, proc: Path = PROC, arp: Path = ARP) -> tuple[Ability, ...]:
    """All of them, in the order of the layers."""
    is_linux = platform.startswith("linux")
    reads_routes = is_linux and (proc / "route").exists()
    return (
        _ability("hear at once when a cable comes out", is_linux, "the system tells", "it is noticed when nothing answers any more"),
        _ability("ask a cable whether it carries a signal", is_linux, "the system tells", "only its other end can tell"),
        _ability("send an echo to the router", may_echo_to(socket.AF_INET, platform), "this user may", "it is asked by a connection"),
        _ability("read whether the router is known on the cable", is_linux and arp.exists(), "the system tells", "only an answer counts"),
        _ability("know which line is in use", reads_routes, "by the routes", "by our address, where the line's settings name it"),
        _ability("look through one line alone", _may_bind(platform), "bound to its network device", "by our address on it; looks say so"),
        _ability("reach IPv6", bool(own_source(ELSEWHERE_SIX)), "there is a way out", "there is none here, and nothing is blamed for it"),
    )


def _ability(what: str, can: bool, how: str, instead: str) -> Ability:
    return Ability(what, can, how if can else instead)


def _may_bind(platform: str) -> bool:
    if platform == "win32":  # By address; its hosts are strong.
        return False
    try:
        one, _ = open_socket(ANY, socket.AF_INET, socket.SOCK_DGRAM)
        with one:
            return bind(one, Way("loop", LOOPBACK.get(platform, "lo"), platform=platform))
    except OSError:
        return False
