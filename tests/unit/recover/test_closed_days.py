"""A day that was closed is looked at again by itself; what changed since stands beside the frozen figures."""

from datetime import date, timedelta

import pytest

from tideover.errors import CloudSilent, LoginRefused
from tideover.model.facts import DrawerCount
from tideover.model.switching import ServiceAway, ServiceBack
from tideover.recover.close import Close
from tideover.recover.closed_days import ClosedDays
from tideover.recover.in_flight import InFlight
from unit.recover.box import Box
from unit.recover.shop import FRIDAY, document, own_till
from unit.recover.test_close import Days, count


@pytest.fixture
def box(tmp_path):
    with Box(tmp_path) as box:
        box.days = Days(box)
        box.close_ = Close(box.journal, box.days, box.world, box.settings, box.outbox, InFlight(box.journal, box.cloud, box.world))
        box.closed_days = ClosedDays(box.close_, box.journal, box.world)
        yield box


def codes(box):
    return [one.entry.body.code for one in box.close_.findings()]


def look(box):
    return box.run(box.closed_days.turn())


def close(box):
    """A proven Friday."""
    box.sell()
    box.play()
    count(box, 350)
    box.run(box.close_.close(FRIDAY, by="Maija"))
    assert [] == codes(box)


def test_nothing_is_looked_at_while_no_day_was_closed(box):
    """A busy day asks the cloud for nothing more."""
    box.sell()
    box.play()
    assert (0, 0) == (look(box), box.days.reads)


def test_a_late_sale_is_told_by_itself_and_the_figures_stay(box):
    """A till that was alone until Saturday: its sale is marked late, the frozen sums are what they were."""
    look(box)
    close(box)
    frozen = box.close_.closed(FRIDAY)
    box.later(hours=20)
    box.sell(document(number="A-9"), trading_day=FRIDAY)
    box.play()

    assert 1 == look(box)

    assert ["late-sale", "over-short"] == codes(box)
    assert frozen == box.close_.closed(FRIDAY)
    assert 0 == look(box)


def test_what_the_cloud_changes_later_is_found_within_a_day(box):
    """Somebody keys a sale there on Saturday that nobody knows of, and takes ours away: the daily look says so."""
    look(box)
    close(box)
    box.days.own = [own_till(total_minor=350)]
    box.cloud.documents.clear()
    assert 0 == look(box)

    box.later(hours=25)

    assert 1 == look(box)
    assert "missing" in codes(box)


def test_a_restart_looks_at_the_last_week_at_once(box):
    """What happened while the box was off is not left for a day; a second start finds nothing new."""
    close(box)
    box.cloud.documents.clear()
    for _ in range(2):
        box.closed_days = ClosedDays(box.close_, box.journal, box.world)
        assert 1 == look(box)
    assert ["missing"] == codes(box)


def test_a_cloud_that_is_away_is_asked_again_in_an_hour(box):
    """The change is not forgotten, not even by a restart in between, and no turn waits for the cloud."""
    look(box)
    close(box)
    box.later(days=10)
    box.sell(document(number="A-9"), trading_day=FRIDAY)
    box.play()
    box.cloud.documents.clear()
    box.days.trouble = [CloudSilent(who="The cloud", why="no answer") for _ in range(2)]
    assert 1 == look(box)
    assert (0, 1) == (look(box), len(box.days.trouble))

    box.closed_days = ClosedDays(box.close_, box.journal, box.world)
    box.later(hours=1)
    assert 1 == look(box)
    assert "missing" not in codes(box)
    box.later(hours=1)
    assert 1 == look(box)
    assert "missing" in codes(box)


def test_a_count_that_came_while_the_day_was_closed_is_told(box):
    """Though a turn looked at the journal between the two, and the count stands before the close."""
    look(box)
    read = box.days.day

    async def meanwhile(day):
        box.days.day = read
        await box.journal.record("drawer_count", DrawerCount(counted_minor=200, drawer="Till 2"), trading_day=FRIDAY)
        await box.closed_days.turn()
        return await read(day)

    box.days.day = meanwhile
    close(box)

    assert 1 == look(box)
    assert (["over-short"], 0) == (codes(box), look(box))


def test_a_day_that_was_closed_unread_is_read_once_the_cloud_is_back(box):
    """An hour after at the latest; a minute after there is word of the cloud, and not at each word."""
    look(box)
    box.sell()
    box.play()
    count(box, 350)
    box.days.trouble = [LoginRefused(who="The cloud", why="wrong password"), CloudSilent(who="The cloud", why="no answer")]
    box.run(box.close_.close(FRIDAY, by="Maija"))
    assert (0, ["cloud-unread"]) == (look(box), codes(box))

    gone = box.run(box.journal.record("service_away", ServiceAway("cloud", "cloud-down", 0, "Maija"))).id
    for _ in range(2):
        box.run(box.journal.record("service_back", ServiceBack("cloud", 0, 60), refers_to=gone))
        assert 0 == look(box)
    box.later(minutes=1)
    assert (1, ["cloud-unread"]) == (look(box), codes(box))
    box.later(minutes=59)
    assert 0 == look(box)
    box.later(minutes=1)
    assert (1, []) == (look(box), codes(box))
    box.later(hours=2)
    assert 0 == look(box)


def test_days_that_the_cloud_does_not_tell_hold_up_no_sale(box):
    """Three days closed unread, a cloud that books but does not list: one look an hour, however many answers come."""
    look(box)
    silent = CloudSilent(who="The cloud", why="no answer")
    for days in (0, 1, 2):
        day = (date.fromisoformat(FRIDAY) + timedelta(days=days)).isoformat()
        box.days.trouble = [silent]
        box.run(box.close_.close(day, by="Maija", tries=1))
        box.later(days=1)
    box.later(hours=3)
    box.days.trouble, read = [silent] * 20, box.days.reads
    for _ in range(6):
        box.sell()
        box.play()
        look(box)
        box.later(minutes=9)
    assert 1 == box.days.reads - read


def test_old_days_are_left_alone(box):
    """A day closed more than a week ago costs no call unless an entry of it comes."""
    look(box)
    close(box)
    reads = box.days.reads
    for _ in range(3):
        box.later(days=8)
        look(box)
    assert reads == box.days.reads


def test_a_clock_that_was_set_back_holds_no_look_back(box):
    """Dues of a clock that ran ahead mean nothing."""
    look(box)
    close(box)
    box.later(days=3)
    assert 1 == look(box)
    box.later(days=-3)
    assert 1 == look(box)
    assert timedelta(hours=24) >= box.closed_days._every_at - box.world.now()
