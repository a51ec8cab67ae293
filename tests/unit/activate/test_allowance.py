"""How much of a line's allowance is used: cycles of the shop's own calendar, steps told once, a forecast that is no promise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tideover.activate.allowance import (
    BYTES_PER_MB,
    cycle_ends_at,
    cycle_starts_at,
    ends_on,
    in_words,
    is_throttled,
    step_reached,
    usage_of,
)
from tideover.activate.allowances import Allowances
from tideover.model.line import Line
from unit.activate.switch_shop import Counting
from unit.receipts.counter import in_shop

HELSINKI = "Europe/Helsinki"
MOBILE = Line("mobile", is_metered=True, allowance_mb=5_000, cycle_day=5)
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from((HELSINKI, "Europe/London", "Australia/Sydney", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu"))


def local(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZoneInfo(HELSINKI))


@pytest.mark.parametrize(
    ("now", "day", "starts", "ends"),
    [
        (local(2026, 11, 20, 14), 5, local(2026, 11, 5), local(2026, 12, 5)),
        (local(2026, 11, 5), 5, local(2026, 11, 5), local(2026, 12, 5)),
        (local(2026, 11, 4, 23), 5, local(2026, 10, 5), local(2026, 11, 5)),
        (local(2027, 1, 3), 28, local(2026, 12, 28), local(2027, 1, 28)),
        (local(2026, 3, 1), 28, local(2026, 2, 28), local(2026, 3, 28)),
        (local(2026, 12, 31, 23), 1, local(2026, 12, 1), local(2027, 1, 1)),
        (local(2026, 2, 27), 31, local(2026, 1, 31), local(2026, 2, 28)),
        (local(2026, 2, 28), 31, local(2026, 2, 28), local(2026, 3, 31)),
        (local(2028, 2, 28), 30, local(2028, 1, 30), local(2028, 2, 29)),
        (local(2026, 4, 30, 12), 31, local(2026, 4, 30), local(2026, 5, 31)),
        (local(2027, 1, 1), 31, local(2026, 12, 31), local(2027, 1, 31)),
    ],
)
def test_a_cycle_begins_at_the_shops_midnight(now, day, starts, ends):
    """On its day of the month, over the turn of the year and through February; a month without that day has its last one instead."""
    assert (starts, ends) == (cycle_starts_at(now, day, HELSINKI), cycle_ends_at(now, day, HELSINKI))


@given(INSTANTS, st.integers(1, 31), ZONES)
def test_every_instant_lies_in_exactly_one_cycle(now, day, zone):
    """The end of one is the beginning of the next, when clocks change too; none is shorter than 28 days less an hour."""
    starts, ends = cycle_starts_at(now, day, zone), cycle_ends_at(now, day, zone)
    assert starts <= now < ends
    assert ends == cycle_starts_at(ends, day, zone)
    assert starts == cycle_starts_at(ends - timedelta(microseconds=1), day, zone)
    assert timedelta(days=27, hours=22) <= ends - starts <= timedelta(days=31, hours=2)


@pytest.mark.parametrize(("used_mb", "step"), [(0, 0), (3_749, 0), (3_750, 75), (4_749, 75), (4_750, 95), (5_000, 100), (9_000, 100)])
def test_a_step_is_reached_and_not_before(used_mb, step):
    """75, 95 and 100 percent of what the settings say."""
    usage = usage_of(MOBILE, {"other": used_mb * BYTES_PER_MB}, local(2026, 11, 20), HELSINKI)
    assert step == step_reached(usage)


def test_a_line_without_a_limit_reaches_no_step():
    """However much goes over it."""
    usage = usage_of(Line("fibre"), {"other": 10**15}, local(2026, 11, 20), HELSINKI)
    assert (0, None, None) == (step_reached(usage), usage.percent, usage.left)
    assert "fibre: 1000000000 MB in this cycle, without a limit." == in_words(usage, local(2026, 11, 20), HELSINKI)


def test_classes_stand_largest_first_and_our_own_looks_among_them():
    """Nothing that was counted is left out of the sum."""
    usage = usage_of(MOBILE, {"probes": 9_000_000, "cloud": 400_000_000, "other": 9_000_000, "phones": 0}, local(2026, 11, 20), HELSINKI)
    assert (("cloud", 400_000_000), ("other", 9_000_000), ("probes", 9_000_000)) == usage.by_class
    assert 418_000_000 == usage.used


def test_the_end_is_foretold_by_the_rate_of_this_cycle():
    """Half used after five days of thirty: it ends after ten."""
    now = local(2026, 11, 10)
    usage = usage_of(MOBILE, {"other": 2_500 * BYTES_PER_MB}, now, HELSINKI)
    assert date(2026, 11, 15) == ends_on(usage, now, HELSINKI)
    text = "mobile: 2500 MB of 5000 MB are used (50 %). At this rate it ends on 2026-11-15; the next cycle begins on 2026-12-05."
    assert text == in_words(usage, now, HELSINKI)


def test_what_lasts_is_not_foretold():
    """Nor anything in a cycle's first hours: a rate of one hour says nothing about a month."""
    now = local(2026, 11, 20)
    assert ends_on(usage_of(MOBILE, {"other": BYTES_PER_MB}, now, HELSINKI), now, HELSINKI) is None
    early = local(2026, 11, 5, 6)
    assert ends_on(usage_of(MOBILE, {"other": 2_000 * BYTES_PER_MB}, early, HELSINKI), early, HELSINKI) is None
    assert ends_on(usage_of(MOBILE, {}, now, HELSINKI), now, HELSINKI) is None


