"""Sums as text, rounding at its edges, and rates on the days they change."""

from datetime import date

import pytest

from tideover.errors import NoVatRate
from tideover.model.money import PRICE_SCALE, QUANTITY_SCALE, decimal_text, divide_rounded, sum_text
from tideover.model.sale import Document, Line
from tideover.rules.pricing import gross_sum
from tideover.rules.vat import gross_by_rate, rate_on, rates_on


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (5, "0.05"), (50, "0.50"), (100, "1.00"), (-1_234, "-12.34"), (100_000_000, "1000000.00")],
)
def test_a_sum_has_two_decimals(minor, text):
    """Cents are never dropped, and only less than nothing has a sign."""
    assert text == sum_text(minor)


@pytest.mark.parametrize(
    ("value", "scale", "least", "text"),
    [
        (1_000, QUANTITY_SCALE, 0, "1"),
        (0, QUANTITY_SCALE, 0, "0"),
        (1_250, QUANTITY_SCALE, 0, "1.25"),
        (5, QUANTITY_SCALE, 0, "0.005"),
        (-500, QUANTITY_SCALE, 0, "-0.5"),
        (12_300, PRICE_SCALE, 2, "1.23"),
        (12_345, PRICE_SCALE, 2, "1.2345"),
        (10_000, PRICE_SCALE, 2, "1.00"),
        (-1, PRICE_SCALE, 2, "-0.0001"),
    ],
)
def test_a_number_shows_what_it_holds_and_no_more(value, scale, least, text):
    """No zeros beyond those asked for; the zeros inside stay."""
    assert text == decimal_text(value, scale, least)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(0, 7, 0), (1, 2, 1), (-1, 2, -1), (1, 3, 0), (-1, 3, 0), (2, 3, 1), (-2, 3, -1), (3, 2, 2), (-3, 2, -2), (4, 2, 2), (1, 1, 1)],
)
def test_a_half_goes_away_from_zero(numerator, denominator, expected):
    """The same on both sides of zero, so that a refund mirrors its sale."""
    assert expected == divide_rounded(numerator, denominator)


def test_prices_without_vat_get_it_once_per_rate():
    """Three times 0.33 at 25.5 % is 0.99 + 0.25, not three times 0.33 + 0.08."""
    lines = [Line(item="a", name="A", quantity=1_000, unit_price=3_300, amount_minor=33, vat_ppm=255_000)] * 3
    lines.append(Line(item="b", name="B", quantity=1_000, unit_price=10_000, amount_minor=100, vat_ppm=0))

    assert {255_000: 124, 0: 100} == gross_by_rate(lines, included=False)
    assert {255_000: 99, 0: 100} == gross_by_rate(lines, included=True)
    sale = Document(number="A-1", currency="GBP", prices_include_vat=False, lines=tuple(lines), tenders=())
    assert 224 == gross_sum(sale)


@pytest.mark.parametrize(
    ("country", "day", "rate_ppm"),
    [
        ("FI", "2024-08-31", 240_000),
        ("FI", "2024-09-01", 255_000),
        ("FI", date(2024, 8, 31), 240_000),
        ("FI", date(2024, 9, 1), 255_000),
        ("FI", "20240901", 255_000),
        ("GB", "2009-12-31", 150_000),
        ("GB", "2010-01-01", 175_000),
    ],
)
def test_a_rate_holds_from_its_first_day(country, day, rate_ppm):
    """The day of the change belongs to the new rate, whether it comes as a text or as a date."""
    assert rate_ppm == rate_on(country, "standard", day)


def test_a_rate_that_is_not_there_is_named_in_full():
    """Whoever must mend it reads which country, which category and which day."""
    with pytest.raises(NoVatRate) as caught:
        rate_on("AU", "reduced", date(2026, 1, 1))

    assert {"country": "AU", "category": "reduced", "day": "2026-01-01"} == caught.value.facts
    assert {} == rates_on("SE", "2026-01-01")
