"""Moves the shop's calls to another number and back, whatever carries it out: a telephone system, a modem.

What was there is on the disk before the first byte of a change leaves, and is put back exactly: somebody's voicemail is a diversion
too. Done is said only of what was read back. Texts name no number in full, for they go into the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec.structs import replace

from tideover.drivers.found_before import FoundBefore, Shelf
from tideover.errors import TideoverError
from tideover.ports import SwitchAnswer
from tideover.rules.phone import dialled, is_same, masked
from tideover.world import World

State = dict[str, str]  # As the device writes a diversion down; {} where there is none.

NO_NUMBER = "that is no telephone number"
MUTE = "it does not answer"
BROKE_OFF = "it breaks off the connection"
OTHERWISE = "it says done, and shows something else"


class NotDone(Exception):
    """The device said no; `args[0]` says why, in words."""


class Talk(Protocol):
    """An open way to a device. Raises NotDone, OSError, EOFError, ValueError."""

    async def look(self) -> State:
        """What is diverted where."""

    async def divert(self, number: str) -> None:
        """All calls to that number."""

    async def put(self, before: State) -> None:
        """As it was: only what differs is touched."""


class Device(Protocol):
    """What carries a diversion out."""

    name: str
    of: str  # What of it is diverted: an extension, a line.
    timeout_s: float
    why_not: str  # Why the box may not move it; "" where it may.

    def talk(self, of: str) -> AbstractAsyncContextManager[Talk]:
        """Raises as Talk."""

    def number_in(self, state: Mapping[str, str]) -> str:
        """Where the calls go; "" for nowhere else."""

    def fits(self, now: State, before: State) -> bool:
        """True where `now` is as it was before, as far as anybody who rings can tell."""


class Diversion:
    """A ports.Switch over one device."""

    def __init__(self, device: Device, shelf: Shelf, world: World) -> None:
        self.name, self.timeout_s, self._device, self._shelf, self._world = device.name, device.timeout_s, device, shelf, world
        self._turn = asyncio.Lock()
        self._touched = False  # A byte of a change may have left, in the call that runs.

    @property
    def can_act(self) -> bool:
        return not self._device.why_not

    @property
    def why_not(self) -> str:
        return self._device.why_not

    async def arm(self) -> SwitchAnswer:
        """Keeps what is there, unless something is engaged: then what was found first stays."""
        return await self._do(self._arm)

    async def engage(self, target: str) -> SwitchAnswer:
        number = dialled(target)
        if not number:
            return SwitchAnswer("refused", why=NO_NUMBER)
        return await self._do(lambda: self._engage(number))

    async def read_back(self) -> SwitchAnswer:
        return await self._do(self._read_back, is_act=False)

    async def restore(self) -> SwitchAnswer:
        """Puts back what was found, where something was moved; a diversion that the box did not make is left alone."""
        return await self._do(self._restore)

    async def _do(self, work: Callable[[], Awaitable[SwitchAnswer]], is_act: bool = True) -> SwitchAnswer:
        if is_act and self._device.why_not:
            return SwitchAnswer("refused", why=self._device.why_not)
        began_s = self._world.stopwatch_s()
        try:
            answer = await self._world.within(self.timeout_s, self._in_turn(work))
        except TimeoutError:
            answer = self._not_done(MUTE)
        except NotDone as error:
            answer = self._not_done(error.args[0])
        except TideoverError as error:
            answer = self._not_done(error.message)
        except (OSError, EOFError, ValueError) as error:
            answer = self._not_done(_in_words(error))
        return replace(answer, took_ms=round((self._world.stopwatch_s() - began_s) * 1000))

    def _not_done(self, why: str) -> SwitchAnswer:
        return SwitchAnswer("failed" if self._touched else "refused", why=why)

    async def _in_turn(self, work: Callable[[], Awaitable[SwitchAnswer]]) -> SwitchAnswer:
        async with self._turn:
            self._touched = False
            return await work()

    # In turn --------------------------------------------------------------------------------------

    async def _arm(self) -> SwitchAnswer:
        async with self._device.talk(self._device.of) as talk:
            state = await talk.look()
        if not self._engaged():
            self._shelf.keep(FoundBefore(state, self._device.of))
        return self._done(state)

    async def _read_back(self) -> SwitchAnswer:
        async with self._device.talk(self._device.of) as talk:
            return self._done(await talk.look())

    async def _engage(self, number: str) -> SwitchAnswer:
        found = self._engaged()
        if found is not None and found.of != self._device.of:
            return SwitchAnswer("refused", why="something else is diverted still; put that back first")
        async with self._device.talk(self._device.of) as talk:
            state = await talk.look()
            found = found or FoundBefore(state, self._device.of)
            self._shelf.keep(replace(found, target=number))
            if is_same(self._device.number_in(state), number):
                return self._done(state, number)
            self._touched = True
            why = await _tried(talk.divert(number))
            now = await talk.look()
            if is_same(self._device.number_in(now), number):
                return self._done(now, number)
            return await self._back(talk, found, now, why or OTHERWISE)

    async def _back(self, talk: Talk, found: FoundBefore, now: State, why: str) -> SwitchAnswer:
        """It did not work: as it was before."""
        is_as_before = self._device.fits(now, found.before)
        if not is_as_before:
            await talk.put(found.before)
            if not self._device.fits(await talk.look(), found.before):
                return SwitchAnswer("failed", why=why)
        self._shelf.keep(replace(found, target=""))
        return replace(self._done(found.before), word="refused" if is_as_before else "rolled-back", why=why)

    async def _restore(self) -> SwitchAnswer:
        found = self._engaged()
        if found is None:
            return await self._read_back()
        async with self._device.talk(found.of) as talk:
            self._touched = True
            if await talk.look() != found.before:
                await talk.put(found.before)
                now = await talk.look()
                if not self._device.fits(now, found.before):
                    return SwitchAnswer("failed", self._device.number_in(now), why=OTHERWISE)
        self._shelf.keep(replace(found, target=""))
        return self._done(found.before)

    def _engaged(self) -> FoundBefore | None:
        """What was found before something was moved; None while nothing is."""
        found = self._shelf.read()
        return found if found is not None and found.target else None

    def _done(self, state: State, asked: str = "") -> SwitchAnswer:
        number = asked or self._device.number_in(state)
        text = f"calls go to the number that ends in {masked(number)}" if number else "calls are not diverted"
        return SwitchAnswer("done", number, text)


async def _tried(work: Awaitable[None]) -> str:
    """"" or why it was not done: what became of it is looked at all the same."""
    try:
        await work
    except NotDone as error:
        return str(error.args[0])
    return ""


def _in_words(error: OSError | EOFError | ValueError) -> str:
    match error:
        case ConnectionRefusedError():
            return "it refuses the connection"
        case ConnectionError() | EOFError():
            return BROKE_OFF
        case FileNotFoundError():
            return "its device is not there"
        case PermissionError():
            return "this program may not open its device"
        case ValueError():
            return "it answers, but not as it should"
    return "it cannot be reached"
