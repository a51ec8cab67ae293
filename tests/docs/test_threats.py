"""The page of threats names tests that exist, every test of that folder stands on it, and its table of rights is the code's."""

from __future__ import annotations

import re
from pathlib import Path

from tideover.web.rights import EVERYBODY, ROLES

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "threats.md").read_text(encoding="utf-8")
THREATS = PAGE.partition("## Threats")[2].partition("## The rights")[0]
MUST_STAND = ("till is stolen", "cloned", "a backup copy", "clerk", "a PIN that was lost", "device of the owner's", "hostile network")
MUST_STAND += ("hostile cloud", "forged slip", "malicious export", "Logs", "supply chain")


def names_in(folder: Path) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("test_*.py")]
    return {name for text in texts for name in re.findall(r"^\s*(?:async )?def (test_\w+)", text, re.MULTILINE)}


def rows() -> list[list[str]]:
    lines = [line for line in THREATS.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0].strip() != "what stops it"]


def test_every_test_on_the_page_of_threats_exists() -> None:
    """A protection without a test would be a promise."""
    assert set() == set(re.findall(r"`(test_\w+)`", PAGE)) - names_in(TESTS)


def test_every_test_of_security_stands_on_the_page() -> None:
    """Whoever adds one says there what it stops."""
    assert set() == names_in(TESTS / "security") - set(re.findall(r"`(test_\w+)`", PAGE))


def test_every_row_names_its_test() -> None:
    """What stops a threat, what remains, and the test that shows it: three cells, the last never empty."""
    assert len(rows()) > 30
    assert [] == [row for row in rows() if len(row) != 3 or "`test_" not in row[2]]


def test_every_threat_has_its_place() -> None:
    """None of those that were thought of is forgotten when the page is written anew."""
    headings = re.findall(r"^### (.+)$", THREATS, re.MULTILINE)
    assert [] == [threat for threat in MUST_STAND if not any(threat in heading for heading in headings)]


def test_the_table_of_rights_is_the_codes() -> None:
    """Each right with its roles, as the page and the code have them."""
    words = {"manager": "manager", "owner": "owner", "on call": "on-call"}
    said = {}
    for line in PAGE.partition("## The rights")[2].splitlines():
        if found := re.fullmatch(r"\| (?!right )([a-z-]+) \| .+ \| (.+) \|", line):
            who = found[2].partition(", and whom")[0]
            everybody = EVERYBODY - ({"helper"} if "but a helper" in who else set())
            said[found[1]] = everybody if who.startswith("everybody") else {words[one] for one in who.split(", ")}
    assert {right: set(roles) for right, roles in ROLES.items()} == {right: set(roles) for right, roles in said.items()}
