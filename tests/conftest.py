"""Options of the test run."""

from __future__ import annotations

import gc
import os

import hypothesis
import pytest

# No test judges by the clock of a busy machine, hypothesis' own deadline neither.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.load_profile("desk")
# What decides about a change plays the same examples every time; at one's desk each run tries new ones.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
# The long run of machines and fuzzers: `make fuzz` (--hypothesis-profile fuzz); see tests/models/amount.py.
hypothesis.settings.register_profile("fuzz", max_examples=10_000, deadline=None)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="Play only this seed of the simulation, and tell its story.")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What six thousand tests are made of stays to the end: no search for garbage goes through it again, a quarter of a second each."""
    gc.collect()
    gc.freeze()
