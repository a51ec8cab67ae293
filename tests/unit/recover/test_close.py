"""Closing a day and summing up a week on a real journal: proven, or each open thing named."""

import asyncio

import pytest

from tideover.errors import CloudSilent, LoginRefused, NotFound, Rejected, WrongState
from tideover.model.facts import BatchTotal, DrawerCount, DrawerMove, OutageStep
from tideover.model.facts import InFlight as InFlightBody
from tideover.model.finding import Finding
from tideover.model.sale import Tender
from tideover.recover.close import Close
from tideover.recover.hold import PIECE, Holds
from tideover.recover.in_flight import InFlight
from tideover.world import from_ms, to_ms
from unit.recover.box import Box
from unit.recover.shop import FRIDAY, THREE_PM, document, in_cloud, line, ours, own_till


class Days:
    """The cloud's read-back: what its books hold of our entries, and what its own till recorded."""

    def __init__(self, box):
        self.box, self.manifest, self.own, self.trouble, self.reads = box, box.cloud.manifest, [], [], 0

    async def day(self, trading_day):
        self.reads += 1
        await asyncio.sleep(0)  # As long as an answer takes, others are at work.
        if self.trouble:
            raise self.trouble.pop(0)
        found = []
        for entry, _, number, _ in self.box.cloud.documents:
            kept = self.box.journal.find(entry)
            if kept is not None and kept.entry.trading_day == trading_day:
                found.append(in_cloud(ours(entry, kept.entry.body), number))
        return [*found, *(one for one in self.own if one.day == trading_day)]


@pytest.fixture
def box(tmp_path):
    with Box(tmp_path) as box:
        box.days = Days(box)
        box.list = InFlight(box.journal, box.cloud, box.world)
        box.close_ = Close(box.journal, box.days, box.world, box.settings, box.outbox, box.list)
        yield box


def count(box, cash_minor, batch_minor=0):
    box.run(box.journal.record("drawer_count", DrawerCount(counted_minor=cash_minor)))
    box.run(box.journal.record("batch_total", BatchTotal(terminal="T1", total_minor=batch_minor)))


def codes(items):
    return [one.code for one in items]


def test_a_proven_day_freezes_its_figures(box):
    """Cloud till and fallback together; X/Z, head, first and last numbers."""
    box.run(box.journal.record("drawer_float", DrawerMove(amount_minor=10_000)))
    box.sell()
    box.sell(document(line("bun"), number="A-2", tenders=(Tender("card", 350),)))
    box.sell(document(line(quantity=-1_000), number="A-3"), kind="refund")
    box.days.own = [own_till(total_minor=1_000)]
    box.play()
    box.run(box.journal.record("drawer_drop", DrawerMove(amount_minor=5_000)))
    count(box, 6_000, 350)
    head = str(box.journal.head())

    closing = box.run(box.close_.close(FRIDAY, by="Maija"))

    body = closing.body
    assert closing.view.is_proven
    assert (1_700, -350, 6_000, 6_000, 350, 350) == (
        body.sales_minor, body.refunds_minor, body.cash_expected_minor, body.cash_counted_minor,
        body.card_expected_minor, body.card_batch_minor,
    )  # fmt: skip
    assert {"cash": 1_000, "card": 350} == body.by_tender
    assert (head, 1, 0) == (body.head, body.z_number, body.open_entries)
    assert ({box.journal.box: 1}, [head.split(":")[0]]) == (body.first_numbers, [str(one) for one in body.last_numbers.values()])
    assert [] == box.close_.findings()


def test_what_is_open_is_named_and_the_day_closes_all_the_same(box):
    """Parked, in flight, not counted, terminal not read: each with a person."""
    parked = box.sell(document(line(), number="A-1", tenders=(Tender("card", 350),)))
    box.sell()
    box.cloud.refuses[parked] = "closed-period"
    box.play()
    body = InFlightBody(document=document(), kind="sale", reference="R-1")
    box.run(box.journal.record("in_flight", body))

    closing = box.run(box.close_.close(FRIDAY, by="Maija"))

    assert ["parked", "in-flight", "not-counted", "no-batch"] == codes(closing.view.open)
    assert {"Maija"} == {one.owner for one in closing.view.open}
    assert (2, False) == (closing.body.open_entries, closing.view.is_proven)
    assert ["parked", "in-flight"] == codes(box.close_.checklist())


