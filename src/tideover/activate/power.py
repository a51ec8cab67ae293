"""Mains or battery: what the battery's looks add up to, and when the box stops in good order before the battery ends.

A look that differs counts when the next one agrees; what is not known starts no stop and ends none. A stop that has begun is called
off by the mains alone: the battery that was proven to end may fall silent because it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import TideoverError
from tideover.journal.store import Journal
from tideover.model.power import PowerLook, PowerWord
from tideover.model.switching import PowerChanged
from tideover.settings import Settings
from tideover.world import Wake, World

State = Literal["mains", "battery", "low", "stopping", "unknown"]

AGREE = 2  # Looks that say the same before they count …
SILENT = 4  # … and so many without an answer before "unknown" is told: a look that fails once is nothing.
NOTICE_S = 30.0  # From the word to the tills until the box stops: a sale is finished in that time.
SOON_S = 1.0  # When a look differs, the next one comes this soon …
WATCHED_S = 5.0  # … and so often while the battery feeds the box.
FRESH_S = 900.0  # Two looks further apart than this say nothing about each other: the clock jumped, or nobody looked.


class Power(Struct, frozen=True):
    """Where the power stands."""

    state: State = "unknown"
    text: str = ""
    left_s: int | None = None
    since: datetime | None = None
    stopping_at: datetime | None = None  # When the box stops; None: it does not.
    next: PowerWord = "unknown"  # What the last looks said …
    count: int = 0  # … and how many in a row.
    seen_at: datetime | None = None


def take(power: Power, look: PowerLook, stop_s: int) -> Power:
    """The power after one more look. stop_s: a battery that gives less counts as low."""
    word = _word(look, stop_s)
    is_next = word == power.next and power.seen_at is not None and abs(look.at - power.seen_at) <= timedelta(seconds=FRESH_S)
    power = replace(power, next=word, count=power.count + 1 if is_next else 1, seen_at=look.at)
    if power.stopping_at is not None:  # A clock that was set back puts it off no further.
        power = replace(power, stopping_at=min(power.stopping_at, look.at + timedelta(seconds=NOTICE_S)))
    shown: State = "low" if power.state == "stopping" else power.state
    if word == shown:
        return replace(power, text=look.text, left_s=look.left_s)
    if power.count < _needed(power, look, word):
        return power
    if power.state == "stopping" and word != "mains":
        return power
    moved = replace(power, state=word, text=look.text, left_s=look.left_s, since=look.at, stopping_at=None)
    if word == "low":
        return replace(moved, state="stopping", stopping_at=look.at + timedelta(seconds=NOTICE_S))
    return moved


def _word(look: PowerLook, stop_s: int) -> PowerWord:
    if look.word == "battery" and look.left_s is not None and look.left_s <= stop_s:
        return "low"
    return look.word


def _needed(power: Power, look: PowerLook, word: PowerWord) -> int:
    """How many looks in a row must say so before it counts."""
    if look.is_last_call or (power.state == "unknown" and word in ("mains", "battery")):
        return 1
    return SILENT if word == "unknown" else AGREE


def has_ended(power: Power, now: datetime) -> bool:
    """True when the box has to stop now."""
    return power.stopping_at is not None and now >= power.stopping_at


def due_s(power: Power) -> float | None:
    """Seconds until the battery should be looked at again; None: whenever everything is."""
    if power.seen_at is None or power.state == power.next == "unknown":
        return None
    if power.state != ("stopping" if power.next == "low" else power.next):
        return SOON_S
    return {"battery": WATCHED_S, "low": SOON_S, "stopping": SOON_S}.get(power.state)


class PowerDesk:
    """Hears each look at the battery, writes down what changed, and says when the box has to stop."""

    def __init__(self, journal: Journal, settings: Settings, world: World, tell: Callable[[str], None]) -> None:
        """tell: says something to whoever stands at the box."""
        self._journal, self._settings, self._world, self._tell = journal, settings, world, tell
        self.stop = Wake(world)  # Rings when the box has to stop.
        self.power = Power()
        self._written = self._last_written()
        self._on_change: list[Callable[[], None]] = []

    @property
    def state(self) -> State:
        return self.power.state

    @property
    def stopping_at(self) -> datetime | None:
        """When the box stops; None: it does not."""
        return self.power.stopping_at

    def on_change(self, call: Callable[[], None]) -> None:
        """`call` runs when the state changed; make it short."""
        self._on_change.append(call)

    def hear(self, look: PowerLook) -> None:
        """One more look; call from the event loop. Raises nothing."""
        before = self.power
        self.power = take(before, look, self._settings.ups_stop_s)
        if before.state != self.power.state:
            for call in self._on_change:
                call()

    async def turn(self) -> float | None:
        """Write down a change; stop when it is time. Returns seconds until the next look is due, None where nothing presses."""
        power, now = self.power, self._world.now()
        if power.state != self._written and power.since is not None:
            await self._write(power)
        if has_ended(power, now) and not self.stop.rung:
            self._tell("The battery ends: the box stops in good order. Start it again when the power is back.")
            self.stop.ring()
        return due_s(power)

    async def _write(self, power: Power) -> None:
        """A journal that takes nothing stops no stop."""
        self._written = power.state
        if power.state == "stopping":
            self._tell(f"The battery ends soon ({power.text}); the box stops in {NOTICE_S:g} s.")
        try:
            await self._journal.record("power", PowerChanged(state=power.state, text=power.text, left_s=power.left_s))
        except TideoverError as error:
            self._tell(f"power: {error.message}")

    def _last_written(self) -> State:
        """What the last entry says: the same is not written again after a start."""
        try:
            kepts = self._journal.newest(("power",), 1)
        except TideoverError:
            return "unknown"
        return kepts[0].entry.body.state if kepts else "unknown"
