"""Two boxes never run on one data directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tideover.errors import BoxBusy
from tideover.journal.lock import hold

HOLD = """
import sys
from pathlib import Path
from tideover.journal.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_box_is_refused_and_told_which_runs(tmp_path: Path) -> None:
    """The error names the process that holds the directory; when that one has ended, the next may."""
    with hold(tmp_path):
        with pytest.raises(BoxBusy) as busy, hold(tmp_path):
            pass
        assert str(os.getpid()) == busy.value.facts["pid"]
    with hold(tmp_path):
        pass


def test_a_killed_box_leaves_no_lock(tmp_path: Path) -> None:
    """After kill -9 the directory is free at once, though the file of the lock is still there."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert b"held" in child.stdout.readline()
        with pytest.raises(BoxBusy) as busy, hold(tmp_path):
            pass
        assert str(child.pid) == busy.value.facts["pid"]
    finally:
        child.kill()
        child.communicate()
    with hold(tmp_path):
        pass


def test_two_data_directories_are_two_boxes(tmp_path: Path) -> None:
    """A rehearsal beside the real box is no conflict."""
    for name in ("shop", "rehearsal"):
        (tmp_path / name).mkdir()
    with hold(tmp_path / "shop"), hold(tmp_path / "rehearsal"):
        pass
