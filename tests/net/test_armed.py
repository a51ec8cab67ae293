"""Whole boxes that their owner armed, each in a lab of its own and all at once: what must happen, and what must not.

What an engine does with what it is told stands in test_engine.py, what the driver alone promises in test_uplinks.py.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from net.lab import Net, lab, why_not
from net.scene import PORT, status
from tideover.settings import write_settings

pytestmark = pytest.mark.xdist_group("armed")  # One worker: all stories are played at once.
ROOT = Path(__file__).parent.parent.parent
TIDEOVER = (sys.executable, "-m", "tideover")
WAIT_S = 90.0  # Only against hanging.
GLANCE_S = 0.2
BEAT_S = 5.0
FLAPS_S, CLEAN_S = 20.0, 30.0  # On and off; never on for long enough to go back.
NO_RIGHT = ("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin")


class NeverError(Exception):
    """What a story waited for did not come about."""


@dataclass
class Shop:
    """A box while its story goes on; `faults` is what was not as it must be."""

    net: Net
    folder: Path
    faults: list[str] = field(default_factory=list)

    def told(self, *command: str) -> dict[str, Any]:
        done = self.net.run("box", [*TIDEOVER, *command, "--data", self.folder, "--json"], timeout_s=WAIT_S)
        return json.loads(done.stdout) if done.stdout else {"said": done.stderr}

    def acts(self) -> list[tuple[str, str, str]]:
        """Oldest first."""
        return [(one["what"], one["before"], one["target"]) for one in reversed(self.told("switch", "list")["acts"])]

    def moves(self) -> list[tuple[str, str, str]]:
        """What was moved; a try that the driver itself turned down moved nothing."""
        return [one for one in self.acts() if one[0] in ("engaged", "restored")]

    def verdict(self, service: str) -> dict[str, Any]:
        return next((one for one in status(self.net)["verdicts"] if one["service"] == service), {})

    def way(self) -> str:
        """The device that the kernel sends the shop's traffic by."""
        words = self.net.run("box", ["ip", "route", "get", "1.1.1.1"]).stdout.split()
        return words[words.index("dev") + 1] if "dev" in words else ""

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        ends_s = time.monotonic() + WAIT_S
        while time.monotonic() < ends_s:
            try:
                if holds():
                    return
            except OSError:
                pass
            time.sleep(GLANCE_S)
        seen = {one["service"]: (one["state"], one["cause"]) for one in status(self.net)["verdicts"] if one["state"] != "up"}
        raise NeverError(f"never: {what}; not up: {seen}, way {self.way()}")

    def check(self, what: str, expected: object, actual: object) -> None:
        if expected != actual:
            self.faults.append(f"{what}: wanted {expected!r}, saw {actual!r}")

    def arm(self) -> None:
        """When both lines are seen to be well, so that the story begins on a fair day."""
        self.until("it answers", lambda: bool(self.verdict("internet")))
        self.check("armed", True, self.told("switch", "arm", "lines").get("switches", [{}])[0].get("is_armed"))
        for service in ("internet", "line-fibre", "line-mobile"):
            self.until(f"{service} is up", lambda service=service: self.verdict(service).get("state") == "up")


def cable_pulled_again_and_again(shop: Shop) -> None:
    """Twice away and twice there, 20 s each: one switch, at once, read back, and said; back when it has been clean."""
    shop.arm()
    for beat in (1, 2):
        shop.net.fault("cable-pulled", line=1)
        shop.until("the shop is on the other line", lambda: shop.way() == "wan2")
        shop.check(f"a till gets out, {beat}", "", shop.net.reach("lan", "1.1.1.1", timeout_s=5.0))
        shop.until("its cable is named", lambda: shop.verdict("line-fibre").get("cause") == "line-cable")
        if not shop.verdict("line-fibre").get("next_step"):
            shop.faults.append("no next step for the line without its cable")
        time.sleep(FLAPS_S)
        shop.net.clear("cable-pulled", line=1)
        time.sleep(FLAPS_S)
        shop.check(f"it stays, {beat}", "wan2", shop.way())
    shop.check("acts", [("engaged", "fibre", "mobile")], shop.acts())
    shop.until("the shop is back", lambda: shop.way() == "wan1")
    shop.check("acts at the end", [("engaged", "fibre", "mobile"), ("restored", "mobile", "fibre")], shop.acts())


def nowhere_to_go(shop: Shop) -> None:
    """The standby is dead behind its gateway, and then the line: nothing is torn down; the first that comes back is taken."""
    shop.arm()
    rules = shop.net.run("box", ["ip", "rule"]).stdout
    shop.net.fault("standby-without-internet", line=2)
    shop.net.fault("provider-dead", line=1)
    shop.until("all is dead", lambda: shop.verdict("internet").get("cause") in ("all-lines", "our-line"))
    shop.until("both lines are down", lambda: all(shop.verdict(f"line-{one}").get("state") == "down" for one in ("fibre", "mobile")))
    time.sleep(BEAT_S)
    shop.check("way", "wan1", shop.way())
    shop.check("rules", rules, shop.net.run("box", ["ip", "rule"]).stdout)
    shop.check("moves", [], shop.moves())
    shop.net.clear("standby-without-internet", line=2)
    shop.until("what came back is taken", lambda: shop.way() == "wan2")
    shop.check("a till gets out", "", shop.net.reach("lan", "9.9.9.9", timeout_s=5.0))
    shop.net.clear("provider-dead", line=1)
    shop.until("the shop is back", lambda: shop.way() == "wan1")


