"""The plan as plain files: the round trip is exact, faults have their place, and nothing is written by looking."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.amount import amount
from tideover.db import Database
from tideover.errors import FolderUnusable, WrongState
from tideover.migrations.plan import MIGRATIONS
from tideover.plan.fields import from_plain, key_of, shape_of
from tideover.plan.folder import FILES, README, files_of, propose, read_folder, write_folder
from tideover.plan.playbook import starter_texts
from tideover.plan.records import KINDS, Channel, Check, Grant, Pad, Party, Person, PlaybookText, Service, Thing
from tideover.plan.store import Plan
from tideover.settings import Settings
from tideover.world import real_world


@pytest.fixture
def plan(tmp_path):
    database = Database(tmp_path / "plan.db", MIGRATIONS)
    yield Plan(database, real_world(), Settings())
    database.close()


def out(plan: Plan, folder: Path) -> Path:
    write_folder(files_of(plan, "fi"), folder)
    return folder


def back(plan: Plan, folder: Path, removes_missing: bool = False):
    """Brings it in, which must go without a fault."""
    found = propose(plan, read_folder(folder), removes_missing)
    assert () == found.faults
    by_name = {name: kind for kind, (name, _) in KINDS.items()}
    plan.change(found.records, [(by_name[kind], key) for kind, key in found.removed], "Aino")
    return found


def standing(plan: Plan) -> dict:
    return {kind.__name__: plan.all(kind) for kind in KINDS}


# Any text that a record may hold; what a shopkeeper never types is where a writer of TOML goes wrong.
text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
word = text.filter(lambda one: one != "")
days = st.dates().map(lambda one: one.isoformat())


def of(kind, **fields):
    """Records of a kind whose fields are any texts, or what is named."""
    shape = shape_of(kind)
    texts = {name: text for name, info in shape.items() if type(info).__name__ == "StrType" and info.pattern is None}
    lists = {name: st.lists(text, max_size=3).map(tuple) for name, info in shape.items() if type(info).__name__ == "VarTupleType"}
    return st.builds(kind, **texts | lists | {KINDS[kind][1]: word} | fields)


records = st.one_of(
    of(Person, name=word),
    of(
        Service, tolerable_s=st.integers(0, 604_800), cost_per_hour_minor=st.none() | st.integers(-(2**40), 2**40),
        promised_ppm=st.none() | st.integers(0, 10**6), repair_h=st.none() | st.integers(1, 8_760),
    ),
    of(Thing, count=st.integers(0, 100_000)),
    of(
        Party, channels=st.lists(st.builds(Channel, text, text, text, text, text), max_size=3).map(tuple), told_in_outage=st.booleans(),
    ),
    of(Check, period_days=st.integers(1, 3650), grace_days=st.integers(0, 365), first_on=st.none() | days),
    of(
        Grant, right=st.sampled_from(["refund", "lend"]), role=st.none() | st.just("helper"), each_minor=st.none() | st.integers(0, 2**50),
        from_day=st.none() | days, share_ppm=st.none() | st.integers(0, 10**6), only_in_outage=st.booleans(),
    ),
)  # fmt: skip


@amount(120)
@given(st.lists(records, max_size=6, unique_by=lambda one: (type(one), key_of(one))), st.sampled_from(sorted(starter_texts())))
def test_the_round_trip_is_exact(given_records, playbook):
    """Out of one shop and into an empty one: every record, every character; in again: nothing would change."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, second = Database(folder / "a.db", MIGRATIONS), Database(folder / "b.db", MIGRATIONS)
        try:
            one, other = (Plan(database, real_world(), Settings()) for database in (first, second))
            one.change([*given_records, PlaybookText(playbook, starter_texts()[playbook]), Pad("A-0001", "A", 1, 50)], (), "Aino")
            back(other, out(one, folder / "files"))
            assert standing(one) == standing(other)
            assert () == propose(other, read_folder(folder / "files"), True).steps
        finally:
            first.close()
            second.close()


def fill(plan: Plan) -> None:
    plan.change([Person("Anna", "owner", phone="+358401234567"), Person("Eero"), Thing("spare", "Spare computer", count=2)], (), "Aino")


