"""Looks at PINs that travelled sealed beside entries while the box was away: after the answer, one by one, and then forgets them.

A PIN that does not fit is a finding and never a lost sale. No till learns what came of it, and after one that did not fit no
further one of that person from that till is looked at on that day: so nothing can be guessed this way.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from tideover.errors import TideoverError
from tideover.web.house import House
from tideover.web.sealed import SEALED_TEXT_MAX, SealingKey
from tideover.web.sessions import Sessions
from tideover.web.suspicion import Suspicions

END_S = 2.0  # A box that stops looks on for so long: sixty PINs.
WAITING_MAX = 2_000  # Sealed PINs at once: twenty tills that were alone for a day.


class SealedPin(Struct, frozen=True, forbid_unknown_fields=True):
    """A PIN beside the entry it was shown for."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f-]{36}$")]
    sealed: Annotated[str, Meta(max_length=SEALED_TEXT_MAX, pattern=r"^[A-Za-z0-9+/=]*$")]


class SealedPins:
    """What waits to be looked at, with its till; in memory only: no disk ever holds a PIN, sealed or not."""

    def __init__(self, house: House, sealing: SealingKey, sessions: Sessions, suspicions: Suspicions) -> None:
        self._journal, self._sealing, self._sessions, self._suspicions = house.journal, sealing, sessions, suspicions
        self._waiting: deque[tuple[str, SealedPin]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def take(self, till: str, pins: list[SealedPin]) -> None:
        """Keep them until they are looked at, which begins when the caller has its answer."""
        room = WAITING_MAX - len(self._waiting)
        self._waiting.extend((till, one) for one in pins[:room])
        if len(pins) > room:
            await self._suspicions.of_till("pin-unchecked", till)
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._look_at_all())

    async def settled(self) -> None:
        """Returns when nothing waits any more."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def end(self) -> None:
        """The box stops, and takes no more: what is not looked at in a moment is forgotten, and a person is told of which till."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=END_S)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for till in dict.fromkeys(till for till, _ in self._waiting):
            await self._suspicions.of_till("pin-unchecked", till)
        self._waiting.clear()

    async def _look_at_all(self) -> None:
        while self._waiting:
            with contextlib.suppress(TideoverError):  # A journal that cannot be read has told already.
                await self._look_at(self._waiting[0][1])
            self._waiting.popleft()  # Only now: one that the box's end interrupts was not looked at.

    async def _look_at(self, one: SealedPin) -> None:
        kept = self._journal.find(one.id)
        if kept is None:
            return
        entry = kept.entry
        who, day = entry.operator or "", entry.trading_day
        if self._suspicions.was_told("pin-mismatch", f"{entry.till}/{who}" if who else entry.till, day):
            return
        shown = self._sealing.open(one.sealed, entry.till, entry.id)
        if shown is None or shown.name != who or not await self._sessions.knows(shown.name, shown.pin):
            await self._suspicions.of_till("pin-mismatch", entry.till, who, day)
