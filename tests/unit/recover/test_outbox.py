"""The outbox against a real journal and a nasty cloud: each sale there once, or with a named person."""

import pytest

from tideover.errors import ChainBroken, LoginRefused, NotFound, WrongState
from tideover.model.answer import Answer
from tideover.model.item import Customer
from tideover.recover.ahead import PIECE
from tideover.recover.outbox import PRESSED, TAKE_MAX
from unit.recover.box import Box, Crash, RunningBox, manifest
from unit.recover.shop import document, line


@pytest.fixture
def box(tmp_path):
    with Box(tmp_path) as box:
        yield box


def test_a_sale_is_booked_once_and_the_answer_is_an_entry(box):
    """The cloud's number stands in the journal, not only in the outbox."""
    sale = box.sell()

    assert box.turn() is None

    assert [sale] == [one[0] for one in box.cloud.documents]
    assert ("booked", ["answer"]) == (box.state(sale), box.kinds(sale))
    answer = box.journal.referring(sale)[0].entry.body
    assert ("created", "C-1") == (answer.word, answer.number)


def test_what_goes_out_keeps_nobody_waiting_for_the_disk(box, monkeypatch):
    """Nobody stands and waits for what the cloud said: attempt and answer wait for company, and one sync serves many."""
    syncs, submit = [], box.database.submit

    def seen(work, sync="now"):
        syncs.append(sync)
        return submit(work, sync)

    sale = box.sell()
    monkeypatch.setattr(box.database, "submit", seen)
    box.turn()

    assert "booked" == box.state(sale) and 2 == syncs.count("soon") and "now" not in syncs


def test_a_sale_is_sent_though_time_passes_while_it_is_decided(tmp_path):
    """What is due at this moment is not put off because the moment has gone by."""
    with RunningBox(tmp_path) as box:
        sale = box.sell()
        box.turn()
        assert ([("send", sale)], "booked") == (box.cloud.calls, box.state(sale))


def test_the_attempt_is_on_stable_storage_before_the_first_byte(box):
    """A process killed in the middle of a send finds a silence, and asks."""
    sale = box.sell()
    box.cloud.mischief = ["crash-before"]

    with pytest.raises(Crash):
        box.turn()

    box.restart()
    assert [("send", "silent")] == [(one.act, one.word) for one in box.outbox.rows.attempts(box.outbox.rows.row(sale))]
    box.play()
    assert [("send", sale), ("ask", sale), ("send", sale)] == box.cloud.calls
    assert 1 == len(box.cloud.of(sale))


def test_a_reply_lost_after_booking_is_found_by_asking(box):
    """It is not sent again."""
    sale = box.sell()
    box.cloud.mischief = ["lose-answer"]

    box.play()

    assert [("send", sale), ("ask", sale)] == box.cloud.calls
    assert "booked" == box.state(sale)


def test_a_process_killed_after_the_cloud_booked_does_not_double(box):
    """Killed between the booking and its answer, then started again a day later, past every window."""
    sale = box.sell()
    box.cloud.mischief = ["crash-after"]
    with pytest.raises(Crash):
        box.turn()

    box.later(days=1)
    box.restart()
    box.play()

    assert 1 == len(box.cloud.of(sale))
    assert "booked" == box.state(sale)


def test_an_answer_stored_but_not_yet_journalled_is_journalled_after_the_crash(box):
    """The row says created, the journal does not: the next turn writes it down without another call."""
    sale = box.sell()
    box.run(box.outbox.take_up())
    rows, now = box.outbox.rows, box.world.now()
    number = box.run(rows.claim(rows.row(sale), "send", now, now))
    box.run(rows.answered(sale, number, Answer("created", number="C-9"), now))

    box.restart()
    box.turn()

    assert ("booked", "C-9", []) == (box.state(sale), box.outbox.rows.row(sale).number, box.cloud.calls)
    assert ["answer"] == box.kinds(sale)


def test_with_a_damaged_journal_the_cloud_is_told_nothing(box):
    """What it answers could not be written down; the lists can still be read."""
    box.sell()
    box.run(box.outbox.take_up())
    box.journal.broken = ChainBroken(file="journal.db", seq=1, why="edited")

    with pytest.raises(ChainBroken):
        box.turn()

    assert ([], 1) == (box.cloud.calls, box.outbox.counts().waiting)


