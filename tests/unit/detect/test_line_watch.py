"""The quick rounds over lines: how often, with what, at what cost; and real looks bound to the loopback."""

import asyncio
import errno
import os
import struct
import types
from datetime import timedelta

import pytest

from tideover.detect.addresses import Addresses
from tideover.detect.carrier import CarrierProbe, changes
from tideover.detect.line_rounds import BESIDE_MAX, COST_BYTES, DOUBT_S, FAR_BESIDE_MAX, HURRY_ROUNDS, PURSE_BYTES, QUICK_S, Looks, Rounds
from tideover.detect.line_watch import LineWatch, looks_of
from tideover.detect.route import default_routes, gateway_of, line_in_use, own_source
from tideover.detect.tills_heard import FORGOTTEN_S, SILENT_S, TillsHeard
from tideover.detect.watch import Watch
from tideover.errors import Misconfigured
from tideover.model.line import Line, line_of
from tideover.model.outage import Observation
from tideover.settings import Settings
from tideover.world import RealWorld
from unit.detect.lookout import FRIDAY, HandWorld
from unit.detect.neighbours import LOCAL, datagrams, names, web

MONTH_S = 30 * 86_400
FIBRE = Line("fibre", "lo")
MOBILE = Line("mobile", "lo", is_metered=True)


def probe(kind, name):
    return types.SimpleNamespace(kind=kind, name=name)


LOOKS = Looks(
    (probe("carrier", "eth0"), probe("link", "the router")),
    tuple(probe("anchor", name) for name in "ABC"),
    (probe("dns", "the provider's"),),
    tuple(probe(kind, kind) for kind in ("cloud", "login", "content", "card", "sip")),
)


def ended(rounds, one, at_s, ok=True):
    """That round is over: every look in it saw the same."""
    one.seen += [Observation("x", look.kind, look.name, ok, FRIDAY) for look in one.probes]
    rounds.took_in(one, at_s)


def play(rounds, seconds, in_use, ok=True, lasts_s=0.02, from_s=0.0):
    """What began at which second, on a line that answers, or is dead: then each round lasts its half second."""
    at_s, began, running = from_s, [], []
    while at_s < from_s + seconds:
        for one in [one for one in running if one[0] <= at_s]:
            running.remove(one)
            ended(rounds, one[1], at_s, ok)
        for one in rounds.begin(at_s, in_use):
            began.append(one)
            running.append((at_s + (lasts_s if ok else 0.5), one))
        due_s = min([rounds.due_s(in_use), *(one[0] for one in running)])
        at_s = max(at_s + 0.001, due_s)
    for _, one in running:
        ended(rounds, one, at_s, ok)
    return began


def quick(began):
    return [one for one in began if not one.is_far]


# How often ----------------------------------------------------------------------------------------------


def test_the_line_in_use_is_looked_at_twice_a_second():
    """All anchors, the router and the name server; what lies beyond every five seconds."""
    began = play(Rounds(FIBRE, LOOKS, 0.0), 10, "fibre")
    assert 20 == len(quick(began))
    assert {6} == {len(one.probes) for one in quick(began)}
    assert 2 == len(began) - 20


def test_a_spare_line_is_looked_at_every_few_seconds():
    """After it was made sure of once."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    play(rounds, 10, "other")
    assert 12 == len(quick(play(rounds, 60, "other", from_s=10.0)))


def test_a_dead_line_is_looked_at_four_times_within_two_seconds():
    """Nobody answers: the next round begins before the first is over, and only so many run beside each other."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    play(rounds, 10, "fibre")
    began = quick(play(rounds, 3, "fibre", ok=False, from_s=10.0))
    starts = [one.began_s - 10.0 for one in began]
    assert starts[3] + 0.5 <= 4 * QUICK_S - DOUBT_S, starts
    open_at_once = max(sum(a <= at < a + 0.5 for a in starts) for at in starts)
    assert open_at_once <= BESIDE_MAX


