"""When the cloud's own tills could not record, also by a clock that somebody set."""

from tideover.model.facts import OutageStep
from tideover.recover.doubles import NEAR, Span
from tideover.recover.spans import outage_spans
from tideover.world import to_ms
from unit.recover.box import Box
from unit.recover.shop import THREE_PM


def step(box, phase, since=THREE_PM):
    body = OutageStep(outage="0192f3c4-0000-7000-8000-00000000000a", phase=phase, cause="our-line", why="", since=to_ms(since))
    box.run(box.journal.record("outage", body))


def test_an_outage_lasts_from_its_first_evidence_until_the_way_back(tmp_path):
    """The last step back counts; closing it later changes nothing."""
    with Box(tmp_path) as box:
        step(box, "fallback")
        box.later(minutes=20)
        back = box.world.now()
        step(box, "recovering")
        box.later(minutes=20)
        step(box, "closed")

        assert (Span(THREE_PM, back),) == outage_spans(box.journal)


def test_where_the_clock_was_set_back_it_ends_later_rather_than_too_soon(tmp_path):
    """The latest hour that was seen in it, and as much again as a person's guess may be wrong."""
    with Box(tmp_path) as box:
        step(box, "fallback")
        box.later(minutes=20)
        latest = box.world.now()
        step(box, "fallback")
        box.later(hours=-2)
        step(box, "recovering")

        assert (Span(THREE_PM, latest + NEAR),) == outage_spans(box.journal)
