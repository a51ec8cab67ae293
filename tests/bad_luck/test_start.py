"""A box that cannot start as asked: it says why and what to do, with the contract's exit code, and changes nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bad_luck.box import STOPS_IN_S, Box, Till, tideover

WRONG_USE, UNREACHABLE, DAMAGED = 2, 4, 5
READ_ONLY = Path("/sys/kernel")  # Takes no file, not even root's.


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that a box had open, with one sale."""
    with Box(tmp_path_factory.mktemp("opened") / "shop") as box, Till(box.url).enrol(box.staff) as till:
        till.answers(till.sale())
    return box.data


def copy_of(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def test_two_boxes_on_one_data_directory(tmp_path: Path) -> None:
    """The second one is told which process holds it, and the first sells on."""
    with Box(tmp_path / "shop") as box, Till(box.url).enrol(box.staff) as till:
        second = tideover("box", "--data", box.data, "--port", "0")

        assert (UNREACHABLE, True) == (second.code, second.is_plain)
        assert f"(process {box.pid})" in second.err
        assert ["created"] == [one["answer"] for one in till.answers(till.sale())]


def test_a_port_in_use(tmp_path: Path) -> None:
    """The port is named, and what to do about it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = tideover("box", "--data", tmp_path / "shop", "--port", other.getsockname()[1])

    assert (WRONG_USE, True) == (said.code, said.is_plain)
    assert "Address already in use" in said.err and "--port" in said.err


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"port = ", "the whole file"),
        (b"\xff\xfe\x00", "the whole file"),
        (b"nonsense = 1", "nonsense"),
        (b"watch_s = nan", "watch_s"),
        (b'watch_s = "often"', "watch_s"),
        (b'time_zone = "Mars/Base"', "time_zone"),
        (b'day_turns_at = "25:99"', "day_turns_at"),
        (b'full_pull_at = "night"', "full_pull_at"),
        (b'currency = "euro"', "currency"),
        (b'language = "sv"', "language"),
        (b"anchors = [1]", "anchors"),
        (b'anchors = ["one.example"]', "anchors"),
        (b'cloud = "nobody"', "cloud"),
        (b'cloud = "practice"', "cloud_url"),
        (b'cloud = "practice"\ncloud_url = "http://[bad"', "cloud_url"),
        (b'bind = "999.1.1.1"', "999.1.1.1"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, text: bytes, named: str) -> None:
    """The setting is named, with the file to correct."""
    (tmp_path / "tideover.toml").write_bytes(text)

    said = tideover("box", "--data", tmp_path, "--port", "0")

    assert (WRONG_USE, True) == (said.code, said.is_plain), said.err
    assert named in said.err


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    """A folder in the place of the file."""
    (tmp_path / "tideover.toml").mkdir()

    said = tideover("box", "--data", tmp_path, "--port", "0")

    assert (WRONG_USE, True) == (said.code, said.is_plain)
    assert "tideover.toml" in said.err


@pytest.mark.parametrize("place", ["file", "file/below", *([str(READ_ONLY)] if READ_ONLY.is_dir() else [])])
@pytest.mark.parametrize("command", [("box", "--port", "0"), ("close", "--cash", "0", "--card", "0")])
def test_a_data_directory_that_is_none(tmp_path: Path, place: str, command: tuple[str, ...]) -> None:
    """A file, something below a file, and a folder that takes no files."""
    (tmp_path / "file").touch()

    said = tideover(*command, "--data", tmp_path / place)

    assert (WRONG_USE, True) == (said.code, said.is_plain), said.err


@pytest.mark.parametrize("name", ["journal.db", "plan.db", "secrets.db"])
def test_a_database_that_is_none(opened: Path, tmp_path: Path, name: str) -> None:
    """Other bytes in the place of a database: the box does not start over it, and leaves it as it was."""
    data = copy_of(opened, tmp_path / "shop")
    (data / name).write_bytes(b"nothing of ours " * 512)

    said = tideover("box", "--data", data, "--port", "0")

    assert (DAMAGED, True) == (said.code, said.is_plain)
    assert name in said.err and "numbered slips" in said.err
    assert b"nothing of ours " * 512 == (data / name).read_bytes()


def test_damaged_copies_do_not_close_the_shop(opened: Path, tmp_path: Path) -> None:
    """They are put aside and said so: everything in them can be pulled again, and sales go on."""
    data = copy_of(opened, tmp_path / "shop")
    (data / "copies.db").write_bytes(b"nothing of ours " * 512)

    with Box(data) as box, Till(box.url).enrol(box.staff) as till:
        assert ["created"] == [one["answer"] for one in till.answers(till.sale())]

    assert "put aside as copies.damaged.db" in box.said
    assert b"nothing of ours " * 512 == (data / "copies.damaged.db").read_bytes()


@pytest.mark.parametrize("name", ["operator.token", "heads.log", "box.lock", "box.url"])
def test_small_files_that_were_torn_are_made_anew(opened: Path, tmp_path: Path, name: str) -> None:
    """Nothing depends on them for good: the box opens and takes sales."""
    data = copy_of(opened, tmp_path / "shop")
    (data / name).write_bytes(b"\xff\x00torn")

    with Box(data) as box, Till(box.url).enrol(box.staff) as till:
        assert ["created"] == [one["answer"] for one in till.answers(till.sale())]


@pytest.mark.parametrize("key", [b"", b"x" * 32, None], ids=["empty", "another", "folder"])
def test_a_key_file_that_does_not_fit(opened: Path, tmp_path: Path, key: bytes | None) -> None:
    """It is named, and the box does not go on without its secrets."""
    data = copy_of(opened, tmp_path / "shop")
    (data / "secrets.key").unlink()
    if key is None:
        (data / "secrets.key").mkdir()
    else:
        (data / "secrets.key").write_bytes(key)

    said = tideover("box", "--data", data, "--port", "0")

    assert (WRONG_USE, True) == (said.code, said.is_plain)
    assert "secrets.key" in said.err


def test_ctrl_c_ends_the_box(tmp_path: Path) -> None:
    """One Ctrl-C: exit 0 without a word, for ending it is what was asked."""
    command = [sys.executable, "-m", "tideover", "box", "--data", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as box:
        assert box.stdout is not None
        box.stdout.readline()
        os.kill(box.pid, signal.SIGINT)
        _, err = box.communicate(timeout=STOPS_IN_S)

    assert (0, b"") == (box.returncode, err)


def test_an_older_program_leaves_a_newer_directory_alone(opened: Path, tmp_path: Path) -> None:
    """It says which version to start, and changes no byte."""
    import apsw

    data = copy_of(opened, tmp_path / "shop")
    connection = apsw.Connection(str(data / "journal.db"))
    connection.pragma("user_version", 999)
    connection.close()
    before = (data / "journal.db").read_bytes()

    said = tideover("box", "--data", data, "--port", "0")

    assert (WRONG_USE, True) == (said.code, said.is_plain)
    assert "newer" in said.err
    assert before == (data / "journal.db").read_bytes()
