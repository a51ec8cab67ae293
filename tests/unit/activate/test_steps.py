"""Where a run stands, from its entries alone: ways, undoing, two people at once, and what the box ticks on the way back."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from tideover.activate import back, steps
from tideover.activate.steps import Place, begin, judge, missed, next_step, place_of, state_of, take
from tideover.model.open_item import OpenItem
from tideover.model.run import RunEnded, RunStarted, RunStep
from tideover.plan.playbook import ReadyWay

WAYS = (1, 1, 3, 2)  # The two sentences, then three steps.


def said(body, at_ms=1, by="Anna", refers_to="run"):
    return SimpleNamespace(id="run", body=body, refers_to=refers_to, operator=by, happened_at=at_ms)


def started():
    return begin(said(RunStarted("internet-down", "en", "1", "0" * 64, 3, "Ville"), 1_000, refers_to=None), WAYS)


def after(*bodies, run=None):
    """The run after those words, one a second."""
    run = run or started()
    for n, body in enumerate(bodies, 2):
        run = take(run, said(body, n * 1_000))
    return run


def test_the_customer_comes_first():
    """A run begins with the two sentences."""
    assert Place(steps.FIRST, 1) == next_step(started())


def test_what_did_not_work_gives_way_to_the_next_way_and_then_to_the_next_step():
    """Three ways, each failing; then the step is over and stays marked."""
    run, stood = after(RunStep(0, 1, "done"), RunStep(1, 1, "done")), []
    for way in (1, 2, 3):
        stood.append(next_step(run))
        run = after(RunStep(2, way, "failed"), run=run)
    assert [Place(2, 1), Place(2, 2), Place(2, 3)] == stood
    assert ("failed", Place(3, 1)) == (state_of(run, 2), next_step(run))


def test_taking_back_opens_the_way_that_was_marked():
    """Also after all ways failed."""
    run = after(RunStep(2, 1, "failed"), RunStep(2, 2, "done"), RunStep(2, 2, "open"))
    assert Place(2, 2) == place_of(run, 2)
    assert "new" == judge(run, RunStep(2, 1, "open"))
    assert "stale" == judge(run, RunStep(2, 3, "open"))


def test_two_people_who_tick_the_same_step_say_one_thing():
    """The second tap is the same word; another word about a step that is over is stale, and so is one made for an old page."""
    run = after(RunStep(1, 1, "done"))
    assert ["same", "stale", "stale", "stale"] == [
        judge(run, RunStep(1, 1, "done")),
        judge(run, RunStep(1, 1, "skipped", "no time")),
        judge(run, RunStep(1, 1, "failed")),
        judge(run, RunStep(1, 1, "open"), seen=0),
    ]
    assert "same" == judge(run, RunStep(1, 1, "done"), seen=0)


def test_the_clock_of_a_step_begins_when_it_is_in_turn():
    """A word about another step does not start it anew; the next way does."""
    run = after(RunStep(0, 1, "done"))
    assert [2_000, 2_000, 4_000] == [
        run.since_ms,
        take(run, said(RunStep(3, 1, "done"), 3_000)).since_ms,
        take(run, said(RunStep(1, 1, "failed"), 4_000)).since_ms,
    ]


def test_nothing_counts_after_the_end():
    """An entry that came late, or of another run, changes nothing; a tick then is told."""
    run = after(RunStep(0, 1, "done"), RunEnded("left", "it works again"))
    assert run == take(run, said(RunStep(1, 1, "done")))
    assert run == take(run, said(RunStep(1, 1, "done"), refers_to="other"))
    assert ["ended", "same", "unknown"] == [judge(run, RunStep(step, 1, "done")) for step in (1, 0, 9)]
    assert (1, 2, 3) == missed(run)


WORDS = st.builds(
    RunStep, st.integers(0, 4), st.integers(1, 4), st.sampled_from(["done", "skipped", "failed", "open"]), st.just("why")
)


@given(st.lists(st.tuples(WORDS, st.booleans()), max_size=40))
def test_however_people_tap_a_run_is_sound(taps):
    """Only what `judge` calls new is written: then every open step stands on a way that exists, a double tap changes nothing, no word
    is lost, and from anywhere the run can be finished."""
    run, written = started(), 0
    for body, twice in taps:
        for _ in range(1 + twice):
            if judge(run, body) == "new":
                run, written = take(run, said(body)), written + 1
        assert judge(run, body) != "new"
        for step, ways in enumerate(WAYS):
            place = place_of(run, step)
            assert place is None or 1 <= place.way <= ways
            assert (place is None) == (state_of(run, step) != "open")
    assert written == len(run.words)
    while (place := next_step(run)) is not None:
        word = RunStep(place.step, place.way, "done")
        assert "new" == judge(run, word)
        run = take(run, said(word))
    assert () == missed(run)


# The way back ---------------------------------------------------------------------------------------

SLIPS = ReadyWay("check", "Each number is used.", closes=("slips",))


def test_the_box_ticks_what_it_knows_and_nothing_else():
    """No slip open, and it knows of slips: ticked. It knows of none, or one is open: not. A diversion is a person's tick."""
    slip = [OpenItem("slip", "Slip A-0003 is unexplained.", "Anna")]
    assert [True, False, False, False, False] == [
        back.is_ticked_by_box(SLIPS, [], {"slips"}, True),
        back.is_ticked_by_box(SLIPS, [], set(), True),
        back.is_ticked_by_box(SLIPS, slip, {"slips"}, True),
        back.is_ticked_by_box(ReadyWay("do", "Take them off.", closes=("diversion",)), [], {"slips"}, True),
        back.is_ticked_by_box(ReadyWay("do", "Spares go home."), [], {"slips"}, True),
    ]
    assert slip == back.standing_against(SLIPS, [*slip, OpenItem("waiting", "A sale is on its way.", "Anna")])


def test_the_last_step_is_ticked_when_the_outage_is_over():
    """And never before."""
    last = ReadyWay("decide", "It is over.", closes=("outage",))
    assert [False, True] == [back.is_ticked_by_box(last, [], {"slips"}, is_out) for is_out in (True, False)]
