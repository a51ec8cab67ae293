"""The shape in which every bench script tells its figure; docs/contracts.md names the keys.

A figure is ours beside its peers and the physical limit of the same run: a lone number says nothing about a noisy machine.
"""

from __future__ import annotations

import argparse
import json
import operator
import statistics
import sys
from collections.abc import Callable, Iterable
from typing import Any, Literal

from msgspec import Struct, to_builtins

OPS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


class Check(Struct, frozen=True):
    """One thing that must hold."""

    what: str
    value: float
    op: Literal["<", "<=", ">", ">=", "=="]
    target: float

    @property
    def holds(self) -> bool:
        return OPS[self.op](self.value, self.target)


class Figure(Struct, frozen=True):
    """What one script measured."""

    name: str
    n: int  # Of the largest run.
    unit: str  # Of ours, peers and limit.
    ours: float
    peers: dict[str, float]
    limit: float  # What the machine itself can do, measured in the same run.
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)

    def told(self) -> dict[str, Any]:
        """The contract's keys. ratio_limit is ours divided by the limit, for times and rates alike."""
        return {
            "name": self.name,
            "n": self.n,
            "unit": self.unit,
            "ours": rounded(self.ours),
            "peers": {name: rounded(value) for name, value in self.peers.items()},
            "limit": rounded(self.limit),
            "ratio_limit": rounded(self.ours / self.limit) if self.limit else None,
            "checks": [{**to_builtins(check), "value": rounded(check.value)} for check in self.checks],
            "holds": self.holds,
        }


def rounded(value: float) -> float:
    """Four digits that mean something; more would be noise."""
    return float(f"{value:.4g}")


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def share(values: list[float], part: float) -> float:
    """The value below which that part of them lies: share(values, 0.99) is the p99."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def table(figure: Figure) -> str:
    """The same for a person."""
    told = figure.told()
    lines = [f"{figure.name}: {told['ours']:g} {figure.unit}, {told['ratio_limit']} of the limit {told['limit']:g} (n = {figure.n:,})"]
    lines += [f"  peer   {name}: {value:g} {figure.unit}" for name, value in told["peers"].items()]
    for check, one in zip(figure.checks, told["checks"], strict=True):
        lines.append(f"  {'holds ' if check.holds else 'BROKEN'} {check.what}: {one['value']:g} {check.op} {check.target:g}")
    return "\n".join(lines)


def main(about: str, measure: Callable[[bool, Callable[[str], None]], Figure]) -> None:
    """The command line of every script: --quick and --json; exit 1 if a check does not hold."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="a smaller n, under 20 seconds")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    given = parser.parse_args()
    figure = measure(given.quick, lambda text: print(text, file=sys.stderr, flush=True))
    print(json.dumps(figure.told()) if given.json else table(figure))
    sys.exit(0 if figure.holds else 1)
