"""Reads a rehearsal's Tryton from its own database file, past its interface and past our connector.

What counts is what stands in the books: the total is that of the posted move, the payments are the moves that
pay it. Invoices that were cancelled are void; whatever was begun and not posted is a draft. Nothing is written.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

from tideover.learn.erp_shape import CASH_ROUNDING_ACCOUNT, METHODS
from tideover.learn.evidence import Held, Line, Payment
from tideover.model.money import MINOR_PER_MAJOR, QUANTITY_SCALE, RATE_SCALE, divide_rounded

ENTRY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")  # An id of ours, wherever it stands.
TENDERS = dict(METHODS)
STATES = {"posted": "final", "paid": "final", "cancelled": "void"}

INVOICES = """
SELECT i.id, i.number, i.state, coalesce(i.reference, ''), coalesce(i.description, ''), i.account, m.date, m.state
FROM account_invoice i LEFT JOIN account_move m ON m.id = i.move
WHERE i.type = 'out' ORDER BY i.id
"""
TOTALS = """
SELECT i.id, l.debit, l.credit FROM account_invoice i JOIN account_move_line l ON l.move = i.move AND l.account = i.account
"""
LINES = """
SELECT l.invoice, l.id, p.code, l.quantity, l.unit_price, a.code, t.rate, l.origin
FROM account_invoice_line l
LEFT JOIN product_product p ON p.id = l.product
LEFT JOIN account_account a ON a.id = l.account
LEFT JOIN "account_invoice_line-account_tax" lt ON lt.line = l.id
LEFT JOIN account_tax t ON t.id = lt.tax
WHERE l.invoice IS NOT NULL AND l.type = 'line' ORDER BY l.invoice, l.sequence, l.id
"""
TAXES = "SELECT x.invoice, t.rate, x.amount FROM account_invoice_tax x JOIN account_tax t ON t.id = x.tax"
PAYMENTS = """
SELECT il.invoice, pm.name, l.debit, l.credit, m.state
FROM "account_invoice-account_move_line" il
JOIN account_move_line l ON l.id = il.line
JOIN account_move m ON m.id = l.move
JOIN account_invoice_payment_method pm ON pm.journal = m.journal
"""
SALES = """
SELECT s.id, coalesce(s.number, 'sale ' || s.id), s.state, coalesce(s.reference, ''), coalesce(s.description, ''), s.sale_date,
       (SELECT group_concat(l.id) FROM sale_line l WHERE l.sale = s.id)
FROM sale_sale s ORDER BY s.id
"""


class _Goods(Struct):
    """What the lines of one invoice say."""

    lines: list[tuple[str, int, int, int]]  # Item, thousandths, net minor, rate in ppm.
    rounding_minor: int = 0
    sales: set[int] = set()


def read_books(path: Path) -> list[Held]:
    """Every document of the file, drafts and voids too."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)  # To finish what a killed server began.
    try:
        connection.pragma("query_only", True)
        sales = connection.execute(SALES).fetchall()
        found = _invoices(connection, sales)
    finally:
        connection.close()
    return found


def _invoices(connection: apsw.Connection, sales: list[Any]) -> list[Held]:
    sale_of = {int(line): row[0] for row in sales for line in (row[6] or "").split(",") if line}
    references = {row[0]: f"{row[3]} {row[4]}" for row in sales}
    totals: Counter[int] = Counter()
    for invoice, debit, credit in connection.execute(TOTALS):
        totals[invoice] += minor(debit) - minor(credit)
    goods = _goods(connection, sale_of)
    taxes: dict[int, Counter[int]] = {}
    for invoice, rate, amount in connection.execute(TAXES):
        taxes.setdefault(invoice, Counter())[ppm(rate)] += minor(amount)
    payments = _payments(connection)
    found: list[Held] = []
    billed: set[int] = set()
    for id, number, state, reference, description, _, day, move_state in connection.execute(INVOICES).fetchall():
        held = goods.get(id, _Goods([]))
        billed |= held.sales
        said = " ".join((reference, description, *(references[sale] for sale in sorted(held.sales))))
        is_final = STATES.get(state) == "final" and move_state == "posted"
        found.append(
            _document(
                number=number or f"invoice {id}",
                said=said,
                reference=reference,
                day=str(day or ""),
                state="final" if is_final else ("void" if state == "cancelled" else "draft"),
                total_minor=totals[id],
                goods=held,
                vat=taxes.get(id, Counter()),
                paid=payments.get(id, Counter()),
            )
        )
    return found + [_unbilled(row) for row in sales if row[0] not in billed and row[2] != "cancelled"]