def test_a_busy_cloud_is_waited_for_as_long_as_it_asks(box):
    """Retry-After counts."""
    box.sell()
    box.cloud.mischief = ["busy"]

    assert 7.0 == box.turn()


def test_a_late_401_renews_the_log_in_and_drops_nothing(box):
    """The same call is made again at once, within the same attempt."""
    sale = box.sell()
    box.cloud.mischief = ["login"]

    box.turn()

    assert (1, "booked") == (box.cloud.logins, box.state(sale))


def test_many_401s_at_once_renew_the_log_in_once(box):
    """Sends in flight together share the new log-in."""
    for _ in range(3):
        box.sell()
    box.cloud.mischief = ["login", "login", "login"]

    box.turn()

    assert (1, 3) == (box.cloud.logins, len(box.cloud.documents))


def test_a_log_in_that_is_not_accepted_pauses_sending_and_loses_nothing(box):
    """One attempt is spent, not one per sale and minute; when it is accepted again all goes out."""
    for _ in range(5):
        box.sell()
    box.cloud.accepts_login = False

    for _ in range(100):
        box.turn()
        box.later(seconds=60)
    assert len(box.cloud.calls) <= 3
    assert "log-in" in box.outbox.counts().paused
    assert 5 == box.outbox.counts().waiting

    box.cloud.accepts_login = True
    box.play()
    assert (5, "") == (len(box.cloud.documents), box.outbox.counts().paused)


def test_a_log_in_without_an_answer_is_tried_again_soon_and_once_for_all(box):
    """A cloud that starts again is not one that refuses: a minute would be long with sales that wait; but nobody hammers at it."""
    for _ in range(3):
        box.sell()
    box.cloud.mischief = ["login", "login", "login"]
    box.cloud.accepts_login = False

    waits = [box.turn()]
    assert 1 == box.cloud.logins
    for _ in range(9):
        box.later(seconds=waits[-1] + 0.01)
        waits.append(box.turn())

    assert 1.5 <= waits[0] <= 2.5 and all(45 <= wait <= 75 for wait in waits[-4:]), waits
    assert 10 == box.cloud.logins
    box.cloud.accepts_login = True
    box.later(seconds=75)
    box.play()
    assert 3 == len(box.cloud.documents)
    box.sell()
    box.cloud.mischief, box.cloud.accepts_login = ["login"], False
    assert 1.5 <= box.turn() <= 2.5
    box.later(days=-1)
    box.turn()
    assert 13 == box.cloud.logins, "a clock that is set back makes no pause a day long"


def test_a_log_in_refused_for_good_is_told_as_what_pauses(box):
    """The error's own words stand on the status page."""

    async def refuse():
        raise LoginRefused(who="The cloud", why="wrong password")

    box.sell()
    box.cloud.mischief = ["login"]
    box.cloud.renew_login = refuse

    assert 60.0 == box.turn()

    assert "wrong password" in box.outbox.counts().paused


def test_a_refused_sale_is_parked_with_reason_owner_and_hint_and_blocks_only_itself(box):
    """The next sale goes on; the parked one names what to do."""
    bad, good = box.sell(), box.sell()
    box.cloud.refuses[bad] = "closed-period"

    box.turn()

    assert ("parked", "booked") == (box.state(bad), box.state(good))
    [record] = box.outbox.parked()
    assert (bad, "closed-period", "Maija", "The period is closed.", 350) == (
        record.id, record.cause, record.owner, record.reason, record.amount_minor,
    )  # fmt: skip
    assert "Open that period" in record.hint
    assert ["answer", "parked"] == box.kinds(bad)


def test_a_mended_record_is_sent_on_from_where_it_stands(box):
    """A refusal left nothing behind, so it is simply sent again."""
    sale = box.sell()
    box.cloud.refuses[sale] = "closed-period"
    box.turn()
    del box.cloud.refuses[sale]

    box.run(box.outbox.solve(sale, "send_on", by="Maija", note="period opened"))
    box.play()

    assert ("booked", 1) == (box.state(sale), len(box.cloud.of(sale)))
    assert ["answer", "parked", "solved", "answer"] == box.kinds(sale)
    assert "Maija" == box.journal.referring(sale, ["solved"])[0].entry.operator


def test_what_left_a_doubt_is_asked_about_before_it_is_sent_on(box):
    """Parked after a day of silence, sent on by a person: the cloud had it all the time."""
    sale = box.sell()
    box.cloud.mischief = ["lose-answer"] + ["busy"] * 18
    box.play()
    assert "exhausted" == box.outbox.parked()[0].cause

    box.run(box.outbox.solve(sale, "send_on", by="Maija"))
    box.play()

    assert ("booked", 1) == (box.state(sale), len(box.cloud.of(sale)))


