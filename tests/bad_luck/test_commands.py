"""`close`, `connect`, `doctor` and the practice programs, asked for what cannot be: a clear word and the contract's exit code."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bad_luck.box import Said, tideover

WRONG_USE, OPEN, UNREACHABLE, DAMAGED = 2, 3, 4, 5
CLOSE = ("close", "--data", "shop", "--day", "2026-11-20", "--cash", "0", "--card", "0")
CONNECT = ("connect", "practice", "--data", "shop", "--set", "user=shop")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ((*CLOSE, "--cash", "²"), "is not an amount"),
        ((*CLOSE, "--cash", "1e5"), "is not an amount"),
        ((*CLOSE, "--card", "1,234.50"), "is not an amount"),
        ((*CLOSE, "--cash", "9" * 25), "cannot lie in a drawer"),
        ((*CLOSE, "--day", "2026-13-45"), "2026-13-45"),
        ((*CLOSE, "--day", "tomorrow"), "tomorrow"),
        (CLOSE[:-2], "--card is not given"),
        ((*CONNECT, "--set", "url=nonsense", "--secret-stdin", "password"), "is not an http or https address"),
        ((*CONNECT, "--set", "colour=red"), "write NAME=VALUE"),
        ((*CONNECT, "--set", "password=secret"), "use --secret-stdin password"),
        ((*CONNECT, "--set", "url=http://127.0.0.1:1"), "use --secret-stdin password"),
        ((*CONNECT, "--secret-stdin", "nothing"), "no secret of this cloud"),
        (("connect", "assisted", "--data", "shop", "--set", "url=relative"), "not the full path"),
        (("connect", "nobody", "--data", "shop"), "practice"),
        (("demo", "--keep", "file"), "is a file"),
        (("doctor", "--data", "file/below"), "cannot be used"),
        (("practice-cloud", "--db", "nowhere/practice.db"), "cannot be used"),
        (("frobnicate",), "No such command"),
    ],
)
def test_what_cannot_be_asked(tmp_path: Path, command: tuple[str, ...], why: str) -> None:
    """Exit 2, which part of it, and what to write instead."""
    (tmp_path / "file").touch()

    said = tideover(*command, cwd=tmp_path)

    assert (WRONG_USE, True) == (said.code, said.is_plain), said.err
    assert why in said.err


def connect(folder: Path, port: int) -> Said:
    address = f"url=http://127.0.0.1:{port}"
    return tideover(*CONNECT, "--set", address, "--secret-stdin", "password", cwd=folder)


def test_a_cloud_that_is_not_there(tmp_path: Path) -> None:
    """Exit 4, nothing stored."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    said = connect(tmp_path, port)

    assert (UNREACHABLE, True) == (said.code, said.is_plain)
    assert "Nothing was stored" in said.err
    assert not (tmp_path / "shop" / "tideover.toml").exists()


def test_doctor_names_a_damaged_journal(tmp_path: Path) -> None:
    """It goes through its whole list and says what is missing: exit 3."""
    (tmp_path / "journal.db").write_bytes(b"nothing of ours " * 512)

    said = tideover("doctor", "--data", tmp_path)

    assert OPEN == said.code
    assert "✗ Journal" in said.out and "numbered slips" in said.out


def test_a_day_is_closed_once(tmp_path: Path) -> None:
    """Closing an empty day names what is open; a second time is refused."""
    first, second = tideover(*CLOSE, cwd=tmp_path), tideover(*CLOSE, cwd=tmp_path)

    assert (OPEN, WRONG_USE) == (first.code, second.code), first.err + second.err
    assert 1 == first.err.count("read back")
    assert "was closed as Z 1" in second.err and second.is_plain


def test_a_defect_leaves_two_lines_and_a_file(tmp_path: Path) -> None:
    """Whatever nobody thought of: no traceback for the person, all of it for whoever mends it."""
    import subprocess
    import sys

    code = (
        "import sys; from tideover import __main__ as m; "
        "m.cli.main = lambda **k: 1 / 0; sys.argv = ['tideover']; m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"TMPDIR": str(tmp_path)})
    [kept] = tmp_path.iterdir()

    assert 1 == done.returncode
    assert "A defect in Tideover: ZeroDivisionError" in done.stderr and "Traceback" not in done.stderr
    assert kept.name in done.stderr and "Traceback" in kept.read_text(encoding="utf-8")
