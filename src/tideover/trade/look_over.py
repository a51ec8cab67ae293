"""Looks over what the tills sold, once the copies are fresh again: what differs becomes one finding per document.

A till that is on its own sells at the prices it has. When the cloud can be read again, its new prices, archived items,
merged customers and stock are held against those sales. Nothing is refused or changed here, nothing is said by copies
older than the outage the sale fell into, and each document is looked over once, also after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import apsw
from msgspec.structs import replace

from tideover.journal.entry import Kept
from tideover.journal.store import Journal
from tideover.model.facts import FindingRaised
from tideover.model.item import Dataset, Stock
from tideover.model.sale import Document
from tideover.plan.store import Plan
from tideover.settings import Settings
from tideover.trade.known import Copies, known_for
from tideover.trade.look import notices_of
from tideover.trade.take_back import beyond_sale
from tideover.trade.terms import Known, Notice, terms_of
from tideover.world import World, from_ms

READER = "look_over"
LOOKS_AT_ONCE = 50  # Documents looked over between two breaths.
WAIT_MAX = timedelta(days=7)  # A sale that no fresh copy came for in a week is passed over: later prices say nothing about it.
NOTICES_TOLD = 3  # So many are told in words; of the others, how many there are.
TEXT_MAX = 1_000


class Away(Protocol):
    """A time in which the cloud could not be reached."""

    since: datetime

    def holds(self, at: datetime) -> bool:
        """True if `at` lies in it."""


class LookOver:
    """Follows the journal with a cursor of its own."""

    def __init__(
        self, journal: Journal, plan: Plan, copies: Copies, settings: Settings, world: World, outages: Callable[[], Sequence[Away]]
    ) -> None:
        """outages: the outages so far, each from its first evidence."""
        self._journal, self._plan, self._copies, self._world = journal, plan, copies, world
        self._terms, self._outages = terms_of(settings), outages

    async def turn(self) -> int:
        """Look over what may be looked over now, in order; how many documents that were. Raises Damaged."""
        looked = 0
        outages: Sequence[Away] | None = None
        while kepts := self._journal.read(after=self._cursor(), kinds=("sale", "refund"), limit=LOOKS_AT_ONCE):
            outages = self._outages() if outages is None else outages
            passed = 0
            for kept in kepts:
                if kept.entry.till != self._journal.box:  # What was made at the box was looked at there.
                    since = _since(kept, outages)
                    if not self._may_look(kept, since):
                        break
                    await self._look(kept, since)
                    await self._world.pause(0)  # The tills may be served between two documents.
                    looked += 1
                passed = kept.seq
            if passed:
                await self._keep(passed)
            if passed != kepts[-1].seq:
                break
        return looked

    def _may_look(self, kept: Kept, since: datetime) -> bool:
        """The items' copy is new enough, and every other one in use; or nothing newer came in a week."""
        if self._world.now() - from_ms(kept.recorded_at) > WAIT_MAX:
            return True
        ages = [self._copies.state(dataset).as_of for dataset in _datasets(kept.entry.body)]
        return ages[0] is not None and all(as_of is None or as_of >= since for as_of in ages)

    async def _look(self, kept: Kept, since: datetime) -> None:
        entry, document = kept.entry, kept.entry.body
        fresh = {one for one in _datasets(document) if (as_of := self._copies.state(one).as_of) is not None and as_of >= since}
        later = self._journal.referring(entry.id, kinds=("answer", "finding", "void"))
        key = f"{READER}:{entry.id}"
        was_found = any(one.entry.kind == "finding" and one.entry.body.key == key for one in later)  # The cursor was kept back by a crash.
        if was_found or any(one.entry.kind == "void" for one in later):
            return
        notices = [*self._beyond(kept), *(self._differing(kept, fresh, later) if "items" in fresh else ())]
        if not notices:
            return
        first = notices[0]
        amount = sum(one.amount_minor for one in notices if one.code == first.code)
        owner = self._plan.owner_of(f"finding/{first.code}")
        body = FindingRaised(first.code, _told(notices), owner, amount, key, entry.trading_day)
        await self._journal.record("finding", body, refers_to=entry.id, trading_day=entry.trading_day)

    def _beyond(self, kept: Kept) -> Iterable[Notice]:
        """A refund that takes back more than is left of its sale."""
        entry = kept.entry
        sale = self._journal.find(entry.refers_to) if entry.kind == "refund" and entry.refers_to else None
        if sale is None or sale.entry.kind != "sale":
            return ()
        others = [one for one in self._journal.referring(sale.entry.id, kinds=("refund",)) if one.seq < kept.seq]
        standing = [one.entry.body for one in others if not self._journal.referring(one.entry.id, kinds=("void",))]
        return beyond_sale(sale.entry.body, standing, entry.body)

    def _differing(self, kept: Kept, fresh: Iterable[str], later: Iterable[Kept]) -> Iterable[Notice]:
        """What the fresh copies did not expect."""
        entry, document = kept.entry, kept.entry.body
        known = self._known(document, fresh, [one for one in later if one.entry.kind == "answer"])
        may_judge = document.customer is None or "customers" in fresh
        customer, tenders = (document.customer, document.tenders) if may_judge else (None, ())
        return notices_of(self._terms, known, entry.kind, document, entry.trading_day, customer, tenders)

    def _known(self, document: Document, fresh: Iterable[str], answers: Iterable[Kept]) -> Known:
        """What the fresh copies say; where the stock's copy already has this sale in it, the goods are put back on the shelf."""
        known = known_for(self._copies, [line.item for line in document.lines], document.customer)
        if "stock" not in fresh:
            return replace(known, stock={})
        as_of = self._copies.state("stock").as_of
        if as_of is None or not any(from_ms(one.recorded_at) <= as_of for one in answers):
            return known
        return replace(known, stock={code: _before(stock, document) for code, stock in known.stock.items()})

    def _cursor(self) -> int:
        row = self._journal.database.one("SELECT seq FROM taken_up WHERE reader = ?", (READER,))
        return row[0] if row else 0

    async def _keep(self, seq: int) -> None:
        def work(connection: apsw.Connection) -> None:
            sql = "INSERT INTO taken_up VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET seq = max(seq, excluded.seq)"
            connection.execute(sql, (READER, seq))

        await self._journal.database.write_soon(work)


def _datasets(document: Document) -> tuple[Dataset, ...]:
    return ("items", "stock", "customers") if document.customer else ("items", "stock")


def _since(kept: Kept, outages: Iterable[Away]) -> datetime:
    """Copies older than this say nothing about the sale: the start of its outage, else the sale itself."""
    at = from_ms(min(kept.entry.happened_at, kept.recorded_at))  # A till's clock may be ahead of the box's.
    return min((one.since for one in outages if one.holds(at)), default=at)


def _before(stock: Stock, document: Document) -> Stock:
    return replace(stock, on_hand=stock.on_hand + sum(line.quantity for line in document.lines if line.item == stock.code))


def _told(notices: Sequence[Notice]) -> str:
    texts = [one.text for one in notices[:NOTICES_TOLD]]
    more = len(notices) - len(texts)
    if more:
        texts.append(f"{more} more things on it are not as the copies have them.")
    return " ".join(texts)[:TEXT_MAX]
