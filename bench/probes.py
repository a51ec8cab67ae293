#!/usr/bin/env python3
"""What looking costs: sixty targets once a second in processor time, and a metered line that rests in bytes a month.

The servers run in a process of their own; bytes are those that a real network device of a namespace counted, headers and all. The
naive way beside it opens an HTTP client for each target; the limit is what the bare system calls of a connection need.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

from figures.shape import Check, Figure, main

from tideover.detect.line_rounds import METERED_FAR_SPARE_S, METERED_SPARE_S, Looks, Rounds
from tideover.detect.looks.addresses import Addresses
from tideover.detect.looks.bound import Way
from tideover.detect.looks.content import ContentProbe, HttpProbe
from tideover.detect.looks.names import NameProbe
from tideover.detect.looks.neighbour import NeighbourProbe
from tideover.detect.looks.page import url_of
from tideover.detect.looks.reach import TcpProbe
from tideover.detect.looks.sip import SipProbe
from tideover.detect.watch import Watch
from tideover.model.line import Line
from tideover.settings import Settings
from tideover.world import real_world

TARGETS = 60
SHARE_MAX = 1.0  # Percent of one core.
MONTH_S = 30 * 86_400
MEGABYTES_MAX = 10.0
DAY_MEGABYTES_MAX = 10.0
HERE = Path(__file__).parent
PROOF = "the real thing"


# The servers, in a process of their own -----------------------------------------------------------------


async def serve(host: str, folder: str) -> None:
    """Anchors, a web server with and without TLS, a name server and an exchange; tells their ports on stdout."""
    import ssl

    sys.path.insert(0, str(HERE.parent / "tests"))
    from unit.detect import neighbours
    from unit.detect.neighbours import Datagrams, certificate, names, page

    neighbours.LOCAL = host
    loop = asyncio.get_running_loop()

    class Closed(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.close()

    class Web(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(page(PROOF + " " * 2_000))
            self.transport.close()

    def exchange(question: bytes) -> bytes:
        head = question.decode().split("\r\n")
        return f"SIP/2.0 200 OK\r\n{head[1]}\r\n{next(one for one in head if one.startswith('Call-ID'))}\r\n\r\n".encode()

    context, _ = certificate(Path(folder), host)
    assert isinstance(context, ssl.SSLContext)
    servers = [await loop.create_server(Closed, host, 0, backlog=1_000), await loop.create_server(Web, host, 0, backlog=1_000)]
    servers.append(await loop.create_server(Web, host, 0, ssl=context, backlog=1_000))
    ports = [one.sockets[0].getsockname()[1] for one in servers]
    for answer in (names(), exchange):
        transport, _ = await loop.create_datagram_endpoint(lambda answer=answer: Datagrams(answer), local_addr=(host, 0))
        ports.append(transport.get_extra_info("sockname")[1])
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


def served(host: str, folder: str, *before: str) -> tuple[subprocess.Popen[str], list[int]]:
    command = [*before, sys.executable, __file__, "--serve", host, folder]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    return running, json.loads(running.stdout.readline())


def over(running: subprocess.Popen[str]) -> None:
    running.communicate()


# Processor time -------------------------------------------------------------------------------------------


def targets(ports: list[int], world: object, book: Addresses) -> list[object]:
    """As a large shop has them: two of three are connections, the others name servers, routers, exchanges and two pages."""
    tcp, http, _, names, sip = ports
    way = Way("fibre", "lo")
    found: list[object] = [TcpProbe(f"anchor {n}", "127.0.0.1", tcp, "anchor", world, way=way, book=book) for n in range(40)]
    found += [NameProbe(f"resolver {n}", "127.0.0.1", "cloud.example.com", world, way=way, port=names) for n in range(6)]
    found += [NeighbourProbe(f"router {n}", "127.0.0.1", world, way=way, book=book) for n in range(8)]
    found += [SipProbe(f"exchange {n}", "127.0.0.1", sip, world, way=way, book=book) for n in range(4)]
    found += [HttpProbe(f"cloud {n}", f"http://127.0.0.1:{http}/", world, way=way, book=book) for n in range(2)]
    return found


async def our_share(ports: list[int], seconds: int) -> float:
    """Percent of a core, with folding, concluding and telling."""
    world = real_world()
    watch, probes = Watch(None, world, Settings(watch_s=1.0), []), targets(ports, world, Addresses(world))
    watch.hear_all(await asyncio.gather(*(one.look() for one in probes)))
    began = process_time()
    for _ in range(seconds):
        looks = await asyncio.gather(*(one.look() for one in probes))
        assert all(one.ok for one in looks), [one for one in looks if not one.ok][:3]
        watch.hear_all(looks)
    return (process_time() - began) / seconds * 100


async def naive_share(ports: list[int], seconds: int) -> float:
    """An HTTP client for each target and each look, as a script of an afternoon does it."""
    import httpx

    async def look() -> None:
        async with httpx.AsyncClient(verify=False, trust_env=False) as client:
            await client.get(f"http://127.0.0.1:{ports[1]}/")

    began = process_time()
    for _ in range(seconds):
        await asyncio.gather(*(look() for _ in range(TARGETS)))
    return (process_time() - began) / seconds * 100


def bare_share(ports: list[int], seconds: int) -> float:
    """The system calls alone."""
    import socket

    began = process_time()
    for _ in range(seconds * TARGETS):
        with socket.socket() as one:
            one.connect(("127.0.0.1", ports[0]))
    return (process_time() - began) / seconds * 100


# Bytes -------------------------------------------------------------------------------------------------------


def look_bytes(times: int) -> dict[str, float] | None:
    """Bytes of one look of each kind, both ways, as a device between two namespaces counted them; None without the right."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return None
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", sys.executable, __file__, "--bytes", str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr[-400:])
        return None
    return json.loads(done.stdout.splitlines()[-1])


