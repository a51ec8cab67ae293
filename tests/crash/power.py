"""A disk whose power can be cut: an apsw VFS that knows which writes were synced.

What was written but not synced is, after the cut, there or not, in any combination, and torn within a write
at the size of a sector. `lies=True` is the control: a disk that acknowledges a sync and does nothing.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
KEPT_CHANCE = 0.5  # That an unsynced write reached the disk all the same.
TORN_CHANCE = 0.2  # That one which did is torn.


class Disk(apsw.VFS):
    """Files on it behave as always until `fail_at` operations were done; then every write and sync fails."""

    def __init__(self, name: str, lies: bool = False) -> None:
        self.name, self.lies = name, lies
        self.operations = 0
        self.fail_at: int | None = None
        self.error: type[apsw.Error] = apsw.IOError
        self.unsynced: dict[str, list[Write]] = {}
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> DiskFile:
        return DiskFile(self, name, flags)

    def operate(self) -> None:
        """Count a write or sync; raises once the disk has failed."""
        self.operations += 1
        if self.fail_at is not None and self.operations >= self.fail_at:
            raise self.error("the disk does not answer")

    def cut(self, chance: random.Random) -> None:
        """The power is gone: of the unsynced writes a part stays. What lived in memory (-shm) is gone too."""
        for name, writes in self.unsynced.items():
            path = Path(name)
            if not path.exists():
                continue
            if name.endswith("-shm"):
                path.unlink()
                continue
            content = bytearray(path.read_bytes())
            for write in reversed(writes):
                write.undo(content)
            for write in writes:
                if chance.random() < KEPT_CHANCE:
                    write.redo(content, chance)
            path.write_bytes(content)
        self.unsynced.clear()


class Write:
    """One unsynced change of a file: bytes at an offset, or (new None) a new length."""

    def __init__(self, offset: int, new: bytes | None, old: bytes, old_size: int) -> None:
        self.offset, self.new, self.old, self.old_size = offset, new, old, old_size

    def undo(self, content: bytearray) -> None:
        del content[self.old_size :]
        content.extend(bytes(self.old_size - len(content)))
        content[self.offset : self.offset + len(self.old)] = self.old

    def redo(self, content: bytearray, chance: random.Random) -> None:
        if self.new is None:
            del content[self.offset :]
            return
        new = self.new
        if chance.random() < TORN_CHANCE:
            new = new[: SECTOR * chance.randint(0, len(new) // SECTOR)]
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(new)] = new


class DiskFile(apsw.VFSFile):
    """One open file."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else name
        super().__init__("", name, flags)

    def _remember(self, offset: int, new: bytes | None, old: bytes) -> None:
        size = super().xFileSize()
        self.disk.unsynced.setdefault(self.path, []).append(Write(offset, new, old, size))

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.operate()
        held = max(0, min(len(data), super().xFileSize() - offset))
        self._remember(offset, bytes(data), super().xRead(held, offset) if held else b"")
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.disk.operate()
        held = max(0, super().xFileSize() - size)
        self._remember(size, None, super().xRead(held, size) if held else b"")
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self.disk.operate()
        if not self.disk.lies:
            self.disk.unsynced[self.path] = []
