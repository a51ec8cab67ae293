"""Small files that stand on the disk whole or not at all, names that are still there after a power cut, and files of a moment.

A file's bytes and its name reach the disk apart: whoever promises that a file is there has to wait for both.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tideover.errors import FolderUnusable

T = TypeVar("T")
PASSING = "printing"  # Within the data directory.


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Put `content` in the place of the file, in one step; on stable storage when it returns. Raises FolderUnusable."""
    fresh = path.with_name(path.name + ".new")
    with _told(path):
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    put_in_place(fresh, path)


def put_in_place(fresh: Path, path: Path) -> None:
    """Give a file that is whole and on the disk its real name; the name too is on the disk when it returns. Raises FolderUnusable."""
    with _told(path):
        fresh.replace(path)
        _sync_names(path.parent)


def _sync_names(folder: Path) -> None:
    """Wait until new, other and deleted names of a folder are on the disk; Windows does that by itself."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Wait until a file's bytes and length are on the disk, whoever wrote them. Raises FolderUnusable."""
    with _told(path), open(path, "r+b") as file:
        os.fsync(file.fileno())


def in_time(look: Callable[[], T], patience_s: float) -> T | None:
    """What the look found, which raises nothing; None if it hangs, as on a share whose server is away: nobody waits for it any more."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(look()), daemon=True)
    thread.start()
    thread.join(patience_s)
    return found[0] if found else None


def remove(path: Path) -> None:
    """Delete a file; one that is not there is no error. Raises FolderUnusable."""
    with _told(path):
        path.unlink(missing_ok=True)


def passing(folder: Path, name: str) -> Path:
    """Where a paper lies while it is handed to a printer or a person; whoever puts it there removes it. folder: the data directory.

    Raises FolderUnusable.
    """
    path = folder / PASSING / name
    with _told(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
    return path


def sweep_passing(folder: Path) -> None:
    """What an earlier life was handing over when it was cut off: names of customers, prices, telephone numbers. Only while nothing is
    handed over; what cannot be removed is no reason not to open a shop."""
    for path in (folder / PASSING).glob("*"):
        with suppress(OSError):
            path.unlink()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderUnusable(folder=path.parent, why=f"{path.name}: {error.strerror}") from error
