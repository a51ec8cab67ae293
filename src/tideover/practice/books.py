"""The practice cloud's book-keeping: books what it is told, once per key and only while the key is remembered.

It honours a key for ten minutes from its first use and doubles after that, as many real clouds
do; nothing here tries to be kinder than they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import apsw
import msgspec

from tideover.db import Database
from tideover.errors import TideoverError
from tideover.practice import shapes
from tideover.practice.records import next_version, position, put_record, record, unit_price_of
from tideover.world import World, to_ms

KEY_WINDOW_MS = 600_000  # docs/contracts.md: a key is honoured for 600 simulated seconds.
DOCUMENTS_PER_PAGE = 200
NUMBER_FROM = 100_000  # Numbers look like a vendor's: S100001 …


class Declined(TideoverError):
    """The practice cloud says no; `status` and `no` are its answer."""

    code = "practice-declined"
    text = "The practice cloud says no: {why}."

    def __init__(self, status: int, cause: str, reason: str, hint: str = "") -> None:
        super().__init__(why=reason)
        self.status = status  # type: ignore[misc]
        self.no = shapes.No(cause=cause, reason=reason, hint=hint)


def number_of(sale_id: int) -> str:
    return f"S{NUMBER_FROM + sale_id}"


class Books:
    """Bookings, voids and read-backs over one practice.db."""

    def __init__(self, database: Database, world: World) -> None:
        self._database, self._world = database, world
        self._drafts_to_leave = 0

    # Booking ----------------------------------------------------------------------------------

    def book(self, sale: shapes.SaleIn, key: str | None, may_stop: bool = False) -> tuple[int, shapes.Booked]:
        """HTTP status and answer: 201 booked, 200 the same key again; raises Declined (422, 409, 503).

        may_stop: it comes over the interface, where a booking can stop half-way.
        """
        content = hashlib.sha256(msgspec.json.encode(sale)).digest()
        now_ms = to_ms(self._world.now())
        leave_draft = may_stop and self._drafts_to_leave > 0

        def work(db: apsw.Connection) -> tuple[int, shapes.Booked]:
            seen = self._seen(db, key, content, now_ms)
            if seen is not None:
                return 200, self._finish(db, seen)
            self._check(db, sale)
            sale_id = _insert(db, sale, "draft" if leave_draft else "final", now_ms)
            if key is not None:
                db.execute("INSERT OR REPLACE INTO key_use VALUES (?, ?, ?, ?)", (key, now_ms, content, sale_id))
            if not leave_draft:
                _sold(db, sale, sale_id)
            return 201, _booked(db, sale_id)

        status, booked = self._database.write(work)
        if booked.state == "draft":
            self._drafts_to_leave -= 1
            raise Declined(503, "half-way", "The booking stopped half-way; a draft was left.", "Send it again with the same key.")
        return status, booked

    def _seen(self, db: apsw.Connection, key: str | None, content: bytes, now_ms: int) -> int | None:
        """The document this key made, while the key is remembered."""
        found = db.execute("SELECT first_ms, content, sale_id FROM key_use WHERE key = ?", (key,)).fetchone()
        if found is None or now_ms >= found[0] + KEY_WINDOW_MS:
            return None
        if found[1] != content:
            raise Declined(409, "key-reused", f"The key {key} came with other content before.", "Use a key for one document only.")
        return found[2]

    def _finish(self, db: apsw.Connection, sale_id: int) -> shapes.Booked:
        if db.execute("SELECT state FROM sale WHERE id = ?", (sale_id,)).fetchone() == ("draft",):
            db.execute("UPDATE sale SET state = 'final' WHERE id = ?", (sale_id,))
            _sold(db, _document(db, sale_id), sale_id)
        return msgspec.structs.replace(_booked(db, sale_id), repeated=True)

    def finish(self, number: str) -> shapes.Booked:
        """Make a draft final; one that is final already stays so. Raises Declined: there is none, or it is void."""

        def work(db: apsw.Connection) -> shapes.Booked:
            sale_id = _id_of(number)
            found = db.execute("SELECT state FROM sale WHERE id = ?", (sale_id,)).fetchone()
            if sale_id is None or found is None:
                raise Declined(404, "not-found", f"There is no document {number}.")
            if found[0] == "void":
                raise Declined(422, "void", f"{number} is void.", "Book it anew, if it happened.")
            return self._finish(db, sale_id)

        return self._database.write(work)

    def _check(self, db: apsw.Connection, sale: shapes.SaleIn) -> None:
        closed = fact(db, "closed_until")
        if closed and sale.day <= closed:
            hint = f"Open it, or book on a day after {closed} and name {sale.day}."
            raise Declined(422, "closed-period", f"The period up to {closed} is closed.", hint)
        if db.execute("SELECT 1 FROM record WHERE dataset = 'items' LIMIT 1").fetchone():
            for line in sale.lines:  # A cloud that was never given a catalogue takes any code.
                if line.item and record(db, "items", line.item) is None:
                    raise Declined(422, "item-gone", f"There is no item {line.item}.", "Put the item back, or book the sale by hand.")
        customer = record(db, "customers", sale.customer) if sale.customer else None
        if customer is not None and customer["merged_into"] is not None:
            into = customer["merged_into"]
            raise Declined(422, "customer-merged", f"Customer {sale.customer} was merged into {into}.", f"Book it for {into}.")

    def void(self, number: str, why: str) -> shapes.Booked:
        """The clerk takes a document back; it stays in the book as void, and the goods are on the shelf again."""

        def work(db: apsw.Connection) -> shapes.Booked:
            sale_id = _id_of(number)
            found = db.execute("SELECT state FROM sale WHERE id = ?", (sale_id,)).fetchone()
            if sale_id is None or found is None:
                raise Declined(404, "not-found", f"There is no document {number}.")
            if found[0] != "void":
                note = f"void: {why}" if why else "void"
                db.execute("UPDATE sale SET state = 'void', note = trim(note || ' ' || ?) WHERE id = ?", (note, sale_id))
                if found[0] == "final":
                    version = _move_stock(db, _document(db, sale_id).lines, +1)
                    put_record(db, "sales", number, None, version)
            return _booked(db, sale_id)

        return self._database.write(work)

    def leave_drafts(self, count: int) -> None:
        """So many next bookings over the interface stop half-way."""
        self._drafts_to_leave = count

    # Reading back ------------------------------------------------------------------------------

    def documents(self, where: dict[str, object], after: str = "", limit: int = DOCUMENTS_PER_PAGE) -> shapes.DocumentPage:
        """Documents by `external_id`, `day`, `reference` or `total_minor`, in booking order."""
        clauses = "".join(f" AND {column} = :{column}" for column in where)
        sql = f"SELECT id FROM sale WHERE id > :after{clauses} ORDER BY id LIMIT :limit"
        start = position(after)
        with self._database.read() as db:
            ids = [row[0] for row in db.execute(sql, {**where, "after": start, "limit": limit + 1})]
            page = tuple(_document(db, sale_id) for sale_id in ids[:limit])
        cursor = str(ids[len(page) - 1]) if page else str(start)
        return shapes.DocumentPage(documents=page, cursor=cursor, more=len(ids) > limit)

    def day(self, day: str) -> list[shapes.Document]:
        """Every document of an accounting date."""
        with self._database.read() as db:
            ids = db.execute("SELECT id FROM sale WHERE day = ? ORDER BY id", (day,)).fetchall()
            return [_document(db, sale_id) for (sale_id,) in ids]

    def everything(self) -> list[shapes.Document]:
        """Every document there is."""
        with self._database.read() as db:
            ids = db.execute("SELECT id FROM sale ORDER BY id").fetchall()
            return [_document(db, sale_id) for (sale_id,) in ids]


def fact(db: apsw.Connection, name: str) -> str | None:
    """A single remembered value: the closed period, the reports' zone."""
    found = db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    return found[0] if found else None


