"""A line to the internet as the settings name it: what it is called, where it leaves this machine, what it may cost."""

from __future__ import annotations

import re
from ipaddress import ip_address

from msgspec import Struct

from tideover.errors import Misconfigured

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
DEVICE_LENGTH_MAX = 15  # Linux takes no longer name of a network device.
CYCLE_DAY_MAX = 31  # A month that lacks it begins its cycle on its last day.


class Line(Struct, frozen=True):
    """One way to the internet; the first of the settings is the one the shop uses on a fair day."""

    name: str  # "fibre", "mobile": as people call it, and part of the service's key `line-NAME`.
    device: str = ""  # Network device it leaves by; "" where the shop's router holds it.
    gateway: str = ""  # Address or name of its router; "" for the one that the machine knows.
    dns: tuple[str, ...] = ()  # Its provider's resolvers.
    source: str = ""  # Our address on it, where a system cannot bind to a device.
    is_metered: bool = False  # Each byte counts.
    allowance_mb: int | None = None  # In one cycle; None: without end.
    cycle_day: int = 1  # Day of the month on which the allowance begins anew.
    carrier: str = ""  # Two lines of one carrier fail together.
    interface: str = ""  # Its interfaces at the shop's router, joined by commas: "wan,wan6"; "" where they are called as the line is.

    @property
    def next_hop(self) -> str:
        """Its gateway for a route, which takes no name: "" leaves it to what the machine knows."""
        return self.gateway if _is_address(self.gateway) else ""

    @property
    def unaddressed(self) -> tuple[str, ...]:
        """What the settings give as something else than the address that it had better be."""
        given = {"gateway": self.gateway, "source": self.source}
        return tuple(f"{key}={value}" for key, value in given.items() if value and not _is_address(value))


TEXTS = ("device", "gateway", "source", "carrier", "interface")
NUMBERS = {"allowance_mb": (1, 10_000_000), "cycle_day": (1, CYCLE_DAY_MAX)}


def line_of(text: str) -> Line:
    """`mobile device=wwan0 gateway=10.0.0.1 dns=10.0.0.1,10.0.0.2 metered allowance_mb=5000 cycle_day=5 carrier=Telia`.

    Raises Misconfigured.
    """
    words = text.split()
    if not words or not NAME.fullmatch(words[0]):
        raise _wrong(text, "a line begins with its name: small letters, digits and '-'")
    given: dict[str, object] = {"name": words[0]}
    for word in words[1:]:
        key, _, value = word.partition("=")
        if word == "metered":
            given["is_metered"] = True
        elif key in TEXTS and value:
            given[key] = value
        elif key == "dns" and value:
            given[key] = tuple(value.split(","))
        elif key in NUMBERS:
            given[key] = _number(text, key, value)
        else:
            raise _wrong(text, f"{word!r} is not understood")
    if "source" in given and "device" not in given and not _is_address(str(given["source"])):
        raise _wrong(text, "source is an address, like 10.0.0.1")
    if ("source" in given or "device" in given) and not _can_be_asked(str(given.get("gateway", ""))):
        raise _wrong(text, "gateway is an address, like 10.0.0.1")
    if len(str(given.get("device", ""))) > DEVICE_LENGTH_MAX or "/" in str(given.get("device", "")):
        raise _wrong(text, "that is no name of a network device")
    return Line(**given)


def lines_of(texts: tuple[str, ...]) -> tuple[Line, ...]:
    """All lines of the settings, the shop's usual one first. Raises Misconfigured."""
    lines = tuple(line_of(text) for text in texts)
    if len({one.name for one in lines}) < len(lines):
        raise _wrong(", ".join(one.name for one in lines), "two lines have one name")
    return lines


def _number(text: str, key: str, value: str) -> int:
    low, high = NUMBERS[key]
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise _wrong(text, f"{key} is a number from {low} to {high}")
    return int(value)


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _can_be_asked(text: str) -> bool:
    """The socket library raises nothing of its own for it; whether it is a name that anybody knows, a look tells."""
    try:
        return text.isprintable() and (not text or bool(text.encode("idna")))
    except UnicodeError:
        return False


def _wrong(text: str, why: str) -> Misconfigured:
    return Misconfigured(setting="lines", why=f"{text!r}: {why}", file="tideover.toml")
