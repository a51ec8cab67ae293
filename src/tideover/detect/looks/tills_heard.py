"""Which tills are heard from: they ask the box of themselves, so nobody needs to ask them.

A till that was put away for the night is no alarm: only one that was heard again and again within the last ten minutes and then
fell silent while it was asking is. Kept in memory only, and bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tideover.model.outage import Observation
from tideover.world import World

TOLD_EACH_S = 30.0  # A till that is heard often is an observation this often.
SILENT_S = 90.0  # Three missed questions of a till that asks every half minute.
FORGOTTEN_S = 600.0  # Silent for longer: put away, and nobody's worry.
HEARD_MIN = 3  # Heard so often before its silence means anything.
TILLS_MAX = 200


class Heard(Struct, frozen=True):
    """One till."""

    name: str
    first_at: datetime  # Of this stretch of hearing it.
    last_at: datetime
    times: int = 1
    told_at: datetime | None = None


class TillsHeard:
    """`heard` a till in passing; `turn` notices those that fell silent."""

    def __init__(self, world: World, tell: Callable[[Sequence[Observation]], None], name_of: Callable[[str], str]) -> None:
        """tell: takes the looks, for instance Watch.hear_all. name_of: what people call a till, by its id."""
        self._world, self._tell, self._name_of = world, tell, name_of
        self._tills: dict[str, Heard] = {}

    def heard(self, till: str) -> None:
        """A till that was let in asked for something. Raises nothing."""
        now, known = self._world.now(), self._tills.pop(till, None)
        if known is None or not timedelta(0) <= now - known.last_at < timedelta(seconds=FORGOTTEN_S):
            known = Heard(self._name_of(till), now, now, 0)
        one = replace(known, last_at=now, times=known.times + 1)
        if one.told_at is None or abs(now - one.told_at) >= timedelta(seconds=TOLD_EACH_S) or now - known.last_at > silence(known):
            one = replace(one, told_at=now)
            self._tell([Observation("tills", "till", one.name, True, now, "answers")])
        self._tills[till] = one
        if len(self._tills) > TILLS_MAX:
            self._tills.pop(next(iter(self._tills)))

    def turn(self) -> float:
        """Tell of those that fell silent; seconds until the next look is worth it."""
        now = self._world.now()
        for till, one in list(self._tills.items()):
            if now - one.last_at >= timedelta(seconds=FORGOTTEN_S):
                del self._tills[till]
        silent = [one for one in self._tills.values() if one.times >= HEARD_MIN and now - one.last_at > silence(one)]
        if silent:
            self._tell([_silent(one, now) for one in silent])
        return SILENT_S / 3 if self._tills else SILENT_S


def silence(one: Heard) -> timedelta:
    """So long it may be silent: three of its usual pauses."""
    pauses = max(1, one.times - 1)
    return max(timedelta(seconds=SILENT_S), 3 * (one.last_at - one.first_at) / pauses)


def _silent(one: Heard, now: datetime) -> Observation:
    return Observation("tills", "till", one.name, False, now, f"not heard for {(now - one.last_at).total_seconds():.0f} s")
