"""Moves the shop from line to line: asks `switch.decide` at each turn and carries out what it says, nothing else.

It waits for no proof and no slow driver longer than the driver's own time; proofs and trials run beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tideover.activate.allowances import Allowances
from tideover.activate.hands import Hands
from tideover.activate.ladder import Way
from tideover.activate.line_proofs import LineProofs
from tideover.activate.rush import is_rush, rushes_of
from tideover.activate.switch import Busy, Decision, LineNow, Scene, decide
from tideover.activate.switching import LINES, Switching
from tideover.errors import NotFound, TideoverError, WrongState
from tideover.model.line import Line
from tideover.model.outage import NAMELESS_CAUSES, Verdict
from tideover.model.switching import LineProved
from tideover.ports import Switch, SwitchAnswer
from tideover.settings import Settings
from tideover.world import World

IDLE_S = 3_600.0  # A shop with one line or none.
LOOK_S = 15.0  # Pause between two turns in which nothing happens; the bell ends it when a line dies.
WAIT_S = 5.0  # The same while something waits for a call to end.
READ_S = 3.0  # So long a driver may take to say what is in use, before the last known word counts.
AGAIN_S, AGAIN_S_MAX = 30.0, 600.0  # After a target that carried nothing: tried again after this, doubling.
TRIAL_S = 60.0  # A guided try stays this long on the other line.
CARRIES = frozenset({"lossy", "line-slow", "throttled", "flapping", "dns-provider"})  # Works in part, but something passes.
NOTHING = Decision("stay")
ARM_S = 60.0  # An armed driver is made ready anew so often: a device came back, a gateway changed.
CLOCK_S = 1.0  # A clock that is led right by less than this was not set.


class Trial(Struct, frozen=True):
    """The line in use is taken for dead for a while, because a person wants to see what happens."""

    by: str
    line: str  # Taken for dead.
    began_at: datetime
    span_s: float


class Trialled(Struct, frozen=True):
    """What a trial showed; times are the machine's own."""

    line: str  # What it went to; "" for nowhere.
    word: str  # What came of it: "done", or why not.
    why: str
    decided_ms: int = 0  # From "it is dead" to the decision.
    carried_ms: int = 0  # From the decision until the other line carried.
    back_ms: int = 0  # The way back.
    proof: str = ""  # What was seen over the other line.
    bytes_per_s: int | None = None
    is_back: bool = False


