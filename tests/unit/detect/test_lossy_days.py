"""A live line that loses packets is not called down."""

import random
from datetime import timedelta
from statistics import median

from tideover.detect.sight import PAST_LOOKS, fold
from tideover.detect.uplink import ROUNDS, is_lossy
from tideover.model.outage import Observation
from unit.detect.lookout import FRIDAY
from unit.detect.lossy_days import Line, bursty, downs_a_day, every_round, falls_at_random

DAYS = 30


def at(round_of):
    return FRIDAY + timedelta(seconds=round_of * 0.5)


def rounds_of(line, first, count, answers):
    for n in range(count):
        line.look(first + n * 0.5, answers)
    return line.state


def test_four_rounds_of_silence_are_down_and_three_are_not():
    """All anchors, at the same time."""
    line = Line()
    assert "up" == rounds_of(line, 0, 20, [True] * 3)
    assert "up" == rounds_of(line, 10, ROUNDS - 1, [False] * 3)
    assert "down" == rounds_of(line, 10 + 0.5 * (ROUNDS - 1), 1, [False] * 3)


def rounds_until_lossy(share, fair, seed, first_lost=0):
    """Rounds from the first loss until the line is called lossy; 0: never, in so many rounds as are kept."""
    chance, sights = random.Random(seed), {}
    for n in range(fair + PAST_LOOKS):
        lost = share if n >= fair else 0.0
        came = {one: chance.random() >= lost and n >= first_lost for one in "ABC"}
        looks = [Observation("line-fibre", "anchor", one, ok, at(n), "", 30, "fibre") for one, ok in came.items()]
        sights = fold(looks, 5.0, sights)
        if is_lossy(list(sights.values())):
            return n + 1 - fair
    return 0


def test_loss_is_told_from_as_many_lost_looks_right_after_the_start():
    """One packet of ten lost, either way: no sooner in the first minute than on any day; a few first looks that fail say nothing."""
    new, old = ([rounds_until_lossy(0.19, fair, seed) for seed in range(40)] for fair in (0, PAST_LOOKS))
    assert all(new) and all(old)
    assert abs(median(new) - median(old)) <= 3, (median(new), median(old))
    assert [0, 0, 0] == [rounds_until_lossy(0.0, 0, 1, first_lost=count) for count in (1, 2, 3)]
    assert 0 == sum(map(bool, (rounds_until_lossy(0.02, 0, seed) for seed in range(40))))


def test_one_anchor_that_answers_keeps_it_up():
    """Two operators silent for an hour are their own trouble."""
    line = Line()
    rounds_of(line, 0, 20, [True] * 3)
    assert "up" == rounds_of(line, 10, 7_200, [False, True, False])


def test_random_loss_is_never_down():
    """30 days at 10 % of the packets lost, either way: not once; three rounds instead of four would say so some times."""
    assert 0 == sum(falls_at_random(DAYS, seed, 0.1) for seed in range(5))
    assert 0 < sum(falls_at_random(DAYS, seed, 0.1, rounds=3) for seed in range(5))


def test_jumping_counts_as_looking_at_each_round():
    """At a loss where falls are many, an hour look by look and by jumps agree."""
    days = 1 / 12
    exact = sum(downs_a_day(every_round(days, seed, 0.6), days) for seed in range(1)) * days
    jumped = falls_at_random(days, 1, 0.6)
    assert exact > 0
    assert jumped >= exact  # A line that is held takes longer to be down again.


def test_bursts_seldom_make_it_down():
    """Bursts of four seconds, a tenth of the time: some falls in half a day, as a line that is held must be silent for longer."""
    assert 12 >= sum(state == "down" for _, state in bursty(0.5, 1))


def test_a_line_on_and_off_is_called_down_ever_more_seldom():
    """Twenty seconds on, twenty off, ten minutes: a few falls, then it is one that comes and goes."""
    line, falls = Line(), 0
    for n in range(1_200):
        changed = line.look(n * 0.5, [n % 80 < 40] * 3)
        falls += changed and line.state == "down"
    assert 4 >= falls
    assert "degraded" == line.state or "down" == line.state