def count_bytes(times: int) -> dict[str, float]:
    """Inside the namespace: a second one holds the servers, a pair of devices joins them."""
    steps = (
        "mount -t tmpfs none /run", "mkdir -p /run/netns", "ip netns add far", "ip link set lo up",
        "ip link add near0 type veth peer name far0 netns far", "ip addr add 10.77.0.1/24 dev near0",
        "ip -n far addr add 10.77.0.2/24 dev far0", "ip link set near0 up", "ip -n far link set far0 up",
    )  # fmt: skip
    for step in steps:
        subprocess.run(step.split(), check=True)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        running, ports = served("10.77.0.2", folder, "ip", "netns", "exec", "far")
        try:
            return asyncio.run(counted(ports, next(Path(folder).glob("*.pem")), times))
        finally:
            over(running)


async def counted(ports: list[int], trusted: Path, times: int) -> dict[str, float]:
    import ssl

    world, context, host, way = real_world(), ssl.create_default_context(cafile=trusted), "10.77.0.2", Way("mobile", "near0")
    tcp, _, tls, names, sip = ports
    page = f"https://{host}:{tls}/"
    probes = {
        "anchor": TcpProbe("a", host, tcp, "anchor", world, way=way),
        "dns": NameProbe("d", host, "cloud.example.com", world, way=way, port=names),
        "link": NeighbourProbe("r", host, world, way=way),
        "content": ContentProbe(url_of(page, "proof_page"), PROOF, world, way=way, context=context),
        "cloud": HttpProbe("c", page, world, way=way, context=context),
        "login": HttpProbe("l", page, world, kind="login", way=way, context=context),
        "sip": SipProbe("s", host, sip, world, way=way),
    }
    found = {}
    for kind, probe in probes.items():
        assert (await probe.look()).ok, kind
        before = device_bytes("near0")
        for _ in range(times):
            await probe.look()
        await world.pause(0.05)  # The last packets of a connection come after the look.
        found[kind] = (device_bytes("near0") - before) / times
    return found


def device_bytes(device: str) -> int:
    row = next(line for line in Path("/proc/net/dev").read_text(encoding="ascii").splitlines() if line.strip().startswith(f"{device}:"))
    parts = row.partition(":")[2].split()
    return int(parts[0]) + int(parts[8])


def month_megabytes(cost: dict[str, float]) -> float:
    """A month of a metered line that rests."""
    return metered_megabytes(cost, "fibre", MONTH_S)


def day_megabytes(cost: dict[str, float]) -> float:
    """A day of a metered line in use; what is bound to no line is not looked at there (Watch)."""
    return metered_megabytes(cost, "mobile", 86_400)


def metered_megabytes(cost: dict[str, float], in_use: str, seconds: float) -> float:
    """The rounds as the box plays them, each look at its counted price."""
    far = tuple(Named(one) for one in ("content", "cloud", "login", "sip"))
    looks = Looks((), tuple(Named("anchor") for _ in range(3)), (Named("dns"),), far)
    rounds, at_s, total = Rounds(Line("mobile", "wwan0", is_metered=True), looks, 0.0), 0.0, 0.0
    while at_s < seconds:
        for one in rounds.begin(at_s, in_use):
            total += sum(cost[probe.kind] for probe in one.probes)
            rounds.took_in(one, at_s)
        at_s = max(at_s + 0.5, rounds.due_s(in_use))
    return total / 1e6


class Named:
    """A look of which only the kind matters."""

    timeout_s, name = 1.0, ""

    def __init__(self, kind: str) -> None:
        self.kind = kind


# Both ---------------------------------------------------------------------------------------------------------


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    seconds, times = (15, 20) if quick else (120, 200)
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        running, ports = served("127.0.0.1", folder)
        try:
            say(f"{TARGETS} targets, {seconds} rounds …")
            ours = min(asyncio.run(our_share(ports, seconds // 3)) for _ in range(3))
            naive = asyncio.run(naive_share(ports, 1 if quick else 5))
            bare = bare_share(ports, seconds)
        finally:
            over(running)
    checks = [Check(f"{TARGETS} targets at 1 Hz, percent of a core", ours, "<", SHARE_MAX)]
    say("bytes of each kind of look …")
    cost = look_bytes(times)
    if cost is None:
        say("without root on Linux nothing is counted")
    else:
        say(", ".join(f"{kind} {size:.0f}" for kind, size in cost.items()) + " bytes a look")
        checks.append(Check("metered line at rest, MB a month, counted by a network device", month_megabytes(cost), "<=", MEGABYTES_MAX))
        checks.append(Check("metered line in use, MB a day", day_megabytes(cost), "<=", DAY_MEGABYTES_MAX))
        say(f"one look in {METERED_SPARE_S:.0f} s, what lies beyond every {METERED_FAR_SPARE_S / 3600:.0f} h")
    return Figure("probes", TARGETS, "percent of a core", ours, {"an httpx client for each target": naive}, bare, tuple(checks))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(*sys.argv[2:4]))
    elif sys.argv[1:2] == ["--bytes"]:
        sys.stdout.write(json.dumps(count_bytes(int(sys.argv[2]))) + "\n")
    else:
        main(__doc__ or "", measure)
