"""Runs every test of this folder once per rig."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.rig import Rig, rigs


@pytest.fixture(scope="module", params=sorted(rigs()))
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One cloud for the tests of a module; each test takes a day of its own."""
    made = rigs()[request.param](tmp_path_factory.mktemp(request.param))
    made.start()
    yield made
    made.stop()
