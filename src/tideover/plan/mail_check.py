"""The check that somebody holds the mail that comes in while the shop is away; the box answers it itself. Pure."""

from __future__ import annotations

from tideover.plan.records import Check
from tideover.settings import Settings

CHECK = "mail/held"
PERIOD_DAYS, GRACE_DAYS = 30, 7


def mail_checks(settings: Settings, first: str, second: str = "") -> list[Check]:
    """One, where the settings name the shop's mail domain."""
    if not settings.mail_domain.strip():
        return []
    what = "Somebody holds the shop's incoming mail while its own server is away. The box looks itself, each day."
    loss = "Without it orders by mail go back to their senders after a few days, and nobody here hears of them."
    return [Check(CHECK, what, "", loss, PERIOD_DAYS, GRACE_DAYS, None, first, second)]
