"""It went away, once; it came back, once: whatever flapped, hung on something else, or was not seen in between."""

import asyncio
from contextlib import closing
from datetime import datetime, timedelta

import apsw
import pytest

from tideover.db import Database
from tideover.detect.record.spell_log import SpellLog
from tideover.detect.record.spells import Away, Said, Spells, hold_s, step
from tideover.journal.keys import box_key
from tideover.journal.store import Journal
from tideover.migrations.journal import MIGRATIONS
from tideover.model.outage import Verdict
from tideover.rules.calendar import trading_day
from tideover.secret import Secrets
from tideover.world import from_ms, to_ms
from unit.web.shop import StillWorld

START = datetime.fromisoformat("2026-11-20T12:30:00+00:00")


def at(second):
    return START + timedelta(seconds=second)


def verdict(state, service="internet", cause=None, since=None):
    cause = cause or {"up": "none", "unknown": "not-known"}.get(state, "our-line")
    return Verdict(service, state, cause, (), None if since is None else at(since))


def play(story, said=(), spells=None, every=5, start=0, end=None):
    """Turn every five seconds through (second, [verdicts]) and tell what is written, times in seconds."""
    spells, written, now = spells or Spells(), [], start
    found = []
    pending = list(story)
    end = pending[-1][0] + 3600 if end is None else end
    while now <= end:
        while pending and pending[0][0] <= now:
            found = pending.pop(0)[1]
        spells, words = step(spells, found, said, (f"id-{now}-{n}" for n in range(9)), at(now))
        written += words
        now += every
    return [told(one) for one in written], spells


def told(word):
    if isinstance(word, Away):
        return ("away", word.service, word.cause, (word.since - START).total_seconds(), word.noticed_by)
    return ("back", word.service, (word.at - START).total_seconds(), word.lasted_s, word.unseen_s)


def test_one_outage_is_two_words():
    """Since its first evidence, until its first good look, with what lies between."""
    story = [(0, [verdict("up")]), (100, [verdict("down", since=96)]), (700, [verdict("up", since=697)])]
    words, spells = play(story)
    assert [("away", "internet", "our-line", 96, ""), ("back", "internet", 697, 601, 0)] == words
    assert {} == spells.away


def test_a_line_that_flaps_is_away_once():
    """Twenty seconds on, twenty off, for ten minutes: one spell."""
    story = [(n * 20, [verdict("up" if n % 2 == 0 else "down", since=n * 20)]) for n in range(31)]
    words, _ = play(story)
    assert [("away", "internet", "our-line", 20, ""), ("back", "internet", 600, 580, 0)] == words


def test_a_line_that_falls_again_and_again_must_hold_longer():
    """Two minutes on, two off, for an hour: no word per flap."""
    story = [(n * 120, [verdict("up" if n % 2 == 0 else "down", since=n * 120)]) for n in range(31)]
    words, _ = play(story)
    assert 4 == len(words)
    assert ("back", "internet", 3600, 3600 - 360, 0) == words[-1]
    assert [60, 120, 240, 480, 600, 600] == [hold_s(n) for n in range(6)]


def test_a_doubt_that_passes_is_no_word():
    """Down for one turn only, or degraded for less than five minutes."""
    story = [(0, [verdict("up")]), (10, [verdict("down")]), (14, [verdict("up")]), (50, [verdict("degraded")]), (345, [verdict("up")])]
    assert [] == play(story)[0]


def test_what_works_in_part_for_long_has_gone_away():
    """Five minutes of it."""
    words, _ = play([(0, [verdict("degraded", cause="flapping", since=0)]), (400, [verdict("up", since=400)])])
    assert [("away", "internet", "flapping", 0, ""), ("back", "internet", 400, 400, 0)] == words


