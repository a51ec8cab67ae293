"""Lines and diversions that exist only in memory: for practice boxes and the simulation, where nothing real may move.

It keeps the same promises as the drivers that move something; what it moves is the record that it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tideover.ports import SwitchAnswer
from tideover.rules.phone import masked
from tideover.world import World

TIMEOUT_S = 5.0


def _all_carry(target: str) -> bool:
    return True


def _at_once(what: str) -> None:
    """A step that takes no time and never fails."""


@dataclass(slots=True, kw_only=True)
class Wires:
    """What stands outside the box, so to say; it outlives the object that moves it."""

    targets: tuple[str, ...]  # What can be in use.
    in_use: str
    found: str | None = None  # What was in use when it was armed; None: it was not.
    carries: Callable[[str], bool] = _all_carry
    step: Callable[[str], None] = _at_once  # Called after each change.
    hangs: bool = False


class Pretend:
    """Moves what is in memory only."""

    can_act = True

    def __init__(self, name: str, wires: Wires, world: World, timeout_s: float = TIMEOUT_S) -> None:
        """name: of the switch that it stands for."""
        self.name, self.timeout_s = name, timeout_s
        self._wires, self._world = wires, world

    async def arm(self) -> SwitchAnswer:
        if self._wires.hangs:
            return await self._silent()
        if self._wires.found is None:
            self._wires.found = self._wires.in_use
            self._wires.step("armed")
        return self._done()

    async def engage(self, target: str) -> SwitchAnswer:
        wires = self._wires
        if wires.hangs:
            return await self._silent()
        if target not in wires.targets:
            return SwitchAnswer("refused", wires.in_use, why="there is no such line")
        if wires.found is None:
            wires.found = wires.in_use
            wires.step("armed")
        before = wires.in_use
        if target == before:
            return self._done()
        wires.in_use = target
        wires.step("moved")
        if not wires.carries(target):
            wires.in_use = before
            wires.step("moved back")
            return SwitchAnswer("rolled-back", before, why="it carries nothing")
        return self._done()

    async def read_back(self) -> SwitchAnswer:
        return await self._silent() if self._wires.hangs else self._done()

    async def restore(self) -> SwitchAnswer:
        wires = self._wires
        if wires.hangs:
            return await self._silent()
        if wires.found is not None and wires.in_use != wires.found:
            wires.in_use = wires.found
            wires.step("restored")
        wires.found = None
        return self._done()

    def _done(self) -> SwitchAnswer:
        in_use = self._wires.in_use
        shown = masked(in_use) or in_use
        return SwitchAnswer("done", in_use, text=f"in use: {shown or 'nothing'}")

    async def _silent(self) -> SwitchAnswer:
        await self._world.pause(self.timeout_s)
        return SwitchAnswer("failed", why=f"no answer in {self.timeout_s:g} s")
