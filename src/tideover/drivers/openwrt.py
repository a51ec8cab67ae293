"""Moves the shop's internet at a router that runs OpenWrt: it changes metrics, under the router's own undoing.

The router is told to go back by itself unless it is told within a time that all is well; so a change that cuts us off undoes itself. What
stood there before is kept in a file of the data folder before anything is changed. It never takes an interface down, and never moves to
a line that has no way out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, ValidationError, convert
from msgspec.structs import replace

from tideover.disk import write_whole
from tideover.drivers.router_lines import Metrics, in_use, interfaces_of, live_metrics, metrics_in, wanted, ways_out
from tideover.drivers.ubus import DENIED, NO_DATA, Refusal, Session, Silent, Ubus, address_of
from tideover.errors import FolderUnusable, Misconfigured, SecretUnreadable
from tideover.model.line import Line, lines_of
from tideover.ports import SwitchAnswer
from tideover.secret import Secrets
from tideover.settings import FILE, Settings
from tideover.world import World

if TYPE_CHECKING:
    import httpx

KEPT = "switch-router.json"
PASSWORD = "router.password"  # Its name among the secrets.
OPENWRT = "openwrt:"
UNDO_S = 30  # The router goes back by itself after this, unless it is told that all is well.
SETTLE_S = 10.0  # So long it may take until its routes are as they were asked for.
LOOK_S = 0.25
CALLS_MAX = 12  # Calls of one piece of work that may each take their whole time.
PACKAGE = "network"
MAY_NOT = "the router's user may look but not change: it needs write access to 'network', and uci apply, confirm and rollback"
BUSY = "somebody is changing the router's settings at this moment: try again in a minute"
BY_ITSELF = f"the router undoes it by itself within {UNDO_S} s"


class Kept(Struct, frozen=True):
    """What stood there when it was armed."""

    metrics: Metrics
    engaged: str = ""  # The line that we moved to, or were moving to.
    applying: bool = False  # A change was begun, and it is not known that it ended.


class OpenWrt:
    """The shop's router."""

    name = "router"

    def __init__(
        self,
        ubus: Ubus,
        lines: tuple[Line, ...],
        folder: Path,
        world: World,
        carries: Callable[[], Awaitable[bool]] | None = None,
        *,
        settle_s: float = SETTLE_S,
        call_s: float = 5.0,
    ) -> None:
        """carries: does the internet work from here, asked before the change is made to stay; None: nobody asks."""
        self._ubus, self._lines, self._file, self._world, self._carries = ubus, interfaces_of(lines), folder / KEPT, world, carries
        self._settle_s, self.timeout_s = settle_s, call_s * CALLS_MAX + settle_s
        self._lock = asyncio.Lock()
        self.can_act = True  # Until the router says that this user may not.

    async def arm(self) -> SwitchAnswer:
        return await self._done(self._arm)

    async def engage(self, target: str) -> SwitchAnswer:
        return await self._done(lambda session: self._engage(session, target))

    async def read_back(self) -> SwitchAnswer:
        return await self._done(self._look)

    async def restore(self) -> SwitchAnswer:
        return await self._done(self._restore)

    # Each piece of work -------------------------------------------------------------------------

    async def _done(self, work: Callable[[Session], Awaitable[SwitchAnswer]]) -> SwitchAnswer:
        """In a session of its own; whatever goes wrong becomes a value."""
        begun = self._world.stopwatch_s()
        async with self._lock:
            try:
                answer = await self._world.within(self.timeout_s, self._in_session(work))
            except TimeoutError:
                answer = self._broken_off("the router took too long")
            except Silent as error:
                answer = self._broken_off(f"the router: {error}")
            except Refusal as refusal:
                answer = SwitchAnswer("refused", why=f"the router: {refusal}")
            except FolderUnusable as error:
                answer = SwitchAnswer("refused", why=error.message)
        return replace(answer, took_ms=round((self._world.stopwatch_s() - begun) * 1_000))

    def _broken_off(self, why: str) -> SwitchAnswer:
        """Before a change was begun nothing was changed."""
        return SwitchAnswer("failed", why=f"{why}; {BY_ITSELF}") if self._kept().applying else SwitchAnswer("refused", why=why)

    async def _in_session(self, work: Callable[[Session], Awaitable[SwitchAnswer]]) -> SwitchAnswer:
        async with self._ubus.session() as session:
            return await work(session)

    async def _look(self, session: Session) -> SwitchAnswer:
        await self._ask_rights(session)
        dump = await session.call("network.interface", "dump")
        return self._seen(dump)

    async def _arm(self, session: Session) -> SwitchAnswer:
        if not await self._ask_rights(session):
            return SwitchAnswer("refused", why=MAY_NOT)
        kept, dump = self._kept(), await session.call("network.interface", "dump")
        found = await self._metrics(session)
        missing = [line for line, names in self._lines.items() if not any(name in found for name in names)]
        if missing or not found:
            line = missing[0] if missing else ""
            return SwitchAnswer("refused", why=f"the router has no interface for the line '{line}': name it with interface=")
        if not kept.engaged and not kept.applying:
            self._keep(Kept(found))
        return self._seen(dump)

    async def _engage(self, session: Session, target: str) -> SwitchAnswer:
        kept = self._kept()
        dump = await session.call("network.interface", "dump")
        now, names = in_use(dump, self._lines), self._lines.get(target)
        if names is None or not kept.metrics:
            why = "it was not armed" if names is not None else "there is no such line"
            return SwitchAnswer("refused", now, why=why)
        kept = await self._settled(session, kept)
        if names[0] not in ways_out(dump):
            return SwitchAnswer("refused", now, why=f"at the router '{target}' has no way out now")
        if not session.is_ours:
            return SwitchAnswer("refused", now, why=BUSY)
        changes = wanted(target, self._lines, await self._metrics(session))
        if not changes:
            return self._seen(dump)
        moved = replace(kept, engaged=target)
        return await self._apply(session, changes, lambda dump: in_use(dump, self._lines) == target, kept, moved, self._carries)

    async def _restore(self, session: Session) -> SwitchAnswer:
        kept = await self._settled(session, self._kept())
        now = await self._metrics(session) if kept.metrics else {}
        changes = {name: metric for name, metric in kept.metrics.items() if name in now and now[name] != metric}
        armed = replace(kept, engaged="")
        if not changes:
            self._keep(armed)
            return self._seen(await session.call("network.interface", "dump"))
        if not session.is_ours:
            return SwitchAnswer("refused", why=BUSY)

        def is_back(dump: Any) -> bool:
            live = live_metrics(dump)
            return all(live.get(name, metric or 0) == (metric or 0) for name, metric in changes.items())

        return await self._apply(session, changes, is_back, kept, armed)

    # Under the router's own undoing -------------------------------------------------------------

    async def _apply(
        self,
        session: Session,
        changes: Metrics,
        is_there: Callable[[Any], bool],
        before: Kept,
        after: Kept,
        carries: Callable[[], Awaitable[bool]] | None = None,
    ) -> SwitchAnswer:
        """Change, look, and only then make it stay; else go back. before, after: what is kept where it fails, and where it is done."""
        self._keep(replace(after, engaged=after.engaged or before.engaged, applying=True))
        try:
            await self._ask_for(session, changes)
        except Refusal as refusal:
            self._keep(before)
            return SwitchAnswer("refused", why=BUSY if refusal.code == DENIED else f"the router: {refusal}")
        dump = await self._until(session, is_there)
        why = "" if is_there(dump) else "the router did not take it up in time"
        if not why and carries is not None and not await carries():
            why = "nothing came through on it"
        if why:
            await self._undo(session)
            self._keep(before)
            return replace(self._seen(await session.call("network.interface", "dump")), word="rolled-back", why=why)
        await session.call("uci", "confirm")
        self._keep(after)
        return self._seen(dump)

    async def _ask_for(self, session: Session, changes: Metrics) -> None:
        """Raises Silent, Refusal; after a Refusal nothing was changed: what was only asked for goes with the session."""
        for name, metric in changes.items():
            if metric is None:
                await session.call("uci", "delete", config=PACKAGE, section=name, option="metric")
            else:
                await session.call("uci", "set", config=PACKAGE, section=name, values={"metric": str(metric)})
        await session.call("uci", "apply", rollback=True, timeout=UNDO_S)

    async def _until(self, session: Session, is_there: Callable[[Any], bool]) -> Any:
        left_s = self._settle_s
        while True:
            dump = await session.call("network.interface", "dump")
            if is_there(dump) or left_s <= 0:
                return dump
            await self._world.pause(LOOK_S)
            left_s -= LOOK_S

    async def _settled(self, session: Session, kept: Kept) -> Kept:
        """What a death left half done is undone first."""
        if kept.applying:
            await self._undo(session)
            kept = replace(kept, applying=False)
            self._keep(kept)
        return kept

    async def _undo(self, session: Session) -> None:
        """Have a change that was not made to stay undone now. A router that knows of none has undone it already. Raises Silent, Refusal."""
        try:
            await session.call("uci", "rollback")
        except Refusal as refusal:
            if refusal.code != NO_DATA:
                raise

    # What is known ------------------------------------------------------------------------------

    async def _ask_rights(self, session: Session) -> bool:
        asked = [("uci", PACKAGE, "write"), *(("ubus", "uci", one) for one in ("get", "set", "delete", "apply", "confirm", "rollback"))]
        self.can_act = all([await session.may(*one) for one in asked])
        return self.can_act

    async def _metrics(self, session: Session) -> Metrics:
        told = await session.call("uci", "get", config=PACKAGE)
        return metrics_in(told.get("values"), [name for names in self._lines.values() for name in names])

    def _seen(self, dump: Any) -> SwitchAnswer:
        ways, now = ways_out(dump), in_use(dump, self._lines)
        told = ", ".join(f"{name} {metric}" for name, metric in sorted(ways.items(), key=lambda one: one[1]))
        return SwitchAnswer("done", now, text=f"ways out by metric: {told}" if told else "no way out")

    def _kept(self) -> Kept:
        try:
            return convert(json.loads(self._file.read_bytes()), Kept)
        except (OSError, ValueError, ValidationError):
            return Kept({})

    def _keep(self, kept: Kept) -> None:
        body = {"metrics": kept.metrics, "engaged": kept.engaged, "applying": kept.applying}
        write_whole(self._file, json.dumps(body).encode())


def router_of(
    settings: Settings,
    secrets: Secrets,
    world: World,
    folder: Path,
    client: httpx.AsyncClient,
    carries: Callable[[], Awaitable[bool]] | None = None,
) -> OpenWrt | None:
    """The router of the settings; None where there is none. Raises Misconfigured."""
    if not settings.router:
        return None
    if not settings.router.startswith(OPENWRT):
        raise Misconfigured(setting="router", why="only 'openwrt:http://ADDRESS' is known", file=FILE)
    url = address_of(settings.router.removeprefix(OPENWRT))
    ubus = Ubus(url, settings.router_user or "root", lambda: _password(secrets), client, world)
    return OpenWrt(ubus, lines_of(settings.lines), folder, world, carries)


def _password(secrets: Secrets) -> str:
    """ "" where none was stored, or it cannot be opened: then the router refuses the log-in, and says so."""
    try:
        return (secrets.get(PASSWORD) or b"").decode("utf-8", "replace")
    except SecretUnreadable:
        return ""
