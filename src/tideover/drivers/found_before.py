"""What a diversion was before the box moved it, kept on the disk until it is put back; so that a crash in between loses nothing.

A file of its own, readable by the box alone: numbers of people stand in it, and numbers never stand in the journal.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from tideover.disk import remove, write_whole

SIZE_MAX = 65_536  # Bytes; what is larger was not written by us.

T = TypeVar("T")


class FoundBefore(Struct, frozen=True):
    """What was there when it was looked at last before a move, and where to it was moved."""

    before: dict[str, str]  # As the driver writes it down; {} where nothing was there.
    of: str = ""  # What it belongs to: an extension, a SIM. Of another one it says nothing.
    target: str = ""  # What the box moved it to; "" while it has not moved it.


class Shelf:
    """The file of one driver."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"switch-{name}.json"

    def read(self) -> FoundBefore | None:
        """None where nothing was kept, or what is there cannot be read: then there is nothing that could be put back."""
        try:
            with open(self._path, "rb") as file:
                return msgspec.json.decode(file.read(SIZE_MAX), type=FoundBefore)
        except (OSError, msgspec.DecodeError):
            return None

    def keep(self, found: FoundBefore) -> None:
        """On the disk when it returns. Raises FolderUnusable."""
        write_whole(self._path, msgspec.json.encode(found), mode=0o600)

    def clear(self) -> None:
        """Raises FolderUnusable."""
        remove(self._path)
