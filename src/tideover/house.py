"""The house: everything that an open data directory is, by the names of its rooms, and what keeps its outage open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tideover.activate.fallback import Fallback
from tideover.activate.mover import Mover
from tideover.activate.notices import Notices
from tideover.activate.power import PowerDesk
from tideover.activate.runs import Runs
from tideover.connectors import Cloud
from tideover.copies.store import Copies
from tideover.detect.line_watch import LineWatch
from tideover.detect.looks.tills_heard import TillsHeard
from tideover.detect.record.spell_log import SpellLog
from tideover.detect.watch import Watch
from tideover.drivers.heartbeat import Heartbeat
from tideover.drivers.mail_exchange import MailHold
from tideover.journal.person import People
from tideover.journal.store import Journal
from tideover.kit.keep import Keep
from tideover.learn.mail_held import MailHeld
from tideover.learn.rehearsals import Rehearsals
from tideover.learn.trouble import Practising
from tideover.model.open_item import OpenItem
from tideover.plan.store import Plan
from tideover.recover.close import Close
from tideover.recover.closed_days import ClosedDays
from tideover.recover.findings import Findings
from tideover.recover.hold import Holds
from tideover.recover.in_flight import InFlight
from tideover.recover.open_item import unowned
from tideover.recover.outbox import Outbox
from tideover.recover.witnesses import Witnesses
from tideover.replicate.rounds import Replicate
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.trade.counter import Counter
from tideover.trade.look_over import LookOver
from tideover.trade.receipt_desk import ReceiptDesk
from tideover.world import Wake, World

if TYPE_CHECKING:
    import httpx

PAPER_NAMED_MAX = 50  # Unexplained slips that a day names one by one.


@dataclass(slots=True, kw_only=True)
class House:
    """Everything that an open data directory is; attributes are named as the rooms are."""

    folder: Path
    world: World
    settings: Settings
    secrets: Secrets
    journal: Journal
    people: People
    copies: Copies
    plan: Plan
    counter: Counter
    look_over: LookOver
    client: httpx.AsyncClient
    cloud: Cloud
    watch: Watch
    lines: LineWatch  # The quick looks at each line by itself.
    tills_heard: TillsHeard
    spells: SpellLog  # What went away and came back, once each.
    power: PowerDesk
    mover: Mover  # Lines and calls, moved where somebody armed it.
    fallback: Fallback
    runs: Runs
    replicate: Replicate
    outbox: Outbox
    in_flight: InFlight
    holds: Holds
    witnesses: Witnesses  # The places where the journal's end is kept as well.
    findings: Findings
    close: Close
    closed_days: ClosedDays
    keep: Keep
    practising: Practising | None  # Troubles to be played, in a practice box.
    rehearsals: Rehearsals
    receipts: ReceiptDesk
    notices: Notices
    heartbeat: Heartbeat
    mail_hold: Callable[[], Awaitable[MailHold | None]]  # Asks the name servers who holds the shop's mail.
    mail_held: MailHeld  # Answers the plan's check with it.
    bells: dict[str, Wake]  # Loop name to the bell that ends its pause.
    tell: Callable[[str], None]  # Says something to whoever stands at the box.
    ends: ExitStack  # What is closed when the house is, last opened first.

    async def shut(self) -> None:
        """Close the network client and every database; what was acknowledged is on stable storage already."""
        await self.rehearsals.shut()
        await self.lines.shut()
        await self.mover.shut()
        await self.client.aclose()
        self.ends.close()


def also_open_of(house: House, day: str | None) -> Iterator[OpenItem]:
    """What keeps a trading day, or the outage (None), open beside the sales: paper, differences of nobody, what people must still do."""
    yield from _paper_open(house.counter, house.settings, day)
    if day is None:
        people = {word for one in house.plan.people() for word in (one.name, one.role)}
        yield from unowned(house.findings.open(), people)
        yield from house.runs.left_open(house.settings.owner)


def _paper_open(counter: Counter, settings: Settings, day: str | None) -> Iterator[OpenItem]:
    """What the paper keeps open of a trading day, or of the outage (None): unexplained slips, pads that nobody counted."""
    account = counter.slips.account()
    slips = [one for one in account.unexplained if day is None or one.from_day <= day]
    for one in slips[:PAPER_NAMED_MAX]:
        yield OpenItem("slip", one.text, one.owner or settings.owner)
    if len(slips) > PAPER_NAMED_MAX:
        yield OpenItem("slip", f"{len(slips) - PAPER_NAMED_MAX} further slips are unexplained.", settings.owner)
    held = counter.slips.pads_written(day)
    for key in account.to_count:
        if day is None or key in held:
            yield OpenItem("pad-count", f"Pad {key} is not counted: read the first blank number from it.", settings.owner)
    once = counter.slips.keyed_once(day) if settings.slips_keyed_twice else 0
    if once:
        yield OpenItem("slip-once", f"{once} slips were keyed by one person only; a second one keys them again.", settings.owner)
