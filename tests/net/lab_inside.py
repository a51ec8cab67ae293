"""The lab's inside: first process of its own namespaces; builds them, serves, and does what it is told, one JSON object a line."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import http.client
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from net import lab_servers
from net.lab_plan import FAULTS, HOSTS, NAMES, NAMES6, SIPP
from net.lab_trouble import Trouble

T = TypeVar("T")
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
SPACES = ("box", "isp1", "isp2", "net", "lan", "printer", "office", "switch")

CABLES = (  # Namespace, device, address; twice.
    ("box", "wan1", "192.0.2.2/30", "isp1", "c", "192.0.2.1/30"),
    ("box", "wan2", "198.51.100.2/30", "isp2", "c", "198.51.100.1/30"),
    ("isp1", "u0", "10.1.0.2/30", "net", "i1", "10.1.0.1/30"),
    ("isp2", "u0", "10.2.0.2/30", "net", "i2", "10.2.0.1/30"),
    ("box", "lan0", "192.168.8.1/24", "switch", "p-box", ""),
    ("lan", "eth0", "192.168.8.10/24", "switch", "p-lan", ""),
    ("printer", "eth0", "192.168.8.20/24", "switch", "p-printer", ""),
    ("office", "eth0", "192.168.8.30/24", "switch", "p-office", ""),
)
ROUTES = {
    "isp1": ["default via 10.1.0.1"],
    "isp2": ["default via 10.2.0.1"],
    "net": ["192.0.2.0/30 via 10.1.0.2", "198.51.100.0/30 via 10.2.0.2"],
    "lan": ["default via 192.168.8.1"],
    "printer": ["default via 192.168.8.1"],
    "office": ["default via 192.168.8.1"],
    "box": ["default via 192.0.2.1 dev wan1 metric 100"],
}
ADDRESSES6 = {1: ("192.0.2", "2001:db8:1::", "2001:db8:f1::"), 2: ("198.51.100", "2001:db8:2::", "2001:db8:f2::")}


def within(space: str, work: Callable[[], T]) -> T:
    """Do it as if this thread stood in that namespace. Raises OSError."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{space}", os.O_RDONLY)
    try:
        if LIBC.setns(other, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        return work()
    finally:
        LIBC.setns(own, CLONE_NEWNET)
        os.close(own)
        os.close(other)


def opened(space: str, kind: int, address: str, port: int) -> socket.socket:
    """A bound socket of that namespace; listening where it is a stream. Raises OSError."""

    def make() -> socket.socket:
        one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((address, port))
        if kind == socket.SOCK_STREAM:
            one.listen(256)
        return one

    return within(space, make)


def batch(space: str, lines: list[str]) -> None:
    command = ["ip", *(("-n", space) if space else ()), "-batch", "-"]
    subprocess.run(command, input="\n".join(lines) + "\n", text=True, check=True, stdout=sys.stderr)


def settle(space: str) -> None:
    """What a namespace of ours is like: it forwards where it must, anybody may ping, and the box is strict about the way back."""
    base = Path("/proc/sys/net")
    (base / "ipv4/ping_group_range").write_text("0 2147483647")
    if space in ("box", "isp1", "isp2", "net"):
        (base / "ipv4/ip_forward").write_text("1")
        with contextlib.suppress(OSError):
            (base / "ipv6/conf/all/forwarding").write_text("1")
    for one in ("all", "default"):  # Strict in the box, as Debian's default is: the harder case for a second line.
        (base / f"ipv4/conf/{one}/rp_filter").write_text("1" if space == "box" else "0")
        with contextlib.suppress(OSError):
            (base / f"ipv6/conf/{one}/accept_dad").write_text("0")


def build(ipv6: int) -> None:
    """Namespaces, cables, addresses, routes."""
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    Path("/run/netns").mkdir()
    batch("", [f"netns add {one}" for one in SPACES])
    for one in SPACES:
        within(one, lambda one=one: settle(one))
    batch("", [f"link add {d1} netns {n1} type veth peer name {d2} netns {n2}" for n1, d1, _, n2, d2, _ in CABLES])
    todo: dict[str, list[str]] = {one: ["link set lo up"] for one in SPACES}
    todo["switch"].append("link add br0 type bridge")
    todo["switch"].append("link set br0 up")
    for n1, d1, a1, n2, d2, a2 in CABLES:
        for space, device, address in ((n1, d1, a1), (n2, d2, a2)):
            todo[space].append(f"addr add {address} dev {device}" if address else f"link set {device} master br0")
            todo[space].append(f"link set {device} up")
    todo["net"] += [f"addr add {one}/32 dev lo" for one in HOSTS]
    for space, routes in ROUTES.items():
        todo[space] += [f"route add {one}" for one in routes]
    if ipv6:
        add_ipv6(todo, ipv6)
    for space, lines in todo.items():
        batch(space, lines)
    masquerade = "table ip shop {\nchain post {\ntype nat hook postrouting priority 100\noifname { wan1, wan2 } masquerade\n}\n}\n"
    within("box", lambda: subprocess.run(["nft", "-f", "-"], input=masquerade, text=True, check=True))


def add_ipv6(todo: dict[str, list[str]], line: int) -> None:
    _, near, far = ADDRESSES6[line]
    todo["box"] += [f"addr add {near}2/64 dev wan{line} nodad", f"route add default via {near}1 dev wan{line} metric 100"]
    todo["box"].append("addr add fd00:8::1/64 dev lan0 nodad")
    todo[f"isp{line}"] += [f"addr add {near}1/64 dev c nodad", f"addr add {far}2/64 dev u0 nodad", f"route add default via {far}1"]
    todo["net"] += [f"addr add {far}1/64 dev i{line} nodad", f"route add {near}/64 via {far}2"]
    todo["net"] += [f"addr add {one}/128 dev lo nodad" for one in NAMES6.values()]


class Inside:
    """What it can be told to do; each `do_…` is one word of the control pipe."""

    def __init__(self, folder: Path, ipv6: int) -> None:
        self.folder, self.beyond = folder, lab_servers.Beyond()
        self.beyond.has_ipv6 = bool(ipv6)
        self.trouble = Trouble(self.beyond, within)
        self.trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self._ticking: asyncio.Task[None] | None = None
        self._tocks: list[tuple[float, bool]] = []
        self._children: list[subprocess.Popen[bytes]] = []

    async def do_ready(self) -> str:
        return "ready"

    async def do_fault(self, name: str, line: int, how: dict[str, Any]) -> str:
        if name not in FAULTS:
            raise ValueError(f"there is no fault {name!r}")
        await asyncio.to_thread(self.trouble.begin, name, line or FAULTS[name][0], how)
        return name

    async def do_clear(self, name: str, line: int) -> str:
        await asyncio.to_thread(self.trouble.end, name, line or (FAULTS[name][0] if name else 0))
        return name

    async def do_reach(self, where: str, host: str, port: int, device: str, timeout_s: float) -> str:
        def work() -> str:
            try:
                connected(self.address(where, host), port, device, timeout_s).close()
            except OSError as error:
                return str(error) or type(error).__name__
            return ""

        return await asyncio.to_thread(within, where, work)

    async def do_resolve(self, where: str, name: str, server: str, device: str) -> tuple[str, list[str]]:
        def work() -> tuple[str, list[str]]:
            try:
                return "", asked(name, server, device)
            except OSError as error:
                return str(error) or type(error).__name__, []

        return await asyncio.to_thread(within, where, work)

    async def do_fetch(self, where: str, url: str, device: str, timeout_s: float) -> tuple[int, str]:
        def work() -> tuple[int, str]:
            split = urllib.parse.urlsplit(url)
            host, is_tls = split.hostname or "", split.scheme == "https"
            page = http.client.HTTPConnection(host, split.port or (443 if is_tls else 80), timeout=timeout_s)
            try:
                line = connected(self.address(where, host), page.port, device, timeout_s)
                page.sock = self.trust.wrap_socket(line, server_hostname=host) if is_tls else line
                page.request("GET", f"{split.path or '/'}")
                answer = page.getresponse()
                return answer.status, answer.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException) as error:
                return 0, str(error) or type(error).__name__
            finally:
                page.close()

        return await asyncio.to_thread(within, where, work)

    def address(self, where: str, host: str) -> str:
        """Asked of the shop's name server, as a device of the shop does; whoever stands beyond knows it."""
        if host not in NAMES:
            return host
        if where not in ("lan", "printer", "box"):
            return NAMES[host]
        found = asked(host, "127.0.0.1" if where == "box" else "192.168.8.1", "", 3.0)
        if not found:
            raise OSError(f"there is no name {host}")
        return found[0]

    async def do_packets(self, where: str, device: str) -> tuple[int, int]:
        def work() -> tuple[int, int]:
            for line in Path("/proc/thread-self/net/dev").read_text().splitlines():
                name, _, numbers = line.partition(":")
                if name.strip() == device:
                    words = numbers.split()
                    return int(words[1]), int(words[9])
            raise ValueError(f"no device {device}")

        return await asyncio.to_thread(within, where, work)

    async def do_tick(self, where: str, host: str, port: int, every_s: float, timeout_s: float) -> str:
        self._tocks = []

        async def attempt(one: socket.socket) -> None:
            ok = False
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await asyncio.get_running_loop().sock_connect(one, (host, port))
                    ok = True
            one.close()
            self._tocks.append((time.monotonic(), ok))

        async def go() -> None:
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(attempt(within(where, stream)))
                    await asyncio.sleep(every_s)

        self._ticking = asyncio.get_running_loop().create_task(go())
        return "ticking"

    async def do_tocks(self) -> list[tuple[float, bool]]:
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
            self._ticking = None
        return self._tocks

    async def do_sipp(self, ends: bool) -> str:
        """ends: those that run go away without a word, as an exchange does whose machine stops."""
        if shutil.which("sipp") is None:
            return "sipp is not installed"
        if ends:
            for one in self._children:
                one.kill()
                await asyncio.to_thread(one.wait)
            self._children.clear()
            return ""
        command = ["ip", "netns", "exec", "net", "sipp", "-sn", "uas", "-aa", "-i", SIPP, "-p", "5060", "-nostdin"]
        self._children.append(subprocess.Popen(command, cwd=self.folder, stdout=sys.stderr, stderr=sys.stderr, stdin=subprocess.DEVNULL))
        return ""


