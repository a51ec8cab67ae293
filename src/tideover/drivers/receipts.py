"""Which receipt printer, office printer and mail server the settings name. Opens nothing yet."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tideover.drivers.cups import Cups
from tideover.drivers.escpos import PROFILES, Profile
from tideover.drivers.receipt_files import CupsReceipts, OfficeReceipts
from tideover.drivers.receipt_printer import EscPos
from tideover.drivers.wire import open_device, open_network
from tideover.errors import Misconfigured
from tideover.ports import Printer, ReceiptPrinter
from tideover.rules.address import is_host
from tideover.settings import FILE, Settings
from tideover.world import World

PORT = 9100
SETTING = "receipt_printer"
FORMS = "tcp://HOST:PORT, usb:/dev/usb/lp0, cups:NAME, or nothing"


def receipt_printer_of(settings: Settings, folder: Path, world: World) -> ReceiptPrinter | None:
    """The receipt printer of the settings; None where the shop has none. Raises Misconfigured."""
    text, profile = settings.receipt_printer.strip(), profile_of(settings)
    if not text:
        return None
    way, _, rest = text.partition(":")
    if way == "tcp" and rest.startswith("//"):
        host, port = _address(rest.removeprefix("//").removesuffix("/"), text)
        return EscPos(text, profile, partial(open_network, host, port), world)
    if way == "usb" and rest.startswith("/dev/"):
        return EscPos(text, profile, partial(open_device, rest), world)
    if way == "cups" and rest:
        return CupsReceipts(Cups(rest, world, is_raw=True), profile, folder, world)
    raise Misconfigured(setting=SETTING, why=f"{text!r} is none of {FORMS}", file=FILE)


def office_receipts_of(settings: Settings, printer: Printer | None, folder: Path, world: World) -> ReceiptPrinter | None:
    """The printer of the kit's papers, where receipts may go there."""
    return OfficeReceipts(printer, folder, world) if printer is not None and settings.receipt_office else None


def profile_of(settings: Settings) -> Profile:
    """Raises Misconfigured."""
    found = PROFILES.get(settings.receipt_profile)
    if found is None:
        why = f"{settings.receipt_profile!r} is none of {', '.join(PROFILES)}"
        raise Misconfigured(setting="receipt_profile", why=why, file=FILE)
    return found


def _address(text: str, whole: str) -> tuple[str, int]:
    """HOST or HOST:PORT, with [HOST] for IPv6."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not is_host(host) or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misconfigured(setting=SETTING, why=f"{whole!r} is none of {FORMS}", file=FILE)
    return host, int(port)
