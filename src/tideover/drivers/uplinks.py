"""Moves the shop from one line to another on a Linux machine that is the shop's router, and back; all of it, or nothing.

One move: the kernel's way out → the servers that translate names → the old line's connections are forgotten → proof that the new
line carries → else all of it back. Each step is noted before it begins, so that a crash in any of them heals at the next start. It
never moves the shop to a line that has no cable, no address or no gateway; it never touches what is not its own (see routes.py), and
no device that the settings do not name. Without the right to change routes it only says what is in use, and why it can do no more.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from tideover.drivers import flows, quick_turn, resolvers, routes
from tideover.drivers.line_steps import AT_REST, Found, LineSteps, Step
from tideover.drivers.routes import Way
from tideover.errors import FolderUnusable
from tideover.model.line import Line
from tideover.ports import SwitchAnswer
from tideover.world import World

Carries = Callable[[Line], Awaitable[str]]  # "" where the line carries what the shop needs; else why not, in English.
PROOF_S = 20.0  # A line that shows nothing for so long carries nothing: all is back as it was within 30 seconds.
TIMEOUT_S = 45.0
CAP_NET_ADMIN = 1 << 12
STATUS = Path("/proc/self/status")
NO_PLACE = "the settings do not name the file any more in which the name servers stood; name it again as resolver_file"


def missing_right() -> str:
    """Why this process may not change routes; "" where it may."""
    if sys.platform != "linux":
        return "only on Linux can the box move lines by itself"
    if importlib.util.find_spec("pyroute2") is None:
        return "the Python package pyroute2 is missing"
    words = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    if not int(words.get("CapEff", "0").strip(), 16) & CAP_NET_ADMIN:
        return "this program has no right to change routes (CAP_NET_ADMIN)"
    return ""


async def _carries(line: Line) -> str:
    return ""


class Uplinks:
    """The switch `lines`. Raises nothing; every answer is a value."""

    name = "lines"
    timeout_s = TIMEOUT_S

    def __init__(
        self,
        lines: tuple[Line, ...],
        folder: Path,
        world: World,
        *,
        carries: Carries = _carries,
        in_hurry: Callable[[], bool] = lambda: False,
        resolver_file: Path | None = None,
        lift: Callable[[], Awaitable[str]] | None = None,
        proof_s: float = PROOF_S,
        kernel_s: float = routes.KERNEL_S,
        noticed: Callable[[str], None] = lambda step: None,
    ) -> None:
        """carries: the proof, bound to the line or from the shop's side. in_hurry: the line in use is dead and the target was
        proven a moment ago, so the proof comes after the move only. lift: takes away what counts and limits, at a restoration.
        noticed: told each step, before it is done."""
        self._lines, self._world, self._carries, self._in_hurry = lines, world, carries, in_hurry
        self._steps, self._resolver = LineSteps(folder), resolver_file and resolver_file.absolute()
        self._proof_s, self._noticed, self._lift, self._alone = proof_s, noticed, lift, asyncio.Lock()
        self._kernel = partial(routes.opened, kernel_s)
        self._ways: tuple[Way, ...] = ()  # As `arm` saw them last; () where something has failed since.
        self.seen = ""  # The line in use when somebody last asked.

    @property
    def why_not(self) -> str:
        """Why it only observes; "" where it can act."""
        return missing_right() if self._has_device else "no line of the settings names its network device"

    @property
    def _has_device(self) -> bool:
        return any(line.device for line in self._lines)

    @property
    def is_left_over(self) -> bool:
        """An earlier setting named lines, and what was laid for them still lies; no line names a device any more. Raises OSError."""
        return not self._has_device and self._steps.found() is not None

    @property
    def can_act(self) -> bool:
        return not self.why_not

    async def in_use(self) -> str:
        """Name of the line that the kernel sends unbound traffic by; "" for none of ours. Needs no right."""
        return (await self.read_back()).now

    async def read_back(self) -> SwitchAnswer:
        """What is in use now, asked of the kernel."""
        if sys.platform != "linux" or importlib.util.find_spec("pyroute2") is None:
            return SwitchAnswer(word="refused", why=missing_right())
        try:
            async with self._kernel() as kernel:
                ways = await routes.look(kernel, self._lines)
                self.seen = await routes.chosen(kernel, ways)
                moved = await routes.is_moved(kernel)
        except OSError as error:
            return SwitchAnswer(word="failed", why=_words(error))
        return SwitchAnswer(word="done", now=self.seen, text="moved by the box" if moved else "as the machine itself has it")

    async def arm(self) -> SwitchAnswer:
        """A table and rules for each line, as they are now; may be repeated, and should be when devices or gateways change."""
        return await self._do(self._arm)

    async def engage(self, target: str) -> SwitchAnswer:
        """Move the shop to that line; took_ms is what the move itself took, without the proof."""
        return await self._do(partial(self._engage, target))

    async def restore(self) -> SwitchAnswer:
        """Routes, rules and the resolver file as `arm` found them."""
        return await self._do(self._restore)

    async def heal(self) -> SwitchAnswer:
        """Once, at the start: what a crash left half done is undone, and what belongs to no line any more; a move that was proven stays."""
        try:
            if not self.is_left_over:
                return await self._do(self._heal)
            why = missing_right()
            is_empty = bool(why) and await self._is_clear()
        except OSError as error:
            return SwitchAnswer(word="failed", why=_words(error))
        return await self._do(self._forget, "") if is_empty else await self._do(self._restore, why)

    async def _is_clear(self) -> bool:
        """The kernel holds nothing of ours, as after a new start of the machine; False where that cannot be seen. Raises OSError."""
        if sys.platform != "linux" or importlib.util.find_spec("pyroute2") is None:
            return False
        async with self._kernel() as kernel:
            return await routes.is_clear(kernel)

    async def _forget(self) -> SwitchAnswer:
        """Nothing is to be undone in the kernel; the name servers are put back, and the notes go."""
        if not (why := self._name_servers(None)):
            self._steps.forget()
        return SwitchAnswer(word="failed" if why else "done", now=await self.in_use(), why=why)

    async def _do(self, work: Callable[[], Awaitable[SwitchAnswer]], why: str | None = None) -> SwitchAnswer:
        """why: why it may not, where that is not why it only observes."""
        if why := self.why_not if why is None else why:
            return SwitchAnswer(word="refused", now=(await self.in_use()) if sys.platform == "linux" else "", why=why)
        try:
            async with self._alone:
                answer = await work()
        except TimeoutError as error:  # Whoever did not answer is not asked again.
            return SwitchAnswer(word="failed", why=_words(error))
        except (OSError, FolderUnusable) as error:
            return SwitchAnswer(word="failed", now=await self.in_use(), why=_words(error))
        self.seen = answer.now
        return answer

    async def _arm(self) -> SwitchAnswer:
        if self._steps.step().step not in AT_REST:
            await self._heal()
        async with self._kernel() as kernel:
            if why := await routes.foreign(kernel):
                return SwitchAnswer(word="refused", why=why)
            ways = self._ways = await routes.look(kernel, self._lines)
            found, step = self._steps.found(), self._steps.step()
            sources = {way.name: way.source for way in ways if way.source}
            if found is None:
                self._steps.keep(self._what_is_there(sources))
                self._steps.begin(Step())
            else:
                self._keep_anew(found, step, sources)
            faults = await routes.lay(kernel, ways)
            way = _way(ways, step.target)
            if step.step == "engaged" and way is not None and way.is_usable and await routes.is_moved(kernel):
                await routes.turn(kernel, way, _sends_ipv6(ways))
            text = "; ".join([f"{name}: {why}" for name, why in faults.items()] + self._advice())
            return SwitchAnswer(word="done", now=await routes.chosen(kernel, ways), text=text)

    def _what_is_there(self, sources: dict[str, str]) -> Found:
        if self._resolver is None or resolvers.why_not(self._resolver):
            return Found(sources=sources)
        there = resolvers.read(self._resolver)
        return Found(sources=sources, has_resolver=True, resolver=there, resolver_file=str(self._resolver))

    def _keep_anew(self, found: Found, step: Step, sources: dict[str, str]) -> None:
        """What is different now: our addresses; and, as long as nothing is moved, the settings' file of name servers and what is in it."""
        now = structs.replace(found, sources=found.sources | sources)
        if step.step == "armed" and self._resolver is not None:
            self._name_servers(None)
            now = self._what_is_there(now.sources)
        if now != found:
            self._steps.keep(now)

    def _advice(self) -> list[str]:
        """What a person should see to, because the box may not."""
        if self._resolver is None:
            return []
        why = resolvers.why_not(self._resolver)
        return [why] if why else []

    async def _engage(self, target: str) -> SwitchAnswer:
        if self._steps.step().step not in AT_REST:
            await self._heal()
        line = next((one for one in self._lines if one.name == target), None)
        ways, way, now, was_moved = await self._seen_for(target)
        if self._steps.found() is None:
            return SwitchAnswer(word="refused", now=now, why="it is not armed")
        if line is None or way is None:
            return SwitchAnswer(word="refused", now=now, why=f"no line {target!r} of the settings names its network device")
        if why := _no_way_out(way):
            return SwitchAnswer(word="refused", now=now, why=why)
        if now == target:
            return SwitchAnswer(word="done", now=now, text="it is in use already")
        if not self._in_hurry() and (why := await self._proof(line)):
            return SwitchAnswer(word="refused", now=now, why=f"{target} carries nothing: {why}")
        return await self._move(line, ways, Step(step="route", target=target, before=now, was_moved=was_moved))

    async def _seen_for(self, target: str) -> tuple[tuple[Way, ...], Way | None, str, bool]:
        """The lines' ways, the target's with its cable as it is this moment, the line in use, whether a rule of ours decides that."""
        if self._in_hurry() and (ways := self._ways):
            way = _way(ways, target)
            with quick_turn.opened() as quick:
                way = way and structs.replace(way, has_carrier=quick.has_cable(way))
                return ways, way, quick.chosen(ways), quick.is_moved()
        async with self._kernel() as kernel:
            ways = await routes.look(kernel, self._lines)
            way = _way(ways, target)
            return ways, way, await routes.chosen(kernel, ways), await routes.is_moved(kernel)

    async def _move(self, line: Line, ways: tuple[Way, ...], step: Step) -> SwitchAnswer:
        began_s = self._world.stopwatch_s()
        try:
            text = await self._change(line, ways, step)
            took_ms = round((self._world.stopwatch_s() - began_s) * 1_000)
            self._begin(structs.replace(step, step="proof"))
            why = await self._proof(line)
        except asyncio.CancelledError:  # The box stops: nothing unproven stays.
            await self._back(step)
            raise
        except (OSError, FolderUnusable) as error:
            why = _words(error)
        if why:
            now = await self._back(step)
            return SwitchAnswer(word="rolled-back", now=now, why=f"{line.name} carries nothing: {why}")
        self._begin(structs.replace(step, step="engaged"))
        return SwitchAnswer(word="done", now=line.name, text=text, took_ms=took_ms)

    async def _change(self, line: Line, ways: tuple[Way, ...], step: Step) -> str:
        """Route, names, flows. Raises OSError; gives what could not be done and does not matter enough to go back."""
        self._begin(step)
        if (now := await self._turned(line, ways, step)) != line.name:
            raise OSError(0, f"the kernel still sends by {now or 'no line of ours'}")
        self._begin(structs.replace(step, step="names"))
        self._name_servers(line)
        self._begin(structs.replace(step, step="flows"))
        return await self._forget_flows(ways, step.before)

    async def _turned(self, line: Line, ways: tuple[Way, ...], step: Step) -> str:
        """The way out is that line's; gives the line that the kernel then sends by."""
        way = _way(ways, line.name)
        if self._in_hurry() and way is not None and not way.is_mains and not step.was_moved:
            with quick_turn.opened() as quick:
                quick.turn(way, _sends_ipv6(ways))
                return quick.chosen(ways)
        async with self._kernel() as kernel:
            await self._lead(kernel, ways, line.name)
            return await routes.chosen(kernel, ways)

    async def _lead(self, kernel: Any, ways: tuple[Way, ...], target: str) -> None:
        """The way out is that line's: by the machine's own main table where that is so already, else by ours."""
        way = _way(ways, target)
        if way is None or way.is_mains:
            await routes.unturn(kernel)
        else:
            await routes.turn(kernel, way, _sends_ipv6(ways))

    def _name_servers(self, line: Line | None) -> str:
        """line None, or the first: what stood there before, unless a person has written there since. "" or why not. Raises OSError."""
        found = self._steps.found()
        if found is None or not found.has_resolver:
            return ""
        place = Path(found.resolver_file) if found.resolver_file else self._resolver
        if place is None:
            return NO_PLACE
        there = resolvers.read(place)
        if line is None or line.name == self._lines[0].name or not line.dns or place != self._resolver:
            if resolvers.is_ours(there) and there != found.resolver:
                resolvers.write(place, found.resolver)
            return ""
        if there != found.resolver and not resolvers.is_ours(there):  # A person's, of after the arming.
            try:
                self._steps.keep(structs.replace(found, resolver=there))
            except FolderUnusable as error:  # Their only copy stays where it is; the shop moves all the same.
                return _words(error)
        if there != (wanted := resolvers.text_for(line.name, line.dns)):
            resolvers.write(place, wanted)
        return ""

    async def _forget_flows(self, ways: tuple[Way, ...], line: str) -> str:
        way, found = _way(ways, line), self._steps.found()
        source = (way.source if way else "") or (found.sources.get(line, "") if found else "")
        if not source:
            return ""
        try:
            return f"{await flows.forget(source)} connections begin anew"
        except OSError as error:  # A kernel without connection tracking has none to forget.
            return f"old connections could not be ended: {_words(error)}"

    async def _proof(self, line: Line) -> str:
        try:
            return await self._world.within(self._proof_s, self._carries(line))
        except TimeoutError:
            return f"no proof came within {self._proof_s:.0f} s"

    async def _back(self, step: Step) -> str:
        """As it was before that step; gives the line in use. Raises OSError."""
        self._ways = ()
        self._begin(structs.replace(step, step="back"))
        async with self._kernel() as kernel:
            ways = await routes.look(kernel, self._lines)
            if step.was_moved:
                await self._lead(kernel, ways, step.before)
            else:
                await routes.unturn(kernel)
            now = await routes.chosen(kernel, ways)
        before = next((one for one in self._lines if one.name == step.before and step.was_moved), None)
        self._name_servers(before)
        if step.target != now:
            await self._forget_flows(ways, step.target)
        self._begin(Step(step="engaged", target=step.before, before=step.before, was_moved=True) if step.was_moved else Step())
        return now

    async def _heal(self) -> SwitchAnswer:
        found, step = self._steps.found(), self._steps.step()
        if found is None or step.step == "restoring":
            return await self._restore()
        now = await self.in_use()
        async with self._kernel() as kernel:
            moved = await routes.is_moved(kernel)
        if step.step in AT_REST and (step.step == "engaged" or not moved):
            if step.step == "engaged" and now != step.target:  # The machine began anew: its tables are empty, the resolver file is not.
                return SwitchAnswer(word="rolled-back", now=await self._back(Step(target=step.target)), why="the machine was started anew")
            return SwitchAnswer(word="done", now=now)
        return SwitchAnswer(word="rolled-back", now=await self._back(step), why=f"it was interrupted at the step {step.step!r}")

    async def _restore(self) -> SwitchAnswer:
        step, found = self._steps.step(), self._steps.found()
        if found is not None:
            self._begin(structs.replace(step, step="restoring"))
        async with self._kernel() as kernel:
            ways = await routes.look(kernel, self._lines)
            before = await routes.chosen(kernel, ways)
            await routes.clear(kernel)
            now = await routes.chosen(kernel, ways)
        why_names = self._name_servers(None)
        before = before or step.target  # The settings may not name its device any more.
        text = await self._forget_flows(ways, before) if before != now else ""
        if self._lift is not None and (why := await self._lift()):
            text = f"{text}; the meter: {why}" if text else f"the meter: {why}"
        if why_names:
            return SwitchAnswer(word="failed", now=now, text=text, why=why_names)
        self._steps.forget()
        return SwitchAnswer(word="done", now=now, text=text)

    def _begin(self, step: Step) -> None:
        self._steps.begin(step)
        self._noticed(step.step)


def _way(ways: tuple[Way, ...], name: str) -> Way | None:
    return next((one for one in ways if one.name == name), None)


def _no_way_out(way: Way) -> str:
    if not way.index:
        return f"the device {way.device} is not there"
    if not way.has_carrier:
        return f"{way.device} has no cable"
    return "" if way.is_usable else f"{way.device} has no address or no gateway"


def _sends_ipv6(ways: tuple[Way, ...]) -> bool:
    return any(way.has_ipv6 for way in ways)


def _words(error: OSError | FolderUnusable) -> str:
    if isinstance(error, TimeoutError):
        return "the kernel did not answer"
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
