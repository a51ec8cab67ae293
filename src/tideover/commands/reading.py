"""Opens a data directory for reading only: beside a running box, without one, or where there is none at all.

Writes nothing into it. A file that is missing is empty; one of an older program is read from a copy that is brought forward.
"""

from __future__ import annotations

import contextlib
import queue
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

from tideover.copies.store import Copies
from tideover.db import TORN, Database, Migration, Sync, Work, backup, open_for_reading
from tideover.errors import FileDamaged, FolderUnusable, TooNew, WrongState
from tideover.journal.reading import Reading
from tideover.migrations import copies as copies_tables
from tideover.migrations import journal as journal_tables
from tideover.migrations import plan as plan_tables
from tideover.plan.store import Plan
from tideover.settings import Settings, read_settings
from tideover.world import World


class Opened(Struct, frozen=True):
    """A data directory, open for reading."""

    settings: Settings
    plan: Plan
    copies: Copies
    journal: Reading


@contextmanager
def opened(folder: Path, world: World) -> Iterator[Opened]:
    """Raises Misconfigured, FileDamaged, FolderUnusable, TooNew."""
    with ExitStack() as ends:
        settings = read_settings(folder)
        spare = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="tideover-")))
        files = {"plan.db": plan_tables, "copies.db": copies_tables, "journal.db": journal_tables}
        databases = [_open(folder / name, tables.MIGRATIONS, spare) for name, tables in files.items()]
        for one in databases:
            ends.callback(one.close)
        plan, copies, journal = databases
        yield Opened(settings, Plan(plan, world, settings), Copies(copies, world), Reading(journal))


def _open(path: Path, migrations: Sequence[Migration], spare: Path) -> Database:
    if not path.exists():
        return Database(spare / path.name, migrations, durable=False)
    known = max(one.number for one in migrations)
    found = _format(path)
    if found > known:
        raise TooNew(file=path, found=found, known=known)
    if found == known:
        return ReadOnly(path)
    with closing(_connect(path)) as connection:
        backup(connection, spare / path.name)
    return Database(spare / path.name, migrations, durable=False)


def _format(path: Path) -> int:
    try:
        with closing(_connect(path)) as connection:
            return connection.pragma("user_version")
    except TORN as error:
        raise FileDamaged(file=path, why=str(error)) from error


def _connect(path: Path) -> apsw.Connection:
    try:
        return open_for_reading(path)
    except (apsw.CantOpenError, apsw.ReadOnlyError) as error:
        raise FolderUnusable(folder=path.parent, why=f"{path.name}: {error}") from error


class ReadOnly(Database):
    """A database of somebody else: it is read, and nothing is written."""

    def __init__(self, path: Path) -> None:
        """The file must have today's format."""
        self.path, self.threaded = path, False
        self._readers: queue.SimpleQueue[apsw.Connection] = queue.SimpleQueue()
        self._closed, self._broken = False, None

    def _reader(self) -> apsw.Connection:
        try:
            return self._readers.get_nowait()
        except queue.Empty:
            return _connect(self.path)

    def submit(self, work: Work[Any], sync: Sync = "now") -> Any:
        """Nothing is written here."""
        raise WrongState(what="Writing", why=f"{self.path.name} is open for reading")

    def close(self) -> None:
        """Close what was opened for reading."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                self._readers.get_nowait().close()
