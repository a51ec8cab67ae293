"""Facts about prices, VAT, days, limits and balance that hold for every value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tideover.errors import BadRecord, Misconfigured, NoVatRate, UnbalancedDocument
from tideover.model.sale import Document, Line, Tender
from tideover.rules import balance, calendar, limits
from tideover.rules.barcode import check_digit, is_barcode
from tideover.rules.cash import round_cash
from tideover.rules.pricing import gross_sum, line_amount
from tideover.rules.vat import by_rate, rate_on, rates_on, vat_of

QUANTITIES = st.integers(-10_000_000, 10_000_000)
PRICES = st.integers(0, 100_000_000)
RATES = st.sampled_from((0, 50_000, 100_000, 135_000, 200_000, 255_000))


def line(amount=1000, vat_ppm=255_000, **more):
    sign = 1 if amount >= 0 else -1
    return Line(
        item="A1", name="Rye bread", quantity=1000 * sign, unit_price=abs(amount) * 100, amount_minor=amount, vat_ppm=vat_ppm, **more
    )


def document(*lines, tenders=None, included=True, rounding=0):
    draft = Document(
        number="T1-1", currency="EUR", prices_include_vat=included, lines=lines, tenders=tenders or (), rounding_minor=rounding
    )
    return draft if tenders is not None else replace(draft, tenders=(Tender("cash", gross_sum(draft) - rounding),))


@given(QUANTITIES, PRICES)
def test_line_is_rounded_once_and_mirrors(quantity, unit_price):
    """A line is the exact product rounded half away from zero, and a refund of it is its mirror."""
    exact = Decimal(quantity) / 1000 * Decimal(unit_price) / 100
    assert int(exact.quantize(Decimal(1), ROUND_HALF_UP)) == line_amount(quantity, unit_price)
    assert line_amount(-quantity, unit_price) == -line_amount(quantity, unit_price)


@given(st.lists(st.tuples(st.integers(-100_000, 100_000), RATES), max_size=20), st.booleans())
def test_vat_is_per_document_and_rate(pairs, included):
    """Lines of one rate are summed before VAT is taken, whatever their order."""
    lines = [line(amount, rate) for amount, rate in pairs]
    found = by_rate(lines, included)
    for rate, (gross, vat) in found.items():
        total = sum(amount for amount, its_rate in pairs if its_rate == rate)
        assert vat_of(total, rate, included) == vat
        assert (total if included else total + vat) == gross
    assert by_rate(list(reversed(lines)), included) == found
    if included:
        assert sum(line.amount_minor for line in lines) == sum(gross for gross, _ in found.values())


@given(st.integers(-10**9, 10**9), RATES)
def test_vat_on_top_and_included_agree_within_a_cent(net, rate):
    """Taking VAT out of a gross sum that was made by putting it on gives the same VAT, to the cent."""
    vat = vat_of(net, rate, included=False)
    assert abs(vat_of(net + vat, rate, included=True) - vat) <= 1


def test_rates_name_what_they_lack():
    """A country, category or day outside the tables is refused by name, never guessed."""
    for country, category, day in (("SE", "standard", "2026-01-01"), ("AU", "reduced", "2026-01-01"), ("AU", "zero", "2000-06-30")):
        with pytest.raises(NoVatRate):
            rate_on(country, category, day)


def test_finland_on_a_day():
    """Finland's four rates since 2026."""
    assert {"standard": 255_000, "reduced": 135_000, "low": 100_000, "zero": 0} == rates_on("FI", "2026-11-20")


@given(st.integers(-10**9, 10**9), st.sampled_from((1, 5, 10, 20, 100)))
def test_cash_rounding_conserves(minor, step):
    """What is paid and the rounding make the sum; the rounding is at most half a step."""
    paid, rounding = round_cash(minor, step)
    assert minor == paid + rounding
    assert 0 == paid % step
    assert 2 * abs(rounding) <= step


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.integers(0, 200_000),
    st.sampled_from(("Europe/Helsinki", "Europe/London", "Australia/Sydney", "America/Havana", "Atlantic/Azores", "UTC")),
    st.sampled_from(("00:00", "02:30", "03:00", "03:30", "04:00")),
)
def test_days_never_go_back(at, seconds, zone, turns_at):
    """A later instant never belongs to an earlier trading day, and a day holds its own start."""
    first = at.replace(tzinfo=UTC)
    day = calendar.trading_day(first, zone, turns_at)
    assert day <= calendar.trading_day(first + timedelta(seconds=seconds), zone, turns_at)
    assert day == calendar.trading_day(calendar.day_starts_at(day, zone, turns_at), zone, turns_at)


