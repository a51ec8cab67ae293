"""Tryton's sales, invoices and payments as records, and as documents for reconciliation. Pure.

An invoice is the document; a sale without a posted one is a draft of it. Tenders are the payment moves of its
own accounting date; what they leave open is on account. Later payments are no tenders of the sale.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.amounts import Read, gross_of
from tideover.connectors.tryton.house import ROUNDING, House, Id
from tideover.model.answer import CloudDocument, CloudLine, CloudPayment
from tideover.model.money import MINOR_PER_MAJOR
from tideover.model.sale import TenderKind

ENTRY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ENTRY_LIKE = "________-____-7___-____-____________"  # The same, as a search in Tryton writes it.
ON_ACCOUNT = re.compile(r"\(on account (-?[0-9]{1,13})\.([0-9]{2})\)")
REFUND = "Refund "  # How the description of a refund of ours begins.
UNKNOWN_PPM = 0  # Of a tax that is no percentage; the document's total tells the rest.


class _Product(Struct, frozen=True):
    code: str | None


class InvoiceLine(Struct, frozen=True):
    id: Id
    type: str
    quantity: wire.Count | None
    amount: wire.Sum | None
    unit_price: wire.Sum | None
    account: Id | None
    note: str | None
    taxes: list[Id]
    product: Id | None
    item: _Product | None = msgspec.field(name="product.")

    @property
    def net_minor(self) -> int:
        return self.amount.scaled(MINOR_PER_MAJOR) if self.amount else 0


class InvoiceTax(Struct, frozen=True):
    id: Id
    tax: Id | None
    amount: wire.Sum


class DueLine(Struct, frozen=True):
    """A line of the invoice's own move: what the customer owes."""

    id: Id
    reconciliation: Id | None


class _Account(Struct, frozen=True):
    party_required: wire.Flag


class Invoice(Struct, frozen=True):
    id: Id
    number: str | None
    reference: str | None
    description: str | None
    state: Literal["draft", "validated", "posted", "paid", "cancelled"]
    invoice_date: wire.Day | None
    accounting_date: wire.Day | None
    total_amount: wire.Sum
    account: Id
    party: Id
    move: Id | None
    lines: list[InvoiceLine] = msgspec.field(name="lines.")
    taxes: list[InvoiceTax] = msgspec.field(name="taxes.")
    due: list[DueLine] = msgspec.field(name="lines_to_pay.")
    of_account: _Account | None = msgspec.field(name="account.")

    @property
    def day(self) -> str:
        at = self.accounting_date or self.invoice_date
        return at.text if at else ""

    @property
    def total_minor(self) -> int:
        return self.total_amount.scaled(MINOR_PER_MAJOR)

    @property
    def entry(self) -> str | None:
        return self.reference if self.reference and ENTRY.fullmatch(self.reference) else None


INVOICE = [
    *("number", "reference", "description", "state", "invoice_date", "accounting_date", "total_amount", "account", "party", "move"),
    "account.party_required",
    *(f"lines.{name}" for name in ("type", "quantity", "amount", "unit_price", "account", "note", "taxes", "product", "product.code")),
    *("taxes.tax", "taxes.amount", "lines_to_pay.reconciliation"),
]


class Shipment(Struct, frozen=True):
    id: Id
    state: str


class SaleHead(Struct, frozen=True):
    """A sale without what came of it."""

    id: Id
    number: str | None
    reference: str | None
    sale_date: wire.Day | None
    state: Literal["draft", "quotation", "confirmed", "processing", "done", "cancelled"]
    shipment_state: str

    @property
    def name(self) -> str:
        return self.number or f"sale {self.id}"

    @property
    def entry(self) -> str | None:
        return self.reference if self.reference and ENTRY.fullmatch(self.reference) else None


class Sale(SaleHead, frozen=True):
    invoices: list[Invoice] = msgspec.field(name="invoices.")
    shipments: list[Shipment] = msgspec.field(name="shipments.")
    returns: list[Shipment] = msgspec.field(name="shipment_returns.")


HEAD = ["number", "reference", "sale_date", "state", "shipment_state"]
SALE = [*HEAD, "shipments.state", "shipment_returns.state", *(f"invoices.{name}" for name in INVOICE)]


class MoveLine(Struct, frozen=True):
    id: Id
    account: Id
    debit: wire.Sum
    credit: wire.Sum
    reconciliation: Id | None

    @property
    def minor(self) -> int:
        return self.debit.scaled(MINOR_PER_MAJOR) - self.credit.scaled(MINOR_PER_MAJOR)


class Move(Struct, frozen=True):
    """A move whose origin is an invoice: its own, or a payment."""

    id: Id
    state: Literal["draft", "posted"]
    description: str | None
    origin: str | None
    journal: Id
    date: wire.Day
    lines: list[MoveLine] = msgspec.field(name="lines.")


MOVE = ["state", "description", "origin", "journal", "date", *(f"lines.{name}" for name in MoveLine.__struct_fields__ if name != "id")]


# As documents --------------------------------------------------------------------------------------