def test_an_editor_changes_adds_and_removes(plan, tmp_path):
    """What was edited is told before; what is missing goes only when asked; each change is a version."""
    fill(plan)
    folder = out(plan, tmp_path / "out")
    people = folder / "people.toml"
    head = people.read_text("utf-8").split("[[person]]")[0]
    people.write_text(head + '[[person]]\nname = "Anna"\nrole = "manager"\n\n[[person]]\nname = "Ville"\n')

    kept = propose(plan, read_folder(folder))
    assert [("changed", "Anna", ("role", "phone")), ("new", "Ville", ())] == [(one.what, one.key, one.fields) for one in kept.steps]
    assert ["Anna", "Eero"] == [one.name for one in plan.people()]  # Looking changes nothing.
    both = back(plan, folder, removes_missing=True)
    assert [("removed", "Eero")] == [(one.what, one.key) for one in both.steps if one.what == "removed"]
    assert ["Anna", "Ville"] == [one.name for one in plan.people()]
    assert "manager" == plan.get(Person, "Anna").role


def test_a_missing_file_removes_nobody(plan, tmp_path):
    """It says nothing about its records, also where everything missing shall go."""
    fill(plan)
    folder = out(plan, tmp_path / "out")
    (folder / "people.toml").unlink()
    assert () == propose(plan, read_folder(folder), removes_missing=True).steps