def test_weeks():
    """A week is ISO's: Monday first, and the first days of January may belong to the year before."""
    assert "2026-W47" == calendar.week_of("2026-11-20")
    assert "2026-W53" == calendar.week_of("2027-01-01")
    days = calendar.days_of("2026-W47")
    assert ("2026-11-16", "2026-11-22", 7) == (days[0], days[-1], len(days))
    for wrong in ("2026-47", "2025-W53", "2026-W00", "x"):
        with pytest.raises(BadRecord):
            calendar.days_of(wrong)


def test_wrong_zone_and_hour_name_the_setting():
    """A zone or hour that does not exist is told as the setting it came from."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    for zone, turns_at in (("Europe/Atlantis", "04:00"), ("../etc", "04:00"), ("UTC", "4:00"), ("UTC", "24:00")):
        with pytest.raises(Misconfigured):
            calendar.trading_day(at, zone, turns_at)


def test_discount_limit_is_inclusive():
    """Ten per cent is allowed at a limit of ten, a cent more is not; refunds mirror sales, surcharges are free."""
    assert limits.may_discount(1000, 100, 100_000)
    assert not limits.may_discount(1000, 101, 100_000)
    assert not limits.may_discount(-1000, -101, 100_000)
    assert limits.may_discount(1000, -500, 0)
    over = Line(item="A", name="A", quantity=1000, unit_price=100_000, amount_minor=800, vat_ppm=0, discount_minor=200)
    assert (1,) == limits.lines_over([line(), over], 100_000)
    assert limits.needs_grant([over], 100_000)


def test_grant_covers():
    """A grant is enough while neither its sum at a time nor its sum of the day is passed."""
    assert limits.is_covered(-500, 500, 1000, 500)
    assert not limits.is_covered(501, 500, None, 0)
    assert not limits.is_covered(500, 500, 1000, 501)
    assert limits.is_covered(10**9, None, None, 10**9)


def test_sound_documents_have_no_fault():
    """Sales, refunds, prices without VAT, split tenders and cash rounding all balance."""
    assert [] == balance.check_document(document(line(1000), line(-200)), "sale")
    assert [] == balance.check_document(document(line(-1000)), "refund")
    assert [] == balance.check_document(document(line(1000), included=False), "sale")
    assert [] == balance.check_document(document(line(1002), tenders=(Tender("card", 500), Tender("cash", 500)), rounding=2), "sale")
    assert [] == balance.check_document(document(line(2), tenders=(), rounding=2), "sale")
    assert [] == balance.check_document(document(line(1000), tenders=(Tender("card", 1500), Tender("cash", -500))), "sale")


def test_unbalanced_is_told_with_both_sums():
    """A document that does not add up is refused with what each side comes to."""
    with pytest.raises(UnbalancedDocument) as caught:
        balance.raise_if_unbalanced(document(line(1000), tenders=(Tender("cash", 999),)), "sale")
    assert {"lines_minor": 1000, "paid_minor": 999} == caught.value.facts


@pytest.mark.parametrize(
    ("wrong", "kind", "count"),
    [
        (document(), "sale", 1),
        (document(line(1000)), "refund", 1),
        (document(line(-1000), tenders=(Tender("card", -1000),)), "sale", 2),
        (document(replace(line(1000), amount_minor=999)), "sale", 1),
        (document(replace(line(1000), discount_minor=100)), "sale", 1),
        (document(line(1002), tenders=(Tender("card", 1000),), rounding=2), "sale", 1),
        (document(line(1060), tenders=(Tender("cash", 1000),), rounding=60), "sale", 1),
        (document(line(1000), tenders=(Tender("cash", 1000, given_minor=500),)), "sale", 1),
        (replace(document(line(1000)), currency="eur"), "sale", 1),
    ],
)
def test_every_fault_is_named(wrong, kind, count):
    """Each fault of a document is one sentence, and none passes."""
    assert count == len(balance.check_document(wrong, kind))
    with pytest.raises((BadRecord, UnbalancedDocument)):
        balance.raise_if_unbalanced(wrong, kind)


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_check_digit_catches_one_wrong_digit(body, place, change):
    """A barcode with one digit changed is no barcode."""
    code = body + str(check_digit(body))
    assert is_barcode(code)
    wrong = code[:place] + str((int(code[place]) + change) % 10) + code[place + 1 :]
    assert not is_barcode(wrong)
