"""The till's core in a real browser: the shared vectors give in JavaScript what they give in Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from browser.modules import call, outs, page_of, vectors
from tideover.journal.entry import canonical, is_uuid7
from tideover.model.money import INT_MAX, divide_rounded
from tideover.rules.calendar import trading_day
from tideover.rules.pricing import line_amount
from tideover.rules.vat import RATES
from tideover.world import from_ms

pytestmark = pytest.mark.xdist_group("test_till_core")

HERE = Path(__file__).parent
ZONES = ("Europe/Helsinki", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu", "UTC")


@pytest.fixture(scope="module")
def page(chromium):
    with page_of(chromium, extra=HERE) as page:
        yield page


def big(value):
    return {"big": str(value)}


def asked(name, *keys):
    return [[one["in"][key] for key in keys] for one in vectors(name)]


def test_rounding(page):
    """Half away from zero, as everywhere."""
    calls = [[big(numerator), big(denominator)] for numerator, denominator in asked("rounding", "numerator", "denominator")]
    assert outs("rounding") == [{"value": int(one["big"])} for one in call(page, "core/money.js", "divideRounded", calls)]


def test_lines(page):
    """Quantity × price, rounded once, less the discount."""
    found = call(page, "core/money.js", "lineAmount", asked("pricing", "quantity", "unit_price"))
    off = [one["in"]["discount_minor"] for one in vectors("pricing")]
    assert outs("pricing") == [{"amount_minor": amount - less} for amount, less in zip(found, off, strict=True)]


def test_cash_vat_and_barcodes(page):
    """Coins, VAT by rate, check digits and weight labels."""
    assert outs("rounding_cash") == call(page, "core/cash.js", "roundCash", asked("rounding_cash", "minor", "step_minor"))
    assert outs("vat") == call(page, "/extra/till_core.js", "taxed", [[one["in"]] for one in vectors("vat")])
    codes = asked("barcode", "code")
    found = zip(call(page, "core/barcode.js", "isBarcode", codes), call(page, "core/barcode.js", "normalBarcode", codes), strict=True)
    assert outs("barcode") == [{"valid": valid, "normal": normal} for valid, normal in found]
    assert outs("barcode_weighed") == call(page, "core/barcode.js", "weighed", asked("barcode_weighed", "code", "country"))


def test_rates_of_a_day(page):
    """From the box's tables, which are the only ones."""
    calls = [
        [{category: [list(step) for step in steps] for category, steps in RATES[country].items()}, category, day]
        for country, category, day in asked("vat_rates", "country", "category", "day")
    ]
    assert outs("vat_rates") == [{"rate_ppm": ppm} for ppm in call(page, "core/vat.js", "rateOn", calls)]
    unknown = [[{}, "standard", "2026-11-20"], [{"low": [["2010-07-01", 1]]}, "low", "2010-06-30"]]
    assert [None, None] == call(page, "core/vat.js", "rateOn", unknown)


def test_trading_days(page):
    """Across midnight, summer time and zones."""
    found = call(page, "core/days.js", "tradingDay", asked("trading_day", "at_ms", "zone", "turns_at"))
    assert outs("trading_day") == [{"trading_day": day} for day in found]


def test_trading_days_of_many_instants(page):
    """What the box says of an instant the till says too; also where the clocks change by half an hour, at any turning hour."""
    calls = []
    for zone in ZONES:
        for turns in ("00:00", "01:30", "02:30", "03:30", "04:00", "23:59"):
            for day in (1_774_656_000_000, 1_792_800_000_000, 1_775_260_800_000, 1_791_072_000_000, 1_772_928_000_000, 1_793_491_200_000):
                calls += [[day + n * 1_380_000, zone, turns] for n in range(130)]  # 23 minutes apart, over two days.
    expected = [trading_day(from_ms(at), zone, turns) for at, zone, turns in calls]
    assert expected == call(page, "core/days.js", "tradingDay", calls)


def test_frozen_entries(page):
    """The bytes of every kind ever released; WebCrypto finds each signature good, and a changed byte's bad."""
    found = call(page, "/extra/till_core.js", "signed", [[one["in"]] for one in vectors("entry")])
    assert [{"signed": out["signed"], "good": True, "forged": False} for out in outs("entry")] == found


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def _gather(values, data):
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    keys = st.text(st.characters(max_codepoint=127), max_size=5)
    leaves = st.none() | st.booleans() | st.integers(-INT_MAX, INT_MAX) | text
    values.append(data.draw(st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4))))


