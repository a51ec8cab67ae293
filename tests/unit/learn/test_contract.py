"""A supplier's contract beside what was seen: kept, broken, not over yet, or honestly not known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tideover.detect.cause import CAUSES
from tideover.learn.contract import DAY_MS, HOUR_MS, THEIRS, Contract, contracts, months, repair
from tideover.learn.intervals import bridged, minus
from tideover.learn.vendor_record import Absence, Watched
from tideover.model.line import line_of
from tideover.plan.records import Service
from tideover.world import to_ms

NOW = to_ms(datetime(2026, 11, 20, 12, tzinfo=UTC))
OCTOBER, NOVEMBER = (to_ms(datetime(2026, *day, tzinfo=UTC)) for day in ((10, 1), (11, 1)))
EIGHT_HOURS, THREE_NINES = Contract(repair_h=8), Contract(works_ppm=999_000)  # 44 min 38 s of a month of 31 days.
MINUTE = 60_000


def away(hours, cause="our-line", unseen_h=0, since=NOW - 2 * DAY_MS):
    until = None if hours is None else since + hours * HOUR_MS
    return Absence("x", "internet", cause, since, until, None, unseen_h * 3_600, "", since)


@pytest.mark.parametrize(
    ("absence", "said"),
    [
        (away(8), "kept"),
        (away(9), "broken"),
        (away(9, unseen_h=2), "unknown"),  # Two of the nine hours nobody looked.
        (away(12, unseen_h=2), "broken"),
        (away(9, "told-by-person"), "unknown"),  # Whose fault was it?
        (away(9, "line-cable"), "unknown"),
        (away(2, "line-cable"), "kept"),
        (away(None, since=NOW - 2 * HOUR_MS), "open"),
    ],
)
def test_mended_in_time(absence, said):
    """Counted from when it went away; what nobody saw, or what may be our own fault, breaks no promise."""
    assert said == repair(absence, EIGHT_HOURS, (), NOW)


def test_an_outage_without_end_is_judged_by_what_was_seen():
    """Away for two days and seen so for nine hours; or the box was off all the time."""
    seen = [Watched(NOW - 2 * DAY_MS, NOW - 2 * DAY_MS + 9 * HOUR_MS, False)]
    assert ["broken", "unknown"] == [repair(away(None), EIGHT_HOURS, watched, NOW) for watched in (seen, ())]


def test_no_promise_is_neither_kept_nor_broken():
    """A contract that says something else says nothing of repairs."""
    assert ["unknown"] * 2 == [repair(away(1), one, (), NOW) for one in (None, THREE_NINES)]


def october(down=(), contract=THREE_NINES, spans=None, cause="our-line"):
    """The month of October, watched throughout unless said otherwise, with these outages (begin, minutes)."""
    absent = [
        Absence("x", "internet", cause, OCTOBER + at, OCTOBER + at + long * MINUTE, long * 60, 0, "", OCTOBER + at) for at, long in down
    ]
    fails = [Watched(one.since_ms, one.until_ms, False) for one in absent]
    edges = [OCTOBER, *(edge for one in fails for edge in (one.first_ms, one.last_ms)), NOW]
    works = [Watched(first, last, True) for first, last in zip(edges[::2], edges[1::2], strict=True)]
    [running, found, *_] = months("internet", contract, [*works, *fails] if spans is None else spans, absent, "UTC", 60, NOW)
    assert ("2026-11", "2026-10") == (running.name, found.name)
    return found


@pytest.mark.parametrize(
    ("down", "said"),
    [((), "kept"), (((DAY_MS, 44),), "kept"), (((DAY_MS, 45),), "broken"), (((DAY_MS, 30), (9 * DAY_MS, 15)), "broken")],
)
def test_a_month_that_was_watched(down, said):
    """Three nines allow 44 minutes of October, in one piece or in several."""
    assert (said, sum(one[1] for one in down) * MINUTE, 0) == ((one := october(down)).kept, one.down_ms, one.unseen_ms)


def test_a_month_without_a_promise_is_not_known():
    """Whatever was seen."""
    assert ["unknown"] * 2 == [october(contract=one).kept for one in (None, EIGHT_HOURS)]


def test_a_month_in_which_nobody_looked_is_not_known():
    """An hour without looks may have been an hour without the line; a minute between two looks is none."""
    day = OCTOBER + DAY_MS
    for gap, said, unseen in ((60, "unknown", 60), (1, "kept", 0)):
        found = october(spans=[Watched(OCTOBER, day, True), Watched(day + gap * MINUTE, NOW, True)])
        assert (said, unseen * MINUTE) == (found.kept, found.unseen_ms)
    blinked = [Watched(OCTOBER, day, True), Watched(day, day + MINUTE, False), Watched(day + MINUTE, NOW, True)]
    assert MINUTE == october(spans=blinked).unseen_ms  # Too short to be an outage, and not seen to work.


def test_an_outage_that_may_be_ours_counts_for_nobody():
    """A cable that was out for a day: the month is not known, and not broken."""
    found = october([(DAY_MS, 1_440)], cause="line-cable")
    assert ("unknown", 0, DAY_MS) == (found.kept, found.down_ms, found.unseen_ms)


def test_what_works_in_part_while_it_is_away_counts_once():
    """It was seen to answer now and then: the time is down, and is not added to the time that it worked as well."""
    found = october([(DAY_MS, 45)], spans=[Watched(OCTOBER, NOW, True)])
    assert ("broken", 45 * MINUTE, 0) == (found.kept, found.down_ms, found.unseen_ms)


def test_a_month_that_runs_may_be_broken_and_is_never_kept():
    """What is lost does not come back; what is left may still be lost."""
    begin = NOVEMBER + DAY_MS
    lost = Absence("x", "internet", "our-line", begin, begin + HOUR_MS, 3_600, 0, "", begin)
    watched = [Watched(NOVEMBER, begin, True), Watched(begin, begin + HOUR_MS, False), Watched(begin + HOUR_MS, NOW, True)]
    assert ["open", "broken"] == [months("internet", THREE_NINES, watched, one, "UTC", 1, NOW)[0].kept for one in ((), (lost,))]


def test_an_outage_from_before_the_looks_still_breaks_its_month():
    """The journal keeps it when the looks are long gone; an outage over months is told in each of them."""
    begin = to_ms(datetime(2026, 3, 20, tzinfo=UTC))
    long = Absence("x", "internet", "our-line", begin, begin + 60 * DAY_MS, 60 * 86_400, 0, "", begin)
    found = months("internet", THREE_NINES, (), [long], "UTC", 1, NOW)
    assert [("2026-11", "open"), ("2026-05", "broken"), ("2026-04", "broken"), ("2026-03", "broken")] == [
        (one.name, one.kept) for one in found
    ]
    assert 30 * DAY_MS == found[2].down_ms


def test_a_month_from_before_the_looks_gives_no_share():
    """Its looks are gone, in part or all: what is left of them would read as 0 %, or as a share of a few days."""
    begin = OCTOBER + DAY_MS
    lost = Absence("x", "internet", "our-line", begin, begin + HOUR_MS, 3_600, 0, "", begin)
    watched = [Watched(OCTOBER, begin, True), Watched(begin, begin + HOUR_MS, False), Watched(begin + HOUR_MS, NOW, True)]
    for days, spans in ((19, ()), (30, watched), (50, watched), (51, watched)):
        found = months("internet", THREE_NINES, spans, [lost], "UTC", days, NOW)[:2]
        assert [("2026-11", "open"), ("2026-10", "broken")] == [(one.name, one.kept) for one in found]
        assert (998_655 if days == 51 else None, days == 51) == (found[1].works_ppm, found[1].is_whole)


def test_months_are_the_shops():
    """In Helsinki October begins at 21:00 UTC of September's last day, and has an hour more at its end."""
    [found] = [one for one in months("internet", THREE_NINES, (), (), "Europe/Helsinki", 40, NOW) if one.name == "2026-10"]
    assert 31 * DAY_MS + HOUR_MS == found.unseen_ms


def test_whose_promise_it_is():
    """A log-in is its cloud's, the first line is the internet; nothing promised is no contract."""
    lines = [line_of("fibre carrier=Elisa"), line_of("mobile carrier=Telia")]
    services = [Service("cloud", "Cloud", 60, promised_ppm=995_000), Service("internet", "Net", 60, repair_h=8), Service("cards", "C", 60)]
    found = contracts(services, lines)
    assert {"cloud": Contract(995_000), "login": Contract(995_000), "internet": EIGHT_HOURS, "line-fibre": EIGHT_HOURS} == found


def test_causes_that_are_theirs_exist():
    """A name that no verdict uses would blame nobody."""
    assert set() == THEIRS - set(CAUSES)


def test_stretches_of_time():
    """Taken out of each other, and over short gaps."""
    assert [(0, 2), (3, 5), (8, 9)] == minus([(0, 5), (6, 9)], [(2, 3), (6, 8)])
    assert [] == minus([], [(2, 3)])
    assert [(1, 4)] == minus([(1, 4)], [])
    assert [(0, 120_002), (300_000, 300_001)] == bridged([(0, 1), (120_001, 120_002), (300_000, 300_001)])
