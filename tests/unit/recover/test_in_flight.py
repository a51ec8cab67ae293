"""Sales in flight at the cut: found booked, or made an entry once, or asked of the person who was there."""

from datetime import timedelta

import pytest

from tideover.errors import WrongState
from tideover.model.facts import InFlight as InFlightBody
from tideover.recover.in_flight import InFlight
from unit.recover.box import Box, Crash, RunningBox, manifest
from unit.recover.shop import FRIDAY, THREE_PM, document


@pytest.fixture
def box(tmp_path):
    with Box(tmp_path) as box:
        box.list = InFlight(box.journal, box.cloud, box.world)
        yield box

DAYS = 4  # The sale's day, those beside it, and the one before: a sale may be noted after the day turned, by a clock that is a day ahead.


def cut(box, reference="R-7"):
    """A sale sent to the cloud's till, no answer."""
    body = InFlightBody(document=document(), kind="sale", reference=reference)
    return box.run(box.journal.record("in_flight", body, happened_at=THREE_PM - timedelta(minutes=30))).id


def turns(box, count=6):
    for _ in range(count):
        due_s = box.run(box.list.turn())
        if due_s is None:
            return
        box.later(seconds=due_s)


def settled(box, sale):
    return [kept.entry.body for kept in box.journal.referring(sale, ["in_flight_settled"])]


def test_a_sale_that_the_cloud_has_was_booked(box):
    """One yes is enough; no entry is made."""
    sale = cut(box)
    box.cloud.documents.append(["till:R-7", box.world.now(), "C-7", 350])

    turns(box)

    [body] = settled(box, sale)
    assert ("was_booked", "cloud", "C-7", None) == (body.outcome, body.said_by, body.number, body.entry)
    assert ([], frozenset({"C-7"})) == (box.list.open(), box.list.booked_numbers())


def test_the_cloud_is_asked_though_time_passes_while_it_is_decided(tmp_path):
    """What is due at this moment is not put off because the moment has gone by."""
    with RunningBox(tmp_path) as box:
        looks = InFlight(box.journal, box.cloud, box.world)
        cut(box)
        box.run(looks.turn())
        box.later(minutes=5)
        box.run(looks.turn())
        assert [("find", "R-7")] * DAYS == box.cloud.calls


def test_two_noes_a_settling_time_apart_make_it_an_entry(box):
    """The entry keeps the hour and day of the sale and names the one in flight."""
    sale = cut(box)

    assert 120.0 == box.run(box.list.turn())
    assert [] == settled(box, sale)
    turns(box)

    [body] = settled(box, sale)
    made = box.journal.find(body.entry).entry
    assert ("was_not_booked", "sale", sale, FRIDAY) == (body.outcome, made.kind, made.refers_to, made.trading_day)
    assert box.journal.find(sale).entry.happened_at == made.happened_at
    assert 2 * DAYS == len(box.cloud.calls)


def test_an_old_copy_that_settles_it_too_makes_the_same_entry(tmp_path, box):
    """The id follows from the item's own: a restored copy and the right journal both settle it, and the cloud knows the second send."""
    sale = box.journal.find(cut(box)).entry
    (tmp_path / "copy").mkdir()
    with Box(tmp_path / "copy", seed=2) as copy:
        copy.list = InFlight(copy.journal, copy.cloud, copy.world)
        copy.run(copy.journal.record("in_flight", sale.body, happened_at=THREE_PM - timedelta(minutes=30), id=sale.id))
        turns(copy)
        turns(box)
        assert [settled(box, sale.id)[0].entry] == [body.entry for body in settled(copy, sale.id)]


def test_a_silence_between_two_noes_takes_nothing_from_them(box):
    """The cloud has said no twice, a settling time apart; that it was silent once between is no third opinion."""
    sale = cut(box)
    box.cloud.mischief = ["well"] * DAYS + ["busy"]

    turns(box)

    assert ["was_not_booked"] == [body.outcome for body in settled(box, sale)]
    assert DAYS + 1 + DAYS == len(box.cloud.calls)


def test_a_crash_between_the_entry_and_its_note_makes_no_second_entry(box):
    """The id was stored before the entry was written."""
    sale = cut(box)
    record = box.journal.record

    async def record_then_die(*args, **more):
        await record(*args, **more)
        raise Crash

    box.list = InFlight(box.journal, box.cloud, box.world, record_entry=record_then_die)
    with pytest.raises(Crash):
        turns(box)

    box.restart()
    box.list = InFlight(box.journal, box.cloud, box.world)
    turns(box)

    assert 1 == len(box.journal.read(kinds=["sale"]))
    assert [box.journal.read(kinds=["sale"])[0].entry.id] == [body.entry for body in settled(box, sale)]


def test_without_a_reference_only_a_person_can_say(box):
    """An equal sum alone proves nothing."""
    sale = cut(box, reference="")

    turns(box)

    assert [(sale, True, "no-reference")] == [(one.id, one.needs_person, one.why) for one in box.list.open()]
    assert [] == box.cloud.calls
    box.run(box.list.settle(sale, "was_booked", by="Maija", number="C-8"))
    assert [("person", "C-8")] == [(body.said_by, body.number) for body in settled(box, sale)]


def test_a_cloud_that_cannot_be_asked_leaves_it_to_a_person(tmp_path):
    """The person's no makes it an entry too, and only once."""
    with Box(tmp_path, manifest(settle_s=None)) as box:
        box.list = InFlight(box.journal, box.cloud, box.world)
        sale = cut(box)
        turns(box)
        box.run(box.list.settle(sale, "was_not_booked", by="Maija"))

        with pytest.raises(WrongState):
            box.run(box.list.settle(sale, "was_not_booked", by="Kalle"))
        assert 1 == len(box.journal.read(kinds=["sale"]))


def test_what_no_turn_has_seen_stands_on_the_list_at_once(box):
    """The page shows it before the loop comes round."""
    sale = cut(box)

    assert [(sale, "R-7", 350, False)] == [(one.id, one.reference, one.amount_minor, one.needs_person) for one in box.list.open()]


def test_a_till_whose_clock_is_a_day_wrong_is_found_all_the_same(box):
    """Its day is not the cloud's; a booked sale must not look absent for that."""
    sale = cut(box)
    box.cloud.documents.append(["till:R-7", box.world.now(), "C-7", 350])
    box.cloud.own_till_day = "2026-11-19"

    turns(box)

    assert ["was_booked"] == [body.outcome for body in settled(box, sale)]
