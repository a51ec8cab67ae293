"""A whole box on real routes, armed by its owner: the provider dies, the shop is on the other line, and back, and every act is an entry."""

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
from tideover.settings import write_settings

ROOT = Path(__file__).parent.parent.parent
TIDEOVER = (sys.executable, "-m", "tideover")
WAIT_S = 60.0  # Only against hanging: what is waited for comes in seconds.


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Net, Path]]:
    """The lab with a box that runs in it, and its folder."""
    with lab() as net:
        net.environ["PYTHONPATH"] = str(ROOT / "src")
        write_settings(tmp_path, {**net.settings(), "line_clean_s": 10.0, "port": 0})
        box = net.popen("box", [*TIDEOVER, "box", "--data", str(tmp_path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: (tmp_path / "box.url").exists())
            yield net, tmp_path
        finally:
            box.terminate()
            box.wait(timeout=WAIT_S)


def wait_for(is_so: Any) -> None:
    ends = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < ends, "it never came about"
        time.sleep(0.1)


def told(net: Net, folder: Path, *command: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    done = net.run("box", [*TIDEOVER, *command, "--data", str(folder), "--json"])
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def acts(net: Net, folder: Path) -> list[tuple[str, str, str]]:
    """What was done, oldest first."""
    return [(one["what"], one["before"], one["target"]) for one in reversed(told(net, folder, "switch", "list")["acts"])]


def test_a_box_moves_the_shop_and_leads_it_back(shop: tuple[Net, Path]) -> None:
    """Unarmed nothing moves; armed the tills of the shop get out over the second line, and go back when the first has been clean."""
    net, folder = shop
    assert [] == acts(net, folder)
    armed = told(net, folder, "switch", "arm", "lines")
    assert armed["switches"][0]["is_armed"]
    wait_for(lambda: told(net, folder, "switch", "list")["proofs"].get("mobile", {}).get("works"))  # Proven once, in a calm moment.

    net.fault("provider-dead", line=1)
    wait_for(lambda: net.reach("lan", "1.1.1.1", 443, timeout_s=0.5) == "")
    wait_for(lambda: acts(net, folder) == [("engaged", "fibre", "mobile")])

    net.clear("provider-dead", line=1)
    wait_for(lambda: acts(net, folder)[1:] == [("restored", "mobile", "fibre")])
    assert "" == net.reach("lan", "1.1.1.1", 443, timeout_s=5.0)

    figures = told(net, folder, "rehearsal", "link", "--yes", "--span", "0")
    assert ("mobile", "done", True) == (figures["line"], figures["word"], figures["is_back"]), figures
    assert [("engaged", "fibre", "mobile"), ("restored", "mobile", "fibre")] == acts(net, folder)[2:]
