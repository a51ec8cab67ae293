"""The own till of a rehearsal's Tryton: what a shop sells there while all is well, booked by Tryton's own code.

It runs inside the server's process, as a till module of a vendor would, beside Tryton's interface and apart
from it. One request, one document: an invoice of the trading day, posted, its payments booked.
It never touches a document that came over the interface.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct
from trytond.pool import Pool
from trytond.transaction import Transaction, TransactionError

from tideover.learn.erp_shape import CASH_ROUNDING_ACCOUNT, DATABASE, METHODS, WALK_IN, tax_name
from tideover.model.money import MINOR_PER_MAJOR, QUANTITY_SCALE
from tideover.model.sale import TenderKind
from tideover.rules.vat import vat_of

T = TypeVar("T")

SALES, REPORT = "/till/sales", "/till/day-report.csv"
PRICE_DECIMALS = Decimal("0.00000001")
TITLES = {tender: title for title, tender in METHODS}


class LineIn(Struct, frozen=True):
    """One line of a receipt."""

    item: str
    name: str
    quantity: int  # Thousandths.
    amount_minor: int  # VAT included.
    vat_ppm: int


class PaymentIn(Struct, frozen=True):
    tender: TenderKind
    amount_minor: int


class SaleIn(Struct, frozen=True):
    """A receipt, as the practice cloud's own till sends it too; what Tryton has no place for is not looked at."""

    day: str
    currency: str
    lines: tuple[LineIn, ...]
    payments: tuple[PaymentIn, ...]
    rounding_minor: int = 0  # Lines = payments + this.
    customer: str | None = None
    reference: str = ""


class Goods(Struct, frozen=True):
    """The lines of one rate and one direction: Tryton computes VAT once for each."""

    rate_ppm: int
    lines: tuple[LineIn, ...]
    net_minor: tuple[int, ...]  # Of each line; they come to the base.
    vat_minor: int


