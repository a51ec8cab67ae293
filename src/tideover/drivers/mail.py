"""Sends letters through the shop's mail server, in a thread of its own. Nothing in a letter can become a header or a second address.

It says `away` or `refused` only when the server cannot have accepted the letter; when the last answer was lost it is `unknown`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from tideover.errors import Misconfigured, SecretUnreadable
from tideover.model.receipt import Letter
from tideover.ports import MailAnswer
from tideover.rules.address import is_host, is_mail_address
from tideover.secret import Secrets
from tideover.settings import FILE, Settings
from tideover.words import plain
from tideover.world import World

PASSWORD = "mail.password"  # Its name among the secrets.
STEP_S = 15.0  # One answer of the server.
STEPS = 8  # Greeting, EHLO, STARTTLS, log-in, sender, receiver, text and its end.
AUTHENTICATED = 235
TEMPORARY = range(400, 500)  # The server's "not now".
ENDLESS = "the mail server does not come to an end"
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Smtp:
    """One mail server."""

    timeout_s = STEP_S * STEPS

    def __init__(self, settings: Settings, password: Callable[[], str], world: World, context: ssl.SSLContext | None = None) -> None:
        """password: asked for at each letter, so that a new one counts at once. Raises Misconfigured."""
        self.name = settings.mail_server
        self.host, self.port = _address(settings)
        if not is_mail_address(settings.mail_from):
            raise Misconfigured(setting="mail_from", why=f"{settings.mail_from!r} is not an e-mail address", file=FILE)
        self._settings, self._password, self._world, self._context = settings, password, world, context

    async def send(self, letter: Letter) -> MailAnswer:
        if not is_mail_address(letter.to):
            return MailAnswer("refused", "that is not an e-mail address")
        errand = _Errand()
        try:
            work = asyncio.to_thread(self._hand_over, errand, letter.to, self.message(letter))
            return await self._world.within(self.timeout_s, work)
        except TimeoutError:
            return MailAnswer("unknown" if errand.hang_up() else "away", ENDLESS)
        except asyncio.CancelledError:  # The box stops: its end waits for every thread, and this one for a server.
            errand.hang_up()
            raise

    def message(self, letter: Letter) -> EmailMessage:
        """The letter as it goes out."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = self._settings.mail_from, letter.to
        message["Subject"] = plain(letter.subject)
        message["Date"] = format_datetime(self._world.now())
        message["Message-ID"] = f"<{letter.id}@{self._settings.mail_from.rpartition('@')[2]}>"
        message.set_content(letter.text, cte="quoted-printable")
        return message

    def _hand_over(self, errand: _Errand, to: str, message: EmailMessage) -> MailAnswer:
        """In a thread: the standard library's client waits for each piece of an answer, STEP_S at the longest."""
        try:
            server = self._connected(errand)
        except (OSError, smtplib.SMTPException) as error:
            return _not_taken(error)
        try:
            try:
                self._log_in(server)
                _expect(server.mail(self._settings.mail_from))
                _expect(server.rcpt(to))
            except (OSError, smtplib.SMTPException) as error:
                return _not_taken(error)
            return _text(server, message) if errand.begins_text() else MailAnswer("away", ENDLESS)
        finally:
            _leave(server)

    def _connected(self, errand: _Errand) -> smtplib.SMTP:
        if self._settings.mail_security == "tls":
            return _Secured(errand, self.host, self.port, timeout=STEP_S, context=self._tls())
        return _Plain(errand, self.host, self.port, timeout=STEP_S)

    def _tls(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()

    def _log_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if self._settings.mail_security == "starttls":
            server.starttls(context=self._tls())
            server.ehlo()
        if self._settings.mail_user:
            _say_who(server, self._settings.mail_user, self._password())


class _Errand:
    """One letter's way through its thread, so that it can be hung up from outside."""

    def __init__(self) -> None:
        self.server: smtplib.SMTP | None = None
        self._lock, self._is_over, self._has_left = threading.Lock(), False, False

    def begins_text(self) -> bool:
        """The text goes out now; False where the caller was told already that it does not."""
        with self._lock:
            self._has_left = not self._is_over
            return self._has_left

    def hang_up(self) -> bool:
        """End it; True where the text had begun to leave."""
        with self._lock:
            self._is_over = True
        line = None if self.server is None else self.server.sock
        if line is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # Beneath the encryption: its thread sees an end, and closes.
        return self._has_left


class _Plain(smtplib.SMTP):
    def __init__(self, errand: _Errand, *address: Any, **more: Any) -> None:
        errand.server = self
        super().__init__(*address, **more)


class _Secured(smtplib.SMTP_SSL):
    def __init__(self, errand: _Errand, *address: Any, **more: Any) -> None:
        errand.server = self
        super().__init__(*address, **more)


def mailer_of(settings: Settings, secrets: Secrets, world: World) -> Smtp | None:
    """The mail server of the settings; None where there is none. Raises Misconfigured."""
    return Smtp(settings, lambda: password_of(secrets), world) if settings.mail_server.strip() else None


def password_of(secrets: Secrets) -> str:
    """"" where none was stored, or it cannot be opened: then the server refuses the log-in, and says so."""
    try:
        return (secrets.get(PASSWORD) or b"").decode("utf-8", "replace")
    except SecretUnreadable:
        return ""


def _address(settings: Settings) -> tuple[str, int]:
    """HOST or HOST:PORT. Raises Misconfigured."""
    text = settings.mail_server.strip()
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, str(PORTS[settings.mail_security])
    host = host.removeprefix("[").removesuffix("]")
    if not is_host(host) or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misconfigured(setting="mail_server", why=f"{text!r} is not HOST:PORT", file=FILE)
    return host, int(port)


def _say_who(server: smtplib.SMTP, user: str, password: str) -> None:
    """PLAIN in UTF-8 (RFC 4616) where the server knows it: the library's own way takes no letter outside ASCII. Raises SMTPException."""
    if "PLAIN" not in server.esmtp_features.get("auth", "").upper().split():
        if not (user + password).isascii():
            raise smtplib.SMTPNotSupportedError
        server.login(user, password)
        return
    code, said = server.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii"))
    if code != AUTHENTICATED:
        raise smtplib.SMTPAuthenticationError(code, said)


def _expect(answer: tuple[int, bytes]) -> None:
    code, said = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, said)


