"""Two or three faults at once from a seed: looks, verdicts, and the oracle's word on them. The bench prints its figures."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta

from tideover.detect.cause import explain
from tideover.detect.sight import Key, Sight, fold
from tideover.detect.verdict import conclude
from tideover.model.outage import Verdict
from unit.detect.faults import LATE_S, START, STEP_S, WATCH_S, Looks, Shop, plan_of, shop_of
from unit.detect.oracle import is_broken, wrongs

FAIR_S = 8.0  # Before the first fault.
SETTLE_S = 10.0  # After the last: then the right step stands on the wall.
HANGS = ("hangs on", "the cloud is not reached")  # What hangs on something that is said to be down is no matter of its own.
WATCHED_S = 10.0  # And stays right.


@dataclass
class Outcome:
    """What came of one seed."""

    seed: int
    faults: tuple[str, ...]
    shop: Shop
    wrong: set[str] = field(default_factory=set)
    broken: int = 0  # Services that truly failed at the end.
    unknown: int = 0  # Of these, those of which nothing was said.
    changed: set[str] = field(default_factory=set)  # What was said otherwise after SETTLE_S.
    now: dict[str, tuple[str, str]] = field(default_factory=dict)
    told: tuple[Verdict, ...] = ()


def play(seed: int, faults: tuple[str, ...] | None = None) -> Outcome:
    """One seed from a fair day to the end; faults: those, at once, instead of what chance brings."""
    chance = random.Random(seed)
    shop = shop_of(chance)
    plan = [(0.0, one) for one in faults] if faults is not None else plan_of(shop, chance, chance.choice((2, 3)))
    outcome = Outcome(seed, tuple(one for _, one in plan), shop)
    looks, sights = Looks(shop, chance), {}
    sights, _ = _pass(looks, sights, 0.0, FAIR_S)
    at = FAIR_S
    for when, fault in plan:
        sights, at = _pass(looks, sights, at, FAIR_S + when)
        shop.broken.add(fault)
    last = FAIR_S + (plan[-1][0] if plan else 0.0)
    sights, at = _pass(looks, sights, at, last + SETTLE_S)
    _judge(outcome, sights, at)
    while at < last + SETTLE_S + WATCHED_S:
        sights, at = _pass(looks, sights, at, at + 2.0)
        _judge(outcome, sights, at)
    for one in outcome.told:
        if is_broken(shop, one.service):
            hangs = one.state == "unknown" and one.evidence and any(said in one.evidence[0] for said in HANGS)
            outcome.broken += not hangs
            outcome.unknown += one.state == "unknown" and not hangs
    return outcome


def _pass(looks: Looks, sights: dict[Key, Sight], first: float, until: float) -> tuple[dict[Key, Sight], float]:
    at = first
    while at < until:
        sights = fold(looks.at(at), WATCH_S, sights)
        at += STEP_S
    return sights, max(first, until)


def _judge(outcome: Outcome, sights: dict[Key, Sight], at: float) -> None:
    ways = outcome.shop.ways()
    outcome.told = conclude(sights, START + timedelta(seconds=at), WATCH_S, ways)
    for one in outcome.told:
        cause = explain(one, outcome.told, ways)
        outcome.wrong.update(wrongs(outcome.shop, one, f"{cause.meaning} {cause.next_step}"))
    now = {one.service: (one.state, one.cause) for one in outcome.told if one.cause not in ("lossy", "flapping")}
    outcome.changed |= {one for one in now if outcome.now.get(one, now[one]) != now[one]} if outcome.now else set()
    outcome.now = now


def figures(seeds: range) -> dict[str, float]:
    """For the bench: wrong advice, share of what is not known, share that was steady in time."""
    all_of = [play(seed) for seed in seeds]
    broken = sum(one.broken for one in all_of)
    return {
        "wrong_advice": float(sum(len(one.wrong) for one in all_of)),
        "not_known_share": sum(one.unknown for one in all_of) / max(1, broken),
        "steady_share": sum(not one.changed for one in all_of) / len(all_of),
        "span_s": FAIR_S + LATE_S + SETTLE_S + WATCHED_S,
    }
