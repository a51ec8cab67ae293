"""The bench's bad days: taking many good rounds at once gives what looking at each gives."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[3] / "bench"))
from figures.failover_days import BURST_LOSS, DAY_S, ROUND_S, START, WELL, Change, Rounds, bursts, bursty, flapping, left, lost_looks

DAYS = 0.02


def look_by_look(days: float, seed: int) -> Iterator[Change]:
    chance, line, lost = random.Random(seed + 1), Rounds(), lost_looks(BURST_LOSS)
    spans = list(bursts(days, seed))
    for number in range(math.ceil(days * DAY_S / ROUND_S)):
        now_s = number * ROUND_S
        is_bad = any(begin_s <= now_s < end_s for begin_s, end_s in spans)
        if line.look(now_s, [chance.random() >= lost for _ in range(3)] if is_bad else WELL):
            yield now_s, line.state, line.since_s()


@pytest.mark.parametrize("seed", [1, 5])
def test_jumps_change_nothing(seed: int) -> None:
    """The same falls at the same moments; what is lossy is so a few seconds longer at most."""
    found = [one for one in bursty(DAYS, seed) if one[1] == "down"]
    assert found
    assert [one for one in look_by_look(DAYS, seed) if one[1] == "down"] == found


def test_a_line_that_dies_for_good_is_left_once() -> None:
    """And one that comes back is returned to after its clean time."""
    assert ["mobile"] == [one.target for one in left(iter([(0.0, "up", 0.0), (60.0, "down", 58.5)]), 0.1).moves]
    story = [(0.0, "up", 0.0), (60.0, "down", 58.5), (90.0, "up", 90.0)]
    moved = left(iter(story), 0.1).moves
    assert [("mobile", 60), ("fibre", 690)] == [(one.target, round((one.at - START).total_seconds())) for one in moved]


def test_flapping_costs_a_switch() -> None:
    """Not none: the line is truly dead for twenty seconds."""
    assert 1 <= left(flapping(0.01), 0.01).away <= 2
