"""The quick rounds over one line: how often, with what, at what cost. Counted by hand, no socket is opened."""

import random
import types
from datetime import timedelta

from tideover.detect.line_rounds import (
    BESIDE_MAX,
    COST_BYTES,
    DOUBT_S,
    FAR_BESIDE_MAX,
    HURRY_ROUNDS,
    PURSE_BYTES,
    QUICK_S,
    RECENT_S,
    Looks,
    Rounds,
)
from tideover.detect.sight import fold
from tideover.detect.uplink import is_lossy
from tideover.model.line import Line
from tideover.model.outage import Observation
from unit.detect.lookout import FRIDAY

DAY_S = 86_400.0
MONTH_S = 30 * DAY_S
FIBRE = Line("fibre", "lo")
MOBILE = Line("mobile", "lo", is_metered=True)


def probe(kind, name):
    return types.SimpleNamespace(kind=kind, name=name)


LOOKS = Looks(
    (probe("carrier", "eth0"), probe("link", "the router")),
    tuple(probe("anchor", name) for name in "ABC"),
    (probe("dns", "the provider's"),),
    tuple(probe(kind, kind) for kind in ("cloud", "login", "content", "card", "sip")),
)


def ended(rounds, one, at_s, ok=True):
    """That round is over: every look in it saw the same."""
    one.seen += [Observation("x", look.kind, look.name, ok, FRIDAY) for look in one.probes]
    rounds.took_in(one, at_s)


def play(rounds, seconds, in_use, ok=True, lasts_s=0.02, from_s=0.0):
    """What began at which second, on a line that answers, or is dead: then each round lasts its half second."""
    at_s, began, running = from_s, [], []
    while at_s < from_s + seconds:
        for one in [one for one in running if one[0] <= at_s]:
            running.remove(one)
            ended(rounds, one[1], at_s, ok)
        for one in rounds.begin(at_s, in_use):
            began.append(one)
            running.append((at_s + (lasts_s if ok else 0.5), one))
        due_s = min([rounds.due_s(in_use), *(one[0] for one in running)])
        at_s = max(at_s + 0.001, due_s)
    for _, one in running:
        ended(rounds, one, at_s, ok)
    return began


def quick(began):
    return [one for one in began if not one.is_far]


# How often ----------------------------------------------------------------------------------------------


def test_the_line_in_use_is_looked_at_twice_a_second():
    """All anchors, the router and the name server; what lies beyond every three."""
    began = play(Rounds(FIBRE, LOOKS, 0.0), 10, "fibre")
    assert 20 == len(quick(began))
    assert {6} == {len(one.probes) for one in quick(began)}
    assert 4 == len(began) - 20


def test_a_spare_line_is_looked_at_every_few_seconds():
    """After it was made sure of once."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    play(rounds, 10, "other")
    assert 12 == len(quick(play(rounds, 60, "other", from_s=10.0)))


def test_a_dead_line_is_looked_at_four_times_within_two_seconds():
    """Nobody answers: the next round begins before the first is over, and only so many run beside each other."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    play(rounds, 10, "fibre")
    began = quick(play(rounds, 3, "fibre", ok=False, from_s=10.0))
    starts = [one.began_s - 10.0 for one in began]
    assert starts[3] + 0.5 <= 4 * QUICK_S - DOUBT_S, starts
    open_at_once = max(sum(a <= at < a + 0.5 for a in starts) for at in starts)
    assert open_at_once <= BESIDE_MAX


