"""Writes a day of invoice lines in the shape of the real ones, with their oddities; the same seed writes the same day."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

from tideover.learn.files import COLUMNS

NAMES = ('T-LIGHT, "GLASS"', "DOOR MAT", "SET/4 STORAGE CUBES ", "CHILLI LIGHTS", "PÂTISSERIE TIN", "JAM; JELLY", "RED RETROSPOT BAG")


def write_day(folder: Path, day: str, seed: int, documents: int = 60) -> Path:
    """A CSV of that day: sales, cancellations without their original, stock adjustments, bad debt, free lines."""
    chance = Random(seed)
    rows: list[dict[str, object]] = []
    minutes = sorted(chance.randrange(8 * 60, 18 * 60) for _ in range(documents))
    for number, minute in enumerate(minutes, 577_000):
        at = f"{day} {minute // 60:02}:{minute % 60:02}:00"
        rows += _document(chance, number, at)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day}.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _document(chance: Random, number: int, at: str) -> list[dict[str, object]]:
    customer = f"{chance.randint(12_000, 18_000)}.0" if chance.random() < 0.8 else ""
    plain = {"InvoiceNo": number, "InvoiceDate": at, "CustomerID": customer, "Country": "United Kingdom"}
    kind = chance.random()
    if kind < 0.06:
        return [plain | {"StockCode": "21181", "Description": "adjustment", "Quantity": -chance.randint(1, 99), "UnitPrice": "0.0"}]
    sign = -1 if kind < 0.2 else 1
    if sign < 0:
        plain["InvoiceNo"] = f"C{number}"
    return [_line(chance, plain, sign) for _ in range(chance.choice((1, 1, 2, 3, 5, 8, 20)))] + _free(chance, plain, sign)


def _line(chance: Random, plain: dict[str, object], sign: int) -> dict[str, object]:
    code = chance.randrange(300)
    price = f"{chance.randint(19, 1_295) / 100:.2f}" if chance.random() < 0.95 else f"{chance.randint(1, 999) / 1_000:.3f}"
    line = {"StockCode": str(20_000 + code), "Description": NAMES[code % len(NAMES)], "UnitPrice": price}
    return plain | line | {"Quantity": sign * chance.choice((1, 1, 2, 3, 6, 12, 24))}


def _free(chance: Random, plain: dict[str, object], sign: int) -> list[dict[str, object]]:
    """Now and then a sample for nothing."""
    if sign < 0 or chance.random() > 0.1:
        return []
    return [plain | {"StockCode": "M", "Description": "Manual", "Quantity": 1, "UnitPrice": "0.0"}]
