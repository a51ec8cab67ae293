"""The CSV files that the practice cloud's screens can save: day report, day lines, exports. Nothing is decided here.

Columns are fixed and documented in docs/connectors/practice.md; amounts are decimals with a dot.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE
from tideover.practice import shapes
from tideover.practice.records import unit_price_of
from tideover.world import from_ms

PPM_PER_PERCENT = 10_000
TENDERS = ("cash", "card", "account", "transfer", "mobile", "voucher")
DAY_COLUMNS = ("number", "our_reference", "reference", "day", "time", "kind", "state", "total", *TENDERS, "rounding")
COLUMNS = {"vat_ppm": "vat_percent", "barcodes": "barcode", "total_minor": "total", "open_minor": "open"}  # Field to column.
LINE_COLUMNS = ("number", "item", "name", "quantity", "unit_price", "amount", "vat_percent")


def decimal(value: int, scale: int, least: int = 0) -> str:
    """An integer in 1/scale as text with a dot, at least `least` decimals, no trailing zeros beyond."""
    digits = len(str(scale)) - 1
    whole, part = divmod(abs(value), scale)
    text = f"{part:0{digits}d}".rstrip("0").ljust(least, "0")
    return f"{'-' if value < 0 else ''}{whole}{'.' + text if text else ''}"


def money(minor: int) -> str:
    return decimal(minor, MINOR_PER_MAJOR, 2)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def day_report(documents: Iterable[shapes.Document], zone: str) -> bytes:
    """One row per document; `time` is the shop's local time."""

    def row(one: shapes.Document) -> list[str]:
        paid = dict.fromkeys((*TENDERS, "rounding"), 0)
        for payment in one.payments:
            paid[payment.tender] += payment.amount_minor
        time = from_ms(one.at_ms).astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")
        start = [one.number, one.external_id or "", one.reference, one.day, time, one.kind, one.state, money(one.total_minor)]
        return start + [money(amount) for amount in paid.values()]

    return table(DAY_COLUMNS, (row(one) for one in documents))


def day_lines(documents: Iterable[shapes.Document]) -> bytes:
    """One row per line of every document; the unit price is worked back from the amount."""

    def row(number: str, line: shapes.LineOut) -> list[str]:
        price = decimal(unit_price_of(line.quantity, line.amount_minor), PRICE_SCALE, 2)
        quantity, percent = decimal(line.quantity, QUANTITY_SCALE), decimal(line.vat_ppm, PPM_PER_PERCENT)
        return [number, line.item, line.name, quantity, price, money(line.amount_minor), percent]

    return table(LINE_COLUMNS, (row(one.number, line) for one in documents for line in one.lines))


def export(shape: type[Struct], rows: Sequence[Struct]) -> bytes:
    """A whole dataset of records of that shape; those with lines take one row per line."""
    flat = [part for row in rows for part in _flat(msgspec.to_builtins(row))]
    columns = list(flat[0]) if flat else [COLUMNS.get(name, name) for name in shape.__struct_fields__ if name != "lines"]
    return table(columns, ([one.get(column, "") for column in columns] for one in flat))


def _flat(row: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """A record's cells by column, once per line where it has lines."""
    lines = row.pop("lines", None)
    start = {COLUMNS.get(name, name): _text(name, value) for name, value in row.items()}
    if lines is None:
        yield start
        return
    for line in lines:
        yield start | {"line_name" if name == "name" else name: _text(name, value) for name, value in line.items()}


def _text(name: str, value: Any) -> Any:
    match name:
        case "unit_price":
            return decimal(value, PRICE_SCALE, 2)
        case "vat_ppm":
            return decimal(value, PPM_PER_PERCENT)
        case "on_hand" | "quantity":
            return decimal(value, QUANTITY_SCALE)
        case "barcodes":
            return "|".join(value)
        case "total_minor" | "open_minor":
            return money(value)
        case _ if isinstance(value, bool):
            return "yes" if value else "no"
        case _:
            return "" if value is None else value
