"""A thousand seeded shops: whatever the day does to them, what must never break does not.

`make sim SEED=7` plays one and tells its story; `make sim-night` plays a hundred thousand.
"""

from __future__ import annotations

import collections

import pytest

from sim.kept import KEPT
from sim.left import read
from sim.script import NIGHTS, SHARES, Script, script_of
from sim.shop import SimShop, played
from sim.shrink import as_test, play, shrink

SEEDS = 1000
PER_TEST = 50
SHRUNK = 1  # Of the failing seeds of one test, so many are made small at once.


@pytest.mark.parametrize("first", range(1, SEEDS + 1, PER_TEST))
def test_nothing_that_must_hold_breaks(first: int, request: pytest.FixtureRequest) -> None:
    """No checker finds a fault in any of these shops; one that fails is printed as small as it goes."""
    one = request.config.getoption("--seed")
    seeds = range(first, first + PER_TEST) if one is None else [one] if first == 1 else []
    if one is not None and seeds:
        tell(script_of(one))
    found = {seed: faults for seed in seeds if (faults := play(script_of(seed)))}
    for seed in list(found)[:SHRUNK]:
        small = shrink(script_of(seed))
        print(f"seed {seed}, as small as it goes; for tests/sim/kept.py:\n{as_test(small, play(small))}")

    assert {} == found


@pytest.mark.parametrize("name", KEPT)
def test_what_once_broke_holds(name: str) -> None:
    """Each script that once broke something is played again."""
    assert [] == play(KEPT[name])


def tell(script: Script) -> None:
    """The story of one seed, on the screen."""
    print(f"\n{script}")
    with played(script) as shop:
        left = read(shop)
        for journal in left.journals:
            print(f"{journal.path.name}: {dict(collections.Counter(fact.kind for fact, _ in journal.entries))}")
            for fact in journal.of("outage", "rung", "parked", "solved", "in_flight_settled", "loop_died", "finding", "close"):
                print(f"  {fact.happened_at}  {fact.kind:18} {fact.body}")
        print(f"in the cloud: {collections.Counter(one['state'] for one in left.documents)}; slips: {len(shop.people.slips)}")


def story(shop: SimShop) -> list[tuple[str, bytes]]:
    return [(entry, signed) for entry, (_, signed) in read(shop).entries.items()]


@pytest.mark.parametrize("seed", [9, 27, 43])
def test_a_seed_always_plays_the_same_day(seed: int) -> None:
    """A failing seed can be played again: same entries, same answers, same times."""
    stories = []
    for _ in range(2):
        with played(script_of(seed)) as shop:
            stories.append(story(shop))

    assert stories[0] == stories[1]
    assert len(stories[0]) > 10


def test_the_seeds_cover_what_they_are_for() -> None:
    """Among the scripts there is each kind of bad luck, many times, and a quiet day."""
    scripts = [script_of(seed) for seed in range(1, SEEDS + 1)]
    counts = collections.Counter(event.what for one in scripts for event in one.events)

    assert {"cut", "kill", *SHARES} == set(counts)
    assert 30 <= min(counts.values())
    assert {*NIGHTS} <= {one.starts for one in scripts}
    assert all(
        [
            any(span > 3600 for one in scripts for span in (event.span_s for event in one.all_of("cut"))),
            any(abs(one.clock_of(0)) >= 86_400 for one in scripts),
            any(abs(one.clock_of(-1)) >= 86_400 for one in scripts),
            any(one.refuse_share for one in scripts),
            any(one.lan.late > 0.1 for one in scripts),
            any(one.mischief.lost_reply > 0.1 for one in scripts),
            any(one.night_s for one in scripts),
            any(one.second_witness and one.all_of("restore") for one in scripts),
            any(not one.all_of("kill", "power") and not one.mischief.lost_reply for one in scripts),
        ]
    )
