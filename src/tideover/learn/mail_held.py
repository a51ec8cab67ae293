"""Answers the check "somebody holds our incoming mail" by looking, once a day. What cannot be seen is no answer, neither yes nor no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Protocol

from tideover.learn.check import Checks, Known
from tideover.plan.mail_check import CHECK
from tideover.settings import Settings

DAY_S, AGAIN_S = 86_400.0, 3_600.0
PROVEN_EVERY_DAYS = 7  # A proof that says the same is written down so often.
BY = "the box"


class Held(Protocol):
    """Who holds the mail, as `drivers/mail_exchange` finds it."""

    @property
    def text(self) -> str: ...
    @property
    def is_well(self) -> bool | None: ...


class MailHeld:
    """The box's own look at it."""

    def __init__(self, checks: Checks, settings: Settings, look: Callable[[], Awaitable[Held | None]]) -> None:
        self._checks, self._settings, self._look = checks, settings, look

    async def turn(self) -> float:
        """Look, and keep what was found if it is news; seconds until the next look. Raises Damaged."""
        if self._settings.is_practice or not self._settings.mail_domain.strip():
            return DAY_S
        found = await self._look()
        if found is None or found.is_well is None:
            return AGAIN_S
        if is_news(self._checks.known().get(CHECK), found.is_well, found.text, self._checks.today):
            await self._checks.seen(CHECK, BY, found.is_well, found.text)
        return DAY_S


def is_news(known: Known | None, works: bool, text: str, today: date) -> bool:
    """It turned, its words changed, or the last proof is a week old."""
    if known is None:
        return True
    if not works:
        return known.failed is None or known.failed.evidence != text
    if known.failed is not None or known.proof is None or known.proof.evidence != text:
        return True
    return abs((today - date.fromisoformat(known.proof.on)).days) >= PROVEN_EVERY_DAYS
