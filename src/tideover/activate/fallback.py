"""Carries the outage through its phases: writes each step and each change of rung into the journal, then acts on it.

One rung records at a time at each till. It moves no line and no phone; it decides who records. A journal that
takes nothing does not stop it: the shop goes to paper and this says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tideover.activate import standing
from tideover.activate.ladder import CLOUD, NAMES, Facts, best, ladder, state_for_trading, trading_verdict, why_not_higher, with_verdicts
from tideover.activate.mode import OPEN, TOLD, Signals, is_open, next_due_at, step
from tideover.activate.standing import Standing
from tideover.errors import Damaged, WrongState
from tideover.journal.store import Journal
from tideover.model.facts import OutageStep, RungChange
from tideover.model.outage import Outage, Rung, Verdict
from tideover.plan.law import Law
from tideover.settings import Settings
from tideover.world import World, from_ms, to_ms

STEPS_MAX = 3  # Phases passed in one turn: none, suspected, fallback when a person confirms out of the blue.
WHY_LENGTH_MAX = 900
READ_ROWS = 1_000


class Status(Struct, frozen=True):
    """What a screen shows about the outage."""

    outage: Outage
    rung: Rung  # In use now, unless a till has one of its own.
    rungs: tuple[Rung, ...]
    why_not_higher: tuple[str, ...]
    offered: Rung | None  # A higher rung that works but is not used: a person moves up, or the way back does.
    next_at: datetime | None  # When time alone changes the phase next: the fallback opens, the way back begins.
    damaged: str  # Why the journal took no step; "" while it does.


def shop_facts(journal: Journal, law: Law, slips_unused: int | None = None) -> Facts:
    """What the ladder needs of journal and law page; lines and spares are added by those who know them."""
    return Facts(
        country=law.country,
        till_lawful=law.till_lawful,
        slips_lawful=law.slips_lawful,
        box_writable=journal.is_writable,
        tills=_selling(journal),
        slips_unused=slips_unused,
        till_proven_at=_last(journal, "sale", journal.box),
        slips_proven_at=_last(journal, "slip_keyed"),
    )


def _selling(journal: Journal) -> int:
    """How many tills can sell; 0 where the journal is torn: then none of them can."""
    try:
        return len(journal.selling_tills())
    except Damaged:
        return 0


def _last(journal: Journal, kind: str, not_till: str | None = None) -> datetime | None:
    """When that last happened; None: never, or the journal is torn."""
    try:
        return next((from_ms(kept.entry.happened_at) for kept in journal.newest((kind,), 1, not_till)), None)
    except Damaged:
        return None


class Fallback:
    """The outage as it stands: `turn` it with the verdicts; people `confirm`, give the `all_clear`, `close`."""

    def __init__(
        self,
        journal: Journal,
        world: World,
        settings: Settings,
        facts: Callable[[], Facts],
        tolerable_s: Callable[[str], int] | None = None,
    ) -> None:
        """facts: what the ladder is decided on, without the verdicts. tolerable_s: of a service, by the plan."""
        self._journal, self._world, self._settings, self._facts = journal, world, settings, facts
        self._tolerable_s = tolerable_s or (lambda service: settings.tolerable_s)
        self._verdicts: tuple[Verdict, ...] = ()
        self._lock = asyncio.Lock()
        self._on_change: list[Callable[[], None]] = []
        self.damaged: Damaged | None = None
        self._standing = self._read()
        self.rungs: tuple[Rung, ...] = tuple(self._ladder())

    def on_change(self, call: Callable[[], None]) -> None:
        """`call` runs when the phase or a rung changed; make it short, ring a Wake."""
        self._on_change.append(call)

    # What stands --------------------------------------------------------------------------------

    @property
    def outage(self) -> Outage:
        return replace(self._standing.outage, rung=self._standing.rung)

    @property
    def rung(self) -> Rung:
        """The rung in use."""
        return self.rungs[self._standing.rung]

    def rung_of(self, till: str) -> Rung:
        """The rung on which that till records."""
        return self.rungs[self._standing.rung_of(till)]

    @property
    def may_replay(self) -> bool:
        """Entries may be brought to the cloud: the fallback is not open and the cloud is not known to be away."""
        trade = trading_verdict(self._verdicts)
        return self._standing.outage.phase != "fallback" and (trade is None or trade.state != "down")

    def status(self) -> Status:
        """Everything a screen shows; reads no clock but for `next_at`."""
        outage, number = self._standing.outage, self._standing.rung
        top = best(self.rungs)
        return Status(
            outage=self.outage,
            rung=self.rung,
            rungs=self.rungs,
            why_not_higher=tuple(why_not_higher(self.rungs, number)),
            offered=top if top.works and top.number < number else None,
            next_at=next_due_at(outage, self._signals(), self._settings, self._world.now()),
            damaged=self.damaged.message if self.damaged else "",
        )

    # What moves it ------------------------------------------------------------------------------

    async def turn(self, verdicts: Iterable[Verdict]) -> float | None:
        """Take the verdicts in; returns the seconds until time alone would change the phase, None if never."""
        async with self._lock:
            self._verdicts = tuple(verdicts)
            await self._advance(self._signals())
            now = self._world.now()
            due = next_due_at(self._standing.outage, self._signals(), self._settings, now)
            return None if due is None else (due - now).total_seconds()

    async def confirm(self, by: str) -> Outage:
        """A person says that it is broken: the fallback is open when this returns."""
        async with self._lock:
            await self._advance(replace(self._signals(), confirmed_by=by))
            return self.outage

    async def all_clear(self, by: str) -> Outage:
        """A person says that it works again: a suspicion is cleared, from the fallback the way back begins.

        Raises WrongState if nothing is open or the way back has begun already.
        """
        async with self._lock:
            if self._standing.outage.phase not in ("suspected", "fallback"):
                raise WrongState(what="The all-clear", why="no fallback is open")
            await self._advance(replace(self._signals(), cleared_by=by))
            return self.outage

    async def close(self, open_items: Sequence[str] = (), by: str = "") -> Outage:
        """All is done. Raises WrongState while the way back has not begun or the checklist names something."""
        async with self._lock:
            if self._standing.outage.phase != "recovering":
                raise WrongState(what="Closing the outage", why="the way back has not begun")
            if open_items:
                raise WrongState(what="Closing the outage", why="still open: " + "; ".join(open_items)[:WHY_LENGTH_MAX])
            await self._advance(replace(self._signals(), closed_by=by or self._settings.owner))
            return self.outage

    async def use_rung(self, number: int, by: str, of_till: str | None = None) -> Rung:
        """A person moves all tills, or one, to another rung. Raises WrongState if it does not work or is not lawful."""
        async with self._lock:
            self.rungs = tuple(self._ladder())
            if not 0 <= number < len(self.rungs) or not self.rungs[number].works:
                why = self.rungs[number].why if 0 <= number < len(self.rungs) else "there is no such rung"
                raise WrongState(what=f"Moving to rung {number}", why=why)
            await self._move(number, f"chosen by {by}", by, of_till)
            return self.rungs[number]

    # How it moves -------------------------------------------------------------------------------

    def _signals(self) -> Signals:
        trade = trading_verdict(self._verdicts)
        if trade is None:
            return Signals("unknown", "not-known", None, ())
        return Signals(state_for_trading(trade), trade.cause, trade.since, trade.kinds, tolerable_s=self._tolerable_s(trade.service))

    async def _advance(self, signals: Signals) -> None:
        """Phase by phase until nothing moves; each step is in the journal before it counts."""
        for _ in range(STEPS_MAX):
            before = self._standing.outage
            signals = replace(signals, fresh_id=self._world.new_id() if not is_open(before) else "")
            after, why = step(before, signals, self._settings, self._world.now())
            if not why:
                self._standing = replace(self._standing, outage=after)
                break
            reason = "; ".join(why)[:WHY_LENGTH_MAX]
            await self._record_step(after, reason, signals)
            self._standing = replace(self._standing, outage=after, chosen=False)
            await self._settle_rung(reason)
            self._ring()
            opened = after.phase == "fallback"
            signals = replace(signals, cleared_by=None, closed_by=None, confirmed_by=None if opened else signals.confirmed_by)
        await self._settle_rung("the rung in use works no more")

    async def _settle_rung(self, why: str) -> None:
        """Fall as far as needed, stay while it works; the way back is rung 0. What a person chose since stays."""
        self.rungs = tuple(self._ladder())
        phase, now = self._standing.outage.phase, self._standing
        if phase == "fallback":
            if now.rung == CLOUD or not self.rungs[now.rung].works:
                await self._move(best(self.rungs).number, why)
            return
        may_return = phase not in OPEN or (phase == "recovering" and self._settings.back_by_itself)
        if may_return and not now.chosen and (now.rung != CLOUD or now.of_till):
            await self._move(CLOUD, why)

    def _ladder(self) -> list[Rung]:
        """The rungs by facts and verdicts; while the fallback is open the cloud till is not offered."""
        outage = self._standing.outage
        away_s = (self._world.now() - outage.since).total_seconds() if outage.since is not None and is_open(outage) else 0.0
        facts = replace(with_verdicts(self._facts(), self._verdicts), away_s=away_s)
        if outage.phase != "fallback":
            return ladder(facts)
        if facts.cloud in ("up", "degraded", "unknown") and outage.cause == TOLD:
            facts = replace(facts, cloud="down", cause=TOLD)
        rungs = ladder(facts)
        if rungs[CLOUD].works:
            why = "the fallback is open; the way back begins by itself when the cloud has stayed up, or with a person's all-clear"
            rungs[CLOUD] = replace(rungs[CLOUD], works=False, why=why)
        return rungs

    async def _move(self, number: int, why: str, by: str | None = None, of_till: str | None = None) -> None:
        now = self._standing
        if of_till is None and number == now.rung and not now.of_till:
            return
        if of_till is not None and number == now.rung_of(of_till):
            return
        body = RungChange(number=number, name=NAMES[number], why=why, of_till=of_till)
        await self._record("rung", body, self._standing.outage.id or None, operator=by)
        self._standing = standing.move(now, body, by)
        self._ring()

    async def _record_step(self, outage: Outage, why: str, signals: Signals) -> None:
        first = outage.phase == "suspected" and outage.id == signals.fresh_id
        since = to_ms(outage.since or self._world.now())
        body = OutageStep(outage.id, outage.phase, outage.cause, why, since, outage.follows)
        person = signals.confirmed_by or signals.cleared_by or signals.closed_by
        await self._record("outage", body, None if first else outage.id, id=outage.id if first else None, operator=person)

    async def _record(self, kind: str, body: Struct, refers_to: str | None, *, id: str | None = None, operator: str | None = None) -> None:
        """A journal that takes nothing must not keep the shop from going to paper."""
        try:
            await self._journal.record(kind, body, refers_to=refers_to, id=id, operator=operator)
            self.damaged = None
        except Damaged as error:
            self.damaged = error

    def _read(self) -> Standing:
        """What the journal says at the start; a damaged one counts as far as it can be read."""
        found, after = Standing(), 0
        try:
            while kept := self._journal.read(after=after, kinds=standing.KINDS, limit=READ_ROWS):
                found = standing.fold((one.entry for one in kept), found)
                after = kept[-1].seq
        except Damaged as error:
            self.damaged = error
        return found

    def _ring(self) -> None:
        for call in self._on_change:
            call()
