"""How long the machines play: short in every test run, long with `make fuzz` (the hypothesis profile `fuzz`)."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

LONG = "fuzz"  # Registered in tests/conftest.py.
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def is_long() -> bool:
    """True in the long run."""
    return settings.get_current_profile_name() == LONG


def amount(usual: int, steps: int = 30) -> settings:
    """So many examples in a usual run, the same ones each time; in the long one as many new ones as its profile says."""
    examples = settings.get_profile(LONG).max_examples if is_long() else usual
    return settings(
        max_examples=examples, stateful_step_count=steps, derandomize=not is_long(), deadline=None, suppress_health_check=SLOW
    )
