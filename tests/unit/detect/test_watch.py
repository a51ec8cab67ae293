"""The lookout: looks in turn, hears calls, keeps a bounded past."""

import asyncio
from contextlib import closing

import apsw

from tideover.detect.watch import RELOOK_S, SETTLED_PAUSES, Watch
from tideover.model.outage import Observation
from tideover.settings import Settings
from unit.detect.lookout import HandProbe, HandWorld, open_table, shop_probes

TIMES = Settings()


def turns(watch, world, seconds):
    """Turn the watch whenever it is due, for that long; the last verdicts by name."""
    found, left = {}, seconds
    while left > 0:
        found = {one.service: one for one in asyncio.run(watch.turn())}
        world.pass_time(watch.due_s)
        left -= watch.due_s
    return found


def cut(probes):
    for probe in probes:
        probe.ok = probe.kind == "link"


def test_a_failure_is_known_in_seconds():
    """From the first silent look it takes three quick further ones."""
    world = HandWorld()
    probes = shop_probes(world)
    watch = Watch(None, world, TIMES, probes)
    turns(watch, world, 30)
    cut(probes)
    began, told = world.now(), []
    watch.on_change(lambda: told.append([(one.service, one.cause) for one in watch.verdicts() if one.state == "down"]))
    found = turns(watch, world, 4)
    assert ("down", "our-line") == (found["cloud"].state, found["cloud"].cause)
    assert (world.now() - began).total_seconds() <= 4 * RELOOK_S + TIMES.watch_s
    assert ("cloud", "our-line") in told[-1]


def test_pauses():
    """Calm: the set pause; in doubt: at once again; long down: more rarely; answering again: the set pause."""
    world = HandWorld()
    probes = shop_probes(world)
    watch = Watch(None, world, TIMES, probes)
    turns(watch, world, 20)
    pauses = [watch.due_s]
    cut(probes)
    turns(watch, world, 1)
    pauses.append(watch.due_s)
    turns(watch, world, 400)
    pauses.append(watch.due_s)
    for probe in probes:
        probe.ok = True
    turns(watch, world, 1)
    pauses.append(watch.due_s)
    assert [TIMES.watch_s, RELOOK_S, SETTLED_PAUSES * TIMES.watch_s, TIMES.watch_s] == pauses


def test_quick_looks_are_told_at_once():
    """Many looks of one moment are one conclusion; what turned is told without waiting for a turn, what did not costs nothing."""
    world = HandWorld()
    watch = Watch(None, world, TIMES, shop_probes(world))
    turns(watch, world, 20)
    told = []
    watch.on_change(lambda: told.append({one.service: one.state for one in watch.verdicts()}["internet"]))
    concluded = watch.history.last_ms("internet")
    for ok in (True, True, False, False, False, False, False, False):
        world.pass_time(0.5)
        watch.hear_all([Observation("internet", "anchor", name, ok, world.now(), "as told") for name in ("Anchor One", "Anchor Two")])
        if ok:
            assert concluded == watch.history.last_ms("internet")
    assert ["degraded"] == told  # Both anchors are silent, and the cloud answers.


def failed_call(world):
    return Observation("cloud", "call", "practice", False, world.now(), "503")


def test_a_failed_call_asks_for_a_look_once():
    """The first failed call rings; the next ones of the same row do not, and one moment brings one round of looks."""
    world = HandWorld()
    probes = shop_probes(world)
    watch = Watch(None, world, TIMES, probes)
    turns(watch, world, 5)
    rung = []
    watch.on_doubt(lambda: rung.append(world.now()))
    for _ in range(5):
        watch.hear(failed_call(world))
    looks = probes[0].looks
    for _ in range(5):
        asyncio.run(watch.turn())
    assert (1, looks + 1) == (len(rung), probes[0].looks)


def test_a_report_is_forgotten_on_all_clear():
    """What people reported stops counting when somebody says that it works."""
    world = HandWorld()
    watch = Watch(None, world, TIMES, shop_probes(world))
    turns(watch, world, 5)
    watch.hear(Observation("cloud", "person", "Anna", False, world.now(), "it spins"))
    assert "told-by-person" == watch.verdicts()[1].cause
    watch.forget_reports("cloud")
    assert ("up", "none") == (watch.verdicts()[1].state, watch.verdicts()[1].cause)


def test_a_restart_remembers_the_last_minutes(tmp_path):
    """Since when the line is down survives the box; after a long sleep it does not."""
    world = HandWorld()
    probes = shop_probes(world)
    with closing(open_table(tmp_path)) as database:
        watch = Watch(database, world, TIMES, probes)
        turns(watch, world, 20)
        cut(probes)
        since = world.now()
        turns(watch, world, 200)
        again = Watch(database, world, TIMES, probes)
        found = turns(again, world, 3)
        assert ("down", since) == (found["cloud"].state, found["cloud"].since)
        world.pass_time(4000)
        late = Watch(database, world, TIMES, probes)
        assert {"unknown"} == {one.state for one in late.verdicts()}


def test_a_full_disk_does_not_stop_the_lookout(tmp_path):
    """A table that takes nothing is itself told, and looking goes on."""
    world = HandWorld()
    probes = shop_probes(world)
    with closing(open_table(tmp_path)) as database:
        watch = Watch(database, world, TIMES, probes)
        turns(watch, world, 5)

        def fail(connection):
            raise apsw.FullError("disk full")

        database.submit(fail).exception()
        found = turns(watch, world, 300)
    assert ("degraded", "box-store") == (found["box"].state, found["box"].cause)
    assert "up" == found["cloud"].state


def test_one_thing_that_fails_has_the_others_asked_at_once():
    """A printer that is asked once a minute is asked now: what lies between may have failed. Later failures of the same row ask nobody."""

    class Resting(HandProbe):
        hurried = 0

        def hurry(self):
            self.hurried += 1

    world = HandWorld()
    office = Resting(world, "office-printer", "device", "the office printer")
    probes = [*shop_probes(world), office]
    watch = Watch(None, world, TIMES, probes)
    turns(watch, world, 20)
    assert 0 == office.hurried
    for number in range(3):
        watch.hear(Observation("printer", "device", "the receipt printer", False, world.now(), "it does not answer"))
        assert watch.due_s == (RELOOK_S if number == 0 else TIMES.watch_s)
        world.pass_time(1.0)
        turns(watch, world, 1)
    assert 1 == office.hurried
    looks, office.looks = probes[2].looks, 0
    probes[2].ok = False  # The router, in the same turn: the office printer is asked once more beside it.
    asyncio.run(watch.turn())
    assert (2, 2, looks + 1) == (office.hurried, office.looks, probes[2].looks)
