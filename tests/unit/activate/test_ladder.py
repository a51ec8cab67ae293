"""The highest rung that works, and why not the ones above it."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tideover.activate.ladder import NAMES, Facts, Way, best, ladder, trading_verdict, why_not_higher, with_verdicts
from tideover.model.outage import Verdict

MARCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINE = Way("the phone's line", True, MARCH)
SPARE = Way("the spare PC", True, MARCH)
VENDOR = Way("the vendor's offline mode", True)
LOST = Facts(cloud="down", cause="our-line", tills=3, country="FI")


def number(facts):
    return best(ladder(facts)).number


def test_a_fair_day_stays_on_the_cloud():
    """With the cloud up nothing falls."""
    assert 0 == number(replace(LOST, cloud="up", cause="none"))


def test_our_line_away():
    """The second line first, then the vendor's mode, then our till, then paper."""
    assert 1 == number(replace(LOST, other_line=LINE, vendor_offline=VENDOR))
    assert 3 == number(replace(LOST, vendor_offline=VENDOR))
    assert 4 == number(LOST)
    assert 5 == number(replace(LOST, tills=0))


def test_another_line_does_not_help_against_their_cloud():
    """A ready second line is no rung when the vendor's cloud itself is away."""
    rungs = ladder(replace(LOST, cause="their-cloud", other_line=LINE))
    assert (4, "another line does not help (their cloud)") == (best(rungs).number, rungs[1].why)


def test_where_no_name_is_found_over_our_lines_a_phone_of_another_carrier_helps():
    """Nobody asked it for names; with our own lines alone it is said why they do not count."""
    nowhere = replace(LOST, cause="dns-nowhere", other_line=Way("mobile", False, why="no name is found over it"))
    assert (4, "mobile: no name is found over it") == (number(nowhere), ladder(nowhere)[1].why)
    assert 1 == number(replace(nowhere, other_line=Way("Maija's phone", True)))


def test_a_dead_till_device():
    """The cloud is fine, the till PC is not: the spare takes over; with the line away too it needs the other line."""
    dead = replace(LOST, cloud="up", cause="none", device_ok=False, other_device=SPARE)
    assert 2 == number(dead)
    assert 4 == number(replace(dead, cloud="down", cause="our-line"))
    assert 2 == number(replace(dead, cloud="down", cause="our-line", other_line=LINE))


def test_law_closes_our_till():
    """Where an uncertified till is not lawful the way is slips, and the reason is said."""
    rungs = ladder(replace(LOST, till_lawful=False, country="DE"))
    assert (5, "an uncertified till is not lawful in DE") == (best(rungs).number, rungs[4].why)


def test_a_broken_journal_goes_to_paper():
    """No entries can be written: slips."""
    assert 5 == number(replace(LOST, box_writable=False))


def test_paper_always_works():
    """Even without a single printed slip there is an answer."""
    rungs = ladder(replace(LOST, tills=0, slips_unused=0))
    assert (5, "no numbered slip is left: number blank paper by hand") == (best(rungs).number, best(rungs).why)


def test_law_may_close_paper_too():
    """Where slips are not lawful either, no rung is said to work."""
    rungs = ladder(replace(LOST, till_lawful=False, slips_lawful=False, country="XX"))
    assert (5, False, "handwritten slips are not lawful in XX") == (best(rungs).number, best(rungs).works, best(rungs).why)


def test_unknown_is_no_reason_to_fall():
    """Nobody has looked yet: stay, and say that it is not known."""
    top = best(ladder(Facts()))
    assert (0, "not known; stay until there is evidence") == (top.number, top.why)


def test_rungs_are_facts_with_dates():
    """The last proof is shown; a rung that never worked is shown so."""
    rungs = ladder(replace(LOST, other_device=SPARE, device_ok=False, cloud="up", vendor_offline=VENDOR))
    assert ("last worked on 2026-03-02", "never tried") == (rungs[2].why, rungs[3].why)


def test_why_not_higher_names_each_rung_above():
    """One reason per rung above the one in use; a working one is offered."""
    rungs = ladder(replace(LOST, other_line=LINE))
    assert [
        "0 cloud: the cloud is not reached (our line)",
        "1 other-line: works now",
        "2 other-device: no spare device",
        "3 vendor-offline: the vendor's till has no offline mode",
    ] == why_not_higher(rungs, 4)


def verdict(service, state, cause="none"):
    return Verdict(service, state, cause, (), None)


def test_the_log_in_counts_once_the_cloud_answers():
    """A dead log-in service stops the cloud till as well as a dead cloud does."""
    login = verdict("login", "down", "their-login")
    assert login == trading_verdict([verdict("cloud", "up"), login])
    assert "our-line" == trading_verdict([verdict("cloud", "down", "our-line"), verdict("login", "unknown")]).cause
    assert ("down", "their-login") == (with_verdicts(Facts(), [verdict("cloud", "up"), login]).cloud, "their-login")


WAY = st.none() | st.builds(Way, st.just("it"), st.booleans(), st.none() | st.just(MARCH))
FACTS = st.builds(
    Facts,
    cloud=st.sampled_from(["up", "degraded", "down", "unknown"]),
    cause=st.sampled_from(["our-line", "our-network", "their-cloud", "their-login", "not-known", "told-by-person"]),
    device_ok=st.booleans(),
    other_line=WAY,
    other_device=WAY,
    vendor_offline=WAY,
    till_lawful=st.booleans(),
    slips_lawful=st.booleans(),
    box_writable=st.booleans(),
    tills=st.integers(0, 3),
    slips_unused=st.none() | st.integers(0, 100),
)


@given(FACTS)
def test_there_is_always_exactly_one_answer(facts):
    """Six rungs in order, each with a reason; the best is the first that works and what is above it does not."""
    rungs = ladder(facts)
    assert list(enumerate(NAMES)) == [(rung.number, rung.name) for rung in rungs]
    assert all(rung.why for rung in rungs)
    top = best(rungs)
    assert all(not rung.works for rung in rungs[: top.number])
    assert top.works == facts.slips_lawful or top.number < 5
    assert top.number == len(why_not_higher(rungs, top.number))


@given(FACTS)
def test_the_law_is_never_broken(facts):
    """Rung 4 is never named where it is not lawful, nor without a till or a journal."""
    if best(ladder(facts)).number == 4:
        assert facts.till_lawful and facts.box_writable and facts.tills > 0


@given(FACTS, WAY)
def test_more_means_never_lead_lower(facts, way):
    """One more ready line, device or mode never makes the shop fall further."""
    for name in ("other_line", "other_device", "vendor_offline"):
        if getattr(facts, name) is None:
            assert number(replace(facts, **{name: way})) <= number(facts)
