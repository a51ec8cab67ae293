"""Where the moving of lines stands, on the disk, written before each change: whoever finds it after a crash knows what to undo.

Two files. `lines-armed.json` says what was there before; it must outlive a power cut, for a resolver file does. `lines-step.json` says
which step was begun; it outlives the death of the program, and after a power cut nobody needs it: the kernel's tables are gone, too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from tideover.disk import remove, write_whole

Name = Literal["armed", "route", "names", "flows", "proof", "engaged", "back", "restoring"]
T = TypeVar("T", bound=Struct)
AT_REST = ("armed", "engaged")
SIZE = 512  # Every step fills as much, so that nothing of an older one stays behind it.


class Found(Struct, frozen=True):
    """What `arm` found."""

    sources: dict[str, str] = {}  # Line → our address on it, as last seen: a line that lost it may have flows still.
    has_resolver: bool = False  # The resolver file is the box's to write.
    resolver: str | None = None  # What stood in it; None: there was none.
    resolver_file: str = ""  # Its path; "" in a note of before this was kept: then the file of the settings.


class Step(Struct, frozen=True):
    """What is being done, and what was so before it."""

    step: Name = "armed"
    target: str = ""  # Line that is moved to, or that the shop was moved to.
    before: str = ""  # Line that was in use.
    was_moved: bool = False  # A rule of ours decided that; False: the machine's own main table did.


class LineSteps:
    """Both files. Raises OSError, FolderUnusable."""

    def __init__(self, folder: Path) -> None:
        self._found, self._step = folder / "lines-armed.json", folder / "lines-step.json"

    def found(self) -> Found | None:
        """None: nothing is armed. A file that cannot be read is one that a power cut tore before anything was changed."""
        return _read(self._found, Found)

    def step(self) -> Step:
        return _read(self._step, Step) or Step()

    def keep(self, found: Found) -> None:
        """On the disk when it returns."""
        write_whole(self._found, msgspec.json.encode(found), mode=0o600)

    def begin(self, step: Step) -> None:
        """In place at once, in one call of the system, and not yet on the disk; a new name would cost a customer's milliseconds."""
        line = os.open(self._step, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(line, msgspec.json.encode(step).ljust(SIZE), 0)
        finally:
            os.close(line)

    def forget(self) -> None:
        remove(self._step)
        remove(self._found)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
