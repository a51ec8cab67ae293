"""`tideover rehearse` with files and wishes that cannot be played, and a Ctrl-C in the middle."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bad_luck.box import STOPS_IN_S, tideover

FAILED, WRONG_USE = 1, 2
LOOKS_MAX, PAUSE_S = 400, 0.05  # The programs need a part of a second.
SHORT = ("--from", "14:50", "--until", "15:20")
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ONE = HEADER + "1,A,Thing,1,2011-11-18 {at}:00,2.50,,United Kingdom\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no line in it"),
        (bytes(range(256)) * 20, "no text"),
        (HEADER.encode(), "no line in it"),
        (b"a,b,c\n1,2,3\n", "column InvoiceNo"),
        (HEADER.replace(",UnitPrice", "").encode() + b"1,A,Thing,1,2011-11-18 15:00:00,,UK\n", "column UnitPrice is missing"),
        (",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n1\n", "1000000 columns"),
        (HEADER.encode() + b'"' + b"x" * 200_000 + b'"\n', "field"),
        (HEADER.encode() + b"1,A,Thing,1,yesterday,2.50,,United Kingdom\n", "no sale or refund"),
        (HEADER.encode() + b"A1,B,Adjust bad debt,1,2011-11-18 15:00:00,-50,,United Kingdom\n", "no sale or refund"),
    ],
    ids=["empty", "noise", "header alone", "other columns", "column missing", "million columns", "endless field", "no time", "no trade"],
)
def test_a_file_that_cannot_be_played(tmp_path: Path, content: bytes, why: str) -> None:
    """Exit 2, why, what to give instead; nothing is kept."""
    (tmp_path / "day.csv").write_bytes(content)

    said = tideover("rehearse", tmp_path / "day.csv", "--keep", tmp_path / "kept")

    assert (WRONG_USE, True, "") == (said.code, said.is_plain, said.out), said.err
    assert why in said.err
    assert not (tmp_path / "kept" / "journal.db").exists()


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (("--from", "17:00", "--until", "14:00"), "cannot be back at 14:00 before it dies at 17:00"),
        (("--from", "14:30", "--until", "14:30"), "cannot be back"),
        (("--from", "25:00"), "is not a time like 14:30"),
        (("--faults", "gremlins=1"), "lost-reply, duplicate, refuse"),
        (("--faults", "busy=-0.5"), "busy=-0.5"),
        (("--faults", "busy=1.5"), "busy=1.5"),
        (("--faults", "busy=nan"), "busy=nan"),
        (("--faults", "crash=2.5"), "crash=2.5"),
        (("--faults", "busy"), "busy"),
        (("--tills", "0"), "1<=x<=50"),
        (("--tills", "51"), "1<=x<=50"),
        (("--vat", "nan"), "between 0 and 100"),
        (("--vat", "1e999999999"), "rate"),
        (("--vat", "-1"), "between 0 and 100"),
        (("--cloud", "heaven"), "practice"),
        (("--keep", "day.csv"), "is a file"),
        (("--keep", "day.csv/below"), "cannot be used"),
        (("--keep", "shop"), "holds tideover.toml already"),
        (("--seed", "one"), "integer"),
    ],
)
def test_a_wish_that_cannot_be_granted(tmp_path: Path, wish: tuple[str, ...], why: str) -> None:
    """Exit 2 and which one it is, before anything starts."""
    (tmp_path / "day.csv").write_text(ONE.format(at="15:00"), encoding="utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "tideover.toml").touch()

    said = tideover("rehearse", "day.csv", *wish, cwd=tmp_path)

    assert (WRONG_USE, True, "") == (said.code, said.is_plain, said.out), said.err
    assert why in said.err
    assert {"day.csv", "shop"} == {path.name for path in tmp_path.iterdir()}
    assert ["tideover.toml"] == [path.name for path in (tmp_path / "shop").iterdir()]


@pytest.mark.parametrize("path", [".", "nowhere.csv"])
def test_a_path_that_is_no_file(tmp_path: Path, path: str) -> None:
    """A folder, and nothing at all."""
    said = tideover("rehearse", path, cwd=tmp_path)

    assert (WRONG_USE, True) == (said.code, said.is_plain)


ODD = (
    "\ufeffInvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country\n"
    '1;A;"Tea; black";2;2011-11-18 15:00:00;2,50;7;United Kingdom\n'
    "1;B;Café;1;2011-11-18 15:00:00;=1+2;7;United Kingdom\n"
    "2;A;Tea;1;2011-11-18 15:10:00;2,50;;United Kingdom\n"
)
CALM = ONE.format(at="09:00").replace("Thing", "Café crème")


@pytest.mark.parametrize(
    ("content", "more", "expected"),
    [
        (ODD.encode(), ("--tills", "1"), {"booked": 2, "booked_sum_minor": 750, "unbookable_lines": 1}),
        (CALM.encode("latin-1"), ("--tills", "50"), {"booked": 0, "cloud_sales": 1, "detect_s": 7.0}),
    ],
    ids=["BOM, semicolons, decimal commas, formula, one till", "Latin-1, no sale in the window, 50 tills"],
)
def test_an_odd_day_is_played_and_proven(tmp_path: Path, content: bytes, more: tuple[str, ...], expected: dict[str, object]) -> None:
    """What can be read is booked, the rest is named, and the proof holds."""
    (tmp_path / "day.csv").write_bytes(content)

    said = tideover("rehearse", tmp_path / "day.csv", "--json", *SHORT, *more)

    assert 0 == said.code, said.err
    claim = json.loads(said.out)
    assert "holds" == claim["proof"]
    assert expected == {key: claim[key] for key in expected}
    assert all("=1+2" in one["reason"] for one in claim["unbookable"])


def test_ctrl_c_in_the_middle(tmp_path: Path) -> None:
    """Exit 1, one plain sentence, and no program of the rehearsal is left behind."""
    (tmp_path / "day.csv").write_text(ONE.format(at="09:00"), encoding="utf-8")
    command = [sys.executable, "-m", "tideover", "rehearse", str(tmp_path / "day.csv"), "--keep", str(tmp_path / "kept")]
    at_a_terminal = {"start_new_session": True, "preexec_fn": hears_ctrl_c}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **at_a_terminal) as played:
        assert played.stderr is not None
        while "the box watches" not in played.stderr.readline():
            assert played.poll() is None
        os.killpg(played.pid, signal.SIGINT)  # As a terminal does it.
        out, err = played.communicate(timeout=STOPS_IN_S)

    assert (FAILED, "") == (played.returncode, out)
    assert "Traceback" not in err and "Stopped" in err
    assert [] == [log.name for log in (tmp_path / "kept").glob("*.log") if "Traceback" in log.read_text(encoding="utf-8")]
    assert is_gone(played.pid)


def test_a_rehearsal_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    """Its programs end when their standard input does."""
    (tmp_path / "day.csv").write_text(ONE.format(at="09:00"), encoding="utf-8")
    command = [sys.executable, "-m", "tideover", "rehearse", str(tmp_path / "day.csv"), "--keep", str(tmp_path / "kept")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True) as played:
        assert played.stderr is not None
        while "the box watches" not in played.stderr.readline():
            assert played.poll() is None
        os.kill(played.pid, signal.SIGKILL)
        played.wait(timeout=STOPS_IN_S)
    pause = threading.Event()
    assert any(is_gone(played.pid) or pause.wait(PAUSE_S) for _ in range(LOOKS_MAX))


def hears_ctrl_c() -> None:
    """Tests that a shell runs in the background inherit its deaf ear."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_gone(session: int) -> bool:
    """True if no process of that session is left."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, its_session, *_ = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if state != "Z" and int(its_session) == session:
                return False
    return True
