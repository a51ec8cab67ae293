"""Diverts an extension of the shop's telephone system, as its own diversion key would: an entry in Asterisk's database.

FreePBX reads CF/EXTENSION at each call; other dial plans read CFIM/EXTENSION. Nothing else of the telephone system is touched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tideover.drivers.ami import PORT, Ami, Reply, open_ami
from tideover.drivers.diversion import Diversion, NotDone, State
from tideover.drivers.found_before import Shelf
from tideover.errors import Misconfigured, SecretUnreadable
from tideover.rules.address import is_host
from tideover.secret import Secrets
from tideover.settings import FILE, Settings
from tideover.world import World

PASSWORD = "pbx.password"  # Its name among the secrets.
TIMEOUT_S = 15.0
FAMILIES = ("CF", "CFIM")
FORM = "ami:HOST, ami:HOST:5038 or ami:HOST:5038/CFIM"
LOG_IN = "the telephone system does not accept the log-in: give the password again with 'tideover switch password pbx'"
NO_RIGHT = "the telephone system does not allow it: its manager's user needs the right 'system'"
NO_EXTENSION = "no extension is named: set 'pbx_extension'"
MISSING = "not found"  # Asterisk's word for an entry that is not there.


class PbxTalk:
    """Logged in."""

    def __init__(self, ami: Ami, family: str, key: str) -> None:
        self._ami, self._where = ami, {"Family": family, "Key": key}

    async def look(self) -> State:
        reply = await self._ami.ask("DBGet", until="DBGetResponse", **self._where)
        if not reply.is_done:
            if MISSING in reply.text:
                return {}
            raise _said_no(reply)
        value = reply.events[-1].get("val", "")
        return {"number": value} if value else {}

    async def divert(self, number: str) -> None:
        reply = await self._ami.ask("DBPut", Val=number, **self._where)
        if not reply.is_done:
            raise _said_no(reply)

    async def put(self, before: State) -> None:
        if "number" in before:
            await self.divert(before["number"])
            return
        reply = await self._ami.ask("DBDel", **self._where)
        if not reply.is_done and MISSING not in reply.text:
            raise _said_no(reply)


class Asterisk:
    """One extension of one telephone system."""

    name, timeout_s = "pbx", TIMEOUT_S

    def __init__(self, host: str, port: int, family: str, settings: Settings, password: Callable[[], str]) -> None:
        """password: asked for at each log-in, so that a new one counts at once."""
        self._host, self._port, self._user, self._password = host, port, settings.pbx_user, password
        self.of = f"{family}/{settings.pbx_extension}"
        self.why_not = "" if settings.pbx_extension else NO_EXTENSION

    @asynccontextmanager
    async def talk(self, of: str) -> AsyncIterator[PbxTalk]:
        family, _, key = of.partition("/")
        async with self.logged_in() as ami:
            yield PbxTalk(ami, family, key)

    @asynccontextmanager
    async def logged_in(self) -> AsyncIterator[Ami]:
        ami = await open_ami(self._host, self._port)
        try:
            await ami.greeted()
            if not await ami.log_in(self._user, self._password()):
                raise NotDone(LOG_IN)
            yield ami
        finally:
            await ami.close()

    def number_in(self, state: Mapping[str, str]) -> str:
        return state.get("number", "")

    def fits(self, now: State, before: State) -> bool:
        return now == before


class Pbx(Diversion):
    """The shop's telephone system; also tells how many calls are up."""

    def __init__(self, asterisk: Asterisk, shelf: Shelf, world: World) -> None:
        super().__init__(asterisk, shelf, world)
        self._asterisk, self._of_world = asterisk, world

    async def calls_up(self) -> int | None:
        """How many channels are in use now; None where it does not say. Raises nothing."""
        try:
            return await self._of_world.within(self.timeout_s, self._count())
        except (TimeoutError, NotDone, OSError, EOFError, ValueError):
            return None

    async def _count(self) -> int | None:
        async with self._asterisk.logged_in() as ami:
            reply = await ami.ask("CoreShowChannels", until="CoreShowChannelsComplete")
        if not reply.is_done:
            return None
        return sum(one.get("event") == "CoreShowChannel" for one in reply.events)


def _said_no(reply: Reply) -> NotDone:
    return NotDone(NO_RIGHT if "ermission" in reply.text else "the telephone system says no")


def pbx_of(settings: Settings, secrets: Secrets, world: World, folder: Path) -> Pbx | None:
    """The telephone system of the settings; None where there is none. Raises Misconfigured."""
    text = settings.pbx.strip()
    if not text:
        return None
    way, _, rest = text.partition(":")
    address, _, family = rest.partition("/")
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, str(PORT)
    host = host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 65_536
    if way != "ami" or not is_host(host) or not is_port or (family or FAMILIES[0]) not in FAMILIES:
        raise Misconfigured(setting="pbx", why=f"{text!r} is none of {FORM}", file=FILE)
    asterisk = Asterisk(host, int(port), family or FAMILIES[0], settings, lambda: password_of(secrets))
    return Pbx(asterisk, Shelf(folder, "pbx"), world)


def password_of(secrets: Secrets) -> str:
    """"" where none was stored, or it cannot be opened: then the telephone system refuses the log-in, and says so."""
    try:
        return (secrets.get(PASSWORD) or b"").decode("utf-8", "replace")
    except SecretUnreadable:
        return ""
