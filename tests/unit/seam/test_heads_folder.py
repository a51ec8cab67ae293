"""A head kept on another disk tells of a tail that the journal and the file beside it have both lost."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import apsw
import pytest

from tideover.app import Seams, open_house
from tideover.box import DAY_S, verify
from tideover.commands.doctor import examine
from tideover.errors import TailMissing
from tideover.journal import heads
from tideover.model.facts import DrawerMove
from tideover.settings import write_settings
from tideover.world import RealWorld


def lose_the_last_entry(data: Path) -> None:
    """As after a restore of an older disk image: entry and witness beside it are gone together."""
    connection = apsw.Connection(str(data / "journal.db"))
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'entry'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)")
    connection.close()
    (data / "heads.log").unlink()


def test_a_second_witness_notices_what_the_first_lost(tmp_path: Path) -> None:
    """The box opens for reading and refuses to write, until somebody has looked."""

    async def play() -> None:
        data, stick = tmp_path / "shop", tmp_path / "stick"
        data.mkdir()
        stick.mkdir()
        house = open_house(data, RealWorld(), heads_folder=str(stick))
        await house.journal.record("drawer_float", DrawerMove(10_000))
        await house.shut()
        lose_the_last_entry(data)

        house = open_house(data, RealWorld(), heads_folder=str(stick))
        assert isinstance(house.journal.broken, TailMissing)
        await house.shut()

    asyncio.run(play())


def test_a_second_witness_that_is_gone_is_told_until_it_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, with the place's name, however often the day is looked through; with the stick back in it ends by itself."""
    monkeypatch.setattr(heads, "WITNESS_MS", 0)  # Each entry's head, however soon the next.

    async def play() -> None:
        data, stick = tmp_path / "shop", tmp_path / "stick"
        data.mkdir()
        house = open_house(data, RealWorld(), Seams(threaded=False), heads_folder=str(stick))  # Each sale waits for the stick.

        async def looked() -> list[str]:
            await house.journal.record("drawer_float", DrawerMove(10_000))
            while DAY_S != await verify(house):
                pass
            return [one.entry.body.text for one in house.findings.open()]

        told = await looked()
        assert 1 == len(told) and told[0].startswith(f"{stick} keeps no witness")
        assert told == await looked()
        stick.mkdir()
        assert [] == await looked()
        await house.shut()

    asyncio.run(play())


def test_the_doctor_looks_whether_the_second_witness_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says nothing of it where there is none. A folder on the journal's own disk may be all that is left of a stick's place."""
    here, stick = os.stat(tmp_path), tmp_path / "stick"
    of_others, elsewhere = os.stat, os.stat_result((*here[:2], here.st_dev + 1, *here[3:]))

    def states() -> list[str]:
        return [one.state for one in examine(tmp_path) if one.what == "Second witness"]

    assert [] == states()
    write_settings(tmp_path, {"heads_folder": str(stick)})
    assert ["missing"] == states()
    stick.mkdir()
    assert ["advice"] == states()
    monkeypatch.setattr(os, "stat", lambda path, **how: elsewhere if path == str(stick) else of_others(path, **how))
    assert ["ok"] == states()


def test_the_doctor_does_not_wait_for_a_second_witness_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, and goes on with its list."""
    answers, share, of_others = threading.Event(), str(tmp_path / "share"), os.access
    monkeypatch.setattr(heads, "PATIENCE_S", 0.05)
    monkeypatch.setattr(os, "access", lambda path, mode: answers.wait(60) if path == share else of_others(path, mode))
    write_settings(tmp_path, {"heads_folder": share})

    found = [one for one in examine(tmp_path) if one.what == "Second witness"]

    answers.set()
    assert [("missing", f"{share} does not answer")] == [(one.state, one.found) for one in found]
