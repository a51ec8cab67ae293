"""The proofs of the upper rungs on the page of readiness: each has its day, and runs out."""

from __future__ import annotations

from datetime import date

import pytest

from tideover.learn.readiness import Facts, Rung, measures
from tideover.words import say
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

TODAY = date(2026, 11, 20)


def measured(*rungs: Rung) -> dict:
    facts = Facts(TODAY, (), (), {}, (), (), (), 1_800, rungs=rungs)
    return {one.key: one for one in measures(facts, say("en"))}


@pytest.mark.parametrize(
    ("rung", "is_ready", "worst"),
    [
        (Rung(1, True, "", "2026-11-10"), True, ""),
        (Rung(1, True, "", "2026-10-01"), False, "the proof has run out"),
        (Rung(1, True, "", ""), False, "never tried"),
        (Rung(1, False, "it is dead", "2026-11-10"), False, "it is dead"),
    ],
)
def test_a_proof_is_dated_and_runs_out(rung, is_ready, worst):
    """What works now and was never tried is not counted on; a fresh proof of a dead line neither."""
    found = measured(rung)["second-line"]
    assert (is_ready, int(is_ready), 1) == (found.is_ready, found.proven, found.total)
    assert worst in found.worst and (worst == "") == (found.worst == "")


def test_the_page_shows_the_three_rungs(tmp_path):
    """A shop that has none of them reads so."""

    async def play(shop):
        anna, _ = await signed_in(shop)
        page = (await anna.get("/readiness")).text
        for title in ("A second line that", "A spare device that", "own offline mode, seen to work"):
            assert title in page

    in_shop(tmp_path, play)
