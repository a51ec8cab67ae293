"""A booking as Tryton's records: the sale with its lines, what is set on its invoice, the payment moves. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.amounts import Part, net_lines, parts
from tideover.connectors.tryton.documents import REFUND, Invoice, InvoiceLine, Move
from tideover.connectors.tryton.house import House, Id
from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, decimal_text, sum_text
from tideover.ports import Booking

TEXT_MAX = 1_000
LAST = 9_999  # Place of the rounding line.


class Refused(Exception):
    """It cannot be booked as it is, and a person must act: cause and reason."""

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause, self.reason = cause, reason


class Product(Struct, frozen=True):
    """What an item is in Tryton, as far as a line of a sale needs it."""

    id: Id
    unit: Id
    step: int  # Smallest quantity of its unit, thousandths.
    category: Id | None


class Order(Struct, frozen=True):
    """One booking, worked out for one Tryton."""

    booking: Booking
    lines: tuple[tuple[Part, Product | None, tuple[int, ...]], ...]

    def fits(self, invoice: Invoice, house: House) -> bool:
        """Is this draft invoice the one that our lines make, whatever stands there for cash rounding?"""
        ours = Counter((x.quantity, x.price, x.note, None if product is None else product.id) for x, product, _ in self.lines)
        theirs = Counter(
            (wire.quantity_of(x.quantity or 0.0), x.unit_price.scaled(PRICE_SCALE) if x.unit_price else 0, x.note or "", x.product)
            for x in invoice.lines
            if x.type == "line" and (x.product is not None or x.account != house.rounding_account)
        )
        return ours == theirs

    def taxes(self) -> dict[tuple[int, ...], int]:
        """The VAT of the receipt by the taxes of its lines."""
        sums: Counter[tuple[int, ...]] = Counter()
        done: set[int] = set()
        for part, _, taxes in self.lines:
            if part.number not in done:
                done.add(part.number)
                sums[taxes] += part.gross_minor
        for (_, _, net), taxes in zip(net_lines(self.booking.document), self._taxes_by_line(), strict=True):
            sums[taxes] -= net
        return dict(sums)

    def _taxes_by_line(self) -> list[tuple[int, ...]]:
        found = {part.number: taxes for part, _, taxes in self.lines}
        return [found[number] for number in sorted(found)]


def order_of(booking: Booking, products: Mapping[str, Product], house: House) -> Order:
    """The lines as Tryton takes them. Raises Refused."""
    found: list[tuple[Part, Product | None, tuple[int, ...]]] = []
    for number, (line, gross, net) in enumerate(net_lines(booking.document), 1):
        product = products.get(line.item) if line.item else None
        taxes = house.taxes_for(product.category if product else None, line.vat_ppm, booking.trading_day)
        if taxes is None:
            percent = decimal_text(line.vat_ppm, 10_000, 0)
            reason = (
                f"{house.name} has no customer tax of {percent} % that was in force on {booking.trading_day}. "
                "Make it in Tryton (Financial > Configuration > Taxes), then send on."
            )
            raise Refused("tax-missing", reason)
        made = parts(line, number, gross, net, product.step if product else 1)
        if made is None:
            quantity = decimal_text(line.quantity, QUANTITY_SCALE, 0)
            reason = (
                f"Line {number}: {quantity} of {line.item or line.name!r} for {sum_text(line.amount_minor)} is finer than its unit in "
                "Tryton allows. Give the item a unit with more decimals, or book it there by hand."
            )
            raise Refused("quantity", reason)
        found += ((one, product, taxes) for one in made)
    return Order(booking, tuple(found))


def description_of(booking: Booking) -> str:
    """The receipt's number, so that people find it; and what was sold on account."""
    owed = sum(one.amount_minor for one in booking.document.tenders if one.kind == "account")
    original = booking.original or booking.document.original
    back = f", takes back {original}" if booking.kind == "refund" and original else ""
    kind = REFUND if booking.kind == "refund" else ""
    return f"{kind}{booking.document.number}{back}{' (late)' if booking.late else ''}{f' (on account {sum_text(owed)})' if owed else ''}"


def sale_of(order: Order, party: int, address: int, origin: int | None, house: House) -> dict[str, Any]:
    """The sale to create."""
    booking = order.booking
    day = wire.day(booking.trading_day)
    return {
        "company": house.company,
        "currency": house.currency,
        "party": party,
        "invoice_address": address,
        "shipment_address": address,
        "warehouse": house.warehouse,
        "reference": booking.entry,
        "description": description_of(booking),
        "comment": clean(booking.document.note),
        "sale_date": day,
        "quotation_date": day,
        "quotation_validity": None,
        "payment_term": None,
        "invoice_method": "order",
        "shipment_method": "order",
        "origin": None if origin is None else f"sale.sale,{origin}",
        "lines": [["create", [_line(*one) for one in order.lines]]],
    }


