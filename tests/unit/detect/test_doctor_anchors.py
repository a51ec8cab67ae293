"""What `tideover doctor` says of the addresses that tell a line from what lies beyond it: three, of different operators."""

from __future__ import annotations

import pytest

from tideover.commands.doctor import examine
from tideover.settings import write_settings
from tideover.web.start_try import ANCHORS


def said(folder) -> list[tuple[str, str]]:
    return [(one.state, one.found) for one in examine(folder) if one.what == "Anchors"]


@pytest.mark.parametrize(
    ("anchors", "found"),
    [
        ((), ("advice", "none")),
        (("1.1.1.1:443", "9.9.9.9:443"), ("advice", "only 2: 1.1.1.1:443, 9.9.9.9:443")),
        (("1.1.1.1:443", "9.9.9.9:443", "1.1.1.1:80"), ("advice", "only 2: 1.1.1.1:443, 9.9.9.9:443, 1.1.1.1:80")),
        (ANCHORS, ("ok", "1.1.1.1:443, 9.9.9.9:443, 8.8.8.8:443")),
    ],
    ids=["none", "two", "two hosts of three", "as the trial sets them"],
)
def test_lines_want_three_witnesses(tmp_path, anchors, found):
    """Two doors of one host are one witness."""
    write_settings(tmp_path, {"lines": ("fibre", "mobile"), "anchors": anchors})
    assert [found] == said(tmp_path)


def test_a_shop_that_names_no_line_is_left_alone(tmp_path):
    """Its line is never moved."""
    write_settings(tmp_path, {"anchors": ("1.1.1.1:443",)})
    assert [] == said(tmp_path)