def test_a_day_is_closed_once_and_not_before_it_begins(box):
    """The frozen figures are never written again."""
    box.run(box.close_.close(FRIDAY, by="Maija"))

    with pytest.raises(WrongState):
        box.run(box.close_.close(FRIDAY, by="Maija"))
    with pytest.raises(Rejected):
        box.run(box.close_.close("2026-11-21", by="Maija"))
    with pytest.raises(Rejected):
        box.run(box.close_.look("yesterday"))


def test_two_who_close_at_the_same_moment_close_it_once(box):
    """While the cloud is being read the other one waits, and is told then; what was counted is written once, too."""
    counts = []

    async def counted():
        counts.append((await box.journal.record("drawer_count", DrawerCount(counted_minor=0))).id)
        return counts

    async def both():
        presses = [box.close_.close(FRIDAY, by=who, count=counted) for who in ("Maija", "Olli")]
        return await asyncio.gather(*presses, return_exceptions=True)

    first, second = box.run(both())

    assert (1, WrongState) == (first.body.z_number, type(second))
    assert (1, 1) == (len(counts), len(box.journal.read(kinds=("close",))))


def test_what_comes_while_the_cloud_is_read_is_late(box):
    """A drawer that is counted in that minute may be in what was typed: it is not added to the frozen count; a sale is marked late."""
    box.sell()
    box.play()
    count(box, 350)
    read, came = box.days.day, []

    async def meanwhile(day):
        if not came:
            came.append((await box.journal.record("drawer_count", DrawerCount(counted_minor=200, drawer="Till 2"))).id)
            came.append((await box.journal.record("sale", document(number="A-9"))).id)
        return await read(day)

    box.days.day = meanwhile
    closing = box.run(box.close_.close(FRIDAY, by="Maija"))
    box.run(box.outbox.take_up())

    assert (350, 350, 350, True) == (
        closing.body.sales_minor, closing.body.cash_expected_minor, closing.body.cash_counted_minor, closing.view.is_proven,
    )  # fmt: skip
    assert int(closing.body.head.partition(":")[0]) < box.journal.find(came[0]).seq
    assert box.outbox.rows.row(came[1]).late
    assert (1, 350) == (box.close_.week("2026-W47").days[4].late_count, box.close_.week("2026-W47").late_minor)


def test_a_count_that_comes_while_another_is_written_is_late(box):
    """What was typed counts; what came between its two entries does not."""

    async def counted():
        own = [(await box.journal.record("drawer_count", DrawerCount(counted_minor=350))).id]
        await box.journal.record("drawer_count", DrawerCount(counted_minor=200, drawer="Till 2"))
        return [*own, (await box.journal.record("batch_total", BatchTotal(terminal="T1", total_minor=0))).id]

    box.sell()
    box.play()
    closing = box.run(box.close_.close(FRIDAY, by="Maija", count=counted))

    assert (350, 0, True) == (closing.body.cash_counted_minor, closing.body.card_batch_minor, closing.view.is_proven)


def test_a_late_sale_keeps_its_day_and_the_week_shows_it(box):
    """Z stays as it was; the week is the frozen days, what came late and what is open."""
    box.sell()
    box.play()
    count(box, 350)
    box.run(box.close_.close(FRIDAY, by="Maija"))
    late = box.sell(document(line(quantity=2_000), number="A-9"))
    box.run(box.outbox.take_up())

    week = box.close_.week("2026-W47")
    assert (350, 700, 700, ()) == (week.sales_minor, week.late_minor, week.open_minor, week.not_closed)
    friday = week.days[4]
    assert (FRIDAY, 2, 1, 1) == (friday.day, friday.entries, friday.late_count, friday.open_count)
    assert box.outbox.rows.row(late).late

    box.play()
    view = box.run(box.close_.note_findings(FRIDAY))
    assert "late-sale" in codes(view.reconciled.findings)
    assert 350 == view.closed.sales_minor
    assert 0 == box.close_.week("2026-W47").open_minor


