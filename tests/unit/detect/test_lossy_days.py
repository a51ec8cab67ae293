"""A live line that loses packets is not called down."""

from tideover.detect.uplink import ROUNDS
from unit.detect.lossy_days import Line, bursty, downs_a_day, every_round, falls_at_random

DAYS = 30


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
