"""Five trading days of invoice lines: the real retail week where it is at hand, else days of the same shape from a seed."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import date
from pathlib import Path

from msgspec import Struct

from tideover.kit.matter import Matter
from tideover.model.item import Item
from tideover.plan.law import law_of
from tideover.settings import Settings

REAL_WEEK = Path(__file__).resolve().parents[3] / "shared" / "data" / "retail-week"
DAYS = 5
ITEMS, LINES_A_DAY, FLATNESS, STEEPNESS = 2_900, 3_500, 60, 1.15  # Of the generated days: the 400 best cover about half.

WORDS = ("RED", "WHITE", "RETRO", "HEART", "METAL", "LANTERN", "BAG", "SET OF 6", "T-LIGHT HOLDER")


class Week(Struct, frozen=True):
    """What was sold: the item codes of each day's lines, and each item's name and last price."""

    is_real: bool
    days: tuple[tuple[str, ...], ...]
    items: tuple[Item, ...]

    def matter(self, known_days: int = DAYS - 1) -> Matter:
        """The shop on the evening of the last known day."""
        sold = Counter(code for day in self.days[:known_days] for code in day)
        settings = Settings(country="GB", currency="GBP", shop_name="Retail week")
        return Matter(settings=settings, law=law_of("GB"), today=date(2011, 11, 17), items=self.items, sold=sold)


def read_week(folder: Path = REAL_WEEK) -> Week:
    """The days of the folder; a generated week where there is none."""
    paths = sorted(folder.glob("*.csv"))
    return _real(paths) if len(paths) == DAYS else _generated()


def _real(paths: list[Path]) -> Week:
    days, items = [], {}
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if int(row["Quantity"]) > 0]  # What came back was not looked up.
        days.append(tuple(row["StockCode"] for row in rows))
        for row in rows:
            price = round(float(row["UnitPrice"]) * 10_000)
            items[row["StockCode"]] = Item(row["StockCode"], row["Description"].strip() or row["StockCode"], price, 200_000)
    return Week(True, tuple(days), tuple(items.values()))


def _generated() -> Week:
    chance = random.Random(5)
    codes = [f"{20_000 + number}" for number in range(ITEMS)]
    weights = [(rank + FLATNESS) ** -STEEPNESS for rank in range(ITEMS)]
    days = tuple(tuple(chance.choices(codes, weights, k=LINES_A_DAY)) for _ in range(DAYS))
    items = (Item(code, " ".join(chance.choices(WORDS, k=4)), chance.randrange(30, 2_000) * 100, 200_000) for code in codes)
    return Week(False, days, tuple(items))


def coverage(codes: set[str], lines: tuple[str, ...]) -> float:
    """The share of lines whose item is among the codes."""
    return sum(code in codes for code in lines) / len(lines)
