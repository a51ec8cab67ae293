"""A switch that was moved, and that the settings name no more: the box cannot reach it, so a person leads it back and says so here.

Without it the calls would stay diverted, or the shop on its second line, with nobody told and no page to end it on.
"""

from __future__ import annotations

from collections.abc import Iterable

from tideover.activate.switch_log import SwitchLog
from tideover.ports import SwitchAnswer

TIMEOUT_S = 1.0
NO_MORE = "the settings name it no more"
BY_HAND = "a person led it back by hand, and said so"


class Abandoned:
    """A ports.Switch over nothing but a person's word."""

    can_act = True  # Only back, and only by a person: it is never armed.
    timeout_s = TIMEOUT_S

    def __init__(self, name: str, target: str) -> None:
        """target: what it was moved to, as the journal holds it."""
        self.name, self._now = name, target

    async def arm(self) -> SwitchAnswer:
        return SwitchAnswer("refused", self._now, why=NO_MORE)

    async def engage(self, target: str) -> SwitchAnswer:
        return SwitchAnswer("refused", self._now, why=NO_MORE)

    async def read_back(self) -> SwitchAnswer:
        return SwitchAnswer("done", self._now)

    async def restore(self) -> SwitchAnswer:
        """That person's word."""
        self._now = ""
        return SwitchAnswer("done", text=BY_HAND)


def abandoned(log: SwitchLog, named: Iterable[str]) -> dict[str, Abandoned]:
    """What the journal knows as moved and not led back, without those that are `named`."""
    moved = {act.body.switch for act in log.acts} - set(named)
    return {name: Abandoned(name, target) for name in sorted(moved) if (target := log.engaged(name))}
