"""How far a long run is: a small file that is whole at any moment, so that the run goes on there when it is started again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_note(path: Path, nothing: Any) -> Any:
    """What was noted last; `nothing` where nothing was."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else nothing


def write_note(path: Path, said: Any) -> None:
    """Note it in one step: whoever is killed here leaves the note of before."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(said), encoding="utf-8")
    fresh.replace(path)
