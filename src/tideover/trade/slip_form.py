"""A slip as a person types it from the paper: field by field to a document, each fault beside its field.

Collects every fault at once and changes nothing that was typed. What is written wins over what the copies say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import BadRecord, NoVatRate, TideoverError, UnbalancedDocument
from tideover.model.item import Item
from tideover.model.money import QUANTITY_SCALE, sum_text
from tideover.model.sale import Document, Line
from tideover.rules.calendar import noon_of
from tideover.rules.pricing import gross_sum, line_amount
from tideover.rules.vat import rate_on
from tideover.trade.payment import Paid, Pay, pay
from tideover.trade.slip import parse_slip
from tideover.trade.slip_total import Paper, differs
from tideover.trade.terms import Kind, Terms
from tideover.trade.typed import day_of, instant_of, minor_of, price_of, quantity_of, rate_of, time_of
from tideover.world import to_ms

ROWS_MAX = 60  # A paper slip has a dozen lines; five of them stapled together fit.
TENDERS_MAX = 3
FIELD_LENGTH_MAX = 200
AHEAD_MAX = timedelta(minutes=10)  # A watch that is fast is no wrong day.
NAMED_MAX = 5  # Items offered where a text fits several.


class Search(Protocol):
    """What the form asks of the copies."""

    def get(self, dataset: Literal["items"], code: str) -> Struct | None: ...
    def barcode(self, text: str) -> Item | None: ...
    def search(self, text: str, dataset: Literal["items"], limit: int) -> Sequence[Struct]: ...


class Row(Struct, frozen=True):
    """One line as typed, and what it was found to be."""

    what: str = ""  # Code, barcode, or words.
    item: str = ""  # The item's code, once chosen.
    quantity: str = ""
    price: str = ""
    vat: str = ""
    amount: str = ""  # The line's sum as written; "" where it is quantity × price.
    name: str = ""  # Found: the item's name.
    line: Line | None = None  # Found: None while something is missing.

    @property
    def is_blank(self) -> bool:
        return not (self.what or self.quantity or self.price or self.amount)


class Wish(Struct, frozen=True):
    """How (a part of) it was paid, as typed; an amount left out takes what is left."""

    kind: str = ""
    amount: str = ""
    reference: str = ""


class Typed(Struct, frozen=True):
    """Everything that stands in the form."""

    slip: str = ""
    kind: Kind = "sale"
    day: str = ""
    time: str = ""
    writer: str = ""
    rows: tuple[Row, ...] = ()
    written: str = ""
    reason: str = ""
    tenders: tuple[Wish, ...] = ()
    customer: str = ""
    original: str = ""  # A refund: what it takes back.
    photo: str = ""  # Hash of the picture that was brought.


class Reckoned(Struct, frozen=True):
    """What the form comes to. `document` is there when nothing is wrong with it."""

    typed: Typed  # With names and prices filled in.
    faults: Mapping[str, str] = {}  # Field to its sentence.
    computed_minor: int = 0
    gap_minor: int = 0  # Written less computed.
    document: Document | None = None
    happened_at_ms: int = 0
    paper: Paper = Paper()


def read_form(form: Mapping[str, str]) -> Typed:
    """The form's texts, cut to what a field may hold; what belongs to no field is left out."""

    def text(name: str) -> str:
        return form.get(name, "").strip()[:FIELD_LENGTH_MAX]

    rows = [
        Row(*(text(f"{field}-{number}") for field in ("what", "item", "quantity", "price", "vat", "amount"))) for number in range(ROWS_MAX)
    ]
    while rows and rows[-1].is_blank:
        rows.pop()
    wishes = [Wish(*(text(f"{field}-{number}") for field in ("tender", "paid", "reference"))) for number in range(TENDERS_MAX)]
    return Typed(
        slip=text("slip"),
        kind="refund" if text("kind") == "refund" else "sale",
        day=text("day"),
        time=text("time"),
        writer=text("writer"),
        rows=tuple(rows),
        written=text("written"),
        reason=text("reason"),
        tenders=tuple(one for one in wishes if one.kind),
        customer=text("customer"),
        original=text("original"),
        photo=text("photo"),
    )