@pytest.mark.parametrize(
    ("file", "content", "line", "field", "why"),
    [
        ("people.toml", '# x\n[[person]]\nname = "A"\n\n[[person]]\nname = "B"\nphne = "1"\n', 7, "phne", "did you mean phone?"),
        ("people.toml", '[[person]]\nrole = "boss"\n', 2, "role", "it must be one of"),
        ("people.toml", '[[person]]\nrole = "owner"\n', 1, "name", "it is missing"),
        ("people.toml", '[[person]]\nname = "A"\n[[person]]\nname = "A"\n', None, "name", "stands in it twice"),
        ("people.toml", '[[person]]\nname = "A\n', 2, "", "no TOML"),
        ("people.toml", '[[persons]]\nname = "A"\n', None, "", "[[person]] only"),
        ("people.toml", "person = 3\n", None, "", "must begin with"),
        ("people.toml", "person = [3]\n", None, "", "must begin with"),
        ("people.toml", "x = " + "[" * 3000, None, "", "no TOML"),
        ("people.toml", '[[person]]\nname = "' + "x" * 101 + '"\n', 2, "name", "longer than 100"),
        ("people.toml", "[[person]]\nname = \"A\"\nknows = [\"till\", 3]\n", 3, "knows", "part 2: it must be a text"),
        ("things.toml", '[[thing]]\nkey = "a"\nname = "A"\ncount = 1.5\n', 4, "count", "whole number"),
        ("things.toml", '[[thing]]\nkey = "a"\nname = "A"\ncount = true\n', 4, "count", "whole number"),
        ("things.toml", '[[thing]]\nkey = "a"\nname = "A"\ncount = ' + "9" * 30 + "\n", 4, "count", "between 0 and 100000"),
        ("checks.toml", '[[check]]\nkey = "a"\nwhat = "b"\nfirst_on = "2026-02-30"\n', 4, "first_on", "no such day"),
        ("checks.toml", '[[check]]\nkey = "a"\nwhat = "b"\nfirst_on = "soon"\n', 4, "first_on", "written like 2026-11-20"),
        ("parties.toml", '[[party]]\nkey = "a"\nname = "b"\nchannels = [{adress = "1"}]\n', 4, "channels", "did you mean address?"),
        ("pads.toml", '[[pad]]\nkey = "A-0001"\nseries = "a"\nfirst = 1\nlast = 9\n', 3, "series", "capital letters"),
        ("pads.toml", '[[pad]]\nkey = "A-0007"\nseries = "A"\nfirst = 1\nlast = 9\n', None, "", "not a pad"),
        ("peple.toml", "", None, "", "no file of a plan has this name"),
        ("playbooks/Internet.md", "x", None, "file name", "must look like internet-down.fi"),
        ("playbooks/own-case.en.md", "nonsense", 1, "", ""),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(plan, tmp_path, file, content, line, field, why):
    """File, line and field; nothing is proposed beside it that would be written."""
    (tmp_path / "in" / "playbooks").mkdir(parents=True)
    (tmp_path / "in" / file).write_text(content, encoding="utf-8")
    found = propose(plan, read_folder(tmp_path / "in"))
    first = next(one for one in found.faults if why in one.why)
    assert (file, line, field) == (first.file, first.line if why else first.line and 1, first.field)


def test_every_fault_is_told_at_once(plan, tmp_path):
    """In all files, and never more than a person can read."""
    (tmp_path / "people.toml").write_text("[[person]]\nphne = 1\nrole = 2\n" * 100)
    (tmp_path / "things.toml").write_bytes(b'[[thing]]\nkey = "\xe4"\n')
    found = read_folder(tmp_path).faults
    assert 200 == len(found)
    (tmp_path / "people.toml").write_text("[[person]]\nphne = 1\nrole = 2\n")
    assert [("people.toml", 2), ("people.toml", 3), ("people.toml", 1), ("things.toml", 2)] == [
        (one.file, one.line) for one in read_folder(tmp_path).faults
    ]


def test_pads_that_would_share_numbers_are_refused(plan, tmp_path):
    """With each other, or with one that stands."""
    plan.issue_pad("A", 50, "Aino")
    (tmp_path / "pads.toml").write_text('[[pad]]\nkey = "A-0040"\nseries = "A"\nfirst = 40\nlast = 60\n')
    assert "overlap" in propose(plan, read_folder(tmp_path)).faults[0].why


def test_odd_files_hang_and_break_nothing(plan, tmp_path):
    """A pipe, a folder where a file should be, one of 9 MB."""
    os.mkfifo(tmp_path / "people.toml")
    (tmp_path / "things.toml").mkdir()
    (tmp_path / "duties.toml").write_bytes(b"#" * 9_000_000)
    (tmp_path / "notes.txt").write_text("mine")
    found = read_folder(tmp_path)
    assert {"people.toml", "things.toml", "duties.toml"} == {one.file for one in found.faults}
    assert "notes.txt" in found.ignored
    with pytest.raises(FolderUnusable):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "no file of a plan" in read_folder(tmp_path / "empty").faults[0].why


def test_as_editors_save_it(plan, tmp_path):
    """A byte-order mark, Windows line ends, a day without quotes, tables in another order."""
    text = '[[check]]\r\nkey = "a"\r\nwhat = """\r\none\r\ntwo"""\r\nfirst_on = 2026-11-20\r\n'
    (tmp_path / "checks.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    back(plan, tmp_path)
    assert [Check("a", "one\ntwo", first_on="2026-11-20")] == plan.all(Check)


def test_an_edited_folder_is_not_written_over(plan, tmp_path):
    """The same again may be; what somebody edited only when told to; playbooks of before go then."""
    fill(plan)
    plan.put(PlaybookText("own-case.en", starter_texts()["power-cut.en"]), "Aino")
    folder = out(plan, tmp_path / "out")
    out(plan, folder)
    (folder / "people.toml").write_text('[[person]]\nname = "Edited"\n')
    plan.remove(PlaybookText, "own-case.en", "Aino")
    with pytest.raises(WrongState):
        out(plan, folder)
    assert "Edited" in (folder / "people.toml").read_text()
    write_folder(files_of(plan, "en"), folder, replaces=True)
    assert [False, True] == [(folder / "playbooks" / "own-case.en.md").exists(), (folder / "playbooks/starter/power-cut.en.md").exists()]


@pytest.mark.parametrize("language", ["en", "fi"])
def test_every_file_says_what_it_is(plan, language):
    """A first line in the reader's language, every field named; README speaks both."""
    files = files_of(plan, language)
    for kind, (name, about) in FILES.items():
        head = files[name].decode()
        assert {} == tomllib.loads(head)
        assert (about in head) == (language == "en")
        assert [] == [field for field in shape_of(kind) if f"#   {field}:" not in head]
    readme = files[README].decode()
    assert "plain text" in readme and "pelkkää tekstiä" in readme


def test_every_field_of_every_record_is_known_to_the_words():
    """A new type of field would have no words for its faults: nonsense in each is refused, and raises nothing."""
    for kind in KINDS:
        for name in shape_of(kind):
            for nonsense in ({}, [[]], 3.5, object):
                record, faults = from_plain(kind, {name: nonsense})
                assert record is None and all(one.why for one in faults)
