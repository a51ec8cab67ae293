"""Files of others lie here as they were published, with their licence, at the version that was looked at."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHELVES = (ROOT / "tests" / "browser" / "vendor",)
ROW = re.compile(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.relative_to(ROOT).as_posix())
def test_a_vendored_file_is_what_its_project_published(shelf):
    """Every file stands in the list with its sum, and nothing else lies there."""
    listed = dict(ROW.findall((shelf / "README.md").read_text()))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in shelf.iterdir() if path.name != "README.md"}
    assert listed == found
    assert any("LICENSE" in name for name in found)
