"""How far a long run is: a small file that is whole at any moment, so that the run goes on there when it is started again.

The note holds which source was played. Where the source is another one now, what was played says nothing about it: the run begins anew.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent / "src" / "tideover"
BEFORE = ".before"  # What a run that begins anew found is kept beside its note.


@cache
def source() -> str:
    """The hash of what this process plays; asked when it begins, for later the files may be others."""
    return source_of(ROOT)


def source_of(root: Path) -> str:
    """Over every module, by name and content."""
    found = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        body = path.read_bytes()
        found.update(f"{path.relative_to(root).as_posix()}\0{len(body)}\0".encode() + body)
    return found.hexdigest()[:16]


def read_note(path: Path, nothing: Any, *, keep_going: bool = False) -> Any:
    """What was noted last of this source; `nothing` where nothing was. keep_going: of any source, and says so."""
    if not path.exists():
        return nothing
    sources, said = _parts(path)
    if sources[-1:] == [source()]:
        return said
    if keep_going:
        print(f"{path.name}: the source is another one now; going on all the same, so part of it was played by the old one", flush=True)
        return said
    print(f"{path.name}: the source is another one now; begun anew (--keep-going goes on, the old note is kept)", flush=True)
    begin_anew(path)
    return nothing


def peek_note(path: Path, nothing: Any) -> Any:
    """The same, of whatever source, and changes nothing."""
    return _parts(path)[1] if path.exists() else nothing


def write_note(path: Path, said: Any) -> None:
    """Note it in one step: whoever is killed here leaves the note of before."""
    sources = _parts(path)[0] if path.exists() else []
    if sources[-1:] != [source()]:
        sources = [*sources, source()]
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"sources": sources, "said": said}), encoding="utf-8")
    fresh.replace(path)


def begin_anew(path: Path) -> None:
    """The next call finds no note."""
    if path.exists():
        path.replace(path.with_suffix(BEFORE))


def _parts(path: Path) -> tuple[list[str], Any]:
    """Its sources and what it says; the first notes named no source."""
    held = json.loads(path.read_text(encoding="utf-8"))
    return (held["sources"], held["said"]) if isinstance(held, dict) else ([], held)
