"""A receipt as plain text: what the law asks for, and nothing that could steer a printer.

Finland (658/2013, section 4): name, contact details and business id, date, a number of its own, kinds and quantities,
the sum, VAT by rate. A second print says that it is a copy. Never computes anything that the document does not hold.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from tideover.model.money import PRICE_SCALE, QUANTITY_SCALE, decimal_text, sum_text
from tideover.model.receipt import Row
from tideover.model.sale import Document, Line
from tideover.plan.law import law_of
from tideover.rules.vat import by_rate
from tideover.settings import Settings
from tideover.trade.terms import Kind
from tideover.words import plain, say

WIDTH = 42  # Characters on 80 mm paper in font A; 32 on 58 mm.
WIDTH_MIN = 24
LEFT_MIN = 8  # Less room than this beside a sum makes words unreadable.
RATE_WIDTH = 6  # "25.5" and room.

WORDS = {
    "sale": "RECEIPT",
    "refund": "REFUND",
    "copy": "COPY",
    "number": "No.",
    "operator": "Served by",
    "slip": "Slip",
    "original": "Takes back",
    "discount": "discount",
    "total": "TOTAL",
    "rounding": "Cash rounding",
    "vat": "VAT %",
    "net": "Net",
    "tax": "VAT",
    "gross": "Gross",
    "given": "Given",
    "change": "Change",
    "cash": "Cash",
    "card": "Card",
    "account": "On account",
    "transfer": "Bank transfer",
    "mobile": "Mobile",
    "voucher": "Voucher",
}


class _Speech:
    """The receipt's words and numbers in the shop's language; plain signs that every printer has."""

    def __init__(self, language: str) -> None:
        self._say = say(language)

    def __getitem__(self, word: str) -> str:
        return self._say(WORDS[word])

    def money(self, minor: int) -> str:
        return self._say.decimal(money(minor))

    def decimal(self, text: str) -> str:
        return self._say.decimal(text)

    def time(self, at: datetime) -> str:
        return f"{self._say.day(f'{at:%Y-%m-%d}')} {at:%H.%M}" if self._say.language == "fi" else f"{at:%Y-%m-%d %H:%M}"


def receipt(
    document: Document,
    kind: Kind,
    settings: Settings,
    happened_at: datetime,
    *,
    operator: str = "",
    is_copy: bool = False,
    in_outage: bool = False,
    width: int = WIDTH,
) -> str:
    """The receipt's lines, each at most `width` characters, ending with a newline."""
    rows = receipt_rows(
        document, kind, settings, happened_at, operator=operator, is_copy=is_copy, in_outage=in_outage, width=width
    )  # fmt: skip
    return "\n".join(row.text for row in rows) + "\n"


def receipt_rows(
    document: Document,
    kind: Kind,
    settings: Settings,
    happened_at: datetime,
    *,
    operator: str = "",
    is_copy: bool = False,
    in_outage: bool = False,
    width: int = WIDTH,
) -> tuple[Row, ...]:
    """The same lines for a printer: the shop's name, what it is and the total are strong."""
    words = _Speech(settings.language)
    paper = _Paper(max(width, WIDTH_MIN))
    _head(paper, words, document, kind, settings, happened_at, operator, is_copy)
    if in_outage and (mark := law_of(settings.country).receipt_mark):
        paper.middle(mark)
    paper.rule()
    for line in document.lines:
        _line(paper, words, line)
    paper.rule()
    _sums(paper, words, document)
    _taxes(paper, words, document)
    if document.note:
        paper.left(document.note)
    return tuple(Row(line, number in paper.strong) for number, line in enumerate(paper.lines))


