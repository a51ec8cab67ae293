"""The folder where exports are put: finds the newest file of each kind, knows its age, remembers the column maps.

Files a person drops keep their own time; those that the box put there itself stand in as-of.json.
Never deletes a file.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from tideover.connectors.assisted.columns import ColumnMap
from tideover.connectors.assisted.fields import FILE_NAMES, plain
from tideover.connectors.assisted.row import unreadable
from tideover.connectors.assisted.table import FILE_BYTES_MAX
from tideover.errors import Misconfigured
from tideover.world import from_ms, to_ms

ENDINGS = frozenset({".csv", ".tsv", ".txt", ".xlsx"})
FILES_MAX = 2_000  # Files looked at; a shop that keeps one day report a day has six years.
MAPS = "columns.json"
AS_OF = "as-of.json"


class Found(Struct, frozen=True):
    """One file, read."""

    name: str
    content: bytes
    as_of: datetime  # When the cloud made it, as far as is known; never later than now.
    digest: str


class Stamp(Struct, frozen=True):
    """A file that the box put there: its content and when the cloud made it."""

    digest: str
    as_of_ms: int


class Folder:
    """One folder of exports."""

    def __init__(self, path: Path | None) -> None:
        """path: None where no folder is set; then it is empty and takes nothing."""
        self.path = path

    def newest(self, kind: str, now: datetime) -> Found | None:
        """The newest export of a dataset; its name begins with one of the dataset's names (items-2026-11.csv, Tuotteet.xlsx)."""
        names = sorted((name for one in FILE_NAMES.values() for name in one), key=len, reverse=True)
        mine = [one for one in self._files() if _kind_name(one.stem, names) in FILE_NAMES[kind]]
        return None if not mine else self._read(max(mine, key=lambda one: (one.stat().st_mtime_ns, one.name)), now)

    def named(self, stem: str, now: datetime) -> Found | None:
        """The file of exactly that name, with any ending; the newest of several."""
        mine = [one for one in self._files() if one.stem == stem]
        return None if not mine else self._read(max(mine, key=lambda one: (one.stat().st_mtime_ns, one.name)), now)

    def put(self, stem: str, content: bytes, as_of: datetime) -> Found:
        """Keep a file that was uploaded, in the place of an earlier one of that name."""
        ending = ".xlsx" if content.startswith(b"PK\x03\x04") else ".csv"
        for old in (f"{stem}{one}" for one in sorted(ENDINGS - {ending})):
            if (self._folder() / old).exists():
                self.set_aside(old)
        found = Found(name=f"{stem}{ending}", content=content, as_of=as_of, digest=_digest(content))
        stamps = self._stamps() | {found.name: Stamp(digest=found.digest, as_of_ms=to_ms(as_of))}
        # The stamp first: a file without its stamp would be taken for newer than it is.
        self._write(AS_OF, msgspec.json.format(msgspec.json.encode(stamps), indent=1))
        self._write(found.name, content)
        return found

    def set_aside(self, name: str) -> None:
        """Stop using a file, without deleting it."""
        path = self._folder() / name
        path.replace(path.with_suffix(path.suffix + ".old"))

    def maps(self) -> dict[str, ColumnMap]:
        """The remembered column maps. Raises Misconfigured if a person's change cannot be read."""
        if self.path is None or not (path := self.path / MAPS).exists():
            return {}
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, ColumnMap])
        except msgspec.DecodeError as error:
            raise Misconfigured(setting="the column maps", why=str(error), file=path) from error

    def remember(self, kind: str, chosen: ColumnMap) -> None:
        """Keep a column map for the files of that kind to come."""
        maps = self.maps() | {kind: chosen}
        self._write(MAPS, msgspec.json.format(msgspec.json.encode(maps), indent=1))

    def _files(self) -> list[Path]:
        if self.path is None or not self.path.is_dir():
            return []
        named = (one for one in self.path.iterdir() if one.suffix.lower() in ENDINGS and not one.name.startswith((".", "~")))
        # Whoever may write here may not point us at another file of this machine, nor at a pipe that never ends.
        return sorted(one for one in named if one.is_file() and not one.is_symlink())[-FILES_MAX:]

    def _read(self, path: Path, now: datetime) -> Found:
        state = path.stat()
        if state.st_size > FILE_BYTES_MAX:
            raise unreadable(path.name, f"it is larger than {FILE_BYTES_MAX // 2**20} MB", "Export fewer columns or only what is in use.")
        content = path.read_bytes()
        digest = _digest(content)
        stamp = self._stamps().get(path.name)
        own_ms = stamp.as_of_ms if stamp is not None and stamp.digest == digest else state.st_mtime_ns // 1_000_000
        return Found(name=path.name, content=content, as_of=min(from_ms(own_ms), now), digest=digest)

    def _stamps(self) -> dict[str, Stamp]:
        try:
            return msgspec.json.decode((self._folder() / AS_OF).read_bytes(), type=dict[str, Stamp])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}  # Then the files' own times hold.

    def _write(self, name: str, content: bytes) -> None:
        folder = self._folder()
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{name}.new"
        fresh.write_bytes(content)
        fresh.replace(folder / name)

    def _folder(self) -> Path:
        if self.path is None:
            raise Misconfigured(setting="cloud_url", why="no folder for the cloud's exports is set", file="tideover.toml")
        return self.path


def _kind_name(stem: str, names: list[str]) -> str | None:
    """Which listed name a file's begins with: "open invoices" before "open", whole words only."""
    words = plain(stem)
    return next((name for name in names if words == name or words.startswith(name + " ")), None)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
