"""What stands on a receipt, part by part: what the law asks for, in the shop's words, and nothing that could steer a device.

Finland (658/2013, section 4): name, contact details and business id, date, a number of its own, kinds and quantities, the sum,
VAT by rate. United Kingdom (SI 1995/2518, regulation 16): name, address, VAT number, time of supply, goods, per rate the gross
sum and the rate. Australia (GST Act 1999, section 29-70): that it is a tax invoice, name and ABN, date, goods, how much is GST.
A second print says that it is a copy; what was booked in an outage says so, in the law's words where it has some, else in ours. The
till makes the same parts (web/till/core/receipt.js; tests/vectors/receipt.json).
Never computes anything that the document does not hold, and never decides how it is laid out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from tideover.model.facts import Quoted
from tideover.model.money import PRICE_SCALE, QUANTITY_SCALE, decimal_text, sum_text
from tideover.model.sale import Document, Line, Tender
from tideover.plan.law import law_of
from tideover.rules.vat import by_rate
from tideover.settings import Settings
from tideover.words import LANGUAGES, plain, say

PPM_PER_PERCENT = 10_000

WORDS = {
    "sale": "RECEIPT",
    "refund": "REFUND",
    "quote": "QUOTE",
    "tax-invoice": "TAX INVOICE",
    "copy": "COPY",
    "practice": "PRACTICE - NOT A RECEIPT",
    "outage": "Recorded during an outage",  # Where the law has no words of its own for it.
    "number": "No.",
    "operator": "Served by",
    "slip": "Slip",
    "original": "Takes back",
    "valid": "Valid until",
    "discount": "discount",
    "total": "TOTAL",
    "rounding": "Cash rounding",
    "vat": "VAT %",
    "net": "Net",
    "tax": "VAT",
    "gst": "GST %",
    "gst-tax": "GST",
    "gross": "Gross",
    "given": "Given",
    "change": "Change",
    "cash": "Cash",
    "card": "Card",
    "account": "On account",
    "transfer": "Bank transfer",
    "mobile": "Mobile",
    "voucher": "Voucher",
    "number-FI": "Business ID",
    "number-GB": "VAT number",
    "number-AU": "ABN",
}

Style = Literal["name", "middle", "title", "mark", "head", "rule", "line", "detail", "total", "pair", "tax-head", "tax", "note"]


class Part(Struct, frozen=True, omit_defaults=True):
    """One row of a receipt."""

    left: str
    style: Style
    right: str | None = None
    cells: tuple[str, ...] = ()  # Of a row of taxes: rate, net, tax, gross; left and right say the same in short.


class Receipt(Struct, frozen=True):
    """What a receipt is made of."""

    kind: str  # sale, refund or quote.
    body: Document | Quoted
    happened_at: datetime
    operator: str = ""
    is_copy: bool = False
    in_outage: bool = False
    is_practice: bool = False
    original: str | None = None  # Number of our own sale that it takes back; the cloud's stands in the document.


class Speech:
    """The receipt's words and numbers in one language; plain signs that every printer has."""

    def __init__(self, language: str) -> None:
        self._say = say(language)

    def __getitem__(self, word: str) -> str:
        return self._say(WORDS[word])

    def money(self, minor: int) -> str:
        return self._say.decimal(sum_text(minor))

    def decimal(self, text: str) -> str:
        return self._say.decimal(text)

    def day(self, iso: str) -> str:
        return self._say.day(iso)

    def time(self, at: datetime) -> str:
        return f"{self.day(f'{at:%Y-%m-%d}')} {at:%H.%M}" if self._say.language == "fi" else f"{at:%Y-%m-%d %H:%M}"


def parts_of(receipt: Receipt, settings: Settings) -> tuple[Part, ...]:
    """The rows in the shop's language, from top to bottom."""
    words = Speech(settings.language)
    rows = [*_head(words, receipt, settings), _RULE]
    for line in receipt.body.lines:
        rows += _line(words, line)
    rows += [_RULE, *_sums(words, receipt.body), _RULE, *_taxes(words, receipt.body, settings)]
    if note := plain(receipt.body.note):
        rows.append(Part(note, "note"))
    return tuple(rows)


_RULE = Part("", "rule")


def _middle(text: str, style: Style) -> list[Part]:
    return [Part(said, style)] if (said := plain(text)) else []