class Till:
    """Answers `POST /till/sales` and `GET /till/day-report.csv`."""

    def __init__(self) -> None:
        """Call once Tryton's pool stands."""
        self._locks: dict[str, Any] = {}  # What Tryton asked to lock before: asked for at once from then on.
        self._codes: dict[str, dict[str, int]] = {}

    def answer(self, method: str, path: str, query: str, body: bytes) -> tuple[str, str, bytes]:
        """(status, content type, body)."""
        if (method, path) == ("POST", SALES):
            number = self._in_transaction(lambda: self._sell(msgspec.json.decode(body, type=SaleIn)))
            return "200 OK", "application/json", msgspec.json.encode({"number": number})
        if (method, path) == ("GET", REPORT):
            day = date.fromisoformat(parse_qs(query)["day"][0])
            return "200 OK", "text/csv", self._in_transaction(lambda: _report(day))
        return "404 Not Found", "text/plain", b"The till has no such page."

    def _in_transaction(self, work: Callable[[], T]) -> T:
        """As Tryton's own dispatcher does it: begun again, with the lock, when a table or record must be locked first."""
        while True:
            with Transaction().start(DATABASE, 0, **self._locks) as transaction:
                (admin,) = Pool().get("res.user").search([("login", "=", "admin")])
                (company,) = Pool().get("company.company").search([], order=[("id", "ASC")], limit=1)
                context = {"company": company.id, "companies": [company.id], "_skip_warnings": True}
                try:
                    with transaction.set_user(admin.id), transaction.set_context(context):
                        found = work()
                except TransactionError as error:
                    transaction.rollback()
                    error.fix(self._locks)
                    continue
                transaction.tasks.clear()  # The till prints its own receipts; nobody waits for the invoice's picture.
                return found

    def _id(self, model: str, field: str, value: str) -> int:
        """The record with that code; looked up once."""
        known = self._codes.setdefault(model, {})
        if value not in known:
            known[value] = Pool().get(model).search([(field, "=", value)], limit=1)[0].id
        return known[value]

    # One document ---------------------------------------------------------------------------------

    def _sell(self, sale: SaleIn) -> str:
        Invoice = Pool().get("account.invoice")
        (invoice,) = Invoice.create([self._invoice(sale)])
        Invoice._post([invoice])
        invoice = Invoice(invoice.id)
        self._pay(invoice, sale)
        return str(invoice.number)

    def _invoice(self, sale: SaleIn) -> dict[str, Any]:
        pool = Pool()
        day = date.fromisoformat(sale.day)
        party = pool.get("party.party")(self._id("party.party", "code", sale.customer or WALK_IN[0]))
        configuration = pool.get("account.configuration")(1)
        goods = split(sale.lines)
        lines = [row for one in goods for row in self._rows(one, configuration)]
        if sale.rounding_minor:
            account = self._id("account.account", "code", CASH_ROUNDING_ACCOUNT[0])
            name, price = CASH_ROUNDING_ACCOUNT[1], Decimal(-sale.rounding_minor) / MINOR_PER_MAJOR
            lines.append({"type": "line", "description": name, "quantity": 1, "unit_price": price, "account": account})
        return {
            "type": "out",
            "party": party.id,
            "invoice_address": party.address_get("invoice").id,
            "account": configuration.get_multivalue("default_account_receivable").id,
            "journal": self._id("account.journal", "type", "revenue"),
            "currency": self._id("currency.currency", "code", sale.currency),
            "invoice_date": day,
            "accounting_date": day,
            "reference": sale.reference or None,
            "lines": [("create", lines)],
            "taxes": [("create", [self._tax(one) for one in goods])],
        }

    def _rows(self, goods: Goods, configuration: Any) -> Iterable[dict[str, Any]]:
        tax = self._id("account.tax", "name", tax_name(goods.rate_ppm))
        revenue = configuration.get_multivalue("default_category_account_revenue").id
        for line, net in zip(goods.lines, goods.net_minor, strict=True):
            product = Pool().get("product.product")(self._id("product.product", "code", line.item))
            quantity = Decimal(line.quantity) / QUANTITY_SCALE
            price = Decimal(net) / MINOR_PER_MAJOR / quantity if quantity else Decimal(0)
            yield {
                "type": "line",
                "product": product.id,
                "description": line.name,
                "quantity": float(quantity),
                "unit": product.default_uom.id,
                "unit_price": price.quantize(PRICE_DECIMALS),
                "account": revenue,
                "taxes": [("add", [tax])],
            }

    def _tax(self, goods: Goods) -> dict[str, Any]:
        """The till's own VAT: of the gross sum, as it stands on the receipt."""
        tax = Pool().get("account.tax")(self._id("account.tax", "name", tax_name(goods.rate_ppm)))
        base = sum(goods.net_minor)
        return {
            "description": tax.description,
            "tax": tax.id,
            "account": (tax.invoice_account if base >= 0 else tax.credit_note_account).id,
            "base": Decimal(base) / MINOR_PER_MAJOR,
            "amount": Decimal(goods.vat_minor) / MINOR_PER_MAJOR,
            "manual": False,
        }

    def _pay(self, invoice: Any, sale: SaleIn) -> None:
        """A move per tender; what is bought on account stays open."""
        pool = Pool()
        paid = [one for one in sale.payments if one.tender != "account" and one.amount_minor]
        lines = list(invoice.lines_to_pay)
        for one in paid:
            method = pool.get("account.invoice.payment.method")(self._id("account.invoice.payment.method", "name", TITLES[one.tender]))
            lines += invoice.pay_invoice(Decimal(one.amount_minor) / MINOR_PER_MAJOR, method, invoice.invoice_date, TITLES[one.tender])
        if lines and sum(one.debit - one.credit for one in lines) == 0:
            pool.get("account.move.line").reconcile(lines)
        if not sum(one.debit - one.credit for one in lines):
            Invoice = pool.get("account.invoice")
            Invoice.process([Invoice(invoice.id)])


def split(lines: Iterable[LineIn]) -> list[Goods]:
    """Net amounts that come to gross less VAT exactly, per rate and direction; VAT is that of the rate's whole sum."""
    groups: dict[tuple[int, bool], list[LineIn]] = {}
    for line in lines:
        groups.setdefault((line.vat_ppm, line.amount_minor >= 0), []).append(line)
    gross: dict[int, int] = {}
    for (rate, _), members in groups.items():
        gross[rate] = gross.get(rate, 0) + sum(one.amount_minor for one in members)
    left = {rate: vat_of(minor, rate, True) for rate, minor in gross.items()}
    found: list[Goods] = []
    for place, ((rate, _), members) in enumerate(groups.items()):
        is_last = rate not in [key[0] for key in list(groups)[place + 1 :]]
        sum_minor = sum(one.amount_minor for one in members)
        vat = left[rate] if is_last else vat_of(sum_minor, rate, True)
        left[rate] -= vat
        found.append(Goods(rate, tuple(members), tuple(_shares([one.amount_minor for one in members], sum_minor - vat)), vat))
    return found


def _shares(gross: list[int], net: int) -> list[int]:
    """`net` spread over the lines in proportion; each running sum is rounded, so nothing is left over."""
    total, so_far, given = sum(gross), 0, 0
    found: list[int] = []
    for amount in gross:
        so_far += amount
        upto = round(Decimal(so_far) * net / total) if total else 0
        found.append(upto - given)
        given = upto
    return found


def _report(day: date) -> bytes:
    """Number, reference and state of what the till booked that day."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("number", "reference", "state"))
    for one in Pool().get("account.invoice").search([("invoice_date", "=", day), ("state", "in", ["posted", "paid"])]):
        writer.writerow((one.number, one.reference or "", "final"))
    return out.getvalue().encode()
