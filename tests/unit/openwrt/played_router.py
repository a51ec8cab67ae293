"""A router with OpenWrt, played true to what its uhttpd, rpcd and netifd answer: sessions, rights, staged changes, apply with undoing.

Its door is a real HTTP server on this machine. `step` is called for each change that it took.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fnmatch import fnmatch
from typing import Any

NO_SESSION = "0" * 32
ALL = {"ubus": {"*": ["*"]}, "uci": {"*": ["read", "write"]}}
LOOK_ONLY = {"ubus": {"session": ["*"], "network.interface": ["dump"], "uci": ["get"]}, "uci": {"network": ["read"]}}
OPEN = {"ubus": {"session": ["access", "login"]}}
ERRORS = {-32700: "Parse error", -32602: "Invalid parameters", -32000: "Object not found", -32002: "Access denied"}
OBJECTS = ("session", "uci", "network.interface")


class Word(Exception):
    """A word of ubus that is not 0."""


class Door(Exception):
    """A no of the HTTP door."""


class Router:
    """One router: `serve` it, look at `config` and `live`."""

    def __init__(self, step: Callable[[], None] = lambda: None, *, faster: float = 10.0) -> None:
        """faster: its times are shorter by this."""
        self.step, self.faster = step, faster
        self.users = {"root": ("sälä", ALL), "looker": ("sälä", LOOK_ONLY)}
        wan = {".type": "interface", ".name": "wan", "proto": "dhcp", "device": "eth1"}
        wwan = {".type": "interface", ".name": "wwan", "proto": "dhcp", "device": "wwan0", "metric": "20"}
        lan = {".type": "interface", ".name": "lan", "proto": "static", "device": "br-lan"}
        self.config: dict[str, Any] = {"network": {"lan": lan, "wan": wan, "wwan": wwan}}
        self.down: set[str] = set()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.apply_sid, self.snapshot, self.timer = "", {}, None
        self.is_slow = False  # Its network part does not take up what is applied.
        self.live = self._taken_up()
        self.hangs, self.status, self.asked, self.undone = asyncio.Event(), 200, [], 0
        self.hangs.set()

    # netifd -----------------------------------------------------------------------------------------

    def _taken_up(self) -> dict[str, int]:
        return {name: int(one.get("metric", 0)) for name, one in self.config["network"].items()}

    def reload(self) -> None:
        if not self.is_slow:
            self.live = self._taken_up()
        self.step()

    def in_use(self) -> str:
        ways = {name: metric for name, metric in self.live.items() if name not in self.down and name != "lan"}
        return min(ways, key=lambda name: ways[name]) if ways else ""

    def dump(self, session: Any, what: Any) -> dict[str, Any]:
        return {"interface": [self._dumped(name, one) for name, one in self.config["network"].items()]}

    def _dumped(self, name: str, one: dict[str, Any]) -> dict[str, Any]:
        up, route = name not in self.down, {"target": "0.0.0.0", "mask": 0, "nexthop": "10.0.0.1", "source": "10.0.0.2/32"}
        own = {"target": "10.9.0.0", "mask": 16, "nexthop": "0.0.0.0", "source": "0.0.0.0/0"}
        routes = [own] if name == "lan" else [route, own]
        return {
            "interface": name, "up": up, "pending": False, "available": True, "autostart": True, "dynamic": False, "proto": one["proto"],
            "device": one["device"], "metric": self.live[name], "dns_metric": 0, "route": routes if up else [], "dns-server": [],
            "inactive": {"route": [] if up else routes}, "data": {},
        }  # fmt: skip

    # rpcd: session ------------------------------------------------------------------------------

    def login(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        password, grants = self.users.get(what.get("username", ""), (None, {}))
        if password is None or what.get("password") != password:
            raise Word(6)
        pending = self.sessions.get(self.apply_sid)
        if pending is not None and pending["user"] == what["username"]:  # A change that waits for its yes is given back to its owner.
            return self._told(self.apply_sid)
        return self._told(self.new_session(what["username"], what.get("timeout", 300), grants))

    def new_session(self, user: str, timeout: int, grants: dict[str, Any]) -> str:
        sid = f"{len(self.asked):032x}"
        self.sessions[sid] = {"user": user, "timeout": timeout, "grants": grants, "staged": {}}
        return sid

    def _told(self, sid: str) -> dict[str, Any]:
        one = self.sessions[sid]
        known = {"timeout": one["timeout"], "expires": one["timeout"] - 1, "acls": one["grants"], "data": {"username": one["user"]}}
        return {"ubus_rpc_session": sid, **known}

    def access(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        if session is None:
            raise Word(4)
        return {"access": allowed(session["grants"], what.get("scope", "ubus"), what["object"], what["function"])}

    def destroy(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        self.sessions.pop(what["ubus_rpc_session"], None)
        return {}

    # rpcd: uci ----------------------------------------------------------------------------------

    def get(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        self._may(session, what["config"], "read")
        return {"values": session["staged"].get(what["config"]) or self.config[what["config"]]}

    def _staged(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        self._may(session, what["config"], "write")
        staged = session["staged"].setdefault(what["config"], copy.deepcopy(self.config[what["config"]]))
        if what["section"] not in staged:
            raise Word(4)
        return staged[what["section"]]

    def _may(self, session: Any, config: str, how: str) -> None:
        if not allowed(session["grants"], "uci", config, how):
            raise Word(6)
        if config not in self.config:
            raise Word(4)

    def set(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        self._staged(session, what).update(what["values"])
        self.step()
        return {}

    def delete(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        if self._staged(session, what).pop(what["option"], None) is None:
            raise Word(4)
        self.step()
        return {}

    def apply(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        if self.apply_sid and what.get("rollback"):
            raise Word(6)
        if not session["staged"]:
            raise Word(5)
        for config in session["staged"]:
            self._may(session, config, "write")
        self.snapshot = {config: copy.deepcopy(self.config[config]) for config in session["staged"]}
        self.config.update(session["staged"])
        session["staged"] = {}
        if what.get("rollback"):
            self.apply_sid = what["ubus_rpc_session"]
            self.timer = asyncio.get_running_loop().call_later(what.get("timeout", 60) / self.faster, self._undo)
        self.reload()
        return {}

    def confirm(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        self._owns(what)
        self._forget()
        self.step()
        return {}

    def rollback(self, session: Any, what: dict[str, Any]) -> dict[str, Any]:
        self._owns(what)
        self._undo()
        return {}

    def _owns(self, what: dict[str, Any]) -> None:
        if not self.apply_sid:
            raise Word(5)
        if self.apply_sid != what["ubus_rpc_session"]:
            raise Word(6)

    def _undo(self) -> None:
        self.undone += 1
        self.config.update(self.snapshot)
        self._forget()
        self.reload()

    def _forget(self) -> None:
        self.apply_sid, self.snapshot = "", {}
        if self.timer is not None:
            self.timer.cancel()

    # uhttpd -------------------------------------------------------------------------------------

    def answer(self, body: bytes) -> dict[str, Any]:
        asked = json.loads(body)
        self.asked.append(asked)
        try:
            return {"jsonrpc": "2.0", "id": asked["id"], "result": self._called(*asked["params"])}
        except Door as no:
            code = no.args[0]
            return {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": code, "message": ERRORS[code]}}
        except Word as word:
            return {"jsonrpc": "2.0", "id": asked["id"], "result": [word.args[0]]}

    def _called(self, sid: str, name: str, method: str, what: dict[str, Any]) -> list[Any]:
        if name not in OBJECTS:
            raise Door(-32000)
        session = self.sessions.get(sid)
        if not allowed(session["grants"] if session else OPEN, "ubus", name, method) and not allowed(OPEN, "ubus", name, method):
            raise Door(-32002)
        if "ubus_rpc_session" in what:
            raise Door(-32602)
        told = getattr(self, method)(session, {**what, "ubus_rpc_session": sid})
        return [0, told] if told else [0]

    async def _door(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = await reader.readexactly(int(lengths[0]))
                await self.hangs.wait()
                told = json.dumps(self.answer(body)).encode() if self.status == 200 else b""
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (self.status, len(told), told))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Its address, while it is on."""
        server = await asyncio.start_server(self._door, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ubus"
        finally:
            self.hangs.set()
            self._forget()
            server.close()
            await server.wait_closed()


def allowed(grants: dict[str, Any], scope: str, name: str, what: str) -> bool:
    """As rpcd decides: patterns of names, lists of patterns of functions."""
    return any(fnmatch(name, one) and any(fnmatch(what, each) for each in whats) for one, whats in grants.get(scope, {}).items())
