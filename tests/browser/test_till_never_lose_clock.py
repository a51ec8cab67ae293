"""What time it is at a till whose clock is wrong: trading days are right, staff are told, nothing is lost. Only the page's clock moves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from browser.counter import Desk, reads, screens, sell, sent, when
from tideover.world import to_ms

pytestmark = pytest.mark.xdist_group("till")

DAY_MS = 86_400_000

# The device's clock: what `shift_ms` says it is off by, kept over a reload; its ticking counter is the browser's own.
SHIFT = """
globalThis.shiftOf = () => Number(localStorage.getItem("shift_ms") ?? 0);
const real = Date.now.bind(Date);
Date.now = () => real() + shiftOf();
"""


def shifted(page: Any, ms: int) -> None:
    page.evaluate("(ms) => localStorage.setItem('shift_ms', String(ms))", ms)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_a_day_off_is_told_and_corrected(desk: Desk, browser: Any, days: int) -> None:
    """With the box here, and after a start with the box away: the shop's own day and time, not the device's."""
    browser.add_init_script(SHIFT)
    page = desk.page(browser)
    shifted(page, days * DAY_MS)
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'enrol'")
    desk.enrol(page)
    assert desk.sign_in(page) is None
    when(page, f"till.state.clock !== null && Math.abs(till.state.clock.off_s - {days * 86_400}) < 60 && till.state.clock.sure")
    today = page.evaluate("till.day")
    made = sell(page)
    sent(page)
    standing = next(one for one in desk.entries() if one["id"] == made[0]["id"])
    assert today == standing["trading_day"] == trading_day()
    assert abs(standing["happened_at"] - now_ms()) < 60_000
    when(page, "navigator.serviceWorker.controller !== null")
    desk.line.away = True
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert desk.sign_in(page) is None
    assert today == sell(page)[0]["day"]
    assert page.evaluate("till.state.clock !== null")
    desk.line.away = False
    sent(page)


def test_a_clock_that_is_put_back_while_the_box_is_away_is_not_followed(desk: Desk, browser: Any) -> None:
    """In mid-day, and while the till was closed: time does not go backwards, and staff are told that it is in doubt."""
    browser.add_init_script(SHIFT)
    page = desk.till(browser)
    first = sell(page)[0]
    when(page, "navigator.serviceWorker.controller !== null")
    desk.line.away = True
    when(page, "till.state.box === 'away'")
    shifted(page, -DAY_MS)
    assert first["day"] == sell(page)[0]["day"]
    when(page, "till.state.clock?.off_s < -80000 && !till.state.clock.sure")
    page.reload()
    when(page, "globalThis.till && till.state.phase === 'sign-in'")
    assert desk.sign_in(page) is None
    assert first["day"] == sell(page)[0]["day"]
    assert page.evaluate("till.state.clock?.sure === false")
    desk.line.away = False
    sent(page)
    when(page, "till.state.clock?.sure === true")


def test_a_clock_that_jumps_ahead_is_told(desk: Desk, browser: Any) -> None:
    """The machine may have slept, so it is followed; staff are asked to look, and the box puts it right."""
    browser.add_init_script(SHIFT)
    page = desk.till(browser)
    screens(page)
    desk.line.away = True
    when(page, "till.state.box === 'away'")
    shifted(page, DAY_MS)
    made = sell(page)
    when(page, "till.state.clock?.off_s > 80000 && !till.state.clock.sure")
    page.click("[data-sign=clock]:has-text('Clock is wrong')")
    reads(page, "ahead of the box", "Set this device's clock. Sales keep both times: this device's and the box's.")
    desk.line.away = False
    sent(page)
    when(page, "till.state.clock?.sure === true")
    assert made[0]["day"] > sell(page)[0]["day"] == trading_day()
    sent(page)


TURNS = (
    ("2026-11-20T21:59:30Z", "2026-11-20"),  # 23:59:30 in Helsinki.
    ("2026-11-20T22:00:30Z", "2026-11-20"),  # After midnight, before the day turns.
    ("2026-11-21T01:59:59Z", "2026-11-20"),
    ("2026-11-21T02:00:05Z", "2026-11-21"),  # 04:00: the day turns.
    ("2026-03-29T00:59:50Z", "2026-03-28"),  # 02:59:50 of the spring night whose hour from three to four is not there.
    ("2026-03-29T01:00:05Z", "2026-03-29"),  # 04:00 of it.
    ("2026-10-25T00:30:00Z", "2026-10-24"),  # 03:30, the first time …
    ("2026-10-25T01:30:00Z", "2026-10-24"),  # … and the second.
    ("2026-10-25T02:00:05Z", "2026-10-25"),
)


def test_the_trading_day_turns_in_the_shops_zone(desk: Desk, browser: Any) -> None:
    """Across midnight and both changes of the clocks, by the box's time, on a device that is months off."""
    page = desk.till(browser)
    for at, day in TURNS:
        now = to_ms(datetime.fromisoformat(at).astimezone(UTC))
        desk.line.edit = lambda path, told, now=now: {**told, "now": now} if path == "/v1/till/standing" else told
        page.evaluate("till.errands.look().then(() => till.errands.look())")
        assert (at, day) == (at, sell(page)[0]["day"])
    sent(page)


def now_ms() -> int:
    from bad_luck.box import WORLD

    return to_ms(WORLD.now())


def trading_day() -> str:
    from bad_luck.box import WORLD
    from tideover.rules.calendar import trading_day as day_of

    return day_of(WORLD.now(), "Europe/Helsinki", "04:00")
