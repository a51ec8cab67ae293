"""The table of docs/algorithms/verdict.md holds, row by row."""

import pytest

from tideover.detect.cause import CAUSES, explain
from tideover.detect.verdict import LAYERS, every, lead
from unit.detect.situations import DOC, rows, seen_in

ROWS = rows()
NOTHING = "–"
SELDOM = {"box-store", "certificate-30", "certificate-14", "certificate-7", "certificate-0"}  # Proven where they are looked at.


@pytest.mark.parametrize("row", ROWS, ids=[f"{one.name}, {one.service}" for one in ROWS])
def test_a_situation_has_its_verdict_and_its_next_step(row):
    """What is seen comes to this service's state and cause, and the wall says this first."""
    found, ways = seen_in(row.seen)
    one = next(one for one in found if one.service == row.service)
    first = lead(found)
    told = explain(first, found, ways).next_step if first else "Nothing to do."
    assert (row.state, row.cause) == (one.state, one.cause), found
    assert (row.first, row.step) == (first.service if first else NOTHING, told)


def test_the_table_is_read():
    """Every row of the document that looks like one is one, and the last one is there."""
    assert len(ROWS) >= 60
    assert DOC.read_text(encoding="utf-8").count("| `") >= len(ROWS) - 1
    assert "Line down and printer without paper" == ROWS[-1].name


def test_every_cause_stands_in_the_table():
    """No cause without a situation that brings it."""
    assert set(CAUSES) == {one.cause for one in ROWS} | SELDOM


def test_every_named_service_is_told():
    """diagnose names each service of the contract, in the order of the layers, and each line; what nobody looks at is unknown."""
    found, ways = seen_in(("one-line",))
    names = [one.service for one in every(found, ways)]
    assert [one for one in LAYERS if one != "office-printer"] == names[:11]
    found, ways = seen_in(())
    assert {"line-fibre", "line-mobile"} <= {one.service for one in every(found, ways)}
    assert {"unknown"} == {one.state for one in every((), ways)}


def test_children_of_a_dead_line_are_no_alarm():
    """With the line down only it and the cloud are red; what hangs on it says so, and the shop's own network is judged."""
    found, _ = seen_in(("beyond:off",))
    states = {one.service: one.state for one in found}
    assert {"internet", "cloud", "line-fibre"} == {name for name, state in states.items() if state == "down"}
    assert ["unknown"] * 4 == [states[name] for name in ("dns", "login", "cards", "phones")]
    assert all(one.evidence[0].startswith("hangs on") for one in found if one.service in ("dns", "cards", "phones"))
    assert ["up"] * 5 == [states[name] for name in ("network", "tills", "printer", "power", "line-mobile")]
