"""A single fault, whenever it comes: how many seconds until the right word stands on the wall, counted on a clock that jumps."""

import asyncio

import pytest

from tideover.detect.line_rounds import FAR_S
from tideover.settings import Settings
from unit.detect.clockwork import TWO_LINES, Shop, clockwork

FAIR_S = {TWO_LINES: 15.0, (): 61.0}  # Until what is usual is known.
STEP_S_MAX = 10.0
PHASES = (0.1, 1.2, 2.3, 3.4, 4.5)  # In which the fault meets the pauses of those that look.
LOST = ("anchor", "dns", "content", "cloud", "login", "card", "sip")  # What a dead line takes with it.

BOTH = [  # What breaks; service and cause; in a shop with one line the cause may be another.
    ({"cloud": "silent", "login": "silent"}, "cloud", "their-cloud"),
    ({"cloud": "refuses", "login": "refuses"}, "cloud", "their-cloud"),
    ({"cloud": "503"}, "cloud", "their-cloud"),
    ({"cloud": "slow", "login": "slow"}, "cloud", "their-slow"),
    ({"cloud": "slower"}, "cloud", "their-slow"),
    ({"login": "500"}, "login", "their-login"),
    ({"login": "silent"}, "login", "their-login"),
    ({"card": "silent"}, "cards", "their-cards"),
    ({"sip": "silent"}, "phones", "their-phones"),
    ({"dns": "silent"}, "dns", {TWO_LINES: "dns-nowhere", (): "dns-all"}),
    ({"printer": "silent"}, "printer", "our-printer"),
]
OVER_ONE = [
    (dict.fromkeys(LOST, "silent"), "internet", "our-line"),
    ({**dict.fromkeys(LOST, "silent"), "link": "silent"}, "internet", "line-router"),
    ({**dict.fromkeys(LOST, "silent"), "content": "portal"}, "internet", "portal"),
    ({"cloud": "silent"}, "cloud", "way-between"),
]


def story(lines, broken, phase, lasts_s, mended_s=None):
    """What was told when: seconds since the fault, and state and cause of each service."""

    async def play():
        shop, loop, breaks_s = Shop(Settings(lines=lines)), asyncio.get_running_loop(), FAIR_S[lines] + phase
        shop.over.look_now("mobile")
        loop.call_at(breaks_s, shop.broken.update, broken)
        if mended_s is not None:
            loop.call_at(breaks_s + mended_s, shop.broken.clear)
        await shop.lives(breaks_s + lasts_s)
        return [(at_s - breaks_s, states) for at_s, states in shop.told]

    with clockwork() as run:
        return run(play())


def seconds(lines, broken, service, cause):
    """Of each phase: after how many seconds that word stood there for good."""
    found = []
    for phase in PHASES:
        told = story(lines, broken, phase, STEP_S_MAX + 10.0)
        assert {"up", "unknown"} >= {state for state, _ in [states for at_s, states in told if at_s <= 0][-1].values()}, "a fair day"
        other = max((at_s for at_s, states in told if states.get(service, ("", ""))[1] != cause), default=0.0)
        found.append(min((at_s for at_s, _ in told if at_s > other), default=float("inf")))
    return [round(one, 2) for one in found]


@pytest.mark.parametrize(("broken", "service", "cause"), BOTH)
@pytest.mark.parametrize("lines", [TWO_LINES, ()], ids=["two lines", "no named line"])
def test_what_breaks_beyond_is_named_within_ten_seconds(lines, broken, service, cause):
    """With every look at its slowest, and whenever it comes."""
    told = seconds(lines, broken, service, cause if isinstance(cause, str) else cause[lines])
    assert max(told) <= STEP_S_MAX, told


