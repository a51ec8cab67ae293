"""A practice cloud per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from unit.practice.cloud_at_hand import AtHand


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[AtHand]:
    """A fresh practice cloud, logged in."""
    at_hand = AtHand(tmp_path)
    yield at_hand
    at_hand.app.close()
