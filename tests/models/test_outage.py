"""The outage, carried through a real journal, beside a model that is the contract's page and a list of looks.

The code keeps clocks and moves them on; the model keeps every look and reads the spans off the list. Both must write the same
steps, under the same ids, in the same order, and a restart of the box in between must change nothing that was written.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import Struct

from models.amount import amount
from tideover.activate.fallback import Fallback, shop_facts
from tideover.activate.mode import TOLD
from tideover.errors import WrongState
from tideover.model.outage import Verdict
from tideover.plan.law import law_of
from tideover.settings import Settings
from unit.journal.small_shop import Shop, ToldClock, run

TIMES = Settings()
FAILING, OPEN = ("down", "degraded"), ("suspected", "fallback", "recovering")
CONTRACT = {
    ("none", "suspected"), ("suspected", "cleared"), ("suspected", "fallback"), ("fallback", "recovering"),
    ("recovering", "fallback"), ("recovering", "closed"), ("cleared", "suspected"), ("closed", "suspected"),
}  # fmt: skip


class Look(Struct, frozen=True):
    """One verdict about the cloud."""

    at: datetime
    state: str
    cause: str
    kinds: int
    since: datetime | None  # First evidence of the failure that lasts.


class Model:
    """docs/contracts.md, "Outage", as plainly as it can be said."""

    def __init__(self) -> None:
        self.phase, self.cause, self.written_cause = "none", "", ""
        self.number = 0  # Of the outage: the model's name for its id.
        self.follows: int | None = None
        self.since = self.entered_at = self.counts_from = self.ended_at = datetime.min.replace(tzinfo=UTC)
        self.looks: list[Look] = []  # Since the start of the box.
        self.steps: list[tuple[str, int, int | None]] = []

    def look(self, one: Look, person: str = "") -> None:
        """person: confirm, all-clear or close."""
        self.looks.append(one)
        for _ in range(3):
            self._name_the_cause(one)
            to = self._next(one, person)
            if not to:
                return
            self._enter(to, one, person)
            person = person if person == "confirm" and to != "fallback" else ""

    def _name_the_cause(self, one: Look) -> None:
        if self.phase in OPEN and (one.state == "down" or (one.state == "degraded" and self.cause == TOLD)):
            self.cause = one.cause

    def _next(self, one: Look, person: str) -> str:
        if self.phase not in OPEN:
            return "suspected" if one.state in FAILING or person == "confirm" else ""
        clean = self._lasted(one, lambda it: it.state == "up", TIMES.clean_s)
        if self.phase == "fallback":
            return "recovering" if person == "all-clear" or (clean and self.cause != TOLD) else ""
        if person == "confirm" or self._is_proven(one) or self._is_intolerable(one):
            return "fallback"
        if self.phase == "suspected":
            return "cleared" if person == "all-clear" or clean else ""
        return "closed" if person == "close" else ""

    def _is_proven(self, one: Look) -> bool:
        same = self._lasted(one, lambda it: (it.state, it.cause) == ("down", one.cause), TIMES.confirm_s)
        return one.state == "down" and one.kinds >= 2 and same

    def _is_intolerable(self, one: Look) -> bool:
        if one.state not in FAILING:
            return False
        first = self.since
        if self.phase == "recovering":  # The failure that lasts since the way back began, if nothing clean came between.
            failed = [it for it in self.looks if it.at >= self.entered_at and it.state in FAILING and not self._was_clean_after(it)]
            first = max(failed[0].since, self.entered_at)
        return one.at - first >= timedelta(seconds=TIMES.tolerable_s)

    def _was_clean_after(self, failed: Look) -> bool:
        start = None
        for it in self.looks[self.looks.index(failed) :]:
            start = (start or it.at) if it.state == "up" else None
            if start and it.at - start >= timedelta(seconds=TIMES.clean_s):
                return True
        return False

    def _lasted(self, one: Look, fits: Callable[[Look], bool], seconds: int) -> bool:
        """True if every look fitted for so long, up to this one; what was before this phase does not count."""
        start = None
        for it in reversed(self.looks):
            if not fits(it):
                break
            start = it.at
        # Each phase counts anew: what a person has just said is over is not held against them at once.
        return start is not None and one.at - max(start, self.counts_from) >= timedelta(seconds=seconds)

    def _enter(self, to: str, one: Look, person: str) -> None:
        if to == "suspected":
            within = one.at - self.ended_at <= timedelta(seconds=TIMES.same_outage_s) if self.number else False
            same = self.phase == "cleared" and within
            self.follows = self.follows if same else self.number if self.phase == "closed" and within else None
            self.number = self.number if same else max([number for _, number, _ in self.steps], default=0) + 1
            self.since = max(one.since, self.ended_at) if one.state in FAILING else one.at
            self.cause = one.cause if one.state in FAILING else TOLD
        if to in ("cleared", "closed"):
            self.ended_at = one.at
        self.phase, self.entered_at, self.counts_from, self.written_cause = to, one.at, one.at, self.cause
        self.steps.append((to, self.number, self.follows))

    def restart(self) -> None:
        """What was only seen, and not written, is forgotten."""
        self.looks, self.cause = [], self.written_cause


class Outages(RuleBasedStateMachine):
    """Looks, people, pauses and restarts in any order."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.world = ToldClock()
        self.shop = Shop(self.folder, self.world, threaded=False, vfs=None, durable=False, heads=None)
        self.shop.till()
        self.model, self.failing_since = Model(), None
        self.seen = ("up", "none", 0)
        self.begin()

    def begin(self) -> None:
        law = law_of("FI")
        self.fallback = Fallback(self.shop.journal, self.world, TIMES, lambda: shop_facts(self.shop.journal, law))

    def teardown(self) -> None:
        if hasattr(self, "shop"):
            self.shop.close()
            shutil.rmtree(self.folder)

    def look(self) -> Look:
        state, cause, kinds = self.seen
        self.failing_since = (self.failing_since or self.world.now()) if state in FAILING else None
        return Look(self.world.now(), state, cause, kinds, self.failing_since)

    def turn(self, seconds: int) -> None:
        self.world.pass_by(seconds=seconds)
        one = self.look()
        verdict = Verdict("cloud", one.state, one.cause, (), one.since, ("cloud", "anchor")[: one.kinds])
        self.model.look(one)
        run(self.fallback.turn((verdict,)))

    @rule(
        state=st.sampled_from(["up", "down", "down", "degraded", "unknown"]),
        cause=st.sampled_from(["our-line", "their-cloud"]),
        kinds=st.integers(0, 2),
        seconds=st.sampled_from([1, 5, 60]),
        times=st.sampled_from([1, 1, 2, 30]),
    )
    def look_on(self, state: str, cause: str, kinds: int, seconds: int, times: int) -> None:
        self.seen = (state, "none" if state == "up" else "not-known" if state == "unknown" else cause, kinds)
        for _ in range(times):
            self.turn(seconds)

    @rule(hours=st.sampled_from([1, 2]))
    def sleep(self, hours: int) -> None:
        """The box looks at nothing for a while; what it saw last stands when it looks again."""
        self.turn(hours * 3_600)

    @rule()
    def confirm(self) -> None:
        self.model.look(self.look(), "confirm")
        run(self.fallback.confirm("Aino"))
        assert "fallback" == self.fallback.outage.phase

    @rule()
    def all_clear(self) -> None:
        if self.model.phase in ("suspected", "fallback"):
            self.model.look(self.look(), "all-clear")
            run(self.fallback.all_clear("Aino"))
        else:
            with pytest.raises(WrongState):
                run(self.fallback.all_clear("Aino"))

    @rule(open_items=st.sampled_from([(), ("2 parked sales",)]))
    def close(self, open_items: tuple[str, ...]) -> None:
        if self.model.phase == "recovering" and not open_items:
            self.model.look(self.look(), "close")
            run(self.fallback.close((), "Aino"))
        else:
            with pytest.raises(WrongState):
                run(self.fallback.close(open_items, "Aino"))

    @rule()
    def restart(self) -> None:
        self.shop.close()
        self.shop = Shop(self.folder, self.world, threaded=False, vfs=None, durable=False, heads=None)
        self.begin()
        self.model.restart()
        self.turn(0)  # The box looks before anything else happens.

    # The checker --------------------------------------------------------------------------------

    @invariant()
    def the_journal_holds_the_steps_of_the_model(self) -> None:
        if not hasattr(self, "shop"):
            return
        bodies = [one.entry.body for one in self.shop.journal.read(kinds=("outage",), limit=10_000)]
        ids = {id: number for number, id in enumerate(dict.fromkeys(one.outage for one in bodies), 1)}
        assert self.model.steps == [(one.phase, ids[one.outage], ids.get(one.follows)) for one in bodies]
        assert self.model.phase == self.fallback.outage.phase

    @invariant()
    def no_two_outages_are_open_at_once(self) -> None:
        if not hasattr(self, "shop"):
            return
        phase, id = "none", ""
        for one in (kept.entry.body for kept in self.shop.journal.read(kinds=("outage",), limit=10_000)):
            assert (phase, one.phase) in CONTRACT
            assert one.outage == id or phase not in OPEN
            phase, id = one.phase, one.outage

    @invariant()
    def who_records_fits_the_phase(self) -> None:
        if hasattr(self, "shop"):
            assert (self.fallback.outage.phase == "fallback") == (self.fallback.rung.number > 0)


TestOutages = Outages.TestCase
TestOutages.settings = amount(60, steps=30)
