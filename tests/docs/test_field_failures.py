"""The page of field failures and its tests stay in step: every name exists, every test of the folder stands there and cites its source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "field-failures.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in row.strip("|").split(" | ")]
    for row in PAGE.splitlines()
    if row.startswith("| ") and not row.startswith("| source")
]
FIELD = {
    node.name: ast.get_docstring(node) or ""
    for path in sorted((TESTS / "field").glob("test_*.py"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
}
# A number at some project (odoo#1, PR#1, a help page's number), a section of the notes, or a body that publishes a list of cases.
SOURCE = re.compile(r"\w#\d+|\d{4,}|\bA §\d|\bD §\d|ADR \d|Dynamics|fiskaltrust|RKSV|Square|POSNext|Toast|Workbox")


def names_everywhere() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py")]
    return {name for text in texts for name in re.findall(r"^\s*(?:async )?def ((?:test_)?\w+)", text, re.MULTILINE)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_row_is_whole(row: list[str]) -> None:
    """Source, what happened, what stops it, and a test; or why it does not apply."""
    assert 4 == len(row)
    assert all(row)
    assert re.search(r"`test_\w+`|does not apply: \w", row[3])


def test_every_test_on_the_page_exists() -> None:
    """A row without a test would be a promise."""
    assert set() == set(re.findall(r"`(test_\w+)`", PAGE)) - names_everywhere()


def test_every_test_of_the_folder_stands_on_the_page() -> None:
    """Whoever adds one says there where it was seen."""
    assert set() == set(FIELD) - set(re.findall(r"`(test_\w+)`", PAGE))


@pytest.mark.parametrize("name", FIELD)
def test_every_test_cites_its_source(name: str) -> None:
    """Its docstring says at whose shop it happened."""
    assert SOURCE.search(FIELD[name]), FIELD[name]


def test_the_page_is_as_long_as_it_says() -> None:
    """Sixty failures at the least, forty of them with a test of the folder."""
    assert len(ROWS) >= 60
    assert sum(bool(set(re.findall(r"`(test_\w+)`", row[3])) & set(FIELD)) for row in ROWS) >= 40
    assert len(FIELD) >= 40
