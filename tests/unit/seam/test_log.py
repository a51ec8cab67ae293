"""SQLite's log is moved into the file beside the writer: no commit waits for it, and a disk that fails there stops the writing too."""

from __future__ import annotations

from pathlib import Path
from threading import Event, current_thread
from time import monotonic

import apsw
import pytest

from tideover import db
from tideover.db import Database, Migration
from tideover.errors import DiskFailed

ONE = (Migration(1, "CREATE TABLE note(text TEXT)"),)
PATIENCE_S = 20
FEW_PAGES = 20


class Disk(apsw.VFS):
    """Holds up, or fails, the syncs of whoever moves the log; the writer's go through."""

    def __init__(self) -> None:
        self.base, self.go_on, self.error = apsw.vfs_names()[0], Event(), None
        super().__init__("held", self.base)

    def xOpen(self, name, flags):
        return File(self, name, flags)


class File(apsw.VFSFile):
    def __init__(self, disk, name, flags) -> None:
        self.disk = disk
        super().__init__(disk.base, name, flags)

    def xSync(self, flags: int) -> None:
        if current_thread().name.endswith("-wal"):
            assert self.disk.go_on.wait(PATIENCE_S)
            if self.disk.error is not None:
                raise self.disk.error("the disk does not answer")
        super().xSync(flags)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    disk = Disk()
    disk.go_on.set()
    database = Database(tmp_path / "a.db", ONE, vfs="held")
    database.disk = disk  # type: ignore[attr-defined]
    monkeypatch.setattr(db, "CHECKPOINT_PAGES", FEW_PAGES)
    yield database
    disk.go_on.set()
    database.close()


def write_until(database: Database, done) -> int:
    """Commits small notes until `done`; how many."""
    ends, count = monotonic() + PATIENCE_S, 0
    while not done():
        assert monotonic() < ends
        database.write(lambda connection: connection.execute("INSERT INTO note VALUES (?)", ("x" * 3_000,)) and None)
        count += 1
    return count


def in_file(path: Path) -> int:
    """Rows in the file without its log."""
    connection = apsw.Connection(f"{path.as_uri()}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    try:
        return connection.execute("SELECT count(*) FROM note").fetchone()[0]
    except apsw.Error:  # It is being written at this moment.
        return 0
    finally:
        connection.close()


def test_the_log_comes_into_the_file_while_writes_go_on(database: Database) -> None:
    """What was committed long ago stands in the file, and the log does not grow for ever."""
    database._move_at = FEW_PAGES
    write_until(database, lambda: in_file(database.path) >= FEW_PAGES)
    assert database.is_writable


def test_no_commit_waits_for_the_move(database: Database) -> None:
    """A sync that hangs while the log is moved holds up nobody who writes."""
    database.disk.go_on.clear()  # type: ignore[attr-defined]
    database._move_at = FEW_PAGES
    write_until(database, lambda: database._mover is not None)
    assert 3 == write_until(database, iter([False, False, False, True]).__next__)
    assert database._mover.is_alive()


def test_a_move_that_fails_stops_the_writing(database: Database) -> None:
    """The next sync might lie about this one; what was acknowledged stands in the log."""
    database.disk.error = apsw.IOError  # type: ignore[attr-defined]
    database._move_at = FEW_PAGES
    with pytest.raises(DiskFailed):
        write_until(database, lambda: False)
    assert not database.is_writable
