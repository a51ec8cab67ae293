"""A Tryton's books from behind: its database file read past the connector, and a vendor's hand that changes records.

Reading is SQL alone. Writing goes through Tryton itself, but for the sales of its own till: hundreds of them
are copies, row by row, of one that Tryton booked.
"""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from tideover.connectors.tryton import wire
from tideover.model.answer import CloudDocument, CloudLine, CloudPayment
from tideover.model.money import divide_rounded

ENTRY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
NOTE = re.compile(r"Receipt line [0-9]+: (-?[0-9]+)\.([0-9]{2})\Z")
ON_ACCOUNT = re.compile(r"\(on account (-?[0-9]+)\.([0-9]{2})\)")
TENDERS = {"Cash": "cash", "Card": "card", "Transfer": "transfer", "Mobile": "mobile", "Voucher": "voucher"}
ROUNDING = "5.9.2"

INVOICES = """
SELECT i.id, i.number, i.reference, i.state, i.description FROM account_invoice i
WHERE i.type = 'out' AND coalesce(i.accounting_date, i.invoice_date) = ? ORDER BY i.id
"""
LINES = """
SELECT p.code, l.quantity, l.unit_price, l.note, t.rate, a.code FROM account_invoice_line l
LEFT JOIN product_product p ON p.id = l.product LEFT JOIN account_account a ON a.id = l.account
LEFT JOIN "account_invoice_line-account_tax" x ON x.line = l.id LEFT JOIN account_tax t ON t.id = x.tax
WHERE l.invoice = ? AND l.type = 'line' ORDER BY l.sequence, l.id
"""
PAYMENTS = """
SELECT k.name, l.credit, l.debit FROM "account_invoice-account_move_line" x JOIN account_move_line l ON l.id = x.line
JOIN account_move m ON m.id = l.move JOIN account_invoice_payment_method k ON k.journal = m.journal
WHERE x.invoice = ? AND m.state = 'posted'
"""
SALES = "SELECT id, number, reference, state, shipment_state FROM sale_sale WHERE sale_date = ? AND state != 'cancelled' ORDER BY id"


def cents(stored: Any) -> int:
    """A stored decimal in cents."""
    text = stored.decode() if isinstance(stored, bytes) else str(stored or 0)
    return int((Decimal(text) * 100).quantize(Decimal(1)))


