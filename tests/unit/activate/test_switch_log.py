"""What the journal's entries of a switch add up to: what is engaged, and what counts as a move."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tideover.activate.switch_log import Act, SwitchLog, did_move
from tideover.model.switching import Switched

AT = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
OVER, BACK = ("engaged", "fibre", "mobile"), ("restored", "mobile", "fibre")


def log_of(*acts: tuple[str, str, str], switch: str = "lines") -> SwitchLog:
    log = SwitchLog()
    for what, before, target in acts:
        log.acts.append(Act(AT, "", Switched(switch, what, before, target, "")))
    return log


@pytest.mark.parametrize(
    ("acts", "engaged"),
    [
        ((), ""),
        ((OVER,), "mobile"),
        ((OVER, BACK), ""),
        ((OVER, ("rolled-back", "mobile", "dsl")), "mobile"),
        ((OVER, ("engaged", "mobile", "dsl")), "dsl"),
        ((OVER, ("healed", "mobile", "fibre")), ""),
        ((("healed", "fibre", "mobile"),), "mobile"),
        ((OVER, ("healed", "fibre", "fibre")), "mobile"),
        ((OVER, ("engaged", "mobile", "dsl"), ("healed", "dsl", "fibre")), ""),
        ((OVER, BACK, OVER), "mobile"),
    ],
)
def test_what_is_engaged_is_what_was_not_led_back_from(acts, engaged):
    """A crash in the middle that ended where the shop began is no engagement; one that stands is."""
    assert engaged == log_of(*acts).engaged("lines")


def test_calls_that_a_crash_led_back_are_not_diverted():
    """Nothing was diverted before, and nothing is after."""
    assert "" == log_of(("engaged", "", "…567"), ("healed", "…567", ""), switch="pbx").engaged("pbx")


@pytest.mark.parametrize("what", ["engaged", "restored", "healed"])
def test_an_act_that_changed_nothing_is_no_move(what):
    """After a start the box looks, and finds all as it was: no hold-down grows of that."""
    assert not did_move(Switched("lines", what, "fibre", "fibre", ""))
    assert did_move(Switched("lines", what, "fibre", "mobile", ""))
