"""Looking over lines: real looks bound to the loopback, the cable, the line in use, tills. How often: test_line_rounds.py."""

import asyncio
import errno
import os
import struct
from datetime import timedelta

import pytest

from tideover.detect.line_rounds import Looks, Rounds
from tideover.detect.line_watch import LineWatch, looks_of
from tideover.detect.looks.addresses import Addresses
from tideover.detect.looks.carrier import CarrierProbe, changes
from tideover.detect.looks.route import default_routes, gateway_of, line_in_use, own_source
from tideover.detect.looks.tills_heard import FORGOTTEN_S, SILENT_S, TillsHeard
from tideover.detect.watch import Watch
from tideover.errors import Misconfigured
from tideover.model.line import Line, line_of
from tideover.model.outage import Observation
from tideover.settings import Settings
from tideover.world import RealWorld
from unit.detect.lookout import HandWorld
from unit.detect.neighbours import LOCAL, datagrams, names, web

FIBRE = Line("fibre", "lo")


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


def test_once_the_line_in_use_is_called_down_the_others_are_looked_at():
    """With every anchor, whatever was spent; until then a metered line in rest that missed its looks is doubted."""

    async def play():
        world, full = HandWorld(), []
        watch = Watch(None, world, Settings(lines=("fibre device=lo", "mobile device=lo metered")), [])
        lines = LineWatch([FIBRE, Line("mobile", "lo", is_metered=True)], settings(1, 2, 3), world, watch, lambda: "fibre")
        spare = lines._rounds["mobile"]
        await lines.turn()
        for number in range(5):
            world.pass_time(0.5)
            for name in ("fibre", "mobile") if number < 3 else ("fibre",):
                watch.hear_all([Observation(f"line-{name}", "anchor", at, False, world.now(), via=name) for at in "ABC"])
            full.append((any(one.is_full for one in spare.begin(1.0, "fibre")), sorted(watch.doubted())))
        await lines.shut()
        return full

    both = (False, ["fibre", "mobile"])
    assert [both, both, both, (True, ["mobile"]), (False, ["mobile"])] == asyncio.run(play())


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