class Books:
    """One database file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=60)
        connection.row_factory = sqlite3.Row
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def run(self, sql: str, *values: Any) -> list[Any]:
        with self.open() as connection:
            return connection.execute(sql, values).fetchall()

    # What is there ------------------------------------------------------------------------------------

    def documents(self, day: str) -> list[CloudDocument]:
        """Every document of that day."""
        sales = {row["reference"]: row for row in self.run(SALES, day) if ENTRY.match(row["reference"] or "")}
        found = [self._document(row, day, sales) for row in self.run(INVOICES, day)]
        known = {one.entry for one in found}
        for entry in sales:
            if entry not in known:
                drafts = [draft for draft in self.run(SALES, day) if draft["reference"] == entry]
                found += [CloudDocument(x["number"] or f"sale {x['id']}", entry, day, "sale", "draft", 0) for x in drafts]
        return found

    def _document(self, row: Any, day: str, sales: dict[str, Any]) -> CloudDocument:
        lines, rounding = self._lines(row["id"])
        paid: dict[str, int] = {"rounding": rounding} if rounding else {}
        for name, credit, debit in self.run(PAYMENTS, row["id"]):
            paid[TENDERS[name]] = paid.get(TENDERS[name], 0) + cents(credit) - cents(debit)
        total = sum(line.amount_minor for line in lines)
        open_minor = total - sum(paid.values())
        if row["state"] == "cancelled":
            paid = {}
        elif open_minor:
            paid["account"] = open_minor
        ours = ENTRY.match(row["reference"] or "")
        shipped = not ours or sales[row["reference"]]["shipment_state"] in ("sent", "none")
        noted = ON_ACCOUNT.search(row["description"] or "")
        is_owed = noted is not None and int(noted[1] + noted[2]) == open_minor
        state = {"cancelled": "void", "paid": "final", "posted": "final" if not ours or is_owed else "draft"}.get(row["state"], "draft")
        return CloudDocument(
            number=row["number"] or (sales[row["reference"]]["number"] if ours else f"invoice {row['id']}"),
            entry=row["reference"] if ours else None,
            day=day,
            kind="refund" if total < 0 else "sale",
            state=state if shipped or state == "void" else "draft",  # type: ignore[arg-type]
            total_minor=total,
            lines=tuple(lines),
            payments=tuple(CloudPayment(name, amount) for name, amount in sorted(paid.items())),  # type: ignore[arg-type]
            reference="" if ours else row["reference"] or "",
        )

    def _lines(self, invoice: int) -> tuple[list[CloudLine], int]:
        """Gross lines and cash rounding; what they come to must be what Tryton has in its tables."""
        lines, rounding, net = [], 0, 0
        tax = sum(cents(row["amount"]) for row in self.run("SELECT amount FROM account_invoice_tax WHERE invoice = ?", invoice))
        for code, quantity, price, note, rate, account in self.run(LINES, invoice):
            exact = Decimal(str(quantity)) * Decimal(price.decode() if isinstance(price, bytes) else str(price))
            amount = int(exact.quantize(Decimal("0.01")) * 100)
            net += amount
            if account == ROUNDING:
                rounding -= amount
                continue
            ppm = cents(Decimal(rate.decode() if isinstance(rate, bytes) else str(rate)) * 10_000) if rate is not None else 0
            match = NOTE.match(note or "")
            gross = int(match[1] + match[2]) if match else amount + tax  # Its own till's have one line.
            lines.append(CloudLine(code or "", round(quantity * 1000), gross, ppm))
        assert net + tax == sum(line.amount_minor for line in lines) - rounding, "the notes and the books differ"
        return lines, rounding

    # Its own till ---------------------------------------------------------------------------------------

    def copy_sale(self, model: int, day: str, number: str, reference: str, total_minor: int) -> None:
        """Another posted and paid invoice like `model`, of another day and sum; one line of 25.5 %."""
        vat = divide_rounded(total_minor * 255, 1255)
        text = {"net": total_minor - vat, "vat": vat, "total": total_minor}
        money = {name: f"{amount / 100:.2f}".encode() for name, amount in text.items()}
        with self.open() as connection:

            def copied(table: str, where: str, value: int, **changes: Any) -> list[tuple[int, int]]:
                made = []
                for row in connection.execute(f'SELECT * FROM "{table}" WHERE {where} = ? ORDER BY id', (value,)).fetchall():
                    values = {name: row[name] for name in row.keys() if name != "id"}  # noqa: SIM118
                    given = changes.items()
                    values |= {name: (change(row) if callable(change) else change) for name, change in given}
                    columns = ", ".join(f'"{name}"' for name in values)
                    marks = ", ".join("?" * len(values))
                    cursor = connection.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', tuple(values.values()))
                    assert cursor.lastrowid is not None
                    made.append((row["id"], cursor.lastrowid))
                return made

            caches = {"untaxed_amount_cache": money["net"], "tax_amount_cache": money["vat"], "total_amount_cache": money["total"]}
            dates = {"accounting_date": day, "invoice_date": day}
            ((_, invoice),) = copied("account_invoice", "id", model, number=number, reference=reference, **dates, **caches)
            for line, made in copied("account_invoice_line", "invoice", model, invoice=invoice, unit_price=money["net"]):
                copied("account_invoice_line-account_tax", "line", line, line=made)
            copied("account_invoice_tax", "invoice", model, invoice=invoice, base=money["net"], amount=money["vat"])
            origin = f"account.invoice,{invoice}"
            moves = connection.execute("SELECT id FROM account_move WHERE origin = ?", (f"account.invoice,{model}",)).fetchall()
            first = connection.execute("SELECT move FROM account_invoice WHERE id = ?", (model,)).fetchone()[0]
            sums = {text: money[name] for name, text in self._sums(connection, first)}
            for (move,) in moves:
                ((_, made_move),) = copied("account_move", "id", move, origin=origin, date=day)
                sides = {side: (lambda row, side=side: sums.get(row[side], row[side])) for side in ("debit", "credit")}
                for line, made in copied("account_move_line", "move", move, move=made_move, **sides):
                    copied("account_invoice-account_move_line", "line", line, line=made, invoice=invoice)
                if move == first:
                    connection.execute("UPDATE account_invoice SET move = ? WHERE id = ?", (made_move, invoice))

    def _sums(self, connection: sqlite3.Connection, move: int) -> list[tuple[str, Any]]:
        """The model's net sum, VAT and total as they are stored."""
        rows = connection.execute("SELECT debit, credit FROM account_move_line WHERE move = ?", (move,)).fetchall()
        stored = sorted({x for row in rows for x in row if cents(x)}, key=cents)
        assert 3 == len(stored)
        return list(zip(("vat", "net", "total"), stored, strict=True))


class Vendor:
    """Tryton's own client, as an administrator."""

    def __init__(self, url: str, database: str, user: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=300)
        self._path = f"/{database}/rpc/"
        self.user, token, _ = self._post("common.db.login", [user, {"password": password}, "en"])
        session = base64.b64encode(f"{user}:{self.user}:{token}".encode()).decode()
        self._client.headers["authorization"] = f"Session {session}"
        self.context: dict[str, Any] = {}
        self.context = self.call("model.res.user.get_preferences", True)

    def close(self) -> None:
        self._client.close()

    def call(self, method: str, *params: Any, **context: Any) -> Any:
        return self._post(method, [*params, {**self.context, **context}])

    def find(self, model: str, *domain: Any) -> list[int]:
        return self.call(f"model.{model}.search", [list(one) for one in domain], 0, None, None)

    def make(self, model: str, values: dict[str, Any]) -> int:
        return self.call(f"model.{model}.create", [values])[0]

    def set(self, model: str, ids: list[int], values: dict[str, Any]) -> None:
        self.call(f"model.{model}.write", ids, values)

    def wizard(self, name: str, model: str, ids: list[int]) -> None:
        session, start, _ = self.call(f"wizard.{name}.create")
        where = {"active_model": model, "active_ids": ids, "active_id": ids[0]}
        self.call(f"wizard.{name}.execute", session, {}, start, **where)

    def _post(self, method: str, params: list[Any]) -> Any:
        while True:
            found = self._client.post(self._path, json={"id": 1, "method": method, "params": params}).raise_for_status().json()
            kind, (name, *_) = found.get("error") or ("", ("",))
            if kind != "UserWarning":
                break
            self.call("model.res.user.warning.skip", name)
        assert "error" not in found, f"{method}: {found['error']}"
        return found["result"]


day_of = wire.day
