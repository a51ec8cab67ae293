"""Counts what each line carries in its cycle, by class of traffic, and stops at the end of an allowance what the shop does not need.

It counts with a table of its own in nft (`inet tideover`), laid when a limit is first asked for, and before that (or without nft, or
without the right) with the device's own counters, which know no class. Its figures are no bill. It never touches a table of somebody
else, and never stops what this machine itself sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from tideover.activate.allowance import cycle_starts_at
from tideover.disk import write_whole
from tideover.drivers.meter_table import CLASSES, OTHER, TABLE, counters_in, limits_text, sets_text, table_text
from tideover.errors import FolderUnusable
from tideover.model.line import Line, lines_of
from tideover.settings import Settings
from tideover.world import World, to_ms

FILE = "meter.json"
DEVICES, BOOT = Path("/proc/self/net/dev"), Path("/proc/sys/kernel/random/boot_id")
NFT_S = 10.0
LOOK_UP_EVERY_S = 600.0  # Clouds move: what their names lead to is looked up anew, and what it led to before stays listed.
ADDRESSES_MAX = 256  # Of one class.

Networks = dict[str, tuple[IPv4Network | IPv6Network, ...]]


def hosts_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Class → names or addresses of what the shop needs, as the settings name it."""
    lines = lines_of(settings.lines)
    looked_at = (*settings.anchors, *settings.public_dns, settings.proof_page, *(one for line in lines for one in line.dns))
    named: dict[str, tuple[str, ...]] = {
        "cloud": (settings.cloud_url, settings.cloud_page, *settings.needed_hosts),
        "cards": (settings.card_host,),
        "phones": (settings.sip_server,),
        "probes": looked_at,
    }
    return {kind: tuple(dict.fromkeys(host for one in texts if (host := _host(one)))) for kind, texts in named.items()}


def _host(text: str) -> str:
    """Of an address with or without scheme, port and path; "" where there is none."""
    with contextlib.suppress(ValueError):
        return str(ip_address(text))
    with contextlib.suppress(ValueError):
        return str(ip_network(text, strict=False))
    with contextlib.suppress(ValueError):
        return urlsplit(text if "//" in text else f"//{text}").hostname or ""
    return ""


def meter_of(settings: Settings, world: World, folder: Path) -> Meter | None:
    """None where no line names its device: the shop's router counts there. Raises Misconfigured."""
    lines = lines_of(settings.lines)
    return Meter(lines, folder, world, hosts_of(settings), settings.time_zone) if any(one.device for one in lines) else None


class Counted(Struct):
    """One line in its cycle."""

    since: int = 0  # Beginning of the cycle, UTC ms.
    used: dict[str, int] = field(default_factory=dict)  # Class → bytes.
    last: dict[str, int] = field(default_factory=dict)  # Class → what the table's counter said last.
    device: int | None = None  # What the device said last.
    by_device: bool = False  # The table did not speak when it was looked at last: the device counted for it.
    other_since: int = 0  # The cycle before it, should a clock that jumped come back …
    other_used: dict[str, int] = field(default_factory=dict)  # … and what it had carried.


class Memory(Struct):
    """The file."""

    boot: str = ""
    lines: dict[str, Counted] = field(default_factory=dict)


