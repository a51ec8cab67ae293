"""What tills have in hand, as they say in passing: a sale or a payment that no switch back should cut off."""

from __future__ import annotations

from datetime import datetime

from tideover.activate.switch import Busy
from tideover.world import World

HAND_S = 20.0  # A till says every five seconds what it has in hand; older words count no more.
HANDS_MAX = 200  # Tills remembered.


class Hands:
    """The newest word of each till."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._said: dict[str, tuple[datetime, Busy]] = {}

    def note(self, till: str, hand: str) -> None:
        """hand: "sale", "card", anything else is nothing. Raises nothing."""
        self._said.pop(till, None)
        if hand in ("sale", "card"):
            self._said[till] = (self._world.now(), hand)
        if len(self._said) > HANDS_MAX:
            self._said.pop(next(iter(self._said)))

    def busy(self) -> frozenset[Busy]:
        now = self._world.now()
        return frozenset(hand for at, hand in self._said.values() if abs((now - at).total_seconds()) <= HAND_S)