def _goods(connection: apsw.Connection, sale_of: dict[int, int]) -> dict[int, _Goods]:
    found: dict[int, _Goods] = {}
    for invoice, _, item, quantity, price, account, rate, origin in connection.execute(LINES):
        goods = found.setdefault(invoice, _Goods([], 0, set()))
        model, _, id = (origin or "").partition(",")
        if model == "sale.line" and int(id) in sale_of:
            goods.sales.add(sale_of[int(id)])
        amount = Decimal(str(quantity)) * decimal(price)
        net = int((amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)) * MINOR_PER_MAJOR)
        if account == CASH_ROUNDING_ACCOUNT[0]:
            goods.rounding_minor -= net
        else:
            goods.lines.append((item or "", round(Decimal(str(quantity)) * QUANTITY_SCALE), net, ppm(rate)))
    return found


def _payments(connection: apsw.Connection) -> dict[int, Counter[str]]:
    """What was paid on each invoice, by tender; a move that is not posted pays nothing."""
    found: dict[int, Counter[str]] = {}
    for invoice, name, debit, credit, state in connection.execute(PAYMENTS):
        if state == "posted":
            found.setdefault(invoice, Counter())[TENDERS.get(name, name)] += minor(credit) - minor(debit)
    return found


def _document(
    number: str,
    said: str,
    reference: str,
    day: str,
    state: str,
    total_minor: int,
    goods: _Goods,
    vat: Counter[int],
    paid: Counter[str],
) -> Held:
    match = ENTRY.search(said)
    tenders = Counter(paid)
    if owed := total_minor - sum(paid.values()):
        tenders["account"] += owed
    if goods.rounding_minor:
        tenders["rounding"] += goods.rounding_minor
    gross = total_minor + goods.rounding_minor
    first = goods.lines[0][1] if goods.lines else 0
    return Held(
        number=number,
        external_id=match[0] if match else None,
        day=day,
        kind="refund" if gross < 0 or (gross == 0 and first < 0) else "sale",
        state=state,
        total_minor=gross,
        reference="" if match else reference,
        rounding_minor=goods.rounding_minor,
        lines=tuple(spread(goods.lines, vat)),
        payments=tuple(Payment(tender, amount) for tender, amount in sorted(tenders.items()) if amount),
        is_spread=True,
    )


def spread(lines: list[tuple[str, int, int, int]], vat: Counter[int]) -> list[Line]:
    """Gross lines: the VAT of each rate, as the books have it, spread over its net lines; per rate they come to the cent."""
    so_far, given = Counter[int](), Counter[int]()
    left = Counter(vat)
    found: list[Line] = []
    last = {rate: place for place, (_, _, _, rate) in enumerate(lines)}
    for place, (item, quantity, net, rate) in enumerate(lines):
        so_far[rate] += net
        share = divide_rounded(so_far[rate] * rate, RATE_SCALE) - given[rate]
        if last[rate] == place:
            share = left[rate]
        given[rate] += share
        left[rate] -= share
        found.append(Line(item, quantity, net + share, rate))
    return found


def _unbilled(row: Any) -> Held:
    """A sale without an invoice: somebody began it."""
    _, number, state, reference, description, day, _ = row
    match = ENTRY.search(f"{reference} {description}")
    return Held(number, match[0] if match else None, str(day or ""), "sale", "draft", 0, reference=f"{state} {reference}")


def decimal(stored: Any) -> Decimal:
    """Tryton keeps decimals as text, in bytes."""
    return Decimal(stored.decode() if isinstance(stored, bytes) else str(stored or 0))


def minor(stored: Any) -> int:
    return int(decimal(stored) * MINOR_PER_MAJOR)


def ppm(rate: Any) -> int:
    return int(decimal(rate) * RATE_SCALE) if rate is not None else 0