def test_what_hangs_on_something_that_failed_says_nothing():
    """The line is down: neither the cloud nor the log-in went away, though none of them answers."""
    down = [verdict("down", since=10), verdict("down", "cloud", "our-line", since=10), verdict("unknown", "login")]
    words, spells = play([(10, down), (500, [verdict("up", since=500), verdict("up", "cloud", since=500)])])
    assert ["internet", "internet"] == [one[1] for one in words]
    assert {} == spells.doubts


def test_the_lowest_layer_speaks():
    """The shop's own network takes line and cloud with it."""
    cause = "our-network"
    found = [verdict("down", one, cause, since=10) for one in ("internet", "cloud", "network")]
    assert [("away", "network", cause, 10, "")] == play([(10, found)], end=60)[0]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("line-fibre",), ["internet"]),  # The only line is the internet: said once.
        (("line-fibre", "line-mobile"), ["internet", "line-fibre", "line-mobile"]),  # Each has a carrier with a record of its own.
    ],
)
def test_lines(lines, told):
    """All of them are down."""
    found = [verdict("down", one, since=10) for one in ("internet", *lines)]
    assert told == [one[1] for one in play([(10, found)], end=60)[0]]


def test_a_line_that_falls_while_the_other_carries():
    """The internet works, and the line's own fall is told."""
    found = [verdict("up"), verdict("down", "line-fibre", since=10), verdict("up", "line-mobile")]
    assert ["line-fibre"] == [one[1] for one in play([(10, found)], end=60)[0]]


def test_a_child_that_stays_down_goes_away_when_its_parent_is_back():
    """From then on it is its own failure, and what was the line's is not the vendor's."""
    both = [verdict("down", since=10), verdict("down", "cloud", "our-line", since=10)]
    alone = [verdict("up", since=100), verdict("down", "cloud", "their-cloud", since=10)]
    words, _ = play([(10, both), (100, alone)], end=400)
    assert ("away", "cloud", "their-cloud", 95, "") in words


def test_two_reports_of_people_are_two_services():
    """What a person says has no cause in common with what another one says."""
    found = [verdict("down", one, "told-by-person", since=10) for one in ("cards", "phones")]
    assert ["cards", "phones"] == [one[1] for one in play([(10, found)], end=60)[0]]


@pytest.mark.parametrize(
    ("service", "when", "name"), [("internet", 5, "Anna"), ("cloud", 5, "Anna"), ("internet", 30, ""), ("cards", 5, "")]
)
def test_who_noticed_it(service, when, name):
    """A person whose word came before the first look, about the service or what hangs on it; else the box."""
    found = [verdict("down", since=10), verdict("down", "cloud", "our-line", since=10)]
    words, _ = play([(40, found)], said=[Said(service, "Anna", at(when))], start=40, end=60)
    assert name == words[0][4]


def test_a_cause_that_changes_is_written_when_it_has_settled():
    """First nobody can tell, then it is the vendor's: that is what stands there."""
    story = [(0, [verdict("down", cause="not-known", since=0)]), (5, [verdict("down", cause="their-cloud", since=0)])]
    assert ("away", "internet", "their-cloud", 0, "") == play(story, end=20, every=1)[0][0]


def test_a_cause_that_never_settles_is_written_all_the_same():
    """After half a minute."""
    story = [(n, [verdict("down", cause=f"cause-{n % 2}", since=0)]) for n in range(60)]
    assert 1 == len(play(story, end=59, every=1)[0])


def test_a_report_that_is_taken_back_ends_now():
    """The box saw it work all along: it is back when the word is taken back, not before it went away."""
    story = [(0, [verdict("degraded", cause="told-by-person", since=0)]), (400, [verdict("up", since=-5000)])]
    assert ("back", "internet", 400, 400, 0) == play(story)[0][-1]


def test_unknown_is_not_back():
    """Nothing looks at it any more: that is no word."""
    words, spells = play([(0, [verdict("down", since=0)]), (100, [verdict("unknown")])])
    assert 1 == len(words)
    assert ["internet"] == list(spells.away)


