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


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Told(config))


class _Told:
    """Names what failed when it fails, so that a run that is cut off has told it too."""

    def __init__(self, config: pytest.Config) -> None:
        self._terminal = config.pluginmanager.get_plugin("terminalreporter")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self._terminal is not None:
            self._terminal.write_line(f"FAILED in {report.when}: {report.nodeid}")


def _refuse_torn_groups(session: pytest.Session) -> None:
    """Each worker would make every box and laboratory anew, and nobody would be told: pytest 9.2 beside xdist 3.8 does so."""
    grouped = (one for one in session.items if one.get_closest_marker("xdist_group"))
    if getattr(session.config.option, "loadgroup", False) and any("@" not in one.nodeid for one in grouped):
        raise pytest.UsageError("tests of one group do not stay together: see requirements/dev.in")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What six thousand tests are made of stays to the end: no search for garbage goes through it again, a quarter of a second each."""
    _refuse_torn_groups(session)
    gc.collect()
    gc.freeze()