def test_a_difference_becomes_one_finding_however_often_it_is_seen(box):
    """Two sights are one finding; another sum is another finding; a person closes it with a word."""
    box.sell()
    box.play()
    count(box, 300)
    box.run(box.close_.note_findings(FRIDAY))
    box.run(box.close_.note_findings(FRIDAY))
    [finding] = box.close_.findings()
    assert ("over-short", -50, "Maija", FRIDAY) == (
        finding.entry.body.code, finding.entry.body.amount_minor, finding.entry.body.owner, finding.entry.body.day,
    )  # fmt: skip

    with pytest.raises(Rejected):
        box.run(box.close_.close_finding(finding.entry.id, " ", by="Maija"))
    box.run(box.close_.close_finding(finding.entry.id, "Change given from the tip jar.", by="Maija"))
    assert [] == box.close_.findings()
    with pytest.raises(WrongState):
        box.run(box.close_.close_finding(finding.entry.id, "again", by="Maija"))
    with pytest.raises(NotFound):
        box.run(box.close_.close_finding("nothing", "x", by="Maija"))

    box.run(box.close_.note_findings(FRIDAY))
    assert [] == box.close_.findings()
    count(box, 310)
    box.run(box.close_.note_findings(FRIDAY))
    assert [-40] == [one.entry.body.amount_minor for one in box.close_.findings()]


def test_a_cloud_that_refuses_the_log_in_is_an_open_item_not_an_error(box):
    """The day can be closed without it; it is not proven."""
    box.sell()
    box.play()
    count(box, 350)
    box.days.trouble = [LoginRefused(who="The cloud", why="wrong password")]

    view = box.run(box.close_.look(FRIDAY))

    assert (["cloud-unread"], False) == (codes(view.open), view.is_proven)
    assert () == view.reconciled.findings


def test_a_day_that_was_closed_unread_is_a_finding_until_the_cloud_is_read(box):
    """What was frozen is no proof: whoever looks at the closed day is told, once, and a later look that gets an answer ends it."""
    box.sell()
    box.play()
    count(box, 350)
    box.days.trouble = [LoginRefused(who="The cloud", why="wrong password")]

    closing = box.run(box.close_.close(FRIDAY, by="Maija"))

    assert (["cloud-unread"], ()) == (codes(closing.view.open), closing.view.reconciled.findings)  # Told once by whoever shows both.
    [finding] = [one.entry.body for one in box.close_.findings()]
    assert ("cloud-unread", FRIDAY, "Maija", 0) == (finding.code, finding.day, finding.owner, finding.amount_minor)
    assert box.close_.was_unread(FRIDAY)
    box.days.trouble = [LoginRefused(who="The cloud", why="wrong password")]
    box.run(box.close_.note_findings(FRIDAY))
    assert 1 == len(box.close_.findings())

    box.run(box.close_.note_findings(FRIDAY))

    assert ([], True) == (box.close_.findings(), box.close_.was_unread(FRIDAY))


def test_a_day_that_was_read_was_not_unread(box):
    """The gap of drawer and terminal is shown of such a day only."""
    box.run(box.close_.close(FRIDAY, by="Maija"))

    assert not box.close_.was_unread(FRIDAY)


def test_a_close_that_read_the_cloud_ends_what_an_earlier_one_left(box):
    """Power failed between the finding and the close; now the cloud answers, so nothing is unread."""
    unread = Finding("cloud-unread", f"The cloud has not been read back for {FRIDAY}.", "Maija", 0, None, f"cloud-unread:{FRIDAY}")
    box.run(box.close_._findings.raise_new([unread], FRIDAY))

    box.run(box.close_.close(FRIDAY, by="Maija"))

    assert [] == box.close_.findings()


def test_a_lost_reply_of_the_read_back_is_tried_again(box):
    """Read-backs suffer too; a proven day must not look open for that."""
    box.sell()
    box.play()
    count(box, 350)
    box.days.trouble = [CloudSilent(who="The cloud", why="no answer")]
    began = box.world.now()

    async def look_while_time_passes():
        look = asyncio.create_task(box.close_.look(FRIDAY))
        while not look.done():
            box.later(seconds=0.5)
            await asyncio.sleep(0)
        return look.result()

    view = box.run(look_while_time_passes())

    assert (True, 2) == (view.is_proven, box.days.reads)
    assert (box.world.now() - began).total_seconds() >= 2


