"""Nothing promised is lost when the power goes, whatever the shop is at; and a test that could not notice a loss would be none.

Each number is one cut: a story on a tape, a place in it, and what of the unsynced had reached the disk. The journal holds
under synchronous=FULL; the same cuts must lose sales under NORMAL, and files under OFF.
More cuts, or others: make crash CUTS=20000 FROM=2000
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from crash.cuts import CUTS_PER_TAPE, WHEEL, cut_and_judge, morning_of, play, story_of
from crash.judge import start_again
from crash.platter import cut, lay_out
from crash.shop import FRIDAY, NastyCloud, at_work, quick_folder, replay, run
from crash.stories import STORIES, Scene, sell
from crash.tape import Tape, recording
from tideover.app import House
from tideover.errors import TailMissing
from tideover.journal.heads import Heads
from tideover.journal.verify import verify_file
from unit.journal.small_shop import ToldClock, open_shop
from unit.recover.shop import document, line

CUTS = int(os.environ.get("CUTS", "2000"))
FROM = int(os.environ.get("FROM", "0"))
PARTS = 20  # Tests of one size, so that two cores share them.
CONTROL_CUTS = 60  # Each control must lose something in so many.
SALES = 24


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_promised_is_lost(part: int) -> None:
    """Wherever the power goes, once or twice: the next start is sound, every promise is kept, and the next sale is taken."""
    share = CUTS // PARTS
    faults = cut_and_judge(range(FROM + part * share, FROM + (part + 1) * share))

    assert {} == faults.found
    assert share == faults.cuts and (share < 100 or faults.in_the_middle > share // 20)


def test_every_story_has_its_turn() -> None:
    """So many cuts as one test run has reach every story, and many tapes of each."""
    names = [story_of(number).name for number in range(0, 2000, CUTS_PER_TAPE)]

    assert set(WHEEL) == set(names) and min(names.count(name) for name in WHEEL) >= 5


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


def sold_on(folder: Path, durable: bool, heads: Path | None = None) -> Tape:
    """A till's sales on a tape, checkpoints between them; in the morning all was on the disk."""
    chance, witness = random.Random(1), heads and Heads([heads])
    with open_shop(folder) as shop:
        till = shop.till()
    with recording(folder) as (tape, vfs), open_shop(folder, ToldClock(seed=2), vfs=vfs, durable=durable, heads=witness) as shop:
        for _ in range(SALES):
            tape.fact("kept", shop.append(till.sale()).id)
            shop.world.pass_by(seconds=2)  # So that each head is left with the witness.
            if chance.random() < 0.1:
                with shop.database.read() as connection:
                    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        tape.fact("end")
    return tape


def found(folder: Path) -> tuple[set[str], bool]:
    """Ids in the journal after the cut, and whether file and chain are whole."""
    with closing(apsw.Connection(str(folder / "journal.db"))) as connection:
        try:
            ids = {id for (id,) in connection.execute("SELECT id FROM entry")}
            is_sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except apsw.Error:
            return set(), False
    return ids, is_sound and verify_file(folder / "journal.db").chain == "whole"


