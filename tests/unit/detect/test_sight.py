"""One thing looked at many times: rows, gaps, falls."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tideover.detect.sight import HOLD_S_MAX, SIGHTS_MAX, fold, hold_s, is_fresh
from tideover.model.outage import Observation

START = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
WATCH_S = 5.0


def look(at_s, ok, kind="anchor", target="Anchor One", service="internet"):
    return Observation(service, kind, target, ok, START + timedelta(seconds=at_s))


def last(looks):
    sights = fold(looks, WATCH_S)
    assert 1 == len(sights)
    return next(iter(sights.values()))


def test_three_bad_looks_make_down():
    """Three silent looks in a row mean down, two do not."""
    assert "up" == last([look(0, True), look(5, False), look(6, False)]).state
    assert "down" == last([look(0, True), look(5, False), look(6, False), look(7, False)]).state


def test_a_look_that_could_not_be_made_is_no_evidence():
    """None neither breaks a row nor lengthens it."""
    looks = [look(0, False), look(1, None), look(2, None), look(3, None)]
    assert ("unknown", 1) == (last(looks).state, last(looks).bad)


def test_a_gap_starts_a_new_row():
    """Two bad looks before the box slept and one after it woke are not three in a row."""
    looks = [look(0, True), look(5, False), look(6, False), look(3600, False)]
    assert ("unknown", 1) == (last(looks).state, last(looks).bad)


def test_a_clock_set_back_starts_a_new_row():
    """Looks that seem to lie a day before the last ones are not next to them."""
    looks = [look(0, True), look(5, False), look(6, False), look(-86_400, False)]
    assert ("unknown", 1) == (last(looks).state, last(looks).bad)


def test_rounds_beside_each_other_are_one_row():
    """A round that was begun first and ended last tells of the same minute: nothing is forgotten for it."""
    looks = [look(0, True), look(0.5, False), look(0.75, False), look(0.6, False), look(1.2, False), look(2.6, False)]
    assert ("down", 5, 6) == (last(looks).state, last(looks).bad, last(looks).seen)


def test_one_good_look_is_not_back():
    """After down the first good look changes nothing; the second brings it back."""
    down = [look(t, False) for t in range(4)]
    assert "down" == last([*down, look(10, True)]).state
    assert "up" == last([*down, look(10, True), look(15, True)]).state


def flap(times):
    """Four bad looks, then four good ones, over and over, a second apart."""
    return [look(t, t % 8 >= 4) for t in range(8 * times)]


def test_a_thing_that_falls_again_is_held():
    """After the second fall two good looks are not enough: it must answer for the hold time."""
    again = [*flap(1), *[look(8 + t, False) for t in range(4)]]
    assert "holding" == last([*again, look(12, True), look(13, True)]).state
    assert "holding" == last([*again, *[look(12 + t, True) for t in range(10)]]).state
    assert "up" == last([*again, *[look(12 + t, True) for t in range(11)]]).state


def test_hold_time_doubles_and_ends_at_its_limit():
    """10 s, 20 s, 40 s … for further falls within the hour, never more than the limit."""
    found = [hold_s(last(flap(times))) for times in (1, 2, 3, 4, 5, 6, 7, 8, 9)]
    assert [0, 10, 20, 40, 80, 160, HOLD_S_MAX, HOLD_S_MAX, HOLD_S_MAX] == found


def test_old_falls_are_forgotten():
    """A fall of two hours ago holds nothing back."""
    looks = [*[look(t, False) for t in range(4)], *[look(60 * t, True) for t in range(1, 120)]]
    looks += [look(7200 + t, False) for t in range(4)]
    looks += [look(7210, True), look(7211, True)]
    assert "up" == last(looks).state


def test_calls_need_a_long_row():
    """Seven lost calls in a row, or eight within a minute, are a nasty cloud, not a dead one."""
    seven = [look(20 * n, False, "call", "cloud", "cloud") for n in range(7)]
    quick = [look(n, False, "call", "cloud", "cloud") for n in range(20)]
    eight = [look(20 * n, False, "call", "cloud", "cloud") for n in range(8)]
    assert ["unknown", "unknown", "down"] == [last(one).state for one in (seven, quick, eight)]


def test_failed_calls_are_forgotten_when_the_line_is_back():
    """Calls that failed while the line was down say nothing about the cloud afterwards."""
    calls = [look(20 * n, False, "call", "cloud", "cloud") for n in range(10)]
    line = [*[look(200 + n, False) for n in range(3)], look(210, True), look(215, True)]
    sights = fold([*calls, *line], WATCH_S)
    call = sights["cloud", "call", "cloud", ""]
    assert ("unknown", 0, None) == (call.state, call.bad, call.last_at)


def test_a_look_from_the_future_is_not_fresh():
    """A clock set back by a day makes the old looks stale, not eternal."""
    sight = last([look(0, True)])
    assert not is_fresh(sight, START - timedelta(days=1), WATCH_S)
    assert is_fresh(sight, START + timedelta(seconds=30), WATCH_S)


def test_sights_are_bounded():
    """However many names are reported, only the latest are kept."""
    sights = fold([look(n, False, "person", f"Cashier {n}", "printer") for n in range(500)], WATCH_S)
    assert SIGHTS_MAX == len(sights)
    assert ("printer", "person", "Cashier 499", "") in sights


@given(st.lists(st.tuples(st.floats(0.5, 300), st.sampled_from([True, False, None])), max_size=60))
def test_down_always_stands_on_three_bad_looks_close_together(steps):
    """Whatever the looks, a thing is said to fall only after three bad ones in a row without a gap or a good one."""
    at, looks, states = 0.0, [], []
    for pause, ok in steps:
        at += pause
        looks.append(look(at, ok))
        states.append(last(looks).state)
    for n in range(1, len(looks)):
        if states[n] == "down" and states[n - 1] != "down":
            row = [one for one in looks[: n + 1] if one.ok is not None][-3:]
            assert [False, False, False] == [one.ok for one in row]
            assert (row[-1].at - row[0].at).total_seconds() <= 2 * 120


@given(st.lists(st.booleans(), max_size=40))
def test_folding_in_two_parts_is_the_same(results):
    """What the box keeps instead of all looks loses nothing that matters."""
    looks = [look(5 * n, ok) for n, ok in enumerate(results)]
    half = len(looks) // 2
    assert fold(looks, WATCH_S) == fold(looks[half:], WATCH_S, fold(looks[:half], WATCH_S))
