"""Small real servers on this machine for looks: a name server, a web server, an exchange, a wall of silence."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tideover.model.outage import Observation

LOCAL = "127.0.0.1"


def seen(look: Observation) -> tuple[str, str, bool | None, str]:
    return look.service, look.kind, look.ok, look.text


class Datagrams(asyncio.DatagramProtocol):
    """Answers each datagram with what `answer` makes of it; None is silence."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer, self.got = answer, 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.got += 1
        if (reply := self._answer(data)) is not None:
            self._transport.sendto(reply, address)


@asynccontextmanager
async def datagrams(answer: Callable[[bytes], bytes | None]):
    """Port and server."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: Datagrams(answer), local_addr=(LOCAL, 0))
    try:
        yield transport.get_extra_info("sockname")[1], server
    finally:
        transport.close()


def names(address: str = "198.51.100.7", code: int = dns.rcode.NOERROR) -> Callable[[bytes], bytes]:
    """A name server that answers every name with that address."""

    def answer(question: bytes) -> bytes:
        asked = dns.message.from_wire(question)
        reply = dns.message.make_response(asked)
        reply.set_rcode(code)
        if code == dns.rcode.NOERROR and asked.question[0].rdtype == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "A", address))
        return reply.to_wire()

    return answer


@asynccontextmanager
async def web(answer: bytes | None, context: ssl.SSLContext | None = None):
    """Port of a web server that answers with these bytes; None: takes what comes and says nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if answer is None:
                await reader.read()
            else:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, LOCAL, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def page(body: str, status: str = "200 OK", *headers: str) -> bytes:
    content = body.encode()
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


def certificate(folder: Path, name: str = LOCAL, days: tuple[int, int] = (-1, 30)) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate of its own making for `name`, and the file of it: whoever trusts that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        other: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        other = x509.DNSName(name)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(7).not_valid_before(now + timedelta(days=days[0])).not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([other]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / f"{name}{days[0]}{days[1]}.pem"
    whole = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(whole)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, path


def trusting(path: Path) -> ssl.SSLContext:
    """A client's context that trusts that certificate and no other."""
    return ssl.create_default_context(cafile=path)
