"""The counter: carries out what a person at the box asks for, as entries of the box's own till.

Decides nothing that the pure modules beside it do not. A sale is done only when the journal says so; what was noticed
becomes a finding after it, never instead of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import BadRecord, NotAllowed, NotFound
from tideover.journal.entry import Fact, Kept
from tideover.journal.store import Appended, Journal
from tideover.model.facts import BatchTotal, Void
from tideover.model.item import PastSale, Quote
from tideover.model.sale import Document
from tideover.plan.records import Grant, Right
from tideover.plan.store import Plan
from tideover.rules.calendar import trading_day
from tideover.rules.pricing import gross_sum
from tideover.rules.vat import gross_by_rate
from tideover.settings import Settings
from tideover.trade import drawer
from tideover.trade.known import Copies, known_for
from tideover.trade.noticed import findings_of
from tideover.trade.payment import Pay
from tideover.trade.sell import Header, Wanted, build_sale, discount_to_grant, make_lines, quote_to_sale
from tideover.trade.slip import PadState
from tideover.trade.slip_desk import NOTHING, SlipDesk
from tideover.trade.slip_total import Paper
from tideover.trade.take_back import (
    Original,
    Pick,
    build_exchange,
    build_refund,
    check_void,
    original_of_document,
    original_of_past_sale,
    refund_lines,
)
from tideover.trade.terms import Built, Kind, Known, Notice, terms_of
from tideover.world import World, from_ms

NUMBER_SQL = """
SELECT json_extract(CAST(signed AS TEXT), '$.body.number') FROM entry INDEXED BY entry_at_box
WHERE till = ? AND kind IN ('sale', 'refund') AND instr(signed, CAST('"number":"BOX-' AS BLOB)) > 0 ORDER BY seq DESC
"""
REFUND_SQL = """
SELECT id FROM entry WHERE kind = 'refund' AND json_extract(CAST(signed AS TEXT), '$.body.original') = ? ORDER BY seq
"""
BOX_PREFIX = "BOX-"


class Done(Struct, frozen=True):
    """What was written."""

    id: str
    number: str
    answer: Literal["created", "exists", "differs"]
    head: str
    document: Document
    change_minor: int = 0
    notices: tuple[Notice, ...] = ()


class Counter:
    """Sales, slips and drawer at the box itself."""

    def __init__(
        self,
        journal: Journal,
        plan: Plan,
        copies: Copies,
        settings: Settings,
        world: World,
        in_outage: Callable[[], bool] = lambda: True,
    ) -> None:
        """in_outage: whether the fallback is open; some grants hold only then."""
        self._journal, self._plan, self._copies, self._settings, self._world = journal, plan, copies, settings, world
        self._in_outage = in_outage
        self._terms = terms_of(settings)
        self._one_at_a_time = asyncio.Lock()  # A number is taken and written before the next one is.
        self.slips = SlipDesk(journal, plan, copies, settings, world)
        self._last_number: int | None = None

    # Sales at the box ---------------------------------------------------------------------------

    async def sell_on_box(
        self,
        wanted: Sequence[Wanted],
        wishes: Sequence[Pay],
        *,
        operator: str,
        customer: str | None = None,
        quote: str | None = None,
        party: str | None = None,
        commitment: str | None = None,
        note: str = "",
    ) -> Done:
        """A sale taken at the box; with `quote`, its lines come before the wanted ones.

        Raises BadRecord, UnbalancedDocument, NotAllowed, NotFound (the quote), Damaged.
        """
        self._refuse_unlawful_till()
        async with self._one_at_a_time:
            header = Header(self._next_number(), self._day(), customer, party, commitment, note=note)
            quoted: tuple[Wanted, ...] = ()
            notices: tuple[Notice, ...] = ()
            if quote is not None:
                header, quoted, notices = quote_to_sale(self._quote(quote), header)
            lines = (*quoted, *wanted)
            known = self._known(lines, header.customer)
            grant = self._discount_grant(known, lines, header.day, operator, len(quoted))
            built = build_sale(self._terms, known, header, lines, wishes, quoted=len(quoted), grant=grant)
            return await self._write(replace(built, notices=(*notices, *built.notices)), operator)

    async def refund_on_box(
        self, sale: str, picks: Sequence[Pick], wishes: Sequence[Pay], *, operator: str, note: str = ""
    ) -> Done:
        """Take back (a part of) a sale; `sale` is an entry's id or the cloud's number. Raises as sell_on_box, WrongState."""
        self._refuse_unlawful_till()
        async with self._one_at_a_time:
            original, earlier = self._original(sale)
            header = Header(self._next_number(), self._day(), note=note)
            known = self._known((), original.customer)
            grant = self._refund_grant(original, picks, earlier, operator)
            built = build_refund(self._terms, known, header, original, picks, wishes, earlier=earlier, grant=grant)
            return await self._write(built, operator)

    async def exchange_on_box(
        self, sale: str, picks: Sequence[Pick], wanted: Sequence[Wanted], wishes: Sequence[Pay], *, operator: str
    ) -> tuple[Done, Done]:
        """(refund, sale) of one exchange, both or neither. Raises as sell_on_box and refund_on_box."""
        self._refuse_unlawful_till()
        async with self._one_at_a_time:
            original, earlier = self._original(sale)
            back, day = self._next_number(), self._day()
            forth = f"{BOX_PREFIX}{int(back.removeprefix(BOX_PREFIX)) + 1}"
            refund, new = Header(back, day), Header(forth, day, original.customer)
            known = self._known(wanted, original.customer)
            grant = self._discount_grant(known, wanted, day, operator)
            grant = grant or self._refund_grant(original, picks, earlier, operator)
            both = build_exchange(
                self._terms, known, refund, original, picks, new, wanted, wishes,
                exchange=self._world.new_id(), earlier=earlier, grant=grant,
            )  # fmt: skip
            taken_back, taken_along = await self._write_together(both, operator)
            return taken_back, taken_along

    # Facts that come later ----------------------------------------------------------------------

    async def key_slip(
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
    ) -> Done:
        """A paper slip becomes an entry on the day it happened (trade/slip_desk.py). Raises SlipUsed, BadRecord, UnbalancedDocument."""
        keyed = await self.slips.key(slip, kind, happened_at_ms, document, operator=operator, refers_to=refers_to, paper=paper, id=id)
        return _done(Built(kind, keyed.document, refers_to, keyed.notices), keyed.appended)

    async def spoil_slip(
        self, slip: str, state: Literal["void", "missing", "sought"], why: str, operator: str | None = None, owner: str = ""
    ) -> Appended:
        """Say that a slip was spoiled, cannot be found or is being looked for. Raises SlipUsed if it was keyed, BadRecord."""
        return await self.slips.spoil(slip, state, why, operator, owner)

    async def void(self, entry: str, why: str, operator: str | None = None) -> Appended:
        """Say that a sale did not happen; a further entry on the sale's own day. Raises NotFound, WrongState."""
        async with self._one_at_a_time:
            kept = self._find(entry)
            check_void(kept.entry.kind, [one.entry.kind for one in self._journal.referring(entry)])
            day = kept.entry.trading_day
            return await self._journal.record("void", Void(why), refers_to=entry, operator=operator, trading_day=day)

    async def record_entry(
        self,
        kind: Kind,
        document: Document,
        *,
        id: str | None = None,
        happened_at_ms: int | None = None,
        trading_day: str | None = None,
        refers_to: str | None = None,
        operator: str | None = None,
    ) -> Appended:
        """A document that is known to have happened elsewhere (in flight at the cut) becomes an entry, once per `id`."""
        at = None if happened_at_ms is None else from_ms(happened_at_ms)
        return await self._journal.record(
            kind, document, id=id, happened_at=at, trading_day=trading_day, refers_to=refers_to, operator=operator
        )

    # Drawer and terminal ------------------------------------------------------------------------

    async def put_float(self, amount_minor: int, operator: str, note: str = "", whose: str = "") -> Appended:
        """Change money is put into a drawer: the box's own, or `whose` (a till's id or name, or any other name)."""
        return await self._journal.record("drawer_float", drawer.move(amount_minor, note, self._whose(whose)), operator=operator)

    async def drop(self, amount_minor: int, operator: str, note: str = "", whose: str = "") -> Appended:
        """Money is taken out of a drawer, to the safe or the bank."""
        return await self._journal.record("drawer_drop", drawer.move(amount_minor, note, self._whose(whose)), operator=operator)

    async def count_drawer(self, counted_minor: int, operator: str, day: str | None = None, whose: str = "") -> Appended:
        """The blind count of one drawer; a second count of the same one replaces the first, of another one is added."""
        counted = drawer.count(counted_minor, self._whose(whose))
        return await self._journal.record("drawer_count", counted, operator=operator, trading_day=day)

    def _whose(self, named: str) -> str:
        """A till's id where its name was given, so that its sales and its count meet; every other name as it is."""
        tills = [one["till"] for one in self._journal.tills() if one["name"] == named and not one["is_box"] and not one["revoked"]]
        return tills[0] if len(tills) == 1 else named

    async def batch_total(self, terminal: str, total_minor: int, operator: str, day: str | None = None) -> Appended:
        """What the card terminal says it took."""
        return await self._journal.record("batch_total", BatchTotal(terminal, total_minor), operator=operator, trading_day=day)

    def drawers(self, day: str) -> list[drawer.Drawer]:
        """The drawers of a trading day."""
        return drawer.drawers_of(self._journal.day(day))

    def pads(self) -> list[PadState]:
        """What became of every slip that was handed out."""
        return list(self.slips.account().states)

    def skipped_slips(self) -> list[str]:
        """Numbers that somebody has to say something about before the day closes."""
        return [one.slip for one in self.slips.account().unexplained]

    # Inside -------------------------------------------------------------------------------------

    async def _write(self, built: Built, operator: str | None, *, happened_at_ms: int | None = None, day: str | None = None) -> Done:
        [done] = await self._write_together((built,), operator, happened_at_ms=happened_at_ms, day=day)
        return done

    async def _write_together(
        self, builts: Sequence[Built], operator: str | None, *, happened_at_ms: int | None = None, day: str | None = None
    ) -> list[Done]:
        """Documents that belong together and what was noticed about them, in one commit."""
        at = None if happened_at_ms is None else from_ms(happened_at_ms)
        facts = [Fact(one.kind, one.document, one.refers_to, operator, at, day, self._world.new_id()) for one in builts]
        pairs = zip(facts, builts, strict=True)
        noticed = [one for fact, built in pairs for one in findings_of(self._plan, fact, day or self._day(), built.notices)]
        appended = await self._journal.record_together([*facts, *noticed])
        for built in builts:
            if built.document.slip is None:
                self._last_number = int(built.document.number.removeprefix(BOX_PREFIX))
        return [_done(built, one) for built, one in zip(builts, appended, strict=False)]

    def _day(self) -> str:
        return trading_day(self._world.now(), self._settings.time_zone, self._settings.day_turns_at)

    def _next_number(self) -> str:
        if self._last_number is None:
            self._last_number = self._newest_number()
        return f"{BOX_PREFIX}{self._last_number + 1}"

    def _newest_number(self) -> int:
        """Of the box's last document that is no slip; numbers only rise, so the newest is the highest."""
        with self._journal.database.read() as connection:
            for (text,) in connection.execute(NUMBER_SQL, (self._journal.box,)):
                number = text.removeprefix(BOX_PREFIX)
                if text != number and number.isdecimal():
                    return int(number)
        return 0

    def _known(self, wanted: Sequence[Wanted], customer: str | None) -> Known:
        return known_for(self._copies, [one.item for one in wanted], customer)

    def _find(self, entry: str) -> Kept:
        kept = self._journal.find(entry)
        if kept is None:
            raise NotFound(what="entry", id=entry)
        return kept

    def _quote(self, code: str) -> Quote:
        found = self._copies.get("quotes", code)
        if not isinstance(found, Quote):
            raise NotFound(what="quote", id=code)
        return found

    def _original(self, sale: str) -> tuple[Original, list[Document]]:
        """The sale to take back and the refunds of it that stand. Raises NotFound, BadRecord."""
        kept = self._journal.find(sale)
        if kept is None:
            past = self._copies.get("sales", sale)
            if not isinstance(past, PastSale):
                raise NotFound(what="sale", id=sale)
            known = known_for(self._copies, [line.item for line in past.lines], None)
            return original_of_past_sale(past, known.items, self._settings.country), self._refunds_of_number(sale)
        if kept.entry.kind != "sale":
            raise BadRecord(what="refund", why=f"entry {sale} is a {kept.entry.kind}, not a sale")
        later = self._journal.referring(sale, kinds=("refund", "void"))
        if any(one.entry.kind == "void" for one in later):
            raise BadRecord(what="refund", why="that sale is void: it did not happen")
        return original_of_document(sale, kept.entry.body), self._standing(later)

    def _standing(self, refunds: Iterable[Kept]) -> list[Document]:
        return [one.entry.body for one in refunds if not self._journal.referring(one.entry.id, kinds=("void",))]

    def _refunds_of_number(self, number: str) -> list[Document]:
        """The refunds in the journal of a sale that is not: those name the cloud's number."""
        ids = [id for (id,) in self._journal.database.rows(REFUND_SQL, (number,))]
        return self._standing(self._find(id) for id in ids)

    # Authority ----------------------------------------------------------------------------------

    def _refuse_unlawful_till(self) -> None:
        law = self._plan.law()
        if not law.till_lawful:
            raise NotAllowed(who="The box", why=f"in {law.country} sales go on numbered slips ({law.why})")

    def _discount_grant(self, known: Known, wanted: Sequence[Wanted], day: str, operator: str, quoted: int = 0) -> Grant | None:
        lines = make_lines(self._terms, known, wanted, day)
        off_minor, share_ppm = discount_to_grant(self._terms, known, lines, quoted)
        return self._grant(operator, "discount", off_minor, day, share_ppm) if off_minor else None

    def _refund_grant(self, original: Original, picks: Sequence[Pick], earlier: Sequence[Document], operator: str) -> Grant | None:
        lines, _ = refund_lines(original, picks, earlier)
        amount = sum(gross_by_rate(lines, self._terms.prices_include_vat).values())
        return self._grant(operator, "refund", amount, self._day()) if -amount > self._terms.refund_limit_minor else None

    def _grant(self, operator: str, right: Right, amount_minor: int, day: str, share_ppm: int = 0) -> Grant | None:
        spent: dict[str, int] = {}
        for one in self._journal.day(day, kinds=("sale", "refund")):
            document = one.entry.body
            if document.grant is not None:
                used = sum(abs(line.discount_minor) for line in document.lines) if one.entry.kind == "sale" else -gross_sum(document)
                spent[document.grant] = spent.get(document.grant, 0) + used
        return self._plan.may(operator, right, amount_minor, day, in_outage=self._in_outage(), spent=spent, share_ppm=share_ppm)


def _done(built: Built, appended: Appended) -> Done:
    document = built.document
    return Done(appended.id, document.number, appended.answer, appended.head, document, built.change_minor, built.notices)
