"""Every bench script tells its figure with the contract's keys, and holds only if every check does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[3] / "bench"


def loaded(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


shape = loaded("bench_shape", BENCH / "figures" / "shape.py")
Check, Figure = shape.Check, shape.Figure


def figure(*checks: object) -> object:
    return Figure("start", 1_000, "ms", 44.444444, {"click alone": 40.0}, 10.0, checks)


def test_a_figure_is_told_with_the_contracts_keys() -> None:
    """Name, n, unit, ours, peers, limit, their ratio, checks and whether all hold; no digits that are noise."""
    expected = {
        "name": "start", "n": 1_000, "unit": "ms", "ours": 44.44, "peers": {"click alone": 40.0}, "limit": 10.0, "ratio_limit": 4.444,
        "checks": [{"what": "help, ms", "value": 44.44, "op": "<", "target": 150}], "holds": True,
    }  # fmt: skip
    assert expected == figure(Check("help, ms", 44.444444, "<", 150)).told()


@pytest.mark.parametrize(
    ("op", "value", "holds"),
    [("<", 1, True), ("<", 2, False), ("<=", 2, True), (">", 2, False), (">", 3, True), (">=", 2, True), ("==", 2, True), ("==", 3, False)],
)
def test_a_check_compares_its_value_with_two(op: str, value: float, holds: bool) -> None:
    """Each comparison says what its sign says."""
    assert holds == Check("a thing", value, op, 2).holds


def test_one_check_that_does_not_hold_breaks_the_figure() -> None:
    """And the table for a person names it."""
    broken = figure(Check("quick", 1, "<", 2), Check("flat", 3, "<", 2))
    assert not broken.told()["holds"]
    assert "BROKEN flat: 3 < 2" in shape.table(broken)


@pytest.mark.parametrize(("value", "code"), [(1, 0), (3, 1)])
def test_a_script_prints_one_object_and_its_exit_code_says_whether_it_holds(
    value: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress goes to stderr, the figure alone to stdout."""
    monkeypatch.setattr(sys, "argv", ["start.py", "--quick", "--json"])

    def measure(quick: bool, say: Callable[[str], None]) -> object:
        say("working")
        return figure(Check("quick" if quick else "long", value, "<", 2))

    with pytest.raises(SystemExit) as ended:
        shape.main("About.", measure)
    told = capsys.readouterr()
    assert (code, "working\n") == (ended.value.code, told.err)
    assert "quick" == json.loads(told.out)["checks"][0]["what"]


def test_the_p99_is_the_value_below_which_99_of_100_lie() -> None:
    """Of few values it is the largest."""
    assert (99, 3) == (shape.share(list(range(100)), 0.99), shape.share([3, 1, 2], 0.99))


@pytest.mark.parametrize("path", sorted(BENCH.glob("*.py")), ids=lambda path: path.name)
def test_every_script_goes_through_that_shape(path: Path) -> None:
    """None has a command line or an output of its own."""
    text = path.read_text(encoding="utf-8")
    assert "from figures.shape import" in text and "main(__doc__" in text
    assert "print(" not in text
