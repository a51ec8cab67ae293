"""Calls an address outside the shop while the box is well, so that somebody out there notices when the calls stop.

The address may be a secret: it is never told whole, neither in a word of ours nor in a log. A call that fails is no alarm: whoever
listens for it speaks up by itself, and the line has looks of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from tideover.errors import Misconfigured
from tideover.rules.address import is_host
from tideover.settings import FILE, Settings
from tideover.world import World

if TYPE_CHECKING:
    import httpx

CALL_S = 10.0
AGAIN_S = 60.0  # After a call that failed, where the usual pause is longer.
NOTHING_S = 3_600.0
TURNS_MISSED = 10  # So many pauses of the lookout without a look, and the box is not well …
QUIET_S = 120.0  # … but never before this.


class Heartbeat:
    """The calls of one box."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient, world: World, why_unwell: Callable[[], str]) -> None:
        """why_unwell: "" while the box can do its work; else why not, in English. Raises Misconfigured."""
        self._url, self.host = _checked("" if settings.is_practice else settings.heartbeat_url.strip())  # Practice proves nothing.
        logging.getLogger("httpx").setLevel(logging.WARNING)  # It would write each address into the log.
        self._every_s, self._client, self._world, self._why_unwell = float(settings.heartbeat_s), client, world, why_unwell
        self._quiet_s = max(QUIET_S, settings.watch_s * TURNS_MISSED)
        self._looked_at = world.now()
        self.heard_at: datetime | None = None  # When somebody answered last.
        self.why = ""  # Why the last call was not made, or not answered; in English, without the address.

    def looked(self) -> None:
        """The lookout has just looked at everything."""
        self._looked_at = self._world.now()

    async def turn(self) -> float:
        """Call if the box is well; seconds until the next turn is due."""
        if not self._url:
            return NOTHING_S
        self.why = self._unwell()
        if self.why:
            return min(AGAIN_S, self._every_s)
        self.why = await self._call()
        if self.why:
            return min(AGAIN_S, self._every_s)
        self.heard_at = self._world.now()
        return self._every_s

    def _unwell(self) -> str:
        quiet_s = abs((self._world.now() - self._looked_at).total_seconds())
        return self._why_unwell() or ("the box has not looked around for a while" if quiet_s > self._quiet_s else "")

    async def _call(self) -> str:
        """ "" where it was heard."""
        import httpx

        try:
            status = await self._world.within(CALL_S, self._get())
        except TimeoutError:
            return "nobody answers"
        except (httpx.HTTPError, httpx.InvalidURL):
            return "it cannot be reached"
        return "" if 200 <= status < 300 else f"it answers {status}"

    async def _get(self) -> int:
        async with self._client.stream("GET", self._url) as answer:
            return answer.status_code  # Whatever it says further is not read.


def _checked(text: str) -> tuple[str, str]:
    """The address, and the part of it that may be told: its host. Raises Misconfigured, which repeats nothing of it."""
    import httpx

    if not text:
        return "", ""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if is_host(url.host) and (url.scheme == "https" or (url.scheme == "http" and _is_here(url.host))):
        return text, url.host
    raise Misconfigured(setting="heartbeat_url", why="it must begin with https:// and name a host", file=FILE)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