@pytest.mark.parametrize("how", ["silent", "refuses"])
def test_nobody_is_sent_to_a_line_over_which_no_name_is_found(how):
    """Names die over both lines: the spare is asked first, and no step ever names it; over one line only, the way out is named soon."""
    both, one = steps_of({"dns": how}), steps_of({"fibre/dns": how})
    assert [] == [(at_s, told) for at_s, steps in both for told in steps.values() if "mobile" in told]
    assert "no name" in both[-1][1]["dns"]
    assert any("Move the shop to mobile" in steps["dns"] for at_s, steps in one if at_s <= STEP_S_MAX), one


def steps_of(broken):
    """Seconds since the fault, and what each service's next step was then."""

    async def play():
        shop, loop, breaks_s = Shop(Settings(lines=TWO_LINES)), asyncio.get_running_loop(), FAIR_S[TWO_LINES] + PHASES[0]
        shop.over.look_now("mobile")
        loop.call_at(breaks_s, shop.broken.update, broken)
        await shop.lives(breaks_s + STEP_S_MAX + 10.0)
        return [(at_s - breaks_s, steps) for at_s, steps in shop.steps if at_s > breaks_s]

    with clockwork() as run:
        return run(play())


@pytest.mark.parametrize(("broken", "service", "cause"), OVER_ONE)
def test_what_breaks_on_the_line_in_use_is_named_within_ten_seconds(broken, service, cause):
    """A dead line within two seconds of looks."""
    told = seconds(TWO_LINES, {f"fibre/{one}": how for one, how in broken.items()}, service, cause)
    assert max(told) <= (STEP_S_MAX if cause in ("portal", "way-between") else 2.0), told


def test_a_dead_line_without_a_name_is_named_within_ten_seconds():
    """Its router answers, nothing beyond does: each look waits for two seconds, and others are asked beside it."""
    told = seconds((), dict.fromkeys(LOST, "silent"), "internet", "our-line")
    assert max(told) <= STEP_S_MAX, told


@pytest.mark.parametrize("lines", [TWO_LINES, ()], ids=["two lines", "no named line"])
def test_a_second_of_silence_is_no_outage(lines):
    """Everything at once, or one thing of them: nothing is called down, whatever was asked anew meanwhile."""
    for broken in (dict.fromkeys(LOST, "silent"), {"cloud": "silent", "login": "silent"}, {"sip": "silent", "card": "silent"}):
        told = story(lines, broken, PHASES[2], 15.0, mended_s=1.0)
        assert not any("down" in {state for state, _ in states.values()} for _, states in told), broken


def test_what_is_down_is_not_pressed_for_ever():
    """Its silence opens no new question: each look is one of the usual rounds."""

    async def play():
        shop = Shop(Settings(lines=TWO_LINES))
        shop.broken |= {"card": "silent", "cloud": "silent"}
        await shop.lives(60.0)
        before = sum(one.looks for one in (*shop.loose, *shop.bound["fibre"]) if one.kind in ("card", "cloud"))
        await shop.lives(60.0)
        return sum(one.looks for one in (*shop.loose, *shop.bound["fibre"]) if one.kind in ("card", "cloud")) - before

    with clockwork() as run:
        assert run(play()) <= 2 * (60 / FAR_S + 60 / 5 + 4)


def test_a_metered_line_in_use_costs_a_few_megabytes_a_day():
    """By the price of each look that goes out over it, bound to it or to none; half an hour in which cards fail costs no fortune."""

    async def play():
        shop, costs = Shop(Settings(lines=TWO_LINES)), []
        shop.in_use = "mobile"
        await shop.lives(120.0)
        for broken in ({}, {"card": "refuses"}):
            shop.broken |= broken
            before = shop.paid("mobile")
            await shop.lives(1_800.0)
            costs.append(shop.paid("mobile") - before)
        return costs, shop.told[-1][1]["cards"]

    with clockwork() as run:
        (fair, failing), cards = run(play())
    assert fair * 48 <= 11_000_000, fair
    assert failing <= 2_000_000, failing
    assert ("down", "cards-way") == cards or ("down", "their-cards") == cards
