"""The seam to SQLite: group commit, isolation of one bad work, forward migrations."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path
from threading import Event, Thread

import apsw
import pytest

from tideover import commit_queue, db
from tideover.db import Database, Migration
from tideover.errors import DiskFailed, FileDamaged, OldSqlite, Rejected, TooNew
from tideover.world import Ms

ONE = (Migration(1, "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT)"),)
TWO = (*ONE, Migration(2, "ALTER TABLE note ADD COLUMN by_whom TEXT"))


def insert(text: str) -> db.Work[int]:
    def work(connection: apsw.Connection) -> int:
        connection.execute("INSERT INTO note(text) VALUES (?)", (text,))
        return connection.last_insert_rowid()

    return work


def test_a_write_is_there_when_it_is_answered(tmp_path: Path) -> None:
    """The answer comes after the commit, so another connection sees the row."""
    database = Database(tmp_path / "a.db", ONE)

    assert 1 == database.write(insert("first"))

    assert [("first",)] == database.rows("SELECT text FROM note")
    database.close()


def test_one_bad_work_undoes_only_itself(tmp_path: Path) -> None:
    """Works of one group commit do not pull each other down."""
    database = Database(tmp_path / "a.db", ONE)

    def bad(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO note(text) VALUES ('half')")
        raise Rejected(why="a reason")

    futures: list[Future[int]] = [database.submit(insert("before")), database.submit(bad), database.submit(insert("after"))]

    with pytest.raises(Rejected):
        futures[1].result()
    assert [1, 2] == [futures[0].result(), futures[2].result()]
    assert [("before",), ("after",)] == database.rows("SELECT text FROM note ORDER BY id")
    database.close()


def syncs_of(database: Database) -> list[str]:
    """Grows by one name for each commit of the writer that waited for the disk, or did not."""
    seen: list[str] = []

    def at_commit() -> bool:
        seen.append("full" if database._writer.pragma("synchronous") == 2 else "none")
        return False

    database.write(lambda connection: connection.set_commit_hook(at_commit))
    seen.clear()
    return seen


def test_what_can_be_found_again_waits_for_no_sync(tmp_path: Path) -> None:
    """It is there for everybody at once; the next write that somebody is told of takes it to the disk."""
    database = Database(tmp_path / "a.db", ONE)
    syncs = syncs_of(database)

    for sync in ("later", "now", "later", "soon"):
        database.write(insert(sync), sync=sync)

    assert ["none", "full", "none", "full"] == syncs
    assert [("later",), ("now",), ("later",), ("soon",)] == database.rows("SELECT text FROM note ORDER BY id")
    database.close()


def test_what_waits_together_is_synced_if_one_of_it_must_be(tmp_path: Path) -> None:
    """The first that needs a sync takes along what stands before it, and what comes behind; nothing else is kept waiting for one."""
    database = Database(tmp_path / "a.db", ONE)
    syncs, go_on = syncs_of(database), Event()

    def behind(*waiting: db.Sync) -> list[str]:
        """How those are committed that stand in the queue when the commit before is over."""
        go_on.clear()
        busy = database.submit(lambda connection: go_on.wait(10), sync="later")
        while not busy.running():
            pass
        futures = [database.submit(insert("one"), sync=one) for one in waiting]
        syncs.clear()
        go_on.set()
        for future in futures:
            future.result(10)
        return syncs[1:]  # The first is the commit before.

    assert ["none"] == behind("later", "later")
    assert ["full"] == behind("later", "now", "later") == behind("now", "later", "now") == behind("soon", "later", "now")
    assert ["none", "full"] == behind("soon", "later", "soon"), "what needs no sync is not kept waiting for one"
    database.close()


def test_who_is_waited_for_is_answered_first(tmp_path: Path) -> None:
    """Of what one commit made, what nobody stands and waits for begins its next step behind the others."""
    database = Database(tmp_path / "a.db", ONE)
    go_on, heard = Event(), []
    busy = database.submit(lambda connection: go_on.wait(10), sync="later")
    while not busy.running():
        pass

    order: tuple[db.Sync, ...] = ("soon", "later", "now", "soon", "now")
    futures = [database.submit(insert(sync), sync=sync) for sync in order]
    for sync, future in zip(order, futures, strict=True):
        future.add_done_callback(lambda _, sync=sync: heard.append(sync))
    go_on.set()
    database.close()

    assert "now" == heard[0] and sorted(heard) == sorted(order)
    assert ["soon", "later"] == [one for one in heard[: heard.index("later") + 1] if one != "now"]
    database.close()


def test_many_are_company_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many that wait for a sync share one, whoever else may come."""
    monkeypatch.setattr(commit_queue, "PATIENCE_S", 60.0)
    database = Database(tmp_path / "a.db", ONE)
    syncs = syncs_of(database)

    patient = [database.submit(insert("patient"), sync="soon") for _ in range(commit_queue.PATIENTS_MAX)]

    assert list(range(1, len(patient) + 1)) == [one.result(10) for one in patient]
    assert ["full"] == syncs
    database.close()


