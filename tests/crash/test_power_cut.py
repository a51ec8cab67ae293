"""Nothing acknowledged is lost when the power goes, and a test that could not notice a loss would be none.

The journal holds under synchronous=FULL; the same cuts must lose sales under NORMAL and on a disk that lies.
More cuts: CUTS=5000 pytest tests/crash
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections import Counter
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from crash.power import Disk
from tideover.db import Database
from tideover.errors import DiskFailed, FileDamaged, TailMissing
from tideover.journal.verify import verify_file
from unit.journal.small_shop import Shop, Till, ToldClock, open_shop

CUTS = int(os.environ.get("CUTS", "200"))  # Under FULL.
CONTROL_CUTS = 40  # Each control must lose something in so many.
SALES = 24
CHECKPOINT_CHANCE = 0.1  # After a sale; a checkpoint moves everything from the log into the file.

Pairs = list[tuple[bytes, bytes]]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Pairs]:
    """A journal as it stands in the morning, and the sales that a till will make."""
    folder = tmp_path_factory.mktemp("morning")
    with open_shop(folder) as shop:
        till: Till = shop.till()
    return folder, [till.sale() for _ in range(SALES)]


def sell_until_the_cut(shop: Shop, pairs: Pairs, chance: random.Random) -> list[str]:
    """Ids of the sales that were acknowledged before the disk failed."""
    acknowledged = []
    for pair in pairs:
        try:
            acknowledged.append(shop.append(pair).id)
        except DiskFailed:
            break
        shop.world.pass_by(seconds=2)  # So that each head is left with the witness.
        if chance.random() < CHECKPOINT_CHANCE:
            checkpoint(shop.database)
    return acknowledged


def checkpoint(database: Database) -> None:
    with contextlib.suppress(apsw.Error, FileDamaged), database.read() as connection:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def operations_in_all(morning: tuple[Path, Pairs], folder: Path) -> int:
    """How many writes and syncs the sales take when nothing fails."""
    template, pairs = morning
    disk = Disk("counting")
    shutil.copytree(template, folder)
    with open_shop(folder, ToldClock(), vfs=disk.name) as shop:
        before = disk.operations
        assert SALES == len(sell_until_the_cut(shop, pairs, random.Random(0)))
        after = disk.operations
    disk.unregister()
    return after - before


def cut_once(morning: tuple[Path, Pairs], folder: Path, seed: int, within: int, durable: bool, lies: bool) -> list[str]:
    """Sell, cut the power at a place of the seed's choice; returns what was acknowledged."""
    template, pairs = morning
    chance = random.Random(seed)
    shutil.copytree(template, folder)
    disk = Disk(f"disk-{seed}-{durable}-{lies}", lies)
    shop = Shop(folder, ToldClock(), threaded=False, vfs=disk.name, durable=durable, heads=None)
    disk.fail_at = disk.operations + chance.randint(1, within)
    acknowledged = sell_until_the_cut(shop, pairs, chance)
    disk.fail_at = 0
    for one in (shop.database, shop.secrets):
        with contextlib.suppress(apsw.Error):
            one.close()
    disk.cut(chance)
    disk.unregister()
    return acknowledged


def found(folder: Path) -> tuple[set[str], str, str]:
    """Ids in the journal after the cut, what the integrity check says, what the chain says."""
    with closing(apsw.Connection(str(folder / "journal.db"))) as connection:
        try:
            ids = {id for (id,) in connection.execute("SELECT id FROM entry")}
            integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
        except apsw.Error as error:
            return set(), str(error), ""
    return ids, integrity, verify_file(folder / "journal.db").chain


