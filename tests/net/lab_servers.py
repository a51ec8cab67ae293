"""Everything that lies beyond the providers, as real sockets of one process: name servers, pages, TLS, an exchange, a hijacker."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

from net.lab_plan import CARDS, EXCHANGE, HIJACK, NAMES, NAMES6, PROOF, PROOF_TEXT, PROVIDER_DNS, PUBLIC_DNS, VENDOR

CUSTOMERS = {"100.64.1.53": "192.0.2.", "100.64.2.53": "198.51.100."}
SHOPS_OWN = "192.168.8.1"
A, AAAA = 1, 28
NXDOMAIN, REFUSED = 3, 5
BODY_MAX = 64 * 2**20


class Beyond:
    """How the servers behave now; the faults change it."""

    def __init__(self) -> None:
        self.vendor_waits_s = 0.0
        self.vendor_is_503 = False
        self.login_is_broken = False
        self.lying: set[str] = set()  # Name servers that give the shop's own address.
        self.hijack = "portal"  # Or "bill".
        self.has_ipv6 = False


def question(query: bytes) -> tuple[str, int, int]:
    """Name, type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii"))
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack_from(">H", query, at + 1)[0], at + 5


def answer(query: bytes, server: str, peer: str, beyond: Beyond) -> bytes:
    """What that name server says to that customer."""
    name, kind, end = question(query)
    code, records = 0, b""
    found = {A: NAMES.get(name), AAAA: NAMES6.get(name) if beyond.has_ipv6 else None}.get(kind)
    if server in CUSTOMERS and not peer.startswith(CUSTOMERS[server]):
        code = REFUSED
    elif server in beyond.lying:
        found = SHOPS_OWN if kind == A else None
    elif name not in NAMES:
        code = NXDOMAIN
    if code == 0 and found:
        packed = socket.inet_pton(socket.AF_INET if kind == A else socket.AF_INET6, found)
        records = struct.pack(">HHHLH", 0xC00C, kind, 1, 5, len(packed)) + packed
    flags = 0x8180 | code
    return query[:2] + struct.pack(">HHHHH", flags, 1, 1 if records else 0, 0, 0) + query[12:end] + records


class Datagrams(asyncio.DatagramProtocol):
    """A server whose answer is a function of what came and from where."""

    def __init__(self, reply: Callable[[bytes, str], bytes]) -> None:
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with contextlib.suppress(IndexError, struct.error, UnicodeDecodeError):
            if said := self._reply(data, addr[0]):
                self._transport.sendto(said, addr)  # type: ignore[attr-defined]


def sip_answer(request: bytes, peer: str) -> bytes:
    """200 to OPTIONS, with the request's own headers; 403 to all else."""
    lines = request.decode("latin-1").split("\r\n")
    if not lines or not lines[0].endswith("SIP/2.0") or lines[0].startswith("ACK"):
        return b""
    kept = [one for one in lines[1:] if one.split(":")[0].lower() in ("via", "v", "from", "f", "to", "t", "call-id", "i", "cseq")]
    word = "200 OK" if lines[0].startswith("OPTIONS") else "403 Forbidden"
    return "\r\n".join([f"SIP/2.0 {word}", *kept, "Content-Length: 0", "", ""]).encode("latin-1")


class Pages:
    """HTTP/1.1, one request a connection; which page, says the address that was connected to."""

    def __init__(self, beyond: Beyond) -> None:
        self.beyond = beyond

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            async with asyncio.timeout(60):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path = head.split(" ")[:2]
                length = [int(one.split(":")[1]) for one in head.lower().split("\r\n") if one.startswith("content-length:")]
                if length:
                    await reader.readexactly(min(length[0], BODY_MAX))
                status, more, body = await self.page(writer.get_extra_info("sockname")[0], path)
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n".encode())
                writer.write(b"" if method == "HEAD" else body)
                await writer.drain()
        await closed(writer)

    async def page(self, address: str, path: str) -> tuple[str, str, bytes]:
        beyond, plain = self.beyond, "Content-Type: text/html\r\n"
        if address in VENDOR:
            await asyncio.sleep(beyond.vendor_waits_s)
            if beyond.vendor_is_503:
                return "503 Service Unavailable", plain, b"<h1>Kassa Cloud is down for maintenance</h1>"
            if path.startswith("/login") or address == VENDOR[1]:
                return ("500 Internal Server Error", plain, b"") if beyond.login_is_broken else ("200 OK", plain, b"<h1>Log in</h1><form>")
            return "200 OK", plain, b"<h1>Kassa Cloud</h1>"
        if address == PROOF and path.startswith("/bytes/"):
            return "200 OK", plain, b"x" * min(int(path.split("/")[2]), BODY_MAX)
        if address == PROOF:
            return "200 OK", plain, f"<p>{PROOF_TEXT}</p>".encode()
        if address == HIJACK and beyond.hijack == "bill":
            return "200 OK", plain, b"<h1>Your bill is unpaid</h1><p>The provider has stopped your line.</p>"
        if address == HIJACK and path.startswith("/portal"):
            return "200 OK", plain, b"<h1>Welcome</h1><p>Log in to use this network.</p>"
        if address == HIJACK:
            return "302 Found", f"{plain}Location: http://portal.provider.example/portal\r\n", b""
        return "200 OK", plain, b"ok"


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        await writer.wait_closed()


