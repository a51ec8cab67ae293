"""A metered line in use: what is looked at rarely there counts for as long as it is not looked at, and nothing turns in haste for it."""

import asyncio

from tideover.detect.line_rounds import Looks, Rounds
from tideover.detect.watch import RELOOK_S
from tideover.detect.ways import Ways
from tideover.model.outage import Observation
from tideover.settings import Settings
from unit.detect.clockwork import TWO_LINES, Shop, clockwork

HELD_BY_ROUTER = ("fibre carrier=Elisa", "mobile carrier=Telia metered")
BEYOND = ("cloud", "login", "cards", "phones")


def router_shop():
    """The shop's router holds the lines: this machine can be bound to none of them."""
    shop = Shop(Settings(lines=HELD_BY_ROUTER))
    for line in shop.lines:
        shop.bound[line.name] = []
        shop.over._rounds[line.name] = Rounds(line, Looks(), shop.world.stopwatch_s())
    return shop


def test_what_a_metered_line_carries_is_known_between_two_looks():
    """The router holds the lines: what lies beyond is looked at each ten minutes, and its word stands all the while."""

    async def play():
        shop = router_shop()
        shop.in_use = "mobile"
        await shop.lives(1_500.0)
        early = max(at_s for at_s, states in shop.told if any(states.get(one, ("unknown",))[0] != "up" for one in BEYOND))
        last = shop.told[-1][1]
        return early, {one: last.get(one, ("unknown",))[0] for one in BEYOND}

    with clockwork() as run:
        early, states = run(play())
    assert dict.fromkeys(BEYOND, "up") == states
    assert early < 10.0


def test_a_good_look_over_the_line_before_spares_none_over_this_one():
    """A person moves the shop at its router: the metered line's own word is asked for at once, not after ten minutes."""

    async def play():
        shop, loop = router_shop(), asyncio.get_running_loop()
        shop.watch.ways = lambda: Ways(shop.lines, shop.in_use)
        shop.broken["mobile/cloud"] = "silent"
        loop.call_at(119.0, setattr, shop, "in_use", "mobile")
        await shop.lives(150.0)
        return shop.told[-1][1]["cloud"][0]

    with clockwork() as run:
        assert "down" == run(play())


def test_what_failed_as_the_line_died_turns_nothing_for_ever():
    """The fibre dies, the shop moves to the metered line within a second: what failed unbound is not looked at there any more."""

    async def play():
        shop, loop = Shop(Settings(lines=TWO_LINES)), asyncio.get_running_loop()
        shop.over.look_now("mobile")
        shop.watch.ways = lambda: Ways(shop.lines, shop.in_use)  # As whoever moves the shop says it.

        def dies():
            shop.broken |= {f"fibre/{kind}": "refuses" for kind in ("anchor", "dns", "content", "cloud", "login", "card", "sip")}

        loop.call_at(119.0, dies)
        loop.call_at(120.6, setattr, shop, "in_use", "mobile")
        await shop.lives(300.0)
        left = [one.kind for one in shop.watch.sights.values() if not one.via and one.failing and one.state != "down"]
        return left, shop.watch.due_s

    with clockwork() as run:
        left, due_s = run(play())
    assert left, "nothing was left half judged: the scene shows nothing"
    assert due_s > RELOOK_S


def test_a_look_over_the_other_line_silences_no_failing_call():
    """The cloud answers over the spare; the call failed over the line in use, and there the front door is looked at."""

    async def play():
        shop = Shop(Settings(lines=TWO_LINES))
        await shop.lives(33.0)
        cloud = next(one for one in shop.loose if one.kind == "cloud")
        shop.watch.hear(Observation("cloud", "call", "practice", False, shop.world.now(), "503"))
        await asyncio.sleep(0.1)
        shop.watch.hear(Observation("line-mobile", "cloud", "the cloud", True, shop.world.now(), "answers", via="mobile"))
        looks = cloud.looks
        await shop.watch.turn()
        return cloud.looks - looks

    with clockwork() as run:
        assert 1 == run(play())