@pytest.mark.parametrize(("how", "state"), [("was_booked", "booked"), ("settled_elsewhere", "settled")])
def test_a_person_may_end_a_parked_record_by_their_word(box, how, state):
    """It is not sent any more, and what they said is an entry."""
    sale = box.sell()
    box.cloud.refuses[sale] = "unknown"
    box.turn()

    box.run(box.outbox.solve(sale, how, by="Maija", number="C-77"))
    box.play()

    assert (state, "C-77") == (box.state(sale), box.outbox.rows.row(sale).number)
    assert [] == box.cloud.documents


def test_only_what_is_parked_can_be_solved(box):
    """Two people at two screens: the second is told that it is done."""
    sale = box.sell()
    box.turn()

    with pytest.raises(WrongState):
        box.run(box.outbox.solve(sale, "send_on", by="Maija"))
    with pytest.raises(NotFound):
        box.run(box.outbox.solve("nothing", "send_on", by="Maija"))


def test_a_refund_waits_for_the_sale_it_takes_back_and_names_its_number(box):
    """The sale is parked: the refund waits, an unrelated sale does not."""
    sale = box.sell()
    refund = box.sell(document(line(quantity=-1_000)), kind="refund", refers_to=sale)
    other = box.sell()
    box.cloud.refuses[sale] = "item-gone"
    seen = {}
    send = box.cloud.send

    async def watch(booking):
        seen[booking.entry] = booking.original
        return await send(booking)

    box.cloud.send = watch
    box.turn()
    assert ("parked", "waiting", "booked") == (box.state(sale), box.state(refund), box.state(other))

    box.run(box.outbox.solve(sale, "was_booked", by="Maija", number="C-50"))
    box.play()

    assert ("booked", "C-50") == (box.state(refund), seen[refund])


def test_a_void_before_sending_ends_it(box):
    """It never reaches the cloud."""
    sale = box.sell()
    box.void(sale)

    assert box.turn() is None

    assert ("void", []) == (box.state(sale), box.cloud.calls)


def test_a_void_after_a_silence_asks_first(box):
    """If the cloud does not have it, the void ends it; if it has, a person cancels it there."""
    lost, booked = box.sell(), box.sell()
    box.cloud.mischief = ["lose-request", "lose-answer"]
    box.cloud.manifest = manifest(concurrent_max=1)
    box.restart()
    box.turn()
    box.void(lost)
    box.void(booked)

    box.play()

    assert ("void", "parked") == (box.state(lost), box.state(booked))
    assert "void-after-booking" == box.outbox.parked()[0].cause
    box.run(box.outbox.solve(booked, "settled_elsewhere", by="Maija"))
    box.play()
    assert "settled" == box.state(booked)


def test_a_refund_of_a_voided_sale_goes_to_a_person(box):
    """Nothing in the cloud can be taken back; a person says whether money was given."""
    sale = box.sell()
    box.void(sale)
    refund = box.sell(document(line(quantity=-1_000)), kind="refund", refers_to=sale)

    box.play()
    assert ("parked", "sale-void") == (box.state(refund), box.outbox.parked()[0].cause)

    box.run(box.outbox.solve(refund, "send_on", by="Maija"))
    box.play()
    assert "booked" == box.state(refund)


def test_no_more_are_in_flight_than_the_cloud_allows(box):
    """Three at once, and no fourth."""
    for _ in range(10):
        box.sell()

    box.turn()

    assert (10, 3) == (len(box.cloud.documents), box.cloud.sending_most)


def test_a_claim_is_taken_once_and_runs_out(box):
    """The second taker gets nothing; a claim left behind is freed by the next process."""
    sale = box.sell()
    box.run(box.outbox.take_up())
    row, now = box.outbox.rows.row(sale), box.world.now()

    assert 1 == box.run(box.outbox.rows.claim(row, "send", now, now))
    assert box.run(box.outbox.rows.claim(row, "send", now, now)) is None

    box.restart()
    box.play()
    assert [("ask", sale), ("send", sale)] == box.cloud.calls