def test_rounds_do_not_pile_up_when_nothing_ends():
    """A machine that is late begins no more of them."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    begun = [one for tenth in range(200) for one in rounds.begin(tenth / 10, "fibre")]
    assert BESIDE_MAX == len(quick(begun))
    assert FAR_BESIDE_MAX == len(begun) - BESIDE_MAX


def test_a_change_is_made_sure_of_in_full_rounds():
    """A metered line that answers again is looked at with every anchor until it is sure, then sparingly."""
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    play(rounds, 2, "mobile", ok=False)
    began = quick(play(rounds, 30, "mobile", from_s=10.0))
    assert HURRY_ROUNDS <= sum(one.is_full for one in began) <= HURRY_ROUNDS + 2
    assert not began[-1].is_full


# What it costs -------------------------------------------------------------------------------------------


def test_a_metered_spare_costs_less_than_ten_megabytes_a_month():
    """By the packets of each look; with a quarter of an hour of doubt a day on top."""
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    play(rounds, MONTH_S, "fibre")
    assert 1_000_000 < rounds.spent_bytes < 6_000_000
    for day in range(30):
        rounds.hurry(MONTH_S + day, only_if_old=True)
        play(rounds, 900, "fibre", from_s=MONTH_S + day * 1_000.0)
    assert rounds.spent_bytes < 10_000_000, rounds.spent_bytes


def test_a_metered_spare_is_looked_at_with_one_thing_at_a_time():
    """An anchor, the name server, the next anchor; the cable is free."""
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    began = quick(play(rounds, 2_000, "fibre"))
    assert ["A", "the provider's", "B", "the provider's", "C"] == [one.probes[-1].name for one in began[:5]]
    assert {2} == {len(one.probes) for one in began}


def test_a_metered_spare_is_looked_at_once_the_line_in_use_is_silent():
    """With every anchor, unless it was a moment ago; what it may spend on that is bounded, and then it is asked once a minute."""
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    ended(rounds, rounds.begin(0.0, "fibre")[0], 10.0)
    rounds.hurry(11.0, only_if_old=True)
    assert [] == rounds.begin(11.0, "fibre")
    rounds.hurry(30.0, only_if_old=True)
    assert {"A", "B", "C"} <= {one.name for one in rounds.begin(30.0, "fibre")[0].probes}
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    for minute in range(60):
        for second in (10.0, 20.0, 30.0):
            rounds.hurry(minute * 60 + second, only_if_old=True)
            play(rounds, 9.0, "fibre", from_s=minute * 60 + second)
    assert rounds.spent_bytes < PURSE_BYTES + 60 * HURRY_ROUNDS * 2_000


def test_a_question_is_asked_again_within_a_second():
    """Beside looks that still wait, and only about what is in doubt; without a question nothing more is looked at."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    play(rounds, 10, "fibre")
    calm = [one for tenth in range(100, 130) for one in rounds.begin(tenth / 10, "fibre") if one.is_far]
    assert all(not one.is_asked for one in calm if one.began_s < 10.7), calm
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    play(rounds, 10, "fibre")
    asked = [one for tenth in range(101, 132) for one in rounds.begin(tenth / 10, "fibre", frozenset({"cloud"})) if one.is_asked]
    assert [["cloud"]] * 3 == [[probe.name for probe in one.probes] for one in asked]
    assert rounds.due_s("fibre", frozenset({"cloud"})) <= 14.0


def test_questions_about_a_metered_spare_are_bounded_by_the_month():
    """A vendor that comes and goes all day long costs the spare no more than its purse."""
    rounds, at_s, total = Rounds(MOBILE, LOOKS, 0.0), 0.0, 0
    for _ in range(86_400):
        for one in rounds.begin(at_s, "fibre", frozenset({"cloud", "anchor"})):
            total += sum(COST_BYTES[probe.kind] for probe in one.probes) if one.is_asked else 0
            ended(rounds, one, at_s)
        at_s += 1.0
    assert 50_000 < total <= PURSE_BYTES + 86_400 * 1.0


def test_a_line_that_cannot_be_bound_is_left_alone():
    """The shop's router holds it: whatever we sent would go over the line in use and prove nothing."""
    looks = looks_of(Line("mobile"), Settings(anchors=("192.0.2.1:443",)), RealWorld(), Addresses(RealWorld()))
    assert looks.is_empty
    assert [] == Rounds(Line("mobile"), looks, 0.0).begin(0.0, "mobile")


# Real looks ----------------------------------------------------------------------------------------------


def settings(*ports, **more):
    return Settings(anchors=tuple(f"{LOCAL}:{port}" for port in ports), **more)


async def turned(lines, until, seconds=8.0):
    """Turn it as the box does until that is so."""
    async with asyncio.timeout(seconds):
        while not until():
            await lines.wake_or(await lines.turn())


class Turned(LineWatch):
    """With the supervisor's pause."""

    async def wake_or(self, seconds):
        await self._world.pause(min(seconds, 1.0), self.wake)


