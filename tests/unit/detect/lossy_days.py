"""A live line that loses packets, for days of simulated time: how often is it said to be down? By the code of the verdict itself.

Rounds come twice a second, each to three anchors, one packet each way and none sent again. Only what can matter is played: with
independent losses the rounds in which all anchors fail, with bursts the bursts and what follows them. The bench reads the figures.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tideover.detect.sight import Sight, see
from tideover.detect.uplink import ROUNDS, carries
from tideover.model.outage import Observation, State

START = datetime(2026, 11, 20, tzinfo=UTC)
DAY_S, ROUND_S, WATCH_S = 86_400, 0.5, 5.0
ANCHORS = ("Anchor One", "Anchor Two", "Anchor Three")
BURST_S, BURST_LOSS, BURST_SHARE = 4.0, 0.9, 0.1  # Mean length, share of packets lost in it, share of the time.
CALM_STEP_S = 5.0  # Between bursts every look is good: so many seconds at a time.


def lost_looks(loss: float) -> float:
    """Share of looks lost where that share of packets is, either way."""
    return 1 - (1 - loss) ** 2


class Line:
    """Three anchors over one line, and what their looks come to."""

    def __init__(self, anchors: int = len(ANCHORS)) -> None:
        self.sights = [Sight("line-fibre", "anchor", name, "fibre") for name in ANCHORS[:anchors]]
        self.state: State = "unknown"

    def look(self, second: float, answers: list[bool]) -> bool:
        """One round; True if the verdict changed."""
        at = START + timedelta(seconds=second)
        looks = [Observation("line-fibre", "anchor", one.target, ok, at, via="fibre") for one, ok in zip(self.sights, answers, strict=True)]
        self.sights = [see(one, look, WATCH_S) for one, look in zip(self.sights, looks, strict=True)]
        before, self.state = self.state, carries(self.sights)
        return before != self.state


def bursty(days: float, seed: int) -> Iterator[tuple[float, State]]:
    """When the verdict on a bursty line changes, and to what; seconds from the start."""
    chance, line, second = random.Random(seed), Line(), 0.0
    lost = lost_looks(BURST_LOSS)
    while second < days * DAY_S:
        calm_until = second + chance.expovariate(BURST_SHARE / (BURST_S * (1 - BURST_SHARE)))
        quick = 0
        while second < calm_until:
            if line.look(second, [True] * 3):
                yield second, line.state
            quick += 1
            second += ROUND_S if quick < ROUNDS else min(CALM_STEP_S, max(ROUND_S, calm_until - second))
        burst_until = second + chance.expovariate(1 / BURST_S)
        while second < burst_until:
            if line.look(second, [chance.random() >= lost for _ in range(3)]):
                yield second, line.state
            second += ROUND_S


def every_round(days: float, seed: int, loss: float) -> Iterator[tuple[float, State]]:
    """The same for independent losses, look by look: slow, exact."""
    chance, line, lost = random.Random(seed), Line(), lost_looks(loss)
    for n in range(round(days * DAY_S / ROUND_S)):
        if line.look(n * ROUND_S, [chance.random() >= lost for _ in range(3)]):
            yield n * ROUND_S, line.state


def falls_at_random(days: float, seed: int, loss: float, rounds: int = ROUNDS) -> int:
    """How often all anchors fail for so many rounds in a row, by jumping from one such round to the next."""
    chance = random.Random(seed)
    together = lost_looks(loss) ** len(ANCHORS)
    left, row, falls = days * DAY_S / ROUND_S, 0, 0
    while True:
        fair = int(math.log(1 - chance.random()) / math.log(1 - together))  # Rounds until the next in which all fail.
        left -= fair + 1
        if left < 0:
            return falls
        row = row + 1 if fair == 0 else 1
        falls += row == rounds


def downs_a_day(changes: Iterator[tuple[float, State]], days: float) -> float:
    """How often it was said to be down, a day."""
    return sum(state == "down" for _, state in changes) / days
