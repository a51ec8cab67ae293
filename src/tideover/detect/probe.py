"""Looks at one thing once: an anchor, the router, the cloud's front door, this machine's disk and clock.

A look ends within its time and raises nothing: what went wrong is the observation. It sends nothing about the shop.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from tideover.errors import Damaged, Misconfigured
from tideover.model.outage import Kind, Observation
from tideover.ports import Probe
from tideover.settings import FILE, Settings
from tideover.world import World

TIMEOUT_S = 2.0  # A healthy line answers in 0.2 s, a slow phone line in one.
DISK_FREE_MIN = 200 * 2**20  # Bytes; a day of a busy shop writes about 30 MB.
CLOCK_BACK_S_MAX = 300.0  # The clock may stand this far behind the newest entry before it is called wrong.
STATUS_LINE_BYTES = 12  # "HTTP/1.1 200": all that is read of an answer.
SERVER_ERROR = 500  # From here on the cloud says of itself that it does not work.
SERVICE_OF: dict[Kind, str] = {"anchor": "internet", "link": "network", "cloud": "cloud"}


class TcpProbe:
    """Opens a connection to HOST:PORT and closes it at once: does anything answer there?"""

    def __init__(self, name: str, host: str, port: int, kind: Kind, world: World, timeout_s: float = TIMEOUT_S) -> None:
        """name: the operator, as it is told to people."""
        self.name, self.timeout_s = name, timeout_s
        self._host, self._port, self._kind, self._world = host, port, kind, world

    async def look(self) -> Observation:
        return await timed(self._world, SERVICE_OF[self._kind], self._kind, self.name, self.timeout_s, self._connect())

    async def _connect(self) -> tuple[bool, str]:
        _, writer = await asyncio.open_connection(self._host, self._port)
        await _close(writer)
        return True, "answers"


class HttpProbe:
    """Asks the cloud's front door for nothing (HEAD) and reads only the status: any answer below 500 is one that works.

    Not a call of the connector: it needs no log-in, is not paced, and never waits for one.
    """

    def __init__(self, name: str, url: str, world: World, timeout_s: float = TIMEOUT_S) -> None:
        """Raises Misconfigured if `url` is no http(s) address."""
        self.name, self.timeout_s, self._world = name, timeout_s, world
        try:
            parts = urlsplit(url)
            fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # A bracket or a port that is none.
            fits = False
        if not fits:
            raise Misconfigured(setting="cloud_url", why=f"{url!r} is not an http or https address", file=FILE)
        self._host, self._tls = parts.hostname, parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        lines = (f"HEAD {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}", "Connection: close")
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii", "replace")
        self._context: ssl.SSLContext | None = None

    async def look(self) -> Observation:
        return await timed(self._world, "cloud", "cloud", self.name, self.timeout_s, self._ask())

    async def _ask(self) -> tuple[bool, str]:
        if self._tls and self._context is None:
            self._context = ssl.create_default_context()
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._context)
        try:
            writer.write(self._request)
            line = await reader.readexactly(STATUS_LINE_BYTES)
        finally:
            await _close(writer)
        if not line.startswith(b"HTTP/") or not line[9:12].isdigit():
            return False, "answers, but not as a web server"
        status = int(line[9:12])
        return status < SERVER_ERROR, f"answers {status}"


class CloudProbe:
    """Asks whatever it is given whether the cloud answers; for clouds without an address, and for the simulation."""

    def __init__(
        self, name: str, ask: Callable[[], Awaitable[bool | None]], world: World, timeout_s: float = TIMEOUT_S
    ) -> None:
        """ask: True answers, False does not, None cannot tell; may raise OSError."""
        self.name, self.timeout_s, self._ask, self._world = name, timeout_s, ask, world

    async def look(self) -> Observation:
        return await timed(self._world, "cloud", "cloud", self.name, self.timeout_s, self._answer())

    async def _answer(self) -> tuple[bool | None, str]:
        ok = await self._ask()
        return ok, {True: "answers", False: "no answer", None: "could not look"}[ok]


class DiskProbe:
    """Is there room for the journal?"""

    name, timeout_s = "disk", TIMEOUT_S

    def __init__(self, folder: Path, world: World, free_min: int = DISK_FREE_MIN) -> None:
        self._folder, self._world, self._free_min = folder, world, free_min

    async def look(self) -> Observation:
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            return Observation("box", "self", self.name, None, self._world.now(), _in_words(error))
        return Observation("box", "self", self.name, free >= self._free_min, self._world.now(), f"{free // 2**20} MB free")


class ClockProbe:
    """Does this machine's clock stand behind what was already recorded?"""

    name, timeout_s = "clock", TIMEOUT_S

    def __init__(self, newest: Callable[[], datetime | None], world: World) -> None:
        """newest: when the journal's last entry was recorded, None if it is empty."""
        self._newest, self._world = newest, world

    async def look(self) -> Observation:
        now = self._world.now()
        try:
            newest = self._newest()
        except Damaged as error:
            return Observation("box", "self", self.name, None, now, error.message)
        back_s = 0.0 if newest is None else (newest - now).total_seconds()
        ok = back_s <= CLOCK_BACK_S_MAX
        return Observation("box", "self", self.name, ok, now, "in order" if ok else f"{back_s:.0f} s behind the newest entry")


async def timed(
    world: World, service: str, kind: Kind, target: str, timeout_s: float, work: Awaitable[tuple[bool | None, str]]
) -> Observation:
    """The observation that `work` comes to within its time; every failure of the network is a value."""
    began_s = world.stopwatch_s()
    try:
        ok, text = await world.within(timeout_s, work)
    except TimeoutError:
        ok, text = False, f"no answer in {timeout_s:g} s"
    except (OSError, EOFError) as error:
        ok, text = False, _in_words(error)
    took_ms = round((world.stopwatch_s() - began_s) * 1000)
    return Observation(service, kind, target, ok, world.now(), text, took_ms)


def _in_words(error: OSError | EOFError) -> str:
    """A short text without addresses or system jargon."""
    match error:
        case ConnectionRefusedError():
            return "refuses the connection"
        case ConnectionError() | EOFError():
            return "breaks off the connection"
        case socket.gaierror():
            return "its name is not found"
        case ssl.SSLCertVerificationError():
            return "its certificate is not right"
        case ssl.SSLError():
            return "no secure connection"
    return error.strerror or type(error).__name__


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def probes_of(settings: Settings, world: World, folder: Path | None, newest: Callable[[], datetime | None]) -> list[Probe]:
    """The probes that the settings ask for. Raises Misconfigured for an address that is none."""
    found: list[Probe] = []
    for address in settings.anchors:
        host, port = address_of(address, "anchors")
        found.append(TcpProbe(address, host, port, "anchor", world))
    if settings.link_address:
        host, port = address_of(settings.link_address, "link_address")
        found.append(TcpProbe("the router", host, port, "link", world))
    page = settings.cloud_page or ("" if settings.cloud == "assisted" else settings.cloud_url)
    if page:  # Without an interface, cloud_url is a folder.
        found.append(HttpProbe("the cloud", page, world))
    if folder is not None:
        found.append(DiskProbe(folder, world))
    found.append(ClockProbe(newest, world))
    return found


def address_of(text: str, setting: str) -> tuple[str, int]:
    """HOST:PORT, with [HOST]:PORT for IPv6. Raises Misconfigured."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misconfigured(setting=setting, why=f"{text!r} is not HOST:PORT", file=FILE)
    return host, int(port)
