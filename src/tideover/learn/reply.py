"""What the box answers to whoever plays in a rehearsal: a refusal ends the play."""

from __future__ import annotations

from typing import Any

import httpx

from tideover.errors import RehearsalStopped


def taken(reply: httpx.Response, what: str) -> Any:
    """The reply's JSON; raises RehearsalStopped for anything but a success."""
    if reply.is_success:
        return reply.json() if reply.content else None
    raise RehearsalStopped(why=f"the box refused {what} ({reply.status_code} {reply.text[:500]})")