def test_patience_ends(tmp_path: Path) -> None:
    """Nobody comes who needs the disk now, or only such as need none: it is written all the same; also when the database closes."""
    database = Database(tmp_path / "a.db", ONE)
    syncs = syncs_of(database)

    patient = database.submit(insert("patient"), sync="soon")
    while not patient.done():
        database.write(insert("other"), sync="later")
    last = database.submit(insert("last"), sync="soon")
    database.close()

    assert ("full", 2) == (syncs[-1], syncs.count("full"))
    assert patient.result() < last.result()


def test_copies_never_wait_for_a_sync(tmp_path: Path) -> None:
    """They can be pulled again, whoever writes."""
    database = Database(tmp_path / "a.db", ONE, durable=False)
    syncs = syncs_of(database)

    database.write(insert("a"))
    database.write(insert("b"), sync="later")

    assert ["none", "none"] == syncs
    database.close()


def test_many_writers_share_commits(tmp_path: Path) -> None:
    """A hundred tills at once lose nothing and see no error."""
    database = Database(tmp_path / "a.db", ONE)

    async def all_at_once() -> None:
        await asyncio.gather(*(database.write_soon(insert(str(n))) for n in range(100)))

    asyncio.run(all_at_once())

    assert (100,) == database.one("SELECT count(*) FROM note")
    database.close()


def test_a_caller_who_gives_up_does_not_stop_the_writer(tmp_path: Path) -> None:
    """What was cancelled before its turn is not written; what comes after it is."""
    database = Database(tmp_path / "a.db", ONE)
    go_on = Event()
    busy = database.submit(lambda connection: go_on.wait(10))

    while not busy.running():
        pass
    given_up, after = database.submit(insert("given up")), database.submit(insert("after"))

    assert [True, False] == [given_up.cancel(), busy.cancel()]
    go_on.set()
    assert 1 == after.result(10)
    assert [("after",)] == database.rows("SELECT text FROM note")
    database.close()


def test_a_database_is_backed_up_before_it_is_migrated(tmp_path: Path) -> None:
    """The way back from an upgrade is a file beside the database."""
    old = Database(tmp_path / "a.db", ONE)
    old.write(insert("kept"))
    old.close()

    Database(tmp_path / "a.db", TWO).close()

    copy = Database(tmp_path / "a.before-2.db", ONE)
    assert [("kept",)] == copy.rows("SELECT text FROM note")
    copy.close()


def test_an_older_program_refuses_a_newer_database(tmp_path: Path) -> None:
    """It says so and changes nothing."""
    Database(tmp_path / "a.db", TWO).close()

    with pytest.raises(TooNew) as caught:
        Database(tmp_path / "a.db", ONE)

    assert "newer" in caught.value.message


def test_a_failed_migration_leaves_the_old_tables(tmp_path: Path) -> None:
    """A step and its number are one transaction."""
    Database(tmp_path / "a.db", ONE).close()
    broken = (*ONE, Migration(2, "ALTER TABLE note ADD COLUMN x TEXT; SELECT * FROM nowhere"))

    with pytest.raises(DiskFailed):
        Database(tmp_path / "a.db", broken)

    again = Database(tmp_path / "a.db", ONE)
    assert [] == again.rows("SELECT * FROM note")
    again.close()


def test_writing_after_close_is_refused(tmp_path: Path) -> None:
    """Nothing is acknowledged that cannot be written."""
    database = Database(tmp_path / "a.db", ONE)
    database.close()

    with pytest.raises(DiskFailed):
        database.write(insert("late"))


def test_who_comes_while_it_closes_is_refused_and_who_came_before_is_kept(tmp_path: Path) -> None:
    """Nothing lands behind the end of the queue, where nobody would ever answer it."""
    database = Database(tmp_path / "a.db", ONE)
    begun, may_end = Event(), Event()

    def slow(connection: apsw.Connection) -> int:
        begun.set()
        may_end.wait(60)
        return insert("before")(connection)

    before = database.submit(slow)
    begun.wait(60)
    closing = Thread(target=database.close)
    closing.start()
    while database.is_writable and closing.is_alive():  # It has not got so far yet, as far as anybody can see.
        closing.join(0.01)
    too_late = database.submit(insert("too late"))
    may_end.set()
    closing.join(60)
    assert (1, DiskFailed) == (before.result(60), type(too_late.exception(60)))


@pytest.mark.parametrize("threaded", [True, False])
def test_a_commit_that_cannot_begin_answers_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threaded: bool) -> None:
    """Somebody else holds the file for longer than is waited: whoever stood first is told, too, and nothing is written after."""
    monkeypatch.setattr(db, "BUSY_MS", 50)
    database = Database(tmp_path / "a.db", ONE, threaded=threaded)
    other = apsw.Connection(str(tmp_path / "a.db"))
    other.execute("BEGIN IMMEDIATE")
    answers = [database.submit(lambda connection: 1) for _ in range(3)]
    assert [DiskFailed] * 3 == [type(one.exception(timeout=20)) for one in answers]
    assert isinstance(database.failure, DiskFailed)
    other.close()
    database.close()


