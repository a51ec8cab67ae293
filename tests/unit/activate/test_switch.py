"""Which line the shop goes to, and when it comes back: proven to carry, never into nothing, never into a call."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tideover.activate.rush import is_rush, rushes_of
from tideover.activate.switch import BUSY, CLEAN_S_MAX, HOLD_S, LineNow, Move, Scene, carries, clean_needed_s, decide, hold_s, is_usable
from tideover.errors import Misconfigured

sys.path.append(str(Path(__file__).parents[3] / "bench"))
from figures.link_days import bursty_loss, flapping, play, random_loss  # The bench's own model of bad lines.

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def scene(fibre="up", mobile="up", in_use="fibre", *, fibre_s=7_200.0, mobile_s=7_200.0, percent=None, **facts) -> Scene:
    """Fibre is the usual line, mobile the second; each in its state for so many seconds."""
    lines = (LineNow("fibre", fibre, ago(fibre_s)), LineNow("mobile", mobile, ago(mobile_s), used_percent=percent))
    return Scene(NOW, lines, in_use, **{"is_armed": True, **facts})


def poor(given: Scene) -> Scene:
    """What works in part there carries, if badly."""
    return replace(given, lines=tuple(replace(one, is_poor=True) for one in given.lines))


def nameless(tells_names: bool) -> Scene:
    """For some minutes no name was found over fibre; armed, and still nothing moves by itself."""
    given = scene("degraded", fibre_s=400)
    fibre, mobile = given.lines
    return replace(given, lines=(replace(fibre, is_nameless=True), replace(mobile, tells_names=tells_names)))


def went(seconds: float, target="mobile", by="") -> tuple[Move, ...]:
    return (Move(ago(seconds), target, by),)


@pytest.mark.parametrize(
    ("what", "given", "word", "target"),
    [
        ("all is well", scene(), "stay", ""),
        ("dead line, second one carries", scene("down", fibre_s=2), "engage", "mobile"),
        ("the same, but nobody armed it", scene("down", is_armed=False), "advise", "mobile"),
        ("the same, but the box may not", scene("down", can_act=False), "advise", "mobile"),
        ("nowhere to go", scene("down", "down"), "nowhere", ""),
        ("not known is not proven", scene("down", "unknown"), "nowhere", ""),
        ("in part is not proven", scene("down", "degraded"), "nowhere", ""),
        ("not known is not dead", scene("unknown"), "stay", ""),
        ("dead, and the second one carries badly", poor(scene("down", "degraded")), "engage", "mobile"),
        ("in part only is no reason to go back", poor(scene("degraded", "up", "mobile", moves=went(3_000))), "stay", ""),
        ("second line's allowance is used up", scene("down", percent=100), "advise", "mobile"),
        ("works in part for long", scene("degraded", fibre_s=400), "advise", "mobile"),
        ("no names for long, and the second one tells some", nameless(tells_names=True), "advise", "mobile"),
        ("no names for long, and nobody knows whether the second one tells any", nameless(tells_names=False), "stay", ""),
        ("works in part for a moment", scene("degraded", fibre_s=30), "stay", ""),
        ("both were dead, the usual one came back", scene("up", "down", "mobile", fibre_s=3), "engage", "fibre"),
        ("both were dead, the second one came back", scene("down", "up", mobile_s=3), "engage", "mobile"),
        ("nothing is in use and one came back", scene("down", "up", "", is_cut=True), "engage", "mobile"),
        ("in use is not known, but it works", scene("down", "up", ""), "stay", ""),
        ("back after clean time", scene(in_use="mobile", moves=went(3_000)), "back", "fibre"),
        ("not clean for long enough", scene(in_use="mobile", fibre_s=599, moves=went(3_000)), "stay", "fibre"),
        ("advised back where nobody armed it", scene(in_use="mobile", is_armed=False), "advise", "fibre"),
        ("a person chose it", scene(in_use="mobile", moves=went(3_000, by="Anna")), "stay", ""),
        ("a person chose it in the morning", scene(in_use="mobile", moves=went(20_000, by="Anna")), "back", "fibre"),
        ("a person chose it and it died", scene("up", "down", "mobile", moves=went(3_000, by="Anna")), "engage", "fibre"),
        ("came and went a moment ago", scene("down", fibre_s=5, moves=went(100, "fibre")), "stay", ""),
        ("came and stays dead", scene("down", fibre_s=61, moves=went(100, "fibre")), "engage", "mobile"),
        ("the target died at once", scene("up", "down", "mobile", mobile_s=3, moves=went(10)), "engage", "fibre"),
        ("nearly used up, and long not clean", scene(in_use="mobile", percent=97, fibre_s=30), "stay", "fibre"),
        ("used up: a minute is enough", scene(in_use="mobile", percent=100, fibre_s=61, moves=went(90)), "back", "fibre"),
        ("used up, but nothing else carries", scene("down", "up", "mobile", percent=100), "stay", ""),
    ],
    ids=lambda one: one.replace(" ", "-") if isinstance(one, str) and " " in one else "",
)
def test_a_situation_has_its_decision(what, given, word, target):
    """The table of situations; `target` is told even where the box waits."""
    decision = decide(given)
    assert (word, target) == (decision.word, decision.target), decision.why


@pytest.mark.parametrize("busy", BUSY)
def test_nothing_goes_back_into_a_call_a_payment_or_the_rush(busy):
    """Until it is over; the allowance forces it: the rush first, at its end calls and payments too."""
    waiting = scene(in_use="mobile", moves=went(3_000), busy=frozenset({busy}))
    assert "stay" == decide(waiting).word and BUSY[busy] in decide(waiting).why
    almost = replace(waiting, lines=(waiting.lines[0], replace(waiting.lines[1], used_percent=94)))
    assert "stay" == decide(almost).word
    nearly = replace(waiting, lines=(waiting.lines[0], replace(waiting.lines[1], used_percent=95)))
    assert ("stay" if busy in ("call", "card") else "back") == decide(nearly).word
    over = replace(waiting, lines=(waiting.lines[0], replace(waiting.lines[1], used_percent=100)))
    assert "back" == decide(over).word


def test_a_dead_line_is_left_in_the_middle_of_a_call():
    """The call is dead, too."""
    assert "engage" == decide(scene("down", busy=frozenset(BUSY))).word


def test_two_lines_of_one_carrier_are_said_to_be():
    """They fail together: whoever reads the log knows."""
    given = scene("down")
    given = replace(given, lines=tuple(replace(one, carrier="Telia") for one in given.lines))
    assert "both are lines of Telia" in decide(given).why


STATES = st.sampled_from(("up", "degraded", "down", "unknown"))
SECONDS = st.floats(0, 50_000)
LINES = st.lists(st.tuples(STATES, SECONDS, st.none() | st.integers(0, 130), st.booleans(), st.booleans()), max_size=4).map(
    lambda rows: tuple(LineNow(f"line{n}", state, ago(s), "Telia", *more) for n, (state, s, *more) in enumerate(rows))
)
MOVES = st.lists(st.tuples(SECONDS, st.sampled_from(("line0", "line1", "line2")), st.sampled_from(("", "Anna"))), max_size=8).map(
    lambda rows: tuple(Move(ago(s), target, by) for s, target, by in sorted(rows, reverse=True))
)
SCENES = st.builds(
    Scene, now=st.just(NOW), lines=LINES, in_use=st.sampled_from(("", "line0", "line1", "line2", "gone")), moves=MOVES,
    busy=st.frozensets(st.sampled_from(tuple(BUSY))), is_armed=st.booleans(), can_act=st.booleans(), is_cut=st.booleans(),
    clean_s=st.floats(10, 86_400),
)  # fmt: skip


def test_a_line_that_missed_its_last_look_too_is_asked_first():
    """Both may have died together: nothing is moved for a moment; another one that answers is taken at once; no doubt holds for ever."""
    given = scene("down", fibre_s=2)
    doubted = replace(given, lines=(given.lines[0], replace(given.lines[1], is_doubted=True)))
    waiting = decide(doubted)
    assert ("stay", 3.0, 0.25) == (waiting.word, waiting.due_s, waiting.again_s), waiting.why
    other = decide(replace(doubted, lines=(*doubted.lines, LineNow("dsl", "up"))))
    assert ("engage", "dsl") == (other.word, other.target)
    assert "engage" == decide(replace(doubted, now=NOW + timedelta(seconds=3))).word
    assert "engage" == decide(replace(doubted, in_use="", is_cut=True)).word


@given(SCENES)
def test_it_only_ever_goes_where_something_carries(given):
    """By itself only armed and able; only to another line that is up and has something left; never off a line that works to nothing."""
    decision = decide(given)
    by_name = {one.name: one for one in given.lines}
    if decision.word in ("engage", "back"):
        assert given.is_armed and given.can_act
        assert decision.target != given.in_use and carries(by_name[decision.target])
        assert (by_name[decision.target].used_percent or 0) < 100
    if decision.word == "back":
        assert is_usable(by_name[decision.target])
    if decision.word == "engage":
        assert given.in_use not in by_name or "down" == by_name[given.in_use].state
    if decision.word == "advise":
        assert carries(by_name[decision.target]) and decision.target != given.in_use
    if decision.word == "nowhere":
        assert not any(carries(one) for one in given.lines if one.name != given.in_use)
    assert decision.word in ("stay",) or decision.why
    assert decision.due_s is None or decision.due_s > 0


@given(SCENES, st.frozensets(st.sampled_from(tuple(BUSY))))
def test_no_one_is_moved_off_a_working_line_while_busy_unless_it_is_used_up(given, more):
    """What goes back while a call or a payment is up goes because the allowance is at its end, and for no other reason."""
    given = replace(given, busy=given.busy | more)
    decision = decide(given)
    if decision.word == "back" and given.busy & {"call", "card"}:
        current = next(one for one in given.lines if one.name == given.in_use)
        assert current.used_percent is not None and current.used_percent >= 100


@given(SCENES, st.floats(0, 86_400))
def test_waiting_ends_when_it_says(given, later):
    """At its due time a decision to stay is looked at again, and then waits for something else or for nothing."""
    decision = decide(given)
    if decision.due_s is not None:
        then = decide(replace(given, now=NOW + timedelta(seconds=decision.due_s + 0.01)))
        assert then.due_s is None or (then.word, then.why) != (decision.word, decision.why)


@given(MOVES)
def test_holds_grow_and_end(moves):
    """Between nothing and their limits, however often a line came and went."""
    given = replace(scene(), moves=moves)
    assert 0.0 <= hold_s(given) <= 600.0
    assert given.clean_s <= clean_needed_s(given) <= CLEAN_S_MAX
    assert 0.0 == hold_s(replace(given, moves=()))


def test_the_hold_doubles():
    """One minute, two, four: the price of coming and going."""
    times = [replace(scene(), moves=tuple(Move(ago(500 - n), "fibre") for n in range(count))) for count in (1, 2, 3, 9)]
    assert [HOLD_S, HOLD_S * 2, HOLD_S * 4, 600.0] == [hold_s(one) for one in times]


@pytest.mark.parametrize(
    ("name", "rounds", "per_day_max"),
    [("10 % at random", random_loss(0.1, 1), 0), ("10 % in bursts", bursty_loss(0.1, 1), 6), ("2 % in bursts", bursty_loss(0.02, 1), 6)],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_bad_line_is_not_left_for_nothing(name, rounds, per_day_max):
    """Two simulated days of a line that loses packets; the bench plays thirty."""
    assert play(rounds, 2).per_day <= per_day_max


@pytest.mark.parametrize(("on_s", "off_s"), [(20, 20), (58, 5), (700, 30), (1_300, 55)])
def test_a_line_that_comes_and_goes_costs_one_switch_in_ten_minutes(on_s, off_s):
    """20 s on, 20 s off, and worse; the second day of it is calmer than the first."""
    found = play(flapping(on_s, off_s), 1)
    assert 1 <= found.away <= 6
    assert 1 == found.most_in_ten_minutes


def test_a_switch_that_holds_nothing_down_would_flap():
    """The control: without hold-down the same line costs dozens of switches, so the count above means something."""

    def hasty(given: Scene):
        return decide(replace(given, moves=()))

    assert play(flapping(20, 20), 0.05, hasty, clean_s=10.0).away > 50


FRIDAY_RUSH = rushes_of(["Fri 15:00-18:00"])


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        (datetime(2026, 11, 20, 13, 0, tzinfo=UTC), "Europe/Helsinki", True),  # 15:00 on the shop's wall.
        (datetime(2026, 11, 20, 12, 59, tzinfo=UTC), "Europe/Helsinki", False),
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "Europe/Helsinki", False),  # 18:00: over.
        (datetime(2026, 7, 17, 12, 0, tzinfo=UTC), "Europe/Helsinki", True),  # Summer time.
        (datetime(2026, 11, 20, 13, 0, tzinfo=UTC), "Europe/London", False),
        (datetime(2026, 11, 19, 13, 0, tzinfo=UTC), "Europe/Helsinki", False),
    ],
)
def test_the_rush_is_by_the_shops_wall(at, zone, expected):
    """Whatever the zone of the machine, and when clocks change."""
    assert expected == is_rush(FRIDAY_RUSH, at, zone)


def test_a_rush_may_go_past_midnight():
    """A bar's Saturday ends on Sunday."""
    rush = rushes_of(["Sat 22:00-02:00"])
    hours = [datetime(2026, 11, 21, 21, tzinfo=UTC), datetime(2026, 11, 21, 22, tzinfo=UTC), datetime(2026, 11, 22, 1, 59, tzinfo=UTC)]
    assert [False, True, True] == [is_rush(rush, at, "UTC") for at in hours]
    assert not is_rush(rush, datetime(2026, 11, 22, 2, tzinfo=UTC), "UTC")


@pytest.mark.parametrize("text", ["", "Fri", "Fri 15-18", "Fre 15:00-18:00", "Fri 25:00-26:00", "Fri 15:00–18:00"])
def test_a_rush_that_is_none_is_named(text):
    """With the way it is written."""
    with pytest.raises(Misconfigured, match="Fri 15:00-18:00"):
        rushes_of([text])
