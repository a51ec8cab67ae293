"""From single looks to the outage: a line that comes and goes, and one that only loses packets."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tideover.activate.ladder import state_for_trading, trading_verdict
from tideover.activate.mode import Signals, step
from tideover.detect.sight import fold
from tideover.detect.verdict import conclude
from tideover.model.outage import NO_OUTAGE, Observation, Verdict
from tideover.settings import Settings

START = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
TIMES = Settings()
THINGS = (("internet", "anchor", "One"), ("internet", "anchor", "Two"), ("network", "link", "router"), ("cloud", "cloud", "cloud"))


def play_out(seconds, answers):
    """Look every five seconds; `answers(second, kind)` is what is seen. The phases come through, and the ids."""
    sights, outage, came, ids = {}, NO_OUTAGE, [], set()
    for second in range(0, seconds, 5):
        now = START + timedelta(seconds=second)
        looks = [Observation(*key, answers(second, key[1]), now) for key in THINGS]
        sights = fold(looks, TIMES.watch_s, sights)
        verdict = trading_verdict(conclude(sights, now, TIMES.watch_s))
        signals = Signals(verdict.state, verdict.cause, verdict.since, verdict.kinds, f"outage-{second}")
        after, _ = step(outage, signals, TIMES, now)
        if after.phase != outage.phase:
            came.append(after.phase)
            ids.add(after.id)
        outage = after
    return came, ids


@pytest.mark.parametrize(("on_s", "off_s"), [(20, 20), (60, 60), (200, 30), (280, 60)])
def test_a_flapping_line_is_one_outage_opened_once(on_s, off_s):
    """Hours of coming and going without a clean five minutes: opened once, and the shop is not thrown back and forth."""
    came, ids = play_out(6 * 3600, lambda second, kind: kind == "link" or second % (on_s + off_s) >= off_s)
    assert (["suspected", "fallback"], 1) == (came, len(ids))


def test_a_line_that_is_away_each_hour_is_one_outage():
    """Ten minutes away each hour for a day, nobody closes: back and forth as often as it fails, under one id."""
    came, ids = play_out(24 * 3600, lambda second, kind: kind == "link" or second % 3600 >= 600)
    assert (1, ["suspected", *["fallback", "recovering"] * 24]) == (len(ids), came)


def test_lost_packets_are_no_outage():
    """A live line that loses one packet of ten (each is sent twice) for a day raises nothing."""
    chance = random.Random(3)
    came, _ = play_out(24 * 3600, lambda second, kind: chance.random() > 0.1**2)
    assert [] == came


def test_looks_that_stop_are_no_outage():
    """The box slept for an hour in the middle of a fair day: nothing was seen, so nothing is said."""
    came, _ = play_out(3 * 3600, lambda second, kind: None if 3600 <= second < 7200 else True)
    assert [] == came


def test_a_gap_in_an_outage_ends_nothing():
    """Open, then no looks for an hour: still open, and the clean time starts only with looks again."""
    came, _ = play_out(3 * 3600, lambda second, kind: None if 1800 <= second < 9000 else kind == "link")
    assert ["suspected", "fallback"] == came


@pytest.mark.parametrize("cause", ["their-slow", "lossy", "throttled"])
def test_a_slow_cloud_is_one_to_sell_on(cause):
    """Slow is named and lived with: no shop leaves its till because of it, while one that comes and goes is evidence."""
    assert "up" == state_for_trading(Verdict("cloud", "degraded", cause, (), START))
    assert "degraded" == state_for_trading(Verdict("cloud", "degraded", "flapping", (), START))
    login = Verdict("login", "down", "their-login", (), START)
    assert login is trading_verdict([Verdict("cloud", "degraded", cause, (), START), login])