def test_a_voided_sale_that_the_cloud_has_is_named_with_its_sum(box):
    """It did not happen here, so the cloud holds too much until a person cancels it there."""
    sale = box.sell()
    box.play()
    box.void(sale)
    box.play()
    count(box, 0)

    view = box.run(box.close_.look(FRIDAY))

    assert [("void-but-booked", 350)] == [(one.code, one.amount_minor) for one in view.reconciled.findings]
    assert 0 == view.reconciled.cash_expected_minor


def test_the_last_count_of_a_drawer_stands_and_a_voided_one_does_not(box):
    """Counted twice, the second time rightly; a float typed by mistake was voided."""
    wrong = box.run(box.journal.record("drawer_float", DrawerMove(amount_minor=99_999))).id
    box.void(wrong)
    box.sell()
    box.play()
    count(box, 300)
    count(box, 350)

    assert box.run(box.close_.look(FRIDAY)).is_proven


def outage(box, phase, at=THREE_PM):
    body = OutageStep(outage="o1", phase=phase, cause="our-line", why="test", since=to_ms(THREE_PM))
    box.run(box.journal.record("outage", body, happened_at=at))


def test_a_sale_keyed_by_hand_is_held_before_it_is_sent(box):
    """It looks the same and carries no id of ours: a person decides, and only the others are sent."""
    outage(box, "fallback")
    keyed, other = box.sell(), box.sell(document(line(quantity=3_000), number="A-2"))
    box.later(hours=1)
    outage(box, "recovering", box.world.now())
    box.days.own = [own_till("K-5", at=THREE_PM)]
    holds = Holds(box.journal, box.days, box.outbox, box.list, box.world)

    assert box.run(holds.turn())
    box.play()

    assert ("parked", "booked", [other]) == (box.state(keyed), box.state(other), [one[0] for one in box.cloud.documents])
    assert ["possible-double"] == [one.cause for one in box.outbox.parked()]
    box.run(box.outbox.solve(keyed, "was_booked", by="Maija", number="K-5"))
    assert box.run(holds.turn())
    assert "booked" == box.state(keyed)


def test_a_slip_that_an_older_copy_forgot_is_held_when_it_is_keyed_again(box):
    """Of the same moment and money, under an id of which nobody here knows: no outage is needed to make that strange."""
    first, other = box.sell(), box.sell(document(line(quantity=2_000), number="A-2"))
    at = from_ms(box.journal.find(first).entry.happened_at)
    box.days.own = [in_cloud(ours("forgotten", at=at), "C-77"), in_cloud(ours("void there", at=at), "C-78", state="void")]

    assert box.run(Holds(box.journal, box.days, box.outbox, box.list, box.world).turn())
    box.play()

    assert ("parked", "booked") == (box.state(first), box.state(other))
    (parked,) = box.outbox.parked()
    assert ("possible-double", "C-77 in the cloud is of the same moment and sum, under an id that this journal does not know.") == (
        parked.cause,
        parked.reason,
    )
    box.run(box.outbox.solve(first, "was_booked", by="Maija", number="C-77"))
    assert () == box.run(box.close_.look(FRIDAY)).reconciled.findings


def test_a_double_is_found_behind_a_day_of_sales(box):
    """They are read a piece at a time; the last one is looked at like the first."""
    outage(box, "fallback")
    for number in range(PIECE):
        box.sell(document(line(quantity=3_000 + number * 1_000), number=f"A-{number + 2}"))
    last = box.sell()
    box.later(hours=1)
    box.days.own = [own_till("K-5", at=THREE_PM)]

    assert box.run(Holds(box.journal, box.days, box.outbox, box.list, box.world).turn())

    assert [last] == [one.id for one in box.outbox.parked()]