def reckon(typed: Typed, terms: Terms, copies: Search, now: datetime, zone: str, prices_as_of: int | None = None) -> Reckoned:
    """Everything that follows from what was typed; raises nothing."""
    faults: dict[str, str] = {}
    day, at, is_estimated = _when(typed, now, zone, faults)
    rows = tuple(_row(row, number, terms, copies, day, faults) for number, row in enumerate(typed.rows))
    lines = tuple(row.line for row in rows if row.line is not None)
    if not lines and not any(field.startswith(("what", "price")) for field in faults):
        faults["what-0"] = "There is no line yet: type a code, a barcode or a name."
    sign = -1 if typed.kind == "refund" else 1
    lines = tuple(_signed(line, sign) for line in lines)
    empty = Document("", terms.currency, terms.prices_include_vat, lines, (), customer=typed.customer or None, prices_as_of=prices_as_of)
    computed = gross_sum(empty)
    written = _sum_of(typed.written, "written", faults)
    written_minor = None if written is None else written * sign
    paper = Paper(typed.writer, is_estimated, written_minor, typed.photo, typed.reason)
    paid = _paid(typed, computed, written_minor, terms, sign, faults)
    document = replace(empty, tenders=paid.tenders, rounding_minor=paid.rounding_minor)
    gap = differs(document, written_minor)
    if gap and not typed.reason:
        faults["reason"] = (
            f"Written {sum_text(abs(written or 0))}, reckoned {sum_text(abs(computed))}: correct a line, or say why they differ."
        )
    if not typed.writer:
        faults["writer"] = "Who wrote the slip?"
    _check_number(typed.slip, faults)
    filled = replace(typed, rows=rows, day=day or typed.day)
    sound = document if not faults else None
    return Reckoned(filled, faults, computed * sign, gap * sign, sound, to_ms(at) if at else 0, paper)


def _check_number(slip: str, faults: dict[str, str]) -> None:
    try:
        parse_slip(slip)
    except BadRecord:
        faults["slip"] = "Type the number that is printed on the slip, like A-0017."


def _when(typed: Typed, now: datetime, zone: str, faults: dict[str, str]) -> tuple[str | None, datetime | None, bool]:
    """(day, instant, estimated): without a time it was noon, or just now if that is still to come."""
    day = day_of(typed.day)
    if day is None:
        faults["day"] = "Type the day that stands on the slip."
        return None, None, False
    if typed.time:
        time = time_of(typed.time)
        if time is None:
            faults["time"] = "Type the time like 14.32, or leave it empty."
            return day, None, False
        at, is_estimated = instant_of(day, time, zone), False
    else:
        at, is_estimated = noon_of(day, zone), True
        at = min(at, now) if at - now < timedelta(hours=12) else at
    if at - now > AHEAD_MAX:
        faults["day" if is_estimated else "time"] = "That is still to come."
    return day, at, is_estimated


# Lines --------------------------------------------------------------------------------------------


def _row(row: Row, number: int, terms: Terms, copies: Search, day: str | None, faults: dict[str, str]) -> Row:
    if row.is_blank:
        return row
    times, what = _times(row.what)
    item = _item(row, what, copies)
    quantity = quantity_of(row.quantity or times or "1")
    if not quantity:
        faults[f"quantity-{number}"] = "How many? Like 2 or 0,350."
    price = price_of(row.price) if row.price else (item.unit_price if item else None)
    amount = minor_of(row.amount) if row.amount else None
    if row.amount and amount is None:
        faults[f"amount-{number}"] = "Type the sum like 12,50."
    if item is None and not row.item and (choices := _choices(what, copies, row)):
        faults[f"what-{number}"] = f"Which one? Type its code: {choices}"
    elif price is None and row.price:
        faults[f"price-{number}"] = "Type the price like 12,50."
    elif price is None and amount is not None and quantity:
        price = amount * 100 * QUANTITY_SCALE // abs(quantity)
    elif price is None:
        faults[f"price-{number}"] = f"No price is known for {what}: type the written one." if what else "Type the written price."
    rate = _rate(row, item, terms, day, number, faults)
    filled = replace(row, what=what, item=item.code if item else row.item, quantity=row.quantity or times, name=item.name if item else "")
    if not quantity or price is None or rate is None or f"what-{number}" in faults or f"amount-{number}" in faults:
        return filled
    reckoned = line_amount(quantity, price)
    told = reckoned if amount is None else (amount if quantity > 0 else -amount)
    line = Line(filled.item, filled.name or what or filled.item, quantity, price, told, rate, reckoned - told)
    return replace(filled, line=line)


