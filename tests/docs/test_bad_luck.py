"""The page of bad luck names tests that exist, and every test of that folder stands on it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "bad-luck.md").read_text(encoding="utf-8")
UNNAMED = {  # They hold for several lines of the page.
    "test_the_journal_is_whole_after_all_that",
    "test_the_box_ends_by_itself_when_told",
    "test_a_whole_journal",
    "test_a_day_is_closed_once",
    "test_doctor_names_a_damaged_journal",
}


def names_in(folder: Path) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("test_*.py")]
    return {name for text in texts for name in re.findall(r"^\s*(?:async )?def (test_\w+)", text, re.MULTILINE)}


def test_every_test_on_the_page_exists() -> None:
    """A case without a test would be a promise."""
    assert set() == set(re.findall(r"`(test_\w+)`", PAGE)) - names_in(TESTS)


def test_every_case_stands_on_the_page() -> None:
    """Whoever adds a test of bad luck says there what the person sees."""
    assert set() == names_in(TESTS / "bad_luck") - set(re.findall(r"`(test_\w+)`", PAGE)) - UNNAMED
