#!/usr/bin/env python3
"""How long a start takes: `tideover --help`, the first papers in an empty home, and a box until it has taken its first sale.

The papers are those of `tideover start --answers docs/answers.toml --prices …`. The box's journal holds 1,000 to 1,000,000 entries.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from figures.box import Ready, start_and_sell
from figures.long_journal import make
from figures.shape import Check, Figure, main, median

CLICK_ONLY = "import click\n@click.command()\ndef cli(): pass\ncli(['--help'])"
HELP_MS_MAX = 150
READY_S_MAX = 2.0
PAPERS_S_MAX = 20.0
PAPERS_ROWS = 1_000  # Of the price list that is brought.
ROOT = Path(__file__).parent.parent
FLAT_MAX = 1.25  # The longest journal's start over the shortest one's.


def run_ms(command: Sequence[str]) -> float:
    started = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (perf_counter() - started) * 1000


def commands_ms(runs: int) -> dict[str, float]:
    """Medians; the commands take turns, so that a busy moment of the machine hits all of them."""
    commands = {
        "tideover --help": [sys.executable, "-m", "tideover", "--help"],
        "bare interpreter": [sys.executable, "-c", "pass"],
        "a script with click alone": [sys.executable, "-c", CLICK_ONLY],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(run_ms(command))
    return {name: median(values) for name, values in taken.items()}


def papers_s(rows: int) -> tuple[float, int]:
    """From nothing to papers: seconds, and how many files were made."""
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as place:
        folder = Path(place)
        home = folder / "home"
        home.mkdir()
        lines = [f"{n};Tuote {n};{n % 90},95;25,5;Osasto {n % 9}" for n in range(1, rows + 1)]
        (folder / "prices.csv").write_text("\n".join(["Koodi;Nimi;Hinta;ALV;Osasto", *lines, ""]), encoding="utf-8")
        command = [sys.executable, "-m", "tideover", "start", "--answers", str(ROOT / "docs" / "answers.toml")]
        command += ["--prices", "prices.csv", "--out", "plan-b", "--json"]
        surroundings = os.environ | dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), str(home))
        surroundings["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), *filter(None, sys.path)])
        started = perf_counter()
        done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True)
        taken_s = perf_counter() - started
        if done.returncode not in (0, 3):  # 3: made, and something is left to answer.
            raise RuntimeError(done.stderr)
        return taken_s, len(json.loads(done.stdout)["files"])


def ready(sizes: Sequence[int], runs: int, say: Callable[[str], None]) -> dict[int, list[Ready]]:
    """Starts of a box at each length, in turn."""
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        shops = {}
        for size in sizes:
            say(f"making a journal of {size:,} entries …")
            inside = Path(folder) / str(size)
            inside.mkdir()
            shops[size] = make(inside, size)
        found: dict[int, list[Ready]] = {size: [] for size in sizes}
        for _ in range(runs):
            for size in sizes:
                one, shops[size] = start_and_sell(shops[size])
                found[size].append(one)
                say(f"{size:>9,} entries: alive after {one.alive_s:.2f} s, sale kept after {one.sale_s:.2f} s, {one.cpu_s:.2f} s of work")
        return found


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    taken = commands_ms(5 if quick else 15)
    ours, limit = taken.pop("tideover --help"), taken["bare interpreter"]
    papers, files = papers_s(60 if quick else PAPERS_ROWS)
    say(f"{files} papers in an empty home after {papers:.1f} s")
    sizes = (1_000, 20_000) if quick else (1_000, 100_000, 1_000_000)
    starts = ready(sizes, 3 if quick else 7, say)
    checks = [Check("tideover --help, ms", ours, "<", HELP_MS_MAX), Check("first papers in an empty home, s", papers, "<=", PAPERS_S_MAX)]
    for size, found in starts.items():
        checks.append(Check(f"box with {size} entries: first sale kept, s", median(one.sale_s for one in found), "<", READY_S_MAX))
    work = [median(one.cpu_s for one in starts[size]) for size in (sizes[0], sizes[-1])]
    if all(work):  # Work, not waiting: what else the machine does would look like a slope.
        checks.append(Check(f"work of a start, {sizes[-1]} entries over {sizes[0]}", work[1] / work[0], "<=", FLAT_MAX))
    return Figure("start", sizes[-1], "ms", ours, taken, limit, tuple(checks))


if __name__ == "__main__":
    main(__doc__ or "", measure)
