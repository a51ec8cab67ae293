"""A real Tryton for the tests of this folder: the rig's, or one of another shape, with a way that spoils single steps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

import httpx

from conformance import rig_tryton
from conformance.rig import Shop
from conformance.rig_tryton import TrytonRig, TrytonWay, method_of
from conformance.sandbox import JSON
from tideover.learn.erp_shape import Shape


class SteppedWay(TrytonWay):
    """Delivers the calls of one method twice, or loses their answers, once each; or lets Tryton say no in other words."""

    seen: ClassVar[list[str]] = []  # Every method, in the order of the calls.

    def heal(self) -> None:
        super().heal()
        self.twice = self.lost = self.says = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = method_of(request)
        self.seen.append(method)
        if method == self.twice:
            self.twice = ""
            first = await self._inner.handle_async_request(request)
            await first.aread()
        if method == self.lost:
            self.lost = ""
            response = await self._inner.handle_async_request(request)
            await response.aread()
            raise httpx.ReadError("the line broke", request=request)
        response = await super().handle_async_request(request)
        return await self._in_other_words(response) if self.says else response

    async def _in_other_words(self, response: httpx.Response) -> httpx.Response:
        """As a Tryton in another language, or with modules of the shop's own, would put its no."""
        content = await response.aread()
        await response.aclose()
        if response.status_code == HTTPStatus.OK and (said := json.loads(content)).get("error", [""])[0] == "UserError":
            content = json.dumps(said | {"error": ["UserError", [self.says, "", None]]}).encode()
        return httpx.Response(response.status_code, headers=JSON, content=content)


class SteppedRig(TrytonRig):
    """The rig with that way; `shape` may be another than the suite's."""

    way_of = SteppedWay

    def __init__(self, folder: Path, shape: Shape = rig_tryton.SHAPE) -> None:
        super().__init__(folder)
        self.shape = shape


def play(rig: TrytonRig, scene: Callable[[Shop], Awaitable[None]]) -> None:
    """Plays a scene in a shop connected to the rig's Tryton."""

    async def main() -> None:
        async with rig.shop() as shop:
            await scene(shop)

    asyncio.run(main())