def _line(part: Part, product: Product | None, taxes: Sequence[int]) -> dict[str, Any]:
    place = {} if product is None else {"product": product.id, "unit": product.unit}
    return place | {
        "type": "line",
        "sequence": part.number,
        "quantity": wire.count(part.quantity),
        "unit_price": wire.price(part.price),
        "taxes": [["add", list(taxes)]],
        "description": clean(part.line.name or part.line.item or "-"),
        "note": part.note,
    }


def clean(text: str) -> str:
    """As a database keeps it: no NUL."""
    return text.replace("\x00", " ")[:TEXT_MAX]


def on_invoice(order: Order, invoice: Invoice, house: House, invoice_day: str) -> dict[str, Any]:
    """What is set on the draft invoice: days, our id, and the receipt's VAT where Tryton worked out another."""
    booking = order.booking
    values: dict[str, Any] = {
        "accounting_date": wire.day(booking.trading_day),
        "invoice_date": wire.day(invoice_day),
        "reference": booking.entry,
        "description": description_of(booking),
    }
    changes = []
    for taxes, vat in order.taxes().items():
        family = house.family(taxes)
        rows = [one for one in invoice.taxes if one.tax in family]
        gap = vat - sum(one.amount.scaled(MINOR_PER_MAJOR) for one in rows)
        if gap and rows:
            largest = max(rows, key=lambda one: abs(one.amount.scaled(MINOR_PER_MAJOR)))
            changes.append(["write", [largest.id], {"amount": wire.minor(largest.amount.scaled(MINOR_PER_MAJOR) + gap)}])
    return values | ({"taxes": changes} if changes else {})


# Payments ------------------------------------------------------------------------------------------


class Payment(Struct, frozen=True):
    """One payment move: a tender's journal and account, and what came in (negative: went out)."""

    journal: int
    account: int
    minor: int


def payments_of(booking: Booking, house: House) -> list[Payment]:
    """The moves that pay it, one per tender. Raises Refused."""
    if booking.document.rounding_minor and house.rounding_account is None:
        reason = (
            f"{house.name} has no account for cash rounding. Make one of a revenue type in Tryton's chart of accounts, "
            "under the name that 'tideover connect tryton' was told, then send on."
        )
        raise Refused("account-missing", reason)
    sums: Counter[str] = Counter()
    for one in booking.document.tenders:
        if one.kind != "account":
            sums[one.kind] += one.amount_minor
    made = []
    for kind, amount in sums.items():
        method = house.methods.get(kind)
        if amount and method is None:
            reason = (
                f"{house.name} has no payment method for {kind}. Make it in Tryton (Financial > Configuration > Payment Methods), "
                "under the name that 'tideover connect tryton' was told, then send on."
            )
            raise Refused("tender-missing", reason)
        if amount and method is not None:
            made.append(Payment(method.journal, method.debit_account if amount > 0 else method.credit_account, amount))
    return made


def move_of(payment: Payment, booking: Booking, invoice: Invoice, period: int, house: House) -> dict[str, Any]:
    """The move to create, noted at the invoice as one of its payments."""
    due = _side(invoice.account, -payment.minor) | {"invoice_payment": invoice.id}
    if invoice.of_account is not None and invoice.of_account.party_required:
        due["party"] = invoice.party
    return {
        "company": house.company,
        "journal": payment.journal,
        "period": period,
        "date": wire.day(booking.trading_day),
        "origin": f"account.invoice,{invoice.id}",
        "description": booking.entry,
        "lines": [["create", [_side(payment.account, payment.minor), due]]],
    }


def _side(account: int, amount: int) -> dict[str, Any]:
    return {"account": account, "debit": wire.minor(max(amount, 0)), "credit": wire.minor(max(-amount, 0))}


def is_payment(move: Move, payment: Payment, invoice: Invoice) -> bool:
    """Is the move found the one wanted?"""
    rows = [(one.account, one.minor) for one in move.lines if one.account != invoice.account]
    return move.journal == payment.journal and rows == [(payment.account, payment.minor)]


# Cash rounding -------------------------------------------------------------------------------------


def rounding_rows(order: Order, invoice: Invoice, house: House) -> tuple[list[InvoiceLine], list[InvoiceLine]]:
    """The rounding line that is wanted, if it is there, and those that are not."""
    rows = [one for one in invoice.lines if one.type == "line" and one.account == house.rounding_account and one.product is None]
    rows = rows if house.rounding_account is not None else []
    wanted = [one for one in rows if one.net_minor == -order.booking.document.rounding_minor != 0][:1]
    return wanted, [one for one in rows if one not in wanted]


def rounding_line(booking: Booking, house: House) -> dict[str, Any]:
    """Cash rounding as a line of the invoice: the lines come to so much more than was paid, or less."""
    return {
        "type": "line",
        "company": house.company,
        "currency": house.currency,
        "invoice_type": "out",
        "sequence": LAST,
        "quantity": 1.0,
        "unit_price": wire.minor(-booking.document.rounding_minor),
        "account": house.rounding_account,
        "description": "Cash rounding",
    }
