"""The meter beside an nft that fails now and then: nothing is counted twice, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tideover.drivers import meter as under_test
from tideover.drivers.meter import Meter
from tideover.model.line import lines_of
from tideover.world import real_world

LINES = lines_of(("mobile device=wwan0 metered allowance_mb=5",))


class Machine:
    """What this machine has carried: its device, and what the table counts of it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._said, self._devices = folder, folder / "said.json", folder / "dev"
        program = folder / "bin" / "nft"
        program.parent.mkdir()
        program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.read()\n"
                           f"said = open({str(self._said)!r}).read()\nprint(said)\nsys.exit(not said)\n")  # fmt: skip
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        monkeypatch.setattr(under_test, "DEVICES", self._devices)

    def carried(self, device: int, cloud: int | None) -> None:
        """cloud: what the table says; None: nft fails."""
        self._devices.write_text(f"a\nb\n wwan0: {device} 0 0 0 0 0 0 0 0 0\n")
        told = {"nftables": [{"counter": {"name": "line.mobile.cloud", "bytes": cloud}}]}
        self._said.write_text("" if cloud is None else json.dumps(told))

    def counted(self) -> dict[str, int]:
        """By a box that has just started over the same folder."""
        return asyncio.run(Meter(LINES, self.folder, real_world(), {}).read()).get("mobile", {})


def test_a_table_that_cannot_be_read_for_a_moment_is_not_counted_twice(tmp_path, monkeypatch):
    """nft is held up once: the device counts for it, and the table goes on from where it stands, not from nought."""
    machine = Machine(tmp_path, monkeypatch)
    totals = []
    for device, cloud in ((0, 0), (1_000, 1_000), (1_500, None), (1_700, 1_700), (2_000, 2_000), (2_100, None), (2_400, None)):
        machine.carried(device, cloud)
        totals.append(sum(machine.counted().values()))
    assert [0, 1_000, 1_500, 1_700, 2_000, 2_100, 2_400] == totals
