"""`tideover slips` without a box, beside a running one, on nothing at all, and asked for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bad_luck.box import Box, tideover

DONE, WRONG_USE, OPEN = 0, 2, 3
PAD = {"series": "A", "from": 1, "to": 20, "issued": 20, "used": 0, "void": 1, "unused": 13, "missing": 6, "sum_minor": 0}


def told(data: Path, *words: str) -> dict:
    return json.loads(tideover("slips", *words, "--data", data, "--json").out)


def hand_out_and_spoil(data: Path) -> None:
    """Twenty slips; A-0003 was torn, and a person read A-0008 as the first blank one."""
    assert {"pad": "A-0001", "first": "A-0001", "last": "A-0020"} == told(data, "issue", "--series", "A", "--count", "20", "--to", "Anna")
    assert ("A-0003", "void") == ((said := told(data, "void", "a3", "--why", "torn"))["slip"], said["state"])
    assert "A-0005" == told(data, "missing", "A-0005", "--why", "not in the box", "--owner", "Eero")["slip"]
    assert 8 == told(data, "count", "A-0001", "--next", "8")["next_unused"]


def test_a_shop_without_pads_has_none(tmp_path):
    """An empty list, and nothing is made on the disk."""
    said = tideover("slips", "--data", tmp_path / "shop", "--json")
    assert (DONE, []) == (said.code, json.loads(said.out)["pads"])
    assert not (tmp_path / "shop").exists()


def test_without_a_box(tmp_path):
    """The account of each pad as docs/contracts.md has it; exit 3 names what is unexplained."""
    hand_out_and_spoil(tmp_path / "shop")
    said = tideover("slips", "--data", tmp_path / "shop", "--json")
    assert (OPEN, [PAD]) == (said.code, json.loads(said.out)["pads"])
    assert ["A-0001", "A-0002", "A-0004", "A-0006", "A-0007"] == [one["slip"] for one in json.loads(said.out)["unexplained"]]
    plain = tideover("slips", "--data", tmp_path / "shop")
    assert OPEN == plain.code and "A-0001 to A-0020" in plain.out and "slip A-0007" in plain.err


def test_beside_a_running_box(tmp_path):
    """It reads the same files and writes through the box; both say the same."""
    with Box(tmp_path / "shop") as box:
        hand_out_and_spoil(tmp_path / "shop")
        assert [PAD] == told(tmp_path / "shop")["pads"] == box.staff.get("/v1/slips").json()["pads"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("issue", "--series", "ABCDE"), "one to four letters"),
        (("void", "QT-0001", "--why", "x"), "a form is not keyed as a sale"),
        (("issue", "--count", "0"), "--count"),
        (("void", "17", "--why", "x"), "is not written like A-0017"),
        (("void", "A-1"), "--why"),
        (("count", "Z-0001", "--next", "3"), "no pad Z-0001"),
    ],
)
def test_what_cannot_be_asked(tmp_path, words, why):
    """A clear word, the contract's exit code, and nothing is written."""
    said = tideover("slips", *words, "--data", tmp_path / "shop")
    assert WRONG_USE == said.code and why in said.err, said.err
    assert [] == told(tmp_path / "shop")["pads"]
