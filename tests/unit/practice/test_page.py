"""docs/connectors/practice.md says what the programs do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tideover.connectors.practice import manifest
from tideover.practice.books import KEY_WINDOW_MS
from tideover.practice.faults import FAULTS
from tideover.practice.hostile import HOSTILE
from tideover.practice.reports import DAY_COLUMNS, LINE_COLUMNS

PAGE = (Path(__file__).parents[3] / "docs" / "connectors" / "practice.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [",".join(DAY_COLUMNS), ",".join(LINE_COLUMNS), ", ".join(HOSTILE), *(f"`{name}`" for name in FAULTS)])
def test_the_page_names_it(text: str) -> None:
    """Columns, modes and faults stand there as they are in the code."""
    assert text in PAGE


def test_the_manifest_promises_what_the_cloud_keeps() -> None:
    """The connector's key window is the cloud's."""
    assert KEY_WINDOW_MS == manifest.window.total_seconds() * 1000
