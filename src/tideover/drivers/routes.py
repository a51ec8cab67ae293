"""The ways to the internet as Linux keeps them: one routing table for each line, and one more for the line the shop was moved to.

The main table belongs to the machine (DHCP, NetworkManager, whoever set it up) and is never written. What is ours is known by its
numbers (tables and rules 21000 to 21099) and by its maker's number (protocol 114); nothing else is ever changed or removed.

- A rule for each line's device and one for its address lead to its own table, which ends in `unreachable`: a look that is bound to a
  line leaves by it, or fails; it never slips out by the other.
- Moving the shop is one rule: all that the main table would send to its default goes to the table of the line in use. What the
  main table knows better (the shop's own network) stays there.
- IPv6 moves with it: to the line's own IPv6 default, or to `unreachable` where the line has none, so that a device turns to IPv4 at
  once instead of waiting for a prefix that is dead.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address, ip_interface
from typing import Any

from msgspec import Struct, structs

from tideover.model.line import Line

TABLES = range(21_000, 21_100)  # And the numbers of our rules.
PROTOCOL = 114
IN_USE = 21_090  # Table of the line that the shop was moved to.
LOCAL_OF, FROM_OF, DEVICE_OF = 21_010, 21_030, 21_050  # Rules of line 1, 2 …: each of these plus the line's number.
MAIN_FIRST, MOVED = 21_080, 21_090
LINES_MAX = 9
MAIN = 254
KERNEL_S = 5.0  # It answers in a millisecond; another program may hold its tables for longer.
LAST_METRIC = 4_278_198_272
FAR = {socket.AF_INET: "192.0.0.8", socket.AF_INET6: "100::1"}  # Addresses that nobody has a way of its own to (RFC 7600, RFC 6666).
FAMILIES = (socket.AF_INET, socket.AF_INET6)
IFF_UP, IFF_LOWER_UP, IFF_POINTOPOINT = 0x1, 0x10000, 0x10
UNICAST, RTNH_F_ONLINK = 1, 4  # The main table took that gateway already: a table of ours need not know its cable, too.


class Way(Struct, frozen=True):
    """How a line leaves this machine now."""

    name: str
    number: int  # 1 for the first line of the settings.
    device: str
    index: int = 0  # Of the device; 0: it is not there.
    has_carrier: bool = False
    source: str = ""  # Our IPv4 address on it.
    network: str = ""  # What lies on the cable itself.
    gateway: str = ""  # "" on a device that needs none, or where none is known.
    is_usable: bool = False  # Device, address and gateway are there.
    gateway6: str = ""
    has_ipv6: bool = False
    is_mains: bool = False  # The main table's best default is this very way.

    @property
    def table(self) -> int:
        return TABLES.start + self.number


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the kernel refuses is an OSError, like any other."""
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except NetlinkError as error:
        raise OSError(error.code, str(error.args[1]) if len(error.args) > 1 else "netlink") from error


@contextlib.asynccontextmanager
async def opened(longest_s: float = KERNEL_S) -> AsyncIterator[Any]:
    """A conversation with the kernel, which ends after its time. Raises OSError (TimeoutError is one)."""
    from pyroute2 import AsyncIPRoute

    with _told():
        async with asyncio.timeout(longest_s), AsyncIPRoute() as kernel:
            yield kernel


async def look(kernel: Any, lines: tuple[Line, ...]) -> tuple[Way, ...]:
    """How each line that has a device leaves this machine now; needs no right. Raises OSError."""
    links = {one.get_attr("IFLA_IFNAME"): one for one in [got async for got in await kernel.get_links()]}
    addresses = [one async for one in await kernel.get_addr(family=socket.AF_INET)]
    defaults = [one for family in FAMILIES for one in await _defaults(kernel, family)]
    best = min((one for one in defaults if one["family"] == socket.AF_INET), key=_metric, default=None)
    ways = []
    for number, line in enumerate(lines[:LINES_MAX], 1):
        if line.device:
            link = links.get(line.device)
            ways.append(_way(line, number, link, addresses, defaults, best) if link else Way(line.name, number, line.device))
    return tuple(ways)


