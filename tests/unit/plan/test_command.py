"""`tideover plan` as a shopkeeper calls it: child processes, with and without a running box, and what cannot be asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bad_luck.box import Box, Said, tideover
from tideover.commands.doctor import examine

DONE, WRONG_USE, OPEN = 0, 2, 3
SPARE = ("thing", "spare-pc", "name=Spare computer", "can=till, internet", "place=Back room")


def plan(folder: Path, *words: str) -> Said:
    return tideover("plan", *words, "--data", folder / "shop")


def told(folder: Path, *words: str) -> dict:
    """One JSON object on stdout, whatever the exit code."""
    said = plan(folder, *words, "--json")
    assert "Traceback" not in said.err, said.err
    return json.loads(said.out)


def fill(folder: Path) -> None:
    for words in (SPARE, ("person", "Anna", "role=owner", "phone=+358 40 123 4567"), ("check", "spare", "what=Open it", "loss=A queue.")):
        said = plan(folder, "set", *words)
        assert DONE == said.code, said.err


def test_without_a_box(tmp_path):
    """Set, list, search, history, undo; each as one JSON object, too."""
    fill(tmp_path)
    assert ["person", "thing", "check"] == [one["kind"] for one in told(tmp_path, "list")["records"]]
    assert ["till", "internet"] == told(tmp_path, "show", "thing", "spare-pc")["record"]["can"]
    assert DONE == plan(tmp_path, "set", "thing", "spare-pc", "can+=print", "can-=till").code
    assert ["internet", "print"] == told(tmp_path, "show", "thing", "spare-pc")["record"]["can"]
    assert ["Anna"] == [one["key"] for one in told(tmp_path, "search", "040", "123", "4567")["records"]]
    assert ("thing", 2) == (told(tmp_path, "undo")["kind"], told(tmp_path, "show", "thing", "spare-pc")["version"] - 1)
    assert [3, 2, 1] == [one["version"] for one in told(tmp_path, "history", "thing", "spare-pc")["changes"]]
    assert DONE == plan(tmp_path, "remove", "thing", "spare-pc").code
    assert WRONG_USE == plan(tmp_path, "show", "thing", "spare-pc").code
    lines = plan(tmp_path, "list").out
    assert "Anna" in lines and "spare-pc" not in lines


def test_the_doctor_asks_for_a_plan_until_there_is_one(tmp_path):
    """Also where a box has run that was told none."""

    def of_plan() -> list[tuple[str, str]]:
        return [(one.state, one.found) for one in examine(tmp_path / "shop") if one.what == "Plan"]

    with Box(tmp_path / "shop"):
        pass
    assert [("advice", "none yet")] == of_plan()
    fill(tmp_path)
    assert [("ok", "changed 3 times, as the journal says")] == of_plan()


def test_sums_times_and_shares_as_people_write_them(tmp_path):
    """In cents, seconds and millionths they stand in the plan."""
    for words in (
        ("grant", "g", "person=Anna", "right=refund", "each=50,00", "share=12.5%"),
        ("service", "cloud", "name=Till", "tolerable=30min", "promised=99.95 %", "repair_h=8", "promise=SLA 4"),
    ):
        assert DONE == plan(tmp_path, "set", *words).code
    record = told(tmp_path, "show", "grant", "g")["record"]
    assert (5_000, 125_000) == (record["each_minor"], record["share_ppm"])
    record = told(tmp_path, "show", "service", "cloud")["record"]
    assert (1_800, 999_500, 8, "SLA 4") == tuple(record[name] for name in ("tolerable_s", "promised_ppm", "repair_h", "promise"))


def test_checks_are_answered(tmp_path):
    """Exit 3 while somebody is asked; only said is not proven; a part of a key will do."""
    fill(tmp_path)
    assert OPEN == plan(tmp_path, "check").code
    assert ("claimed", False) == tuple(told(tmp_path, "tick", "spare", "--claim")[key] for key in ("state", "is_green"))
    assert ("fresh", True) == tuple(told(tmp_path, "tick", "Anna", "--proof", "answered at 9")[key] for key in ("state", "is_green"))
    assert DONE == plan(tmp_path, "check").code
    assert "fails" == told(tmp_path, "tick", "spare", "--fails", "--note", "flat battery")["state"]
    assert DONE == plan(tmp_path, "later", "spare", "7").code
    assert ["Anna"] == told(tmp_path, "hand-on", "spare", "Anna")["asked"]
    found = told(tmp_path, "check")
    assert ([], {"spare": "fails"}) == (found["history"], {one["key"]: one["state"] for one in found["checks"] if one["key"] == "spare"})
    text = plan(tmp_path, "check", "--all")
    assert "does not work" in text.out and "A queue." in text.out and "✓ number/" in text.out


def test_out_and_in_again(tmp_path):
    """Another shop gets the same plan; a dry run writes nothing; what was edited is told."""
    fill(tmp_path)
    assert DONE == plan(tmp_path, "export", str(tmp_path / "out")).code
    (tmp_path / "other").mkdir()
    dry = told(tmp_path / "other", "import", str(tmp_path / "out"), "--dry-run")
    assert (3, False, []) == (len(dry["steps"]), dry["done"], told(tmp_path / "other", "list")["records"])
    assert told(tmp_path / "other", "import", str(tmp_path / "out"))["done"]
    assert told(tmp_path, "list")["records"] == told(tmp_path / "other", "list")["records"]
    (tmp_path / "out" / "things.toml").write_text("[[thing]]\nkey = 3\n")
    said = plan(tmp_path, "import", str(tmp_path / "out"))
    assert (WRONG_USE, True) == (said.code, "things.toml, line 2, key: it must be a text" in said.err)
    assert WRONG_USE == plan(tmp_path, "export", str(tmp_path / "out")).code
    assert DONE == plan(tmp_path, "export", str(tmp_path / "out"), "--replace").code


def test_beside_a_running_box(tmp_path):
    """Through its API: the same words, the same answers, and the journal agrees."""
    fill(tmp_path)
    assert DONE == plan(tmp_path, "export", str(tmp_path / "out")).code
    with Box(tmp_path / "shop"):
        assert DONE == plan(tmp_path, "set", "thing", "lamp", "name=Lamp", "--by", "Eero").code
        assert "Eero" == told(tmp_path, "history", "thing", "lamp")["changes"][0]["changed_by"]
        assert ["lamp"] == [one["key"] for one in told(tmp_path, "import", str(tmp_path / "out"), "--remove-missing")["steps"]]
        assert "thing" == told(tmp_path, "undo")["kind"]
        assert "Lamp" == told(tmp_path, "show", "thing", "lamp")["record"]["name"]
        assert DONE == plan(tmp_path, "remove", "thing", "lamp").code
        assert "fresh" == told(tmp_path, "tick", "spare", "--proof", "opened")["state"]
        said = plan(tmp_path, "tick", "nothing", "--claim")
        assert (WRONG_USE, True) == (said.code, "nothing" in said.err)
        assert [] == told(tmp_path, "check")["history"]
        assert WRONG_USE == plan(tmp_path, "remove", "thing", "lamp").code


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("list", "people"), "it may be person, service"),
        (("show", "person", "Nobody"), "no person Nobody"),
        (("set", "person", "Anna", "role=boss", "phne=1", "can"), "is not FIELD=VALUE"),
        (("set", "person", "Anna", "role=boss", "phne=1"), "did you mean phone?"),
        (("set", "person", "Anna", "name=Eero"), "keeps its key"),
        (("set", "thing", "a", "name=A", "count=-1"), "between 0 and 100000"),
        (("set", "thing", "a", "name+=A"), "only a list"),
        (("set", "grant", "g", "person=A", "right=refund", "each=free"), "written like 50.00"),
        (("set", "service", "s", "name=A", "tolerable=soon"), "written like 30min"),
        (("set", "check", "c", "what=A", "first_on=2026-02-30"), "no such day"),
        (("set", "pad", "A-0001", "series=A", "first=1", "last=9999"), "is not a pad"),
        (("remove", "person", "Nobody"), "no person Nobody"),
        (("undo",), "nothing is left"),
        (("history", "thing", "x"), "no thing x"),
        (("tick", "x", "--claim", "--fails"), "say one of"),
        (("tick", "x"), "say one of"),
        (("tick", "x", "--claim"), "no check x"),
        (("tick", "x" * 300, "--claim"), "too long"),
        (("later", "x", "0"), "range"),
        (("hand-on", "x", "Nobody"), "no check x"),
        (("import", "nowhere"), "no such folder"),
    ],
)
def test_what_cannot_be_asked(tmp_path, words, why):
    """Exit 2, in plain words, with what to do next; and nothing was made."""
    said = plan(tmp_path, *words)
    assert (WRONG_USE, True) == (said.code, said.is_plain), said.err
    assert why in said.err
    assert [] == told(tmp_path, "list")["records"]
