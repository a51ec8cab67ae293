"""The line between a simulated shop and its cloud: loses, delays, doubles and re-orders calls, by the seed."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

import httpx

LATE_S_MAX = 60.0  # A request may reach the cloud this much later, long after its sender gave up.


@dataclass
class Mischief:
    """Chances per call, 0 to 1."""

    lost_request: float = 0.0
    lost_reply: float = 0.0
    late: float = 0.0
    twice: float = 0.0
    busy: float = 0.0
    login_ends: float = 0.0


class Line(httpx.AsyncBaseTransport):
    """An httpx transport to the cloud's ASGI application; `up` is the line itself."""

    def __init__(self, app: object, chance: random.Random, mischief: Mischief) -> None:
        self.up = True
        self.mischief = mischief
        self.refused: set[str] = set()  # Entry ids that the cloud will not take until a person has dealt with them.
        self._cloud = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        self._chance = chance
        self._late: set[asyncio.Task[object]] = set()

    def _strikes(self, share: float) -> bool:
        return self._chance.random() < share

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self._chance.uniform(0.02, 0.4))
        if not self.up or self._strikes(self.mischief.lost_request):
            raise httpx.ConnectError("no route", request=request)
        if request.url.path.startswith("/api") and self._strikes(self.mischief.login_ends):
            return httpx.Response(401, json={"cause": "login", "reason": "The log-in ran out."}, request=request)
        if self._strikes(self.mischief.busy):
            return httpx.Response(self._chance.choice((429, 503)), headers={"Retry-After": "3"}, request=request)
        if request.method == "POST" and any(entry.encode() in request.content for entry in self.refused):
            return httpx.Response(422, json={"cause": "item-gone", "reason": "The item is archived."}, request=request)
        if request.method == "POST" and self._strikes(self.mischief.late):
            self._later(request)
            await asyncio.sleep(LATE_S_MAX)
            raise httpx.ReadTimeout("no answer", request=request)
        response = await self._deliver(request)
        if request.method == "POST" and self._strikes(self.mischief.twice):
            response = await self._deliver(request)
        if not self.up or self._strikes(self.mischief.lost_reply):
            raise httpx.ReadError("the line went away", request=request)
        return response

    def _later(self, request: httpx.Request) -> None:
        async def deliver() -> None:
            await asyncio.sleep(self._chance.uniform(1, LATE_S_MAX))
            await self._deliver(request)

        task = asyncio.create_task(deliver())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _deliver(self, request: httpx.Request) -> httpx.Response:
        return await self._cloud.handle_async_request(
            httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        )