COUNTED = (
    *TWO,
    Migration(3, "CREATE TABLE tally(n INTEGER -- How many.\n, m INTEGER\n)"),
    Migration(4, "CREATE TRIGGER counts AFTER INSERT ON note BEGIN UPDATE tally SET n = n + 1; END"),
    Migration(5, "CREATE VIRTUAL TABLE found USING fts5(words)"),
)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("n + 1", "n + 0", "counts"),  # It would count wrongly from now on, and say nothing.
        ("SET n", "SET o", "counts"),  # Each write would fail.
        ("many.\n", "many.+", "tally"),  # A column that became a part of the remark before it.
        ("by_whom TEXT", "by_whon TEXT", "note"),
        ("many", "\udcff", "tally"),
    ],
    ids=["silent", "failing", "swallowed", "column", "no text"],
)
def test_tables_that_are_not_as_they_were_made_are_damage(tmp_path: Path, before: str, after: str, named: str) -> None:
    """One bit in the schema's own words, or a visit with a database tool: SQLite opens it as if nothing were."""
    path = tmp_path / "a.db"
    Database(path, COUNTED).close()
    Database(path, COUNTED).close()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA writable_schema = ON")
    words = [bytes(one, "utf-8", "surrogateescape") for one in (before, after)]
    sql = "UPDATE sqlite_schema SET sql = CAST(replace(CAST(sql AS BLOB), ?, ?) AS TEXT) WHERE sql IS NOT NULL"
    connection.execute(sql, words)
    connection.close()

    with pytest.raises(FileDamaged, match=f"{named} is not as it was made"):
        Database(path, COUNTED)


def test_a_value_of_another_type_than_its_column_is_damage(tmp_path: Path) -> None:
    """As after a bit turned before a row: a number became a text, or is beyond any clock."""
    database = Database(tmp_path / "one.db", [Migration(1, "CREATE TABLE sold (what TEXT, at)")])
    for value in ("noon", b"1", 1.5, None, 2**60, -1):
        database.write(lambda connection, value=value: connection.execute("INSERT INTO sold VALUES ('tea', ?)", (value,)).fetchall())
        with pytest.raises(FileDamaged):
            database.records(tuple[str, Ms], "SELECT what, at FROM sold")
        database.write(lambda connection: connection.execute("UPDATE sold SET at = 1").fetchall())
    assert [("tea", 1)] * 6 == database.records(tuple[str, Ms], "SELECT what, at FROM sold")
    database.close()


def test_an_index_of_the_owner_s_own_is_no_damage(tmp_path: Path) -> None:
    """Whoever reports from a copy of the file may add to it."""
    path = tmp_path / "a.db"
    Database(path, COUNTED).close()
    connection = apsw.Connection(str(path))
    connection.execute("CREATE INDEX mine ON note(text)")
    connection.close()

    Database(path, COUNTED).close()


def test_an_sqlite_with_the_wal_bug_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal is not opened with a library that can corrupt it."""
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")

    with pytest.raises(OldSqlite):
        db.refuse_old_sqlite()


def test_who_comes_while_works_are_carried_out_is_in_their_commit(tmp_path: Path) -> None:
    """What is queued before a commit begins to sync waits for that sync alone, not for the one after it as well."""
    database, go_on, commits = Database(tmp_path / "a.db", ONE), Event(), []
    database.write(lambda connection: connection.set_commit_hook(lambda: bool(commits.append("one"))))
    commits.clear()
    busy = database.submit(lambda connection: go_on.wait(10))
    while not busy.running():
        pass
    later = [database.submit(insert("a")), database.submit(insert("b"))]
    go_on.set()
    assert [1, 2] == [one.result(10) for one in later]
    assert ["one"] == commits
    database.write(lambda connection: connection.set_commit_hook(None))
    database.close()


class Opened(apsw.VFS):
    """The usual disk, which notes what each file that is opened is for."""

    def __init__(self) -> None:
        self.flags: list[int] = []
        super().__init__("opened", "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        self.flags.append(flags[0])
        return apsw.VFSFile("", name, flags)


def test_a_rush_is_written_once(tmp_path: Path) -> None:
    """What would be needed to undo a group of sales is kept in memory: a file of its own cost a quarter of the writes."""
    disk = Opened()
    database = Database(tmp_path / "a.db", ONE, vfs="opened")
    database.write(lambda connection: connection.executemany("INSERT INTO note(text) VALUES (?)", [("x" * 2_000,)] * 200))
    database.write(lambda connection: connection.execute("UPDATE note SET text = upper(text)").fetchall())
    assert [] == [flags for flags in disk.flags if flags & apsw.SQLITE_OPEN_SUBJOURNAL]
    assert [("X" * 2_000,)] == database.rows("SELECT DISTINCT text FROM note")
    database.close()
    disk.unregister()
