"""SQLite by the book: one writer thread that commits what has queued up, readers of their own, forward migrations.

A write is acknowledged only after its transaction is on stable storage (WAL, synchronous=FULL), unless whoever writes does not need that.
Nothing here knows what the rows mean.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import apsw
import msgspec

from tideover.commit_queue import CommitQueue, Submitted, Sync, Work
from tideover.disk import put_in_place, remove, sync_file
from tideover.errors import DiskFailed, FileDamaged, FolderUnusable, OldSqlite, TideoverError, TooNew

T = TypeVar("T")

_Ended = tuple[Future[Any], Any, BaseException | None]  # What it came to, or why it did not.

SQLITE_MIN = (3, 51, 3)  # Older ones can corrupt a WAL under two connections (sqlite.org/wal.html#walresetbug).
READERS_MAX = 8  # Idle read connections kept for the next reader.
CHECKPOINT_PAGES = 4_000  # 16 MB of log, then it is moved into the file beside the writer, so that no sale waits for it.
LOG_PAGES_MAX = 4 * CHECKPOINT_PAGES  # Writes come faster than that: the writer moves the rest itself, and the log stays bounded.
TORN = (apsw.NotADBError, apsw.CorruptError)  # What SQLite says of a file that is not what was written.
AWAY = (apsw.IOError, apsw.FullError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError)  # And of a disk that fails.
BUSY_MS = 5_000  # Another process (a backup, verify) may hold the file this long.


class Migration:
    """One numbered, forward-only change of a database's tables."""

    def __init__(self, number: int, sql: str) -> None:
        self.number, self.sql = number, sql


def refuse_old_sqlite() -> None:
    """Raises OldSqlite if the bundled library has the WAL-reset bug."""
    found = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if found < SQLITE_MIN:
        raise OldSqlite(found=apsw.sqlite_lib_version(), needed=".".join(map(str, SQLITE_MIN)))


