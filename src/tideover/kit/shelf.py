"""The folder that a kit is put into: new files beside it first, then each in its place, then what is made no more goes.

A file that no kit put there is never touched. A list of what was put there (kit.json) stands beside it, and a page
(index.html) that says what to print first.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import msgspec
from msgspec import Struct

from tideover.disk import put_in_place, remove, write_whole
from tideover.errors import FolderUnusable
from tideover.journal.lock import FILE as LOCK
from tideover.journal.lock import hold
from tideover.kit.index_page import Made, Paper, index_page
from tideover.kit.matter import Matter
from tideover.kit.sheet import Kind, Lack

BESIDE = ".being-made"  # Below the kit's folder, so that it is on the same disk.
LIST = "kit.json"
INDEX = "index.html"
LIST_BYTES_MAX = 10_000_000
OWN_PATH = re.compile(r"([a-z][a-z-]*/)?[a-z0-9][a-z0-9-]*\.[a-z]{2}\.(pdf|html)")  # What a kit names its files.


class Listed(Struct, frozen=True):
    """What stands in kit.json."""

    papers: tuple[Paper, ...] = ()
    missing: tuple[Lack, ...] = ()
    is_sample: bool = False
    shop: str = ""


class Shelf:
    """Held while a kit is made; leaving it without `place` leaves the folder as it was."""

    def __init__(self, out: Path) -> None:
        self._out, self._beside = out, out / BESIDE
        self._ends = ExitStack()
        self._paths: list[str] = []

    def __enter__(self) -> Shelf:
        """Raises FolderUnusable; BoxBusy if another process makes a kit there."""
        with ExitStack() as ends:
            _make(self._beside)
            ends.enter_context(hold(self._beside))
            self._clear()
            ends.callback(self._drop)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ends.close()

    def _clear(self) -> None:
        """Drop what a run that was stopped left beside."""
        for one in self._beside.iterdir():
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            elif one.name != LOCK:
                one.unlink(missing_ok=True)

    def _drop(self) -> None:
        """Leave nothing beside; the lock is held until it is gone."""
        shutil.rmtree(self._beside, ignore_errors=True)

    def put(self, path: str, body: bytes) -> None:
        """Keep a file beside the folder until `place`. Raises FolderUnusable."""
        target = self._beside / path
        _make(target.parent)
        write_whole(target, body)
        self._paths.append(path)

    def place(
        self, matter: Matter, languages: Sequence[str], papers: tuple[Paper, ...], missing: tuple[Lack, ...], kinds: Sequence[Kind] | None
    ) -> None:
        """Give every file its place, drop those of an earlier run that this one replaces, write list and index.

        kinds, languages: what this run was to make; others of the same shop stay. Raises FolderUnusable.
        """
        before = read_list(self._out)
        other_shop = (before.is_sample, before.shop) != (matter.is_sample, matter.settings.shop_name)

        def replaced(kind: Kind, language: str) -> bool:
            return other_shop or (language in languages and (kinds is None or kind in kinds))

        fresh = {paper.made.path for paper in papers}
        stay = tuple(one for one in before.papers if one.made.path not in fresh and not replaced(one.made.kind, one.language))
        lacks = tuple(one for one in before.missing if not other_shop and kinds is not None and one.kind not in kinds)
        listed = Listed((*papers, *stay), (*missing, *lacks), matter.is_sample, matter.settings.shop_name)
        self.put(LIST, msgspec.json.format(msgspec.json.encode(listed)))
        self.put(INDEX, index_page(matter, listed.papers, listed.missing))
        for path in self._paths:
            _make((self._out / path).parent)
        for path in self._paths:
            put_in_place(self._beside / path, self._out / path)
        for one in before.papers:
            if one.made.path not in fresh and replaced(one.made.kind, one.language):
                _remove_own(self._out, one.made)


def read_list(out: Path) -> Listed:
    """What earlier runs put there; nothing where the list is missing or is none."""
    try:
        with open(out / LIST, "rb") as file:
            return msgspec.json.decode(file.read(LIST_BYTES_MAX), type=Listed)
    except (OSError, msgspec.DecodeError):
        return Listed()


def _remove_own(out: Path, made: Made) -> None:
    """Remove a file that a kit put there and nobody has changed since. Raises FolderUnusable."""
    path = out / made.path
    if OWN_PATH.fullmatch(made.path) and path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == made.sha256:
        remove(path)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(folder=folder, why=error.strerror) from error
