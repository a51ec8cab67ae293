"""Changes the code that moves money, one small way at a time, and asks whether a test notices. Long; `make mutants` runs it.

Which modules and which tests: [tool.mutmut] in pyproject.toml. Exit 0 only if nine of ten mutants are killed and each
survivor's changed line stands in docs/mutants.md, with the reason why no test can notice it. Works in `mutants/`, never on src.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "mutants"
LOG = ROOT / "mutants" / "run.log"
EXPLAINED = ROOT / "docs" / "mutants.md"
SHARE_MIN = 0.9
KILLED = {1, 3}  # pytest's own numbers: tests failed, or it could not even run them.
SURVIVED = 0
UNTESTED = {5, 33}
TIMED_OUT = {24, -24, 36, 152, 255}  # A mutant that never comes to an end is noticed by whoever waits for it.


class Fate(NamedTuple):
    """What became of one mutant."""

    module: str
    name: str
    word: str  # killed, survived, untested, timed out, unclear.


def fates(place: Path = PLACE) -> list[Fate]:
    """Every mutant of the last run, by module and in the order of the code."""
    found = []
    for path in sorted(place.rglob("*.py.meta")):
        module = path.relative_to(place / "src" / "tideover").as_posix().removesuffix(".meta")
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        found += [Fate(module, name, word_of(code)) for name, code in codes.items()]
    return found


def word_of(code: int | None) -> str:
    """The exit code of the tests as a word; one that is none of ours is nobody's success."""
    if code in KILLED:
        return "killed"
    if code in TIMED_OUT:
        return "timed out"
    if code in UNTESTED:
        return "untested"
    return "survived" if code == SURVIVED else "unclear"


def table(found: Iterable[Fate]) -> tuple[str, float]:
    """One row a module, as docs/mutants.md holds it, and the share of all that was noticed."""
    counts: dict[str, Counter[str]] = {}
    for fate in found:
        counts.setdefault(fate.module, Counter())[fate.word] += 1
    total: Counter[str] = sum(counts.values(), Counter())
    rows = ["| module | mutants | killed | survived | share |", "|---|---|---|---|---|"]
    for module, words in [*sorted(counts.items()), ("all", total)]:
        rows.append(f"| {module} | {words.total():,} | {noticed(words):,} | {words.total() - noticed(words):,} | {share(words):.1%} |")
    return "\n".join(rows), share(total)


def noticed(words: Counter[str]) -> int:
    return words["killed"] + words["timed out"]


def share(words: Counter[str]) -> float:
    return noticed(words) / words.total() if words else 0.0


def run(tool: Path, *arguments: str) -> subprocess.Popen[str]:
    """mutmut, which is installed in a folder of its own."""
    env = {**os.environ, "PYTHONPATH": str(tool.resolve())}
    command = (sys.executable, "-m", "mutmut", *arguments)
    return subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def mutate(tool: Path, children: int, only: list[str]) -> bool:
    """Run every mutant anew, or again those named; its spinner goes into a log."""
    if not only:
        shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(exist_ok=True)
    with run(tool, "run", "--max-children", str(children), *only) as process, LOG.open("w", encoding="utf-8") as log:
        assert process.stdout is not None
        for text in process.stdout:
            log.write(text)
    if process.returncode != 0:
        print(LOG.read_text(encoding="utf-8")[-3_000:])
    return process.returncode == 0


def change_of(tool: Path, name: str) -> list[str]:
    """The lines that this mutant put in, without their indent."""
    with run(tool, "show", name) as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    return [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]


def is_explained(module: str, lines: list[str], known: list[str]) -> bool:
    """True if the page has a point that begins with the module and quotes the changed lines."""
    points = [point for point in known if point.startswith(f"- {module}, ")]
    return bool(lines) and all(any(f"`{line}`" in point for point in points) for line in lines)


def main() -> int:
    """Run, count, and name what nobody explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, required=True, help="where mutmut is installed")
    parser.add_argument("--children", type=int, default=1)
    parser.add_argument("--read", action="store_true", help="only read what the last run left")
    parser.add_argument("only", nargs="*", help="names of mutants to try again; may hold *")
    chosen = parser.parse_args()
    if not chosen.read and not mutate(chosen.tool, chosen.children, chosen.only):
        return 1
    found = fates()
    rows, part = table(found)
    print(rows)
    known = EXPLAINED.read_text(encoding="utf-8").splitlines()
    alive = [fate for fate in found if fate.word not in ("killed", "timed out")]
    changes = [(fate, change_of(chosen.tool, fate.name)) for fate in alive]
    unknown = [(fate, lines) for fate, lines in changes if not is_explained(fate.module, lines, known)]
    for fate, lines in unknown:
        print(f"\n{fate.word}, and docs/mutants.md does not say why: {fate.name}", *lines, sep="\n  + ")
    return 0 if part >= SHARE_MIN and not unknown else 1


if __name__ == "__main__":
    sys.exit(main())
