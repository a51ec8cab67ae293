"""Every printer keeps the same promises: what is handed over comes out whole, what is gone took nothing, no answer is an error.

CUPS is played by two small programs in the place of lp and lpstat; where the real ones are installed they are asked as well.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tideover.drivers import printer_of
from tideover.drivers.cups import Cups
from tideover.drivers.folder import Folder
from tideover.ports import Printer
from tideover.world import real_world

TITLE = "Hinnasto: Leipä / \u202e$(touch x) 'q'\n-o raw"

# A queue in a folder: jobs are files, `done`, `lost`, `gone`, `slow`, `jammed` say what it is to do.
LP = """#!/bin/sh
here=$(dirname "$0")
[ -e "$here/slow" ] && exec sleep 60
[ "$1 $2 $3" = "-d office -t" ] && [ "$5" = "--" ] && [ $# = 6 ] || { echo "lp: wrong use: $*"; exit 1; }
[ -e "$here/gone" ] && { echo "lp: The printer or class does not exist."; exit 1; }
cp "$6" "$here/office-7.pdf" && printf '%s' "$4" > "$here/title"
echo "request id is office-7 (1 file(s))"
"""
LPSTAT = """#!/bin/sh
here=$(dirname "$0")
[ -e "$here/slow" ] && exec sleep 60
[ -e "$here/gone" ] && { echo 'lpstat: Invalid destination name in list "office".'; exit 1; }
if [ "$1" = -p ]; then
  [ -e "$here/jammed" ] && printf 'printer office disabled since Fri -\\n\\tout of paper\\n' || echo "printer office is idle.  enabled"
  exit 0
fi
[ -e "$here/lost" ] || [ ! -e "$here/office-7.pdf" ] && exit 0
if [ -e "$here/done" ]; then now=completed; else now=not-completed; fi
[ "$2" = $now ] && echo "office-7                anna         12345   Fri 20 Nov 2026"
exit 0
"""


@pytest.fixture
def queue(tmp_path) -> Path:
    """The folder of the two programs."""
    folder = tmp_path / "cups"
    folder.mkdir()
    for name, text in (("lp", LP), ("lpstat", LPSTAT)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def paper(tmp_path) -> Path:
    path = tmp_path / "0192f3c4.pdf"
    path.write_bytes(b"%PDF-1.7 a paper")
    return path


@pytest.fixture(params=["cups", "folder"])
def printer(request, tmp_path, queue) -> tuple[Printer, Path]:
    """A printer, and where its paper comes out."""
    if request.param == "cups":
        (queue / "done").touch()
        return Cups("office", real_world(), queue), queue
    (tmp_path / "out").mkdir()
    return Folder(tmp_path / "out"), tmp_path / "out"


def test_what_is_handed_over_comes_out_whole(printer, paper):
    """A hostile title is a title; asked afterwards the printer confirms it."""
    printer, out = printer

    async def play():
        answer = await printer.send(paper, TITLE)
        return answer, await printer.ask(answer.number)

    sent, asked = asyncio.run(play())
    assert sent.word in ("sent", "confirmed") and "confirmed" == asked.word
    assert [paper.read_bytes()] == [one.read_bytes() for one in out.glob("*.pdf")]
    assert not (out / "x").exists() and all("/" not in one.name for one in out.iterdir())


@pytest.mark.parametrize("name", ["nobody's printer", "folder:/nowhere/at/all"])
def test_a_printer_that_is_not_there_took_nothing(name, paper):
    """`away` with a reason, so that the job waits."""
    answer = asyncio.run(printer_of(name, real_world()).send(paper, TITLE))
    assert "away" == answer.word and answer.why


def test_no_printer_is_chosen_with_an_empty_name():
    """Then a person prints."""
    assert printer_of("  ", real_world()) is None


def ask_cups(queue: Path, paper: Path, *signs: str, timeout_s: float = 20.0):
    cups = Cups("office", real_world(), queue)
    cups.timeout_s = timeout_s

    async def play():
        sent = await cups.send(paper, TITLE)
        for sign in signs:
            (queue / sign).touch()
        return sent, await cups.ask("office-7")

    return asyncio.run(play())


def test_cups_tells_waiting_done_and_lost_apart(queue, paper):
    """In the queue, printed, and vanished from it: only a person can say what became of that one."""
    assert ["sent", "sent"] == [one.word for one in ask_cups(queue, paper)]
    assert "out of paper" in ask_cups(queue, paper, "jammed")[1].why
    assert "confirmed" == ask_cups(queue, paper, "done")[1].word
    assert "unknown" == ask_cups(queue, paper, "lost")[1].word


def test_cups_gone_takes_nothing_and_says_so(queue, paper):
    """A printer that was taken away between two jobs."""
    (queue / "gone").touch()
    sent, asked = ask_cups(queue, paper)
    assert (("away", "lp: The printer or class does not exist."), "away") == ((sent.word, sent.why), asked.word)


def test_a_cups_that_hangs_may_have_printed(queue, paper):
    """No answer in time is `unknown` for a send, and no news for an ask; the hanging program is ended."""
    (queue / "slow").touch()
    sent, asked = ask_cups(queue, paper, timeout_s=0.2)
    assert ("unknown", "away") == (sent.word, asked.word)


def test_the_title_reaches_the_queue_on_one_line(queue, paper):
    """Without anything that a printer would obey."""
    ask_cups(queue, paper)
    assert "Hinnasto: Leipä /  $(touch x) 'q' -o raw" == (queue / "title").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("lp") is None, reason="CUPS is not installed on this machine")
def test_the_real_programs_answer_in_the_same_words(paper):
    """A queue that does not exist is away, whatever version of CUPS says so."""
    cups = Cups("no-such-queue-here", real_world())

    async def play():
        return (await cups.send(paper, TITLE)).word, (await cups.ask("no-such-queue-here-1")).word

    assert ("away", "away") == asyncio.run(play())