def _way(line: Line, number: int, link: Any, addresses: list[Any], defaults: list[Any], best: Any) -> Way:
    index = link["index"]
    mine = sorted((one for one in defaults if one.get_attr("RTA_OIF") == index), key=_metric)
    four, six = ([one for one in mine if one["family"] == family] for family in FAMILIES)
    gateway = line.next_hop or next((one.get_attr("RTA_GATEWAY") or "" for one in four), "")
    own = [f"{one.get_attr('IFA_LOCAL') or one.get_attr('IFA_ADDRESS')}/{one['prefixlen']}" for one in addresses if one["index"] == index]
    near = [one for one in own if gateway and ip_address(gateway) in ip_interface(one).network]
    chosen = next((one for one in own if one.split("/")[0] == line.source), next(iter([*near, *own]), ""))
    needs_none = (bool(four) and not gateway) or bool(link["flags"] & IFF_POINTOPOINT)
    return Way(
        name=line.name,
        number=number,
        device=line.device,
        index=index,
        has_carrier=bool(link["flags"] & IFF_LOWER_UP),
        source=chosen.split("/")[0],
        network=str(ip_interface(chosen).network) if chosen else "",
        gateway=gateway,
        is_usable=bool(link["flags"] & IFF_UP) and bool(chosen) and (bool(gateway) or needs_none),
        gateway6=next((one.get_attr("RTA_GATEWAY") or "" for one in six), ""),
        has_ipv6=bool(six),
        is_mains=best is not None and best.get_attr("RTA_OIF") == index and (best.get_attr("RTA_GATEWAY") or "") == gateway,
    )


async def fresh(kernel: Any, way: Way) -> Way:
    """That way with its device's cable as it is this moment; the rest as it was seen. Raises OSError."""
    with _told():
        found = await kernel.link("get", index=way.index) if way.index else []
    return structs.replace(way, has_carrier=bool(found) and bool(found[0]["flags"] & IFF_LOWER_UP))


def _metric(route: Any) -> int:
    return int(route.get_attr("RTA_PRIORITY") or 0)


async def _defaults(kernel: Any, family: int) -> list[Any]:
    """The main table's ways out, of one family."""
    found = [one async for one in await kernel.get_routes(family=family, table=MAIN)]
    return [one for one in found if one["dst_len"] == 0 and one["type"] == UNICAST]


async def lay(kernel: Any, ways: tuple[Way, ...]) -> dict[str, str]:
    """A table and the rules for each line, as the machine is now; may be repeated. Gives why a line has no way out.

    Raises OSError: then some of it may lie.
    """
    faults = {}
    with _told():
        wanted: dict[int, list[dict[str, Any]]] = {family: [] for family in FAMILIES}
        with_ipv6 = any(way.has_ipv6 for way in ways)
        for way in ways:
            if why := await _lay_table(kernel, way, with_ipv6):
                faults[way.name] = why
            if way.source:
                wanted[socket.AF_INET].append(_rule(LOCAL_OF + way.number, MAIN, src=way.source, src_len=32, FRA_SUPPRESS_PREFIXLEN=0))
                wanted[socket.AF_INET].append(_rule(FROM_OF + way.number, way.table, src=way.source, src_len=32))
            wanted[socket.AF_INET].append(_rule(DEVICE_OF + way.number, way.table, oifname=way.device))
            if with_ipv6:
                wanted[socket.AF_INET6].append(_rule(DEVICE_OF + way.number, way.table, oifname=way.device))
        for family, rules in wanted.items():
            await _set_rules(kernel, family, rules, range(LOCAL_OF, MAIN_FIRST))
        mine = {way.table for way in ways}
        await _empty(kernel, *(one for one in TABLES[1 : LINES_MAX + 1] if one not in mine))  # Of a line that is named no more.
    return faults