def _times(what: str) -> tuple[str, str]:
    """'3*100' is three of item 100, as on any till."""
    times, star, rest = what.partition("*")
    return (times.strip(), rest.strip()) if star and rest.strip() and quantity_of(times.strip()) else ("", what)


def _item(row: Row, what: str, copies: Search) -> Item | None:
    """The item that was chosen, or that the text names without a doubt."""
    found = copies.get("items", row.item or what)
    if not isinstance(found, Item) and not row.item and what:
        found = copies.barcode(what)
    if not isinstance(found, Item) and not row.item and what and not row.price:
        some = copies.search(what, "items", 2)
        found = some[0] if len(some) == 1 else None
    return found if isinstance(found, Item) else None


def _choices(what: str, copies: Search, row: Row) -> str:
    """What a text without a price may mean; with a price it is a free line."""
    if row.price or row.amount or not what:
        return ""
    some = [one for one in copies.search(what, "items", NAMED_MAX) if isinstance(one, Item)]
    return " · ".join(f"{one.code} {one.name}" for one in some)


def _rate(row: Row, item: Item | None, terms: Terms, day: str | None, number: int, faults: dict[str, str]) -> int | None:
    if row.vat:
        rate = rate_of(row.vat)
        if rate is None:
            faults[f"vat-{number}"] = "Type the VAT rate in percent, like 25,5."
        return rate
    if item is not None:
        return item.vat_ppm
    try:
        return rate_on(terms.country, "standard", day) if day else None
    except NoVatRate:
        faults[f"vat-{number}"] = "Type the VAT rate in percent, like 25,5."
        return None


def _signed(line: Line, sign: int) -> Line:
    parts = {name: sign * getattr(line, name) for name in ("quantity", "amount_minor", "discount_minor")}
    return replace(line, **parts)


# Money --------------------------------------------------------------------------------------------


def _sum_of(text: str, field: str, faults: dict[str, str]) -> int | None:
    if not text:
        return None
    found = minor_of(text)
    if found is None:
        faults[field] = "Type the sum like 12,50."
    return found


def _paid(typed: Typed, computed: int, written: int | None, terms: Terms, sign: int, faults: dict[str, str]) -> Paid:
    """The tenders that make the written total where a person stands by it, else the reckoned one."""
    wishes = []
    for number, one in enumerate(typed.tenders):
        amount = _sum_of(one.amount, f"paid-{number}", faults)
        wishes.append(Pay(one.kind, None if amount is None else amount * sign, one.reference or None))  # type: ignore[arg-type]
    if not wishes:
        faults["tender-0"] = "How was it paid?"
        return Paid(())
    totals = [written, computed] if written is not None and typed.reason and written != computed else [computed]
    for total in totals:
        try:
            return _whole(pay(total, wishes, terms.cash_step_minor))
        except UnbalancedDocument as error:
            said = f"Paid {sum_text(abs(int(str(error.facts['paid_minor']))))}, to pay {sum_text(abs(computed))}."
        except TideoverError as error:
            said = error.message
    faults[f"paid-{len(wishes) - 1}"] = said
    return Paid(())


def _whole(paid: Paid) -> Paid:
    """Without tenders of nothing: a sale of two cents comes to no coin."""
    return replace(paid, tenders=tuple(one for one in paid.tenders if one.amount_minor))


TENDER_KINDS: tuple[str, ...] = ("cash", "card", "mobile", "account", "transfer", "voucher")

