"""Measures every figure (`bench/NAME.py --json`), draws each beside its peers, and writes the tables of docs/figures.md anew.

`make figures` runs it; with names it measures only those, with --drawn it measures nothing and draws what was kept. What was measured
stands in docs/figures/NAME.json, so that a plot can be checked against its numbers. It keeps a figure that does not hold: a page that
shows only good news is worth nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE, KEPT = ROOT / "docs" / "figures.md", ROOT / "docs" / "figures"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
OURS, ALSO_OURS, PEER, LIMIT, INK = "#0b6e4f", "#7fb8a4", "#9aa5b1", "#d9c27e", "#1f2933"
SPREAD_MIN = 20  # Largest over smallest bar from which the axis is logarithmic.


def names() -> list[str]:
    return sorted(path.stem for path in (ROOT / "bench").glob("*.py"))


def measured(name: str, quick: bool) -> dict[str, Any]:
    """One script's figure. A script that cannot run is an error; a figure that does not hold is a result."""
    print(f"{name} …", file=sys.stderr, flush=True)
    command = [sys.executable, str(ROOT / "bench" / f"{name}.py"), "--json", *(["--quick"] if quick else [])]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if run.returncode not in (0, 1) or not run.stdout.strip():
        sys.exit(f"bench/{name}.py ended with {run.returncode}")
    return {**json.loads(run.stdout), "machine": machine(), "at": datetime.now(UTC).strftime("%Y-%m-%d"), "quick": quick}


def machine() -> str:
    """Which machine it was, as far as a reader needs it to weigh the numbers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {memory_gb()}{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"


def memory_gb() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB, "
    except (AttributeError, ValueError):
        return ""


# Drawing -----------------------------------------------------------------------------------------


def draw(figure: dict[str, Any], target: Path) -> None:
    """One plot: ours, each peer and the limit as bars."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "tideover", "svg.fonttype": "none", "font.size": 10, "text.color": INK, "axes.labelcolor": INK})
    bars = [("Tideover", figure["ours"], OURS)]
    bars += [(name, value, ALSO_OURS if name.startswith("ours") else PEER) for name, value in figure["peers"].items()]
    bars += [("limit of the machine", figure["limit"], LIMIT)] if figure["limit"] else []
    plot, axes = plt.subplots(figsize=(8, 0.9 + 0.45 * len(bars)))
    labels, sizes, colours = zip(*bars, strict=True)
    axes.bar_label(axes.barh(labels, sizes, color=colours, height=0.62), [f"{value:g}" for value in sizes], padding=4)
    axes.invert_yaxis()
    values = [value for value in sizes if value > 0]
    if max(values) / min(values) >= SPREAD_MIN:
        axes.set_xscale("log")
        axes.set_xlim(min(values) / 3, max(values) * 4)
        axes.xaxis.set_major_formatter("{x:g}")
    else:
        axes.set_xlim(0, max(values) * 1.18)
    axes.set_xlabel(figure["unit"] + (" (each step of the axis is ten times more)" if axes.get_xscale() == "log" else ""))
    axes.spines[["top", "right"]].set_visible(False)
    plot.tight_layout()
    plot.savefig(target, metadata={"Date": None, "Title": figure["name"]})
    plt.close(plot)


# The page ----------------------------------------------------------------------------------------


def section(figure: dict[str, Any]) -> str:
    """One figure on the page: its plot, its numbers, what must hold."""
    name = figure["name"]
    how = f"`bench/{name}.py{' --quick' if figure['quick'] else ''}`"
    lines = [f"### {name}", "", f"![{name}: ours beside its peers, in {figure['unit']}](figures/{name}.svg)", ""]
    lines += [f"{how}, n = {figure['n']:,}, {figure['machine']}, {figure['at']}.", ""]
    lines += [f"| | {figure['unit']} | ours, times it |", "|---|---|---|", f"| **Tideover** | **{figure['ours']:g}** | |"]
    peers = [*figure["peers"].items(), *([("limit of the machine", figure["limit"])] if figure["limit"] else [])]
    lines += [f"| {peer} | {value:g} | {figure['ours'] / value:.3g} |" for peer, value in peers if value]
    lines += ["", "| must hold | measured | wanted | |", "|---|---|---|---|"]
    for check in figure["checks"]:
        is_held = "holds" if HOLDS[check["op"]](check["value"], check["target"]) else "**does not hold**"
        lines.append(f"| {check['what']} | {check['value']:g} | {check['op']} {check['target']:g} | {is_held} |")
    return "\n".join(lines)


HOLDS = {
    "<": lambda value, target: value < target,
    "<=": lambda value, target: value <= target,
    ">": lambda value, target: value > target,
    ">=": lambda value, target: value >= target,
    "==": lambda value, target: value == target,
}


def write_page(figures: list[dict[str, Any]]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text("\n\n".join((before + BEGIN, *map(section, figures), END + after)), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these figures")
    parser.add_argument("--quick", action="store_true", help="the quick way of each script")
    parser.add_argument("--drawn", action="store_true", help="measure nothing, draw what was kept")
    given = parser.parse_args()
    KEPT.mkdir(exist_ok=True)
    for name in () if given.drawn else given.names or names():
        (KEPT / f"{name}.json").write_text(json.dumps(measured(name, given.quick), indent=1) + "\n", encoding="utf-8")
    figures = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(KEPT.glob("*.json"))]
    for figure in figures:
        draw(figure, KEPT / f"{figure['name']}.svg")
    write_page(figures)


if __name__ == "__main__":
    main()
