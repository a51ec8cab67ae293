"""The journal's tables go forward only: backed up before, refused by an older program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tideover.db import Database, Migration
from tideover.errors import TooNew
from tideover.journal.verify import verify_file
from tideover.migrations.journal import MIGRATIONS
from unit.journal.small_shop import open_shop

NEXT = (*MIGRATIONS, Migration(len(MIGRATIONS) + 1, "CREATE TABLE novelty (id INTEGER PRIMARY KEY) STRICT"))


def sold(folder: Path) -> None:
    with open_shop(folder) as shop:
        till = shop.till()
        shop.append_all([till.sale() for _ in range(5)])


def test_a_backup_is_made_before_a_migration(tmp_path: Path) -> None:
    """The copy is a whole journal of the format before, beside the migrated one that holds the same entries."""
    sold(tmp_path)
    Database(tmp_path / "journal.db", NEXT).close()
    [copy] = tmp_path.glob("journal.before-*.db")

    assert ("whole", 7) == (verify_file(copy).chain, verify_file(copy).entries)
    database = Database(tmp_path / "journal.db", NEXT)
    assert [(7,)] == database.rows("SELECT count(*) FROM entry")
    database.close()
    assert [copy] == list(tmp_path.glob("journal.before-*.db"))


def test_an_older_program_changes_nothing(tmp_path: Path) -> None:
    """It refuses the newer database with a clear message, and the bytes stay as they were."""
    sold(tmp_path)
    Database(tmp_path / "journal.db", NEXT).close()
    before = (tmp_path / "journal.db").read_bytes()

    with pytest.raises(TooNew):
        Database(tmp_path / "journal.db", MIGRATIONS)

    assert before == (tmp_path / "journal.db").read_bytes()


def test_a_failed_migration_leaves_the_tables_as_they_were(tmp_path: Path) -> None:
    """A step that cannot be carried out is undone; the program of before goes on."""
    sold(tmp_path)
    broken = (*MIGRATIONS, Migration(len(MIGRATIONS) + 1, "CREATE TABLE half (id INTEGER); CREATE TABLE entry (id INTEGER)"))

    with pytest.raises(Exception, match="entry already exists"):
        Database(tmp_path / "journal.db", broken)

    with open_shop(tmp_path) as shop:
        assert shop.journal.broken is None
        assert [] == shop.database.rows("SELECT name FROM sqlite_schema WHERE name = 'half'")
