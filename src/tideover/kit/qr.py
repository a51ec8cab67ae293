"""A number as a picture that a phone reads: the page where the paper is keyed in, or the bare number where no page can be reached.

The paper stands alone: what the picture says is printed beside it. Fetches nothing, knows nobody.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address, ip_address
from typing import Any

from tideover.settings import Settings

QUIET = 4  # White modules around the picture; a reader finds its edge by them.
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def text_for(settings: Settings, number: str) -> str:
    """What the picture of a printed number says: `http://HOST:PORT/slips/A-0017`, or `A-0017` where phones cannot reach the box."""
    host = reachable_host(settings)
    if not host or not settings.port:
        return number
    return f"http://{host}{'' if settings.port == 80 else f':{settings.port}'}/slips/{number}"


def reachable_host(settings: Settings) -> str:
    """A name or address under which other devices of the shop find the box; "" where it answers only to its own machine."""
    if _is_only_local(settings.bind):
        return ""
    for name in settings.host_names:
        if NAME.fullmatch(name) and not _is_only_local(name):
            return name.lower()
    return _as_host(settings.bind)


def _is_only_local(name: str) -> bool:
    if name.lower() == "localhost" or not name:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _as_host(bind: str) -> str:
    """The address of one network card; "" for all of them, for nobody can type that."""
    try:
        if ip_address(bind).is_unspecified:
            return ""
    except ValueError:
        return bind.lower() if NAME.fullmatch(bind) else ""
    try:
        return f"[{IPv6Address(bind).compressed}]"
    except AddressValueError:
        return bind


@lru_cache(maxsize=2048)
def picture(text: str) -> dict[str, Any]:
    """The code for a template: `size` in modules with the quiet zone, and `path`, an SVG path over the dark ones."""
    import segno

    rows = segno.make(text, micro=False, error="m").matrix
    path = "".join(_run(y, x, n) for y, row in enumerate(rows) for x, n in _runs(row))
    return {"size": len(rows) + 2 * QUIET, "path": path, "says": text}


def _runs(row: bytearray) -> list[tuple[int, int]]:
    """Where dark modules stand side by side: first one and how many."""
    return [(found.start(), len(found[0])) for found in re.finditer(b"\x01+", bytes(row))]


def _run(y: int, x: int, n: int) -> str:
    return f"M{x + QUIET} {y + QUIET}h{n}v1h-{n}z"
