"""Two hundred seeded shops: whatever the afternoon does to them, what must never break does not.

`make sim SEED=7` plays one and prints what happened.
"""

from __future__ import annotations

import collections
import random
from pathlib import Path

import pytest

from sim.checkers import CHECKERS, faults_of, read
from sim.shop import SimShop, script_of
from sim.virtual import run_virtual

SEEDS = 200
PER_TEST = 10


def play(seed: int, folder: Path) -> SimShop:
    """One afternoon; the folder is the shop's."""
    folder.mkdir()
    shop = SimShop(seed, folder)
    run_virtual(shop.play())
    return shop


@pytest.mark.parametrize("first", range(1, SEEDS + 1, PER_TEST))
def test_nothing_that_must_hold_breaks(first: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """No checker finds a fault in any of these shops."""
    one = request.config.getoption("--seed")
    seeds = range(first, first + PER_TEST) if one is None else [one] if first == 1 else []
    found = {}
    for seed in seeds:
        shop = play(seed, tmp_path / str(seed))
        try:
            if faults := faults_of(shop):
                found[seed] = faults
            if one is not None:
                tell(shop)
        finally:
            shop.close()

    assert {} == found


def tell(shop: SimShop) -> None:
    """The story of one seed, on the screen."""
    left = read(shop)
    kinds = collections.Counter(fact.kind for fact, _ in left.entries.values())
    print(f"\nseed {shop.seed}: {shop.script}")
    for fact, _ in left.entries.values():
        if fact.kind in ("outage", "rung", "parked", "solved", "in_flight_settled", "loop_died"):
            print(f"  {fact.happened_at}  {fact.kind:18} {fact.body}")
    print(f"  entries: {dict(kinds)}\n  in the cloud: {collections.Counter(one['state'] for one in left.documents)}")


def test_a_seed_always_plays_the_same_afternoon(tmp_path: Path) -> None:
    """A failing seed can be played again: same entries, same answers, same times."""
    stories = []
    for name in ("once", "again"):
        shop = play(9, tmp_path / name)
        stories.append([(entry, signed) for entry, (_, signed) in read(shop).entries.items()])
        shop.close()

    assert stories[0] == stories[1]


def test_the_seeds_cover_what_they_are_for() -> None:
    """Among the scripts there are kills, long cuts, wrong clocks, refusals, a lossy shop network and a quiet day."""
    scripts = [script_of(random.Random(f"script {seed}")) for seed in range(1, SEEDS + 1)]

    assert all(
        [
            any(len(one.kills) >= 3 for one in scripts),
            any(span > 3600 for one in scripts for _, span in one.cuts),
            any(abs(skew) >= 86_400 for one in scripts for skew in one.skews[:-1]),
            any(abs(one.skews[-1]) >= 86_400 for one in scripts),
            any(one.refuse_share for one in scripts),
            any(one.lan_loss for one in scripts),
            any(one.mischief.lost_reply > 0.1 for one in scripts),
            any(not one.kills and not one.mischief.lost_reply for one in scripts),
        ]
    )


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda one: one.__name__)
def test_each_checker_can_find_a_fault(checker: object, tmp_path: Path) -> None:
    """A shop that is tampered with after the afternoon does not pass."""
    shop = play(9, tmp_path / "shop")
    try:
        left = read(shop)
        assert [] == checker(shop, left)  # type: ignore[operator]
        TAMPER[checker.__name__](shop, left)  # type: ignore[attr-defined]
        assert [] != checker(shop, left)  # type: ignore[operator]
    finally:
        shop.close()


def _sale(left):
    return next(entry for entry, (fact, _) in left.entries.items() if fact.kind == "sale")


def _lose_an_entry(shop, left):
    del left.entries[next(iter(shop.tills[0].acknowledged))]


def _book_twice(shop, left):
    left.documents += [one for one in left.documents if one["external_id"] == _sale(left)]


def _forget_a_check(shop, left):
    shop.in_flight["T1-9999"] = "nowhere"


def _cut_the_tail(shop, left):
    import apsw

    connection = apsw.Connection(str(shop.folder / "journal.db"))
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("DELETE FROM entry WHERE seq = 3")
    connection.close()


def _change_a_sum(shop, left):
    next(one for one in left.documents if one["external_id"])["total_minor"] += 1


def _refuse(shop, left):
    shop.tills[0].refused.append("somebody's sale")


def _move_a_day(shop, left):
    next(one for one in left.documents if one["external_id"])["day"] = "2026-11-19"


def _step_wrong(shop, left):
    from msgspec.structs import replace

    entry, (fact, signed) = next((entry, fact) for entry, fact in left.entries.items() if fact[0].kind == "outage")
    left.entries[entry] = (replace(fact, body=replace(fact.body, phase="closed")), signed)


def _die(shop, left):
    from msgspec.structs import replace

    from tideover.model.facts import SupervisorNote

    entry, (fact, signed) = next(iter(left.entries.items()))
    left.entries[entry] = (replace(fact, kind="loop_died", body=SupervisorNote("watch", "KeyError", 1)), signed)


TAMPER = {
    "nothing_acknowledged_is_lost": _lose_an_entry,
    "every_sale_is_booked_once_or_has_a_name": _book_twice,
    "every_sale_in_flight_happened_once": _forget_a_check,
    "the_chain_is_whole": _cut_the_tail,
    "money_is_conserved": _change_a_sum,
    "a_sale_that_happened_is_never_refused": _refuse,
    "a_sale_keeps_its_day": _move_a_day,
    "the_outage_takes_legal_steps": _step_wrong,
    "nothing_died": _die,
}
