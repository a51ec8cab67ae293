"""A long run that was ended goes on where it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crash import night as crash_night
from sim import night, note
from sim.note import read_note, source_of, write_note


def test_a_hand_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeds that were played are not played again, and those that failed stay named."""
    played: list[int] = []
    monkeypatch.setattr(night, "play", lambda script: played.append(script.seed) or [])
    write_note(tmp_path / "hand-1-of-2-from-10.json", [2, [12]])

    assert 1 == night.hand(10, 9, 2, 1, tmp_path)
    assert [15, 17] == played
    assert [4, [12]] == read_note(tmp_path / "hand-1-of-2-from-10.json", None)


def test_a_note_is_whole_or_that_of_before(tmp_path: Path) -> None:
    """A note that was being written when the run was killed counts for nothing."""
    cuts = tmp_path / "cuts.json"
    assert (0, {}) == read_note(cuts, (0, {}))
    write_note(cuts, [7, {}])
    cuts.with_suffix(".new").write_text("[8, {")

    assert [7, {}] == read_note(cuts, None)


@pytest.fixture
def other_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A note of a source that is another one by now."""
    noted = tmp_path / "hand-0-of-1-from-1.json"
    write_note(noted, [2, []])
    monkeypatch.setattr(note, "source", lambda: "another")
    return noted


def test_another_source_begins_anew(other_source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the old one played proves nothing of the new one; its note is kept, and it is said."""
    assert (0, []) == read_note(other_source, (0, []))
    assert other_source.with_suffix(".before").exists() and not other_source.exists()
    assert "begun anew" in capsys.readouterr().out


def test_another_source_goes_on_where_that_is_wanted(other_source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --keep-going it goes on, says so, and the note names both."""
    assert [2, []] == read_note(other_source, (0, []), keep_going=True)
    assert "going on all the same" in capsys.readouterr().out
    write_note(other_source, [3, []])
    assert [3, []] == read_note(other_source, None)
    assert 2 == len(json.loads(other_source.read_text())["sources"])


def test_a_note_that_names_no_source_is_of_another(tmp_path: Path) -> None:
    """As the first ones were: it goes on only where that is wanted."""
    noted = tmp_path / "cuts.json"
    noted.write_text("[5, {}]")
    assert [5, {}] == read_note(noted, None, keep_going=True)
    assert read_note(noted, None) is None


def test_the_source_is_every_module_by_name_and_content(tmp_path: Path) -> None:
    """A changed line, and a module that moved, make it another one; other files do not."""
    (tmp_path / "inside").mkdir()
    module = tmp_path / "inside" / "one.py"
    module.write_text("A = 1\n")
    found = [source_of(tmp_path)]
    (tmp_path / "page.j2").write_text("no module")
    assert found == [source_of(tmp_path)]
    module.write_text("A = 2\n")
    found.append(source_of(tmp_path))
    module.rename(tmp_path / "one.py")
    found.append(source_of(tmp_path))
    assert 3 == len(set(found))


def test_a_run_at_its_end_begins_anew_when_every_hand_is(tmp_path: Path) -> None:
    """One hand that has more to do keeps the others from playing theirs twice."""
    notes = [night.note_of(1, 2, number, tmp_path) for number in range(2)]
    write_note(notes[0], [2, [1]])
    write_note(notes[1], [1, []])
    night.anew_if_finished(1, 4, 2, tmp_path)
    assert [True, True] == [one.exists() for one in notes]
    write_note(notes[1], [2, []])
    night.anew_if_finished(1, 4, 2, tmp_path)
    assert [False, False] == [one.exists() for one in notes]


def test_finished_cuts_are_cut_again(tmp_path: Path) -> None:
    """The same call after a mend plays the number once more, and does not report what was."""
    noted = tmp_path / "cuts-5-1.json"
    write_note(noted, [1, {"5": "broke before the mend"}])
    command = [sys.executable, crash_night.__file__, "--from", "5", "--cuts", "1", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "1 of 1 cuts from 5, 0 broken" in done.stdout
    assert [1, {}] == read_note(noted, None)
