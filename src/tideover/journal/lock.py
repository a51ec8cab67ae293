"""One box per data directory: a lock that the operating system drops when the process ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tideover.errors import BoxBusy, FolderUnusable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILE = "box.lock"
PID_DIGITS = 20
LOCKED_BYTE = 1_000  # Beyond the text, so that the other process can still read the number in it on Windows.


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the data directory for this process. Raises BoxBusy, naming the process that holds it; FolderUnusable."""
    try:
        handle = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise FolderUnusable(folder=folder, why=f"{FILE}: {error.strerror}") from error
    try:
        if not _lock(handle):
            raise BoxBusy(data=folder, pid=os.read(handle, PID_DIGITS).decode("ascii", "replace").strip() or "unknown")
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(handle, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