def test_the_outbox_is_made_again_from_the_journal_alone(box):
    """Answered, parked and solved ones stand as before; what has no answer is asked about before it is sent."""
    booked, refused, sent, fresh = (box.sell() for _ in range(4))
    box.cloud.refuses[refused] = "item-gone"
    box.cloud.mischief = ["well", "well", "lose-answer", "lose-request"]
    box.cloud.manifest = manifest(concurrent_max=1)
    box.restart()
    box.turn()
    before = [box.state(one) for one in (booked, refused)]
    box.cloud.calls.clear()

    box.run(box.outbox.rebuild())
    assert ["booked", "parked"] == before == [box.state(one) for one in (booked, refused)]
    box.play()

    assert ("ask", sent) in box.cloud.calls and ("send", sent) not in box.cloud.calls
    assert box.cloud.calls.index(("ask", fresh)) < box.cloud.calls.index(("send", fresh))
    assert [1, 0, 1, 1] == [len(box.cloud.of(one)) for one in (booked, refused, sent, fresh)]
    box.run(box.outbox.solve(refused, "send_on", by="Maija"))
    del box.cloud.refuses[refused]
    box.play()
    assert 1 == len(box.cloud.of(refused))


def test_a_clock_set_back_a_day_does_not_hold_sales_back(box):
    """Waits planned by the wrong clock begin again; the cloud is asked before anything is sent."""
    sale = box.sell()
    box.cloud.mischief = ["lose-answer"]
    box.later(days=1)
    box.turn()
    box.later(days=-1)

    box.play()

    assert ("booked", 1) == (box.state(sale), len(box.cloud.of(sale)))


def test_a_new_customer_is_handed_over_by_one_sale_at_a_time(tmp_path):
    """Two sales to a customer whom the cloud lacks never create them side by side."""

    class People:
        def read(self, party):
            return {"name": "Aino Virtanen", "phone": "040 1"}

    with Box(tmp_path, people=People()) as box:
        handed = []
        send = box.cloud.send

        async def watch(booking):
            handed.append(booking.customer)
            return await send(booking)

        box.cloud.send = watch
        for number in ("A-1", "A-2"):
            box.sell(document(number=number, party="p-1", commitment="00"))
        box.turn()

        assert [Customer(code="p-1", name="Aino Virtanen", phone="040 1")] * 2 == handed
        assert 1 == box.cloud.sending_most


def test_a_merged_customer_is_replaced_by_the_one_that_took_its_place(tmp_path):
    """The entry keeps the code it was sold under; the cloud gets the one it knows."""

    class Copies:
        def customer(self, code):
            return Customer(code="CU-9", name="Virtanen Oy")

    with Box(tmp_path, copies=Copies()) as box:
        handed = []
        send = box.cloud.send

        async def watch(booking):
            handed.append(booking.document.customer)
            return await send(booking)

        box.cloud.send = watch
        sale = box.sell(document(customer="CU-1"))
        box.turn()

        assert ["CU-9"] == handed
        assert "CU-1" == box.journal.find(sale).entry.body.customer


def test_counts_say_where_everything_stands(box):
    """How many, how much, since when."""
    for _ in range(2):
        box.sell()
    refused = box.sell()
    box.cloud.refuses[refused] = "unknown"
    box.turn()
    box.sell()
    box.run(box.outbox.take_up())

    counts = box.outbox.counts()

    assert (1, 2, 1, 350, 350) == (counts.waiting, counts.booked, counts.parked, counts.waiting_minor, counts.parked_minor)
    assert box.world.now() == counts.oldest_waiting_at


# A person's hands ------------------------------------------------------------------------------------


@pytest.fixture
def by_hand(tmp_path):
    with Box(tmp_path, manifest(hands="person", window_s=0)) as box:
        box.report = None  # What the cloud's day report holds; None: not brought yet.

        async def ask(booking):
            box.cloud.calls.append(("ask", booking.entry))
            if box.report is None:
                return Answer("silent")
            return Answer("exists", number=box.report[booking.entry]) if booking.entry in box.report else Answer("absent")

        box.cloud.ask = ask
        yield box


def test_a_person_keys_in_order_and_types_the_number_back(by_hand):
    """Nothing is sent by itself; the refund comes into the list after its sale."""
    sale = by_hand.sell()
    refund = by_hand.sell(document(line(quantity=-1_000)), kind="refund", refers_to=sale)
    by_hand.play()
    assert ([sale], []) == (by_hand.outbox.keying(), by_hand.cloud.calls)

    booking = by_hand.run(by_hand.outbox.begin(sale))
    assert (sale, []) == (booking.entry, by_hand.outbox.keying())
    by_hand.run(by_hand.outbox.answer(sale, Answer("created", number="K-1")))

    assert ("booked", [refund]) == (by_hand.state(sale), by_hand.outbox.keying())
    assert "K-1" == by_hand.run(by_hand.outbox.begin(refund)).original