def stream() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    one.setblocking(False)
    return one


def connected(address: str, port: int, device: str, timeout_s: float) -> socket.socket:
    one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        one.settimeout(timeout_s)
        if device:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        one.connect((address, port))
    except OSError:
        one.close()
        raise
    return one


def asked(name: str, server: str, device: str, timeout_s: float = 1.0) -> list[str]:
    """Addresses of a name, by one question. Raises OSError."""
    packed = b"".join(bytes([len(one)]) + one.encode() for one in name.split(".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(timeout_s)
        if device:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        one.connect((server, 53))
        one.send(struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + packed + struct.pack(">HH", 1, 1))
        said = one.recv(4_096)
    if code := said[3] & 0xF:
        raise OSError(f"{server} says {code} about {name}")
    return [socket.inet_ntoa(said[-4:])] if struct.unpack_from(">H", said, 6)[0] else []


async def serve(inside: Inside) -> None:
    """Until the pipe ends."""
    await lab_servers.start(opened, inside.folder, inside.beyond)
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        given = json.loads(line)
        try:
            said = {"done": await getattr(inside, f"do_{given.pop('do')}")(**given)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, subprocess.SubprocessError) as error:
            said = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)


def main() -> None:
    folder, ipv6 = Path(sys.argv[1]), int(sys.argv[2])
    build(ipv6)
    (folder / "upstreams.conf").write_text("nameserver 100.64.1.53\n")
    (folder / "resolv.box").write_text("nameserver 127.0.0.1\n")
    for one in ("lan", "printer", "office"):
        (folder / f"resolv.{one}").write_text("nameserver 192.168.8.1\n")
    asyncio.run(serve(Inside(folder, ipv6)))


if __name__ == "__main__":
    main()
