"""What the settings ask us to look at, and the looks at this machine itself: its disk, its clock.

Each kind of look beyond it stands in a module of its own. A look ends within its time and raises nothing: what went wrong is the
observation. It sends nothing about the shop, and nothing to an address that the settings do not name.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from tideover.detect.looks.addresses import Addresses, literal_address
from tideover.detect.looks.bound import ANY, Way
from tideover.detect.looks.carrier import CarrierProbe
from tideover.detect.looks.content import ContentProbe, HttpProbe
from tideover.detect.looks.look import TIMEOUT_S, in_words, timed
from tideover.detect.looks.names import ROOT, NameProbe, OwnNamesProbe, asked_name
from tideover.detect.looks.neighbour import NeighbourProbe
from tideover.detect.looks.page import url_of
from tideover.detect.looks.reach import TLS_EACH, TLS_PORTS, TcpProbe
from tideover.detect.looks.sip import SipProbe
from tideover.detect.ways import PROVIDERS
from tideover.errors import Damaged, Misconfigured
from tideover.model.line import lines_of
from tideover.model.outage import Observation
from tideover.ports import Probe
from tideover.rules.address import is_host
from tideover.settings import FILE, Settings
from tideover.world import World

DISK_FREE_MIN = 200 * 2**20  # Bytes; a day of a busy shop writes about 30 MB.
CLOCK_BACK_S_MAX = 300.0  # The clock may stand this far behind the newest entry before it is called wrong.


class CloudProbe:
    """Asks whatever it is given whether the cloud answers; for clouds without an address, and for the simulation."""

    def __init__(self, name: str, ask: Callable[[], Awaitable[bool | None]], world: World, timeout_s: float = TIMEOUT_S) -> None:
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
            return Observation("box", "self", self.name, None, self._world.now(), in_words(error))
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


def probes_of(
    settings: Settings, world: World, folder: Path | None, newest: Callable[[], datetime | None], timeout_s: float = TIMEOUT_S
) -> list[Probe]:
    """The probes that the settings ask for. Raises Misconfigured for an address that is none."""
    book = Addresses(world)
    found: list[Probe] = anchor_probes(settings, world, ANY, book, timeout_s, TLS_EACH)
    if settings.lan_device:
        found.append(CarrierProbe(settings.lan_device, world))
    if settings.link_address and not is_of_a_line(settings):
        host, port = address_of(settings.link_address, "link_address")
        found.append(NeighbourProbe("the router", host, world, timeout_s, port=port, book=book))
    found += far_probes(settings, world, ANY, book, timeout_s)
    found += name_probes(settings, world, book, timeout_s)
    if folder is not None:
        found.append(DiskProbe(folder, world))
    found.append(ClockProbe(newest, world))
    return found


def front_door(settings: Settings) -> str:
    """Where the cloud itself is asked: at its interface, else at the host of the page where people work; its log-in is looked at apart."""
    if settings.cloud_url and settings.cloud != "assisted":  # Without an interface, cloud_url is a folder.
        return settings.cloud_url
    parts = urlsplit(settings.cloud_page)
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else settings.cloud_page


def is_of_a_line(settings: Settings) -> bool:
    """The router of the settings is that of a line with a port of its own: looked at there, and no part of the shop's own network."""
    host, _ = address_of(settings.link_address, "link_address")
    return any(one.device and one.gateway == host for one in lines_of(settings.lines))


def anchor_probes(settings: Settings, world: World, way: Way, book: Addresses, timeout_s: float, tls_each: int = 0) -> list[Probe]:
    """One per address of `anchors`; at a port that is spoken to in TLS, one look in `tls_each` shakes hands."""
    found: list[Probe] = []
    for address in settings.anchors:
        host, port = address_of(address, "anchors")
        each = tls_each if port in TLS_PORTS else 0
        found.append(TcpProbe(address, host, port, "anchor", world, timeout_s, way=way, book=book, tls_each=each))
    return found


def far_probes(settings: Settings, world: World, way: Way, book: Addresses, timeout_s: float) -> list[Probe]:
    """What the shop lives by at the other end: cloud, log-in page, proof page, card service, telephone exchange."""
    found: list[Probe] = []
    if page := front_door(settings):
        found.append(HttpProbe("the cloud", page, world, timeout_s, way=way, book=book))
    if settings.cloud_page:
        found.append(HttpProbe("the log-in page", settings.cloud_page, world, timeout_s, kind="login", way=way, book=book))
    if settings.proof_page and settings.proof_text:
        url = url_of(settings.proof_page, "proof_page")
        found.append(ContentProbe(url, settings.proof_text, world, timeout_s, way=way, book=book))
    if is_address(settings.card_host):
        host, port = address_of(settings.card_host, "card_host")
        found.append(TcpProbe("the card service", host, port, "card", world, timeout_s, way=way, book=book))
    if settings.sip_server:
        host, port = address_of(settings.sip_server, "sip_server")
        found.append(SipProbe("the telephone exchange", host, port, world, timeout_s, way=way, book=book))
    return found


def name_probes(settings: Settings, world: World, book: Addresses, timeout_s: float) -> list[Probe]:
    """The way in which this machine asks for names, beside the public name servers of the settings."""
    name = asked_name(named_hosts(settings))
    found: list[Probe] = [] if name == ROOT else [OwnNamesProbe(PROVIDERS, name, world, book, timeout_s)]
    for address in settings.public_dns:
        server, port = name_server(address, "public_dns")
        found.append(NameProbe(address, server, name, world, timeout_s, port=port))
    return found


def named_hosts(settings: Settings) -> list[str]:
    """Hosts of the settings that a look asks for by name, the surest first."""
    pages = [url_of(one, "cloud_url").host for one in (settings.proof_page, settings.cloud_page) if one]
    if settings.cloud_url and settings.cloud not in ("", "assisted"):
        pages.append(url_of(settings.cloud_url, "cloud_url").host)
    pairs = [*settings.anchors, *([settings.card_host] if is_address(settings.card_host) else [])]
    return [*pages, *(address_of(one, "anchors")[0] for one in pairs)]


def name_server(text: str, setting: str) -> tuple[str, int]:
    """ADDRESS or ADDRESS:PORT of a name server; a name would need one to be found. Raises Misconfigured."""
    if literal_address(text, 0) is not None:
        return text, 53
    host, port = address_of(text, setting)
    if literal_address(host, 0) is None:
        raise Misconfigured(setting=setting, why=f"{text!r} is not the address of a name server", file=FILE)
    return host, port


def is_address(text: str) -> bool:
    """It is written HOST:PORT; a card service may be only named."""
    host, _, port = text.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit()


def address_of(text: str, setting: str) -> tuple[str, int]:
    """HOST:PORT, with [HOST]:PORT for IPv6. Raises Misconfigured."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not is_host(host) or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misconfigured(setting=setting, why=f"{text!r} is not HOST:PORT", file=FILE)
    return host, int(port)
