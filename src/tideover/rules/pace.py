"""How long to wait before knocking again: longer each time, never in step with others. Pure."""

from __future__ import annotations

from random import Random

DOUBLINGS_MAX = 20


def growing_s(first_s: float, most_s: float, failures: int, chance: Random) -> float:
    """After so many failures on end (1 is the first); a quarter more or less, by chance."""
    wait_s = min(most_s, first_s * 2 ** min(max(failures, 1) - 1, DOUBLINGS_MAX))
    return spread_s(wait_s, chance)


def spread_s(wait_s: float, chance: Random) -> float:
    """About so long: a quarter more or less, by chance, so that a street whose line came back does not knock at once."""
    return wait_s * (0.75 + chance.random() / 2)
