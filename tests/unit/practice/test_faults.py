"""The plan of bad luck: seeded, exact in its counts, and never without a strike that was asked for."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tideover.practice.faults import COUNTS, FAULTS, SHARES, Call, Plan, Strike

ISSUE = {"lost-reply": 0.1, "duplicate": 0.05, "refuse": 0.02, "busy": 0.1, "slow": 0.1, "expire-login": 2, "crash": 3}


def entries(count: int) -> list[str]:
    return [f"entry-{n}" for n in range(count)]


def send_all(plan: Plan, names: list[str]) -> list[Strike]:
    """Every entry sent once, as a patient shop would."""
    return [plan.strike(Call(True, name)) for name in names]


def test_the_same_seed_is_the_same_luck() -> None:
    """Two plans of one seed strike alike, another seed otherwise."""
    names = entries(200)
    one, same, other = (send_all(Plan(ISSUE, 200, names, Random(seed)), names) for seed in (7, 7, 8))

    assert one == same
    assert one != other


def test_nothing_asked_for_nothing_strikes() -> None:
    """Without faults no call suffers."""
    plan = Plan({}, 10, entries(10), Random(1))

    assert {None} == {strike.fault for strike in send_all(plan, entries(10))}
    assert 0 == sum(plan.counts.values())


@given(seed=st.integers(0, 10_000), count=st.integers(60, 400))
def test_the_counts_are_what_struck(seed: int, count: int) -> None:
    """What is counted is what was done; counts are exact, every share strikes, `refuse` counts entries."""
    names = entries(count)
    plan = Plan(ISSUE, count, names, Random(seed))
    strikes = send_all(plan, names)
    struck = Counter(strike.fault for strike in strikes if strike.fault)

    assert dict(struck) == {name: number for name, number in plan.counts.items() if number}
    assert (3, 2) == (struck["crash"], struck["expire-login"])
    assert all(struck[name] >= 1 for name in SHARES)
    assert set(FAULTS) >= set(struck)


def test_shares_are_about_right() -> None:
    """Of 20,000 calls a tenth loses its reply, give or take; half of those hang."""
    plan = Plan({"lost-reply": 0.1}, 20_000, (), Random(3))
    strikes = send_all(plan, entries(20_000))
    lost = [strike for strike in strikes if strike.fault == "lost-reply"]

    assert 1_800 < len(lost) < 2_200
    assert 0.4 < sum(strike.hang for strike in lost) / len(lost) < 0.6


def test_a_tiny_share_strikes_once() -> None:
    """A share that would hardly ever strike is made to, before the sends are over."""
    plan = Plan(dict.fromkeys(SHARES, 1e-9), 20, (), Random(1))
    send_all(plan, entries(20))

    assert dict.fromkeys(SHARES, 1) | dict.fromkeys(("refuse", *COUNTS), 0) == plan.counts


def test_crashes_are_spread_and_change_sides() -> None:
    """Three crashes of ninety sends stand apart; before, after, before the cloud got it."""
    strikes = send_all(Plan({"crash": 3}, 90, (), Random(1)), entries(90))
    places = [place for place, strike in enumerate(strikes) if strike.fault == "crash"]

    assert 3 == len(places)
    assert all(later - earlier >= 20 for earlier, later in pairwise(places))
    assert [False, True, False] == [strikes[place].after for place in places]


def test_a_crash_waits_for_somebody_to_crash() -> None:
    """While no box is known the crash is kept, not counted."""
    plan = Plan({"crash": 1}, 2, (), Random(1))
    early = [plan.strike(Call(True, "a"), may_crash=False).fault for _ in range(5)]

    assert [None] * 5 == early
    assert "crash" == plan.strike(Call(True, "a")).fault


def test_what_did_not_strike_in_time_strikes_other_calls() -> None:
    """When the expected sends are over, a read may get what is still owed."""
    plan = Plan({"expire-login": 2, "busy": 1e-9}, 1, ("a",), Random(1))
    plan.strike(Call(True, "a"))
    for _ in range(5):
        plan.strike(Call(False))

    assert (2, 1) == (plan.counts["expire-login"], plan.counts["busy"])


def test_a_refused_entry_is_refused_until_solved() -> None:
    """Sent thrice it counts once; solved it goes through."""
    plan = Plan({"refuse": 0.01}, 3, ("a",), Random(1))
    before = [plan.strike(Call(True, "a")).fault for _ in range(3)]
    plan.solved.add("a")

    assert ["refuse"] * 3 == before
    assert 1 == plan.counts["refuse"]
    assert plan.strike(Call(True, "a")).fault is None


def test_reads_are_never_duplicated_or_refused() -> None:
    """A duplicate and a refusal are for sends only."""
    plan = Plan({"duplicate": 1.0, "refuse": 1.0}, 10, entries(10), Random(1))

    assert {None} == {plan.strike(Call(False)).fault for _ in range(50)}
