"""The line between a simulated shop and its cloud: loses, delays, doubles and re-orders calls, by the seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable

import httpx
import msgspec

from tideover.practice.cloud import CloudApp, Request

LATE_S_MAX = 60.0  # A request may reach the cloud this much later, long after its sender gave up.
SLOW_S = 0.4  # An answer takes up to so long; answers of calls that run at once come in any order.
Headers = Iterable[tuple[bytes, bytes]]
JSON = [(b"content-type", b"application/json")]


class Mischief(msgspec.Struct, frozen=True):
    """Chances per call, 0 to 1."""

    lost_request: float = 0.0
    lost_reply: float = 0.0
    late: float = 0.0
    twice: float = 0.0
    busy: float = 0.0
    login_ends: float = 0.0


CALM = Mischief()


class Lost(Exception):
    """No answer came; whether the request arrived, nobody here knows."""


class Line(httpx.AsyncBaseTransport):
    """An httpx transport to the cloud's application; `up` is the line itself."""

    def __init__(self, cloud: CloudApp, chance: random.Random) -> None:
        self.up = True
        self.is_unplugged = False  # The box alone has no line.
        self.mischief = CALM
        self.refused: set[str] = set()  # Entry ids that the cloud will not take until a person has dealt with them.
        self._cloud, self._chance = cloud, chance
        self._late: set[asyncio.Task[object]] = set()

    def _strikes(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        try:
            if self.is_unplugged:
                raise Lost("no cable")
            status, headers, content = await self.carry(request.method, url.raw_path.decode(), request.headers.raw, request.content)
        except Lost as error:
            raise httpx.ReadError(str(error), request=request) from error
        return httpx.Response(status, headers=headers, content=content, request=request)

    async def post(self, path: str, body: object) -> tuple[int, bytes]:
        """What the cloud's own till sends. Raises Lost."""
        status, _, content = await self.carry("POST", path, JSON, msgspec.json.encode(body))
        return status, content

    async def carry(self, method: str, target: str, headers: Headers, content: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """One call and what comes back. Raises Lost."""
        mischief = self.mischief
        await asyncio.sleep(self._chance.uniform(0.02, SLOW_S))
        if not self.up or self._strikes(mischief.lost_request):
            raise Lost("no route")
        if target.startswith("/api") and self._strikes(mischief.login_ends):
            return 401, JSON, b'{"cause": "login", "reason": "The log-in ran out."}'
        if self._strikes(mischief.busy):
            return self._chance.choice((429, 503)), [(b"retry-after", b"3")], b""
        is_post = method == "POST"
        if is_post and self.refused and any(entry.encode() in content for entry in self.refused):
            return 422, JSON, b'{"cause": "item-gone", "reason": "The item is archived."}'
        if is_post and self._strikes(mischief.late):
            self._later(method, target, list(headers), content)
            await asyncio.sleep(LATE_S_MAX)
            raise Lost("no answer")
        status, kind, reply = self._deliver(method, target, headers, content)
        if is_post and self._strikes(mischief.twice):
            status, kind, reply = self._deliver(method, target, headers, content)
        if not self.up or self._strikes(mischief.lost_reply):
            raise Lost("the line went away")
        return status, [(b"content-type", kind)], reply

    def _later(self, method: str, target: str, headers: Headers, content: bytes) -> None:
        async def deliver() -> None:
            await asyncio.sleep(self._chance.uniform(1, LATE_S_MAX))
            self._deliver(method, target, headers, content)

        task = asyncio.create_task(deliver())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _deliver(self, method: str, target: str, headers: Headers, content: bytes) -> tuple[int, bytes, bytes]:
        return self._cloud.answer(Request.of(method, target, headers, content))
