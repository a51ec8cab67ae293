"""A telephone exchange of another make: sipp answers what the box asks it, and its end is noticed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from net.lab import lab, why_not
from tideover.settings import write_settings

ROOT = Path(__file__).parent.parent.parent
EXCHANGE, NOBODY = "203.0.113.41:5060", "203.0.113.42:5060"


def phones(net, folder: Path, server: str) -> dict[str, object]:
    folder.mkdir()
    write_settings(folder, {**net.settings(), "lines": (), "sip_server": server})
    net.environ["PYTHONPATH"] = os.fspath(ROOT / "src")
    done = net.run("box", [sys.executable, "-m", "tideover", "diagnose", "--json", "--data", os.fspath(folder)])
    return next(one for one in json.loads(done.stdout)["services"] if one["name"] == "phones")


def test_sipp_answers_what_the_box_asks(tmp_path: Path) -> None:
    """OPTIONS over real UDP to a program that is not ours: up; an address at which nobody listens is not."""
    if why := why_not():
        pytest.skip(f"no lab: {why}")
    with lab() as net:
        if why := net.sipp():
            pytest.skip(why)
        assert "up" == phones(net, tmp_path / "up", EXCHANGE)["state"]
        assert "up" != phones(net, tmp_path / "away", NOBODY)["state"]
