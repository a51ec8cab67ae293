"""A long run that was ended goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import night
from sim.note import read_note, write_note


def test_a_hand_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeds that were played are not played again, and those that failed stay named."""
    played: list[int] = []
    monkeypatch.setattr(night, "play", lambda script: played.append(script.seed) or [])
    write_note(tmp_path / "hand-1.json", [2, [12]])

    assert 1 == night.hand(10, 9, 2, 1, tmp_path)
    assert [15, 17] == played
    assert [4, [12]] == read_note(tmp_path / "hand-1.json", None)


def test_a_note_is_whole_or_that_of_before(tmp_path: Path) -> None:
    """A note that was being written when the run was killed counts for nothing."""
    note = tmp_path / "cuts.json"
    assert (0, {}) == read_note(note, (0, {}))
    write_note(note, [7, {}])
    note.with_suffix(".new").write_text("[8, {")

    assert [7, {}] == read_note(note, None)
