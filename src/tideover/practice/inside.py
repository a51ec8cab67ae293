"""The practice cloud inside a simulation: the same cloud and the same bad luck over an httpx transport, without sockets.

Everything runs in the caller's loop and the caller's world, so a whole shop plays from one seed.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx

from tideover.practice.cloud import CloudApp
from tideover.practice.cloud import Request as CloudRequest
from tideover.practice.luck import Luck
from tideover.practice.wire import Answer, Dropped, Request, Response
from tideover.world import World

LATENCY_S_MAX = 0.2  # A call takes up to this long there and back, by chance.


class InsideTransport(httpx.AsyncBaseTransport):
    """Give it to httpx.AsyncClient(transport=…); `luck` is told what goes wrong, `line_up` cuts the line."""

    def __init__(self, app: CloudApp, world: World, crash: Callable[[], bool] = lambda: False) -> None:
        """crash: kills the simulated box and says True, or there is none; set luck.may_crash where it works."""
        self._app, self._world = app, world
        self.luck = Luck(self._forward, world.pause, crash, world.chance)
        self.line_up = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One call; a line that is down or breaks raises what httpx would."""
        self._check_line(request)
        body = await request.aread()
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        answer = await self.luck.serve(Request(request.method, request.url.raw_path.decode("ascii"), headers, body))
        self._check_line(request)
        if isinstance(answer, Dropped):
            raise httpx.ReadError("the line broke", request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)

    def _check_line(self, request: httpx.Request) -> None:
        if not self.line_up:
            raise httpx.ConnectError("the line is down", request=request)

    async def _forward(self, request: Request) -> Answer:
        await self._world.pause(self._world.chance.uniform(0, LATENCY_S_MAX / 2))
        if not self.line_up:
            return Dropped()
        status, kind, payload = self._app.answer(CloudRequest.of(request.method, request.target, request.headers, request.body))
        await self._world.pause(self._world.chance.uniform(0, LATENCY_S_MAX / 2))
        return Response(status, [(b"content-type", kind)], payload)
