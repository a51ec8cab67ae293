"""Arms, engages and restores the shop's switches, and writes each act down before and after.

Nothing is armed but by a person's word. One act at a time per switch; a driver that hangs is cut off at its own time and never
holds up another one. An act that was torn off by a crash is looked at when the box starts, and ended: accepted or led back.
A journal that takes nothing does not stop a switch: the shop needs its line first.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from tideover.activate.abandoned import NO_MORE, Abandoned, abandoned
from tideover.activate.switch_log import KINDS, Act, SwitchLog, Word
from tideover.activate.switch_words import TITLES, in_words
from tideover.errors import Damaged, NotFound, TideoverError, WrongState
from tideover.journal.store import Journal
from tideover.model.switching import Armed, Switched
from tideover.ports import Switch, SwitchAnswer
from tideover.rules.phone import masked
from tideover.world import Wake, World

READ_ROWS = 1_000
LINES = ("lines", "router")  # Switches that move lines; the others move calls, and no number of a person stands in the journal.
TEXT_MAX = 900  # Characters of a driver's words that are kept.
NAME_MAX = 200
SHUT_S = 5.0  # For a driver to be cut off in; at the next start it heals what it left.
STUCK = "its last act has not ended yet"
NO_RIGHT = "the box may not move it; a person does"
HEALED_THERE = "the box was torn off in the middle; what it had begun stands"
HEALED_BACK = "the box was torn off in the middle; it was led back"
ABANDONED = (
    "was moved, and the settings name it no more, so the box cannot lead it back. Do it by hand, and say so on the page of switching."
)
GONE = "the settings name no device of a line any more; what was laid for it is taken away"


class Left(Protocol):
    """A switch of an earlier setting that can still take away what it laid."""

    name: str
    timeout_s: float

    async def heal(self) -> SwitchAnswer:
        """Raises nothing."""


class SwitchNow(Struct, frozen=True):
    """One switch, for a page or a program."""

    name: str
    can_act: bool
    why_not: str  # Why it cannot; "" where it can.
    is_armed: bool
    armed: Word | None  # The newest word about it.
    in_use: str  # As it was last read back; "" for nothing or not known.
    text: str  # What it said then.
    engaged: str  # The target that it was moved to and not led back from; "" for none.
    is_abandoned: bool = False  # The settings name it no more: only a person leads it back.


class Switching:
    """The switches of one shop."""

    def __init__(self, journal: Journal, world: World, switches: Sequence[Switch], left_over: Left | None = None) -> None:
        """switches: each with a name of its own. left_over: of a setting that is no more; it is healed once, and moves nothing."""
        self._left_over = left_over
        self._journal, self._world = journal, world
        self._switches = {one.name: one for one in switches}
        self._abandoned: dict[str, Abandoned] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._calls: set[asyncio.Future[SwitchAnswer]] = set()  # Of drivers, as long as they run.
        self._stuck: dict[str, asyncio.Future[SwitchAnswer]] = {}
        self._seen: dict[str, SwitchAnswer] = {}
        self._told: list[Callable[[str], None]] = []
        self._after = 0
        self._log, self._is_stale = SwitchLog(), True
        journal.on_append(self._mark)
        self._healing: dict[str, asyncio.Task[None]] = {}
        self._is_begun = False
        self.wake = Wake(world)  # Rung when something changed that the loop decides on.
        self.in_hurry = False  # True while a dead line is left: the driver moves first and proves after.
        self.damaged: Damaged | None = None

    def on_told(self, call: Callable[[str], None]) -> None:
        """`call` gets a sentence for people when something was moved, or could not be."""
        self._told.append(call)

    # What stands --------------------------------------------------------------------------------

    @property
    def log(self) -> SwitchLog:
        """All that the journal says; a damaged one as far as it can be read."""
        if not self._is_stale:
            return self._log
        self._is_stale = False
        try:
            while kept := self._journal.read(after=self._after, kinds=KINDS, limit=READ_ROWS):
                self._log.take(one.entry for one in kept)
                self._after = kept[-1].seq
        except Damaged as error:
            self.damaged = error
        return self._log

    def _mark(self) -> None:
        self._is_stale = True

    def names(self) -> list[str]:
        return list(self._switches)

    def switch(self, name: str) -> Switch:
        """Raises NotFound."""
        found = self._switches.get(name) or self._abandoned.get(name)
        if found is None:
            raise NotFound(what="switch", id=name[:40])
        return found

    def is_armed(self, name: str) -> bool:
        return name in self._switches and self._switches[name].can_act and self.log.is_armed(name)

    def in_use(self, name: str) -> str:
        """As it was last read back."""
        seen = self._seen.get(name)
        return seen.now if seen else ""

    def states(self) -> list[SwitchNow]:
        """Every switch; asks no driver."""
        log = self.log
        left = [one for one in self._abandoned.values() if log.engaged(one.name)]
        return [self._state(one, log) for one in (*self._switches.values(), *left)]

    def _state(self, one: Switch, log: SwitchLog) -> SwitchNow:
        seen = self._seen.get(one.name)
        why_not = "" if one.can_act else getattr(one, "why_not", "") or NO_RIGHT
        said = (seen.text or seen.why) if seen else ""
        return SwitchNow(
            name=one.name,
            can_act=one.can_act,
            why_not=why_not,
            is_armed=self.is_armed(one.name),
            armed=log.words.get(one.name),
            in_use=_kept(one.name, self.in_use(one.name)),
            text=said,
            engaged=log.engaged(one.name),
            is_abandoned=one.name in self._abandoned,
        )

    # What people and the loop do ------------------------------------------------------------------

    async def arm(self, name: str, is_on: bool, by: str, why: str = "") -> None:
        """A person's word: it may move by itself from now on, or no more. What is in use stays in use.

        Raises NotFound; WrongState where the driver could not be made ready.
        """
        driver = self.switch(name)
        async with self._locks[name]:
            if is_on:
                answer = await self._within(driver, driver.arm)
                if answer.word != "done":
                    raise WrongState(what="Arming", why=answer.why or "it does not answer")
                self._seen[name] = answer
            elif driver.can_act and not self.log.engaged(name):  # What it laid ready goes; what is in use stays.
                await self._within(driver, driver.restore)
            await self._write("armed", Armed(name, is_on, why[:TEXT_MAX]), by)
        title = TITLES.get(name, name)
        self.tell(
            f"{title}: may move by itself now; {by} said so." if is_on else f"{title}: does not move by itself any more; {by} said so."
        )
        self.wake.ring()

    async def make_ready(self, name: str) -> None:
        """Lay anew what an armed switch needs; what is in use stays in use. Raises NotFound."""
        driver = self.switch(name)
        async with self._locks[name]:
            answer = await self._within(driver, driver.arm)
            if answer.word == "done":
                self._seen[name] = answer

    async def engage(self, name: str, target: str, by: str = "", why: str = "", *, is_back: bool = False) -> SwitchAnswer:
        """Move it. by: the person, "" for by itself (then it must be armed). is_back: the target is the usual one.

        Raises NotFound.
        """
        driver = self.switch(name)
        return await self._act(driver, target, lambda: driver.engage(target), by, why, "restored" if is_back else "engaged")

    async def restore(self, name: str, by: str = "", why: str = "") -> SwitchAnswer:
        """As it was when it was armed. Raises NotFound."""
        driver = self.switch(name)
        return await self._act(driver, "", driver.restore, by, why, "restored")

    async def read_back(self, name: str, timeout_s: float | None = None) -> SwitchAnswer:
        """Ask the thing itself; what it does not say in time is not known. Raises NotFound."""
        driver = self.switch(name)
        if self._locks[name].locked():
            return self._seen.get(name) or SwitchAnswer("failed", why=STUCK)
        answer = await self._within(driver, driver.read_back, timeout_s)
        if answer.word == "done":
            self._seen[name] = answer
        return answer

    async def _act(
        self, driver: Switch, target: str, call: Callable[[], Awaitable[SwitchAnswer]], by: str, why: str, word: str
    ) -> SwitchAnswer:
        """Written down as begun, done, read back, written down as ended."""
        name = driver.name
        async with self._locks[name]:
            if not by and not self.is_armed(name):
                return SwitchAnswer("refused", self.in_use(name), why="nobody allowed it to move by itself")
            if not driver.can_act:
                return SwitchAnswer("refused", self.in_use(name), why=self._state(driver, self.log).why_not)
            hurries = self.in_hurry and bool(self.in_use(name))
            before = self.in_use(name) if hurries else (await self._within(driver, driver.read_back)).now or self.in_use(name)
            began = Switched(name, "began", _kept(name, before), _kept(name, target), why[:TEXT_MAX])
            began_s = self._world.stopwatch_s()
            answer = await self._begun(driver, target, call, self._write("switched", began, by), is_beside=hurries)
            if answer.word == "failed":
                answer = await self._settle(driver, before, target, answer)
            took_ms = answer.took_ms or round((self._world.stopwatch_s() - began_s) * 1000)
            answer = replace(answer, took_ms=took_ms)
            await self._end(driver, began, answer, word, by)
        self.wake.ring()
        return answer

    async def _begun(
        self,
        driver: Switch,
        target: str,
        call: Callable[[], Awaitable[SwitchAnswer]],
        written: Coroutine[None, None, None],
        *,
        is_beside: bool,
    ) -> SwitchAnswer:
        """Written down, made ready, done. A driver that heals itself keeps its own note, so in a hurry the journal is written beside it."""
        if is_beside and hasattr(driver, "heal") and self.is_armed(driver.name):
            answer, _ = await asyncio.gather(self._within(driver, call), written)
            return answer
        await written
        answer = await self._ready(driver, target)
        return await self._within(driver, call) if answer.word == "done" else answer

    async def _ready(self, driver: Switch, target: str) -> SwitchAnswer:
        """Whoever moves by hand what nobody armed has it made ready first; armed, or to be led back, it is."""
        if not target or self.is_armed(driver.name):
            return SwitchAnswer("done")
        return await self._within(driver, driver.arm)

    async def _settle(self, driver: Switch, before: str, target: str, failed: SwitchAnswer) -> SwitchAnswer:
        """It may be half way: what it says itself counts, else it is led back."""
        seen = await self._within(driver, driver.read_back)
        if seen.word == "done" and target and seen.now == target:
            return replace(seen, why=failed.why)
        if seen.word == "done" and seen.now == before:
            return SwitchAnswer("rolled-back", before, seen.text, failed.why)
        back = await self._within(driver, driver.restore)
        return SwitchAnswer("rolled-back", back.now, back.text, failed.why) if back.word == "done" else failed

    async def _end(self, driver: Switch, began: Switched, answer: SwitchAnswer, word: str, by: str) -> None:
        what = word if answer.word == "done" else answer.word
        if answer.word == "done" or answer.now:
            self._seen[driver.name] = answer
        said = "; ".join(one for one in (answer.text, answer.why) if one)[:TEXT_MAX]
        target = began.target or (_kept(driver.name, answer.now) if answer.word == "done" else "")
        body = replace(began, what=what, target=target, read_back=said, took_ms=max(0, answer.took_ms))
        await self._write("switched", body, by)
        self.tell(in_words(Act(self._world.now(), by, body)))

    # After a crash ------------------------------------------------------------------------------

    async def heal(self, first: Sequence[str] = ()) -> None:
        """End what was torn off; waits only for the switches named in `first`. Does nothing the second time."""
        if not self._is_begun:
            self._is_begun, log = True, self.log
            await self._look_back()
            for name, driver in self._switches.items():
                self._healing[name] = asyncio.create_task(self._heal(driver, log.torn.get(name)), name=f"heal {name}")
        await asyncio.gather(*(self._healing[name] for name in first if name in self._healing))

    async def _heal(self, driver: Switch, torn: Act | None) -> None:
        async with self._locks[driver.name]:
            if driver.can_act and hasattr(driver, "heal"):  # It knows of its own steps.
                healed = await self._within(driver, driver.heal)
                if torn is None and healed.word == "rolled-back":  # Torn off before the journal knew that it began.
                    was = self.log.engaged(driver.name) or healed.now
                    await self._write("switched", Switched(driver.name, "healed", was, healed.now, healed.why[:TEXT_MAX]), "")
            seen = await self._within(driver, driver.read_back)
            if seen.word == "done":
                self._seen[driver.name] = seen
            if torn is not None:
                await self._end_torn(driver, torn, seen)
            if self.is_armed(driver.name):  # Its tables may be gone with the machine's last start.
                await self._within(driver, driver.arm)
        self.wake.ring()

    async def _take_away(self, gone: Left) -> None:
        """The settings name those lines no more: nothing of them stays, and the journal holds what was in use."""
        was = self.log.engaged(gone.name)
        if self.log.is_armed(gone.name):  # Named again some day, it waits for a person's word, even if the box dies in the next line.
            await self._write("armed", Armed(gone.name, False, GONE), "")
        healed = await self._within(gone, gone.heal)
        why = healed.why
        if healed.word == "refused":
            self.tell(
                f"what was laid for lines that the settings name no more is still there: {why}. Start the box once as root and with "
                "pyroute2, and all of it goes; or start the machine anew, and after it the box."
            )
        elif healed.word != "done":
            self.tell(f"what was laid for lines that the settings name no more is still there: {why}")
        elif was:
            await self._write("switched", Switched(gone.name, "healed", was, healed.now, GONE), "")

    async def _look_back(self) -> None:
        """What the settings name no more: taken away where the box can; else, if it was moved, it waits for a person, and named again
        for that person's word as well."""
        named = {*self._switches}
        if self._left_over is not None:
            named.add(self._left_over.name)
            await self._take_away(self._left_over)
        self._abandoned = abandoned(self.log, named)
        for name in self._abandoned:
            if self.log.is_armed(name):
                await self._write("armed", Armed(name, False, NO_MORE), "")
            self.tell(f"{TITLES.get(name, name)}: {ABANDONED}")

    async def _end_torn(self, driver: Switch, torn: Act, seen: SwitchAnswer) -> None:
        """Stands where it was going, or where it was: accepted. Anything else is led back."""
        body = torn.body
        now = _kept(driver.name, seen.now)
        if seen.word == "done" and now in (body.before, body.target):
            stands = now == body.target
            what, answer, why = "healed", seen, HEALED_THERE if stands else HEALED_BACK
        else:
            answer = await self._within(driver, driver.restore)
            what, why = ("healed" if answer.word == "done" else "failed"), HEALED_BACK
            self._seen[driver.name] = answer
        said = "; ".join(one for one in (answer.text, answer.why) if one)[:TEXT_MAX]
        ended = replace(body, what=what, target=_kept(driver.name, answer.now), why=why, read_back=said, took_ms=max(0, answer.took_ms))
        await self._write("switched", ended, torn.by)
        self.tell(in_words(Act(self._world.now(), torn.by, ended)))

    async def shut(self) -> None:
        """End what still runs; what was cut off is not waited for."""
        running = {*self._healing.values(), *self._calls}
        for one in running:
            one.cancel()
        over, _ = await asyncio.wait(running, timeout=SHUT_S) if running else ((), ())
        for one in over:
            _swallow(one)

    # How it is done -----------------------------------------------------------------------------

    async def _within(self, driver: Switch | Left, call: Callable[[], Awaitable[SwitchAnswer]], timeout_s: float = 0.0) -> SwitchAnswer:
        """The driver's answer, or that there was none in its time; a driver that cannot even be cut off is left alone until it ends."""
        stuck = self._stuck.get(driver.name)
        if stuck is not None and not stuck.done():
            return SwitchAnswer("failed", why=STUCK)
        task = asyncio.ensure_future(call())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        limit_s = min(driver.timeout_s, timeout_s or driver.timeout_s)
        try:
            return await self._world.within(limit_s, asyncio.shield(task))
        except TimeoutError:
            self._stuck[driver.name] = task
            task.add_done_callback(_swallow)
            task.cancel()
            return SwitchAnswer("failed", why=f"no answer in {limit_s:g} s")
        except (OSError, EOFError, TideoverError) as error:  # It promised to raise nothing.
            return SwitchAnswer("failed", why=str(error)[:TEXT_MAX] or type(error).__name__)

    async def _write(self, kind: str, body: Struct, by: str) -> None:
        try:
            await self._journal.record(kind, body, operator=by or None)
        except Damaged as error:
            self.damaged = error

    def tell(self, text: str) -> None:
        """A sentence for people."""
        for call in self._told:
            call(text)


def _kept(name: str, what: str) -> str:
    """What was in use, as the journal and pages may hold it."""
    return what[:NAME_MAX] if name in LINES else masked(what)


def _swallow(task: asyncio.Future[SwitchAnswer]) -> None:
    """Whatever comes of a call that was cut off, nobody waits for it any more."""
    if not task.cancelled():
        task.exception()
