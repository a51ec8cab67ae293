"""When a line of the lab was dead, told from the shop's own connections: they begin each 2 ms, and one that fails ends 250 ms later."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[3] / "bench"))
from figures.failover_lines import gap

CALLED_S, DIES_S, ENDS_S = 10.0, 10.1, 13.0


def tocks(back_s: float | None) -> list[tuple[float, bool]]:
    """Attempts from before the fault to the end, in the order of their ends; each that begins while the line is dead fails."""
    found = []
    for n in range(1_500):
        begun_s = CALLED_S + 0.002 * n
        works = begun_s < DIES_S or (back_s is not None and begun_s >= back_s)
        found.append((begun_s + (0.001 if works else 0.25), works))
    return sorted(one for one in found if one[0] <= ENDS_S)


@pytest.mark.parametrize("took_s", [0.02, 0.2, 1.4])
def test_a_line_that_is_left_sooner_than_an_attempt_fails_is_measured_too(took_s: float) -> None:
    """20 ms after it died the shop is out again, while the attempts of those 20 ms still wait."""
    began_s, again_s = gap(tocks(DIES_S + took_s), CALLED_S)
    assert again_s is not None
    assert (DIES_S, took_s) == (pytest.approx(began_s, abs=0.004), pytest.approx(again_s - began_s, abs=0.005))


def test_a_line_that_nobody_leaves() -> None:
    """Nothing came any more; nothing came at all."""
    assert (pytest.approx(DIES_S, abs=0.004), None) == gap(tocks(None), CALLED_S)
    assert (CALLED_S, None) == gap([], CALLED_S)
