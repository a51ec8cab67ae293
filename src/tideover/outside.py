"""Puts together what reaches people: receipts on paper and by mail, notices to whoever is away. Like app.py it names concrete classes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tideover.activate.notices import Notices
from tideover.detect.cause import CAUSES
from tideover.detect.watch import Watch
from tideover.drivers import printer_of
from tideover.drivers.heartbeat import Heartbeat
from tideover.drivers.receipts import office_receipts_of, receipt_printer_of
from tideover.journal.person import People
from tideover.journal.store import Journal
from tideover.ports import Mailer
from tideover.recover.outbox import Outbox
from tideover.recover.spans import outage_spans
from tideover.settings import Settings
from tideover.trade.receipt_desk import ReceiptDesk
from tideover.trade.receipt_post import ReceiptPost
from tideover.world import World, from_ms

if TYPE_CHECKING:
    import httpx


def receipts_of(
    folder: Path, world: World, settings: Settings, mailer: Mailer | None, journal: Journal, people: People, watch: Watch
) -> ReceiptDesk:
    """Receipt printer, office printer, mail; what they say of themselves the watch hears."""
    printer = receipt_printer_of(settings, folder, world)
    office = office_receipts_of(settings, printer_of(settings.printer, world), folder, world)

    def was_outage(at_ms: int) -> bool:
        at = from_ms(at_ms)
        return any(one.since <= at and (one.until is None or at < one.until) for one in outage_spans(journal))

    desk = ReceiptDesk(
        journal, people, settings, world, printer, office, has_mail=mailer is not None, hear=watch.hear, was_outage=was_outage
    )  # fmt: skip
    desk.post = ReceiptPost(desk, settings, mailer, world, partial(is_line_up, watch))
    return desk


def notices_of(journal: Journal, world: World, settings: Settings, mailer: Mailer | None, watch: Watch, outbox: Outbox) -> Notices:
    """Who outside the shop is told what happened."""
    meanings = {name: one.meaning for name, one in CAUSES.items() if name not in ("none", "not-known")}
    line = partial(is_line_up, watch)
    found = Notices(journal, world, settings, mailer, is_line_up=line, meaning=lambda cause: meanings.get(cause, ""))
    found.parked_since = lambda: [one.since for one in outbox.parked()]
    return found


def heartbeat_of(journal: Journal, world: World, settings: Settings, client: httpx.AsyncClient) -> Heartbeat:
    """Who outside notices when the box falls silent. Raises Misconfigured."""
    return Heartbeat(settings, client, world, lambda: "" if journal.is_writable else "the box cannot write its journal")


def is_line_up(watch: Watch) -> bool:
    """False while the internet is known to be down: then no letter knocks."""
    return not any((one.service, one.state) == ("internet", "down") for one in watch.verdicts())
