"""The practice cloud as a process of its own, filled for a bench; ends with the `with` block."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import httpx
import msgspec

from tideover.model.item import Item

LOGIN = {"user": "shop", "password": "practice"}
PATIENCE_S = 60.0
LOADED_AT_ONCE = 5_000


class PracticeCloud:
    """A practice cloud in `folder`."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tideover.practice.cloud", "--db", str(folder / "practice.db"), "--with-parent"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{json.loads(self._process.stdout.readline())['port']}"

    def __enter__(self) -> PracticeCloud:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()

    def load(self, items: Sequence[Item]) -> None:
        for first in range(0, len(items), LOADED_AT_ONCE):
            body = msgspec.json.encode({"items": items[first : first + LOADED_AT_ONCE]})
            httpx.post(f"{self.url}/admin/load", content=body, timeout=PATIENCE_S).raise_for_status()
