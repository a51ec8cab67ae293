"""The pages for whoever sets the machine up: their commands exist, their settings exist, their figures are those of the code."""

from __future__ import annotations

import configparser
import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from tideover.__main__ import cli
from tideover.activate.power import NOTICE_S, WATCHED_S
from tideover.settings import Settings

PAGES = sorted((Path(__file__).parents[2] / "docs" / "operations").glob("*.md"))
POWER = next(one for one in PAGES if one.name == "power.md").read_text(encoding="utf-8")


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_service_starts_again_after_an_orderly_stop() -> None:
    """The battery's stop is no failure, so only `always` brings the box back; its command is one that exists."""
    unit = configparser.ConfigParser()
    unit.read_string(blocks(POWER, "ini")[0])
    program, *words = unit["Service"]["ExecStart"].split()
    command = cli.get_command(click.Context(cli), words[0])

    assert ("always", "0", "multi-user.target") == (
        unit["Service"]["Restart"],
        unit["Unit"]["StartLimitIntervalSec"],
        unit["Install"]["WantedBy"],
    )
    assert program.endswith("/tideover")
    assert command is not None
    assert command.make_parser(click.Context(command)).parse_args(words[1:])[0]["data"] == "/var/lib/tideover"


def test_the_figures_of_the_power_page_are_those_of_the_code() -> None:
    """Pauses and limits."""
    assert f"looks every {WATCHED_S:g} s" in POWER and f"stops in good order {NOTICE_S:g} s later" in POWER
    assert f"`ups_stop_s` ({Settings().ups_stop_s} s)" in POWER


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_settings_of_a_page_exist(page: Path) -> None:
    """Every name at the beginning of a line of a toml block."""
    known = {one.name for one in fields(Settings)}
    named = {name for block in blocks(page.read_text(encoding="utf-8"), "toml") for name in re.findall(r"^(\w+) = ", block, re.MULTILINE)}
    assert named <= known