def _text(server: smtplib.SMTP, message: EmailMessage) -> MailAnswer:
    """From here on a lost answer leaves it open whether the letter was taken."""
    try:
        code, said = server.data(message.as_bytes())
    except smtplib.SMTPDataError as error:
        return _not_taken(error)
    except (OSError, smtplib.SMTPException) as error:
        return MailAnswer("unknown", _why(error))
    if code == 250:
        return MailAnswer("sent")
    return _not_taken(smtplib.SMTPResponseException(code, _told(said)))


def _not_taken(error: OSError | smtplib.SMTPException) -> MailAnswer:
    """The server's "no" stays no; "not now", and a server that is gone, is tried again."""
    is_no = isinstance(error, smtplib.SMTPResponseException) and error.smtp_code not in TEMPORARY and error.smtp_code > 0
    is_no = is_no and not isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError)
    return MailAnswer("refused" if is_no else "away", _why(error))


def _why(error: OSError | smtplib.SMTPException) -> str:
    match error:
        case smtplib.SMTPAuthenticationError():
            return "the mail server does not accept the log-in: give the password again with 'tideover mail'"
        case smtplib.SMTPResponseException():
            said = f"{error.smtp_code} {_told(error.smtp_error)}"
            return f"the mail server says: {said}"
        case smtplib.SMTPNotSupportedError():
            return "the mail server does not offer what mail_security or mail_user asks for"
        case smtplib.SMTPServerDisconnected():
            return "the mail server broke off"
        case ssl.SSLCertVerificationError():
            return "the mail server's certificate is not right"
        case TimeoutError():
            return "the mail server does not answer"
        case ConnectionRefusedError():
            return "the mail server refuses the connection"
    return "the mail server cannot be reached"


def _told(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return plain(text)[:200]


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