class _Paper:
    """Collects lines of a fixed width; every text passes `plain`."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[str] = []
        self.strong: set[int] = set()  # Numbers of the lines that stand out.

    def stress(self, begun: int) -> None:
        """The lines from that number on stand out."""
        self.strong.update(range(begun, len(self.lines)))

    def left(self, text: str) -> None:
        self.lines += textwrap.wrap(plain(text), self.width) or []

    def middle(self, text: str) -> None:
        self.lines += [part.center(self.width).rstrip() for part in textwrap.wrap(plain(text), self.width)]

    def pair(self, left: str, right: str) -> None:
        """Left and right on one line, the left one wrapped; a wide right one gets a line of its own. None is cut."""
        room = self.width - len(right) - 1
        if room < LEFT_MIN:
            self.left(left)
            self.lines.append(right.rjust(self.width))
            return
        *above, last = textwrap.wrap(plain(left), room) or [""]
        self.lines += [*above, f"{last:<{room}} {right}"]

    def rule(self) -> None:
        self.lines.append("-" * self.width)


def _head(
    paper: _Paper,
    words: _Speech,
    document: Document,
    kind: Kind,
    settings: Settings,
    happened_at: datetime,
    operator: str,
    is_copy: bool,
) -> None:
    paper.middle(settings.shop_name)
    paper.stress(0)
    for text in (settings.address, settings.business_id):
        paper.middle(text)
    paper.rule()
    begun = len(paper.lines)
    paper.middle(f"{words[kind]} - {words['copy']}" if is_copy else words[kind])
    paper.stress(begun)
    local = happened_at.astimezone(ZoneInfo(settings.time_zone))
    paper.pair(f"{words['number']} {document.number}", words.time(local))
    for word, value in (("operator", operator), ("slip", document.slip), ("original", document.original)):
        if value and value != document.number:
            paper.left(f"{words[word]}: {value}")


def _line(paper: _Paper, words: _Speech, line: Line) -> None:
    paper.pair(line.name or line.item, words.money(line.amount_minor))
    if line.quantity != QUANTITY_SCALE or line.discount_minor:
        parts = [words.decimal(f"{quantity(line.quantity)} x {price(line.unit_price)}")]
        if line.discount_minor:
            parts.append(f"{words['discount']} {words.money(-line.discount_minor)}")
        paper.lines += textwrap.wrap(", ".join(parts), paper.width, initial_indent="  ", subsequent_indent="  ")


def _sums(paper: _Paper, words: _Speech, document: Document) -> None:
    gross = sum(part for part, _ in by_rate(document.lines, document.prices_include_vat).values())
    begun = len(paper.lines)
    paper.pair(f"{words['total']} {document.currency}", words.money(gross))
    paper.stress(begun)
    if document.rounding_minor:
        paper.pair(words["rounding"], words.money(-document.rounding_minor))
    for tender in document.tenders:
        name = words[tender.kind]
        paper.pair(f"{name} {tender.reference}" if tender.reference else name, words.money(tender.amount_minor))
        if tender.given_minor is not None and tender.given_minor != tender.amount_minor:
            paper.pair(words["given"], words.money(tender.given_minor))
            paper.pair(words["change"], words.money(tender.given_minor - tender.amount_minor))


def _taxes(paper: _Paper, words: _Speech, document: Document) -> None:
    """A table where the paper is wide enough for every sum, else one sum to a line."""
    paper.rule()
    head, *rows = _tax_rows(words, document)
    share = (paper.width - RATE_WIDTH) // 3
    if all(len(cell) < share for row in (head, *rows) for cell in row[1:]):
        for row in (head, *rows):
            paper.lines.append(row[0].rjust(RATE_WIDTH) + "".join(cell.rjust(share) for cell in row[1:]))
        return
    for row in rows:
        paper.left(f"{head[0]} {row[0]}")
        for word, cell in zip(head[1:], row[1:], strict=True):
            paper.pair(word, cell)


def _tax_rows(words: _Speech, document: Document) -> Iterator[tuple[str, str, str, str]]:
    yield words["vat"], words["net"], words["tax"], words["gross"]
    for rate_ppm, (gross, vat) in by_rate(document.lines, document.prices_include_vat).items():
        yield words.decimal(f"{rate_ppm / 10_000:g}"), words.money(gross - vat), words.money(vat), words.money(gross)


# Numbers with a decimal point and no thousands sign.


def money(minor: int) -> str:
    """1234 as 12.34."""
    return sum_text(minor)


def quantity(thousandths: int) -> str:
    """1500 as 1.5; 2000 as 2."""
    return decimal_text(thousandths, QUANTITY_SCALE, 0)


def price(ten_thousandths: int) -> str:
    """19900 as 1.99; 12345 as 1.2345."""
    return decimal_text(ten_thousandths, PRICE_SCALE, 2)
