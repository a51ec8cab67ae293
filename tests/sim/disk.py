"""A disk whose power can be cut and that can be full: an apsw VFS that knows which writes were synced.

What was written but not synced is, after the cut, there or not, in any combination, and torn at the size of a sector.
(The crash tests look at every single write; here the cut meets a whole shop at work.)
"""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import apsw

SECTOR = 512
KEPT = (0.0, 0.5, 1.0)  # Chances, one for each cut, that an unsynced write reached the disk all the same.
TORN_CHANCE = 0.2  # And that one which did is torn.
NUMBERS = itertools.count()
Error = type[apsw.Error]


class Disk(apsw.VFS):
    """Files on it behave as always until `fails_with` is set; then every write and sync fails."""

    def __init__(self) -> None:
        self.name = f"sim-{next(NUMBERS)}"
        self.fails_with: Error | None = None
        self.unsynced: dict[str, list[Write]] = {}
        super().__init__(self.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return apsw.VFSFile("", name, flags) if name is None else DiskFile(self, name, flags)

    def operate(self) -> None:
        """A write or sync; raises once the disk fails."""
        if self.fails_with is not None:
            raise self.fails_with("the disk does not take it")

    def cut(self, chance: random.Random) -> None:
        """The power is gone: of the unsynced writes a part stays. What lived in memory (-shm) is gone too."""
        kept = chance.choice(KEPT)
        for name, writes in self.unsynced.items():
            path = Path(name)
            if path.exists():
                content = bytearray(path.read_bytes())
                for write in reversed(writes):
                    write.undo(content)
                for write in writes:
                    if chance.random() < kept:
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

    def __init__(self, disk: Disk, name: str | apsw.URIFilename, flags: list[int]) -> None:
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else name
        super().__init__("", name, flags)

    def _remember(self, offset: int, new: bytes | None, length: int) -> None:
        size = super().xFileSize()
        held = max(0, min(length, size - offset))
        old = super().xRead(held, offset) if held else b""
        self.disk.unsynced.setdefault(self.path, []).append(Write(offset, new, old, size))

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.operate()
        self._remember(offset, bytes(data), len(data))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.disk.operate()
        self._remember(size, None, super().xFileSize())
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self.disk.operate()
        self.disk.unsynced.pop(self.path, None)
