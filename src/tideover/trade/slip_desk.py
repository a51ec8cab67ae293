"""The desk where paper becomes entries: each numbered slip once, with who wrote it and who keyed it.

Keeps the account of every pad: used, void, unused, missing. Refuses a second entry of a number, never a sale that happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET, Struct

from tideover.errors import BadRecord, NotAllowed, NotFound, WrongState
from tideover.journal.entry import Fact, Kept
from tideover.journal.reading import Reading
from tideover.journal.store import Appended, Journal
from tideover.model.facts import FindingClosed, FindingRaised, LogNote, PadCounted, SlipKeyed, SlipKeyedAgain, SlipVoid
from tideover.model.paper import PadOfDay
from tideover.model.sale import Document
from tideover.plan.records import Pad
from tideover.plan.series import is_of_trade
from tideover.plan.store import Plan
from tideover.rules.balance import raise_if_unbalanced
from tideover.rules.calendar import trading_day
from tideover.settings import Settings
from tideover.trade.known import Copies, known_for
from tideover.trade.look import notices_of
from tideover.trade.noticed import findings_of
from tideover.trade.slip import Slip, SlipLog, Spoiled, Used, as_written, pad_of, parse_slip, slip_of
from tideover.trade.slip_again import differences
from tideover.trade.slip_pads import Account, account, next_free, out_of_order, pads_of_day
from tideover.trade.slip_total import Paper, fit_total
from tideover.trade.terms import Kind, Notice, terms_of
from tideover.world import World, from_ms

# Along the indices of rare kinds, so that a shop's twentieth year costs no more than its first.
SLIP_SQL = """
SELECT seq FROM entry INDEXED BY entry_slip WHERE seq > ?1 AND (kind IN ('void', 'slip_void') OR
(kind IN ('sale', 'refund') AND instr(signed, CAST('"slip":null' AS BLOB)) = 0))
UNION ALL SELECT seq FROM entry WHERE kind = 'slip_keyed' AND seq > ?1
UNION ALL SELECT seq FROM entry WHERE kind = 'slip_keyed_again' AND seq > ?1
UNION ALL SELECT seq FROM entry WHERE kind = 'pad_counted' AND seq > ?1 ORDER BY seq
"""
READ_AT_ONCE = 500
NOTES_MAX = 500  # Notes of the log shown at once.
NOTHING = Paper()


def take_up(journal: Reading, log: SlipLog) -> None:
    """Feed the log with what the journal says beyond it."""
    seqs = [seq for (seq,) in journal.database.rows(SLIP_SQL, (log.seq,))]
    for start in range(0, len(seqs), READ_AT_ONCE):
        for kept in journal.numbered(seqs[start : start + READ_AT_ONCE]):
            log.take(kept)


def pads_of_trade(plan: Plan) -> list[Pad]:
    """Pads whose papers are sales or refunds."""
    return [pad for pad in plan.pads() if is_of_trade(pad.series)]


def account_of(journal: Reading, plan: Plan) -> Account:
    """The account of all pads, for whoever only reads."""
    log = SlipLog()
    take_up(journal, log)
    return account(pads_of_trade(plan), log)


class KeyedSlip(Struct, frozen=True):
    """What a slip became."""

    appended: Appended
    document: Document
    notices: tuple[Notice, ...] = ()


class SlipDesk:
    """Takes paper in; one at a time, so that two clerks with the same slip meet."""

    def __init__(self, journal: Journal, plan: Plan, copies: Copies, settings: Settings, world: World) -> None:
        self._journal, self._plan, self._copies, self._settings, self._world = journal, plan, copies, settings, world
        self._terms = terms_of(settings)
        self._one_at_a_time = asyncio.Lock()
        self._log = SlipLog()
        self._account: tuple[object, Account] = (None, Account())

    # What stands ----------------------------------------------------------------------------------

    def log(self) -> SlipLog:
        """Everything that the journal says about slips, up to its end."""
        head = self._journal.head().seq
        if head > self._log.seq:
            take_up(self._journal, self._log)
            self._log.seq = max(self._log.seq, head)
        return self._log

    def pads(self) -> list[Pad]:
        """Pads whose papers are sales or refunds; a picking list is nothing to account for here."""
        return pads_of_trade(self._plan)

    def account(self) -> Account:
        """The account of all pads; reckoned anew only when a slip or a pad changed, for the watch asks at every look."""
        log, pads = self.log(), tuple(self.pads())
        mark = (log.turn, pads)
        if self._account[0] != mark:
            self._account = (mark, account(pads, log))
        return self._account[1]

    def propose(self, after: str = "") -> str:
        """The number that is keyed next; "" where no slip is left."""
        found = next_free(self.pads(), self.log(), parse_slip(after) if after else None)
        return str(found) if found else ""

    def of_day(self, day: str) -> tuple[PadOfDay, ...]:
        """The slips of a trading day, pad by pad."""
        return pads_of_day(self.pads(), self.log(), day)

    def pads_written(self, day: str | None) -> set[str]:
        """Pads, by key, of which slips were written that trading day (None: on any)."""
        used = [slip for slip, one in self.log().used.items() if day is None or one.trading_day == day]
        return {pad.key for pad in self.pads() if any(pad_of(slip, [pad]) for slip in used)}

    def keyed_once(self, day: str | None) -> int:
        """How many slips of that trading day (None: of any) one person alone has keyed."""
        return sum(one.again is None for one in self.log().used.values() if day is None or one.trading_day == day)

    def find(self, slip: str) -> tuple[Slip, Pad | None, Used | None, Spoiled | None]:
        """A number: its pad, how it was used, what was said about it. Raises BadRecord."""
        number, log = slip_of(slip), self.log()
        return number, pad_of(number, self.pads()), log.used.get(number), log.spoiled.get(number)

    # Keying ---------------------------------------------------------------------------------------

    async def key(
        self,
        slip: str,
        kind: Kind,
        happened_at_ms: int,
        document: Document,
        *,
        operator: str | None = None,
        refers_to: str | None = None,
        paper: Paper = NOTHING,
        id: str | None = None,
    ) -> KeyedSlip:
        """A paper slip becomes an entry on the day it happened. It happened: only its own arithmetic can be wrong.

        id: one that the form has from its first key press, so that a button pressed twice writes once.
        Raises SlipUsed (the number was keyed before), BadRecord, UnbalancedDocument (the tenders do not make the sum).
        """
        number = slip_of(slip)
        async with self._one_at_a_time:
            log = self.log()
            used = log.used.get(number)
            if used is not None and used.entry == id:
                return self._again(self._find(used.entry))
            log.check_free(number)
            written, notices = self._written(number, kind, document, paper)
            day = self._day_of(happened_at_ms)
            pads = self.pads()
            notices += [*log.notices(number, pads), *out_of_order(number, day, pads, log), *self._look(kind, written, day)]
            if not paper.time_is_estimated:  # Two coffees at noon are two coffees.
                notices += log.alike(number, kind, happened_at_ms, written)
            at, entry = from_ms(happened_at_ms), id or self._world.new_id()
            fact = Fact(kind, written, refers_to, operator, at, day, entry)
            said = SlipKeyed(str(number), paper.writer, paper.time_is_estimated, paper.written_minor, paper.photo)
            beside = Fact("slip_keyed", said, entry, operator, trading_day=day)
            found = self._turned_up(log.spoiled.get(number), f"Slip {number} turned up and was keyed.", operator)
            facts = [fact, beside, *findings_of(self._plan, fact, day, notices), *found]
            appended = (await self._journal.record_together(facts))[0]
            return KeyedSlip(appended, written, tuple(notices))

    async def key_again(
        self, slip: str, kind: Kind, happened_at_ms: int, document: Document, *, operator: str, paper: Paper = NOTHING
    ) -> list[str]:
        """A second person keys the slip without seeing the first keying; returns where they differ, which is a finding too.

        Raises NotFound (nobody keyed it), WrongState (keyed twice already), NotAllowed (the same person), BadRecord.
        """
        number = slip_of(slip)
        async with self._one_at_a_time:
            used = self.log().used.get(number)
            if used is None:
                raise NotFound(what="keyed slip", id=number)
            if used.again is not None:
                raise WrongState(what="Keying it again", why=f"slip {number} was keyed by two people already")
            if used.keyed_by == operator:
                raise NotAllowed(who=operator, why="a second person keys the slip again, not the same one")
            written, _ = self._written(number, kind, document, paper)
            first = self._find(used.entry).entry
            found = differences(first.body, written, first.trading_day, self._day_of(happened_at_ms))
            if first.kind != kind:
                found.insert(0, "One of the two read a refund.")
            text = " ".join(found)[:1_000]
            body = SlipKeyedAgain(str(number), not found, text)
            fact = Fact("slip_keyed_again", body, used.entry, operator, trading_day=used.trading_day)
            notice = Notice("slip-differs", f"Slip {number} was keyed by two people, and they differ. {text}", key=str(number))
            told = [notice] if found else []
            about = Fact(first.kind, first.body, id=used.entry)
            await self._journal.record_together([fact, *findings_of(self._plan, about, used.trading_day, told)])
            return found

    def _written(self, number: Slip, kind: Kind, document: Document, paper: Paper) -> tuple[Document, list[Notice]]:
        written, notices = as_written(number, document)
        written, more = fit_total(number, written, paper)
        raise_if_unbalanced(written, kind)
        return written, [*notices, *more]

    def _again(self, kept: Kept) -> KeyedSlip:
        return KeyedSlip(Appended("exists", kept.entry.id, kept.seq, str(self._journal.head())), kept.entry.body)

    # What is no sale ------------------------------------------------------------------------------

    async def spoil(
        self, slip: str, state: Literal["void", "missing", "sought"], why: str, operator: str | None = None, owner: str = ""
    ) -> Appended:
        """Say that a slip was spoiled, cannot be found, or is being looked for. A missing one becomes a finding with an owner.

        Raises SlipUsed if it was keyed, BadRecord.
        """
        number = slip_of(slip)
        async with self._one_at_a_time:
            log = self.log()
            log.check_free(number)
            before = log.spoiled.get(number)
            if not owner and state != "void":
                owner = (operator or "") if state == "sought" else self._plan.owner_of("finding/slip-missing")
            fact = Fact("slip_void", SlipVoid(str(number), state, why, owner or UNSET), None, operator, id=self._world.new_id())
            facts = [fact]
            if state != "missing":
                facts += self._turned_up(before, f"Slip {number} is {state} now.", operator)
            elif before is None or before.state != "missing":
                text = f"Slip {number} is missing. {why}".strip()[:1_000]
                body = FindingRaised("slip-missing", text, owner, 0, f"slip-missing {number}", self._today())
                facts.append(Fact("finding", body, refers_to=fact.id))
            return (await self._journal.record_together(facts))[0]

    def _turned_up(self, before: Spoiled | None, note: str, operator: str | None) -> list[Fact]:
        """The finding about a missing slip is explained by the slip itself."""
        if before is None or before.state != "missing":
            return []
        found = self._journal.referring(before.entry, kinds=("finding",))
        still = [one.entry.id for one in found if not self._journal.referring(one.entry.id, kinds=("finding_closed",))]
        return [Fact("finding_closed", FindingClosed(note), id, operator) for id in still]

    # Pads -----------------------------------------------------------------------------------------

    async def count_pad(self, pad: str, next_unused: int, operator: str | None = None) -> Appended:
        """A person holds the pad and reads the first blank number (one past the last where none is left). Raises NotFound, BadRecord."""
        found = self._plan.get(Pad, pad)
        if found is None:
            raise NotFound(what="pad", id=pad[:40])
        if not found.first <= next_unused <= found.last + 1:
            raise BadRecord(what="pad count", why=f"pad {pad} has the numbers {found.first} to {found.last}")
        return await self._journal.record("pad_counted", PadCounted(pad, next_unused), operator=operator)

    # The log ----------------------------------------------------------------------------------------

    async def note(
        self,
        text: str,
        happened_at_ms: int,
        *,
        writer: str = "",
        sheet: str = "",
        time_is_estimated: bool = False,
        operator: str | None = None,
    ) -> Appended:
        """A line of the log, keyed from paper or said now. Raises BadRecord for an empty one."""
        if not text.strip():
            raise BadRecord(what="note", why="there is no text")
        body = LogNote(text.strip(), sheet.strip(), writer.strip() or UNSET, True if time_is_estimated else UNSET)
        return await self._journal.record("note", body, operator=operator, happened_at=from_ms(happened_at_ms))

    def notes(self, day: str) -> list[Kept]:
        """The log of a trading day, as it happened; at most NOTES_MAX."""
        kepts = self._journal.day(day, ("note",))[:NOTES_MAX]
        return sorted(kepts, key=lambda kept: (kept.entry.happened_at, kept.seq))

    # Inside ---------------------------------------------------------------------------------------

    def _find(self, entry: str) -> Kept:
        kept = self._journal.find(entry)
        if kept is None:
            raise NotFound(what="entry", id=entry)
        return kept

    def _day_of(self, at_ms: int) -> str:
        return trading_day(from_ms(at_ms), self._settings.time_zone, self._settings.day_turns_at)

    def _today(self) -> str:
        return trading_day(self._world.now(), self._settings.time_zone, self._settings.day_turns_at)

    def _look(self, kind: Kind, document: Document, day: str) -> Sequence[Notice]:
        known = known_for(self._copies, [line.item for line in document.lines], document.customer)
        return notices_of(self._terms, known, kind, document, day, document.customer, document.tenders)
