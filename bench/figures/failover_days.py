"""Days of a live but bad line: how often is it left? By the verdict's own fold and the box's own decision, beside usual policies.

Rounds are what `detect.sight.see` folds and `detect.uplink.carries` judges, twice a second; what follows is `activate.switch.decide`.
Rounds in which every look is good only lengthen rows, so rows of them are taken at once; a test plays the same look by look.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import zip_longest

from msgspec.structs import replace

from figures.link_days import Days
from tideover.activate.switch import LineNow, Move, Scene, decide
from tideover.detect.group import gather
from tideover.detect.sight import PAST_KEPT, UP_LOOKS, Sight, hold_s
from tideover.detect.uplink import ROUNDS, carries
from tideover.model.outage import State
from unit.detect.lossy_days import BURST_LOSS, BURST_S, BURST_SHARE, DAY_S, ROUND_S, START, Line, lost_looks

WELL = [True] * 3
STEP = 10  # Good rounds that are taken at once while the verdict may still turn between lossy and well; it turns so much later.
AROUND = 60  # Rounds played before and after some of silence.
SURE = 5  # Good looks in a row after which only time and the past can change a sight.
ROW = ROUNDS - 1  # Shorter rows of silence are far from a fall, and are not played.
Change = tuple[float, State, float]  # When, to what, since when.


class Rounds(Line):
    """A line that can take many good rounds at once."""

    def since_s(self) -> float:
        at = gather(self.sights, is_patient=True).since
        return 0.0 if at is None else (at - START).total_seconds()

    def well(self, first: int, count: int) -> Iterator[Change]:
        """So many good rounds, the first at that number."""
        number, end = first, first + count
        while number < end:
            before, many = self.state, self._even(end - number)
            if many > 1:
                self.sights = [skipped(one, many, number) for one in self.sights]
                self.state = carries(self.sights)
                number += many
            else:
                self.look(number * ROUND_S, WELL)
                number += 1
            if before != self.state:
                yield (number - 1) * ROUND_S, self.state, self.since_s()

    def _even(self, most: int) -> int:
        """Rounds for which no sight turns; few, while the past may still make the line lossy."""
        if any(one.past for one in self.sights):
            most = min(most, STEP)
        for one in self.sights:
            if one.good < max(SURE, UP_LOOKS) or one.state not in ("up", "holding"):
                return 0
            if one.state == "holding":
                row_s = (one.last_at - one.turned_at).total_seconds()
                most = min(most, int((hold_s(one) - row_s) / ROUND_S) - 1)
        return most


def skipped(one: Sight, many: int, first: int) -> Sight:
    past = (one.past << many) & ((1 << PAST_KEPT) - 1) if many < PAST_KEPT else 0
    at = START + timedelta(seconds=(first + many - 1) * ROUND_S)
    return replace(one, good=one.good + many, past=past, seen=min(PAST_KEPT, one.seen + many), last_at=at, pace_s=ROUND_S)


def bursts(days: float, seed: int) -> Iterator[tuple[float, float]]:
    """When bursts begin and end, seconds."""
    chance, now_s = random.Random(seed), 0.0
    while True:
        now_s += chance.expovariate(BURST_SHARE / (BURST_S * (1 - BURST_SHARE)))
        end_s = now_s + chance.expovariate(1 / BURST_S)
        if now_s >= days * DAY_S:
            return
        yield now_s, end_s
        now_s = end_s


def bursty(days: float, seed: int) -> Iterator[Change]:
    chance, line, number, lost = random.Random(seed + 1), Rounds(), 0, lost_looks(BURST_LOSS)
    for begin_s, end_s in bursts(days, seed):
        begin = math.ceil(begin_s / ROUND_S)
        yield from line.well(number, begin - number)
        number = max(number, begin)
        while number * ROUND_S < end_s:
            if line.look(number * ROUND_S, [chance.random() >= lost for _ in range(3)]):
                yield number * ROUND_S, line.state, line.since_s()
            number += 1
    yield from line.well(number, math.ceil(days * DAY_S / ROUND_S) - number)


def at_random(days: float, seed: int, loss: float) -> Iterator[Change]:
    """Rounds of silence are found by jumps; where some follow each other, what lies around them is played."""
    chance, number, lost = random.Random(seed), 0, lost_looks(loss)
    together, end = lost**3, days * DAY_S / ROUND_S
    while number < end:
        number += int(math.log(1 - chance.random()) / math.log(1 - together))
        row = 1
        while chance.random() < together:
            row += 1
        if row >= ROW and number < end:
            line, first = Rounds(), max(0, number - AROUND)
            for one in range(first, number + row + AROUND):
                looks = [False] * 3 if number <= one < number + row else partly(chance, lost)
                if line.look(one * ROUND_S, looks) and one >= number:
                    yield one * ROUND_S, line.state, line.since_s()
        number += row


def partly(chance: random.Random, lost: float) -> list[bool]:
    """A round in which not all are lost."""
    while True:
        looks = [chance.random() >= lost for _ in range(3)]
        if any(looks):
            return looks


def flapping(days: float, on_s: float = 20.0, off_s: float = 20.0) -> Iterator[Change]:
    line = Rounds()
    for number in range(round(days * DAY_S / ROUND_S)):
        if line.look(number * ROUND_S, [number * ROUND_S % (on_s + off_s) < on_s] * 3):
            yield number * ROUND_S, line.state, line.since_s()


def left(changes: Iterator[Change], days: float) -> Days:
    """What the box decides on these verdicts, armed, nobody at hand, the second line always well."""
    found, in_use, due_s = Days(days * DAY_S), "fibre", float("inf")
    state: tuple[State, float] = ("up", -DAY_S)
    for at_s, *turned in [*changes, (days * DAY_S, *state)]:
        while due_s < at_s:  # Time alone may decide, too.
            in_use, due_s = _decided(found, state, in_use, due_s)
        if at_s >= days * DAY_S:
            break
        state = (turned[0], turned[1])
        in_use, due_s = _decided(found, state, in_use, at_s)
    found.away_s = sum(
        ((after.at if after else START + timedelta(days=days)) - one.at).total_seconds()
        for one, after in zip_longest(found.moves, found.moves[1:])
        if one.target == "mobile"
    )
    return found


def _decided(found: Days, state: tuple[State, float], in_use: str, at_s: float) -> tuple[str, float]:
    now = START + timedelta(seconds=at_s)
    fibre = LineNow("fibre", state[0], START + timedelta(seconds=state[1]), is_poor=state[0] == "degraded")
    recent = tuple(one for one in found.moves[-200:] if now - one.at < timedelta(days=1))
    decision = decide(Scene(now, (fibre, LineNow("mobile", "up", START - timedelta(days=1))), in_use, recent, is_armed=True))
    if decision.word in ("engage", "back"):
        found.moves.append(Move(now, decision.target))
        return decision.target, at_s + ROUND_S
    return in_use, float("inf") if decision.due_s is None else at_s + max(ROUND_S, decision.due_s)


# The usual policies ------------------------------------------------------------------------------------------


def policy(days: float, seed: int, loss: float, targets: int, every_s: float, most: int, back: int = 3) -> float:
    """Falls a day of "down after so many silent rounds in a row, up after `back` good ones"; loss 0: the same bursts as ours."""
    chance, state, row, falls = random.Random(seed + 2), True, 0, 0
    calm_all, burst_all = lost_looks(loss) ** targets, lost_looks(BURST_LOSS) ** targets
    spans: Sequence[tuple[float, float]] = [] if loss else list(bursts(days, seed))
    at = 0
    for number in range(round(days * DAY_S / every_s)):
        now_s = number * every_s
        while at < len(spans) and spans[at][1] <= now_s:
            at += 1
        is_bad = at < len(spans) and spans[at][0] <= now_s
        share = burst_all if is_bad else calm_all
        ok = not (share and chance.random() < share)
        row = 0 if ok == state else row + 1
        if row == (most if state else back):
            state, row = not state, 0
            falls += not state
    return falls / days
