"""A shop whose notices go through a real mail server; its clock stands where a test puts it."""

from __future__ import annotations

import email
from datetime import timedelta
from email.policy import default
from typing import Any

from tideover.activate.notices import Notices
from tideover.drivers.mail import Smtp
from tideover.model.switching import ServiceAway, ServiceBack
from tideover.ports import MailAnswer
from tideover.settings import Settings
from tideover.world import to_ms
from unit.receipts.counter import Shop

AINO, SMS = "aino@example.fi", "+358 40 123 4567"
MEANING = {"our-line": "Our internet line is down: our router answers, nothing beyond it does."}


class Modem:
    """A bearer of text messages that keeps what it was given and answers as it is told."""

    name, timeout_s = "the modem", 1.0

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.answer = MailAnswer("sent")

    async def send(self, number: str, text: str) -> MailAnswer:
        if self.answer.word in ("sent", "unknown"):
            self.sent.append((number, text))
        return self.answer


def settings(port: int = 25, to: tuple[str, ...] = (AINO,), **more: Any) -> Settings:
    known = {"mail_server": f"127.0.0.1:{port}", "mail_security": "none", "mail_from": "boksi@kulmakauppa.example"}
    return Settings(**{**known, "shop_name": "Kulmakauppa", "notices_to": to, **more})


def notices_of(
    shop: Shop, port: int = 25, *, texter: Modem | None = None, to: tuple[str, ...] = (AINO,), line: Any = None, **more: Any
) -> Notices:
    given = settings(port, to, **more)
    mailer = Smtp(given, lambda: "", shop.world)
    return Notices(
        shop.journal, shop.world, given, mailer, texter, is_line_up=line or (lambda: True), meaning=lambda cause: MEANING.get(cause, "")
    )


async def away(shop: Shop, service: str = "internet", cause: str = "our-line") -> str:
    """An entry: it went away now."""
    return (await shop.journal.record("service_away", ServiceAway(service, cause, to_ms(shop.world.at)))).id


async def back(shop: Shop, begun: str, service: str = "internet") -> str:
    body = ServiceBack(service, to_ms(shop.world.at), 60)
    return (await shop.journal.record("service_back", body, refers_to=begun)).id


def later(shop: Shop, seconds: float) -> None:
    shop.world.at += timedelta(seconds=seconds)


async def turns(shop: Shop, notices: Notices, seconds: float, most: int = 2_000) -> int:
    """The loop over so much of the shop's time; how many turns it took."""
    until, count = shop.world.at + timedelta(seconds=seconds), 0
    while shop.world.at < until and count < most:
        later(shop, await notices.turn())
        count += 1
    return count


def texts(box: Any) -> list[str]:
    """What the mail server took, as people read it."""
    return [email.message_from_bytes(one.original_content, policy=default).get_content().replace("\r\n", "\n") for one in box.letters]


def subjects(box: Any) -> list[str]:
    return [str(email.message_from_bytes(one.original_content, policy=default)["Subject"]) for one in box.letters]
