"""Where nothing of the shop lets itself be moved by the box: it looks on, and a person does it.

Every act is refused with the word that a person is asked; so the page can say the next step instead of a button.
"""

from __future__ import annotations

from collections.abc import Callable

from tideover.ports import SwitchAnswer

TIMEOUT_S = 1.0
A_PERSON = "the box may not move it; a person does"


class ByHand:
    """Observes only."""

    can_act = False
    timeout_s = TIMEOUT_S

    def __init__(self, name: str, in_use: Callable[[], str], why_not: str = A_PERSON) -> None:
        """in_use: what is seen from here, "" where nothing is; why_not: why the box does not act."""
        self.name, self.why_not, self._in_use = name, why_not, in_use

    async def arm(self) -> SwitchAnswer:
        return self._refused()

    async def engage(self, target: str) -> SwitchAnswer:
        return self._refused()

    async def read_back(self) -> SwitchAnswer:
        now = self._in_use()
        return SwitchAnswer("done", now, text=f"in use: {now}" if now else "not known")

    async def restore(self) -> SwitchAnswer:
        return self._refused()

    def _refused(self) -> SwitchAnswer:
        return SwitchAnswer("refused", self._in_use(), why=self.why_not)