def test_used_up_says_until_when():
    """The day on which it begins anew."""
    now = local(2026, 11, 20)
    usage = usage_of(MOBILE, {"other": 5_001 * BYTES_PER_MB}, now, HELSINKI)
    assert in_words(usage, now, HELSINKI).endswith("(100 %). The allowance is used up until 2026-12-05.")
    assert 0 == usage.left


@given(st.integers(0, 10**12), INSTANTS, ZONES, st.integers(1, 10_000_000))
def test_the_end_lies_in_the_cycle(used, now, zone, allowance_mb):
    """A forecast is never after the cycle's end; more used is never later."""
    line = replace(MOBILE, allowance_mb=allowance_mb)
    usage = usage_of(line, {"other": used}, now, zone)
    found = ends_on(usage, now, zone)
    if found is not None:
        more = ends_on(usage_of(line, {"other": used * 2}, now, zone), now, zone)
        assert cycle_starts_at(now, 5, zone).astimezone(ZoneInfo(zone)).date() <= found <= usage.ends_at.astimezone(ZoneInfo(zone)).date()
        assert more is not None and more <= found
    assert in_words(usage, now, zone)


@pytest.mark.parametrize(
    ("measured", "proofs", "expected"),
    [
        (8_000, [900_000], True),  # 64 kbit/s on a line of 7 Mbit/s.
        (8_000, [], False),  # Nobody knows what it can do.
        (8_000, [20_000], False),  # It never could more.
        (150_000, [5_000_000], False),  # Slower, but enough for a till.
        (8_000, [10_000, 900_000], True),
    ],
)
def test_a_carrier_that_holds_the_line_back_is_noticed(measured, proofs, expected):
    """Far below its own proofs and below what a till needs."""
    assert expected == is_throttled(measured, proofs)


class NoRight(Counting):
    """A meter that counts and may not stop anything."""

    async def limit(self, line, left_bytes):
        await super().limit(line, left_bytes)
        return "Operation not permitted"


@pytest.mark.parametrize(("meter", "claims"), [(Counting(), True), (NoRight(), False)])
def test_that_something_is_stopped_is_said_only_where_it_is(tmp_path, meter, claims):
    """Armed, and the allowance is used up: where the rule was refused, all still passes and costs, and nobody says otherwise."""
    meter.counted = {"mobile": {"other": 5_000 * BYTES_PER_MB}}

    async def play(shop):
        allowances = Allowances(shop.journal, shop.world, tmp_path, [MOBILE], HELSINKI, meter)
        told = [text for _, text in await allowances.turn(True)]
        shop.world.at += timedelta(seconds=120)
        await allowances.turn(False)
        return told

    (told,) = in_shop(tmp_path, play)
    assert claims == told.endswith("Only what the shop needs passes over it now.")
    assert {"mobile": None} == meter.limits