async def print_port(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A receipt printer that is well: it takes what comes, and answers DLE EOT."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(4_096):
            writer.write(b"\x12" * chunk.count(b"\x10\x04"))
            await writer.drain()
    await closed(writer)


Opened = Callable[[str, int, str, int], socket.socket]  # (namespace, kind of socket, address, port), bound.


async def start(opened: Opened, folder: Path, beyond: Beyond) -> None:
    """Every server, listening."""
    pages, loop = Pages(beyond), asyncio.get_running_loop()
    ours, theirs = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    ours.load_cert_chain(folder / "server.pem")
    theirs.load_cert_chain(folder / "hijack.pem")
    tls = [*PUBLIC_DNS, "9.9.9.9", *VENDOR, CARDS, PROOF, *(NAMES6.values() if beyond.has_ipv6 else ())]
    for address in tls:
        await asyncio.start_server(pages.serve, sock=opened("net", socket.SOCK_STREAM, address, 443), ssl=ours)
    await asyncio.start_server(pages.serve, sock=opened("net", socket.SOCK_STREAM, HIJACK, 443), ssl=theirs)
    for address in (HIJACK, PROOF, VENDOR[0]):
        await asyncio.start_server(pages.serve, sock=opened("net", socket.SOCK_STREAM, address, 80))
    for address in (*PUBLIC_DNS, *PROVIDER_DNS.values()):
        reply = name_server(address, beyond)
        await loop.create_datagram_endpoint(lambda reply=reply: Datagrams(reply), sock=opened("net", socket.SOCK_DGRAM, address, 53))
        await asyncio.start_server(over_tcp(reply), sock=opened("net", socket.SOCK_STREAM, address, 53))
    await loop.create_datagram_endpoint(lambda: Datagrams(sip_answer), sock=opened("net", socket.SOCK_DGRAM, EXCHANGE, 5060))
    for one in ("printer", "office"):
        await asyncio.start_server(print_port, sock=opened(one, socket.SOCK_STREAM, "0.0.0.0", 9100))
    for address in ("127.0.0.1", SHOPS_OWN):
        await loop.create_datagram_endpoint(lambda: Forwarder(opened, folder), sock=opened("box", socket.SOCK_DGRAM, address, 53))


def name_server(address: str, beyond: Beyond) -> Callable[[bytes, str], bytes]:
    return lambda query, peer: answer(query, address, peer, beyond)


def over_tcp(reply: Callable[[bytes, str], bytes]) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, IndexError, struct.error, UnicodeDecodeError):
            query = await reader.readexactly(struct.unpack(">H", await reader.readexactly(2))[0])
            said = reply(query, writer.get_extra_info("peername")[0])
            writer.write(struct.pack(">H", len(said)) + said)
        await closed(writer)

    return serve


class Forwarder(asyncio.DatagramProtocol):
    """The box's name server for the shop: asks the servers of upstreams.conf, one after another, as dnsmasq does."""

    def __init__(self, opened: Opened, folder: Path) -> None:
        self._opened, self._file = opened, folder / "upstreams.conf"
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._forward(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, query: bytes, addr: tuple[str, int]) -> None:
        servers = [one.split()[1] for one in self._file.read_text().splitlines() if one.startswith("nameserver ")]
        for server in servers:
            loop = asyncio.get_running_loop()
            with contextlib.suppress(OSError, TimeoutError), self._opened("box", socket.SOCK_DGRAM, "0.0.0.0", 0) as asked:
                asked.connect((server, 53))
                await loop.sock_sendall(asked, query)
                async with asyncio.timeout(1.0):
                    self._transport.sendto(await loop.sock_recv(asked, 4_096), addr)  # type: ignore[attr-defined]
                return
