"""Takes one booking through Tryton's steps to its final state: sale, shipment, posted invoice, payments on the trading day.

Every stage begins with a look at what stands under our id and does what that asks for, so that a lost answer, a
call delivered twice or a person who was there in between changes nothing: a step that is taken already is not
taken again, and a draft that a repeated call made is cancelled before anything is confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tideover.connectors.content import difference
from tideover.connectors.tryton import wire
from tideover.connectors.tryton.documents import Invoice, Move, Sale, document_of, on_account, total_of
from tideover.connectors.tryton.find import Finder, Period
from tideover.connectors.tryton.house import House
from tideover.connectors.tryton.link import Link, Said
from tideover.connectors.tryton.orders import (
    Order,
    Payment,
    Refused,
    description_of,
    is_payment,
    move_of,
    on_invoice,
    order_of,
    payments_of,
    rounding_line,
    rounding_rows,
    sale_of,
)
from tideover.connectors.tryton.refusals import refusal_of
from tideover.connectors.tryton.shipping import ship
from tideover.model.answer import Answer, CloudDocument, CloudPayment
from tideover.model.money import sum_text
from tideover.ports import Booking

STAGES_MAX = 12  # Looks in one send; four are enough where nothing goes wrong.
RANK = {"draft": 0, "quotation": 1, "confirmed": 2, "processing": 3, "done": 3}
RECONCILE = "wizard.account.move.reconcile_lines"


class Seen(Struct, frozen=True):
    """What stands under our id."""

    sales: tuple[Sale, ...]
    moves: tuple[Move, ...]

    @property
    def living(self) -> list[Sale]:
        """Those not cancelled, the furthest first; among equals the oldest."""
        return sorted((one for one in self.sales if one.state != "cancelled"), key=lambda one: (-RANK[one.state], one.id))

    @property
    def sale(self) -> Sale:
        return self.living[0]

    @property
    def invoices(self) -> list[Invoice]:
        return [one for one in self.sale.invoices if one.state != "cancelled"]


class Booker:
    """The stages of one connector."""

    def __init__(self, link: Link, finder: Finder, house: House) -> None:
        self._link, self._finder, self._house = link, finder, house
        self._wizard: tuple[int, str] | None = None  # A session of Tryton's reconciling, used again and again.

    async def look(self, entry: str) -> Seen:
        """Raises Silent, Said."""
        sales = await self._finder.sales(entry, self._house)
        posted = [one.id for sale in sales for one in sale.invoices if one.move is not None]
        return Seen(tuple(sales), tuple(await self._finder.moves(posted, self._house)) if posted else ())

    def answer(self, booking: Booking, seen: Seen) -> Answer | None:
        """What a look shows; None: nothing stands there."""
        if not seen.sales:
            return None
        if not seen.living:
            number = seen.sales[0].name
            return Answer("differs", number=number, reason=f"{number} was cancelled there", cause="voided")
        if len(seen.living) > 1 and RANK[seen.living[1].state] >= RANK["confirmed"]:
            both = " and ".join(one.name for one in seen.living[:2])
            return Answer("differs", number=seen.sale.name, reason=f"it stands twice in Tryton, as {both}; cancel one of them there")
        sale = seen.sale
        if sale.invoices and not seen.invoices:
            return Answer("differs", number=sale.invoices[0].number or sale.name, reason=f"{sale.name} was voided there", cause="voided")
        if len(seen.invoices) != 1 or len(seen.living) > 1:
            return Answer("partial", number=sale.name, reason=sale.state)
        return self._about(booking, seen, seen.invoices[0])

    def _about(self, booking: Booking, seen: Seen, invoice: Invoice) -> Answer:
        if invoice.state in ("draft", "validated"):
            return Answer("partial", number=seen.sale.name, reason=f"invoice {invoice.state}")
        found = document_of(invoice, seen.sale, seen.moves, self._house)
        facts = {"number": found.number, "total_minor": found.total_minor}
        is_half = found.state == "draft"
        if why := difference(booking, _as_if_paid(booking, found) if is_half else found):
            return Answer("differs", reason=why, **facts)
        return Answer("partial", reason=self._what_lacks(seen, invoice), **facts) if is_half else Answer("exists", **facts)

    def _what_lacks(self, seen: Seen, invoice: Invoice) -> str:
        if seen.sale.shipment_state not in ("sent", "none"):
            return "not shipped"
        return "posted, not paid" if invoice.state == "posted" else invoice.state

    # The stages ---------------------------------------------------------------------------------------

    async def send(self, booking: Booking) -> Answer:
        """Raises Silent."""
        before: Seen | None = None
        for stage in range(STAGES_MAX):
            seen = await self.look(booking.entry)
            answer = self.answer(booking, seen)
            if answer is not None and answer.word == "exists":
                return Answer("exists" if stage == 0 else "created", number=answer.number, total_minor=answer.total_minor)
            if answer is not None and answer.word != "partial":
                return answer
            try:
                paid = await self._stage(booking, seen)
                if paid is not None and await self._finder.is_settled(booking.entry, self._house):
                    return Answer("created", number=paid.number, total_minor=total_of(paid, self._house))
            except Refused as no:
                self._finder.forget()
                return Answer("refused", reason=no.reason, cause=no.cause)
            except Said as no:
                self._finder.forget()
                if before is not None and seen == before:  # Looked again after a no, and nothing had moved: it is a no.
                    return await refusal_of(no.trouble, booking, self._link, self._finder, self._house)
                before = seen
                continue
            before = None
        return Answer("partial", reason="its steps do not end")

    async def _stage(self, booking: Booking, seen: Seen) -> Invoice | None:
        """The next steps, up to where a look is needed again; the invoice once it is paid. Raises Refused, Said, Silent."""
        order = order_of(booking, await self._finder.products(booking), self._house)
        period = await self._finder.period(booking.trading_day, self._house)
        payments_of(booking, self._house)  # A tender without a method is told before anything is booked.
        if not seen.sales:
            await self._create(order)
            return None
        await self._cancel_extras(seen)
        sale = seen.sale
        if RANK[sale.state] < RANK["processing"] or not seen.invoices:
            await self._confirm(sale)
            return None
        invoice = seen.invoices[0]
        if len(seen.invoices) > 1:
            raise Refused("differs", f"{sale.name} has several invoices in Tryton; finish it there, and type its number")
        if invoice.state in ("draft", "validated"):
            await self._post(order, sale, invoice, period)
            return None
        await ship(self._link, sale, booking.trading_day)
        await self._pay(order, invoice, seen.moves, period.id)
        return invoice

    async def _create(self, order: Order) -> None:
        party, address = await self._finder.party(order.booking, self._house)
        origin = await self._finder.original(order.booking, self._house)
        values = sale_of(order, party, address, origin, self._house)
        await self._link.tell("model.sale.sale.create", [values], shape=list[int])

    async def _cancel_extras(self, seen: Seen) -> None:
        """What a repeated call made beside the one gone on with; nothing of it was confirmed."""
        extra = [one.id for one in seen.living[1:]]
        if extra:
            await self._link.tell("model.sale.sale.cancel", extra, shape=object)
            await self._link.tell("model.sale.sale.delete", extra, shape=object)

    async def _confirm(self, sale: Sale) -> None:
        """Confirming also makes the invoice and the shipment, unless Tryton could not; then processing says why."""
        if sale.state == "draft":
            await self._link.tell("model.sale.sale.quote", [sale.id], shape=object)
        if sale.state in ("draft", "quotation"):
            await self._link.tell("model.sale.sale.confirm", [sale.id], shape=object)
            return
        try:
            await self._link.tell("model.sale.sale.process", [sale.id], shape=object)
        except Said as no:
            if sale.state != "confirmed":
                raise
            await self._confirm_anew(sale, no)

    async def _confirm_anew(self, sale: Sale, no: Said) -> None:
        """Processing alone is for Tryton's sales administrators; confirming, which does the same, for us too. Raises Said if it did not."""
        for step in ("draft", "quote", "confirm"):
            await self._link.tell(f"model.sale.sale.{step}", [sale.id], shape=object)
        rows = await self._link.tell("model.sale.sale.read", [sale.id], ["state"], shape=list[dict[str, object]])
        if [one.get("state") for one in rows] == ["confirmed"]:  # Tryton confirms it all the same, and says nothing.
            text = f"It confirmed {sale.name} but made no invoice of it: 'Process' at that sale there says why."
            raise Said(wire.Trouble("user", f"{text} {no.trouble.text}")) from no

    async def _post(self, order: Order, sale: Sale, invoice: Invoice, period: Period) -> None:
        """Post the draft invoice on the trading day, if it is the one that our lines make."""
        if not order.fits(invoice, self._house):
            raise Refused("differs", f"The draft invoice of {sale.name} has other lines than the receipt: mend or cancel it in Tryton.")
        wanted, others = rounding_rows(order, invoice, self._house)
        if others or (order.booking.document.rounding_minor and not wanted):
            changes = [["delete", [one.id for one in others]]] if others else [["create", [rounding_line(order.booking, self._house)]]]
            await self._link.tell("model.account.invoice.write", [invoice.id], {"lines": changes}, shape=object)
            return  # A look first: a repeated call made two of them.
        day = order.booking.trading_day
        post = ("model.account.invoice.post", [invoice.id])
        values = on_invoice(order, invoice, self._house, day)
        await self._link.tell("model.account.invoice.write", [invoice.id], values, shape=object)
        try:
            await self._link.tell(*post, shape=object)
        except Said:
            later = await self._finder.later_invoice(day, period, self._house)
            if later is None:
                raise
            await self._link.tell("model.account.invoice.write", [invoice.id], {"invoice_date": wire.day(later)}, shape=object)
            await self._link.tell(*post, shape=object)
        await ship(self._link, sale, day)

    async def _pay(self, order: Order, invoice: Invoice, moves: Sequence[Move], period: int) -> None:
        """One move per tender, found by its invoice and our id: made once, posted once, reconciled once."""
        booking = order.booking
        wanted, owed = payments_of(booking, self._house), on_account(description_of(booking))
        if invoice.total_minor != sum(one.minor for one in wanted) + owed:
            total = sum_text(invoice.total_minor)
            raise Refused("differs", f"Invoice {invoice.number} came to {total} there, another sum than was paid.")
        used, lacking = await self._matched(wanted, booking, invoice, moves)
        if lacking:
            rows = [move_of(one, booking, invoice, period, self._house) for one in lacking]
            await self._link.tell("model.account.move.create", rows, shape=list[int])
            # A look first: a repeated call made more of them.
            used, lacking = await self._matched(wanted, booking, invoice, await self._finder.moves([invoice.id], self._house))
            if lacking:
                return
        drafts = [one.id for one in used if one.state == "draft"]
        if drafts:
            await self._link.tell("model.account.move.post", drafts, shape=object)
        if not owed:
            paid = [line.id for one in used for line in one.lines if line.account == invoice.account and line.reconciliation is None]
            await self._reconcile([line.id for line in invoice.due if line.reconciliation is None] + paid)

    async def _matched(
        self, wanted: Sequence[Payment], booking: Booking, invoice: Invoice, moves: Sequence[Move]
    ) -> tuple[list[Move], list[Payment]]:
        """The moves that are wanted, and the payments that have none yet; drafts too many are deleted. Raises Refused."""
        ours = [one for one in moves if one.id != invoice.move and one.description == booking.entry]
        used: list[Move] = []
        lacking: list[Payment] = []
        for payment in wanted:
            fitting = [one for one in ours if one not in used and is_payment(one, payment, invoice)]
            fitting.sort(key=lambda one: (one.state != "posted", one.id))
            used += fitting[:1]
            lacking += [] if fitting else [payment]
        extra = [one for one in ours if one not in used]
        if any(one.state == "posted" for one in extra):
            raise Refused("differs", f"Invoice {invoice.number} has a payment too many under our id: cancel that move in Tryton.")
        if extra:
            await self._link.tell("model.account.move.delete", [one.id for one in extra], shape=object)
        return used, lacking

    async def _reconcile(self, lines: list[int]) -> None:
        """Tryton refuses lines that are reconciled already, so a second time does nothing."""
        if not lines:
            return
        if self._wizard is None:
            session, start, _ = await self._link.tell(f"{RECONCILE}.create", shape=tuple[int, str, str])
            self._wizard = session, start
        (session, start), self._wizard = self._wizard, None
        where = {"active_model": "account.move.line", "active_ids": lines, "active_id": lines[0]}
        await self._link.tell(f"{RECONCILE}.execute", session, {}, start, shape=object, **where)
        self._wizard = session, start


def _as_if_paid(booking: Booking, found: CloudDocument) -> CloudDocument:
    """A half-done document, to be compared in everything but how it is paid."""
    rows = [CloudPayment(one.kind, one.amount_minor) for one in booking.document.tenders]
    return replace(found, payments=(*rows, CloudPayment("rounding", booking.document.rounding_minor)))