def _rule(priority: int, table: int, **match: Any) -> dict[str, Any]:
    return {"priority": priority, "table": table, "protocol": PROTOCOL, **match}


async def _lay_table(kernel: Any, way: Way, with_ipv6: bool) -> str:
    """Its own way out, and behind it `unreachable`; "" or why it has none."""
    why = "" if way.is_usable else "it has no address or no gateway now"
    await kernel.route("replace", family=socket.AF_INET, **_nowhere(way.table))
    if way.is_usable:
        try:
            with _told():
                if not way.network.endswith("/32"):  # What lies on its cable.
                    near = {"dst": way.network, "oif": way.index, "scope": "link", "prefsrc": way.source, "table": way.table}
                    await kernel.route("replace", family=socket.AF_INET, proto=PROTOCOL, **near)
                await kernel.route("replace", **_default(way, way.table))
        except OSError as error:
            why = f"its gateway {way.gateway} is refused: {error.strerror}"
    if why:
        await _empty(kernel, way.table, keep=LAST_METRIC, families=FAMILIES[:1])
    if with_ipv6:
        await kernel.route("replace", family=socket.AF_INET6, **_nowhere(way.table))
        if way.has_ipv6:
            await kernel.route("replace", **_default6(way, way.table))
    return why


def _nowhere(table: int) -> dict[str, Any]:
    return {"type": "unreachable", "dst": "default", "table": table, "proto": PROTOCOL, "priority": LAST_METRIC}


def _default(way: Way, table: int) -> dict[str, Any]:
    far: dict[str, Any] = {"family": socket.AF_INET, "dst": "default", "oif": way.index, "table": table, "proto": PROTOCOL}
    return far | {"prefsrc": way.source} | ({"gateway": way.gateway} if way.gateway else {"scope": "link"})


def _default6(way: Way, table: int) -> dict[str, Any]:
    far = {"family": socket.AF_INET6, "dst": "default", "oif": way.index, "table": table, "proto": PROTOCOL, "priority": 1_024}
    return far | ({"gateway": way.gateway6, "flags": RTNH_F_ONLINK} if way.gateway6 else {})


async def turn(kernel: Any, way: Way, with_ipv6: bool) -> None:
    """All unbound traffic goes by that line from now on, in one step of the kernel. Raises OSError: then `unturn`.

    with_ipv6: this machine sends IPv6 somewhere, so it must be moved as well.
    """
    with _told():
        await kernel.route("replace", **_default(way, IN_USE))
        await _lead_there(kernel, socket.AF_INET)
        if with_ipv6:
            far = _default6(way, IN_USE) if way.has_ipv6 else {"family": socket.AF_INET6, **_nowhere(IN_USE)}
            await kernel.route("replace", **far)
            await _lead_there(kernel, socket.AF_INET6)
        if with_ipv6 and not way.has_ipv6:  # Another line's way, which would be taken before `unreachable`.
            await _empty(kernel, IN_USE, keep=LAST_METRIC, families=FAMILIES[1:])


async def _lead_there(kernel: Any, family: int) -> None:
    """The rules of a move; without asking first which of them are there, for this is the moment that counts."""
    for rule in (_rule(MAIN_FIRST, MAIN, FRA_SUPPRESS_PREFIXLEN=0), _rule(MOVED, IN_USE)):
        try:
            with _told():
                await kernel.rule("add", family=family, **rule)
        except FileExistsError:
            continue


async def unturn(kernel: Any) -> None:
    """Unbound traffic goes as the machine's own main table says. Raises OSError."""
    with _told():
        for family in FAMILIES:
            await _set_rules(kernel, family, [], range(MAIN_FIRST, MOVED + 1))
        await _empty(kernel, IN_USE)


async def clear(kernel: Any) -> None:
    """Nothing of ours is left. Raises OSError."""
    with _told():
        for family in FAMILIES:
            await _set_rules(kernel, family, [], TABLES)  # The highest number first: the way out of a move goes before what it stood on.
        await _empty(kernel, *TABLES)


