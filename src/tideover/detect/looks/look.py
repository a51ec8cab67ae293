"""What all looks share: they end within their time, raise nothing, and say what went wrong in words without addresses or jargon."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Awaitable

from tideover.model.outage import Kind, Observation
from tideover.world import World

TIMEOUT_S = 2.0  # A healthy line answers in 0.2 s, a slow phone line in one.
CLOCK_CODES = frozenset({9, 10})  # OpenSSL's "not yet valid" and "has expired": as likely our clock as their certificate.
CLOCK_TEXT = "its certificate is out of date, or this machine's clock is wrong"
NAMELESS = "not looked at: no name service tells its address"  # That says nothing about the thing itself.
WAYLESS = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
SERVICE_OF: dict[Kind, str] = {
    "carrier": "network", "link": "network", "anchor": "internet", "content": "internet",
    "dns": "dns", "cloud": "cloud", "login": "login", "card": "cards", "sip": "phones",
}  # fmt: skip
OF_THE_LINE: frozenset[Kind] = frozenset({"carrier", "link", "anchor", "content"})  # Bound to a line they speak about that line.


def service_of(kind: Kind, via: str) -> str:
    """Which service a look of that kind speaks about; via: the line that it is bound to, or ""."""
    return f"line-{via}" if via and kind in OF_THE_LINE else SERVICE_OF[kind]


async def timed(
    world: World, service: str, kind: Kind, target: str, timeout_s: float, work: Awaitable[tuple[bool | None, str]], via: str = ""
) -> Observation:
    """The observation that `work` comes to within its time; every failure of the network is a value."""
    began_s = world.stopwatch_s()
    try:
        ok, text = await world.within(timeout_s, work)
    except TimeoutError:
        ok, text = False, f"no answer in {timeout_s:g} s"
    except (OSError, EOFError) as error:
        ok, text = False, in_words(error)
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN and kind != "dns":
            ok, text = None, NAMELESS
    took_ms = round((world.stopwatch_s() - began_s) * 1000)
    return Observation(service, kind, target, ok, world.now(), text, took_ms, via)


def in_words(error: OSError | EOFError) -> str:
    """A short text without addresses or system jargon."""
    match error:
        case ConnectionRefusedError():
            return "refuses the connection"
        case ConnectionError() | EOFError():
            return "breaks off the connection"
        case socket.gaierror():
            return "its name is not found"
        case ssl.SSLCertVerificationError():
            return CLOCK_TEXT if error.verify_code in CLOCK_CODES else "its certificate is not right"
        case ssl.SSLError():
            return "no secure connection"
    if error.errno in WAYLESS:
        return "there is no way to it"
    if error.errno in (errno.ENODEV, errno.ENXIO):
        return "the network device is gone"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no address there"
    return error.strerror or "could not look"