class Database:
    """One SQLite file: `write` and `write_soon` through one thread, `read` beside it."""

    def __init__(
        self,
        path: Path,
        migrations: Sequence[Migration],
        durable: bool = True,
        vfs: str | None = None,
        threaded: bool = True,
    ) -> None:
        """Opens and migrates (with a backup first).

        durable: FULL; only copies, which can be pulled again, may do without.
        vfs: name of an apsw VFS, where tests cut the power.
        threaded: False commits in the caller's thread (the seeded simulation, where order must be the seed's).
        Raises OldSqlite, TooNew, FolderUnusable (it may not be opened), FileDamaged (it is no database, or not ours any more), DiskFailed.
        """
        refuse_old_sqlite()
        self.path = path
        self._durable, self._vfs, self.threaded = durable, vfs, threaded
        self._queue = CommitQueue()
        self._readers: queue.SimpleQueue[apsw.Connection] = queue.SimpleQueue()
        self._broken: TideoverError | None = None
        self._closed = False
        self._door = threading.Lock()  # Nothing is queued behind the end, where nobody would answer it.
        self._mover: threading.Thread | None = None  # Moves the log into the file; only while it does.
        self._move_at = CHECKPOINT_PAGES
        self._syncs = durable  # As the writer's connection stands.
        try:
            self._writer = self._connect()
            with _closed_if_not(self._writer):
                migrate(self._writer, path, migrations)
                refuse_altered(self._writer, path, migrations)
                self._writer.pragma("temp_store", "memory")  # What a savepoint keeps: a group of sales would spill into a file of its own.
        except (apsw.CantOpenError, apsw.PermissionsError, apsw.ReadOnlyError) as error:
            raise FolderUnusable(folder=path.parent, why=f"{path.name}: {error}") from error
        except TORN as error:
            raise FileDamaged(file=path, why=str(error)) from error
        except apsw.Error as error:
            raise DiskFailed(file=path, why=str(error)) from error
        self._thread = threading.Thread(target=self._run, name=f"writer {path.name}", daemon=True)
        if threaded:
            self._writer.set_wal_hook(self._after_commit)
            self._thread.start()

    def _connect(self) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = apsw.Connection(str(self.path), flags=flags, vfs=self._vfs)
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full" if self._durable else "normal")
        connection.pragma("foreign_keys", True)
        connection.wal_autocheckpoint(CHECKPOINT_PAGES)
        return connection

    # Writing ----------------------------------------------------------------------------------

    def submit(self, work: Work[T], sync: Sync = "now") -> Future[T]:
        """Queue `work` for the next commit; the future ends only after the commit.

        sync: "now" and "soon" are on stable storage then; nobody stands and waits for "soon", so it may wait a moment for company.
        "later" is for what can be found again and is told to nobody outside: until the next sync the power may take it, with
        everything written after it.
        An error of `work` undoes that work alone. A disk that fails stops all writing: DiskFailed.
        """
        future: Future[T] = Future()
        with self._door:
            if self._closed:
                future.set_exception(DiskFailed(file=self.path, why="the database is closed"))
            elif self.threaded:
                self._queue.put(Submitted(work, future, sync))
        if not self.threaded and not future.done():
            self._commit([Submitted(work, future, sync)], sync != "later")
        return future

    def write(self, work: Work[T], sync: Sync = "now") -> T:
        """Run `work` in a committed transaction and return its result; blocks."""
        return self.submit(work, sync).result()

    async def write_soon(self, work: Work[T], sync: Sync = "now") -> T:
        """The same without blocking the event loop."""
        if not self.threaded:
            return self.write(work, sync)
        return await asyncio.wrap_future(self.submit(work, sync))

    def _run(self) -> None:
        for group, sync in self._queue.groups():
            self._commit(group, sync)

    def _commit(self, submitted: Iterable[Submitted], sync: bool) -> None:
        # Whoever gave up waiting before it began gets nothing written; from here on nobody can give up.
        begun = (one for one in submitted if one.future.set_running_or_notify_cancel())
        if self._broken is not None:
            for one in begun:
                one.future.set_exception(self._broken)
            return
        futures: list[Future[Any]] = []
        urgent: list[_Ended] = []
        others: list[_Ended] = []
        try:
            self._set_sync(sync)
            self._writer.execute("BEGIN IMMEDIATE")
            for one in begun:
                futures.append(one.future)
                (urgent if one.sync == "now" else others).append((one.future, *self._one(one.work)))
            self._writer.execute("COMMIT")
        except apsw.Error as error:
            broken = self._stop(error)
            for future in (*futures, *(one.future for one in begun)):  # Where BEGIN itself failed nobody was begun yet.
                future.set_exception(broken)
            return
        for future, result, failed in (*urgent, *others):  # Where somebody stands and waits comes first.
            if failed is None:
                future.set_result(result)
            else:
                future.set_exception(failed)

    def _set_sync(self, sync: bool) -> None:
        """FULL waits for the disk at each commit; NORMAL writes, and the next sync takes it along, in its order."""
        if (sync := sync and self._durable) != self._syncs:
            self._writer.pragma("synchronous", "full" if sync else "normal")
            self._syncs = sync

    def _one(self, work: Work[T]) -> tuple[T | None, BaseException | None]:
        self._writer.execute("SAVEPOINT one")
        try:
            result = work(self._writer)
        except (*TORN, *AWAY):
            raise
        except BaseException as error:  # Handed to whoever submitted it; the writer thread must live on.
            self._writer.execute("ROLLBACK TO one")
            self._writer.execute("RELEASE one")
            return None, error
        self._writer.execute("RELEASE one")
        return result, None

    def _after_commit(self, connection: apsw.Connection, name: str, pages: int) -> int:
        """SQLite tells how long the log is: moving it takes syncs, for which no commit shall wait."""
        if pages < CHECKPOINT_PAGES:
            self._move_at = CHECKPOINT_PAGES
        if pages >= LOG_PAGES_MAX:
            self._move_log(connection)
        elif pages >= self._move_at and (self._mover is None or not self._mover.is_alive()):
            self._move_at = pages + CHECKPOINT_PAGES
            self._mover = threading.Thread(target=self._move_beside, name=f"{self.path.name}-wal", daemon=True)
            self._mover.start()
        return apsw.SQLITE_OK

    def _move_beside(self) -> None:
        try:
            with self._checkpointer() as connection:
                self._move_log(connection)
        except FileDamaged as error:
            self._broken = error

    def _move_log(self, connection: apsw.Connection) -> None:
        try:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.BusyError:  # Somebody else is at it.
            return
        except apsw.Error as error:
            self._stop(error)

    def _stop(self, error: apsw.Error) -> TideoverError:
        """After a failed write or sync nothing more is written: the next sync might lie about the last one."""
        self._broken = DiskFailed(file=self.path, why=str(error))
        self._broken.__cause__ = error
        return self._broken

    @property
    def failure(self) -> TideoverError | None:
        """Why nothing more is written; None while it is."""
        return self._broken

    @property
    def is_writable(self) -> bool:
        return self._broken is None and not self._closed

    # Reading ----------------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[apsw.Connection]:
        """A connection for reading; several threads may each hold one. Raises FileDamaged where the file is torn."""
        try:
            connection = self._reader()
        except (*TORN, *AWAY) as error:
            raise FileDamaged(file=self.path, why=str(error)) from error
        try:
            yield connection
        except (*TORN, *AWAY, UnicodeDecodeError) as error:  # The last: a text that is none any more.
            raise FileDamaged(file=self.path, why=str(error)) from error
        finally:
            if self._closed or self._readers.qsize() >= READERS_MAX:
                connection.close()
            else:
                self._readers.put(connection)

    @contextmanager
    def _checkpointer(self) -> Iterator[apsw.Connection]:
        """A connection that can move the log: one that has read nothing yet does nothing, and says nothing."""
        with self.read() as connection:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
            yield connection

    def _reader(self) -> apsw.Connection:
        try:
            return self._readers.get_nowait()
        except queue.Empty:
            connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=self._vfs)
        with _closed_if_not(connection):
            connection.set_busy_timeout(BUSY_MS)
            connection.pragma("query_only", True)
        return connection

    def rows(self, sql: str, bindings: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.read() as connection:
            return connection.execute(sql, bindings).fetchall()

    def records(self, kind: type[T], sql: str, bindings: Sequence[Any] = ()) -> list[T]:
        """All rows of a query, each decoded strictly. kind: a tuple of the columns' types, or a Struct that is like an array.

        Raises FileDamaged where a value is of another type than its column: SQLite looks at that only when it is written.
        """
        try:
            return msgspec.convert(self.rows(sql, bindings), list[kind])  # type: ignore[valid-type]
        except msgspec.ValidationError as error:
            raise FileDamaged(file=self.path, why=str(error)) from error

    def one(self, sql: str, bindings: Sequence[Any] | dict[str, Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with self.read() as connection:
            return connection.execute(sql, bindings).fetchone()

    def empty_log(self) -> None:
        """Move everything from the log into the file and leave no byte in the log, on stable storage too."""
        with self._checkpointer() as connection:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        sync_file(self.path.with_name(self.path.name + "-wal"))  # SQLite itself does not wait for the log's new length.

    def close(self) -> None:
        """Commit what is queued, then close every connection."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        if self.threaded:
            self._thread.join()
        if self._mover is not None:
            self._mover.join()
        with suppress(queue.Empty):  # Somebody who still reads may take one meanwhile, and closes it then.
            while True:
                _close(self._readers.get_nowait())
        _close(self._writer)


def _close(connection: apsw.Connection) -> None:
    """Close it; a disk that fails now loses nothing, since what was acknowledged is on stable storage."""
    with suppress(apsw.Error):
        connection.close()


@contextmanager
def _closed_if_not(connection: apsw.Connection) -> Iterator[None]:
    """Closes it if the block fails: a half-opened one would hold its locks."""
    with ExitStack() as undo:
        undo.callback(_close, connection)
        yield
        undo.pop_all()


def open_for_reading(path: Path) -> apsw.Connection:
    """A connection to a file of somebody else; on a medium that takes no writes it reads the file as it stands.

    Raises OldSqlite, apsw.Error.
    """
    refuse_old_sqlite()
    with ExitStack() as undo:
        try:
            connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            undo.callback(_close, connection)
            connection.set_busy_timeout(BUSY_MS)
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        except (apsw.CantOpenError, apsw.ReadOnlyError):
            flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
            return apsw.Connection(f"{path.resolve().as_uri()}?immutable=1", flags=flags)
        undo.pop_all()
    return connection


def migrate(connection: apsw.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Bring the tables forward, each step and its number in one transaction; a backup is made first.

    Raises TooNew if the file knows more than `migrations` do.
    """
    known = max((one.number for one in migrations), default=0)
    found = connection.pragma("user_version")
    if found > known:
        raise TooNew(file=path, found=found, known=known)
    if 0 < found < known:
        backup(connection, path.with_suffix(f".before-{known}.db"))
    for one in migrations:
        if one.number > found:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(one.sql)
            connection.execute(f"PRAGMA user_version = {one.number}")
            connection.execute("COMMIT")


def refuse_altered(connection: apsw.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Raises FileDamaged if a table, index or trigger that is there is not word for word what the migrations make.

    A bit that turned in these words changes what our statements do, and SQLite says nothing of it. One that is gone was taken away by
    somebody: what they did to the rows then is for the journal's chain to say, and the rest is still read.
    """
    found = _schema(connection)
    for name, words in _made_by(tuple(migrations)).items():
        if found.get(name, words) != words:
            raise FileDamaged(file=path, why=f"{name.decode()} is not as it was made")


@cache
def _made_by(migrations: tuple[Migration, ...]) -> dict[bytes, bytes]:
    with closing(apsw.Connection(":memory:")) as connection:
        for one in migrations:
            connection.execute(one.sql)
        return _schema(connection)


def _schema(connection: apsw.Connection) -> dict[bytes, bytes]:
    """The words of each by its name; without what SQLite's search keeps for itself, which another release of it may lay out otherwise."""
    shadows = "SELECT name FROM pragma_table_list WHERE type = 'shadow'"
    sql = f"SELECT CAST(name AS BLOB), CAST(sql AS BLOB) FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT IN ({shadows})"
    return dict(connection.execute(sql).fetchall())  # As bytes: a text that was hit may be none any more.


def backup(connection: apsw.Connection, target: Path) -> None:
    """A whole copy of the database beside it, replaced in one step; safe while others write. Raises DiskFailed, FolderUnusable."""
    fresh = target.with_name(target.name + ".new")
    for left_over in (fresh, fresh.with_name(fresh.name + "-journal")):
        remove(left_over)
    try:
        connection.execute("VACUUM INTO ?", (str(fresh),))
    except apsw.Error as error:
        raise DiskFailed(file=fresh, why=str(error)) from error
    put_in_place(fresh, target)
