"""The shared vectors: Python computes what the till computes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tideover.model.money import divide_rounded
from tideover.model.sale import Line
from tideover.rules.barcode import is_barcode, normal_barcode, weighed
from tideover.rules.calendar import trading_day
from tideover.rules.cash import round_cash
from tideover.rules.pricing import line_amount
from tideover.rules.vat import by_rate, rate_on
from tideover.words import say
from tideover.world import from_ms

FOLDER = Path(__file__).parents[2] / "vectors"


def rounded(numerator, denominator):
    return {"value": divide_rounded(numerator, denominator)}


def in_cash(minor, step_minor):
    paid, rounding = round_cash(minor, step_minor)
    return {"paid_minor": paid, "rounding_minor": rounding}


def priced(quantity, unit_price, discount_minor):
    return {"amount_minor": line_amount(quantity, unit_price) - discount_minor}


def taxed(prices_include_vat, lines):
    made = [Line(item="", name="", quantity=1000, unit_price=0, **line) for line in lines]
    found = by_rate(made, prices_include_vat)
    return {
        "by_rate": [{"vat_ppm": rate, "gross_minor": gross, "vat_minor": vat} for rate, (gross, vat) in found.items()],
        "gross_minor": sum(gross for gross, _ in found.values()),
        "vat_minor": sum(vat for _, vat in found.values()),
    }


def rate(country, category, day):
    return {"rate_ppm": rate_on(country, category, day)}


def day_of(at_ms, utc, zone, turns_at):
    return {"trading_day": trading_day(from_ms(at_ms), zone, turns_at)}


def barcode(code):
    return {"valid": is_barcode(code), "normal": normal_barcode(code)}


def barcode_weighed(code, country):
    found = weighed(code, country)
    return found and {"codes": list(found.codes), "quantity": found.quantity}


def money_shown(minor, language, currency):
    return {"text": say(language).money(minor, currency)}


RUNS = {
    "rounding": rounded,
    "rounding_cash": in_cash,
    "pricing": priced,
    "vat": taxed,
    "vat_rates": rate,
    "trading_day": day_of,
    "barcode": barcode,
    "barcode_weighed": barcode_weighed,
    "money_shown": money_shown,
}


@pytest.mark.parametrize("name", RUNS)
def test_vectors(name):
    """Every vector of the file gives its written result."""
    vectors = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert len(vectors) > 10
    assert [one["out"] for one in vectors] == [RUNS[name](**one["in"]) for one in vectors]
