"""What `tideover doctor` says of receipts: is the printer there and ready, is the mail server's door open. Prints and sends nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

from tideover.errors import TideoverError
from tideover.settings import Settings

Found = tuple[str, Literal["ok", "missing", "advice"], str, str]
CONNECT_S = 3.0
PRINTER_STEP = "look at its power, paper, cover and cable; 'receipt_printer' and 'receipt_profile' in tideover.toml name it"


def checks_of(settings: Settings, folder: Path) -> Iterator[Found]:
    """Printer, mail, who holds the mail that comes in, and the modem."""
    yield _printer(settings, folder)
    if settings.mail_server:
        yield _mail(settings, folder)
    if settings.mail_domain:
        yield _mail_hold(settings)
    if settings.modem.strip():
        yield _modem(settings, folder)


def _printer(settings: Settings, folder: Path) -> Found:
    from tideover.drivers.receipts import receipt_printer_of
    from tideover.world import real_world

    try:
        printer = receipt_printer_of(settings, folder, real_world())
    except TideoverError as error:
        return "Receipt printer", "missing", error.message, error.hint
    if printer is None:
        return "Receipt printer", "advice", "none", "name one in 'receipt_printer', or print from the tills' browsers"
    look = asyncio.run(printer.look())
    if look.is_ready is False:
        return "Receipt printer", "missing", f"{printer.name}: {look.text}", PRINTER_STEP
    if look.is_ready is None:
        return "Receipt printer", "advice", f"{printer.name}: {look.text}", "print a test on the page 'Receipts' and look at it"
    return "Receipt printer", "ok", f"{printer.name}: {look.text}, {printer.width} characters", ""


def _mail(settings: Settings, folder: Path) -> Found:
    from tideover.drivers.mail import PASSWORD, mailer_of
    from tideover.secret import FILE, Secrets
    from tideover.world import real_world

    what, step = "Mail", "correct it with 'tideover mail'"
    if not (folder / FILE).exists():
        return what, "advice", f"{settings.mail_server}; no password is stored yet", step
    try:
        with closing(Secrets(folder, real_world())) as secrets:
            mailer, has_password = mailer_of(settings, secrets, real_world()), PASSWORD in secrets.names()
    except TideoverError as error:
        return what, "missing", error.message, error.hint
    if settings.mail_user and not has_password:
        return what, "missing", f"no password is stored for {settings.mail_user}", step
    try:
        socket.create_connection((mailer.host, mailer.port), timeout=CONNECT_S).close()
    except OSError as error:
        return what, "advice", f"{mailer.name} is not reached ({error.strerror or error})", "with the line up, look at the address"
    return what, "ok", f"{mailer.name}, from {settings.mail_from}; 'tideover mail --try ADDRESS' sends a test", ""


def _mail_hold(settings: Settings) -> Found:
    """A name server is asked, no mail server."""
    from tideover.drivers.mail_exchange import mail_hold_of

    found = asyncio.run(mail_hold_of(settings))
    if found is None or found.is_well:
        return "Incoming mail", "ok", found.text if found else "", ""
    return "Incoming mail", "missing" if found.state == "none" else "advice", found.text, found.next_step


def _modem(settings: Settings, folder: Path) -> Found:
    """It is asked how it is; nothing is dialled or sent. Beside a running box its door is shut."""
    from tideover.drivers.modem import modem_of
    from tideover.world import real_world

    modem = modem_of(settings, real_world(), folder)
    assert modem is not None
    health = asyncio.run(modem.health())
    if health.is_ready:
        return "Modem", "ok", f"{settings.modem}: {health.text}", ""
    step = "look at its SIM, aerial and cable; while 'tideover box' runs, the modem is the box's: look at the page 'Switching'"
    return "Modem", "missing", f"{settings.modem}: {health.text}", step
