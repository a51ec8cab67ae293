"""How the printers are, asked of the devices themselves: a queue says "idle" for hours after somebody pulled the printer's plug.

The queue is asked only where its printer stands. Prints nothing.
"""

from __future__ import annotations

import asyncio
import re
import struct
from pathlib import Path
from urllib.parse import urlsplit

from tideover.detect.looks.addresses import Addresses
from tideover.detect.looks.bound import ANY
from tideover.detect.looks.look import TIMEOUT_S, timed
from tideover.detect.looks.reach import connect
from tideover.drivers.cups import Cups
from tideover.drivers.receipts import receipt_printer_of
from tideover.model.outage import Kind, Observation
from tideover.ports import Printer, Probe, ReceiptPrinter
from tideover.settings import Settings
from tideover.world import World

SERVICE = "office-printer"
EACH_S = 60.0
URI = re.compile(r"^device [^:]+: (\S+)$", re.MULTILINE)  # As `lpstat -v` tells it.
PORTS = {"ipp": 631, "ipps": 631, "socket": 9100, "lpd": 515, "http": 631, "https": 631}
ANSWER_BYTES_MAX = 65_536
GET_PRINTER_ATTRIBUTES = 0x000B  # RFC 8011.
STOPPED = 5  # printer-state: 3 idle, 4 processing, 5 stopped.
REASONS = {
    "media-empty": "it is out of paper", "media-needed": "it is out of paper", "media-jam": "paper is stuck",
    "cover-open": "its cover is open", "door-open": "its cover is open",
    "toner-empty": "it is out of toner", "marker-supply-empty": "it is out of ink", "paused": "it is paused",
    "input-tray-missing": "its paper tray is out", "shutdown": "it is switched off",
}  # fmt: skip


class OfficePrinterProbe:
    """Asks the device behind a queue."""

    kind: Kind = "device"

    def __init__(self, queue: Cups, world: World, timeout_s: float = TIMEOUT_S) -> None:
        self.name, self.timeout_s, self._queue, self._world, self._book = queue.name, timeout_s, queue, world, Addresses(world)
        self._uri, self._last = "", None

    def hurry(self) -> None:
        """The next look asks it, however lately it was asked."""
        self._last = None

    async def look(self) -> Observation:
        """Once a minute while all is well, so that a printer may sleep; the same word again in between."""
        last = self._last
        if last is not None and last.ok is not False and abs((self._world.now() - last.at).total_seconds()) < EACH_S:
            return last
        self._last = await timed(self._world, SERVICE, "device", self.name, self.timeout_s, self._ask())
        return self._last

    async def _ask(self) -> tuple[bool | None, str]:
        if not self._uri:
            found = URI.search(await self._queue.device(self.timeout_s / 2))
            self._uri = found[1] if found else ""
        try:
            parts = urlsplit(self._uri)
            host, port = parts.hostname or "", (parts.port or PORTS[parts.scheme]) if parts.scheme in PORTS else None
        except ValueError:  # No address at all.
            host, port = "", None
        if not host or port is None:
            return None, "it cannot be asked"  # A cable of this machine; only its queue knows.
        addresses = await self._book.of(host, port)
        one, _ = await connect(ANY, addresses)
        with one:
            if parts.scheme not in ("ipp", "http"):
                return True, "answers"
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(one, question(self._uri, host, parts.path or "/"))
            reply = bytearray()
            while len(reply) < ANSWER_BYTES_MAX and (more := await loop.sock_recv(one, ANSWER_BYTES_MAX)):
                reply += more
        return judged(bytes(reply))


def question(uri: str, host: str, path: str) -> bytes:
    """Get-Printer-Attributes: state and reasons."""
    where = "ipp" + uri[uri.index(":") :]
    parts = [(0x47, "attributes-charset", b"utf-8"), (0x48, "attributes-natural-language", b"en"), (0x45, "printer-uri", where.encode())]
    parts += [(0x44, "requested-attributes", b"printer-state"), (0x44, "", b"printer-state-reasons")]
    body = struct.pack("!BBHI", 2, 0, GET_PRINTER_ATTRIBUTES, 1) + b"\x01" + b"".join(_part(*one) for one in parts) + b"\x03"
    lines = (f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/ipp", f"Content-Length: {len(body)}", "Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii", "replace") + body


def _part(tag: int, name: str, value: bytes) -> bytes:
    return struct.pack("!BH", tag, len(name)) + name.encode() + struct.pack("!H", len(value)) + value


def judged(reply: bytes) -> tuple[bool | None, str]:
    """What the printer says of itself; an answer without IPP in it still shows that it is switched on."""
    _, _, body = reply.partition(b"\r\n\r\n")
    state, said = None, body.decode("latin-1")
    if (at := body.find(b"\x23\x00\x0dprinter-state\x00\x04")) >= 0:
        state = int.from_bytes(body[at + 18 : at + 22], "big")
    why = next((text for key, text in REASONS.items() if re.search(rf"{key}(-error|-warning|-report)?(?![a-z-])", said)), "")
    if state == STOPPED:
        return False, why or "it has stopped"
    return True, f"answers; {why}" if why else "answers"


class ReceiptPrinterProbe:
    """The receipt printer's own word, once."""

    kind: Kind = "device"

    def __init__(self, printer: ReceiptPrinter, world: World) -> None:
        self.name, self.timeout_s, self._printer, self._world = printer.name, printer.timeout_s, printer, world

    async def look(self) -> Observation:
        found = await self._printer.look()
        return Observation("printer", "device", self.name, found.is_ready, self._world.now(), found.text)


def office_probes(printer: Printer | None, world: World, timeout_s: float = TIMEOUT_S) -> list[Probe]:
    """The device behind the queue of the settings; none where papers go to a folder, or a person prints."""
    return [OfficePrinterProbe(printer, world, timeout_s)] if isinstance(printer, Cups) else []


def receipt_probes(settings: Settings, folder: Path, world: World) -> list[Probe]:
    """The receipt printer of the settings, for whoever looks without a box. Raises Misconfigured."""
    printer = receipt_printer_of(settings, folder, world)
    return [] if printer is None else [ReceiptPrinterProbe(printer, world)]