def test_canonical_bytes_of_anything(page):
    """Three hundred nested values: the same bytes on both sides."""
    values: list = []
    _gather(values)
    # A key like "hex" would be read as bytes by the harness: the value travels as JSON text and is parsed in the page.
    script = """async (texts) => { const { canonical } = await import("/till/core/canonical.js");
        return texts.map((text) => new TextDecoder().decode(canonical(JSON.parse(text)))); }"""
    assert [canonical(value).decode() for value in values] == page.evaluate(script, [json.dumps(value) for value in values])


def test_what_is_no_entry_is_never_signed(page):
    """Fractions, numbers that lose digits, half characters, letters in keys beyond ASCII, missing and further keys, too much."""
    found = call(page, "core/canonical.js", "canonical", [[1.5], [2**53], [-(2**53)], ["\ud800"], [{"ä": 1}], [[{"x": [1e300]}]]])
    assert ["RangeError"] * 6 == [one.get("thrown") for one in found]
    entry = vectors("entry")[0]["in"]["entry"]
    less = {key: value for key, value in entry.items() if key != "operator"}
    wrong = [less, {**entry, "more": 1}, {**entry, "body": "x" * 2**20}]
    assert ["RangeError"] * 3 == [one.get("thrown") for one in call(page, "core/canonical.js", "signedPart", [[one] for one in wrong])]


def test_large_products_lose_nothing(page):
    """Where a product passes 2^53, the cents are still right."""
    calls = [[987_654_321, 98_765_432_123], [-999_999_000, 99_999_999_999], [1, 1], [333, 333_333_333_331]]
    assert [line_amount(*one) for one in calls] == call(page, "core/money.js", "lineAmount", calls)
    pairs = [(INT_MAX * 7 + 3, 14), (-(INT_MAX * 5), 2), (10**30 + 5, 10)]
    found = call(page, "core/money.js", "divideRounded", [[big(a), big(b)] for a, b in pairs])
    assert [divide_rounded(a, b) for a, b in pairs] == [int(one["big"]) for one in found]


def test_what_people_type_and_read(page):
    """Commas, points, blanks of every width and minus signs are read; nonsense is refused by name; sums are shown as in words.py."""
    found = call(page, "core/money.js", "parse", asked("money_typed", "text", "decimals"))
    assert outs("money_typed") == [{key: one[key] for key in ("value", "refused") if key in one} for one in found]
    sums = call(page, "core/money.js", "show", asked("money_shown", "minor", "language", "currency"))
    assert outs("money_shown") == [{"text": text} for text in sums]
    limits = call(page, "core/money.js", "parse", [["5", 2, {"min": 501}], ["5", 2, {"max": 499}], ["5", 2, {"min": 500, "max": 500}]])
    assert ["too-small", "too-large", None] == [one.get("refused") for one in limits]
    sizes = ((12_345, "fi"), (-50, "en"), (19_900, "en"), (1_234_567_899, "fi"), (-12_300, "en"))
    prices = [[price, 10_000, 2, language] for price, language in sizes]
    assert ["1,2345", "−0.005", "1.99", "123\u00a0456,7899", "−1.23"] == call(page, "core/money.js", "showNumber", prices)
    quantities = [[2000, 1000, 0, "fi"], [250, 1000, 0, "fi"], [-1500, 1000, 0, "en"], [1_234_000, 1000, 0, "en"]]
    assert ["2", "0,25", "−1.5", "1,234"] == call(page, "core/money.js", "showNumber", quantities)


def test_ids_are_made_of_time_and_chance_that_are_given(page):
    """Version 7, in the order of time."""
    calls = [[0, {"hex": "00" * 10}], [1_795_175_400_001, {"hex": "ff" * 10}], [2**48 - 1, {"hex": "0123456789abcdef0123"}]]
    found = call(page, "core/uuid.js", "uuid7", calls)
    assert all(is_uuid7(one) for one in found) and sorted(found) == found
    assert "RangeError" == call(page, "core/uuid.js", "uuid7", [[2**48, {"hex": "00" * 10}]])[0]["thrown"]