class Mover:
    """The lines of one shop."""

    def __init__(
        self,
        switching: Switching,
        world: World,
        settings: Settings,
        lines: Sequence[Line],
        verdicts: Callable[[], Sequence[Verdict]],
        allowances: Allowances,
        proofs: LineProofs,
        busy: Callable[[], Awaitable[frozenset[Busy]]],
    ) -> None:
        """busy: what a switch back would disturb now, the rush left out. Raises Misconfigured (settings.rush)."""
        self._switching, self._world, self._settings = switching, world, settings
        self._verdicts, self._busy = verdicts, busy
        self.lines, self.allowances, self.proofs = tuple(lines), allowances, proofs
        self._rushes = rushes_of(settings.rush)
        self._read_at: datetime | None = None
        self._ahead: dict[str, tuple[str, datetime, float]] = {}  # Line: its state, since when, how far the clock was ahead then.
        self._failed: tuple[str, datetime, int] | None = None  # Target, when, how often in a row.
        self._advised = ""
        self._proving: asyncio.Task[object] | None = None
        self._trial: Trial | None = None
        self._trying: asyncio.Task[None] | None = None
        self.trialled: Trialled | None = None  # What the last trial showed, since the start of the box.
        self._armed_at: datetime | None = None
        self._on_step: list[Callable[[str, str], Awaitable[None]]] = []
        self._on_look: list[Callable[[str], None]] = []
        self.hands = Hands(world)
        self.doubted: Callable[[], frozenset[str]] = frozenset  # Lines that missed their newest looks, as whoever looks says.
        self.was_armed = False  # At the last turn.
        self.throttled: frozenset[str] = frozenset()  # Lines that the carrier holds back, as last measured.
        self.decision = NOTHING
        self.decided_at: datetime | None = None

    def on_look(self, call: Callable[[str], None]) -> None:
        """`call` gets the name of a line that should be looked at at once; it raises nothing."""
        self._on_look.append(call)

    def on_step(self, call: Callable[[str, str], Awaitable[None]]) -> None:
        """`call` gets the key of the event and a sentence when a step of an allowance was reached."""
        self._on_step.append(call)

    # What stands --------------------------------------------------------------------------------

    @property
    def switching(self) -> Switching:
        return self._switching

    @property
    def driver(self) -> Switch | None:
        """The switch that moves lines: the nearest that can act, else the one that looks on."""
        found = [self._switching.switch(name) for name in LINES if name in self._switching.names()]
        return next((one for one in found if one.can_act), found[0] if found else None)

    @property
    def in_use(self) -> str:
        """The line in use, as last read back; "" where it is not known."""
        driver = self.driver
        return self._switching.in_use(driver.name) if driver else ""

    @property
    def is_armed(self) -> bool:
        driver = self.driver
        return driver is not None and self._switching.is_armed(driver.name)

    def other_line(self) -> Way | None:
        """What rung 1 stands on: another line than the one in use, as it is seen now, with its last proof."""
        return self.proofs.other_line(self.lines_now(), self.in_use or (self.lines[0].name if self.lines else ""))

    @property
    def trial(self) -> Trial | None:
        return self._trial

    def lines_now(self) -> tuple[LineNow, ...]:
        """Each line as it is seen, the usual one first."""
        if not self.lines:  # Concluding costs more than all the rest of a look at the ladder.
            return ()
        by_name, doubted = {one.service: one for one in self._verdicts()}, self.doubted()
        found = tuple(self._line_now(one, by_name.get(f"line-{one.name}"), doubted) for one in self.lines)
        if "dns" not in by_name or by_name["dns"].cause != "dns-nowhere":
            return found
        return tuple(replace(one, is_nameless=True) for one in found)  # Of the box's own lines: nobody asked another one.

    def _line_now(self, line: Line, seen: Verdict | None, doubted: frozenset[str]) -> LineNow:
        percent = self.allowances.percent(line.name)
        if seen is None:
            return LineNow(line.name, "unknown", None, line.carrier, percent)
        if seen.cause == "used-up":  # The allowance is our own word: the line itself answers.
            return LineNow(line.name, "up", self._since(seen), line.carrier, max(100, percent or 0))
        now = LineNow(line.name, seen.state, self._since(seen), line.carrier, percent, seen.cause in CARRIES, line.name in doubted)
        now = replace(now, is_nameless=seen.cause in NAMELESS_CAUSES, tells_names="dns" in seen.kinds)
        if self._trial is not None and self._trial.line == line.name:
            return replace(now, state="down", since=self._trial.began_at)
        return now

    def _since(self, seen: Verdict) -> datetime | None:
        """As today's clock has it: one that was set forward makes no line clean, one that was set back none dirty."""
        if seen.since is None:
            return None
        ahead_s = self._world.now().timestamp() - self._world.passed_s()
        state, since, before_s = self._ahead.get(seen.service, ("", seen.since, 0.0))
        if (state, since) != (seen.state, seen.since):
            before_s = ahead_s
            self._ahead[seen.service] = (seen.state, seen.since, ahead_s)
        shift_s = ahead_s - before_s
        return seen.since if abs(shift_s) < CLOCK_S else seen.since + timedelta(seconds=shift_s)

    # The loop -----------------------------------------------------------------------------------

    async def turn(self) -> float:
        """Look, decide, act; returns seconds until the next turn is due."""
        driver = self.driver
        if driver is None or not self.lines:
            await self._switching.heal()
            return IDLE_S
        await self._switching.heal(first=(driver.name,))
        scene = await self._scene(driver)
        decision = decide(scene)
        if not (decision.in_hurry and self._has_read()):  # Customers wait; the driver looks itself before it moves.
            await self._read_back(driver, at_once=False)
            scene = replace(scene, in_use=self.in_use)
            decision = decide(scene)
        if decision.word == "back":
            await self._read_back(driver, at_once=True)
            decision = decide(replace(scene, in_use=self.in_use))
        self._set(decision)
        if decision.word in ("engage", "back"):
            await self._carry_out(driver, decision)
            return WAIT_S
        self._advise(decision)
        if decision.word == "nowhere":
            self._look_again()
        await self._keep(driver, scene.now)
        self._prove_due(scene)
        pause_s = WAIT_S if decision.target or decision.word == "nowhere" else LOOK_S
        return min(one for one in (pause_s, decision.due_s, decision.again_s) if one is not None)

    def _look_again(self) -> None:
        """Ask whoever looks for fresh looks at the lines that are not in use."""
        for one in self.lines:
            if one.name != self.in_use:
                for call in self._on_look:
                    call(one.name)

    async def _keep(self, driver: Switch, now: datetime) -> None:
        """What is done now and then in a calm moment: tables laid anew, bytes counted, the carrier's brake noticed."""
        self.was_armed = self.is_armed
        self._armed_at = self._armed_at if self.was_armed else None
        if self.was_armed and (self._armed_at is None or now - self._armed_at >= timedelta(seconds=ARM_S)):
            is_first, self._armed_at = self._armed_at is None, now
            await self._switching.make_ready(driver.name)
            if is_first:  # Only now can a look be bound to a line that is not in use.
                self._look_again()
        for event, text in await self.allowances.turn(self.was_armed):
            self._switching.tell(text)
            for call in self._on_step:
                await call(event, text)
        self.throttled = frozenset(one.name for one in self.lines if self.proofs.is_throttled(one.name))

    async def _scene(self, driver: Switch) -> Scene:
        now = self._world.now()
        lines = self.lines_now()
        busy = {*await self._asked_busy(lines), *self.hands.busy()}
        if is_rush(self._rushes, now, self._settings.time_zone):
            busy.add("rush")
        return Scene(
            now=now,
            lines=lines,
            in_use=self.in_use,
            moves=self._switching.log.moves(driver.name),
            busy=frozenset(busy),
            is_armed=self.is_armed,
            can_act=driver.can_act,
            is_cut=any((one.service, one.state) == ("internet", "down") for one in self._verdicts()),
            clean_s=self._settings.line_clean_s,
        )

    async def _asked_busy(self, lines: Sequence[LineNow]) -> frozenset[Busy]:
        """Asked only where it matters, when the shop may go back; a telephone system that is silent hinders nothing."""
        current = next((one for one in lines if one.name == self.in_use), None)
        if current is None or current is lines[0] or current.state == "down":
            return frozenset()
        try:
            return await self._world.within(READ_S, self._busy())
        except TimeoutError:
            return frozenset()

    async def _read_back(self, driver: Switch, *, at_once: bool) -> None:
        now = self._world.now()
        if not at_once and self._read_at is not None and timedelta(0) <= now - self._read_at < timedelta(seconds=LOOK_S):
            return
        self._read_at = now
        await self._switching.read_back(driver.name, READ_S)

    def _has_read(self) -> bool:
        """What is in use was read a moment ago."""
        return self._read_at is not None and timedelta(0) <= self._world.now() - self._read_at < timedelta(seconds=2 * LOOK_S)

    def _set(self, decision: Decision) -> None:
        if (decision.word, decision.target) != (self.decision.word, self.decision.target):
            self.decided_at = self._world.now()
        self.decision = decision

    async def _carry_out(self, driver: Switch, decision: Decision) -> SwitchAnswer:
        wait_s = self._again_s(decision.target)
        if wait_s > 0:
            self._set(Decision("stay", decision.target, f"{decision.target} was tried and carried nothing; it is tried again", wait_s))
            return SwitchAnswer("refused", self.in_use, why=self.decision.why)
        self._switching.in_hurry = decision.in_hurry
        try:
            answer = await self._switching.engage(driver.name, decision.target, "", decision.why, is_back=self.is_usual(decision.target))
        finally:
            self._switching.in_hurry = False
        times = self._failed[2] if self._failed is not None and self._failed[0] == decision.target else 0
        self._failed = None if answer.word == "done" else (decision.target, self._world.now(), times + 1)
        return answer

    def _again_s(self, target: str) -> float:
        """Seconds until a target that carried nothing may be tried again."""
        if self._failed is None or self._failed[0] != target:
            return 0.0
        _, at, times = self._failed
        return min(AGAIN_S_MAX, AGAIN_S * 2.0 ** (times - 1)) - max(0.0, (self._world.now() - at).total_seconds())

    def is_usual(self, target: str) -> bool:
        """The first line of the settings."""
        return bool(self.lines) and self.lines[0].name == target

    def _advise(self, decision: Decision) -> None:
        """Said once, until something else is to be said."""
        text = f"Move to {decision.target} by hand: {decision.why}." if decision.word == "advise" else ""
        if text and text != self._advised:
            self._switching.tell(text)
        self._advised = text

    # Proofs -------------------------------------------------------------------------------------

    def _prove_due(self, scene: Scene) -> None:
        """Prove one line whose proof is due, beside the loop, in a calm moment."""
        if self._proving is not None and not self._proving.done():
            return
        name = "" if scene.busy or self._trial else self.proofs.due(scene.lines, scene.in_use)
        if name:
            self._proving = asyncio.create_task(self.proofs.prove(name), name=f"prove {name}")

    # What a person does -------------------------------------------------------------------------

    def target(self, name: str) -> str:
        """A line of the settings by its name. Raises NotFound."""
        if name not in (one.name for one in self.lines):
            raise NotFound(what="line", id=name[:40])
        return name

    def begin_trial(self, by: str, span_s: float = TRIAL_S) -> None:
        """The same beside the loop; `trialled` tells what it showed. Raises WrongState."""
        self._check_trial()
        self.trialled = None
        self._trying = asyncio.create_task(self._trial_kept(by, span_s), name="a trial")

    async def _trial_kept(self, by: str, span_s: float) -> None:
        try:
            self.trialled = await self.try_out(by, span_s)
        except TideoverError as error:
            self.trialled = Trialled("", "refused", error.message)

    def _check_trial(self) -> Switch:
        driver = self.driver
        if driver is None or not driver.can_act:
            raise WrongState(what="Trying the other line", why="the box may not move it; a person does")
        if self._trial is not None or (self._trying is not None and not self._trying.done() and asyncio.current_task() is not self._trying):
            raise WrongState(what="Trying the other line", why="it is being tried already")
        return driver

    async def try_out(self, by: str, span_s: float = TRIAL_S) -> Trialled:
        """Take the line in use for dead, go where the rules say, prove it, stay a while, go back. Raises WrongState."""
        driver = self._check_trial()
        await self._switching.heal(first=(driver.name,))
        await self._read_back(driver, at_once=True)
        usual = self.in_use
        if not usual:
            raise WrongState(what="Trying the other line", why="what is in use is not known")
        began_s = self._world.stopwatch_s()
        self._trial = Trial(by, usual, self._world.now(), span_s)
        try:
            scene = await self._scene(driver)
            decision = decide(replace(scene, is_armed=True, moves=()))
            decided_ms = self._since_ms(began_s)
            if decision.word != "engage":
                return Trialled("", decision.word, decision.why, decided_ms)
            return await self._tried(driver, usual, decision, decided_ms, by, span_s)
        finally:
            self._trial = None
            self._switching.wake.ring()

    async def _tried(self, driver: Switch, usual: str, decision: Decision, decided_ms: int, by: str, span_s: float) -> Trialled:
        why = f"a trial: {usual} is taken for dead"
        went = await self._switching.engage(driver.name, decision.target, by, why)
        found = Trialled(decision.target, went.word, went.why, decided_ms, went.took_ms)
        if went.word != "done":
            return found
        proof = await self.proofs.prove(decision.target, by) if self.proofs.can_prove else LineProved(decision.target, True)
        await self._world.pause(span_s)
        over = "the trial is over"
        if self.is_armed:
            back = await self._switching.engage(driver.name, usual, by, over, is_back=self.is_usual(usual))
        else:  # As it was found: what was laid for the trial goes, too.
            back = await self._switching.restore(driver.name, by, over)
        return replace(
            found,
            word="done" if back.word == "done" and proof.works else "failed",
            why=back.why or ("" if proof.works else proof.text),
            back_ms=back.took_ms,
            proof=proof.text,
            bytes_per_s=proof.bytes_per_s,
            is_back=back.word == "done",
        )

    def _since_ms(self, began_s: float) -> int:
        return round((self._world.stopwatch_s() - began_s) * 1000)

    async def shut(self) -> None:
        """End what runs beside the loop."""
        running = [one for one in (self._proving, self._trying) if one is not None]
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._switching.shut()
