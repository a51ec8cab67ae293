"""One small question to a web server, bound to one line where that matters: its status, where it sends us, and the beginning of its page.

Follows nothing, sends no cookie and no log-in, reads no more than PAGE_BYTES_MAX.
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

from msgspec import Struct

from tideover.detect.looks.addresses import Addresses
from tideover.detect.looks.bound import ANY, Way
from tideover.detect.looks.reach import connect, trust
from tideover.errors import Misconfigured
from tideover.rules.address import is_host
from tideover.settings import FILE

PAGE_BYTES_MAX = 65_536  # A proof stands near the top; an endless page ends here.
HEAD_BYTES_MAX = 16_384
STATUS_LINE_BYTES = 12  # "HTTP/1.1 200".


class Url(Struct, frozen=True):
    """An address of a page, taken apart."""

    host: str
    port: int
    tls: bool
    path: str
    netloc: str  # As the server wants to read it.


class Page(Struct, frozen=True):
    """What came back."""

    status: int  # 0: it does not speak HTTP.
    to: str = ""  # Where it sends us.
    body: str = ""
    is_bound: bool = True


def url_of(text: str, setting: str) -> Url:
    """Raises Misconfigured if it is no http(s) address."""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:  # A bracket or a port that is none.
        fits = False
    if not fits:
        raise Misconfigured(setting=setting, why=f"{text!r} is not an http or https address", file=FILE)
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.hostname, parts.port or (443 if tls else 80), tls, path, parts.netloc.rpartition("@")[2])


class Asker:
    """Asks one page, again and again."""

    def __init__(
        self, url: Url, book: Addresses, way: Way = ANY, context: ssl.SSLContext | None = None, method: str = "GET",
        until: str | None = None,
    ) -> None:  # fmt: skip
        """until: the page is read until these words came, or to its end; None: not at all, its status is enough."""
        self.url, self._book, self._way, self._context, self._until = url, book, way, context, until
        lines = (f"{method} {url.path} HTTP/1.1", f"Host: {url.netloc}", "User-Agent: tideover", "Accept: */*", "Connection: close")
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii", "replace")

    async def ask(self) -> Page:
        """Raises OSError, EOFError; ends with the time that it is given from outside."""
        one, is_bound = await connect(self._way, await self._book.of(self.url.host, self.url.port))
        secured = {"ssl": self._context or trust(), "server_hostname": self.url.host} if self.url.tls else {}
        reader, writer = await asyncio.open_connection(sock=one, limit=HEAD_BYTES_MAX, **secured)
        try:
            writer.write(self._request)
            return await self._read(reader, is_bound)
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader, is_bound: bool) -> Page:
        line = await reader.readexactly(STATUS_LINE_BYTES)
        if not line.startswith(b"HTTP/") or not line[9:12].isdigit():
            return Page(0, is_bound=is_bound)
        status = int(line[9:12])
        if self._until is None:
            return Page(status, is_bound=is_bound)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.LimitOverrunError:
            return Page(0, is_bound=is_bound)
        to = next((one.partition(":")[2].strip() for one in head.split("\r\n") if one.lower().startswith("location:")), "")
        body, wanted = bytearray(), self._until.encode()
        while len(body) < PAGE_BYTES_MAX and wanted not in body and (more := await reader.read(PAGE_BYTES_MAX - len(body))):
            body += more
        return Page(status, to, body.decode("utf-8", "replace"), is_bound)