def test_rounds_do_not_pile_up_when_nothing_ends():
    """A machine that is late begins no more of them."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    begun = [one for tenth in range(200) for one in rounds.begin(tenth / 10, "fibre")]
    assert BESIDE_MAX == len(quick(begun))
    assert FAR_BESIDE_MAX == len(begun) - BESIDE_MAX


def test_a_change_is_made_sure_of_in_full_rounds():
    """A metered line that answers again is looked at with every anchor until it is sure, then sparingly."""
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    play(rounds, 2, "mobile", ok=False)
    began = quick(play(rounds, 30, "mobile", from_s=10.0))
    assert HURRY_ROUNDS <= sum(one.is_full for one in began) <= HURRY_ROUNDS + 2
    assert not began[-1].is_full


class Lossy:
    """A line that loses so many looks at random; each of those is waited for half a second."""

    def __init__(self, seed, lost, line=FIBRE):
        self.rounds, self.chance, self.lost, self.line = Rounds(line, LOOKS, 0.0), random.Random(seed), lost, line
        self.began, self.sights, self.said_s = [], {}, None

    def play(self, seconds):
        at_s, running = 0.0, []
        while at_s < seconds:
            for one in sorted((one for one in running if one[0] <= at_s), key=lambda one: one[0]):
                running.remove(one)
                self.take(*one)
            for one in self.rounds.begin(at_s, self.line.name):
                self.began.append(one)
                came = [(look, self.chance.random() >= self.lost) for look in one.probes]
                running.append((at_s + 0.03, one, [look for look, ok in came if ok], True))
                running.append((at_s + (0.03 if all(ok for _, ok in came) else 0.5), one, [look for look, ok in came if not ok], False))
            at_s = max(at_s + 0.001, min([self.rounds.due_s(self.line.name), *(one[0] for one in running)]))
        return self

    def take(self, at_s, one, looks, ok):
        """So far it answered, or that is all that came of it."""
        now = FRIDAY + timedelta(seconds=at_s)
        one.seen += [Observation("line-fibre", look.kind, look.name, ok, now, "", 30, "fibre") for look in looks]
        if ok:
            return
        self.rounds.took_in(one, at_s)
        self.sights = fold([seen for seen in one.seen if seen.kind == "anchor"], 5.0, self.sights)
        if self.said_s is None and is_lossy(list(self.sights.values())):
            self.said_s = at_s


def test_a_lost_look_is_asked_about_until_the_loss_is_known():
    """One packet of ten lost, either way: told within ten seconds, where twice a second would take seventeen."""
    found = sorted(Lossy(seed, 0.19).play(15).said_s or 99 for seed in range(40))
    assert found[20] < 7 and found[37] < 10, found
    assert [None] * 10 == [Lossy(seed, 0.01).play(600).said_s for seed in range(10)]


def test_what_is_asked_about_lost_looks_has_an_end():
    """A line that loses packets all day is looked at a little more often than any other; a whole one not at all, nor is a metered one."""
    bad, well = Lossy(1, 0.19).play(3_600).began, Lossy(1, 0.0).play(3_600).began
    assert len(quick(well)) == 7_200
    more = [one for one in quick(bad) if {"anchor"} == {look.kind for look in one.probes}]
    assert 60 + 0.2 * 3_600 <= len(more) <= 61 + 0.25 * 3_600
    assert len(quick(bad)) - len(more) <= 7_400  # Silent rounds are joined by the next ones, as ever.
    assert not [one for one in quick(Lossy(1, 0.19, MOBILE).play(600).began) if len(one.probes) == 3]


# What it costs -------------------------------------------------------------------------------------------


def test_a_metered_spare_costs_less_than_ten_megabytes_a_month():
    """By the packets of each look; with a quarter of an hour of doubt a day on top."""
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    play(rounds, MONTH_S, "fibre")
    assert 1_000_000 < rounds.spent_bytes < 6_000_000
    for day in range(30):
        rounds.hurry(MONTH_S + day, only_if_old=True)
        play(rounds, 900, "fibre", from_s=MONTH_S + day * 1_000.0)
    assert rounds.spent_bytes < 10_000_000, rounds.spent_bytes


def test_a_metered_spare_is_looked_at_with_one_thing_at_a_time():
    """An anchor, the name server, the next anchor; the cable is free."""
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    began = quick(play(rounds, 2_000, "fibre"))
    assert ["A", "the provider's", "B", "the provider's", "C"] == [one.probes[-1].name for one in began[:5]]
    assert {2} == {len(one.probes) for one in began}


def test_a_spare_is_looked_at_once_the_line_in_use_is_silent():
    """With every anchor, unless a full round ended within the last half second: it may have died at the same moment."""
    for line in (MOBILE, Line("spare", "lo")):
        rounds = Rounds(line, LOOKS, 0.0)
        play(rounds, 10, "fibre")
        rounds.hurry(10.1, only_if_old=True)
        one = next(one for one in rounds.begin(10.1, "fibre") if one.is_full)
        assert {"A", "B", "C"} <= {one.name for one in one.probes}
        ended(rounds, one, 10.2)
        due_s = rounds.due_s("fibre")
        rounds.hurry(10.2 + RECENT_S - 0.1, only_if_old=True)
        assert due_s == rounds.due_s("fibre")
        play(rounds, 8, "fibre", from_s=10.7)
        rounds.hurry(19.0, only_if_old=True)
        assert 19.0 >= rounds.due_s("fibre")


def test_what_a_metered_spare_spends_on_the_other_line_s_silence_is_bounded():
    """A line in use that misses a round each minute, all day long, costs the spare its purse; one that is surely dead is worth more."""
    rounds = Rounds(MOBILE, LOOKS, 0.0)
    for minute in range(1_440):
        rounds.hurry(minute * 60.0, only_if_old=True)
        play(rounds, 59.0, "fibre", from_s=minute * 60.0)
    calm = Rounds(MOBILE, LOOKS, 0.0)
    play(calm, DAY_S, "fibre")
    assert rounds.spent_bytes - calm.spent_bytes < PURSE_BYTES + DAY_S
    rounds.hurry(DAY_S, only_if_old=True)
    assert not any(one.is_full for one in rounds.begin(DAY_S, "fibre"))
    rounds.hurry(DAY_S, only_if_old=True, is_free=True)
    assert any(one.is_full for one in rounds.begin(DAY_S, "fibre"))


def test_a_round_that_waits_says_so():
    """Longer than a fair answer takes, and only until the first one."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    one = next(one for one in rounds.begin(0.0, "fibre") if one.is_full)
    assert [False, True] == [rounds.waits(DOUBT_S), rounds.waits(DOUBT_S + 0.01)]
    one.seen.append(Observation("x", "anchor", "A", True, FRIDAY))
    assert not rounds.waits(DOUBT_S + 0.01)


