"""The fallback on a real journal: what is written, which rung is used, what survives a restart."""

from contextlib import contextmanager
from datetime import timedelta

import apsw
import pytest
from hypothesis import given
from hypothesis import settings as play
from hypothesis import strategies as st
from msgspec.structs import replace

from tideover.activate.fallback import Fallback, shop_facts
from tideover.activate.ladder import Way
from tideover.activate.standing import KINDS, Standing, fold
from tideover.errors import DiskFailed, WrongState
from tideover.model.outage import Verdict
from tideover.plan.law import law_of
from tideover.settings import Settings
from unit.journal.small_shop import ToldClock, open_shop, run

TIMES = Settings()
UP = (Verdict("cloud", "up", "none", (), None),)


class Counter:
    """A shop with an open journal, a fallback, and a law page."""

    def __init__(self, shop, times=TIMES, country="FI"):
        self.shop, self.world, self.times, self.law = shop, shop.world, times, law_of(country)
        self.ways = {}
        self.open()

    def open(self):
        """As after a start of the box."""
        self.fallback = Fallback(self.shop.journal, self.world, self.times, self.facts)

    def facts(self):
        return replace(shop_facts(self.shop.journal, self.law), **self.ways)

    def down(self, cause="our-line"):
        return (Verdict("cloud", "down", cause, (), self.world.now(), ("anchor", "cloud")),)

    def turn(self, verdicts, seconds=0):
        """Turn until those seconds are over, every five."""
        due = run(self.fallback.turn(verdicts))
        for _ in range(seconds // 5):
            self.world.pass_by(seconds=5)
            due = run(self.fallback.turn(verdicts))
        return due

    def steps(self):
        """Phases and rungs as the journal holds them."""
        bodies = [kept.entry.body for kept in self.shop.journal.read(kinds=KINDS)]
        return [getattr(body, "phase", None) or body.number for body in bodies]

    @property
    def stands(self):
        return self.fallback.outage.phase, self.fallback.rung.number


@contextmanager
def counter(folder, tills=2, **given):
    with open_shop(folder, ToldClock()) as shop:
        for n in range(tills):
            shop.till(f"Till {n + 1}")
        yield Counter(shop, **given)


def test_an_outage_from_first_evidence_to_the_end(tmp_path):
    """Every phase and every change of rung is an entry, in order, under one id."""
    with counter(tmp_path) as one:
        one.turn(UP, 60)
        one.turn(one.down(), 120)
        assert ("fallback", 4) == one.stands
        one.turn(UP, 300)
        assert ("recovering", 0) == one.stands
        run(one.fallback.close(by="Anna"))
        assert ["suspected", "fallback", 4, "recovering", 0, "closed"] == one.steps()
        ids = {kept.entry.body.outage for kept in one.shop.journal.read(kinds=("outage",))}
        assert {one.fallback.outage.id} == ids
        assert one.shop.journal.find(one.fallback.outage.id).entry.body.phase == "suspected"


def test_a_person_confirms_out_of_the_blue(tmp_path):
    """Confirmed with every probe fair: open when the call returns, with the person's name, and not ended by machine."""
    with counter(tmp_path) as one:
        one.turn(UP)
        run(one.fallback.confirm("Anna"))
        assert ("fallback", 4) == one.stands
        one.turn(UP, 1200)
        assert ("fallback", 4) == one.stands
        run(one.fallback.all_clear("Bo"))
        assert ("recovering", 0) == one.stands
        said = [(kept.entry.operator, kept.entry.body.why) for kept in one.shop.journal.read(kinds=("outage",))]
        assert [("Anna", "reported by Anna"), ("Anna", "confirmed by Anna"), ("Bo", "all clear by Bo")] == said


def test_the_rung_follows_law_and_means(tmp_path):
    """Germany: slips. Nothing enrolled: slips. A ready second line: that."""
    for name, shop, ways, expected in (
        ("germany", {"country": "DE"}, {}, 5),
        ("bare", {"tills": 0}, {}, 5),
        ("line", {}, {"other_line": Way("the phone", True)}, 1),
    ):
        folder = tmp_path / name
        folder.mkdir()
        with counter(folder, **shop) as one:
            one.ways = ways
            one.turn(one.down())
            run(one.fallback.confirm("Anna"))
            assert expected == one.fallback.rung.number


def test_it_falls_when_the_rung_breaks_and_climbs_only_by_a_person(tmp_path):
    """The second line dies: down to the till. It is back: offered, not taken, until a person takes it."""
    with counter(tmp_path) as one:
        one.ways = {"other_line": Way("the phone", True)}
        one.turn(one.down())
        run(one.fallback.confirm("Anna"))
        one.ways = {"other_line": Way("the phone", False)}
        one.turn(one.down())
        assert 4 == one.fallback.rung.number
        one.ways = {"other_line": Way("the phone", True)}
        one.turn(one.down(), 60)
        assert (4, 1) == (one.fallback.rung.number, one.fallback.status().offered.number)
        run(one.fallback.use_rung(1, "Anna"))
        one.turn(one.down(), 60)
        assert 1 == one.fallback.rung.number


def test_a_rung_that_does_not_work_cannot_be_chosen(tmp_path):
    """Neither an unlawful till nor the cloud while the fallback is open."""
    with counter(tmp_path, country="DE") as one:
        one.turn(one.down())
        run(one.fallback.confirm("Anna"))
        for verdicts in (one.down(), UP, ()):
            one.turn(verdicts)
            assert not one.fallback.rungs[0].works
            for number in (0, 4, 9):
                with pytest.raises(WrongState):
                    run(one.fallback.use_rung(number, "Anna"))


def test_one_till_on_a_rung_of_its_own(tmp_path):
    """A till whose device died goes to slips alone; the way back takes all along."""
    with counter(tmp_path) as one:
        tills = [till["till"] for till in one.shop.journal.tills() if not till["is_box"]]
        one.turn(one.down())
        run(one.fallback.confirm("Anna"))
        run(one.fallback.use_rung(5, "Anna", of_till=tills[0]))
        one.turn(one.down(), 60)
        assert [5, 4] == [one.fallback.rung_of(till).number for till in tills]
        run(one.fallback.all_clear("Anna"))
        assert [0, 0] == [one.fallback.rung_of(till).number for till in tills]


def test_a_person_leads_the_tills_back_where_set_so(tmp_path):
    """back_by_itself off: the way back begins and the tills stay until somebody says so."""
    with counter(tmp_path, times=Settings(back_by_itself=False)) as one:
        one.turn(one.down(), 120)
        one.turn(UP, 360)
        assert ("recovering", 4) == one.stands
        run(one.fallback.use_rung(0, "Anna"))
        one.turn(UP, 60)
        assert ("recovering", 0) == one.stands


def test_a_choice_on_the_way_back_stays(tmp_path):
    """A person keeps the tills on our till while recovering; it is not undone by the next turn."""
    with counter(tmp_path) as one:
        one.turn(one.down(), 120)
        one.turn(UP, 300)
        run(one.fallback.use_rung(4, "Anna"))
        one.turn(UP, 60)
        assert ("recovering", 4) == one.stands
        run(one.fallback.close(by="Anna"))
        assert ("closed", 0) == one.stands


def test_closing_names_what_is_open(tmp_path):
    """Refused with the open items, and before the way back has begun."""
    with counter(tmp_path) as one:
        one.turn(one.down(), 120)
        with pytest.raises(WrongState):
            run(one.fallback.close(by="Anna"))
        one.turn(UP, 300)
        with pytest.raises(WrongState, match="2 parked sales"):
            run(one.fallback.close(["2 parked sales"], by="Anna"))
        assert "recovering" == one.fallback.outage.phase


def test_all_clear_needs_an_open_outage(tmp_path):
    """Nothing to clear on a fair day."""
    with counter(tmp_path) as one, pytest.raises(WrongState):
        run(one.fallback.all_clear("Anna"))


def test_a_restart_goes_on_where_it_stood(tmp_path):
    """In every phase the box that starts again knows outage, phase and rung, and writes nothing new by itself."""
    with counter(tmp_path) as one:
        for move in (
            lambda: one.turn(one.down()),
            lambda: run(one.fallback.confirm("Anna")),
            lambda: run(one.fallback.all_clear("Anna")),
            lambda: run(one.fallback.confirm("Anna")),
            lambda: run(one.fallback.all_clear("Anna")),
            lambda: run(one.fallback.close(by="Anna")),
        ):
            one.world.pass_by(seconds=30)
            move()
            before, steps = one.fallback.outage, one.steps()
            one.open()
            after = one.fallback.outage
            assert (before.id, before.phase, before.rung, before.since) == (after.id, after.phase, after.rung, after.since)
            assert (before.opened_at, before.recovering_at) == (after.opened_at, after.recovering_at)
            one.turn(())
            assert steps == one.steps()


def crash_before_the_rung(one, move):
    """The box dies after the phase was written and before the rung was, and starts again."""
    real = one.shop.journal.record

    async def record(kind, *rest, **more):
        if kind == "rung":
            raise KeyboardInterrupt
        return await real(kind, *rest, **more)

    one.shop.journal.record = record
    with pytest.raises(KeyboardInterrupt):
        run(move("Anna"))
    one.shop.journal.record = real
    one.open()


def test_a_crash_between_phase_and_rung_is_made_good(tmp_path):
    """The phase was written, the rung was not: the next turn moves the tills, even where a person had chosen before."""
    with counter(tmp_path) as one:
        one.turn(one.down())
        crash_before_the_rung(one, one.fallback.confirm)
        assert ("fallback", 0) == one.stands
        one.turn(one.down())
        assert ("fallback", 4) == one.stands
        run(one.fallback.use_rung(5, "Anna"))
        crash_before_the_rung(one, one.fallback.all_clear)
        assert ("recovering", 5) == one.stands
        one.turn(UP)
        assert ("recovering", 0) == one.stands


def test_no_replay_while_the_fallback_is_open(tmp_path):
    """Entries wait while the fallback is open or the cloud is away; before anything is known they may go."""
    with counter(tmp_path) as one:
        found = [one.fallback.may_replay]
        one.turn(one.down())
        found.append(one.fallback.may_replay)
        one.turn(one.down(), 120)
        one.turn(UP, 60)
        found.append(one.fallback.may_replay)
        one.turn(UP, 300)
        found.append(one.fallback.may_replay)
        assert [True, False, False, True] == found


def test_a_turn_says_when_it_is_next_due(tmp_path):
    """Seconds until time alone moves the phase: the confirm time, later the clean time."""
    with counter(tmp_path) as one:
        found = [one.turn(UP), one.turn(one.down()), one.turn(one.down(), 100), one.turn(one.down(), 20), one.turn(UP)]
        assert [None, 120, 20, None, 300] == found


def test_the_tolerable_time_is_the_service_s(tmp_path):
    """The plan's tolerable time of the cloud counts, not the general one."""
    with counter(tmp_path) as one:
        one.fallback = Fallback(one.shop.journal, one.world, TIMES, one.facts, lambda service: {"cloud": 60}[service])
        one.turn((Verdict("cloud", "down", "not-known", (), one.world.now(), ("cloud",)),), 60)
        assert "fallback" == one.fallback.outage.phase


def test_a_journal_that_takes_nothing_sends_the_shop_to_paper(tmp_path):
    """The disk is full: the fallback still opens, on slips, and says why."""
    with counter(tmp_path) as one:
        one.turn(one.down())

        def fail(connection):
            raise apsw.FullError("disk full")

        assert isinstance(one.shop.database.submit(fail).exception(), DiskFailed)
        run(one.fallback.confirm("Anna"))
        assert ("fallback", 5) == one.stands
        assert "disk full" in one.fallback.status().damaged


def test_listeners_hear_of_every_change(tmp_path):
    """A bell rings for phases and rungs, not for quiet turns."""
    with counter(tmp_path) as one:
        rung = []
        one.fallback.on_change(lambda: rung.append(one.stands))
        one.turn(UP, 60)
        assert [] == rung
        one.turn(one.down(), 300)
        assert ("fallback", 4) == rung[-1]
        assert len(rung) <= 3


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), st.sampled_from(["up", "down", "unknown"]), st.sampled_from([5, 60, 130, 310, 1900])),
        st.tuples(st.sampled_from(["confirm", "all_clear", "close", "restart"]), st.none(), st.just(0)),
        st.tuples(st.just("rung"), st.integers(0, 5), st.just(0)),
    ),
    max_size=12,
)


