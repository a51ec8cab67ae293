"""`slow_box.py SYNC_MS FOLDER`: the box on that data directory, on a disk that takes so long for each sync. No option of the product."""

from __future__ import annotations

import sys
from pathlib import Path
from time import sleep

import apsw

from tideover.process import run
from tideover.world import real_world


class Disk(apsw.VFS):
    """Every sync takes so long."""

    def __init__(self, sync_s: float) -> None:
        self.sync_s, self.base = sync_s, apsw.vfs_names()[0]
        super().__init__("slow", self.base, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> File:
        return File(self, name, flags)


class File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        super().__init__(disk.base, name, flags)  # type: ignore[arg-type]

    def xSync(self, flags: int) -> None:
        sleep(self._disk.sync_s)


if __name__ == "__main__":
    disk = Disk(float(sys.argv[1]) / 1000)  # Registered for as long as it is held.
    run(Path(sys.argv[2]), real_world(), {"port": 0}, as_json=True, with_parent=True)
