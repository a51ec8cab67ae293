"""From looks to verdicts: whose side it is on, and what is not known."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from tideover.detect.sight import fold
from tideover.detect.verdict import conclude, verdicts
from tideover.model.outage import Observation

START = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
WATCH_S = 5.0
ANCHORS = ("Anchor One", "Anchor Two", "Anchor Three")


def at(seconds):
    return START + timedelta(seconds=seconds)


def looks_at(seconds, link=None, anchors=None, cloud=None, call=None, login=None, disk=None):
    """One round of looks; what is None is not looked at. anchors: one result for all, or one each."""
    results = [anchors] * 3 if anchors is None or isinstance(anchors, bool) else anchors
    found = [Observation("internet", "anchor", name, ok, at(seconds)) for name, ok in zip(ANCHORS, results, strict=True)]
    found.append(Observation("network", "link", "the router", link, at(seconds)))
    found.append(Observation("cloud", "cloud", "the cloud", cloud, at(seconds)))
    found.append(Observation("cloud", "call", "the cloud", call, at(seconds)))
    found.append(Observation("login", "call", "the log-in", login, at(seconds)))
    found.append(Observation("box", "self", "disk", disk, at(seconds)))
    return found


def rounds(count, first=0, pause=5, **results):
    return [one for n in range(count) for one in looks_at(first + n * pause, **results)]


def judge(looks, seconds):
    return {one.service: one for one in verdicts(looks, at(seconds), WATCH_S)}


def words(looks, seconds):
    return {name: (one.state, one.cause) for name, one in judge(looks, seconds).items()}


FAIR = rounds(4, link=True, anchors=True, cloud=True)


def test_a_fair_day_is_up():
    """Router, anchors and cloud answer: network, internet and cloud are up."""
    found = words(FAIR, 16)
    assert [("up", "none")] * 3 == [found[name] for name in ("network", "internet", "cloud")]


def test_nothing_looked_at_is_unknown():
    """Without any look every service is unknown; unknown is not up."""
    assert [("unknown", "not-known")] * 5 == list(words([], 0).values())


def test_our_line():
    """Anchors and cloud silent while the router answers is our line, on two kinds of evidence."""
    found = judge([*FAIR, *rounds(3, 20, 1, link=True, anchors=False, cloud=False)], 22)
    cloud = found["cloud"]
    assert ("down", "our-line") == (found["internet"].state, found["internet"].cause)
    assert ("down", "our-line", at(20)) == (cloud.state, cloud.cause, cloud.since)
    assert {"anchor", "cloud"} == set(cloud.kinds)
    assert "up" == found["network"].state


def test_our_network():
    """With the router silent too it is our network."""
    found = judge([*FAIR, *rounds(3, 20, 1, link=False, anchors=False, cloud=False)], 22)
    assert ("down", "our-network") == (found["network"].state, found["network"].cause)
    assert ("down", "our-network") == (found["cloud"].state, found["cloud"].cause)
    assert {"link", "anchor", "cloud"} == set(found["cloud"].kinds)


def test_their_cloud():
    """Anchors answer, only the cloud does not: their cloud; a real call that fails is the second kind."""
    looks = [*FAIR, *rounds(4, 20, 1, link=True, anchors=True, cloud=False)]
    assert (("down", "their-cloud"), ("cloud",)) == (words(looks, 23)["cloud"], judge(looks, 23)["cloud"].kinds)
    assert ("up", "none") == words(looks, 22)["internet"]
    assert {"cloud", "call"} == set(judge([*looks, *looks_at(24, call=False)], 24)["cloud"].kinds)


def test_their_log_in():
    """The cloud answers and refuses log-ins again and again: their log-in, not their cloud."""
    looks = [*FAIR, *rounds(3, 20, 6, link=True, anchors=True, cloud=True, login=False)]
    assert ("down", "their-login") == words(looks, 32)["login"]
    assert ("up", "none") == words(looks, 32)["cloud"]


def test_log_in_is_not_known_while_the_cloud_is_away():
    """What cannot be reached cannot be judged."""
    looks = rounds(4, link=True, anchors=True, cloud=False, login=False)
    assert ("unknown", "not-known") == words(looks, 15)["login"]


def test_a_blocked_probe_is_outranked_by_real_work():
    """A call that worked after the probe fell proves the cloud up."""
    looks = [*FAIR, *rounds(5, 20, 5, anchors=True, cloud=False), *looks_at(41, call=True)]
    assert ("up", "none") == words(looks, 41)["cloud"]


def test_a_call_that_worked_before_the_probe_fell_proves_nothing():
    """Yesterday's success does not outrank today's silence."""
    looks = [*FAIR, *looks_at(18, call=True), *rounds(4, 20, 1, anchors=True, cloud=False)]
    assert ("down", "their-cloud") == words(looks, 23)["cloud"]


def test_one_anchor_is_enough_to_clear_our_line():
    """Two operators of three away is their trouble, not ours."""
    looks = [*FAIR, *rounds(6, 20, 5, link=True, anchors=(False, False, True), cloud=False)]
    assert ("up", "none") == words(looks, 46)["internet"]
    assert ("down", "their-cloud") == words(looks, 46)["cloud"]


def test_anchors_blocked_but_cloud_there_is_no_outage():
    """A firewall that hides the anchors leaves the cloud up."""
    looks = [*FAIR, *rounds(6, 20, 5, link=True, anchors=False, cloud=True)]
    assert ("degraded", "anchors-silent") == words(looks, 46)["internet"]
    assert ("up", "none") == words(looks, 46)["cloud"]


def test_one_lonely_anchor_does_not_blame_the_line():
    """A single silent target is below the quorum."""
    looks = [Observation("internet", "anchor", "Anchor One", False, at(n)) for n in range(5)]
    assert ("unknown", "not-known") == words(looks, 4)["internet"]


def test_without_anchors_the_side_is_not_known():
    """No vantage point, no blame: the cloud is down, whose fault is not known."""
    assert ("down", "not-known") == words(rounds(4, cloud=False), 15)["cloud"]


def test_old_looks_are_unknown():
    """Ten minutes without looks is a gap: nothing is up and nothing is down."""
    found = words([*FAIR, *rounds(3, 20, 1, link=True, anchors=False, cloud=False)], 700)
    assert [("unknown", "not-known")] * 5 == list(found.values())


def test_a_silent_router_that_passes_traffic_is_fine():
    """Some routers answer no probe; what lies beyond proves them."""
    assert ("up", "none") == words(rounds(4, link=False, anchors=True, cloud=True), 15)["network"]


def test_a_full_disk_degrades_the_box():
    """The box says what is wrong with itself at once."""
    assert ("degraded", "box-disk") == words(looks_at(0, disk=False), 1)["box"]


def report(seconds, ok, service="cloud", who="Anna"):
    return Observation(service, "person", who, ok, at(seconds), "it spins for ever")


def test_a_report_against_our_looks_is_degraded():
    """A cashier says it is broken, the machine sees it up: degraded, and both are told."""
    found = judge([*FAIR, report(16, False)], 17)["cloud"]
    assert ("degraded", "told-by-person", ("person",)) == (found.state, found.cause, found.kinds)
    assert "Anna says: it spins for ever" == found.evidence[0]


def test_a_report_is_a_kind_of_evidence():
    """With our own look failing too, cause stays ours and the person is the second kind."""
    found = judge([*FAIR, *rounds(4, 20, 1, anchors=True, cloud=False), report(23, False)], 24)["cloud"]
    assert ("down", "their-cloud", {"cloud", "person"}) == (found.state, found.cause, set(found.kinds))


def test_a_report_about_something_else_gets_its_own_verdict():
    """What no probe looks at can still be reported."""
    assert ("down", "told-by-person") == words([*FAIR, report(16, False, "cards")], 17)["cards"]


def test_a_report_is_taken_back():
    """The same person says it works again."""
    assert ("up", "none") == words([*FAIR, report(16, False), report(17, True)], 18)["cloud"]


def test_calls_alone_can_show_a_dead_cloud():
    """It accepts connections and answers nothing of use for over a minute: down."""
    looks = [one for n in range(13) for one in looks_at(10 * n, anchors=True, cloud=True, call=n < 2)]
    assert ("down", "their-cloud") == words(looks, 120)["cloud"]


def test_a_nasty_cloud_is_not_down():
    """Three calls of ten lost, over a whole replay with a fixed seed: never said to be down."""
    chance = random.Random(11)
    looks, states = list(FAIR), set()
    for n in range(400):
        looks += looks_at(20 + 2 * n, anchors=True, cloud=True, call=chance.random() > 0.3)
        states.add(words(looks[-400:], 20 + 2 * n)["cloud"][0])
    assert {"up"} == states


def test_a_flapping_line_is_degraded_while_it_is_held():
    """Down, back, down, back: the second return is not trusted at once."""
    down, up = {"anchors": False, "cloud": False}, {"anchors": True, "cloud": True}
    looks = [*rounds(4, 0, 1, **down), *rounds(3, 10, 5, **up), *rounds(4, 30, 1, **down), *rounds(2, 40, 5, **up)]
    assert ("degraded", "flapping") == words(looks, 45)["cloud"]


def test_one_answer_after_a_fall_decides_nothing():
    """An anchor that fell and answers once blames nobody else yet: our line until the second answer, then not any more."""
    looks = [*FAIR, *rounds(4, 20, 1, link=True, anchors=False, cloud=False)]
    looks += looks_at(24, link=True, anchors=(False, False, True), cloud=False)
    assert ("down", "our-line") == words(looks, 24)["cloud"]
    looks += looks_at(25, link=True, anchors=(False, False, True), cloud=False)
    assert ("down", "their-cloud") == words(looks, 25)["cloud"]


def test_a_lossy_line_raises_no_alarm():
    """A live line that loses one packet of five (each is sent twice), for a simulated day: nothing is said to be down."""
    chance = random.Random(5)
    sights, down = {}, set()
    for n in range(17_280):
        answers = [chance.random() > 0.2**2 for _ in range(4)]
        sights = fold(looks_at(5 * n, anchors=tuple(answers[:3]), cloud=answers[3]), WATCH_S, sights)
        if not all(answers):
            down |= {one.cause for one in conclude(sights, at(5 * n), WATCH_S) if one.state == "down"}
    assert set() == down


RESULT = st.sampled_from([True, False, None])
ROUND = st.fixed_dictionaries({"link": RESULT, "anchors": st.tuples(RESULT, RESULT, RESULT), "cloud": RESULT, "call": RESULT})
ROUNDS = st.lists(st.tuples(st.sampled_from([1, 5, 20, 400]), ROUND), max_size=30)


# An anchor that fell and has answered once: the table of verdict.md speaks of sights, and a fallen one is back after two good looks.
SILENT, ONCE = (False, False, False), (True, True, True)
FELL_AND_ANSWERED_ONCE = [
    *[(1, {"link": True, "anchors": SILENT, "cloud": False, "call": False})] * 4,
    (1, {"link": True, "anchors": ONCE, "cloud": False, "call": False}),
]
FELL_AND_ANSWERED_TWICE = [*FELL_AND_ANSWERED_ONCE, FELL_AND_ANSWERED_ONCE[-1]]
FELL_WITH_THE_ROUTER = [(pause, {**results, "link": False}) for pause, results in FELL_AND_ANSWERED_ONCE]


def answers(steps, anchor):
    """It answered at the last look, and at the one before that too, unless it cannot have fallen: three bad looks in a row."""
    looks = [ok for _, results in steps if (ok := results["anchors"][anchor]) is not None]
    fell = any(looks[n : n + 3] == [False] * 3 for n in range(len(looks)))
    return steps[-1][1]["anchors"][anchor] is True and (not fell or looks[-2:] == [True, True])


@given(ROUNDS)
@example(FELL_AND_ANSWERED_ONCE)
@example(FELL_AND_ANSWERED_TWICE)
@example(FELL_WITH_THE_ROUTER)
def test_verdicts_follow_the_evidence(steps):
    """Whatever is seen: our line is never blamed while an anchor answers, down names its kinds, unknown names no time."""
    now, looks = 0, []
    for pause, results in steps:
        now += pause
        looks += looks_at(now, **results)
    found = judge(looks, now)
    assert ["internet", "cloud", "login", "network", "box"] == list(found)
    if steps and any(answers(steps, anchor) for anchor in range(3)):
        assert found["cloud"].cause not in ("our-line", "our-network")
    for one in found.values():
        assert (one.state == "unknown") == (one.cause == "not-known" and one.since is None)
        if one.state == "down":
            assert one.kinds and one.since is not None and one.since <= at(now)


@given(st.lists(st.sampled_from([True, None]), min_size=1, max_size=20))
def test_without_a_bad_look_nothing_is_down(results):
    """Gaps and good looks alone never make an outage."""
    looks = [one for n, ok in enumerate(results) for one in looks_at(5 * n, ok, ok, ok, ok)]
    assert "down" not in {one.state for one in judge(looks, 5 * len(results)).values()}
