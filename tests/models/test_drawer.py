"""Drawers, played at random beside a model that is a few sums: float + cash sales − refunds − drops, the last count of each.

Two tills with drawers of their own, and whatever is keyed at the box: for its own drawer, a till's, or one with a name.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import Struct

from models.amount import amount
from tideover.model.facts import DrawerCount, DrawerMove, Void
from tideover.model.sale import Document, Line, Tender
from tideover.recover.day_facts import DRAWER_KINDS, drawer_of
from tideover.settings import Settings
from tideover.trade.counter import Counter
from tideover.trade.drawer import drawers_of
from unit.journal.small_shop import FRIDAY, Shop, Till, ToldClock, run

BOX = "the box's"
TILLS = ("Till 1", "Till 2")
NAMED = "Market stall"
KEYED_FOR = (BOX, *TILLS, NAMED)
MINOR = st.integers(1, 50_000)


class Sums(Struct):
    """The model's drawer."""

    expected: int = 0
    counted: int | None = None


def document(minor: int, cash: bool) -> Document:
    """One thing for that much; negative for a refund."""
    one = Line("A1", "Coffee", 1_000 if minor > 0 else -1_000, abs(minor) * 100, minor, 135_000)
    return Document("K-1", "EUR", True, (one,), (Tender("cash" if cash else "card", minor),))


class Drawers(RuleBasedStateMachine):
    """Sells, gives back, voids, moves money, counts; at two tills and at the box."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.shop = Shop(self.folder, ToldClock(), threaded=False, vfs=None, durable=False, heads=None)
        self.tills = {name: self.shop.till(name) for name in TILLS}
        # Its drawer calls need neither plan nor copies.
        self.counter = Counter(self.shop.journal, None, None, Settings(), self.shop.world)
        self.model: dict[str, Sums] = {}
        self.floats = self.drops = 0
        self.sales: list[tuple[str, str, int]] = []  # Entry, till, its cash.
        self.voided: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "shop"):
            self.shop.close()
            shutil.rmtree(self.folder)

    def of(self, drawer: str) -> Sums:
        return self.model.setdefault(drawer, Sums())

    def sign(self, till: Till, kind: str, body: object, refers_to: str | None = None) -> str:
        entry = till.entry(kind=kind, body=body, refers_to=refers_to)
        assert "created" == self.shop.append(till.signed(entry)).answer
        return entry.id

    # What people do -----------------------------------------------------------------------------

    @rule(till=st.sampled_from(TILLS), minor=MINOR, cash=st.booleans(), back=st.booleans())
    def sell(self, till: str, minor: int, cash: bool, back: bool) -> None:
        minor = -minor if back else minor
        entry = self.sign(self.tills[till], "refund" if back else "sale", document(minor, cash))
        self.sales.append((entry, till, minor if cash else 0))
        if cash:
            self.of(till).expected += minor

    @precondition(lambda self: len(self.sales) > len(self.voided))
    @rule(pick=st.integers(0, 1_000))
    def void(self, pick: int) -> None:
        standing = [one for one in self.sales if one[0] not in self.voided]
        entry, till, cash = standing[pick % len(standing)]
        self.sign(self.tills[till], "void", Void("rang twice"), entry)
        self.voided.add(entry)
        if cash:
            self.of(till).expected -= cash

    @rule(till=st.sampled_from(TILLS), minor=MINOR, out=st.booleans())
    def move_at_the_till(self, till: str, minor: int, out: bool) -> None:
        self.sign(self.tills[till], "drawer_drop" if out else "drawer_float", DrawerMove(minor))
        self.moved(till, minor, out)

    @rule(drawer=st.sampled_from(KEYED_FOR), minor=MINOR, out=st.booleans())
    def move_at_the_box(self, drawer: str, minor: int, out: bool) -> None:
        act = self.counter.drop if out else self.counter.put_float
        run(act(minor, "Aino", whose="" if drawer == BOX else drawer))
        self.moved(drawer, minor, out)

    def moved(self, drawer: str, minor: int, out: bool) -> None:
        self.of(drawer).expected += -minor if out else minor
        self.floats += 0 if out else minor
        self.drops += minor if out else 0

    @rule(till=st.sampled_from(TILLS), minor=st.integers(0, 90_000))
    def count_at_the_till(self, till: str, minor: int) -> None:
        self.sign(self.tills[till], "drawer_count", DrawerCount(minor))
        self.of(till).counted = minor

    @rule(drawer=st.sampled_from(KEYED_FOR), minor=st.integers(0, 90_000))
    def count_at_the_box(self, drawer: str, minor: int) -> None:
        run(self.counter.count_drawer(minor, "Aino", FRIDAY, "" if drawer == BOX else drawer))
        self.of(drawer).counted = minor

    # The checker --------------------------------------------------------------------------------

    @invariant()
    def each_drawer_holds_what_the_model_says(self) -> None:
        if not hasattr(self, "shop"):
            return
        names = {self.shop.journal.box: BOX, **{till.id: name for name, till in self.tills.items()}}
        kept = self.shop.journal.day(FRIDAY)
        found = {names.get(one.till, one.till): (one.expected_minor, one.counted_minor) for one in drawers_of(kept)}
        expected = {name: (sums.expected, sums.counted) for name, sums in self.model.items()}
        untouched = (0, None)  # A drawer whose only cash was voided has moved nothing, and is not shown.
        assert {name: expected.get(name, untouched) for name in found} == found
        assert set() == {name for name, sums in expected.items() if sums != untouched} - set(found)

    @invariant()
    def the_close_of_the_day_adds_up_the_same(self) -> None:
        if not hasattr(self, "shop"):
            return
        counts = [sums.counted for sums in self.model.values() if sums.counted is not None]
        facts = drawer_of(self.shop.journal.day(FRIDAY, DRAWER_KINDS))
        assert (self.floats, self.drops, sum(counts) if counts else None) == (
            facts["floats_minor"], facts["drops_minor"], facts["counted_minor"],
        )  # fmt: skip


TestDrawers = Drawers.TestCase
TestDrawers.settings = amount(60)


def test_two_drawers_counted_at_the_box_are_two(tmp_path: Path) -> None:
    """The second count used to take the first one's place; now both stand, and the day's sum is of both."""
    shop = Shop(tmp_path, ToldClock(), threaded=False, vfs=None, durable=False, heads=None)
    counter, till = Counter(shop.journal, None, None, Settings(), shop.world), shop.till("Till 1")
    run(counter.count_drawer(10_000, "Aino", FRIDAY, "Till 1"))
    run(counter.count_drawer(20_000, "Aino", FRIDAY, NAMED))
    run(counter.count_drawer(21_000, "Aino", FRIDAY, NAMED))

    kept = shop.journal.day(FRIDAY)
    shop.close()

    assert {till.id: 10_000, NAMED: 21_000} == {one.till: one.counted_minor for one in drawers_of(kept)}
    assert 31_000 == drawer_of(kept)["counted_minor"]
