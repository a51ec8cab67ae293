"""Shows a person what to key into the cloud's own screen, one sale at a time, in the order it asks. Pure.

Our entry id goes into the cloud's reference field: by it the day report proves later what was keyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, RATE_SCALE
from tideover.model.sale import Line
from tideover.ports import Booking
from tideover.rules.pricing import gross_sum
from tideover.world import from_ms

Part = Literal["reference", "day", "customer", "original", "lines", "tenders", "total"]
ORDER: tuple[Part, ...] = ("day", "reference", "customer", "original", "lines", "total", "tenders")


class ScreenLine(Struct, frozen=True):
    """One line as texts to key."""

    item: str
    name: str
    quantity: str
    unit_price: str
    discount: str  # "" for none; an amount off the line.
    amount: str  # What the cloud's line must come to.
    vat_percent: str


class ScreenTender(Struct, frozen=True):
    kind: str
    amount: str
    reference: str


class Screen(Struct, frozen=True):
    """What a person keys for one entry, and what they check before they store it."""

    entry: str
    kind: Literal["sale", "refund"]
    reference: str  # Goes into the cloud's reference field, letter by letter: copy it.
    day: str  # Accounting date to choose, YYYY-MM-DD.
    time: str  # HH:MM in the shop, for the eye.
    customer: str
    original: str  # For a refund: the cloud's number of the sale taken back, if known.
    lines: tuple[ScreenLine, ...]
    tenders: tuple[ScreenTender, ...]
    rounding: str  # Cash rounding, "" for none.
    total: str  # What the cloud's screen must show before cash rounding.
    total_minor: int
    order: tuple[Part, ...]  # The parts in the order in which the cloud asks for them.
    hints: tuple[str, ...]


def screen(booking: Booking, zone: str, decimal_sign: str = ".", doubted: bool = False, order: tuple[Part, ...] = ORDER) -> Screen:
    """The screen of one booking; texts use the decimal sign that the cloud's screen expects.

    doubted: it was shown before and nobody knows whether it was stored.
    """
    document = booking.document
    total = gross_sum(document)

    def money(minor: int) -> str:
        return decimal_text(minor, MINOR_PER_MAJOR, 2, decimal_sign)

    return Screen(
        entry=booking.entry,
        kind=booking.kind,  # type: ignore[arg-type]
        reference=booking.entry,
        day=booking.trading_day,
        time=from_ms(booking.happened_at_ms).astimezone(ZoneInfo(zone)).strftime("%H:%M"),
        customer=document.customer or "",
        original=booking.original or document.original or "",
        lines=tuple(_line(line, decimal_sign) for line in document.lines),
        tenders=tuple(ScreenTender(one.kind, money(one.amount_minor), one.reference or "") for one in document.tenders),
        rounding=money(document.rounding_minor) if document.rounding_minor else "",
        total=money(total),
        total_minor=total,
        order=order,
        hints=tuple(_hints(booking, doubted)),
    )


def _line(line: Line, sign: str) -> ScreenLine:
    return ScreenLine(
        item=line.item,
        name=line.name,
        quantity=decimal_text(line.quantity, QUANTITY_SCALE, 0, sign),
        unit_price=decimal_text(line.unit_price, PRICE_SCALE, 2, sign),
        discount=decimal_text(line.discount_minor, MINOR_PER_MAJOR, 2, sign) if line.discount_minor else "",
        amount=decimal_text(line.amount_minor, MINOR_PER_MAJOR, 2, sign),
        vat_percent=decimal_text(line.vat_ppm, RATE_SCALE // 100, 0, sign),
    )


def _hints(booking: Booking, doubted: bool) -> Iterable[str]:
    """What is easily overlooked, one sentence each; empty for a plain sale."""
    if doubted:
        yield "This one was on a screen before: search the cloud for the reference first, and key it only if it is not there."
    if booking.kind == "refund":
        yield "This is a refund: quantities and amounts are negative, or use the cloud's refund function."
    if booking.late:
        yield f"That day is closed already: if the cloud refuses {booking.trading_day}, answer 'not accepted' and give its reason."
    if booking.customer is not None:
        yield "The customer is new: make the customer in the cloud first."
    if booking.document.rounding_minor:
        yield "The cash sum is rounded: key the tenders as shown, not the total."
    if any(line.item == "" for line in booking.document.lines):
        yield "A line without a code is a free line: key its name and price."
    if booking.document.note:
        yield f"Note of the cashier: {booking.document.note}"


def decimal_text(value: int, scale: int, least: int, sign: str) -> str:
    """An integer in 1/scale as text, with at least `least` decimals and no zeros beyond."""
    digits = len(str(scale)) - 1
    whole, part = divmod(abs(value), scale)
    text = f"{part:0{digits}d}".rstrip("0").ljust(least, "0")
    return f"{'-' if value < 0 else ''}{whole}{sign + text if text else ''}"
