"""Settings: read once, checked, written back without losing what stood there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tideover.errors import Misconfigured
from tideover.settings import FILE, Settings, read_settings, write_settings


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """A new shop needs no file."""
    assert Settings() == read_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("watch_s = 0.0", "watch_s"),
        ("watch_s = true", "watch_s"),
        ("tolerable_s = 1.5", "tolerable_s"),
        ("colour = 'red'", "colour"),
        ("shop_name = 7", "shop_name"),
        ("= nonsense", "whole file"),
    ],
)
def test_a_bad_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    """The error says which setting and what would be right."""
    (tmp_path / FILE).write_text(text)

    with pytest.raises(Misconfigured) as caught:
        read_settings(tmp_path)

    assert named in caught.value.message


def test_writing_keeps_what_stood_there(tmp_path: Path) -> None:
    """Two commands may set different things, with any character in them."""
    write_settings(tmp_path, {"shop_name": 'Kioski "Åsa" \\ 1', "anchors": ("a:1", "b:2")})
    write_settings(tmp_path, {"watch_s": 2})

    settings = read_settings(tmp_path)

    assert ('Kioski "Åsa" \\ 1', ("a:1", "b:2"), 2.0) == (settings.shop_name, settings.anchors, settings.watch_s)


def test_a_bad_setting_is_not_written(tmp_path: Path) -> None:
    """The file stays as it was."""
    with pytest.raises(Misconfigured):
        write_settings(tmp_path, {"watch_s": 1e9})

    assert not (tmp_path / FILE).exists()