def losses(tape: Tape, folder: Path, is_off: bool = False) -> tuple[int, int]:
    """How many acknowledged sales these cuts lost, and how many journals they spoiled."""
    lost = spoiled = 0
    end = tape.events.index(("fact", "end"))
    for seed in range(CONTROL_CUTS):
        chance = random.Random(seed)
        files, facts = cut(tape, chance.randint(end // 3, end), chance, is_off)
        lay_out(files, folder)
        ids, is_sound = found(folder)
        lost += len({fact[1] for fact in facts if fact[0] == "kept"} - ids)
        spoiled += not is_sound
    return lost, spoiled


def test_full_is_needed(folder: Path) -> None:
    """The same sales and the same cuts: FULL loses none, NORMAL loses acknowledged sales, OFF loses whole journals."""
    full = sold_on(folder, durable=True)
    assert (0, 0) == losses(full, folder)
    off_lost, off_spoiled = losses(full, folder, is_off=True)
    lay_out({}, folder)
    normal_lost, normal_spoiled = losses(sold_on(folder, durable=False), folder)

    assert off_lost > 0 and off_spoiled > 0
    assert normal_lost > 0 and normal_spoiled == 0


def test_a_lost_tail_that_still_fits_is_noticed(folder: Path, tmp_path: Path) -> None:
    """Under NORMAL the chain verifies after sales were lost; the head kept elsewhere says so, and writing stops."""
    tape = sold_on(folder, durable=False, heads=tmp_path)
    end = tape.events.index(("fact", "end"))
    noticed = fitted = 0
    for seed in range(CONTROL_CUTS):
        chance = random.Random(seed)
        files, facts = cut(tape, end, chance)
        lay_out(files, folder)
        ids, is_sound = found(folder)
        if not is_sound or {fact[1] for fact in facts if fact[0] == "kept"} <= ids:
            continue
        fitted += 1
        with open_shop(folder, heads=Heads([tmp_path])) as shop:
            noticed += isinstance(shop.journal.broken, TailMissing)
    assert fitted == noticed > 0


def test_nothing_promised_is_lost_with_a_writer_of_its_own(folder: Path) -> None:
    """The same with the thread that a real box commits in: whoever is answered was synced before, whatever the threads' order."""
    files, told, _ = morning_of(STORIES["selling"])
    lay_out(files, folder)
    with recording(folder, sync_s=0.002) as (tape, vfs):

        async def act() -> None:
            with at_work(folder, "threads", vfs=vfs, threaded=True) as house:
                for _ in range(3):
                    await sell(Scene(house, tape, vfs, NastyCloud(), random.Random(1), told))

        asyncio.run(act())
    facts = [at for at, event in enumerate(tape.events) if event[0] == "fact" and event[1] == "kept"]
    for at in facts:
        files, said = cut(tape, at + 1, random.Random(at))
        lay_out(files, folder)
        run(start_again(folder, [("cloud", []), *said], at, STORIES["selling"].judge, files))
    assert len(facts) > SALES


def test_an_attempt_is_on_the_disk_before_its_first_byte(folder: Path) -> None:
    """Else a box that lost it would send again without asking. Of the rest only the entry waits for the disk: one sync each."""

    async def act(house: House) -> None:
        await house.journal.record("sale", document(line()), trading_day=FRIDAY)
        tape.fact("sold")
        await replay(house)
        tape.fact("rest")

    with recording(folder) as (tape, vfs):
        cloud = NastyCloud(booked=lambda: tape.fact("booked"))
        with at_work(folder, "attempt", cloud=cloud, vfs=vfs) as house:
            run(act(house))
    log = next(event[2] for event in tape.events if event[:2] == ("link", "journal.db-wal"))
    sold, booked, rest = (tape.events.index(("fact", what)) for what in ("sold", "booked", "rest"))

    def syncs(since: int, until: int) -> list[str]:
        found = [event[0] for event in tape.events[since:until] if event[0] in ("write", "sync") and event[1] == log]
        return [what for at, what in enumerate(found) if what == "sync" or at == len(found) - 1]

    assert (["sync"], ["sync", "write"]) == (syncs(sold, booked), syncs(booked, rest))


def test_a_tape_plays_the_same_again(folder: Path) -> None:
    """A fault's number is enough to meet it again: the same facts, and the same changes of the same files.

    (Only the salts differ that SQLite gives its log.)
    """
    tapes = [shape(play(story_of(number), number // CUTS_PER_TAPE, folder)) for number in (0, 0, 20, 20)]

    assert tapes[0] == tapes[1] and tapes[2] == tapes[3]
    assert tapes[0] != tapes[2]


def shape(tape: Tape) -> list[tuple[object, ...]]:
    return [(*event[:3], len(event[3])) if event[0] == "write" else event for event in tape.events]
