"""Writes down everything that happens to a folder's files, in order: what SQLite does through an apsw VFS, what Python does itself.

Nothing is lost while it records: the files behave as always, only no sync is passed on, because the tape knows
better than the machine what would be on the disk after a cut. `platter.py` plays a tape up to any event and
says what could be left. Facts of the outside (a till was answered, a cloud booked) stand between the events.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

NOT_ON_THE_DISK = ("-shm", ".lock")  # Lives in memory, or means nothing after the process ended.
SYNCS_ITS_NAME = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
NUMBERS = itertools.count()

# ("write", file, offset, bytes) ("size", file, size) ("sync", file) ("link", name, file) ("unlink", name, file)
# ("rename", name, target, file) ("names",): the folder is synced; ("fact", …): something outside.
Event = tuple[Any, ...]


class Tape:
    """One recording of one folder."""

    def __init__(self, folder: Path, sync_s: float = 0.0) -> None:
        self.folder, self.sync_s = folder, sync_s
        self.never = threading.Event()
        self.before = contents_of(folder)  # All of it is on the disk when the recording starts.
        self.events: list[Event] = []
        self.files = {name: number for number, name in enumerate(self.before)}  # Name to the file it stands for now.
        self._plain = dict(self.before)  # Of files that Python writes: what was seen last.
        self._by_sqlite: set[str] = set()
        self._next = itertools.count(len(self.files))

    def fact(self, what: str, *more: Any) -> None:
        """Something that outlives the box happened now: somebody was answered."""
        self.look()
        self.events.append(("fact", what, *more))

    # What SQLite does ---------------------------------------------------------------------------

    def opened(self, name: str) -> int:
        """The file behind a name, made if it is new."""
        self._by_sqlite.add(name)
        if name not in self.files:
            self._link(name, next(self._next))
        return self.files[name]

    def _link(self, name: str, file: int) -> None:
        self.files[name] = file
        self.events.append(("link", name, file))

    def deleted(self, name: str, is_synced: bool = False) -> None:
        if name in self.files:
            self.events.append(("unlink", name, self.files.pop(name)))
            self._plain.pop(name, None)
        if is_synced:
            self.events.append(("names",))

    # What Python does itself --------------------------------------------------------------------

    def renamed(self, name: str, target: str) -> None:
        """One step for whoever looks; on the disk it is there or not."""
        file = self.files.pop(name)
        self.files[target] = file
        self._plain[target] = self._plain.pop(name, b"")
        self._by_sqlite = {target if one == name else one for one in self._by_sqlite}
        self.events.append(("rename", name, target, file))

    def synced(self, handle: int) -> None:
        """Somebody called fsync."""
        self.look()
        told = os.fstat(handle)
        if os.path.samestat(told, os.stat(self.folder)):
            self.events.append(("names",))
            return
        for name, file in self.files.items():
            path = self.folder / name
            if path.exists() and os.path.samestat(told, path.stat()):
                self.events.append(("sync", file))

    def look(self) -> None:
        """Files that are no databases: what was written to them since the last look."""
        for path in sorted(self.folder.iterdir()):
            name = path.name
            if name in self._by_sqlite or name.endswith(NOT_ON_THE_DISK) or path.is_dir():
                continue
            now, seen = path.read_bytes(), self._plain.get(name, b"")
            if name not in self.files:
                self._link(name, next(self._next))
            if now == seen:
                continue
            kept = len(seen) if now.startswith(seen) else 0
            if kept < len(seen):
                self.events.append(("size", self.files[name], 0))
            self.events.append(("write", self.files[name], kept, now[kept:]))
            self._plain[name] = now


def contents_of(folder: Path) -> dict[str, bytes]:
    """Every file that would be on the disk, as it stands."""
    found = (one for one in sorted(folder.iterdir()) if one.is_file() and not one.name.endswith(NOT_ON_THE_DISK))
    return {one.name: one.read_bytes() for one in found}


class Recorder(apsw.VFS):
    """The machine's own files, with everything written down."""

    def __init__(self, tape: Tape) -> None:
        self.tape, self.name = tape, f"tape-{next(NUMBERS)}"
        super().__init__(self.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        if name is None:  # A temporary file: nobody misses it.
            return apsw.VFSFile("", name, flags)
        return RecordedFile(self.tape, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:
        super().xDelete(name, syncdir)
        self.tape.deleted(os.path.basename(name), syncdir)


class RecordedFile(apsw.VFSFile):
    """One open file."""

    def __init__(self, tape: Tape, name: str | apsw.URIFilename, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.tape = tape
        is_new = os.path.basename(path) not in tape.files
        super().__init__("", name, flags)
        self.file = tape.opened(os.path.basename(path))
        self.syncs_its_name = is_new and bool(flags[0] & SYNCS_ITS_NAME)  # As SQLite does it under Unix.

    def xWrite(self, data: bytes, offset: int) -> None:
        self.tape.events.append(("write", self.file, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.tape.events.append(("size", self.file, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        if self.tape.sync_s:
            self.tape.never.wait(self.tape.sync_s)
        self.tape.events.append(("sync", self.file))
        if self.syncs_its_name:
            self.syncs_its_name = False
            self.tape.events.append(("names",))


@contextmanager
def recording(folder: Path, sync_s: float = 0.0) -> Iterator[tuple[Tape, str]]:
    """A tape of the folder and the name of the VFS that writes it, while the block runs; sync_s: how slow the disk is."""
    tape = Tape(folder, sync_s)
    recorder = Recorder(tape)
    with _overheard(tape):
        try:
            yield tape, recorder.name
        finally:
            recorder.unregister()


@contextmanager
def _overheard(tape: Tape) -> Iterator[None]:
    """The machine's own calls for files, written down as they pass."""

    def ours(path: Any) -> bool:
        return Path(path).parent == tape.folder

    def fsync(handle: int) -> None:
        tape.synced(handle)

    def replace(source: Any, target: Any) -> None:
        if ours(source):
            tape.look()
            tape.renamed(Path(source).name, Path(target).name)
        real["replace"](source, target)

    def unlink(path: Any, **more: Any) -> None:
        real["unlink"](path, **more)
        if ours(path):
            tape.deleted(Path(path).name)

    real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in ("fsync", "replace", "rename", "unlink", "remove")}
    heard = {"fsync": fsync, "replace": replace, "rename": replace, "unlink": unlink, "remove": unlink}
    for name, call in heard.items():
        setattr(os, name, call)
    try:
        yield
    finally:
        for name, call in real.items():
            setattr(os, name, call)
