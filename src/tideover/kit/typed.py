"""The same forms, typed: a document that was made on a screen, on the paper that the blank forms made known.

Sums are reckoned as everywhere (rules): once per line, VAT once per document and rate. Never gives a number of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from tideover.kit import qr
from tideover.kit.blanks import KIND, TEMPLATE, frame_of, title_of
from tideover.kit.forms import LAYOUTS
from tideover.kit.matter import Matter
from tideover.kit.open_orders import amount
from tideover.kit.sheet import Sheet
from tideover.kit.sums import unit_text
from tideover.model.item import Customer, Order, Quote
from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, Price, Quantity, RatePpm
from tideover.model.sale import Line
from tideover.plan.series import SERIES, Form
from tideover.rules.pricing import line_amount
from tideover.rules.vat import by_rate
from tideover.words import Say, say


class TypedLine(Struct, frozen=True):
    """One line of a typed form; what is None stays empty for a pen."""

    what: str
    quantity: Quantity
    code: str = ""
    unit: str = ""
    unit_price: Price | None = None
    vat_ppm: RatePpm | None = None
    shelf: str = ""
    delivered: Quantity | None = None
    note: str = ""


class Typed(Struct, frozen=True):
    """What is filled into a form."""

    form: Form
    number: str  # "" leaves a line for it.
    lines: tuple[TypedLine, ...]
    fields: Mapping[str, str] = {}  # Key of a field of the form's layout to what stands there.
    note: str = ""
    copy: str = ""  # "Shop's copy"; "" for none.


def sheet(document: Typed, matter: Matter, language: str, paper: Literal["a4", "a5"] = "a4") -> Sheet:
    """The document on its form; on as many pages as it has lines for."""
    said, layout = say(language), LAYOUTS[document.form]
    data = frame_of(document.form, layout, matter, said)
    fields = [one | {"value": document.fields.get(one["key"], "")} for one in data["fields"]]
    is_ours = document.number.startswith(f"{SERIES[document.form]}-")  # The cloud's own number opens no page here.
    code = qr.picture(qr.text_for(matter.settings, document.number)) if is_ours else None
    vat, total = _sums(document.lines, matter, said)
    rows = [[_cell(key, line, said) for key in layout.columns] for line in document.lines]
    data |= {
        "fields": fields,
        "pages": [{"number": document.number, "qr": code, "copy": said(document.copy) if document.copy else ""}],
        "typed": {"lines": rows, "vat": vat, "sum": total, "note": document.note},
    }
    return Sheet(
        kind=KIND,
        name=f"{document.form}-{document.number}" if document.number else document.form,
        title=f"{said(title_of(document.form, matter))} {document.number}".strip(),
        template=TEMPLATE,
        data=data,
        language=language,
        shop=matter.settings.shop_name,
        rows=len(rows),
        paper=paper,
    )


def _sums(lines: Sequence[TypedLine], matter: Matter, said: Say) -> tuple[list[list[str]], str]:
    """Rows of VAT by rate, highest first, and the total with its currency; nothing while a price or a rate is not known."""
    if not lines or any(line.unit_price is None or line.vat_ppm is None for line in lines):
        return [], ""
    included = matter.settings.prices_include_vat
    found = by_rate([_line(line) for line in lines], included)
    money = [(rate, gross, vat) for rate, (gross, vat) in sorted(found.items(), reverse=True)]
    rows = [
        [said.rate(rate), *(_number(one, said) for one in ((gross, vat) if included else (gross - vat, vat, gross)))]
        for rate, gross, vat in money
    ]
    return rows, said.money(sum(gross for _, gross, _ in money), matter.settings.currency)


def _line(line: TypedLine) -> Line:
    price = line.unit_price or 0
    return Line(line.code, line.what, line.quantity, price, line_amount(line.quantity, price), line.vat_ppm or 0)


def _cell(key: str, line: TypedLine, said: Say) -> str:
    """What a column shows of a line."""
    match key:
        case "quantity" | "ordered":
            return f"{amount(line.quantity, said)} {unit_text(line.unit, said)}".strip()
        case "price":
            return "" if line.unit_price is None else said.number(line.unit_price, PRICE_SCALE, 4 if line.unit_price % 100 else 2)
        case "vat":
            return "" if line.vat_ppm is None else said.rate(line.vat_ppm).removesuffix("%").strip()
        case "sum":
            return "" if line.unit_price is None else _number(line_amount(line.quantity, line.unit_price), said)
        case "delivered":
            return "" if line.delivered is None else amount(line.delivered, said)
        case "left":
            return "" if line.delivered is None else amount(line.quantity - line.delivered, said)
    return str(getattr(line, key, ""))


def _number(minor: int, said: Say) -> str:
    return said.number(minor, MINOR_PER_MAJOR, 2)


# From what the copies know ------------------------------------------------------------------------------


def of_order(order: Order, form: Form, matter: Matter, language: str) -> Typed:
    """An open order as an order, a picking list, a delivery docket or an invoice; numbers of forms come from pads, so it has none."""
    said = say(language)
    promised = {"promised": said.day(order.promised_on)} if order.promised_on else {}
    return Typed(form, "", _lines(order, matter), _party(order.customer, matter) | promised | {"order": order.code}, order.note)


def of_quote(quote: Quote, matter: Matter, language: str) -> Typed:
    """A quote of the cloud, to be shown to a customer who came back with it."""
    until = {"valid_until": say(language).day(quote.valid_until)} if quote.valid_until else {}
    return Typed("quote", quote.code, _lines(quote, matter), _party(quote.customer, matter) | until)


def _party(code: str, matter: Matter) -> dict[str, str]:
    found = next((one for one in matter.customers if one.code == code), Customer(code, code))
    return {"customer": found.name, "address": found.address, "phone": ", ".join(one for one in (found.phone, found.email) if one)}


def _lines(document: Order | Quote, matter: Matter) -> tuple[TypedLine, ...]:
    items = {item.code: item for item in matter.items}
    return tuple(
        TypedLine(
            what=line.name,
            quantity=line.quantity,
            code=line.item,
            unit=items[line.item].unit if line.item in items else "",
            unit_price=line.unit_price or None,
            vat_ppm=items[line.item].vat_ppm if line.item in items else None,
        )
        for line in document.lines
    )
