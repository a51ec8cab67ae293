"""A disk that fails at its n-th operation: for SQLite through an apsw VFS, for Python by the machine's own calls.

The weather says what fails, how, and whether it stays so. Only operations that this weather spoils are counted, so that
n = 1, 2, 3 … meets each of them once.
"""

from __future__ import annotations

import errno
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

NUMBERS = itertools.count()
WRITING = ("write", "sync", "truncate", "delete", "create")


class Weather(Struct, frozen=True):
    """How the disk fails."""

    name: str
    number: int  # Of errno.
    error: type[apsw.Error]
    spoils: tuple[str, ...]
    stays: bool  # Until the disk is mended; else once.


SECTOR_GONE = Weather("EIO once", errno.EIO, apsw.IOError, ("open", "create", "read", *WRITING), stays=False)
DISK_GONE = Weather("EIO from then on", errno.EIO, apsw.IOError, ("open", "create", "read", *WRITING), stays=True)
DISK_FULL = Weather("ENOSPC from then on", errno.ENOSPC, apsw.FullError, ("write", "create", "sync"), stays=True)
READ_ONLY = Weather("EROFS from then on", errno.EROFS, apsw.ReadOnlyError, WRITING, stays=True)
BAD_WEATHER = (SECTOR_GONE, DISK_GONE, DISK_FULL, READ_ONLY)


class Disk(apsw.VFS):
    """Behaves as always until it was told to fail."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, f"failing-{next(NUMBERS)}"
        self._weather: Weather | None = None
        self._left = 0
        self.struck = ""  # The first operation that failed.
        super().__init__(self.name, "")

    def spoil(self, weather: Weather, at: int) -> None:
        """The at-th operation from now that this weather spoils fails."""
        self._weather, self._left, self.struck = weather, at, ""

    def mend(self) -> None:
        self._weather = None

    def fails(self, what: str) -> Weather | None:
        """Counts one operation; the weather, if it is to fail."""
        weather = self._weather
        if weather is None or what not in weather.spoils:
            return None
        self._left -= 1
        if self._left > 0 or (self._left < 0 and not weather.stays):
            return None
        self.struck = self.struck or what
        return weather

    def operate(self, what: str) -> None:
        weather = self.fails(what)
        if weather is not None:
            raise apsw.CantOpenError("unable to open") if what in ("open", "create") else weather.error(os.strerror(weather.number))

    def operate_for_python(self, what: str, path: Any) -> None:
        weather = self.fails(what)
        if weather is not None:
            raise OSError(weather.number, os.strerror(weather.number), str(path))

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.operate("open" if path and os.path.exists(path) else "create")
        return DiskFile(self, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:
        self.operate("delete")
        super().xDelete(name, syncdir)


class DiskFile(apsw.VFSFile):
    """One open file."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self.disk = disk
        super().__init__("", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        self.disk.operate("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.operate("write")
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.disk.operate("truncate")
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self.disk.operate("sync")


_listening: list[Disk] = []  # The disk whose Python calls are spoilt now; a hook of the interpreter can never be taken off.


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _listening:
        return
    disk = _listening[-1]
    if event == "open" and isinstance(arguments[0], str | os.PathLike) and Path(arguments[0]).parent == disk.folder:
        writes = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        disk.operate_for_python("create" if writes else "open", arguments[0])
    elif event == "os.rename" and Path(arguments[0]).parent == disk.folder:
        disk.operate_for_python("write", arguments[0])


sys.addaudithook(_hook)


@contextmanager
def failing_disk(folder: Path) -> Iterator[Disk]:
    """A disk under that folder, for SQLite and for Python."""
    disk = Disk(folder)
    fsync: Callable[[int], None] = os.fsync

    def spoilt(handle: int) -> None:
        disk.operate_for_python("sync", handle)

    os.fsync = spoilt  # type: ignore[assignment]
    _listening.append(disk)
    try:
        yield disk
    finally:
        _listening.pop()
        os.fsync = fsync
        disk.unregister()