@play(max_examples=25, deadline=None)
@given(MOVES)
def test_memory_and_journal_say_the_same(tmp_path_factory, moves):
    """After any sequence of looks, people and restarts the journal alone gives the same outage and rung."""
    with counter(tmp_path_factory.mktemp("shop"), tills=1) as one:
        for name, what, seconds in moves:
            try:
                if name == "turn":
                    one.world.pass_by(seconds=seconds)
                    shown = {"up": UP, "down": one.down(), "unknown": ()}[what]
                    one.turn(shown)
                    one.world.at += timedelta(seconds=seconds)
                    one.turn(shown)
                elif name == "restart":
                    one.open()
                elif name == "rung":
                    run(one.fallback.use_rung(what, "Anna"))
                elif name == "close":
                    run(one.fallback.close(by="Anna"))
                else:
                    run(getattr(one.fallback, name)("Anna"))
            except WrongState:
                pass
            told = fold(kept.entry for kept in one.shop.journal.read(kinds=KINDS))
            outage = one.fallback.outage
            assert (told.outage.id, told.outage.phase, told.rung) == (outage.id, outage.phase, outage.rung)
            assert told.outage.follows == outage.follows
        steps = [kept.entry.body for kept in one.shop.journal.read(kinds=("outage",))]
        still_open = set()
        for step in steps:
            still_open = still_open | {step.outage} if step.phase not in ("cleared", "closed") else still_open - {step.outage}
            assert len(still_open) <= 1


def test_an_empty_journal_is_a_fair_day():
    """Nothing written: no outage, rung 0."""
    assert Standing() == fold([])