def test_what_comes_while_the_cloud_is_read_waits_for_the_next_look(box):
    """It may stand there by hand as well, and nobody has looked for it."""
    outage(box, "fallback")
    box.sell(document(line(quantity=3_000), number="A-2"))
    box.days.own = [own_till("K-5", at=THREE_PM)]
    holds = Holds(box.journal, box.days, box.outbox, box.list, box.world)
    read, came = box.days.day, []

    async def slow(day):
        came or came.append((await box.journal.record("sale", document())).id)
        return await read(day)

    box.days.day = slow
    box.run(box.outbox.turn(box.run(holds.turn())))
    assert ("waiting", "booked") == (box.state(came[0]), box.outbox.rows.of_day(FRIDAY)[0].state)

    box.run(box.outbox.turn(box.run(holds.turn())))
    assert [came[0]] == [one.id for one in box.outbox.parked()]


def test_a_long_look_is_not_taken_again_for_each_sale(box):
    """The cloud's day grows all evening: read for every sale, it would be all the box does. What has come is sent after the next look."""
    outage(box, "fallback")
    first = box.sell(document(line(quantity=3_000), number="A-2"))
    box.days.own = [own_till("K-5", at=THREE_PM)]
    holds = Holds(box.journal, box.days, box.outbox, box.list, box.world)
    read = box.days.day

    async def long(day):
        box.later(seconds=2)
        return await read(day)

    box.days.day = long
    box.run(box.outbox.turn(box.run(holds.turn())))
    came = box.sell()
    assert box.run(box.outbox.turn(box.run(holds.turn()))) is None, "who waits for the look is not told to turn at once"
    assert (1, "booked", "waiting") == (box.days.reads, box.state(first), box.state(came))
    assert 20.0 == holds.rest_s

    box.later(seconds=20)
    box.run(box.outbox.turn(box.run(holds.turn())))
    assert [came] == [one.id for one in box.outbox.parked()]
    assert 2 == box.days.reads


def test_what_a_person_sends_on_is_not_held_again(box):
    """They said it is another sale."""
    outage(box, "fallback")
    sale = box.sell()
    box.days.own = [own_till("K-5", at=THREE_PM)]
    box.run(Holds(box.journal, box.days, box.outbox, box.list, box.world).turn())
    box.run(box.outbox.solve(sale, "send_on", by="Maija"))

    box.run(Holds(box.journal, box.days, box.outbox, box.list, box.world).turn())
    box.play()

    assert "booked" == box.state(sale)


def test_nothing_is_sent_while_the_cloud_does_not_show_its_days(box):
    """The answer says so, and whoever asked waits; after a look at nothing new the cloud is not read again."""
    outage(box, "fallback")
    box.sell()
    holds = Holds(box.journal, box.days, box.outbox, box.list, box.world)
    box.days.trouble = [CloudSilent(who="The cloud", why="no answer")]

    assert box.run(holds.turn()) is None
    assert box.run(holds.turn()) == box.journal.head().seq
    reads = box.days.reads
    assert box.run(holds.turn()) == box.journal.head().seq
    assert reads == box.days.reads


def test_a_sale_in_flight_is_no_possible_double(box):
    """The cloud's document with the reference of the check list is explained, settled or not."""
    outage(box, "fallback")
    box.run(box.journal.record("in_flight", InFlightBody(document=document(), kind="sale", reference="R-1")))
    sale = box.sell()
    box.days.own = [own_till("K-5", at=THREE_PM, reference="R-1")]

    box.run(Holds(box.journal, box.days, box.outbox, box.list, box.world).turn())

    assert "waiting" == box.state(sale)


def test_what_a_copy_of_the_journal_sent_is_not_sent_again(box):
    """An old data directory knows nothing of a send long past the key's window; the cloud's day shows it, so it is asked."""
    sale = box.sell()
    box.cloud.documents.append([sale, box.world.now(), "C-1", 350])
    box.later(days=1)

    box.run(Holds(box.journal, box.days, box.outbox, box.list, box.world).turn())
    box.play()

    assert (1, "booked") == (len(box.cloud.of(sale)), box.state(sale))
    assert ("send", sale) not in box.cloud.calls


def test_findings_of_others_stand_in_the_same_list(box):
    """Whoever records one; the owner sees them all."""
    box.run(box.close_._findings.raise_new([Finding("price-changed", "The price changed.", "Kalle", 5, None, "price:1")], None))

    assert ["price-changed"] == [one.entry.body.code for one in box.close_.findings()]