def test_a_nagging_box_does_not_go_away():
    """Certificate, disk and sleeping tills have a verdict and no spell."""
    found = [verdict("down", one, "any", since=0) for one in ("certificate", "box", "tills")]
    assert [] == play([(0, found)])[0]


# The journal ------------------------------------------------------------------------------------------


def open_journal(folder, world):
    secrets, facts = Secrets(folder, world), Database(folder / "journal.db", MIGRATIONS)
    key = box_key(secrets, world)
    secrets.close()
    return Journal(facts, world, key, lambda when: trading_day(when, "Europe/Helsinki", "04:00")), facts


def run(log, world, found, seconds, every=5):
    for _ in range(0, seconds, every):
        asyncio.run(log.turn(found))
        world.pass_time(seconds=every)


def bodies(journal):
    return [(one.entry.kind, one.entry.body, one.entry.refers_to) for one in journal.read(kinds=("service_away", "service_back"))]


def test_a_restart_goes_on_with_the_same_spell(tmp_path):
    """What was away is away still; its return refers to the first word, and says how long nobody looked."""
    world = StillWorld()
    began = world.at
    journal, facts = open_journal(tmp_path, world)
    with closing(facts), closing(journal):
        run(SpellLog(journal, world, list, lambda service: None), world, [Verdict("cloud", "down", "their-cloud", (), began)], 60)
        last = to_ms(world.at)
        world.pass_time(seconds=3600)
        again = SpellLog(journal, world, list, lambda service: last)
        back = world.at
        run(again, world, [Verdict("cloud", "up", "none", (), back)], 90)
        [(_, away, _), (_, ended, refers_to)] = bodies(journal)
        first = journal.read(kinds=("service_away",))[0].entry.id
        third = SpellLog(journal, world, list, lambda service: None)
    assert (to_ms(began), first) == (away.since, refers_to)
    assert (to_ms(back), 3660, 3600) == (ended.at, ended.lasted_s, ended.unseen_s)
    assert () == third.away


def test_nothing_is_counted_as_written_that_is_not(tmp_path):
    """A journal that takes nothing stops no watching; a later one hears of it."""
    world = StillWorld()
    journal, facts = open_journal(tmp_path, world)
    found = [Verdict("cloud", "down", "their-cloud", (), world.at)]
    with closing(facts), closing(journal):
        facts.submit(_full).exception()
        log = SpellLog(journal, world, list, lambda service: None)
        run(log, world, found, 60)
        assert () == log.away
    journal, facts = open_journal(tmp_path, world)
    with closing(facts), closing(journal):
        run(SpellLog(journal, world, list, lambda service: None), world, found, 60)
        assert 1 == len(bodies(journal))


def _full(connection):
    raise apsw.FullError("disk full")


def test_a_disk_that_fails_at_the_word_stops_no_watching(tmp_path):
    """The very write fails: nothing is raised, and nothing counts as written."""
    world = StillWorld()
    journal, facts = open_journal(tmp_path, world)
    with closing(facts), closing(journal):
        commits = iter([False])
        facts.write(lambda connection: connection.set_commit_hook(lambda: next(commits, True)))
        log = SpellLog(journal, world, list, lambda service: None)
        assert journal.is_writable
        run(log, world, [Verdict("cloud", "down", "their-cloud", (), world.at)], 60)
        assert (False, ()) == (journal.is_writable, log.away)


def test_the_word_stands_at_the_time_it_speaks_of(tmp_path):
    """In the log it is where the first evidence was, not where it was written down."""
    world = StillWorld()
    journal, facts = open_journal(tmp_path, world)
    with closing(facts), closing(journal):
        since = world.at - timedelta(seconds=40)
        run(SpellLog(journal, world, list, lambda service: None), world, [Verdict("cloud", "down", "their-cloud", (), since)], 60)
        [kept] = journal.read(kinds=("service_away",))
    assert since == from_ms(kept.entry.happened_at)
