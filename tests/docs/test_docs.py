"""The documents say what the code does: generated pages are fresh, commands, settings and connectors are described."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from tideover.__main__ import COMMANDS, cli
from tideover.connectors import CONNECTORS
from tideover.docs_from_code import pages
from tideover.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_pages_are_fresh(name: str) -> None:
    """`make docs` was run after the last change of an error or a setting."""
    assert pages()[name] == (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [name for name in COMMANDS if not name.startswith("practice-")])
def test_every_command_shows_an_example(command: str) -> None:
    """`--help` of each command ends with an example that names it."""
    result = CliRunner().invoke(cli, [command, "--help"])

    assert 0 == result.exit_code, result.output
    assert "Example:" in result.output
    assert f"tideover {command}" in result.output


@pytest.mark.parametrize("connector", sorted(CONNECTORS))
def test_every_connector_has_a_page(connector: str) -> None:
    """Each connector of the registry is described, and stands in the table of what "once" means."""
    assert (ROOT / "docs" / "connectors" / f"{connector}.md").exists()
    assert connector in (ROOT / "docs" / "connectors" / "once.md").read_text(encoding="utf-8")


def test_every_setting_says_what_it_does() -> None:
    """A setting's help is a sentence."""
    assert all(one.metadata["help"].endswith(".") for one in fields(Settings))


def test_the_readme_names_the_two_commands_that_work() -> None:
    """The README's commands are targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"))

    assert {"demo", "test"} <= set(targets)
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_what_goes_on_for_hours_is_not_taken_for_a_test_that_hangs() -> None:
    """A test is ended after ten minutes; whatever plays as many examples, cuts or kills as it is told is not."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    long = {"crash", "crash-night", "till-kills", "fuzz"}
    found = {target: re.search(rf"^{target}:.*\n(?:\t.*\n)*?\t(.*-m pytest.*)\n", makefile, re.MULTILINE) for target in long}

    assert "LONG := -o faulthandler_timeout=0\n" in makefile
    assert [] == [target for target, line in found.items() if line is None or "$(LONG)" not in line[1]]


def test_every_test_that_the_contracts_name_is_there() -> None:
    """Each promise of docs/contracts.md leads to what holds it: a file, or a folder with tests in it."""
    named = sorted(set(re.findall(r"tests/[\w/-]+(?:\.\w+)?", (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8"))))

    assert named
    assert [] == [one for one in named if not (ROOT / one).exists()]