def no_right(shop: Shop) -> None:
    """It observes and says what a person would do; nothing is moved, and the page tells why."""
    shop.until("it answers", lambda: bool(shop.verdict("internet")))
    refused = shop.told("switch", "arm", "lines")
    if "CAP_NET_ADMIN" not in json.dumps(refused):
        shop.faults.append(f"arming it said {refused!r}")
    rules = shop.net.run("box", ["ip", "rule"]).stdout
    shop.net.fault("provider-dead", line=1)
    shop.until("the line is dead", lambda: shop.verdict("line-fibre").get("state") == "down")
    shop.check("way", "wan1", shop.way())
    shop.check("rules", rules, shop.net.run("box", ["ip", "rule"]).stdout)
    shop.check("acts", [], shop.acts())
    if not shop.verdict("internet").get("next_step"):
        shop.faults.append("no next step")


def mains_off(shop: Shop) -> None:
    """With the routers dark, too: the power is named, not the provider, and nothing is moved; a battery that falls silent is unknown."""
    shop.arm()
    battery = shop.net.popen("box", [sys.executable, "-m", "net.battery", shop.folder / "nut"], stdin=-1, stdout=-1)
    assert battery.stdin is not None and battery.stdout is not None

    def tell(word: str) -> None:
        battery.stdin.write(f"{word}\n")  # type: ignore[union-attr]
        battery.stdin.flush()  # type: ignore[union-attr]
        shop.check(word, "done\n", battery.stdout.readline())  # type: ignore[union-attr]

    shop.check("a battery", "ready\n", battery.stdout.readline())
    shop.until("the mains are on", lambda: shop.verdict("power").get("state") == "up")
    tell("off")
    shop.net.fault("cable-pulled", line=2)  # The standby first: between the two the shop must have no reason to move.
    shop.until("the standby is known to be dead", lambda: shop.verdict("line-mobile").get("state") == "down")
    shop.net.fault("cable-pulled", line=1)
    shop.until("the power is down", lambda: shop.verdict("power").get("state") == "down")
    shop.until("the internet went with the mains", lambda: shop.verdict("internet").get("cause") == "power")
    step = str(shop.verdict("internet").get("next_step"))
    if not step.endswith("Do not call the provider first."):
        shop.faults.append(f"next step {step!r}")
    shop.net.clear("cable-pulled", 1)  # The usual one first: a standby that is back before it would be moved to, and rightly.
    shop.until("the usual line is back", lambda: all(shop.verdict(one).get("state") == "up" for one in ("internet", "line-fibre")))
    shop.net.clear()
    tell("on")
    shop.until("all is well", lambda: all(shop.verdict(one).get("state") == "up" for one in ("power", "internet")))
    tell("lost")
    shop.until("nobody knows", lambda: shop.verdict("power").get("state") == "unknown")
    shop.check("moves", [], shop.moves())
    shop.check("it goes on", None, status(shop.net).get("stopping_at"))


STORIES: dict[str, tuple[Callable[[Shop], None], dict[str, object], tuple[str, ...]]] = {
    "cable pulled again and again": (cable_pulled_again_and_again, {"line_clean_s": CLEAN_S}, ()),
    "nowhere to go": (nowhere_to_go, {}, ()),
    "no right": (no_right, {}, NO_RIGHT),
    "mains off": (mains_off, {"ups": "counter@127.0.0.1:3493"}, ()),
}


@contextlib.contextmanager
def boxed(net: Net, folder: Path, before: tuple[str, ...], **settings: object) -> Iterator[None]:
    """A box of that lab; before: what takes rights from it."""
    write_settings(folder, {"port": PORT, **net.settings(), "line_clean_s": 10.0, **settings})
    with open(folder / "said.txt", "w") as said:
        box = net.popen("box", [*before, *TIDEOVER, "box", "--data", folder], stdout=said, stderr=said, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        box.terminate()
        box.wait(timeout=WAIT_S)


def play(name: str) -> list[str]:
    story, settings, before = STORIES[name]
    with lab() as net, tempfile.TemporaryDirectory(prefix="tideover-armed-") as place:
        net.environ["PYTHONPATH"] = f"{ROOT / 'tests'}:{ROOT / 'src'}"
        net.run(
            "box", ["ip", "route", "add", "default", "via", "198.51.100.1", "dev", "wan2", "metric", "200"], check=True
        )  # As DHCP does.
        net.run("box", ["sh", "-c", "for one in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 2 > $one; done"], check=True)
        with boxed(net, Path(place), before, **settings):
            shop = Shop(net, Path(place))
            try:
                story(shop)
            except NeverError as never:
                shop.faults.append(str(never))
            printed = (Path(place) / "said.txt").read_text()
    return [*shop.faults, *(["the box printed: " + printed[-1_000:]] if "Traceback" in printed else [])]


@pytest.fixture(scope="module")
def played() -> dict[str, list[str]]:
    if why := why_not():
        pytest.skip(f"no lab: {why}")
    with ThreadPoolExecutor(len(STORIES)) as pool:
        return dict(zip(STORIES, pool.map(play, STORIES), strict=True))


@pytest.mark.parametrize("name", STORIES)
def test_an_armed_shop(played, name):
    """Each story is told beside its function."""
    assert [] == played[name]
