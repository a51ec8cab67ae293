"""A situation from its first second to its last, on a clock that jumps: word and step on the wall in time, one word in the log each way."""

import asyncio

import pytest

from tideover.detect.record.spells import HOLD_S, Away, Back
from tideover.model.outage import SLOW_CAUSES
from tideover.settings import Settings
from unit.detect.clockwork import TWO_LINES, Shop, clockwork
from unit.detect.test_ten_seconds import BOTH, FAIR_S, OVER_ONE, PHASES, STEP_S_MAX

LASTS_S = 40.0
PAUSE_S = 5.0  # Between two looks at what rests.
STEPS = {
    "their-cloud": "Restarting anything here does not help. Keep serving",
    "their-slow": "Press once and wait. Restarting anything here does not help.",
    "their-login": "Do not log out anywhere.",
    "their-cards": "Restarting the terminal does not help.",
    "their-phones": "Divert the shop's number",
    "dns-nowhere": "Keep serving, and close nothing that is open. Another line does not help",
    "dns-all": "Restart the router once.",
    "our-printer": "Look at its paper",
    "our-line": "Keep serving. Do not restart the router more than once.",
}
NOBODY = {"our-line", "beyond-our-line"}  # On the way back: its router answers first; whose fault it was is not known any more.
SITUATIONS = [(lines, broken, service, cause) for lines in (TWO_LINES, ()) for broken, service, cause in BOTH]
SITUATIONS += [(TWO_LINES, {f"fibre/{what}": how for what, how in broken.items()}, service, cause) for broken, service, cause in OVER_ONE]
SITUATIONS += [((), broken, service, cause) for broken, service, cause in OVER_ONE[:1]]


def down(shop, after_s, until_s):
    """What was called down then, and why."""
    told = [states for at_s, states in shop.told if after_s < at_s <= until_s]
    return {(service, why) for states in told for service, (state, why) in states.items() if state == "down"}


def played(lines, broken):
    """The shop after a fault that lasted, and when it began."""

    async def play():
        shop, loop, breaks_s = Shop(Settings(lines=lines)), asyncio.get_running_loop(), FAIR_S[lines] + PHASES[2]
        shop.over.look_now("mobile")
        loop.call_at(breaks_s, shop.broken.update, broken)
        loop.call_at(breaks_s + LASTS_S, shop.broken.clear)
        await shop.lives(breaks_s + LASTS_S + HOLD_S + 15.0)
        return shop, breaks_s

    with clockwork() as run:
        return run(play())


@pytest.mark.parametrize(("lines", "broken", "service", "cause"), SITUATIONS)
def test_a_situation_from_its_first_second_to_its_last(lines, broken, service, cause):
    """The right step in time and for as long as it lasts; afterwards nobody is blamed, and the log says once each way how long it was."""
    cause = cause if isinstance(cause, str) else cause[lines]
    shop, breaks_s = played(lines, broken)
    steps = [(at_s - breaks_s, told[service]) for at_s, told in shop.steps if service in told]
    wanted = STEPS.get(cause, "Move the shop to mobile") if not (lines and cause == "our-line") else "Move the shop to mobile"
    assert any(at_s <= STEP_S_MAX and step.startswith(wanted) for at_s, step in steps if at_s > 0), steps
    assert all(step.startswith(wanted) for at_s, step in steps if STEP_S_MAX < at_s <= LASTS_S), steps

    known, blamed = down(shop, 0.0, breaks_s + LASTS_S), down(shop, breaks_s + LASTS_S, float("inf"))
    assert {one for one, _ in blamed} <= {one for one, _ in known}
    assert {why for _, why in blamed} <= {why for _, why in known} | NOBODY, blamed - known

    roots = set() if cause in SLOW_CAUSES else {service, "line-fibre"} if lines and service == "internet" else {service}
    away = [(one.service, one.cause) for one in shop.words if isinstance(one, Away)]
    back = {one.service: one.lasted_s for one in shop.words if isinstance(one, Back)}
    assert sorted((one, cause) for one in roots) == sorted(away)
    assert roots == set(back)
    assert all(abs(lasted_s - LASTS_S) <= PAUSE_S for lasted_s in back.values()), back