def test_two_people_cannot_key_the_same_sale(by_hand):
    """The second is told."""
    sale = by_hand.sell()
    by_hand.play()
    by_hand.run(by_hand.outbox.begin(sale))

    with pytest.raises(WrongState):
        by_hand.run(by_hand.outbox.begin(sale))


def test_an_unsure_person_is_not_asked_to_key_again_until_the_report_says_it_is_absent(by_hand):
    """A week without the report spends no attempt; one report is not enough if the sale may still be on its way."""
    sale = by_hand.sell()
    by_hand.play()
    by_hand.run(by_hand.outbox.begin(sale))
    by_hand.run(by_hand.outbox.answer(sale, Answer("silent")))
    for _ in range(50):
        by_hand.turn()
        by_hand.later(hours=4)
    assert ("waiting", []) == (by_hand.state(sale), by_hand.outbox.keying())

    by_hand.report = {}
    by_hand.run(by_hand.outbox.look_again())
    by_hand.play()

    assert [sale] == by_hand.outbox.keying()


def test_an_unsure_person_who_had_keyed_it_is_cleared_by_the_report(by_hand):
    """Our id stands in the report: booked, under the number it shows."""
    sale = by_hand.sell()
    by_hand.play()
    by_hand.run(by_hand.outbox.begin(sale))
    by_hand.run(by_hand.outbox.answer(sale, Answer("silent")))
    by_hand.report = {sale: "K-5"}

    by_hand.play()

    assert ("booked", "K-5") == (by_hand.state(sale), by_hand.outbox.rows.row(sale).number)


def test_a_number_typed_back_late_still_counts(by_hand):
    """They went to lunch; the claim ran out and the report was asked meanwhile."""
    sale = by_hand.sell()
    by_hand.play()
    by_hand.run(by_hand.outbox.begin(sale))
    by_hand.report = {}
    by_hand.later(minutes=40)
    by_hand.turn()

    by_hand.run(by_hand.outbox.answer(sale, Answer("created", number="K-3")))

    assert ("booked", []) == (by_hand.state(sale), by_hand.outbox.keying())
    with pytest.raises(WrongState):
        by_hand.run(by_hand.outbox.answer(sale, Answer("created", number="K-4")))


def test_what_the_clouds_screen_refuses_is_parked_with_the_persons_words(by_hand):
    """The reason is what the person read on the screen."""
    sale = by_hand.sell()
    by_hand.play()
    by_hand.run(by_hand.outbox.begin(sale))

    by_hand.run(by_hand.outbox.answer(sale, Answer("refused", reason="Period locked", cause="closed-period")))

    assert [(sale, "Period locked")] == [(one.id, one.reason) for one in by_hand.outbox.parked()]


def test_what_tills_bring_in_a_rush_is_counted_a_piece_at_a_time(box):
    """No sale waits while all that came is looked at; once it is, a page need look at nothing more."""
    for _ in range(PIECE + 1):
        box.sell()
    assert [True, False] == [box.outbox.look_ahead(), box.outbox.look_ahead()]
    before = box.outbox._ahead.waiting
    assert (PIECE + 1, PIECE + 1) == (before, box.outbox.counts().waiting)


def test_a_long_backlog_is_taken_up_in_slices(box):
    """Whoever takes up a few commits hears whether there may be more, so that tills can come between."""
    for _ in range(TAKE_MAX + 1):
        box.sell()
    assert [False, True] == [box.run(box.outbox.take_up(slices=1)), box.run(box.outbox.take_up())]
    assert box.run(box.outbox.take_up(slices=1))
    assert TAKE_MAX + 1 == len(box.outbox.rows.of("waiting"))


def test_tills_press_when_much_came_since_the_last_look(box):
    """A busy counter is not pressing; a till that brings a whole day's sales is, until the next look."""
    for _ in range(PRESSED):
        box.sell()
    assert [False, False] == [box.outbox.is_pressed(), box.outbox.is_pressed()]
    for _ in range(PRESSED + 1):
        box.sell()
    assert [True, False] == [box.outbox.is_pressed(), box.outbox.is_pressed()]
