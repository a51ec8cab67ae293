"""Keeps count of what lines with an allowance have carried, and tells each step once in a cycle.

Where the meter can, what the shop does not need is stopped at the end of the allowance; only where the owner armed it.
Never claims to know the bill.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct, field

from tideover.activate.allowance import USED_UP, Usage, in_words, step_reached, usage_of
from tideover.disk import write_whole
from tideover.errors import Damaged, FolderUnusable
from tideover.journal.store import Journal
from tideover.model.facts import LogNote
from tideover.model.line import Line
from tideover.world import World, to_ms

FILE = "allowance.json"
EVERY_S = 60.0  # Pause between two readings: a line of 100 Mbit/s carries 750 MB in it at most.
LISTED_ONLY = "Only what the shop needs passes over it now."


class Meter(Protocol):
    """Counts bytes per line and class of traffic. Raises nothing."""

    async def read(self) -> Mapping[str, Mapping[str, int]]:
        """Line to class to bytes of its present cycle, both ways."""

    async def limit(self, line: str, left_bytes: int | None) -> str:
        """From here on only listed destinations pass when so many bytes more have gone; None lifts it. "" or why not."""


class Told(Struct):
    """What was told already; kept in a file."""

    steps: dict[str, tuple[int, int]] = field(default_factory=dict)  # Line to the cycle's beginning (UTC ms) and the step.


class Allowances:
    """The allowances of one shop's lines."""

    def __init__(self, journal: Journal, world: World, folder: Path, lines: Sequence[Line], zone: str, meter: Meter | None) -> None:
        """meter: None where nothing counts; then nothing is claimed."""
        self._journal, self._world, self._path, self._zone, self._meter = journal, world, folder / FILE, zone, meter
        self._lines = {one.name: one for one in lines}
        self._usages: dict[str, Usage] = {}
        self._asked: dict[str, bool] = {}  # Line to: a limit was asked for.
        self._limited: set[str] = set()  # Lines that the meter really limits.
        self._read_at: datetime | None = None
        self._told = self._remembered()

    @property
    def is_counted(self) -> bool:
        return self._meter is not None

    def usage(self, line: str) -> Usage | None:
        """None where nothing counts, or nothing was counted yet."""
        return self._usages.get(line)

    def percent(self, line: str) -> int | None:
        usage = self.usage(line)
        return None if usage is None else usage.percent

    def used_up(self) -> frozenset[str]:
        """Lines whose allowance is at its end."""
        return frozenset(name for name, one in self._usages.items() if one.percent is not None and one.percent >= USED_UP)

    def in_words(self, line: str) -> str:
        """A sentence or two; "" where nothing counts."""
        usage = self.usage(line)
        return "" if usage is None else in_words(usage, self._world.now(), self._zone)

    async def turn(self, is_armed: bool) -> list[tuple[str, str]]:
        """Read the meter if it is time; returns what is to be told to people now: a key of each event, and a text."""
        now = self._world.now()
        if self._meter is None or (self._read_at is not None and timedelta(0) <= now - self._read_at < timedelta(seconds=EVERY_S)):
            return []
        self._read_at = now
        counted = await self._meter.read()
        self._usages = {name: usage_of(line, counted[name], now, self._zone) for name, line in self._lines.items() if name in counted}
        await self._keep_limits(self._meter, is_armed)
        return [told for usage in self._usages.values() if (told := await self._tell_step(usage, now)) is not None]

    async def _keep_limits(self, meter: Meter, is_armed: bool) -> None:
        """Armed: what the shop does not need stops where the allowance ends."""
        for name, usage in self._usages.items():
            if usage.left is None:
                continue
            why = ""
            if is_armed or self._asked.get(name, True):
                why = await meter.limit(name, usage.left if is_armed else None)
            self._asked[name] = is_armed
            self._limited = self._limited | {name} if is_armed and not why else self._limited - {name}

    async def _tell_step(self, usage: Usage, now: datetime) -> tuple[str, str] | None:
        """The event and its sentence, once for each step of a cycle."""
        step, cycle = step_reached(usage), to_ms(usage.starts_at)
        known_cycle, known_step = self._told.steps.get(usage.line, (0, 0))
        if not step or (known_cycle == cycle and known_step >= step):
            return None
        self._told.steps[usage.line] = (cycle, step)
        self._remember()
        text = in_words(usage, now, self._zone)
        if step >= USED_UP and usage.line in self._limited:
            text = f"{text} {LISTED_ONLY}"
        with contextlib.suppress(Damaged):  # Told all the same; the wall says that the journal takes nothing.
            await self._journal.record("note", LogNote(text=text))
        return f"allowance/{usage.line}/{cycle}/{step}", text

    def _remembered(self) -> Told:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Told)
        except (OSError, msgspec.MsgspecError):
            return Told()  # Then a step may be told twice.

    def _remember(self) -> None:
        with contextlib.suppress(FolderUnusable):  # Told again after the next start.
            write_whole(self._path, msgspec.json.encode(self._told))
