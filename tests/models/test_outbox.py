"""A nasty cloud, crashes between any two steps, people in between: whatever happens, booked once or with a person.

The workload only does things; the checker below looks at what the cloud and the journal hold, and knows nothing of it.
"""

import shutil
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.amount import amount
from unit.recover.box import Box, Crash, manifest
from unit.recover.shop import document, line

MISCHIEF = ["well", "lose-request", "lose-answer", "crash-before", "crash-after", "login", "busy"]


class NastyFriday(RuleBasedStateMachine):
    """Sells, voids, refunds, turns, waits, crashes, solves, rebuilds."""

    @initialize(window_s=st.sampled_from([0, 60, 600]), concurrent_max=st.sampled_from([1, 3]))
    def open(self, window_s, concurrent_max):
        self.folder = Path(tempfile.mkdtemp())
        self.box = Box(self.folder, manifest(window_s=window_s, concurrent_max=concurrent_max))
        self.sales, self.voided, self.takes_back = [], set(), {}

    def teardown(self):
        if hasattr(self, "box"):
            try:
                self.drain()
            finally:
                self.box.close()
                shutil.rmtree(self.folder)

    @rule(count=st.integers(1, 3), quantity=st.integers(1, 4))
    def sell(self, count, quantity):
        for _ in range(count):
            self.sales.append(self.box.sell(document(line(quantity=quantity * 1_000))))

    @precondition(lambda self: self.sales)
    @rule(pick=st.randoms(use_true_random=False))
    def refund(self, pick):
        sale = pick.choice(self.sales)
        refund = self.box.sell(document(line(quantity=-1_000)), kind="refund", refers_to=sale)
        self.sales.append(refund)
        self.takes_back[refund] = sale

    @precondition(lambda self: self.sales)
    @rule(pick=st.randoms(use_true_random=False))
    def void(self, pick):
        sale = pick.choice(self.sales)
        if sale not in self.voided:
            self.voided.add(sale)
            self.box.void(sale)

    @rule(mischief=st.lists(st.sampled_from(MISCHIEF), max_size=8))
    def turn(self, mischief):
        self.box.cloud.mischief = mischief
        try:
            self.box.turn()
        except Crash:
            self.box.restart()

    @rule(seconds=st.sampled_from([1, 5, 30, 700, 90_000]))
    def wait(self, seconds):
        self.box.later(seconds=seconds)

    @rule()
    def restart(self):
        self.box.restart()

    @rule()
    def rebuild(self):
        self.box.run(self.box.outbox.rebuild())

    @precondition(lambda self: self.sales)
    @rule(pick=st.randoms(use_true_random=False), cause=st.sampled_from(["closed-period", "item-gone"]))
    def refuse(self, pick, cause):
        self.box.cloud.refuses[pick.choice(self.sales)] = cause

    @rule(how=st.sampled_from(["send_on", "settled_elsewhere"]))
    def solve(self, how):
        self.box.cloud.refuses.clear()
        for record in self.box.outbox.parked():
            if how == "send_on" or record.cause in ("closed-period", "item-gone"):
                self.box.run(self.box.outbox.solve(record.id, how, by="Maija"))

    # The checker --------------------------------------------------------------------------------

    @invariant()
    def nothing_is_booked_twice(self):
        if hasattr(self, "box"):
            entries = [one[0] for one in self.box.cloud.documents]
            assert len(set(entries)) == len(entries)

    @invariant()
    def every_sale_has_one_row_and_the_sums_are_the_models(self):
        """Waiting, sending, booked, parked, void and settled come to what was sold, after any crash and any rebuild."""
        if hasattr(self, "box"):
            self.box.run(self.box.outbox.take_up())
            counts = self.box.outbox.counts()
            states = (counts.waiting, counts.sending, counts.booked, counts.parked, counts.void, counts.settled)
            assert len(self.sales) == sum(states)
            assert counts.void <= len(self.voided)

    @invariant()
    def what_is_called_booked_is_there(self):
        if hasattr(self, "box"):
            there = {one[0] for one in self.box.cloud.documents}
            assert [] == [row.entry for row in self.box.outbox.rows.of("booked") if row.entry not in there]

    def drain(self):
        """The weather clears: in the end each sale has one place."""
        self.box.cloud.mischief = []
        self.box.cloud.refuses.clear()
        for _ in range(6):
            self.box.play(turns=200)
            for record in self.box.outbox.parked():
                if record.cause != "void-after-booking":
                    self.box.run(self.box.outbox.solve(record.id, "send_on", by="Maija"))
        self.nothing_is_booked_twice()
        there = {one[0] for one in self.box.cloud.documents}
        for sale in self.sales:
            state = self.box.state(sale)
            if state == "waiting":
                assert self.box.state(self.takes_back[sale]) in ("parked", "waiting")
                continue
            assert state in ("booked", "void", "settled", "parked")
            if state == "void":
                assert sale in self.voided and sale not in there
            if state == "parked":
                assert sale in self.voided and sale in there
            if state == "booked":
                assert sale in there
        self.the_tables_can_be_made_again()

    def the_tables_can_be_made_again(self):
        """From the journal alone, answered and parked rows stand as they stood."""
        before = {row.entry: (row.state, row.number) for row in self.box.outbox.rows.of("booked", "parked", "settled")}
        self.box.run(self.box.outbox.rebuild())
        after = {row.entry: (row.state, row.number) for row in self.box.outbox.rows.of("booked", "parked", "settled")}
        assert before == after


TestNastyFriday = NastyFriday.TestCase
TestNastyFriday.settings = amount(60)
