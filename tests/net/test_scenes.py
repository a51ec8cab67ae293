"""Every scene in the lab: a real box looks at real networking while something breaks; the wall says the right word and the right step.

The scenes are played some at a time, all of them before the first test asks. How fast it was is bench/failover.py's matter, and by which
mechanism it is fast enough is counted in tests/unit/detect/test_ten_seconds.py; what the log then says, and how long it was, in
test_told_log.py beside it: here it would take a minute for each. Each situation of the issue's list stands here, or there:

    cable pulled · provider dead behind a live gateway · TCP only       scenes.py; moved: test_switching.py, test_armed.py
    provider's DNS · all DNS · captive portal · unpaid-bill page        scenes.py
    10 and 20 % loss at random                                          scenes.py
    … in bursts                                                         scenes.py; whole days: unit/detect/test_lossy_days.py, bench
    20 s on, 20 s off: two cycles, real                                 test_armed.py "cable pulled again and again"
    … ten minutes and a day, simulated                                  bench/failover.py, unit/detect/test_table.py "20 s off, 20 s on"
    vendor down · from one uplink only · slow · log-in broken           scenes.py
    card host down · LAN switch dead, mute · box's own port dead        scenes.py
    telephone exchange (sipp) goes and comes back                       test_an_exchange_that_stops_answering_and_comes_back
    both links down and back · standby without internet                 scenes.py; test_armed.py "nowhere to go"
    allowance used up · carrier throttles · failback during a call      test_engine.py; counted: test_meter.py
    clock jump · box killed in mid-switch                               test_engine.py, test_uplinks.py
    mains off with the router dark · UPS cable pulled                   test_armed.py "mains off" (NUT's dummy-ups)
    modem refuses                                                       unit/drivers/test_modem.py (a modem on a PTY)
    the second link shares the carrier                                  scenes.py "both lines of one carrier"
    IPv6 on one uplink only                                             test_uplinks.py test_ipv6_does_not_stay_on_a_dead_line; here: below
    no right to change routes                                           test_armed.py "no right", test_uplinks.py
    a driver that hangs                                                 test_uplinks.py test_it_keeps_what_every_switch_promises,
                                                                        unit/activate/test_switching.py and test_mover.py
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from net.lab import Net, lab, why_not
from net.scene import Played, Said, Scene, is_called, is_fair, open_box, play, said, wait_for
from net.scenes import SCENES
from tideover.detect.ways import KEPT

pytestmark = pytest.mark.xdist_group("net")
AT_ONCE = 3
LOOK = """
import json, sys
from tideover.detect.looks.no_way import no_way
from tideover.model.line import line_of
print(json.dumps([no_way(line_of(one)) for one in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def plays(request: pytest.FixtureRequest) -> dict[str, Future[Played]]:
    """Each chosen scene, played or under way."""
    if why := why_not():
        print(f"no lab: {why}")
        pytest.skip(f"no lab: {why}")
    here = [one for one in request.session.items if one.module is request.module]
    chosen = {one.callspec.params["scene"].name for one in here if "scene" in getattr(getattr(one, "callspec", None), "params", {})}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {one.name: pool.submit(play, one) for one in SCENES if one.name in chosen}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_scene(scene: Scene, plays: dict[str, Future[Played]]) -> None:
    played = plays[scene.name].result()
    assert [] == played.faults(), played.told()


def kept_from(net: Net) -> list[str]:
    """What this machine itself says of each line."""
    done = net.run("box", [sys.executable, "-c", LOOK, *net.lines()], check=True)
    return json.loads(done.stdout)


def set_filter(net: Net, value: int) -> None:
    net.run("box", ["sh", "-c", f"for one in /proc/sys/net/ipv4/conf/*/rp_filter; do echo {value} > $one; done"], check=True)


def test_a_line_that_nobody_armed_is_not_dead() -> None:
    """Without a way over it, or with answers dropped here, its looks say nothing; with a rule for its address they do."""
    with lab() as net:
        fibre, mobile = kept_from(net)
        assert ("", True) == (fibre, mobile.startswith(KEPT)), mobile
        assert "no way over that line" in mobile
        net.run("box", ["ip", "route", "add", "default", "via", "198.51.100.1", "dev", "wan2", "metric", "200"], check=True)
        set_filter(net, 1)
        assert "rp_filter" in kept_from(net)[1]
        net.run("box", ["ip", "route", "add", "default", "via", "198.51.100.1", "dev", "wan2", "table", "77"], check=True)
        net.run("box", ["ip", "rule", "add", "from", "198.51.100.2", "lookup", "77"], check=True)
        assert ["", ""] == kept_from(net)
        net.run("box", ["ip", "rule", "del", "from", "198.51.100.2", "lookup", "77"], check=True)
        set_filter(net, 2)
        assert ["", ""] == kept_from(net)


def test_an_exchange_that_stops_answering_and_comes_back() -> None:
    """A real one, sipp: its calls go on without us; when it goes, the phones are down with the way out, and up again with it."""
    with lab() as net, tempfile.TemporaryDirectory() as place:
        if why := net.sipp():
            print(f"no sipp: {why}")
            pytest.skip(f"no sipp: {why}")
        net.run("box", ["ip", "route", "add", "default", "via", "198.51.100.1", "dev", "wan2", "metric", "200"], check=True)
        set_filter(net, 2)
        with open_box(net, Path(place), sip_server="203.0.113.41:5060"):
            story: list[Said] = []

            def waits_for(*words: str) -> bool:
                return wait_for(net, story, 0.0, lambda one: one.states.get("phones") == words, sys.float_info.max)

            assert waits_for("up", "none") and is_fair(story[-1], ("phones",))
            net.sipp(ends=True)
            assert waits_for("down", "their-phones")
            assert story[-1].next_steps["phones"].startswith("Divert the shop's number to a mobile phone")
            assert not [one for one, said in story[-1].states.items() if one != "phones" and (said[0] == "down" or is_called(*said))]
            net.sipp()
            assert waits_for("up", "none")


def test_ipv6_on_one_line_only_is_no_fault() -> None:
    """An anchor that has no IPv4 answers over one line and not over the other: both are up, and stay so."""
    with lab(ipv6=1) as net, tempfile.TemporaryDirectory() as place:
        net.run("box", ["ip", "route", "add", "default", "via", "198.51.100.1", "dev", "wan2", "metric", "200"], check=True)
        set_filter(net, 2)
        anchors = ("1.1.1.1:443", "8.8.8.8:443", "[2001:db8:a::1]:443")
        with open_box(net, Path(place), anchors=anchors):
            story: list[Said] = []
            assert wait_for(net, story, 0.0, is_fair, sys.float_info.max)
            wait_for(net, story, 0.0, lambda one: len(story) < 0, time.monotonic() + 6.0)
            assert not any(one.states.get("line-mobile", ("",))[0] == "down" for one in story), story
            assert is_fair(story[-1]) or "lossy" in {cause for _, cause in story[-1].states.values()}


def test_a_box_in_a_plain_machine_calls_no_line_dead() -> None:
    """The second line has no default of its own: it is not known, and says why."""
    with lab() as net, tempfile.TemporaryDirectory() as place, open_box(net, Path(place)):
        story = []
        assert wait_for(net, story, 0.0, lambda one: one.states.get("internet", ("",))[0] == "up", sys.float_info.max)
        assert "unknown" == said(net, 0.0).states["line-mobile"][0]
        assert not any(one.states.get("line-mobile", ("",))[0] == "down" for one in story), story
        assert not is_fair(story[-1])
