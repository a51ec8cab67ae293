"""Every scene in the lab: a real box looks at real networking while something breaks; the wall says the right word and the right step.

The scenes are played some at a time, all of them before the first test asks. How fast it was is bench/failover.py's matter.
"""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from net.lab import Net, lab, why_not
from net.scene import Played, Scene, is_fair, open_box, play, said, wait_for
from net.scenes import SCENES
from tideover.detect.ways import KEPT

pytestmark = pytest.mark.xdist_group("net")
AT_ONCE = 3
LOOK = """
import json, sys
from tideover.detect.no_way import no_way
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


def test_a_box_in_a_plain_machine_calls_no_line_dead() -> None:
    """The second line has no default of its own: it is not known, and says why."""
    with lab() as net, tempfile.TemporaryDirectory() as place, open_box(net, Path(place)):
        story = []
        assert wait_for(net, story, 0.0, lambda one: one.states.get("internet", ("",))[0] == "up", sys.float_info.max)
        assert "unknown" == said(net, 0.0).states["line-mobile"][0]
        assert not any(one.states.get("line-mobile", ("",))[0] == "down" for one in story), story
        assert not is_fair(story[-1])
