"""What a line carries is counted by class, outlives the box, and ends where the allowance ends; on real packets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from net.lab import Net, lab

ROOT = Path(__file__).parent.parent.parent
COUNTERS: list[subprocess.Popen[str]] = []
NOT_LISTED, CLOUD = "https://proof.example/bytes/100000", "https://cloud.kassa.example/"


@pytest.fixture(scope="module")
def wired() -> Iterator[Net]:
    with lab() as net:
        net.environ["PYTHONPATH"] = f"{ROOT / 'tests'}:{ROOT / 'src'}"
        COUNTERS.append(net.popen("box", [sys.executable, "-m", "net.counting"], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        yield net
        COUNTERS.clear()


@pytest.fixture
def net(wired: Net, tmp_path: Path) -> Iterator[Net]:
    yield wired
    assert [""] == told(wired, tmp_path, ["lift"])
    wait_for_the_end_of_what_was_cut(wired)


def wait_for_the_end_of_what_was_cut(net: Net) -> None:
    """A server that was cut off tries again, with a burst of 27,000 bytes, up to a second after the limit went: the next test's bytes."""
    until = time.monotonic() + 20
    while left := [said for where in ("lan", "net") if (said := net.run(where, ["ss", "-Htn"], check=True).stdout)]:
        assert time.monotonic() < until, left
        time.sleep(0.05)


def told(net: Net, folder: Path, *do: list[Any]) -> list[Any]:
    """What a new meter over that folder answers to each word."""
    stdin, stdout = COUNTERS[0].stdin, COUNTERS[0].stdout
    assert stdin is not None and stdout is not None
    stdin.write(json.dumps({"folder": str(folder), "lines": net.lines(), "do": do}) + "\n")
    stdin.flush()
    return json.loads(stdout.readline())


def rules(net: Net) -> str:
    return net.run("box", ["nft", "list", "ruleset"]).stdout


def test_bytes_are_counted_by_line_and_class(net: Net, tmp_path: Path) -> None:
    """100,000 bytes of something else, a page of the cloud, a card host and a look: each in its own place, both ways, once."""
    told(net, tmp_path, ["read"], ["lay"])

    net.fetch("lan", NOT_LISTED)
    net.fetch("lan", CLOUD)
    net.reach("lan", "203.0.113.20")
    net.reach("lan", "1.1.1.1")
    (counted,) = told(net, tmp_path, ["read"])

    assert 100_000 < counted["fibre"]["other"] < 112_000
    assert 1_000 < counted["fibre"]["cloud"] < 6_000
    assert 0 < counted["fibre"]["cards"] < 1_000 and 0 < counted["fibre"]["probes"] < 1_000
    assert 0 == counted["mobile"]["cloud"] == counted["fibre"]["phones"]


def test_what_was_counted_outlives_box_and_table(net: Net, tmp_path: Path) -> None:
    """Another box over the same folder goes on; a table that was laid anew, or taken away, takes nothing with it."""
    told(net, tmp_path, ["read"], ["lay"])
    net.fetch("lan", NOT_LISTED)

    first, _, second, _, third = told(net, tmp_path, ["read"], ["lay"], ["read"], ["lift"], ["read"])

    assert first["fibre"]["other"] > 100_000
    assert 0 <= second["fibre"]["other"] - first["fibre"]["other"] < 2_000
    assert 0 <= third["fibre"]["other"] - second["fibre"]["other"] < 2_000


def test_without_a_table_the_device_counts(net: Net, tmp_path: Path) -> None:
    """Nobody armed anything: no rule is laid, the bytes are known all the same, without a class."""
    before = rules(net)
    told(net, tmp_path, ["read"], ["limit", "mobile", None])
    net.fetch("lan", NOT_LISTED)
    (counted,) = told(net, tmp_path, ["read"])

    assert before == rules(net)
    assert ["other"] == list(counted["fibre"])
    assert 100_000 < counted["fibre"]["other"] < 125_000


def test_at_the_end_of_the_allowance_the_shop_goes_on(net: Net, tmp_path: Path) -> None:
    """Cloud, cards, looks, names and pings pass, all else is told no at once; before the end all passes, and afterwards no rule is left."""
    before = rules(net)
    assert ["", ""] == told(net, tmp_path, ["lay"], ["limit", "fibre", 0])

    assert 200 == net.fetch("lan", CLOUD)[0]
    assert ["203.0.113.30"] == net.resolve("lan", "proof.example", "1.1.1.1")
    assert ["", ""] == [net.reach("lan", one) for one in ("203.0.113.20", "1.1.1.1")]  # Cards; what we look at.
    assert 0 == net.run("lan", ["ping", "-c", "1", "-W", "2", "203.0.113.30"]).returncode
    assert "" != net.reach("lan", "203.0.113.30")
    with pytest.raises(OSError, match="No route to host"):
        net.fetch("lan", NOT_LISTED)
    assert "" == net.reach("box", "203.0.113.30")  # What the box itself sends is its own matter.

    told(net, tmp_path, ["limit", "fibre", 150_000])
    assert 200 == net.fetch("lan", NOT_LISTED)[0]
    with pytest.raises(OSError, match=r"timed out|No route to host"):
        net.fetch("lan", NOT_LISTED, timeout_s=0.5)
    assert 200 == net.fetch("lan", CLOUD)[0]

    assert ["", ""] == told(net, tmp_path, ["limit", "fibre", None], ["lift"])
    assert 200 == net.fetch("lan", NOT_LISTED)[0]
    assert before == rules(net)


def test_a_limit_comes_back_after_somebody_elses_firewall_took_it(net: Net, tmp_path: Path) -> None:
    """The next word lays the table anew; what was counted before stays counted, once."""
    told(net, tmp_path, ["read"], ["lay"])
    net.fetch("lan", NOT_LISTED)
    before, *_, after = told(net, tmp_path, ["read"], ["lay"], ["limit", "fibre", 5_000_000], ["flushed"], ["limit", "fibre", 0], ["read"])

    with pytest.raises(OSError, match="No route to host"):
        net.fetch("lan", NOT_LISTED)
    assert 200 == net.fetch("lan", CLOUD)[0]
    assert 0 <= sum(after["fibre"].values()) - sum(before["fibre"].values()) < 5_000


def test_a_limit_of_an_earlier_life_ends(net: Net, tmp_path: Path) -> None:
    """The box died while it limited; the next one, which knows of none, lifts it."""
    told(net, tmp_path, ["limit", "fibre", 0])
    with pytest.raises(OSError):
        net.fetch("lan", NOT_LISTED)

    assert [""] == told(net, tmp_path, ["limit", "fibre", None])

    assert 200 == net.fetch("lan", NOT_LISTED)[0]
