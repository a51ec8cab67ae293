"""Two or three faults at once, in any order: nothing healthy is blamed and no step is named that cannot work."""

from __future__ import annotations

import random
import re

import pytest

from tideover.detect.cause import CAUSES
from unit.detect.combined import figures, play
from unit.detect.faults import FAULTS, SHAPES, may_break, shop_of
from unit.detect.oracle import BLAMES, wrongs

SEEDS = range(200)
NOT_KNOWN_MAX = 0.05
STEADY_MIN = 0.95


@pytest.fixture(scope="module")
def outcomes():
    return [play(seed) for seed in SEEDS]


def test_no_advice_is_wrong(outcomes):
    """200 seeds: the oracle, which knows what broke, finds nothing wrong."""
    assert {} == {(one.seed, one.shop.shape, one.faults): one.wrong for one in outcomes if one.wrong}


def test_little_stays_unknown(outcomes, capsys):
    """Of what truly fails and hangs on nothing else that fails, hardly anything is not named."""
    broken, unknown = sum(one.broken for one in outcomes), sum(one.unknown for one in outcomes)
    with capsys.disabled():
        print(f" not known: {unknown} of {broken}", end="")
    assert broken > 300
    assert unknown <= NOT_KNOWN_MAX * broken


def test_it_is_steady_after_ten_seconds(outcomes):
    """What stands on the wall ten seconds after the last fault stands there ten seconds later, on nearly every line; losses aside."""
    assert sum(not one.changed for one in outcomes) >= STEADY_MIN * len(outcomes)


def test_every_fault_and_shape_comes(outcomes):
    """The generator leaves nothing out."""
    assert set(FAULTS) == {fault for one in outcomes for fault in one.faults}
    assert set(SHAPES) == {one.shop.shape for one in outcomes}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_single_fault_is_told_rightly(fault):
    """Each alone, in each shop that it can befall."""
    seeds = [seed for seed in range(8) if fault in may_break(shop_of(random.Random(seed)))]
    assert {} == {seed: one.wrong for seed in seeds if (one := play(seed, (fault,))).wrong}


def test_a_fair_day_has_no_fault():
    """Nothing is broken: nothing is down, nothing is degraded."""
    for seed in range(12):
        assert {"up"} == {one.state for one in play(seed, ()).told}


def test_the_oracle_knows_every_cause():
    """A cause that it cannot judge would pass unseen."""
    others = re.compile(r"box-|certificate-|told-by-person")
    assert set() == {one for one in CAUSES if not others.match(one)} - set(BLAMES)


def test_the_oracle_sees_planted_errors():
    """It speaks up when a healthy cloud is blamed, and when a dead line is named as the way out."""
    outcome = play(4, ("provider:fibre", "provider:mobile"))
    internet = next(one for one in outcome.told if one.service == "internet")
    cloud = next(one for one in outcome.told if one.service == "cloud")
    blamed = type(cloud)("cloud", "down", "their-cloud", (), cloud.since)
    assert list(wrongs(outcome.shop, blamed, ""))
    assert list(wrongs(outcome.shop, internet, "Move the shop to mobile: the page 'Switching' says how."))


def test_the_oracle_knows_that_no_name_is_found_anywhere():
    """All name services are dead over both lines: it speaks up when anybody is sent to the other one, and the words as they are pass."""
    outcome = play(4, ("names-public", "names:mobile", "names:fibre"))
    names = next(one for one in outcome.told if one.service == "dns")
    assert ("dns-nowhere", set()) == (names.cause, outcome.wrong)
    assert ["dns: no name is found over mobile"] == list(wrongs(outcome.shop, names, "Move the shop to mobile: the page says how."))


def test_the_figures_for_the_bench():
    """The bench prints these."""
    found = figures(range(3))
    assert {"wrong_advice", "not_known_share", "steady_share", "span_s"} == set(found)
