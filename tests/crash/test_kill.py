"""`kill -9` of box, cloud and proxy while tills sell: what was acknowledged stands, and each sale ends in the cloud once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crash.killing import VICTIMS, Street
from tideover.journal.verify import verify_file

KILLS = int(os.environ.get("KILLS", "4"))  # Per street; `make crash-night` takes many more.
FROM = int(os.environ.get("FROM", "0"))


@pytest.mark.parametrize("seed", range(FROM, FROM + 2))
def test_whatever_is_killed(seed: int, tmp_path: Path) -> None:
    """After every kill the process starts again and sales go on; in the end journal and cloud hold the same, each once."""
    with Street(tmp_path, seed) as street:
        for _ in range(KILLS):
            street.kill_one()
        street.come_to_rest()
        journal, cloud = street.in_journal(), street.in_cloud()

        assert [] == street.odd
        assert street.acknowledged <= journal
        assert dict.fromkeys(journal, 1) == cloud
        assert KILLS == street.kills.total()
    assert KILLS < len(VICTIMS) or set(VICTIMS) == set(street.kills), "each was struck"
    assert "whole" == verify_file(street.box.data / "journal.db").chain
