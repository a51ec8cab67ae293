"""Memory of a program and everything it starts, watched from outside while it runs.

Each sample is the sum over the whole tree of the proportional set size (Linux counts a page that several processes share once,
in parts); where the kernel does not tell it, of the resident size, which counts it for each.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec

PAUSE_S = 0.03


class Watched(msgspec.Struct, frozen=True):
    """How one program went."""

    told: dict[str, Any]  # What it wrote as JSON.
    peak_mb: float  # Of all its processes together.


def watched(command: list[str]) -> Watched:
    """Run it to its end, watching."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(PAUSE_S):
            peak[0] = max(peak[0], sum(_memory_kb(pid) for pid in tree(process.pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    told, _ = process.communicate()
    over.set()
    watcher.join()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return Watched(msgspec.json.decode(told), peak[0] / 1024)


def tree(root: int) -> list[int]:
    """The process and all below it."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:  # It ended meanwhile.
            continue
        below.setdefault(parent, []).append(int(path.parent.name))
    found = [root]
    for pid in found:
        found += below.get(pid, [])
    return found


def _memory_kb(pid: int) -> int:
    for name, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            return int(Path(f"/proc/{pid}/{name}").read_text().split(key)[1].split()[0])
        except (OSError, IndexError):
            continue
    return 0
