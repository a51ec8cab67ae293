"""When each till was last heard of, and how many entries it still held then. Kept in memory only: it is a look, not a fact."""

from __future__ import annotations

from msgspec import Struct

from tideover.world import World, to_ms


class Sight(Struct, frozen=True):
    """One till, as it was last heard of."""

    at_ms: int  # UTC.
    queue: int | None  # Entries it had not sent yet; None: it has not said.


class Seen:
    """The last sight of each till."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._of: dict[str, Sight] = {}

    def note(self, till: str, queue: int | None = None) -> None:
        """It called just now. Only enrolled tills are noted, so there are never more than that."""
        before = self._of.get(till)
        self._of[till] = Sight(to_ms(self._world.now()), queue if queue is not None or before is None else before.queue)

    def of(self, till: str) -> Sight | None:
        return self._of.get(till)