def payments_of(invoice: Invoice, moves: Iterable[Move], house: House) -> tuple[CloudPayment, ...]:
    """How it was paid on its day, cash rounding as a row of its own; the rest is on account. A void one was not paid."""
    if invoice.state == "cancelled":
        return ()
    sums: Counter[TenderKind | Literal["rounding"]] = Counter()
    for move in moves:
        own = move.origin == f"account.invoice,{invoice.id}" and move.id != invoice.move and move.state == "posted"
        if not own or move.date.text != invoice.day:
            continue
        for line in move.lines:
            if line.account != invoice.account:
                sums[_tender(move, line, house)] += line.minor
    for one in invoice.lines:
        if one.type == "line" and house.rounding_account is not None and one.account == house.rounding_account:
            sums[ROUNDING] -= one.net_minor  # type: ignore[index]
    total = total_of(invoice, house)
    sums["account"] += total - sum(sums.values())
    return tuple(CloudPayment(tender, amount) for tender, amount in sorted(sums.items()) if amount)


def _tender(move: Move, line: MoveLine, house: House) -> TenderKind | Literal["rounding"]:
    """By the journal and the account of a payment method; a way to pay that nobody named counts as a transfer."""
    if line.account == house.rounding_account:
        return "rounding"
    for kind, method in house.methods.items():
        if method.journal == move.journal and line.account in (method.debit_account, method.credit_account):
            return kind  # type: ignore[return-value]
    return "transfer"


def total_of(invoice: Invoice, house: House) -> int:
    """Σ lines with VAT, before cash rounding."""
    return invoice.total_minor - sum(one.net_minor for one in invoice.lines if _is_rounding(one, house))


def _is_rounding(line: InvoiceLine, house: House) -> bool:
    return line.type == "line" and house.rounding_account is not None and line.account == house.rounding_account


def lines_of(invoice: Invoice, house: House) -> tuple[CloudLine, ...]:
    """The receipt's lines with VAT."""
    day = invoice.day
    rows, families = [], dict[int, set[int]]()
    for one in invoice.lines:
        if one.type != "line" or _is_rounding(one, house):
            continue
        ppm = house.rate_of(one.taxes, day)
        ppm = UNKNOWN_PPM if ppm is None else ppm
        families.setdefault(ppm, set()).update(house.family(one.taxes))
        rows.append(Read((one.item and one.item.code) or "", wire.quantity_of(one.quantity or 0.0), one.net_minor, ppm, one.note or ""))
    vat: Counter[int] = Counter()
    for tax in invoice.taxes:
        rate = next((ppm for ppm, family in families.items() if tax.tax in family), UNKNOWN_PPM)
        vat[rate] += tax.amount.scaled(MINOR_PER_MAJOR)
    return tuple(CloudLine(one.item, one.quantity, gross, one.vat_ppm) for one, gross in gross_of(rows, dict(vat)))


def document_of(invoice: Invoice, sale: SaleHead | None, moves: Sequence[Move], house: House, reference: str = "") -> CloudDocument:
    """One invoice as reconciliation wants it; sale: the one of ours that it belongs to."""
    total = total_of(invoice, house)
    payments = payments_of(invoice, moves, house)
    entry = invoice.entry or (sale.entry if sale else None)
    is_refund = total < 0 if entry is None else (invoice.description or "").startswith(REFUND)
    return CloudDocument(
        number=invoice.number or (sale.name if sale else f"invoice {invoice.id}"),
        entry=entry,
        day=invoice.day or (sale.sale_date.text if sale and sale.sale_date else ""),
        kind="refund" if is_refund else "sale",
        state=_state(invoice, sale, payments, entry is not None),
        total_minor=total,
        lines=lines_of(invoice, house),
        payments=payments,
        reference=reference if entry is None else "",
    )


def _state(invoice: Invoice, sale: SaleHead | None, payments: Sequence[CloudPayment], is_ours: bool) -> Literal["draft", "final", "void"]:
    if invoice.state == "cancelled":
        return "void"
    if invoice.state not in ("posted", "paid"):
        return "draft"
    if not is_ours:
        return "final"
    unpaid = sum(one.amount_minor for one in payments if one.tender == "account")
    owed = on_account(invoice.description)
    settled = invoice.state == "paid" or (owed != 0 and unpaid == owed)  # Paid, but not reconciled, is half-way.
    return "final" if settled and (sale is None or sale.shipment_state in ("sent", "none")) else "draft"


def on_account(description: str | None) -> int:
    """The part of a document of ours that was sold on account, as its description says."""
    match = ON_ACCOUNT.search(description or "")
    return 0 if match is None else int(match[1] + match[2])


def draft_of(sale: SaleHead) -> CloudDocument:
    """A sale of ours that has no invoice yet."""
    day = sale.sale_date.text if sale.sale_date else ""
    state: Literal["draft", "void"] = "void" if sale.state == "cancelled" else "draft"
    return CloudDocument(number=sale.name, entry=sale.entry, day=day, kind="sale", state=state, total_minor=0)
