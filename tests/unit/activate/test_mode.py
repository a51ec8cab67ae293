"""The outage's phases: when the fallback opens, when the way back begins, when it is over."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings as play
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from tideover.activate.mode import FAILING, TRANSITIONS, Signals, is_open, next_due_at, step
from tideover.model.outage import NO_OUTAGE
from tideover.settings import Settings

START = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
TIMES = Settings()
UP = Signals("up", "none", None, ("anchor", "cloud"))
UNKNOWN = Signals("unknown", "not-known", None, ())


def at(seconds):
    return START + timedelta(seconds=seconds)


def down(cause="our-line", kinds=("anchor", "cloud"), since_s=0):
    return Signals("down", cause, at(since_s), kinds)


def told(signals, **said):
    return replace(signals, **said)


def play_out(*moments, outage=NO_OUTAGE, times=TIMES):
    """Feed (second, signals) one after another; the outage and the phases it came through, with the second."""
    came = []
    for second, signals in moments:
        before = outage.phase
        outage, why = step(outage, told(signals, fresh_id=f"outage-{second}"), times, at(second))
        assert (before != outage.phase) == bool(why)
        if why:
            came.append((second, outage.phase))
    return outage, came


def every(seconds, first, last, signals):
    return [(second, signals) for second in range(first, last + 1, seconds)]


def test_two_kinds_for_the_confirm_time_open_the_fallback():
    """One cause on two kinds of evidence opens at 120 s, not a look earlier."""
    _, came = play_out(*every(5, 0, 200, down()))
    assert [(0, "suspected"), (120, "fallback")] == came


def test_one_kind_waits_for_the_tolerable_time():
    """Evidence of a single kind opens only after half an hour."""
    _, came = play_out(*every(5, 0, 2000, down("their-cloud", ("cloud",))))
    assert [(0, "suspected"), (1800, "fallback")] == came


def test_a_changed_cause_starts_the_confirm_time_again():
    """The confirm time counts for one cause."""
    _, came = play_out(*every(5, 0, 100, down("not-known")), *every(5, 105, 300, down("our-line")))
    assert [(0, "suspected"), (225, "fallback")] == came


def test_a_person_opens_at_once():
    """Confirmed by a person, with evidence or without."""
    _, came = play_out((0, down()), (60, told(down(), confirmed_by="Anna")))
    assert [(0, "suspected"), (60, "fallback")] == came
    _, came = play_out((0, told(UP, confirmed_by="Anna")), (0, told(UP, confirmed_by="Anna")))
    assert [(0, "suspected"), (0, "fallback")] == came


def test_what_only_a_person_saw_only_a_person_ends():
    """The machine saw nothing, so its fair view does not start the way back; an all-clear does."""
    confirmed = told(UP, confirmed_by="Anna")
    outage, _ = play_out((0, confirmed), (0, confirmed), *every(60, 60, 3600, UP))
    assert ("fallback", "told-by-person") == (outage.phase, outage.cause)
    outage, _ = play_out((3700, told(UP, cleared_by="Anna")), outage=outage)
    assert "recovering" == outage.phase


def test_clean_time_starts_the_way_back():
    """Five minutes up without a break, not four."""
    opened = [(0, told(down(), confirmed_by="Anna"))] * 2
    _, came = play_out(*opened, *every(5, 100, 340, UP), (345, down()), *every(5, 350, 700, UP))
    assert [(0, "suspected"), (0, "fallback"), (650, "recovering")] == came


def test_unknown_is_not_clean():
    """A gap in the looks breaks the clean time."""
    opened = [(0, told(down(), confirmed_by="Anna"))] * 2
    _, came = play_out(*opened, *every(5, 100, 340, UP), (345, UNKNOWN), *every(5, 350, 700, UP))
    assert (650, "recovering") == came[-1]


def test_a_false_alarm_is_cleared():
    """Suspected, then clean for the clean time: cleared, and no fallback was opened."""
    _, came = play_out((0, down()), *every(5, 15, 400, UP))
    assert [(0, "suspected"), (315, "cleared")] == came


def test_closing_needs_an_empty_checklist():
    """While the checklist names something the outage stays open."""
    outage, _ = play_out(*[(0, told(down(), confirmed_by="Anna"))] * 2, (60, told(UP, cleared_by="Anna")))
    outage, came = play_out((90, told(UP, closed_by="Anna", open_items=("2 parked sales",))), outage=outage)
    assert ("recovering", []) == (outage.phase, came)
    outage, came = play_out((99, told(UP, closed_by="Anna")), outage=outage)
    assert [(99, "closed")] == came


def closed_outage():
    moments = [(0, told(down(), confirmed_by="Anna")), (0, told(down(), confirmed_by="Anna"))]
    return play_out(*moments, (60, told(UP, cleared_by="Anna")), (90, told(UP, closed_by="Anna")))[0]


def test_after_closing_a_new_one_names_the_first():
    """Within the hour the next outage is a new one that names the one before; later it stands alone."""
    first = closed_outage()
    soon, _ = play_out((600, down(since_s=600)), outage=first)
    late, _ = play_out((9000, down(since_s=9000)), outage=first)
    assert (first.id, None) == (soon.follows, late.follows)
    assert soon.id != first.id


def test_evidence_from_before_the_all_clear_no_longer_counts():
    """A person cleared it while our looks still failed: the tolerable time starts anew."""
    outage, _ = play_out(*every(5, 0, 1700, down("x", ("cloud",))), (1700, told(down("x", ("cloud",)), cleared_by="Anna")))
    assert "cleared" == outage.phase
    outage, came = play_out(*every(5, 1705, 3600, down("x", ("cloud",))), outage=outage)
    assert [(1705, "suspected"), (3500, "fallback")] == came


def test_failing_again_on_the_way_back_is_the_same_outage():
    """Recovering falls back to fallback under the same id, by the same rules as the first time."""
    outage, _ = play_out(*[(0, told(down(), confirmed_by="Anna"))] * 2, (60, told(UP, cleared_by="Anna")))
    again, came = play_out(*every(5, 600, 800, down(since_s=600)), outage=outage)
    assert ([(720, "fallback")], outage.id) == (came, again.id)


def flapping(hours, on_s, off_s):
    for second in range(0, hours * 3600, 5):
        since = second - second % (on_s + off_s)
        yield second, down(since_s=since) if second - since < off_s else UP


def test_a_line_that_flaps_all_week_is_one_outage():
    """20 minutes away every two hours, nobody closes: one id for the whole week."""
    ids, outage = set(), NO_OUTAGE
    for n, (second, signals) in enumerate(flapping(7 * 24, 6000, 1200)):
        outage, _ = step(outage, told(signals, fresh_id=f"outage-{n}"), TIMES, at(second))
        ids.add(outage.id)
    assert {"outage-0"} == ids


def test_a_line_that_flaps_fast_opens_once():
    """20 s on, 20 s off for four hours: one outage, opened once by the tolerable time, never recovering."""
    _, came = play_out(*flapping(4, 20, 20))
    assert ["suspected", "fallback"] == [phase for _, phase in came]
    assert 1800 <= came[1][0] <= 1840


def test_short_falls_far_apart_never_open_it():
    """15 s away every ten minutes: cleared each time under one id, the shop keeps its own till."""
    outage, came = play_out(*flapping(6, 585, 15))
    assert {"suspected", "cleared"} == {phase for _, phase in came}
    assert "outage-0" == outage.id


def test_next_due_is_exact():
    """Stepping only at the times that were announced reaches the same phases at the same seconds."""
    outage, second, came = NO_OUTAGE, 0, []
    while second is not None and second < 1000:
        signals = told(down() if second < 400 else UP, fresh_id="outage")
        outage, why = step(outage, signals, TIMES, at(second))
        if why:
            came.append((second, outage.phase))
        due = next_due_at(outage, signals, TIMES, at(second))
        second = 400 if due is None and second < 400 else None if due is None else int((due - START).total_seconds())
    assert [(0, "suspected"), (120, "fallback"), (700, "recovering")] == came


SIGNALS = st.builds(
    Signals,
    st.sampled_from(["up", "degraded", "down", "unknown"]),
    st.sampled_from(["our-line", "their-cloud", "told-by-person"]),
    st.none(),
    st.sampled_from([(), ("cloud",), ("cloud", "anchor")]),
)


class OutageMachine(RuleBasedStateMachine):
    """Any sequence of looks, people and pauses, checked against the contract and not against the code."""

    def __init__(self):
        super().__init__()
        self.outage, self.now, self.count, self.history = NO_OUTAGE, START, 0, []
        self.began = set()

    def move(self, signals, seconds):
        self.now += timedelta(seconds=seconds)
        self.count += 1
        before = self.outage
        self.history.append((self.now, signals))
        self.outage, why = step(before, told(signals, fresh_id=f"outage-{self.count}"), TIMES, self.now)
        assert (before.phase != self.outage.phase) == bool(why)
        if why:
            assert (before.phase, self.outage.phase) in TRANSITIONS
            self.check(before, signals)
        if is_open(before):
            assert before.id == self.outage.id

    def check(self, before, signals):
        person = signals.confirmed_by or signals.cleared_by or signals.closed_by
        assert person or signals.state != "unknown"
        if self.outage.phase == "fallback" and not signals.confirmed_by:
            lasted = self.lasted(lambda one: one.state == "down" and one.cause == signals.cause)
            first = before.since if before.phase == "suspected" else before.failing_since
            waited = (self.now - first).total_seconds() if first else 0
            assert (len(signals.kinds) == 2 and lasted >= TIMES.confirm_s) or waited >= TIMES.tolerable_s
            assert signals.state in FAILING
        if self.outage.phase == "recovering" and not signals.cleared_by:
            assert self.lasted(lambda one: one.state == "up") >= TIMES.clean_s
        if self.outage.phase == "closed":
            assert signals.closed_by and not signals.open_items

    def lasted(self, fits):
        """Seconds for which every signal up to now fitted."""
        start = None
        for when, signals in reversed(self.history):
            if not fits(signals):
                break
            start = when
        return (self.now - start).total_seconds() if start else 0

    @rule(signals=SIGNALS, seconds=st.sampled_from([0, 1, 5, 60, 119, 120, 300, 1800, 4000]))
    def look(self, signals, seconds):
        self.move(signals, seconds)

    @rule(signals=SIGNALS, seconds=st.sampled_from([5, 60]), times=st.integers(1, 70))
    def look_long(self, signals, seconds, times):
        for _ in range(times):
            self.move(signals, seconds)

    @rule(signals=SIGNALS)
    def confirm(self, signals):
        self.move(told(signals, confirmed_by="Anna"), 1)
        if self.outage.phase == "suspected":
            self.move(told(signals, confirmed_by="Anna"), 0)
        assert "fallback" == self.outage.phase

    @rule(signals=SIGNALS)
    def all_clear(self, signals):
        before = self.outage.phase
        self.move(told(signals, cleared_by="Anna"), 1)
        if before == "fallback":
            assert "recovering" == self.outage.phase

    @rule(signals=SIGNALS, items=st.sampled_from([(), ("2 parked sales",)]))
    def close(self, signals, items):
        self.move(told(signals, closed_by="Anna", open_items=items), 1)

    @invariant()
    def times_fit_the_phase(self):
        one = self.outage
        assert (one.phase == "none") == (one.id == "")
        assert one.phase not in ("fallback", "recovering") or one.opened_at is not None
        assert (one.phase == "recovering") <= (one.recovering_at is not None)
        assert one.up_since is None or one.up_since <= self.now


TestOutageMachine = OutageMachine.TestCase
TestOutageMachine.settings = play(max_examples=60, stateful_step_count=30, deadline=None)