def test_a_real_line_dies_and_is_noticed():
    """Anchors on the loopback stop answering: the line is down, the bell rings, no socket is left."""

    async def play():
        world, rung = RealWorld(), []
        watch = Watch(None, world, Settings(), [])
        async with web(b"") as a, web(b"") as b, datagrams(names()) as (c, _):
            line = Line("fibre", "lo", gateway=LOCAL, dns=(f"{LOCAL}:{c}",))
            lines = Turned([line], settings(a, b), world, watch, lambda: "fibre")
            lines.on_change(lambda: rung.append(state()))

            def state():
                return next((one.state for one in watch.verdicts() if one.service == "line-fibre"), "")

            await turned(lines, lambda: state() == "up")
            assert "fibre" == lines.in_use
        before = len(watch.latest())
        await turned(lines, lambda: state() == "down")
        looks = [one for one in watch.latest()[: len(watch.latest()) - before] if one.kind == "anchor"]
        await lines.shut()
        kinds = {one.kind for one in watch.latest()}
        return rung, len(looks), kinds, len(asyncio.all_tasks())

    rung, looks, kinds, tasks = asyncio.run(play())
    assert ["up", "down"] == [rung[0], rung[-1]]
    assert looks <= 2 * 8, "four rounds of two anchors, and those beside them"
    assert {"carrier", "link", "anchor", "dns"} <= kinds
    assert 1 == tasks


def test_looking_leaves_nothing_open():
    """Neither sockets nor tasks, whatever was going on."""

    async def play():
        world = RealWorld()
        before = len(os.listdir("/proc/self/fd"))
        lines = Turned([FIBRE], settings(1, 2, 3), world, Watch(None, world, Settings(), []), lambda: "")
        for _ in range(8):
            await lines.wake_or(await lines.turn())
        await lines.shut()
        return before, len(os.listdir("/proc/self/fd"))

    before, after = asyncio.run(play())
    assert before == after


def test_without_lines_it_sleeps():
    """Nothing is looked at and nothing is listened to."""

    async def play():
        lines = LineWatch([], settings(1), RealWorld(), Watch(None, RealWorld(), Settings(), []), lambda: "")
        return await lines.turn(), lines.spent_bytes

    assert (3_600.0, {}) == asyncio.run(play())


def test_a_defect_in_a_look_is_told_to_the_supervisor():
    """It is raised in the next turn, and the line is looked at again."""

    class Broken:
        kind, name, timeout_s = "anchor", "A", 1.0

        async def look(self):
            raise ZeroDivisionError

    async def play():
        world = RealWorld()
        lines = Turned([FIBRE], settings(), world, Watch(None, world, Settings(), []), lambda: "")
        lines._rounds["fibre"] = Rounds(FIBRE, Looks(anchors=(Broken(),)), world.stopwatch_s())
        with pytest.raises(ZeroDivisionError):
            await turned(lines, lambda: False)
        await lines.shut()

    asyncio.run(play())


@pytest.mark.parametrize("wrong", [{"dns": ("dns.example",)}, {"dns": ("x:53",)}])
def test_a_provider_s_name_server_needs_an_address(wrong):
    """A name would need a name server to be found."""
    with pytest.raises(Misconfigured):
        looks_of(Line("fibre", "lo", **wrong), Settings(), RealWorld(), Addresses(RealWorld()))


# The cable -----------------------------------------------------------------------------------------------


def test_the_cable_s_own_word():
    """Connected, out, switched off, gone, and a system that does not tell."""
    known = {"in": 0x41, "out": 0x01, "off": 0x40}

    def flags_of(device):
        if device not in known:
            raise OSError(errno.ENODEV if device == "gone" else errno.EPERM, device)
        return known[device]

    def look(device, platform="linux", ask=flags_of):
        found = asyncio.run(CarrierProbe(device, RealWorld(), "fibre", platform, ask).look())
        return found.service, found.via, found.ok, found.text

    assert ("line-fibre", "fibre", True, "the cable is connected") == look("in")
    assert (False, "no signal on the cable") == look("out")[2:]
    assert (False, "the network device is switched off") == look("off")[2:]
    assert (False, "the network device is gone") == look("gone")[2:]
    assert (False, "the network device is gone") == look("nothing0", ask=None)[2:]
    assert (True, "the cable is connected") == look("lo", ask=None)[2:]
    for elsewhere in (look("in", "darwin"), look("in", "win32"), look("hidden")):
        assert (None, "this system does not tell") == elsewhere[2:]


def message(kind, flags, name, carrier=None):
    """One message of the kernel about a network device."""
    parts = struct.pack("=HH", 4 + len(name) + 1, 3) + name.encode() + b"\0"
    parts += b"\0" * (-len(parts) % 4)
    if carrier is not None:
        parts += struct.pack("=HHB3x", 5, 33, carrier)
    return struct.pack("=IHHII", 32 + len(parts), kind, 0, 0, 0) + struct.pack("=BxHiII", 0, 1, 7, flags, 0) + parts