def test_no_acknowledged_sale_is_lost(morning: tuple[Path, Pairs], tmp_path: Path) -> None:
    """Wherever the power goes: every acknowledged sale is there, the chain is whole, and the till's repeat fills the rest."""
    within = operations_in_all(morning, tmp_path / "dry")
    cut_in_the_middle = 0
    for seed in range(CUTS):
        folder = tmp_path / f"cut-{seed}"
        acknowledged = cut_once(morning, folder, seed, within, durable=True, lies=False)
        cut_in_the_middle += 0 < len(acknowledged) < SALES
        ids, integrity, chain = found(folder)
        assert set() == set(acknowledged) - ids, f"seed {seed}"
        assert ("ok", "whole") == (integrity, chain), f"seed {seed}"
        with open_shop(folder) as shop:
            assert shop.journal.broken is None, f"seed {seed}"
            answers = Counter(one.answer for one in shop.append_all(morning[1]))
            assert {"created", "exists"} >= set(answers) and SALES == answers.total()
        assert ("whole", SALES + 2) == (verify_file(folder / "journal.db").chain, verify_file(folder / "journal.db").entries)
        shutil.rmtree(folder)
    assert cut_in_the_middle > CUTS // 2


@pytest.mark.parametrize(("durable", "lies"), [(False, False), (True, True)], ids=["NORMAL", "a lying disk"])
def test_the_controls_lose_sales(morning: tuple[Path, Pairs], tmp_path: Path, durable: bool, lies: bool) -> None:
    """Without the sync the same cuts lose acknowledged sales; so this test can fail, and FULL is needed."""
    within = operations_in_all(morning, tmp_path / "dry")
    lost = 0
    for seed in range(CONTROL_CUTS):
        folder = tmp_path / f"cut-{seed}"
        acknowledged = cut_once(morning, folder, seed, within, durable, lies)
        ids, _, _ = found(folder)
        lost += len(set(acknowledged) - ids)
    assert lost > 0


def test_a_lost_tail_that_still_fits_is_noticed(morning: tuple[Path, Pairs], tmp_path: Path) -> None:
    """Under NORMAL the chain verifies after sales were lost; the head kept elsewhere says so, and writing stops."""
    within = operations_in_all(morning, tmp_path / "dry")
    noticed = fitted = 0
    for seed in range(CONTROL_CUTS):
        folder = tmp_path / f"cut-{seed}"
        acknowledged = cut_once(morning, folder, seed, within, durable=False, lies=False)
        ids, integrity, chain = found(folder)
        if set(acknowledged) <= ids or (integrity, chain) != ("ok", "whole"):
            continue
        fitted += 1
        with open_shop(folder) as shop:
            noticed += isinstance(shop.journal.broken, TailMissing)
    assert fitted == noticed > 0


@pytest.mark.parametrize("error", [apsw.IOError, apsw.FullError])
def test_a_disk_that_fails_at_any_operation_stops_the_journal(
    morning: tuple[Path, Pairs], tmp_path: Path, error: type[apsw.Error]
) -> None:
    """At the 1st, 2nd, 3rd … write or sync: no answer as taken, nothing more written, and after a restart all is whole."""
    template, pairs = morning
    failed_at = 0
    for operation in range(1, 200):
        folder = tmp_path / f"at-{operation}"
        shutil.copytree(template, folder)
        disk = Disk(f"failing-{operation}-{error.__name__}")
        disk.error = error
        shop = Shop(folder, ToldClock(), threaded=False, vfs=disk.name, durable=True, heads=None)
        first = shop.append(pairs[0])
        disk.fail_at = disk.operations + operation
        acknowledged = sell_until_the_cut(shop, pairs[1:3], random.Random(1))
        disk.fail_at = None
        if len(acknowledged) == 2:
            break
        failed_at = operation  # The disk answers again, but who knows what it kept: only a restart may trust it.
        assert not shop.journal.is_writable
        with pytest.raises(DiskFailed):
            shop.append(pairs[2])
        close(shop, disk)
        ids, integrity, chain = found(folder)
        assert {first.id, *acknowledged} <= ids and ("ok", "whole") == (integrity, chain)
    close(shop, disk)
    assert failed_at > 10


def close(shop: Shop, disk: Disk) -> None:
    shop.close()
    disk.unregister()
