"""Reads real invoice lines from CSV files, so that a rehearsal plays what a shop really sold.

The shape: one line per row with InvoiceNo (C… takes back), StockCode, Description, Quantity,
InvoiceDate (local time), UnitPrice (gross), CustomerID (may be empty) and Country. Every row ends
in a document or in the list of unbookable lines with its reason; none is dropped, none is guessed.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from tideover.errors import FileUnreadable
from tideover.learn.input import Input, InputDocument, InputLine, Unbookable
from tideover.model.money import INT_MAX, MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE
from tideover.model.sale import LINES_MAX, NAME_LENGTH_MAX
from tideover.world import EPOCH

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
COLUMNS_MAX = 200  # A row wider than this is not a table of invoice lines.
FILE_BYTES_MAX = 128 * 2**20  # Two years of a busy wholesaler come to 90 MB.
DAY_TURNS_H = 4  # A sale before four in the morning belongs to the day before.
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S")
PLACES = {"United Kingdom": ("GB", "GBP", "Europe/London"), "Australia": ("AU", "AUD", "Australia/Sydney")}
ELSEWHERE = ("FI", "EUR", "Europe/Helsinki")

RateOn = Callable[[str, str], int]  # (country, day) to the standard rate in ppm.


class Row(Struct, frozen=True):
    """One readable row, or one that is not (reason)."""

    line: int
    invoice: str
    item: str = ""
    name: str = ""
    quantity: int = 0
    unit_price: int = 0
    amount_minor: int = 0
    local_at: datetime | None = None  # Naive, the shop's zone.
    customer: str | None = None
    reason: str = ""  # Why it cannot be booked; "" if it can.


def read_files(paths: Sequence[Path], rate_on: RateOn) -> Input:
    """All documents of the files, and what cannot be booked.

    rate_on: VAT of a country on a day, in ppm; a file says nothing about VAT.
    Raises FileUnreadable: not there, not text, a column missing, nothing in it.
    """
    tables = [(str(path), *read_rows(path)) for path in paths]
    countries: Counter[str] = sum((found for _, _, found in tables), Counter())
    # The column says where the customer lives: most may live abroad on a day, so only countries that a shop can be in count.
    home = next((name for name, _ in countries.most_common() if name in PLACES), "")
    country, currency, zone = PLACES.get(home, ELSEWHERE)
    documents: list[InputDocument] = []
    unbookable: list[Unbookable] = []
    counts: Counter[str] = Counter()
    for place, (name, rows, _) in enumerate(tables, 1):
        made, left, counted = _documents(place, name, rows, zone, lambda day: rate_on(country, day))
        documents += made
        unbookable += left
        counts += counted
    documents.sort(key=lambda document: document.at)
    return Input(
        documents=tuple(documents),
        unbookable=tuple(unbookable),
        unbookable_documents=counts["unbookable"],
        sales=counts["sale"],
        refunds=counts["refund"],
        lines=sum(len(rows) for _, rows, _ in tables),
        sum_minor=sum(row.amount_minor for _, rows, _ in tables for row in rows),
        country=country,
        currency=currency,
        zone=zone,
        days=tuple(sorted({document.day for document in documents})),
        names=tuple(name for name, _, _ in tables),
    )


def read_rows(path: Path) -> tuple[list[Row], Counter[str]]:
    """Every row of one file, readable or not, and how often each country stands in it."""
    text = _text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    rows: list[Row] = []
    countries: Counter[str] = Counter()
    places: dict[str, int] = {}
    line = 0
    try:
        for cells in reader:
            if not cells:
                continue
            line += 1
            if line == 1:
                places = _columns(path, cells)
                continue
            rows.append(_row(line, {name: cells[at] if at < len(cells) else "" for name, at in places.items()}))
            if places["Country"] < len(cells):
                countries[cells[places["Country"]].strip()] += 1
    except csv.Error as error:
        raise _unreadable(path, f"record {line + 1}: {error}") from error
    if not rows:
        raise _unreadable(path, "there is no line in it below the header")
    return rows, countries


def _unreadable(path: Path, why: str) -> FileUnreadable:
    return FileUnreadable(file=path, why=why, next=f"Give a CSV file with the columns {', '.join(COLUMNS)}.")


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise _unreadable(path, f"it is larger than {FILE_BYTES_MAX // 2**20} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be opened") from error
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if "\0" in text:
        raise _unreadable(path, "it is no text")
    return text


def _delimiter(text: str) -> str:
    header = text[:4096].splitlines()[0] if text[:4096].splitlines() else ""
    return max(",;\t|", key=header.count)


def _columns(path: Path, header: list[str]) -> dict[str, int]:
    if len(header) > COLUMNS_MAX:
        raise _unreadable(path, f"it has {len(header)} columns")
    found = {cell.strip().lower().replace(" ", "").replace("_", ""): at for at, cell in reversed(list(enumerate(header)))}
    missing = [name for name in COLUMNS if name.lower() not in found]
    if missing:
        raise _unreadable(path, f"the column {', '.join(missing)} is missing")
    return {name: found[name.lower()] for name in COLUMNS}


def _row(line: int, cells: dict[str, str]) -> Row:
    invoice = cells["InvoiceNo"].strip()[:NAME_LENGTH_MAX]
    quantity, price = _scaled(cells["Quantity"], QUANTITY_SCALE), _scaled(cells["UnitPrice"], PRICE_SCALE)
    at = _time(cells["InvoiceDate"].strip())
    faults = [
        f"the {word} {cells[column].strip()[:40]!r} cannot be read"
        for word, column, value in (("quantity", "Quantity", quantity), ("price", "UnitPrice", price), ("time", "InvoiceDate", at))
        if value is None
    ]
    if not invoice:
        faults.insert(0, "it has no invoice number")
    if faults or quantity is None or price is None or at is None:
        return Row(line=line, invoice=invoice, reason="; ".join(faults))
    amount = _amount(quantity, price)
    reason = ""
    if invoice[0] in "Aa":
        reason = "an accounting adjustment (invoice A…): no goods and no customer at the counter"
    elif price < 0:
        reason = "a negative price: an accounting adjustment, no sale"
    elif abs(amount) > INT_MAX:
        reason = "its amount is larger than any currency"
    return Row(
        line=line,
        invoice=invoice,
        item=cells["StockCode"].strip()[:NAME_LENGTH_MAX],
        name=" ".join(cells["Description"].split())[:NAME_LENGTH_MAX],
        quantity=quantity,
        unit_price=price,
        amount_minor=amount if abs(amount) <= INT_MAX else 0,
        local_at=at,
        customer=cells["CustomerID"].strip().removesuffix(".0")[:NAME_LENGTH_MAX] or None,
        reason=reason,
    )


def _scaled(text: str, scale: int) -> int | None:
    """The number times `scale`, if it is a number that the scale can hold exactly."""
    plain = text.strip().replace("\u00a0", "")
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        number = Decimal(plain) * scale
    except ArithmeticError:
        return None
    if not number.is_finite() or abs(number) > INT_MAX or number != number.to_integral_value():
        return None
    return int(number)


def _amount(quantity: int, price: int) -> int:
    exact = Decimal(quantity) * Decimal(price) * MINOR_PER_MAJOR / (QUANTITY_SCALE * PRICE_SCALE)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))  # In decimal, half up is away from zero.


def _time(text: str) -> datetime | None:
    for form in TIMES:
        try:
            at = datetime.strptime(text, form)
        except ValueError:
            continue
        return at if at.year > EPOCH.year else None
    return None


def _documents(
    place: int, file: str, rows: list[Row], zone: str, rate: Callable[[str], int]
) -> tuple[list[InputDocument], list[Unbookable], Counter[str]]:
    """Rows grouped by invoice number: documents, unbookable lines, counts of sale, refund, unbookable."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.invoice or f"record {row.line}", []).append(row)
    documents: list[InputDocument] = []
    left: list[Unbookable] = []
    counts: Counter[str] = Counter()
    for number, group in groups.items():
        good, why = _bookable(group)
        reasons = {row.line: row.reason or why for row in group if row not in good}
        left += [Unbookable(file, row.line, reasons[row.line], row.amount_minor) for row in group if row.line in reasons]
        total = sum(row.amount_minor for row in good)
        kind = "refund" if total < 0 or (total == 0 and number[:1] in "Cc") else "sale"
        counts[kind] += 1
        if good:
            documents.append(_document(place, file, number, kind, good, zone, rate))
        else:
            counts["unbookable"] += 1
    left.sort(key=lambda one: one.line)
    return documents, left, counts


def _bookable(group: list[Row]) -> tuple[list[Row], str]:
    """The rows of one invoice that can be booked, and why the other readable ones cannot."""
    good = [row for row in group if not row.reason]
    if not any(row.amount_minor for row in good):
        return [], "no money: a stock adjustment or a gift, not a sale"
    if len(good) > LINES_MAX:
        return [], f"the invoice has more than {LINES_MAX} lines"
    return good, ""


def _document(
    place: int, file: str, number: str, kind: str, rows: list[Row], zone: str, rate: Callable[[str], int]
) -> InputDocument:
    local = rows[0].local_at
    assert local is not None, "a readable row has a time"
    day = (local - timedelta(hours=DAY_TURNS_H)).strftime("%Y-%m-%d")
    vat_ppm = rate(day)
    lines = tuple(
        InputLine(row.line, row.item, row.name or row.item, row.quantity, row.unit_price, row.amount_minor, vat_ppm) for row in rows
    )
    at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(EPOCH.tzinfo)
    customer = next((row.customer for row in rows if row.customer), None)
    return InputDocument(
        key=f"{place}#{number}", file=file, number=number, kind=kind, at=at, day=day, lines=lines, customer=customer
    )