async def is_clear(kernel: Any) -> bool:
    """No rule and no route of ours lies in this kernel; needs no right. Raises OSError."""
    with _told():
        for family in FAMILIES:
            routes = [one async for one in await kernel.get_routes(family=family) if one["proto"] == PROTOCOL]
            if await _our_rules(kernel, family) or any((one.get_attr("RTA_TABLE") or one["table"]) in TABLES for one in routes):
                return False
    return True


async def chosen(kernel: Any, ways: tuple[Way, ...]) -> str:
    """Name of the line that the kernel itself would send an unbound packet by; "" for none of them."""
    try:
        with _told():
            found = await kernel.route("get", dst=FAR[socket.AF_INET])
    except OSError:
        return ""
    index = found[0].get_attr("RTA_OIF") if found else 0
    return next((way.name for way in ways if way.index and way.index == index), "")


async def is_moved(kernel: Any) -> bool:
    """True while a rule of ours decides which line is in use. Raises OSError."""
    with _told():
        return any(one["priority"] == MOVED for one in await _our_rules(kernel, socket.AF_INET))


async def foreign(kernel: Any) -> str:
    """Who else uses our numbers, in words; "" for nobody. Raises OSError."""
    with _told():
        for family in FAMILIES:
            async for rule in await kernel.get_rules(family=family):
                if rule.get_attr("FRA_TABLE") in TABLES and rule.get_attr("FRA_PROTOCOL") != PROTOCOL:
                    return f"a rule of another program leads to table {rule.get_attr('FRA_TABLE')}, which Tideover needs"
    return ""


async def _our_rules(kernel: Any, family: int) -> list[dict[str, Any]]:
    found = [one async for one in await kernel.get_rules(family=family)]
    return [_seen(one) for one in found if one.get_attr("FRA_PROTOCOL") == PROTOCOL and one.get_attr("FRA_PRIORITY") in TABLES]


def _seen(rule: Any) -> dict[str, Any]:
    """A rule of the kernel in the words with which it was added."""
    told = {"priority": rule.get_attr("FRA_PRIORITY"), "table": rule.get_attr("FRA_TABLE"), "protocol": PROTOCOL}
    if source := rule.get_attr("FRA_SRC"):
        told |= {"src": source, "src_len": rule["src_len"]}
    if device := rule.get_attr("FRA_OIFNAME"):
        told["oifname"] = device
    if rule.get_attr("FRA_SUPPRESS_PREFIXLEN") in (0,):
        told["FRA_SUPPRESS_PREFIXLEN"] = 0
    return told


async def _set_rules(kernel: Any, family: int, wanted: list[dict[str, Any]], numbers: range) -> None:
    """Of our rules with these numbers, exactly the wanted ones are there; what is right already is not touched."""
    there = [one for one in await _our_rules(kernel, family) if one["priority"] in numbers]
    for one in wanted:
        if one not in there:
            await kernel.rule("add", family=family, **one)
    for one in sorted((one for one in there if one not in wanted), key=lambda one: -one["priority"]):
        await kernel.rule("del", family=family, **one)


async def _empty(kernel: Any, *tables: int, keep: int | None = None, families: tuple[int, ...] = FAMILIES) -> None:
    """Our routes of some of our tables go; keep: not the one with that metric."""
    for family in families:
        for one in [got async for got in await kernel.get_routes(family=family) if got["proto"] == PROTOCOL]:
            table = one.get_attr("RTA_TABLE") or one["table"]
            if table in tables and (keep is None or _metric(one) != keep):
                dst = f"{one.get_attr('RTA_DST')}/{one['dst_len']}" if one["dst_len"] else "default"
                told = {"family": family, "dst": dst, "table": table, "priority": _metric(one), "type": one["type"], "scope": one["scope"]}
                await kernel.route("del", **told)
