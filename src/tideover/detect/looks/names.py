"""Does a name server answer, and does it tell the truth: a public name that stands for an address of the shop's own network is a lie.

Asks one name that the settings name anyway, or, where they hold only addresses, for the root of all names.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from tideover.detect.looks.addresses import Addresses, literal_address
from tideover.detect.looks.bound import ANY, Way, open_socket, told
from tideover.detect.looks.look import TIMEOUT_S, service_of, timed
from tideover.detect.ways import OWN_NETWORK
from tideover.model.outage import Kind, Observation
from tideover.world import World

PORT = 53
ANSWER_BYTES_MAX = 4_096
ROOT = "."
OWN = tuple(map(ip_network, (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "0.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128", "::/128",
)))  # fmt: skip
HOME_ENDINGS = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localdomain", ".fritz.box")


class NameProbe:
    """Asks one name server over UDP."""

    kind: Kind = "dns"

    def __init__(
        self, target: str, server: str, name: str, world: World, timeout_s: float = TIMEOUT_S, *, way: Way = ANY, port: int = PORT
    ) -> None:
        """name: what is asked; ROOT for none in particular."""
        self.name, self.timeout_s, self._server, self._port, self._name = target, timeout_s, server, port, name
        self._world, self._way = world, way
        import dns.message
        import dns.rdatatype

        question = dns.message.make_query(name, dns.rdatatype.NS if name == ROOT else dns.rdatatype.A)
        self._question = question.to_wire()[2:]

    async def look(self) -> Observation:
        service = service_of("dns", self._way.line)
        return await timed(self._world, service, "dns", self.name, self.timeout_s, self._ask(), self._way.line)

    async def _ask(self) -> tuple[bool | None, str]:
        family, address = literal_address(self._server, self._port) or (socket.AF_INET, (self._server, self._port))
        one, is_bound = open_socket(self._way, family, socket.SOCK_DGRAM)
        number = self._world.secret_bytes(2)
        loop = asyncio.get_running_loop()
        with one:
            one.connect(address)
            await loop.sock_sendall(one, number + self._question)
            while (reply := await loop.sock_recv(one, ANSWER_BYTES_MAX))[:2] != number:  # Late answers to earlier questions.
                pass
        ok, text = self._judge(reply)
        return ok, told(text, is_bound)

    def _judge(self, reply: bytes) -> tuple[bool, str]:
        import dns.exception
        import dns.message
        import dns.rcode
        import dns.rdatatype

        try:
            answer = dns.message.from_wire(reply, ignore_trailing=True)
        except dns.exception.DNSException:
            return False, "answers, but not as a name server"
        if answer.rcode() == dns.rcode.NXDOMAIN:
            return False, f"says that there is no {self._name}"
        if answer.rcode() != dns.rcode.NOERROR:
            return False, "answers, but finds nothing"
        found = [ip_address(one.address) for part in answer.answer for one in part if part.rdtype == dns.rdatatype.A]
        return judged(self._name, found)


class OwnNamesProbe:
    """Asks for a name in the way that this machine asks for all of them."""

    kind: Kind = "dns"

    def __init__(self, target: str, name: str, world: World, book: Addresses, timeout_s: float = TIMEOUT_S) -> None:
        self.name, self.timeout_s, self._name, self._world, self._book = target, timeout_s, name, world, book

    async def look(self) -> Observation:
        return await timed(self._world, "dns", "dns", self.name, self.timeout_s, self._ask())

    async def _ask(self) -> tuple[bool, str]:
        found = await self._book.fresh(self._name)
        return judged(self._name, [ip_address(address[0].partition("%")[0]) for _, address in found])


def judged(name: str, found: list[IPv4Address | IPv6Address]) -> tuple[bool, str]:
    """Every address of a public name lies outside; one of our own network's is a lie."""
    own = [one for one in found if is_own(one)]
    if own and is_public(name):
        return False, f"lies: it says that {name} is {OWN_NETWORK}"
    return True, "answers"


def is_own(address: IPv4Address | IPv6Address) -> bool:
    """An address that no public service has."""
    return any(address in one for one in OWN if one.version == address.version)


def is_public(name: str) -> bool:
    """A name that everybody may ask for, not one of the shop's own."""
    plain = name.rstrip(".").lower()
    return "." in plain and not plain.endswith(HOME_ENDINGS)


def asked_name(hosts: list[str]) -> str:
    """The first of the hosts that is a public name; ROOT where there are only addresses."""
    names = (one for one in hosts if one and literal_address(one, 0) is None and is_public(one))
    return next(names, ROOT)
