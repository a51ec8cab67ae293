"""What a paper must say about the shop so that it is lawful: name, contact, business id, VAT by rate, the mark of an outage.

What is not known, or is known to be wrong, becomes a line to write on, and is named: paper never pretends. Prices stand on
paper as the shop has them, with or without VAT; the VAT boxes say how it is reckoned, so that a hand can do it.
Sources: plan/law.py; Finland 658/2013 section 4, VAT Regulations 1995 (GB), GST Act 1999 section 29-70 (AU).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import Struct
from stdnum.au import abn
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus
from stdnum.gb import vat

from tideover.kit.matter import Matter
from tideover.kit.sheet import Kind, Lack
from tideover.model.item import Item
from tideover.rules.vat import rates_on
from tideover.settings import Settings
from tideover.words import Say, plain

NUMBERS: dict[str, Any] = {"FI": ytunnus, "GB": vat, "AU": abn}  # The country's business number, where its check digits are known.
NAME_OF_NUMBER = {"FI": "Business ID", "GB": "VAT number", "AU": "ABN"}
UNNAMED = Settings().shop_name  # Nobody has answered what the shop is called.
TAXED = {"VAT": ("Without VAT", "With VAT"), "GST": ("Without GST", "With GST")}
RATES_MAX = 4  # More rows of VAT leave no room for a hand.
FREE_RATES = 3  # Rows without a rate where no table of rates is known.


class Particulars(Struct, frozen=True):
    """The shop as it stands in the head of its papers; "" is a line to write on."""

    name: str
    address: str
    number_name: str  # "Business ID", "VAT number", "ABN".
    number: str
    tax: str  # "VAT", "GST".
    rates: tuple[int | None, ...]  # In ppm, highest first; None: a rate to be written.
    mark: str  # What the law wants on each receipt of an outage; "" for nothing.
    prices_include_vat: bool
    currency: str
    unknown: tuple[str, ...]  # What is missing or wrong, in English.


def particulars(matter: Matter) -> Particulars:
    """The shop's particulars on the day of the matter."""
    shop = matter.settings
    name = "" if shop.shop_name == UNNAMED else plain(shop.shop_name)
    number, fault = business_number(shop.business_id, shop.country)
    address = "\n".join(line for part in shop.address.split("\n") if (line := plain(part)))
    unknown = [what for what, known in (("name", name), ("address", address)) if not known] + ([fault] if fault else [])
    return Particulars(
        name=name,
        address=address,
        number_name=NAME_OF_NUMBER.get(shop.country, "Business ID"),
        number=number,
        tax="GST" if shop.country == "AU" else "VAT",
        rates=rates_of(matter.items, shop.country, matter.today),
        mark=matter.law.receipt_mark,
        prices_include_vat=shop.prices_include_vat,
        currency=shop.currency,
        unknown=tuple(unknown),
    )


def business_number(given: str, country: str) -> tuple[str, str]:
    """The number as it is written in its country, and what is wrong with it ("" for nothing); a wrong one is not printed."""
    given = plain(given)
    if not given:
        return "", "business id"
    known = NUMBERS.get(country)
    if known is None:
        return given, ""
    bare = given[2:] if country == "FI" and given[:2].upper() == "FI" else given  # The VAT number of the same business.
    try:
        checked = known.validate(bare)
    except ValidationError:
        return "", "business id (its check digit is wrong)"
    if country == "GB":
        return f"GB {known.format(checked)}", ""
    return known.format(checked), ""


def rates_of(items: Iterable[Item], country: str, day: date) -> tuple[int | None, ...]:
    """The rates in force that the shop's items have; all of the country's where no item says; empty rows for an unknown country."""
    in_force = set(rates_on(country, day).values())
    used = {item.vat_ppm for item in items if not item.archived}
    if not in_force:
        return tuple(sorted(used, reverse=True)[:RATES_MAX]) or (None,) * FREE_RATES
    return tuple(sorted((used & in_force) or in_force, reverse=True)[:RATES_MAX])


def lacks(found: Particulars, kind: Kind) -> list[Lack]:
    """A notice that names what has to be written by hand on each paper until the settings know it."""
    if not found.unknown:
        return []
    why = f"Not known of the shop, so there is a line to write on: {', '.join(found.unknown)}. Say it in the settings and print again."
    return [Lack(kind, why)]


def shown(found: Particulars, matter: Matter, said: Say) -> dict[str, Any]:
    """The head of a form, and its VAT rows, as a template shows them."""
    return {
        "name": found.name,
        "address": found.address,
        "number_name": said(found.number_name),
        "number": found.number,
        "mark": found.mark,
        "logo": matter.logo,
        "to_write": {"name": said("Shop"), "address": said("Address and phone")},
        "rates": [_rate_row(rate, found, said) for rate in found.rates],
        "rate_heads": rate_heads(found, said),
    }


def rate_heads(found: Particulars, said: Say) -> list[str]:
    """Column heads of the VAT rows, in the order in which a hand fills them."""
    without, with_tax = TAXED[found.tax]
    heads = [with_tax, found.tax] if found.prices_include_vat else [without, found.tax, with_tax]
    return [said(head) for head in (f"{found.tax} %", *heads)]


def _rate_row(rate: int | None, found: Particulars, said: Say) -> dict[str, str]:
    """One rate, and how its VAT is reckoned from what was written before it."""
    if rate is None:
        return {"rate": "", "how": ""}
    percent = said.rate(rate)
    bare = percent.removesuffix("%").strip()
    if not rate:
        return {"rate": percent, "how": said.decimal("0.00")}
    if not found.prices_include_vat:
        return {"rate": percent, "how": f"× {bare} / 100"}
    whole = said.rate(1_000_000 + rate).removesuffix("%").strip()
    return {"rate": percent, "how": f"× {bare} / {whole}"}