def put_fact(db: apsw.Connection, name: str, value: str | None) -> None:
    db.execute("DELETE FROM fact WHERE name = ?", (name,))
    if value is not None:
        db.execute("INSERT INTO fact VALUES (?, ?)", (name, value))


def _id_of(number: str) -> int | None:
    digits = number[1:]
    return int(digits) - NUMBER_FROM if number[:1] == "S" and digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def _insert(db: apsw.Connection, sale: shapes.SaleIn, state: str, now_ms: int) -> int:
    total = sum(line.amount_minor for line in sale.lines)
    db.execute(
        "INSERT INTO sale (external_id, day, kind, state, total_minor, currency, at_ms, booked_ms, till, reference, customer,"
        " refers_to, note, rounding_minor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(sale.external_id, sale.day, sale.kind, state, total, sale.currency, sale.at_ms, now_ms, sale.till),
            *(sale.reference, sale.customer, sale.refers_to, sale.note, sale.rounding_minor),
        ),
    )
    sale_id = db.last_insert_rowid()
    db.executemany(
        "INSERT INTO sale_line VALUES (?, ?, ?, ?, ?, ?)",
        [(sale_id, one.item, one.name, one.quantity, one.amount_minor, one.vat_ppm) for one in sale.lines],
    )
    payments = [(sale_id, one.tender, one.amount_minor) for one in sale.payments]
    if sale.rounding_minor:
        payments.append((sale_id, "rounding", sale.rounding_minor))
    db.executemany("INSERT INTO payment VALUES (?, ?, ?)", payments)
    return sale_id