def _head(words: Speech, receipt: Receipt, settings: Settings) -> Iterator[Part]:
    body = receipt.body
    yield from _middle(settings.shop_name, "name")
    for line in settings.address.split("\n"):
        yield from _middle(line, "middle")
    yield from _middle(business_number(words, settings), "middle")
    yield _RULE
    if receipt.is_practice:
        yield Part(words["practice"], "mark")
    title = words["tax-invoice" if _is_tax_invoice(receipt, settings) else receipt.kind]
    yield Part(f"{title} - {words['copy']}" if receipt.is_copy else title, "title")
    local = receipt.happened_at.astimezone(ZoneInfo(settings.time_zone))
    yield Part(plain(f"{words['number']} {body.number}"), "head", words.time(local))
    for word, value in _named(words, receipt):
        if value and value != body.number:
            yield Part(plain(f"{words[word]}: {value}"), "head")
    if receipt.in_outage:
        yield from _middle(law_of(settings.country).receipt_mark or words["outage"], "mark")


def _named(words: Speech, receipt: Receipt) -> tuple[tuple[str, str | None], ...]:
    body = receipt.body
    if isinstance(body, Quoted):
        return ("operator", receipt.operator), ("valid", words.day(body.valid_until))
    return ("operator", receipt.operator), ("slip", body.slip), ("original", body.original or receipt.original)


def _is_tax_invoice(receipt: Receipt, settings: Settings) -> bool:
    return receipt.kind == "sale" and settings.country == "AU" and bool(settings.business_id)


def business_number(words: Speech, settings: Settings) -> str:
    """The shop's number with its name, unless the owner wrote that there."""
    given, key = plain(settings.business_id), f"number-{settings.country}"
    names = [say(language)(WORDS[key]) for language in LANGUAGES] if key in WORDS else []
    if not given or not names or given.casefold().startswith(tuple(name.casefold() for name in names)):
        return given
    return f"{words[key]} {given}"


def _line(words: Speech, line: Line) -> Iterator[Part]:
    yield Part(plain(line.name or line.item), "line", words.money(line.amount_minor))
    if line.quantity != QUANTITY_SCALE or line.discount_minor:
        parts = [words.decimal(f"{quantity(line.quantity)} x {price(line.unit_price)}")]
        if line.discount_minor:
            parts.append(f"{words['discount']} {words.money(-line.discount_minor)}")
        yield Part(", ".join(parts), "detail")


def _sums(words: Speech, body: Document | Quoted) -> Iterator[Part]:
    gross = sum(part for part, _ in by_rate(body.lines, body.prices_include_vat).values())
    yield Part(f"{words['total']} {body.currency}", "total", words.money(gross))
    if isinstance(body, Quoted):
        return
    if body.rounding_minor:
        yield Part(words["rounding"], "pair", words.money(-body.rounding_minor))
    for tender in body.tenders:
        yield from _tender(words, tender, body.customer)


def _tender(words: Speech, tender: Tender, customer: str | None) -> Iterator[Part]:
    of_whom = customer if tender.kind == "account" else None  # By number: the document holds no name.
    yield Part(plain(f"{words[tender.kind]} {tender.reference or of_whom or ''}"), "pair", words.money(tender.amount_minor))
    if tender.given_minor is not None and tender.given_minor != tender.amount_minor:
        yield Part(words["given"], "detail", words.money(tender.given_minor))
        yield Part(words["change"], "detail", words.money(tender.given_minor - tender.amount_minor))


def _taxes(words: Speech, body: Document | Quoted, settings: Settings) -> Iterator[Part]:
    is_gst = settings.country == "AU"
    rate_name, tax = words["gst" if is_gst else "vat"], words["gst-tax" if is_gst else "tax"]
    yield Part(rate_name, "tax-head", tax, (rate_name, words["net"], tax, words["gross"]))
    for rate_ppm, (gross, vat) in by_rate(body.lines, body.prices_include_vat).items():
        rate = words.decimal(decimal_text(rate_ppm, PPM_PER_PERCENT, 0))
        cells = (rate, words.money(gross - vat), words.money(vat), words.money(gross))
        yield Part(f"{rate_name.removesuffix(' %')} {rate} %", "tax", cells[2], cells)


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
