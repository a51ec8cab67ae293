"""What browsers say of themselves, as they really say it."""

from __future__ import annotations

from datetime import date

import pytest

from tideover.web.agent import agent_of

TODAY = date(2026, 11, 20)
KIT, SAFARI_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)", "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "name", "system", "is_old"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/157.0.0.0 Safari/537.36 Edg/157.0.0.0",
            "Edge 157",
            "Windows 10 or 11",
            False,
        ),
        (f"Mozilla/5.0 (X11; Linux x86_64) {KIT} Chrome/120.0.0.0 Safari/537.36", "Chrome 120", "Linux", True),
        ("Mozilla/5.0 (Windows NT 6.1; rv:115.0) Gecko/20100101 Firefox/115.0", "Firefox 115", "Windows, an old one", True),
        (
            f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {SAFARI_KIT} Version/26.0 Mobile/15E148 Safari/604.1",
            "Safari 26",
            "iOS 18",
            True,
        ),
        (f"Mozilla/5.0 (Linux; Android 14; K) {KIT} Chrome/158.0.0.0 Mobile Safari/537.36", "Chrome 158", "Android 14", False),
        ("curl/8.1", "", "", False),
        ("", "", "", False),
        ("Chrome/" + "9" * 5_000, "Chrome 9999", "", False),
    ],
)
def test_a_browser_is_known_by_what_it_says(said, name, system, is_old):
    """Name, version and system; what says nothing is not called old."""
    agent = agent_of(said, TODAY)
    assert (name, system, is_old) == (agent.name, agent.system, agent.is_old)


def test_a_version_that_is_newer_than_we_know_is_new():
    """Reckoned ages never fall below nothing."""
    assert 0 == agent_of("Firefox/900.0", TODAY).months
