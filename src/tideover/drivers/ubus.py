"""Speaks ubus over HTTP (JSON-RPC) with a router that runs OpenWrt: log in, ask, change. Every answer is bounded; no password is told.

It decides nothing about lines. A session lives for one piece of work and is ended after it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from tideover.errors import Misconfigured
from tideover.rules.address import is_host
from tideover.settings import FILE
from tideover.world import World

if TYPE_CHECKING:
    import httpx

NO_SESSION = "0" * 32
SESSION_S = 177  # A session of this length is ours: a person's at the router's own pages has another.
ANSWER_BYTES_MAX = 512 * 1024
OK, NOT_FOUND, NO_DATA, DENIED = 0, 4, 5, 6  # Words of ubus.
RPC_DENIED, RPC_NO_OBJECT = -32002, -32000  # Words of its door.
WORDS = {
    1: "it does not know that command",
    2: "it does not take that",
    3: "it does not know that method",
    NOT_FOUND: "it has no such thing",
    NO_DATA: "there is nothing to do",
    DENIED: "its user may not do that",
    7: "it took too long",
    8: "it cannot do that",
}
NOS = {RPC_DENIED: "its user may not do that, or was logged out", RPC_NO_OBJECT: "it lacks a part that is needed: the package 'rpcd'"}
NO_LOGIN = "it does not accept the log-in: give the password again with 'tideover switch password router'"
NO_DOOR = "nothing at that address speaks ubus: the package 'uhttpd-mod-ubus' is missing there, or the address is another"


class Silent(Exception):
    """No answer that can be used; what was asked may have been done."""


class Refusal(Exception):
    """The router says no: a word of ubus, or of its door."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class Session:
    """Logged in: `call` it."""

    def __init__(self, door: Ubus, sid: str, is_ours: bool) -> None:
        self._door, self._sid = door, sid
        self.is_ours = is_ours  # False: the router handed out the session of somebody who is changing it at this moment.

    async def call(self, name: str, method: str, **what: Any) -> dict[str, Any]:
        """What the router answers. Raises Silent, Refusal."""
        return await self._door.call(self._sid, name, method, what)

    async def may(self, scope: str, name: str, method: str) -> bool:
        """True if this user is allowed that; asked of the router itself."""
        answer = await self.call("session", "access", scope=scope, object=name, function=method)
        return answer.get("access") is True


class Ubus:
    """One router."""

    def __init__(
        self, url: str, user: str, password: Callable[[], str], client: httpx.AsyncClient, world: World, call_s: float = 5.0
    ) -> None:
        """password: asked for at each log-in, so that a new one counts at once."""
        self._url, self._user, self._password = url, user, password
        self._client, self._world, self._call_s = client, world, call_s

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Log in for one piece of work. Raises Silent, Refusal."""
        try:
            told = await self.call(
                NO_SESSION, "session", "login", {"username": self._user, "password": self._password(), "timeout": SESSION_S}
            )  # fmt: skip
        except Refusal as refusal:
            if refusal.code == DENIED:
                raise Refusal(DENIED, NO_LOGIN) from None
            raise
        sid = told.get("ubus_rpc_session")
        if not isinstance(sid, str) or len(sid) != len(NO_SESSION):
            raise Silent("its answer to the log-in was not understood")
        is_ours = told.get("timeout") == SESSION_S
        try:
            yield Session(self, sid, is_ours)
        except Silent:
            raise  # Nobody is there to be told.
        except Refusal:
            await self._end(sid, is_ours)
            raise
        await self._end(sid, is_ours)

    async def _end(self, sid: str, is_ours: bool) -> None:
        """What was asked for and not applied goes with the session; a person's session is left alone."""
        if is_ours:
            with suppress(Silent, Refusal):
                await self.call(sid, "session", "destroy", {})

    async def call(self, sid: str, name: str, method: str, what: dict[str, Any]) -> dict[str, Any]:
        """One call. Raises Silent, Refusal."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": [sid, name, method, what]}
        return _told(await self._ask(asked))

    async def _ask(self, asked: dict[str, Any]) -> Any:
        import httpx

        try:
            status, body = await self._world.within(self._call_s, self._post(asked))
        except TimeoutError:
            raise Silent("it does not answer") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Silent("its certificate is not trusted here" if "CERTIFICATE" in str(error) else "it cannot be reached") from None
        if 300 <= status < 400:
            raise Silent("it sends us to another address: perhaps it wants https")
        if status != 200:
            raise Silent(NO_DOOR if status in (404, 405) else f"its door answers {status}")
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise Silent(NO_DOOR) from None

    async def _post(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        async with self._client.stream("POST", self._url, json=asked) as answer:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    raise Silent("its answer is too long")
            return answer.status_code, bytes(body)


def _told(answer: Any) -> dict[str, Any]:
    """The result of a call. Raises Silent, Refusal."""
    if not isinstance(answer, dict):
        raise Silent(NO_DOOR)
    error, result = answer.get("error"), answer.get("result")
    if isinstance(error, dict):
        code = error.get("code")
        number = code if isinstance(code, int) else 0
        raise Refusal(number, NOS.get(number, "it did not take the call"))
    if not isinstance(result, list) or not result or not isinstance(result[0], int):
        raise Silent(NO_DOOR)
    if result[0] != OK:
        raise Refusal(result[0], WORDS.get(result[0], f"it answers {result[0]}"))
    return result[1] if len(result) > 1 and isinstance(result[1], dict) else {}


def address_of(text: str) -> str:
    """Address of a router's door: http or https, without a name or a password in it. Raises Misconfigured."""
    import httpx

    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not is_host(url.host) or url.userinfo or url.query or url.fragment:
        raise Misconfigured(setting="router", why="it is 'openwrt:http://ADDRESS', without a name or password in it", file=FILE)
    return str(url if url.path.strip("/") else url.copy_with(path="/ubus"))
