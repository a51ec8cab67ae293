"""Each kind of what went away, came back, was moved or was tried is one calm sentence, in both languages."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from tideover.detect.cause import CAUSES
from tideover.journal.entry import BODIES
from tideover.model import switching
from tideover.web.wall_switched import MOVES, POWERS, TELLERS
from tideover.words import say

SAID = [
    (switching.ServiceAway("internet", "our-line", 1), f"Went away: internet line. {CAUSES['our-line'].meaning}"),
    (switching.ServiceAway("cards", "told-by-person", 1, "Anna"), "Went away: card payments. Noticed by Anna."),
    (switching.ServiceAway("line-fibre", "a cause of tomorrow", 1), "Went away: line fibre."),
    (switching.ServiceAway("power", "power", 1), ""),  # The battery's monitor says more.
    (switching.ServiceBack("internet", 1, 2_460), "Came back: internet line, after 41 min."),
    (
        switching.ServiceBack("internet", 1, 36_000, 28_800),
        "Came back: internet line, after 10 h 0 min. Nobody looked for 8 h 0 min of it.",
    ),
    (switching.ServiceBack("power", 1, 60), ""),
    (switching.Armed("lines", True), "May move by itself now: the internet lines."),
    (switching.Armed("lines", False, "Anna tests"), "Moves by itself no more: the internet lines. Anna tests"),
    (switching.Switched("lines", "began", "fibre", "mobile", "dead"), ""),
    (switching.Switched("lines", "engaged", "fibre", "mobile", ""), "Moved: the internet lines, now on mobile."),
    (switching.Switched("odd", "refused", "", "mobile", "no right"), "Not moved: odd. no right"),
    (switching.LineProved("mobile", True), "Tried: line mobile carries."),
    (switching.LineProved("mobile", False, text="no answer"), "Tried: line mobile does not carry. no answer"),
    (switching.DeviceProved("spare-pc", True, note="paper was low"), "Tried: spare-pc works as a spare. paper was low"),
    (switching.PowerChanged("battery", left_s=1_260), "The mains power is off; the battery carries. It lasts for about 21 min."),
    (switching.PowerChanged("mains"), "The mains power is there."),
    (switching.CallTested(True, "Anna"), "A test call was answered by Anna."),
    (switching.CallTested(False), "A test call was not answered."),
]
KIND_OF = {body: kind for (kind, _), body in BODIES.items()}


@pytest.mark.parametrize(("body", "said"), SAID, ids=lambda one: type(one).__name__ if not isinstance(one, str) else "")
def test_what_is_said(body, said):
    """One sentence or two, with how long and who where that is known."""
    assert said == TELLERS[KIND_OF[type(body)]](body, say("en"))


@pytest.mark.parametrize(("body", "said"), SAID, ids=lambda one: type(one).__name__ if not isinstance(one, str) else "")
def test_in_finnish(body, said):
    """The same in the reader's language, where anything is said."""
    told = TELLERS[KIND_OF[type(body)]](body, say("fi"))
    assert bool(told) == bool(said)
    assert not told or told != said


def test_every_kind_has_its_words():
    """And every state of the power and every move of a switch can be said."""
    kinds = {KIND_OF[one] for one in vars(switching).values() if isinstance(one, type) and one in KIND_OF}
    assert kinds == set(TELLERS)
    assert set(get_args(get_type_hints(switching.PowerChanged)["state"])) == set(POWERS)
    assert set(get_args(get_type_hints(switching.Switched)["what"])) == {*MOVES, "began"}