def test_a_question_is_asked_again_within_a_second():
    """Beside looks that still wait, and only about what is in doubt; without a question nothing more is looked at."""
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    play(rounds, 10, "fibre")
    calm = [one for tenth in range(100, 130) for one in rounds.begin(tenth / 10, "fibre") if one.is_far]
    assert all(not one.is_asked for one in calm if one.began_s < 10.7), calm
    rounds = Rounds(FIBRE, LOOKS, 0.0)
    play(rounds, 10, "fibre")
    asked = [one for tenth in range(101, 132) for one in rounds.begin(tenth / 10, "fibre", frozenset({"cloud"})) if one.is_asked]
    assert [["cloud"]] * 3 == [[probe.name for probe in one.probes] for one in asked]
    assert rounds.due_s("fibre", frozenset({"cloud"})) <= 14.0


def test_questions_about_a_metered_spare_are_bounded_by_the_month():
    """A vendor that comes and goes all day long costs the spare no more than its purse."""
    rounds, at_s, total = Rounds(MOBILE, LOOKS, 0.0), 0.0, 0
    for _ in range(86_400):
        for one in rounds.begin(at_s, "fibre", frozenset({"cloud", "anchor"})):
            total += sum(COST_BYTES[probe.kind] for probe in one.probes) if one.is_asked else 0
            ended(rounds, one, at_s)
        at_s += 1.0
    assert 50_000 < total <= PURSE_BYTES + 86_400 * 1.0


def test_a_question_that_cannot_be_asked_does_not_turn_the_loop_without_a_pause():
    """The spare's purse is empty, or nothing of that kind is looked at: what is due next lies ahead, after every turn."""
    silent = Looks(LOOKS.near, LOOKS.anchors, LOOKS.names, tuple(one for one in LOOKS.far if one.kind != "cloud"))
    for looks, line in ((LOOKS, MOBILE), (silent, MOBILE), (silent, FIBRE)):
        rounds, asked, at_s, late = Rounds(line, looks, 0.0), frozenset({"cloud"}), 0.0, []
        for _ in range(120):  # At once a second it empties the purse within the first half minute.
            for one in rounds.begin(at_s, "other", asked):
                ended(rounds, one, at_s)
            late += [at_s] if rounds.due_s("other", asked) <= at_s else []
            at_s += 1.0
        assert [] == late, (line.name, looks is silent)
