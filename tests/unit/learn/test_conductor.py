"""The parts of the conductor that need no stage: what it asks, refuses, looks up."""

from __future__ import annotations

import asyncio
from datetime import time
from pathlib import Path

import pytest

from tideover.errors import FolderUnusable, Rejected
from tideover.learn.conductor import Options, parse_faults, rehearse, shelf_of
from tideover.learn.input import InputDocument, InputLine
from tideover.learn.people import Agenda
from tideover.learn.play import number_in_report
from tideover.world import EPOCH, FOREVER_MS


def test_faults_are_read_from_the_command_line() -> None:
    """Names and numbers, blanks allowed."""
    assert {"lost-reply": 0.1, "crash": 3.0} == parse_faults("lost-reply=0.1, crash=3")
    assert {} == parse_faults("")


@pytest.mark.parametrize("text", ["lost-replies=0.1", "busy", "busy=often", "busy=1.5", "crash=-1", "crash=1000", "busy=nan"])
def test_an_unknown_or_absurd_fault_is_refused(text: str) -> None:
    """The message names the part and what there is."""
    with pytest.raises(Rejected, match="lost-reply, duplicate, refuse"):
        parse_faults(text)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (Options(cut=time(16), back=time(15)), "cannot be back at 15:00"),
        (Options(tills=0), "1 to 50 tills"),
        (Options(tills=51), "1 to 50 tills"),
    ],
)
def test_a_rehearsal_that_makes_no_sense_is_refused(options: Options, why: str) -> None:
    """Before anything is started."""
    with pytest.raises(Rejected, match=why):
        rehearse(options, lambda progress: None)


def test_a_rehearsal_never_touches_a_journal_that_is_there(tmp_path: Path) -> None:
    """Practice has its own books: the shop's data directory is refused and left as it was."""
    (tmp_path / "journal.db").write_bytes(b"the shop's")

    with pytest.raises(FolderUnusable, match=r"holds journal\.db already"):
        rehearse(Options(keep=tmp_path), lambda progress: None)

    assert [tmp_path / "journal.db"] == list(tmp_path.iterdir())
    assert b"the shop's" == (tmp_path / "journal.db").read_bytes()


def test_the_cloud_knows_what_the_documents_name() -> None:
    """Each item and customer once, with the first name and price seen."""

    def document(n: int, item: str, price: int) -> InputDocument:
        lines = (InputLine(2, item, f"name {n}", 1000, price, price // 100, 200_000),)
        return InputDocument(f"1#{n}", "f", str(n), "sale", EPOCH, "2011-11-18", lines, customer="13599")

    shelf = shelf_of([document(1, "A", 100), document(2, "A", 200), document(3, "", 100)])

    assert [("A", "name 1", 100)] == [(one["code"], one["name"], one["unit_price"]) for one in shelf["items"]]
    assert ["13599"] == [one["code"] for one in shelf["customers"]]


def test_the_agenda_keeps_the_order() -> None:
    """By hour, and what was noted first comes first; what is not due waits."""
    agenda, done = Agenda(), []

    def note(at_ms: int, name: str) -> None:
        async def act() -> None:
            done.append(name)

        agenda.note(at_ms, act)

    note(20, "c"), note(10, "a"), note(10, "b"), note(30, "d")
    asyncio.run(agenda.run(20))

    assert (["a", "b", "c"], 30) == (done, agenda.next_ms())
    asyncio.run(agenda.run(30))
    assert FOREVER_MS == agenda.next_ms()


def test_a_person_finds_a_sale_in_the_day_report() -> None:
    """By the number on the till's screen; a voided one is not there."""
    report = "number,our_reference,reference,state\r\nS1,,T1/1,final\r\nS2,,T1/2,void\r\n"

    assert ("S1", None, None) == tuple(number_in_report(report, reference) for reference in ("T1/1", "T1/2", "T9/9"))
