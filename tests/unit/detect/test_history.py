"""A week of looks and a quarter of verdicts in a file of known size: what is kept, what is cut, what a restart goes on with."""

import asyncio
from contextlib import closing
from datetime import timedelta

import pytest

from tideover.detect.record import history as history_module
from tideover.detect.record.history import History
from tideover.detect.record.span import DAY_MS, Span, extend
from tideover.model.outage import Observation, Verdict
from tideover.world import to_ms
from unit.detect.lookout import HandWorld, open_table

QUIET_MS = 120_000
START = to_ms(HandWorld().now())
LIMIT_BYTES = 50 * 2**20


def look(world, target="Anchor One", ok=True, text="as told", took_ms=20):
    return Observation("internet", "anchor", target, ok, world.now(), text, took_ms)


def spans(marks, world=None):
    """The spans of looks given as (second, ok)."""
    world = world or HandWorld()
    found, span, start = [], None, world.at
    for second, ok in marks:
        world.at = start + timedelta(seconds=second)
        span, is_new = extend(span, look(world, ok=ok), to_ms(world.at), QUIET_MS)
        found[len(found) - 1 + is_new :] = [span]
    return [((one.first_ms - START) // 1000, (one.last_ms - START) // 1000, one.good, one.bad) for one in found]


def keep(history, world):
    asyncio.run(history.keep(world.now()))


def test_a_calm_day_is_one_row_and_a_short_outage_stands_exactly():
    """An outage of thirty seconds in a calm hour has its own row, from its first bad look to its last."""
    marks = [(second, not 1800 <= second < 1830) for second in range(0, 3600, 5)]
    assert [(0, 1795, 360, 0), (1800, 1825, 0, 6), (1830, 3595, 354, 0)] == spans(marks)


def test_what_comes_and_goes_costs_a_row_a_minute_at_most():
    """However fast it turns, an hour has about sixty rows, and no look is left out of the counts."""
    found = spans([(second, second % 2 == 0) for second in range(3600)])
    assert len(found) <= 61
    assert (1800, 1800) == (sum(one[2] for one in found), sum(one[3] for one in found))


def test_silence_is_a_gap_and_no_outage():
    """After two silent minutes a new row begins, and nothing says that it was down meanwhile."""
    assert [(0, 60, 2, 0), (300, 300, 1, 0)] == spans([(0, True), (60, True), (300, True)])


def test_a_clock_that_is_set_back_begins_a_new_row():
    """Time that runs backwards makes no row of negative length."""
    assert [(100, 100, 1, 0), (40, 50, 2, 0)] == spans([(100, True), (40, True), (50, True)])


def test_no_row_is_longer_than_a_day():
    """So that what is a week old can be cut off by its beginning."""
    found = spans([(second, True) for second in range(0, 200_000, 100)])
    assert all(last - first <= DAY_MS // 1000 for first, last, *_ in found)
    assert 3 == len(found)


def test_a_power_cut_costs_the_last_minute(tmp_path):
    """What only grew is written once a minute; what turned is written at the next turn."""
    world = HandWorld()
    with closing(open_table(tmp_path)) as database:
        history = History(database, 5)
        for second in range(100):
            history.take([look(world, ok=second < 95)])
            keep(history, world)
            world.pass_time(1)
        rows = database.rows("SELECT long_ms, good, bad FROM look_span ORDER BY first_ms")
    assert [(94_000, 95, 0), (0, 0, 1)] == rows


def test_a_restart_goes_on_with_the_same_row(tmp_path):
    """A box that is started again within two minutes has no gap; one that slept has."""
    world = HandWorld()
    with closing(open_table(tmp_path)) as database:
        for pause in (60, 3600):
            history = History(database, 5)
            history.remember(world.now())
            for _ in range(30):
                history.take([look(world)])
                history.conclude([Verdict("internet", "up", "none", (), None)], world.now())
                world.pass_time(10)
            keep(history, world)
            world.pass_time(pause)
        looks = database.rows("SELECT long_ms, good FROM look_span ORDER BY first_ms")
        history = History(database, 5)
        history.conclude([Verdict("internet", "up", "none", (), None)], world.now())
        lengths = [one.last_ms - one.first_ms for one in history.verdicts_since(0)]
    assert [(650_000, 60)] == looks
    assert [650_000, 0] == lengths


def test_a_state_begins_with_its_first_evidence(tmp_path):
    """Three looks later it is known; down is told from the first of them, and up ends there."""
    world, history = HandWorld(), History(None, 5)
    history.conclude([Verdict("cloud", "up", "none", (), None)], world.now())
    world.pass_time(60)
    since = world.now() - timedelta(seconds=4)
    history.conclude([Verdict("cloud", "down", "their-cloud", (), since)], world.now())
    found = [((one.first_ms - START) / 1000, (one.last_ms - START) / 1000, one.state) for one in history.verdicts_since(0, "cloud")]
    assert [(0, 56, "up"), (56, 60, "down")] == found


def test_evidence_is_counted_per_thing(tmp_path):
    """How often each thing answered, and how slow the worst answer was."""
    world = HandWorld()
    with closing(open_table(tmp_path)) as database:
        history = History(database, 5)
        for n in range(10):
            history.take([look(world, ok=n != 3, took_ms=n), look(world, "Anchor Two", took_ms=None)])
            world.pass_time(5)
        keep(history, world)
        counted = [(one.target, one.good, one.bad, one.worst_ms) for one in history.counted(START - 1)]
    assert [("Anchor One", 9, 1, 9), ("Anchor Two", 10, 0, None)] == counted


def test_what_is_old_or_from_a_wrong_clock_is_cut(tmp_path):
    """A week of looks, a hundred days of verdicts; rows far ahead of now go as well, and with them their names and texts."""
    world = HandWorld()
    with closing(open_table(tmp_path)) as database:
        for days in (200, 60, 9, 1, -400):
            world.at = HandWorld().at - timedelta(days=days)
            history = History(database, 5)
            history.take([look(world, f"target {days}", text=f"text {days}")])
            history.conclude([Verdict("internet", "up", "none", (), None)], world.now())
            keep(history, world)
        world.at = HandWorld().at
        history = History(database, 5)
        for _ in range(history_module.CUTS_A_DAY * 2):
            world.pass_time(3600)
            keep(history, world)
        left = database.rows("SELECT target FROM look_target"), database.rows("SELECT text FROM look_text")
        verdicts = [round((START - one.first_ms) / DAY_MS) for one in history.verdicts_since(0)]
    assert ([("target 1",)], [("text 1",)]) == left
    assert [9, 1] == verdicts  # The clock that was 400 days ahead took one piece: the oldest.


def test_rows_are_bounded_whatever_the_clock_says(tmp_path, monkeypatch):
    """More rows than allowed: the oldest go."""
    monkeypatch.setattr(history_module, "LOOK_ROWS_MAX", 50)
    monkeypatch.setattr(history_module, "TEXTS_MAX", 10)
    world = HandWorld()
    with closing(open_table(tmp_path)) as database:
        history = History(database, 5)
        for n in range(200):
            history.take([look(world, text=f"answer {n}")])
            world.pass_time(121)
            keep(history, world)
        counts = [database.one(f"SELECT count(*) FROM {table}")[0] for table in ("look_span", "look_text")]
    assert counts[0] <= 50 + 3600 // 121 + 1
    assert counts[1] <= 10


def test_a_week_of_restless_targets_stays_within_its_bytes(tmp_path):
    """Everything turns every half minute, the worst there is: the rows of a week still lie far below the limit."""
    world, hours = HandWorld(), 4
    with closing(open_table(tmp_path)) as database:
        history = History(database, 5)
        for n in range(hours * 120):
            history.take([look(world, f"target {t:02d}", ok=(n + t) % 2 == 0) for t in range(60)])
            if n % 2:
                keep(history, world)
            world.pass_time(30)
        keep(history, world)
        database.empty_log()
        [rows] = database.one("SELECT count(*) FROM look_span")
    size = (tmp_path / "copies.db").stat().st_size
    assert rows <= 60 * (hours * 60 + 2)
    assert size * 8 * 24 / hours < LIMIT_BYTES


def test_a_span_tells_its_looks_again():
    """A long failure is retold from its first look on, densely enough to be a row."""
    span = Span(START, START + 1_200_000, 0, 240, False, None, "no answer")
    looks = list(history_module.looks_of(("internet", "anchor", "One", ""), span, 0))
    assert (START, START + 1_200_000, 21) == (to_ms(looks[0].at), to_ms(looks[-1].at), len(looks))


@pytest.mark.parametrize("ok", [True, False])
def test_a_mixed_span_keeps_its_last_word(ok):
    """Where good and bad looks stand in one row, the last of them counts after a restart."""
    span = Span(START, START + 1000, 1, 1, ok, None, "")
    looks = list(history_module.looks_of(("internet", "anchor", "One", ""), span, 0))
    assert [not ok, ok] == [one.ok for one in looks]