class Meter:
    """The counters of one shop's lines. Raises nothing."""

    def __init__(
        self, lines: tuple[Line, ...], folder: Path, world: World, hosts: Mapping[str, tuple[str, ...]], zone: str = "UTC"
    ) -> None:
        """hosts: class → names or addresses (of CLASSES; whatever is not there counts as other)."""
        self._lines, self._path, self._world, self._zone = tuple(one for one in lines if one.device), folder / FILE, world, zone
        self._hosts, self._networks = dict(hosts), Networks(dict.fromkeys(CLASSES, ()))
        self._looked_up_at: datetime | None = None
        self._limits: dict[str, int] = {}
        self._is_laid = False
        self._memory = self._remembered()
        self._alone = asyncio.Lock()

    async def lay(self) -> str:
        """The table, anew: what an older one counted is read first. "" or why not."""
        async with self._alone:
            return await self._lay()

    async def read(self) -> dict[str, dict[str, int]]:
        """Line → class → bytes of the present cycle, both ways; kept in the file. Lines that nobody can count are not in it."""
        async with self._alone:
            if self._is_laid and self._is_time_to_look_up() and await self._look_up():
                await self._nft(sets_text(self._networks))
            await self._count()
            return {name: dict(one.used) for name, one in self._memory.lines.items() if name in {line.name for line in self._lines}}

    async def limit(self, line: str, left_bytes: int | None) -> str:
        """After so many bytes more of what is not listed, only listed hosts and the translation of names pass; None: all pass.

        "" or why not.
        """
        async with self._alone:
            wanted = {name: left for name, left in self._limits.items() if name != line}
            if left_bytes is not None and any(one.name == line for one in self._lines):
                wanted[line] = max(0, left_bytes)
            if not wanted and not self._limits and (self._is_laid or not await self._table()):
                return ""  # Nothing stands; a table that an earlier life of the box left is laid anew, without its limits.
            if not self._is_laid and (why := await self._lay()):
                return why
            before, self._limits = self._limits, wanted
            if (why := await self._nft(limits_text(self._lines, wanted))) and not await self._table():
                why = await self._lay()  # Somebody else's firewall was loaded anew, and took the table with it.
            if why:
                self._limits = before
            return why

    async def lift(self) -> str:
        """The table is gone; what it counted is kept. "" or why not."""
        async with self._alone:
            await self._count()
            is_there = self._is_laid or bool(await self._table())
            self._is_laid, self._limits = False, {}
            if not is_there:
                return ""
            return await self._nft(f"table {TABLE}\ndelete table {TABLE}\n")

    async def _lay(self) -> str:
        await self._count()
        await self._look_up()
        if not (why := await self._nft(table_text(self._lines, self._networks) + limits_text(self._lines, self._limits))):
            self._is_laid = True
            for one in self._memory.lines.values():
                one.last, one.by_device = {}, False
            self._remember()
        return why

    async def _count(self) -> None:
        """What has passed since the last look goes to the cycle it passed in, which is the one that is running."""
        table, devices = await self._table(), _devices()
        boot = BOOT.read_text().strip() if BOOT.exists() else ""
        is_new_boot, now = boot != self._memory.boot, self._world.now()
        for line in self._lines:
            if line.device not in devices:
                continue
            one = self._memory.lines.setdefault(line.name, Counted())
            since = to_ms(cycle_starts_at(now, line.cycle_day, self._zone))
            if is_new_boot:
                one.last, one.by_device, one.device = {}, False, 0 if one.since else None
            passed = self._passed(one, line.name, table, devices[line.device])
            if one.since != since:
                was, one.used = (one.since, one.used), one.other_used if one.other_since == since else {}
                one.since, (one.other_since, one.other_used) = since, was
            for kind, count in passed.items():
                one.used[kind] = one.used.get(kind, 0) + count
        self._memory.boot = boot
        self._remember()

    def _passed(self, one: Counted, name: str, table: dict[tuple[str, str], int], device: int) -> dict[str, int]:
        """Since the last look, by class where the table spoke then and speaks now."""
        was, one.device = one.device, device
        moved = 0 if was is None else _since(was, device)  # What passed before anybody counted is not of this shop's account.
        counted = {kind: count for (line, kind), count in table.items() if line == name}
        stood, was_blind = one.last, one.by_device
        one.by_device = not counted
        if not counted:
            return {OTHER: moved}
        one.last = counted
        if was_blind:  # The device has counted what the table counted meanwhile.
            return {OTHER: moved}
        return {kind: _since(stood.get(kind, 0), count) for kind, count in counted.items()}

    async def _table(self) -> dict[tuple[str, str], int]:
        """(line, class) → bytes; empty where there is no table of ours."""
        code, said = await _run("-j", "list", "counters", "table", *TABLE.split())
        return counters_in(said) if code == 0 else {}

    async def _nft(self, text: str) -> str:
        code, said = await _run("-f", "-", said=text)
        return "" if code == 0 else (said.strip().splitlines() or ["nft gave no reason"])[0]

    def _is_time_to_look_up(self) -> bool:
        now, at = self._world.now(), self._looked_up_at
        return at is None or not timedelta(0) <= now - at < timedelta(seconds=LOOK_UP_EVERY_S)

    async def _look_up(self) -> bool:
        """True if a class has other addresses now."""
        self._looked_up_at, before = self._world.now(), dict(self._networks)
        for kind in CLASSES:
            found = [one for host in self._hosts.get(kind, ()) for one in await self._addresses(host)]
            self._networks[kind] = tuple(dict.fromkeys([*found, *self._networks[kind]]))[:ADDRESSES_MAX]
        return before != self._networks

    async def _addresses(self, host: str) -> list[IPv4Network | IPv6Network]:
        with contextlib.suppress(ValueError):
            return [ip_network(host, strict=False)]
        loop = asyncio.get_running_loop()
        try:
            found = await self._world.within(5.0, loop.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        except (OSError, TimeoutError, UnicodeError):
            return []
        return [ip_network(ip_address(one[4][0].split("%")[0])) for one in found]

    def _remembered(self) -> Memory:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Memory)
        except (OSError, msgspec.MsgspecError):
            return Memory()

    def _remember(self) -> None:
        with contextlib.suppress(FolderUnusable):  # It counts on; the wall says that the folder takes nothing.
            write_whole(self._path, msgspec.json.encode(self._memory))


def _since(before: int, now: int) -> int:
    """A counter that says less than before began anew."""
    return now - before if now >= before else now


def _devices() -> dict[str, int]:
    """Device → bytes, both ways, since it is there; empty where this system does not tell."""
    try:
        lines = DEVICES.read_text().splitlines()[2:]
    except OSError:
        return {}
    words = {name.strip(): numbers.split() for name, _, numbers in (line.partition(":") for line in lines)}
    return {name: int(one[0]) + int(one[8]) for name, one in words.items()}


async def _run(*words: str, said: str = "") -> tuple[int, str]:
    """Code, and what nft said: its answer where all is well, else its complaint."""
    program = shutil.which("nft") or "/usr/sbin/nft"
    try:
        process = await asyncio.create_subprocess_exec(
            program, *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
    except OSError as error:
        return -1, f"nft cannot be run: {error.strerror}"
    try:
        async with asyncio.timeout(NFT_S):
            answer, complaint = await process.communicate(said.encode())
    except TimeoutError:
        return -1, "nft did not answer"
    finally:  # Also where the box stops meanwhile.
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, (complaint if process.returncode else answer).decode("utf-8", "replace")