def test_messages_of_the_kernel():
    """Plug in, plug out, switched off, pulled out; what is cut short or of another kind says nothing."""
    up, lower = 0x1, 0x10000
    told = b"".join([message(16, up | lower, "eth0", 1), message(16, up, "eth0", 0), message(16, 0, "eth0"), message(17, up, "wwan0")])
    expected = [
        ("eth0", True, "the cable is connected"),
        ("eth0", False, "no signal on the cable"),
        ("eth0", False, "the network device is switched off"),
        ("wwan0", False, "the network device is gone"),
    ]
    assert expected == list(changes(told))
    assert [] == list(changes(told[:20])) + list(changes(message(20, up, "eth0"))) + list(changes(b"\0" * 40))


# The line in use -----------------------------------------------------------------------------------------

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wan2\t00000000\t0102000A\t0003\t0\t0\t200\t00000000\t0\t0\t0
wan1\t00000000\t0101000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
lan0\t0008A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""
NONE = "0" * 32
SIX = f"{NONE} 00 {NONE} 00 fe800000000000000000000000000001 00000400 0 0 00000003 wan6\n"


def test_the_line_that_the_default_route_takes(tmp_path):
    """The lowest metric wins, IPv4 before IPv6; a device that no line names is no line."""
    (tmp_path / "route").write_text(ROUTES)
    (tmp_path / "ipv6_route").write_text(SIX)
    one, two, six = line_of("fibre device=wan1"), line_of("mobile device=wan2"), line_of("six device=wan6")
    assert ["wan1", "wan2", "wan6"] == [route.device for route in default_routes(tmp_path)]
    assert ["10.0.1.1", "fe80::1", ""] == [gateway_of(device, tmp_path) for device in ("wan1", "wan6", "lan0")]
    assert "fibre" == line_in_use([two, one], "linux", tmp_path)
    assert "mobile" == line_in_use([two, six], "linux", tmp_path)
    assert "" == line_in_use([line_of("other device=eth9")], "linux", tmp_path)
    assert "" == line_in_use([one], "linux", tmp_path / "none")


def test_two_lines_on_one_device_are_told_apart_by_their_router(tmp_path):
    """Two routers in one network: the gateway says which."""
    (tmp_path / "route").write_text(ROUTES)
    lines = [line_of("a device=wan1 gateway=10.0.1.9"), line_of("b device=wan1 gateway=10.0.1.1")]
    assert "b" == line_in_use(lines, "linux", tmp_path)


def test_elsewhere_our_own_address_tells():
    """Where there are no such tables, a socket that sends nothing does."""
    ours = own_source()
    lines = [line_of("a source=192.0.2.77"), *([line_of(f"b source={ours}")] if ours else [])]
    assert ("b" if ours else "") == line_in_use(lines, "darwin")


# Tills ---------------------------------------------------------------------------------------------------


def heard_tills():
    world, told = HandWorld(), []
    return world, told, TillsHeard(world, told.extend, lambda till: f"Till {till}")


def test_a_till_that_falls_silent_while_it_was_asking():
    """Heard again and again, then not: told; back again: told at once."""
    world, told, tills = heard_tills()
    for _ in range(10):
        tills.heard("1")
        world.pass_time(5)
    assert ["Till 1"] * 2 == [one.target for one in told]
    world.pass_time(SILENT_S)
    tills.turn()
    assert (False, f"not heard for {SILENT_S + 5:.0f} s") == (told[-1].ok, told[-1].text)
    tills.heard("1")
    assert True is told[-1].ok


def test_a_till_that_was_put_away_is_no_alarm():
    """Silent for ten minutes: forgotten; heard once or twice: it was never counted on."""
    world, told, tills = heard_tills()
    for _ in range(5):
        tills.heard("1")
        world.pass_time(5)
    world.pass_time(SILENT_S)
    told.clear()
    tills.heard("2")
    world.pass_time(SILENT_S + 1)
    tills.turn()
    assert {"Till 1"} == {one.target for one in told if one.ok is False}
    told.clear()
    world.pass_time(FORGOTTEN_S + 1)
    assert SILENT_S == tills.turn()
    assert [] == [one for one in told if one.ok is False]


def test_a_slow_till_may_be_slow():
    """A tab in the background asks every minute or two: three of its own pauses are its silence."""
    world, told, tills = heard_tills()
    for _ in range(6):
        tills.heard("1")
        world.pass_time(100)
    tills.turn()
    assert [] == [one for one in told if one.ok is False]
    world.at += timedelta(seconds=250)
    tills.turn()
    assert [False] == [one.ok for one in told if one.ok is False]