def _sold(db: apsw.Connection, sale: shapes.SaleIn | shapes.Document, sale_id: int) -> None:
    """Stock goes down (or up again), and the sale joins the recent sales that can be taken back."""
    version = _move_stock(db, sale.lines, -1)
    lines = [
        {"item": one.item, "name": one.name, "quantity": one.quantity, "unit_price": unit_price_of(one.quantity, one.amount_minor)}
        for one in sale.lines
    ]
    row = {"code": number_of(sale_id), "day": sale.day, "customer": sale.customer, "lines": lines}
    row["total_minor"] = sum(one.amount_minor for one in sale.lines)
    put_record(db, "sales", number_of(sale_id), row, version)


def _move_stock(db: apsw.Connection, lines: Iterable[shapes.LineIn | shapes.LineOut], sign: int) -> int:
    """Adds (+1) or takes (-1) what the lines say; returns the next free version."""
    version = next_version(db)
    moved: dict[str, int] = {}
    for line in lines:
        moved[line.item] = moved.get(line.item, 0) + sign * line.quantity
    for item, quantity in moved.items():
        stock = record(db, "stock", item)
        if stock is not None:
            put_record(db, "stock", item, {**stock, "on_hand": stock["on_hand"] + quantity}, version)
            version += 1
    return version


def _booked(db: apsw.Connection, sale_id: int) -> shapes.Booked:
    state, total = db.execute("SELECT state, total_minor FROM sale WHERE id = ?", (sale_id,)).fetchone()
    return shapes.Booked(number=number_of(sale_id), state=state, total_minor=total)


def _document(db: apsw.Connection, sale_id: int) -> shapes.Document:
    head = db.execute(
        "SELECT external_id, day, kind, state, total_minor, currency, at_ms, till, reference, customer, refers_to, note,"
        " rounding_minor FROM sale WHERE id = ?",
        (sale_id,),
    ).fetchone()
    lines = db.execute(
        "SELECT item, name, quantity, amount_minor, vat_ppm FROM sale_line WHERE sale_id = ? ORDER BY rowid", (sale_id,)
    ).fetchall()
    payments = db.execute("SELECT tender, amount_minor FROM payment WHERE sale_id = ? ORDER BY rowid", (sale_id,)).fetchall()
    return shapes.Document(
        number_of(sale_id),
        *head,
        lines=tuple(shapes.LineOut(*line) for line in lines),
        payments=tuple(shapes.PaymentOut(*payment) for payment in payments),
    )
