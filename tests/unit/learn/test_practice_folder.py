"""Practice is told from the real thing by the folder, whatever a setting says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tideover.errors import Misconfigured
from tideover.learn.practice_folder import MARK, REAL, Scene, check_kind, is_marked, mark, read_scene, write_scene
from tideover.settings import Settings

PRACTICE, SHOP = Settings(is_practice=True), Settings()


def test_a_fresh_folder_is_marked_once_and_for_ever(tmp_path: Path) -> None:
    """The mark is there before anything else, and a second practice in the folder is let in."""
    mark(tmp_path)
    (tmp_path / "journal.db").write_bytes(b"")

    mark(tmp_path)

    assert is_marked(tmp_path)


@pytest.mark.parametrize("name", REAL)
def test_a_folder_that_was_ever_real_is_never_marked(tmp_path: Path, name: str) -> None:
    """One file of a real box is enough."""
    (tmp_path / name).write_bytes(b"")

    with pytest.raises(Misconfigured, match="real box"):
        mark(tmp_path)
    assert not (tmp_path / MARK).exists()


def test_the_setting_alone_makes_no_practice(tmp_path: Path) -> None:
    """A real folder whose settings say practice is not opened: its pages would say PRACTICE over real sales."""
    with pytest.raises(Misconfigured, match="made for practice"):
        check_kind(tmp_path, PRACTICE)


def test_a_practice_folder_is_not_opened_as_a_real_one(tmp_path: Path) -> None:
    """Nor with the setting taken out of its file."""
    mark(tmp_path)

    check_kind(tmp_path, PRACTICE)
    with pytest.raises(Misconfigured, match="for practice"):
        check_kind(tmp_path, SHOP)


def test_a_torn_scene_breaks_nothing(tmp_path: Path) -> None:
    """A scene that cannot be read is an empty one."""
    write_scene(tmp_path, Scene(control=7))
    (tmp_path / "practice.json").write_bytes(b'{"control": ')

    assert Scene() == read_scene(tmp_path)
