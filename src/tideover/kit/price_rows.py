"""What stands about an item on a price list: code, name, unit, price as on the shelf, and by which VAT rate.

Prices are never rounded: a price with a third or fourth decimal shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from tideover.kit.alphabet import letter, name_key
from tideover.kit.matter import Matter
from tideover.kit.sheet import Kind, Sheet
from tideover.kit.sums import unit_text
from tideover.kit.two_columns import Column, Laid, Row
from tideover.model.item import Item
from tideover.model.money import PRICE_SCALE
from tideover.words import Say, plain, say

TEMPLATE = "price_list.typ"
CODE_PT, UNIT_PT, PRICE_PT, MARK_PT = 60.0, 26.0, 90.0, 30.0  # At most; most lists need less.
BARCODE_DIGITS = 5  # The last ones, to be held against the packet.
LETTERS_FROM = 60  # A list with fewer rows needs no headings.
RATE_LETTERS = "ABCDEFGHJKLMN"


class Prices:
    """Makes rows of a matter's items in one language."""

    def __init__(self, matter: Matter, language: str) -> None:
        self.matter, self.said = matter, say(language)
        self.items = [one for one in matter.items if not one.archived]
        rates = sorted({one.vat_ppm for one in self.items}, reverse=True)
        self.rates: Mapping[int, str] = dict(zip(rates, RATE_LETTERS, strict=False)) if 1 < len(rates) <= len(RATE_LETTERS) else {}
        self.legend = self._legend(rates)
        self._unit = lru_cache(maxsize=1024)(lambda unit: unit_text(unit, self.said))  # Few texts, on every row.

    def _legend(self, rates: Sequence[int]) -> str:
        """About the prices, for each page's head."""
        settings = self.matter.settings
        text = "Prices in {unit}, VAT included" if settings.prices_include_vat else "Prices in {unit}, without VAT"
        said = self.said(text, unit=settings.currency)
        if self.rates:
            return f"{said}: " + ", ".join(f"{mark}\N{NO-BREAK SPACE}{self.said.rate(ppm)}" for ppm, mark in self.rates.items())
        return f"{said} {self.said.rate(rates[0])}" if len(rates) == 1 else said

    def columns(self, mark: str = "") -> list[Column]:
        """The heads; mark: of the departments' column, which the list of best sellers has."""
        found = [Column(self.said("Code"), CODE_PT), Column(self.said("Item"), None)]
        if mark:
            found.append(Column(mark, MARK_PT))
        return [*found, Column(self.said("Unit"), UNIT_PT), Column(self.said("Price"), PRICE_PT, is_right=True)]

    def row(self, item: Item, marks: Mapping[str, str] | None = None) -> Row:
        """One item's. marks: department to its mark; None for a list without them."""
        name = plain(item.name) or item.code
        price = price_text(item.unit_price, self.said)
        marked = () if marks is None else (marks.get(item.department, ""),)
        if self.rates:
            price = f"{price} {self.rates.get(item.vat_ppm, '')}"
        cells = (plain(item.code), name, *marked, self._unit(item.unit), price)
        return Row(name_key(name, self.matter.settings.language), name, cells, barcode_tail(item))

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        """By name; of equal names, by code."""
        return sorted(rows, key=lambda row: (row.key, row.cells[0]))

    def sheet(self, kind: Kind, name: str, title: str, laid: Laid, columns: Sequence[Column]) -> Sheet:
        """A list that is laid out, with the shop's frame."""
        matter = self.matter
        frame = {"shop": matter.settings.shop_name, "mark": self.said("SAMPLE") if matter.is_sample else "", "revision": matter.revision}
        what = {"kind": kind, "name": name, "title": title, "template": TEMPLATE, "language": self.said.language}
        return Sheet(**what, **frame, data=laid.data(columns, self.legend), rows=laid.rows, as_of=matter.as_of.get("items", ""))


def price_text(value: int, said: Say) -> str:
    """A unit price with two decimals, or with the third and fourth where it has them."""
    return said.number(value, PRICE_SCALE, 2 if value % 100 == 0 else 3 if value % 10 == 0 else 4)


def barcode_tail(item: Item) -> str:
    """The sign "…" and the last digits of its barcode; "" where it has none, several, or is called by it."""
    if len(item.barcodes) != 1 or not item.barcodes[0].isdigit() or item.barcodes[0] == item.code:
        return ""
    return f"…{item.barcodes[0][-BARCODE_DIGITS:]}"


def with_letters(rows: Sequence[Row]) -> list[Row | str]:
    """Sorted rows with a heading where another letter begins, as in a phone book."""
    if len(rows) < LETTERS_FROM:
        return list(rows)
    found: list[Row | str] = []
    before = ""
    for row in rows:
        if (now := letter(row.key)) != before:
            found.append(now)
            before = now
        found.append(row)
    return found
