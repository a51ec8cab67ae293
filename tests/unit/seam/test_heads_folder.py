"""A head kept on another disk tells of a tail that the journal and the file beside it have both lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw

from tideover.app import open_house
from tideover.errors import TailMissing
from tideover.model.facts import DrawerMove
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
