"""Days of a live but bad line, second by second from a seed: how often would the box have left it?

The line is never dead here, so each switch away from it is a false one. Losses are drawn per packet, one way and the other;
three anchors are asked in each round, and four rounds in a row in which none of them answers say "down".
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, zip_longest

from tideover.activate.switch import Decision, LineNow, Move, Scene, decide

BEGIN = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
ROUND_S = 0.5
ANCHORS = 3
DOWN_ROUNDS, UP_ROUNDS = 4, 2
BURST_S = 4.0  # Mean length of a burst …
BURST_LOSS = 0.9  # … in which this share of packets is lost.

Rounds = Iterator[bool]  # True: at least one anchor answered.


def random_loss(share: float, seed: int) -> Rounds:
    """Each packet is lost by itself."""
    chance = random.Random(seed)
    silent = (1 - (1 - share) ** 2) ** ANCHORS
    while True:
        yield chance.random() >= silent


def bursty_loss(share: float, seed: int) -> Rounds:
    """Packets are lost in bursts, so that `share` of all are."""
    chance = random.Random(seed)
    pause_s = BURST_S * (BURST_LOSS / share - 1)
    silent = (1 - (1 - BURST_LOSS) ** 2) ** ANCHORS
    now_s, turns_s, bad = 0.0, chance.expovariate(1 / pause_s), False
    while True:
        now_s += ROUND_S
        while now_s >= turns_s:
            bad = not bad
            turns_s += chance.expovariate(1 / (BURST_S if bad else pause_s))
        yield not (bad and chance.random() < silent)


def flapping(on_s: float, off_s: float) -> Rounds:
    """Comes and goes by the clock."""
    for number in count():
        yield (number * ROUND_S) % (on_s + off_s) < on_s


@dataclass(slots=True)
class Seen:
    """What the looks say of the line: four bad rounds and it is down, two good ones and it is up."""

    state: str = "up"
    since_s: float = -86_400.0
    row: int = 0
    row_s: float = 0.0
    row_ok: bool = True

    def take(self, ok: bool, now_s: float) -> bool:
        """True where the state changed."""
        if ok != self.row_ok:
            self.row, self.row_s, self.row_ok = 0, now_s, ok
        self.row += 1
        if self.row == (UP_ROUNDS if ok else DOWN_ROUNDS) and (self.state == "up") != ok:
            self.state, self.since_s = ("up" if ok else "down"), self.row_s
            return True
        return False


@dataclass(slots=True)
class Days:
    """What came of it."""

    span_s: float
    moves: list[Move] = field(default_factory=list)
    away_s: float = 0.0  # Spent on the second line.

    @property
    def away(self) -> int:
        """Switches to the second line."""
        return sum(1 for one in self.moves if one.target == "mobile")

    @property
    def per_day(self) -> float:
        return self.away * 86_400 / self.span_s

    @property
    def most_in_ten_minutes(self) -> int:
        """Switches of either way in the worst ten minutes, both ends left out."""
        times = [one.at for one in self.moves]
        return max((sum(1 for other in times if timedelta(0) <= other - one < timedelta(minutes=10)) for one in times), default=0)


def play(rounds: Rounds, days: float, settle: Callable[[Scene], Decision] = decide, clean_s: float = 600.0) -> Days:
    """The usual line answers as `rounds` say, the second one always; armed, nobody at hand."""
    found, seen, in_use, due_s = Days(days * 86_400), Seen(), "fibre", float("inf")
    for number in range(round(found.span_s / ROUND_S)):
        now_s = number * ROUND_S
        if not seen.take(next(rounds), now_s) and now_s < due_s:
            continue
        now = BEGIN + timedelta(seconds=now_s)
        fibre = LineNow("fibre", seen.state, BEGIN + timedelta(seconds=seen.since_s))
        recent = tuple(one for one in found.moves[-200:] if now - one.at < timedelta(days=1))
        scene = Scene(now, (fibre, LineNow("mobile", "up", BEGIN)), in_use, recent, is_armed=True, clean_s=clean_s)
        decision = settle(scene)
        due_s = float("inf") if decision.due_s is None else now_s + decision.due_s
        if decision.word in ("engage", "back"):
            in_use = decision.target
            found.moves.append(Move(now, in_use))
            due_s = now_s + ROUND_S  # Looked at once more where it is now.
    found.away_s = sum(
        ((after.at if after else BEGIN + timedelta(seconds=found.span_s)) - one.at).total_seconds()
        for one, after in zip_longest(found.moves, found.moves[1:])
        if one.target == "mobile"
    )
    return found
