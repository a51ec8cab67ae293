"""For rigs of clouds that nobody here can spoil, a vendor's sandbox above all: our own end of the way is spoiled instead."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx

from conformance.rig import DAY_MS, NOON_MS, Rig, Shop, SteppingWorld
from tideover import connectors
from tideover.settings import Settings
from tideover.world import ClockPage

JSON = {"content-type": "application/json"}
WEB = {"content-type": "text/html"}
NONSENSE: dict[str, tuple[dict[str, str], bytes]] = {
    "login-page": (WEB, b"<form action=/login><input name=password></form>"),
    "html": (WEB, b"<h1>Welcome</h1>"),
    "wrong-types": (JSON, b'[1, "two", null]'),
    "not-json": (JSON, b'{"rows": ['),
    "empty": (JSON, b""),
}


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" " * 2**20


class PlainSecrets(dict[str, bytes]):
    """Secrets in memory: `get` is all that a connector uses."""


class Way(httpx.AsyncBaseTransport):
    """A transport that can be cut, lose replies, deliver twice, and answer busy or nonsense in the cloud's place."""

    def __init__(self, is_final: Callable[[httpx.Request], bool], pause_s: float) -> None:
        self._is_final, self._pause_s = is_final, pause_s
        self._one_by_one = asyncio.Lock()
        self._inner = httpx.AsyncHTTPTransport()
        self._busy = itertools.cycle([httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE])
        self.heal()

    def heal(self) -> None:
        self.up, self.hostile, self.faults = True, "off", frozenset[str]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.up:
            raise httpx.ConnectError("the line is cut", request=request)
        if self.hostile == "endless" and request.method == "GET":
            return httpx.Response(200, headers=JSON, stream=Endless())
        if self.hostile != "off" and request.method == "GET":
            headers, content = NONSENSE[self.hostile]
            return httpx.Response(200, headers=headers, content=content)
        if "busy" in self.faults:
            return httpx.Response(next(self._busy), headers=JSON | {"retry-after": "2"}, content=b"{}")
        if self._pause_s:
            async with self._one_by_one:
                await asyncio.sleep(self._pause_s)  # The suite's clock is told; the sandbox counts real seconds.
        return await self._carry(request)

    async def _carry(self, request: httpx.Request) -> httpx.Response:
        final = self._is_final(request)
        if final and "duplicate" in self.faults:
            first = await self._inner.handle_async_request(request)
            await first.aread()
        response = await self._inner.handle_async_request(request)
        if final and "lost_reply" in self.faults:
            await response.aread()
            raise httpx.ReadError("the line broke", request=request)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class SandboxRig(Rig):
    """A subclass names `url` and `login` by the end of its `start`, and says which call makes a sale final."""

    url = ""
    login: ClassVar[dict[str, str]] = {}  # What `tideover connect` would have stored: the manifest's asks without `url`.
    pause_s = 0.0  # Real seconds before each call, where the sandbox limits them: 0.21 for five a second.
    way_of: ClassVar[type[Way]] = Way
    world_of: ClassVar[type[SteppingWorld]] = SteppingWorld
    visible_s = 0.0  # Real seconds until the sandbox shows what it booked.

    def start(self) -> None:
        self.page = ClockPage(self.folder / "clock")
        self.page.now_ms = self.day_ms

    def stop(self) -> None:
        self.page.close()

    def is_final(self, request: httpx.Request) -> bool:
        """Is this the call after whose success the sale is posted and paid? Its reply is the one that gets lost."""
        raise NotImplementedError

    def settings(self) -> Settings:
        return Settings(cloud=self.name, cloud_url=self.url)

    @contextlib.asynccontextmanager
    async def shop(self) -> AsyncIterator[Shop]:
        day_ms = next(self._days) * DAY_MS
        self.page.now_ms = max(self.page.now_ms, day_ms + NOON_MS)
        world = self.world_of(self.page, seed=day_ms)
        self.secrets = PlainSecrets({"cloud.login": json.dumps(self.login).encode()})
        self.way = self.way_of(self.is_final, self.pause_s)
        heard: list[Any] = []
        async with httpx.AsyncClient(trust_env=False, transport=self.way) as client:
            cloud = connectors.load(self.name).connect(self.settings(), self.secrets, world, client, heard.append)  # type: ignore[arg-type]
            yield Shop(cloud, world, datetime.fromtimestamp(day_ms / 1000, UTC).strftime("%Y-%m-%d"), heard)

    async def look(self, shop: Shop) -> None:
        await asyncio.sleep(self.visible_s)
        shop.settled()

    # Bad luck on the way ------------------------------------------------------------------------------

    def faults(self, shop: Shop, entries: Sequence[str] = (), **shares: float) -> None:
        if "refuse" in shares:
            self.cannot("refuse at will")
        self.way.faults = frozenset(shares)

    def line(self, up: bool) -> None:
        self.way.up = up

    def hostile(self, mode: str) -> None:
        if mode not in (*NONSENSE, "endless", "off"):
            self.cannot(f"give nonsense of the cloud's own shape ({mode})")
        self.way.hostile = mode

    def forget_password(self) -> None:
        self.secrets["cloud.login"] = json.dumps(dict.fromkeys(self.login, "wrong")).encode()
