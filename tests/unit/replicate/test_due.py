"""What is pulled when."""

from datetime import UTC, datetime, timedelta

import pytest

from tideover.copies.freshness import Freshness
from tideover.replicate.due import Due, due_now, last_night, next_after_failure, next_after_good, next_night

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def state(dataset="items", due_s=None, failures=0, whole_at=NIGHT, cursor="1"):
    """A copy that is due in `due_s` seconds."""
    return Freshness(
        dataset=dataset,
        as_of=NIGHT,
        age_s=0.0,
        count=1,
        cursor=cursor,
        hash="",
        error=None,
        next_due=None if due_s is None else NOW + timedelta(seconds=due_s),
        whole_at=whole_at,
        failures=failures,
    )


def due(*states, hinted=()):
    return due_now(states, frozenset(hinted), NOW, 600, NIGHT)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (state(), [Due("items", False)]),
        (state(due_s=0), [Due("items", False)]),
        (state(due_s=1), []),
        (state(due_s=0, whole_at=None), [Due("items", True)]),
        (state(due_s=0, cursor=None), [Due("items", True)]),
        (state(due_s=0, whole_at=NIGHT - timedelta(seconds=1)), [Due("items", True)]),
        (state(due_s=-5, failures=2), [Due("items", False)]),
        (state(due_s=-5, failures=3), [Due("items", True)]),
        (state(due_s=86_400), [Due("items", False)]),
    ],
)
def test_when_and_how_a_copy_is_pulled(given, expected):
    """On its time; whole at first, after the night, and when the cursor keeps failing; a plan from a wrong clock is dropped."""
    assert expected == due(given)


def test_hint_pulls_at_once():
    """A copy that something says has changed does not wait for its time."""
    assert [Due("stock", False)] == due(state(due_s=300), state("stock", due_s=300), hinted=["stock"])


def test_broken_copies_come_last():
    """One that keeps failing never holds up the others."""
    order = due(state("items", -50, failures=2), state("stock", -10), state("customers", -20))
    assert ["customers", "stock", "items"] == [one.dataset for one in order]


@pytest.mark.parametrize(
    ("failures", "retry_after_s", "expected_s"),
    [(1, None, 10), (2, None, 20), (4, None, 80), (50, None, 600), (1, 90, 90), (1, 99_999, 600), (2, 1, 20)],
)
def test_failed_pulls_are_tried_again_soon_then_less_often(failures, retry_after_s, expected_s):
    """Doubling from ten seconds to the interval; a cloud that asks to wait is heeded, up to the interval."""
    assert NOW + timedelta(seconds=expected_s) == next_after_failure(NOW, 600, failures, retry_after_s)


def test_night_comes_before_a_long_interval():
    """The nightly whole pull does not wait for a daily interval."""
    night = NOW + timedelta(hours=2)
    assert (night, NOW + timedelta(seconds=600)) == (next_after_good(NOW, 86_400, night), next_after_good(NOW, 600, night))


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        ("2026-11-20T12:00", "2026-11-20T01:00", "2026-11-21T01:00"),
        ("2026-11-20T00:59", "2026-11-19T01:00", "2026-11-20T01:00"),
        ("2026-11-20T01:00", "2026-11-20T01:00", "2026-11-21T01:00"),
        ("2026-03-29T12:00", "2026-03-29T01:00", "2026-03-30T00:00"),  # Clocks go forward over 03:00 that night.
        ("2026-10-25T12:00", "2026-10-25T00:00", "2026-10-26T01:00"),  # 03:00 comes twice that night.
    ],
)
def test_nights_follow_the_shops_clock(now, last, following):
    """03:00 in Helsinki, in summer, in winter and in the nights between."""
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = (last_night(at, "03:00", "Europe/Helsinki"), next_night(at, "03:00", "Europe/Helsinki"))
    assert (last, following) == tuple(one.strftime("%Y-%m-%dT%H:%M") for one in found)
