"""The lab: a shop, two providers and an internet in namespaces of this machine's kernel; it ends, and leaves nothing, with its context.

    from net.lab import lab, why_not

    with lab() as net:                                  # Under a second; pytest.skip("…") where kernel or rights do not allow it.
        net.fault("provider-dead", line=1)              # See FAULTS; net.clear("provider-dead", line=1) mends it, net.clear() all of them.
        net.run("box", ["ip", "route"])                 # A finished process (text); net.popen(…) for one that goes on.
        net.reach("lan", "cloud.kassa.example", 443)    # "" where a connection came about, else why not.
        net.fetch("lan", "https://proof.example/")      # (status, body), proven by the lab's own authority; raises OSError.

Namespaces: `lan` (a till, 192.168.8.10), `printer`, `office` (192.168.8.20, .30: port 9100), `switch` (a bridge), `box` (lan0 192.168.8.1,
wan1 192.0.2.2, wan2 198.51.100.2; it masquerades, and forwards names to the servers of net.upstreams, a file like resolv.conf),
`isp1` and `isp2` (the gateways 192.0.2.1 and 198.51.100.1), `net` (all that lies beyond; every server is a real socket):

    anchors     a.anchor.example 1.1.1.1, b.anchor.example 8.8.8.8, c.anchor.example 9.9.9.9     TLS on 443
    names       100.64.1.53 and 100.64.2.53 (each for its own provider's customers only), public 1.1.1.1 and 8.8.8.8     UDP, TCP on 53
    cloud       cloud.kassa.example 203.0.113.10 (front door, /), login.kassa.example 203.0.113.11 (/login)     443
    cards       cards.example 203.0.113.20     TLS on 443
    proof       proof.example 203.0.113.30: / holds PROOF_TEXT, /bytes/N gives N bytes, /took (POST) takes what is sent     443
    exchange    sip.example 203.0.113.40: answers OPTIONS; net.sipp() puts a sipp there instead, on 203.0.113.41     UDP 5060

A process of the box trusts the lab's authority by net.environ. `net.lines()` gives the setting `lines` of this shop, `net.settings()`
all that a box needs to look at it. Main table of the box: the default over wan1 only, as a machine has it before anybody armed anything.

lab(ipv6=1) gives line 1, and it alone, IPv6 too (box 2001:db8:1::2, gateway 2001:db8:1::1; the anchors' AAAA are 2001:db8:a::1 to ::3).
The kernel may lack `netem`; loss is made by nft, delay and bursts by a relay between two TUN devices (lab_relay.py), narrowness by tbf.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from net.lab_plan import FAULTS, NAMES, PROOF_TEXT
from net.lab_tls import make_authority

UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
TOOLS = ("unshare", "nsenter", "ip", "nft", "tc")
ANSWER_S = 60.0
TESTS = Path(__file__).parent.parent
BIND_RESOLVER = 'if [ -e "$0" ]; then mount --bind "$0" /etc/resolv.conf 2>/dev/null; fi; exec "$@"'

__all__ = ["FAULTS", "NAMES", "PROOF_TEXT", "Net", "lab", "why_not"]


@functools.cache
def why_not() -> str:
    """Why this machine cannot hold the lab; "" where it can."""
    if sys.platform != "linux":
        return f"namespaces need Linux, this is {sys.platform}"
    if missing := [one for one in TOOLS if shutil.which(one) is None]:
        return f"programs are missing: {', '.join(missing)}"
    script = (
        "mount -t tmpfs none /run && mkdir -p /run/netns && ip netns add a && ip -n a link add b0 type bridge "
        "&& ip -n a link add v0 type veth peer name v1 && ip netns exec a nft add table inet lab"
    )
    tried = subprocess.run([*UNSHARE, "sh", "-c", script], capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode == 0:
        return ""
    said = (tried.stderr.strip().splitlines() or ["no word"])[-1]
    return f"this kernel or user does not allow it: {said}"


class Inhabitant(subprocess.Popen[str]):
    """A process of the lab. What was started is nsenter, which waits for it and passes no signal on; so they go to the process itself."""

    def send_signal(self, sig: int) -> None:
        if self.poll() is not None:
            return
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for one in children or [self.pid]:  # None: it has not begun yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(one), sig)


class Net:
    """The lab while it runs."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self.folder = process, folder
        self.ca = folder / "ca.pem"
        self.upstreams = folder / "upstreams.conf"
        self.environ = {**os.environ, "SSL_CERT_FILE": str(self.ca), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
        self._mine: list[subprocess.Popen[str]] = []

    def _ask(self, do: str, **given: object) -> object:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_S)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise RuntimeError(f"the lab does not answer to {do!r}; it said:\n{(self.folder / 'said').read_text()}")
        answer = json.loads(line)
        if "failed" in answer:
            raise RuntimeError(f"{do}: {answer['failed']}")
        return answer["done"]

    def fault(self, name: str, line: int = 0, **how: object) -> None:
        """Let it happen. line: 1 or 2; 0 for the one of FAULTS. how: see FAULTS."""
        self._ask("fault", name=name, line=line, how=how)

    def clear(self, name: str = "", line: int = 0) -> None:
        """Mend it; without a name, everything."""
        self._ask("clear", name=name, line=line)

    def reach(self, where: str, host: str, port: int = 443, device: str = "", timeout_s: float = 1.0) -> str:
        """A TCP connection from that namespace, bound to a device or not: "" when it came about, else why not."""
        return str(self._ask("reach", where=where, host=host, port=port, device=device, timeout_s=timeout_s))

    def fetch(self, where: str, url: str, device: str = "", timeout_s: float = 3.0) -> tuple[int, str]:
        """Status and body; raises OSError with the reason."""
        answer = self._ask("fetch", where=where, url=url, device=device, timeout_s=timeout_s)
        assert isinstance(answer, list)
        if answer[0] == 0:
            raise OSError(answer[1])
        return int(answer[0]), str(answer[1])

    def resolve(self, where: str, name: str, server: str, device: str = "") -> list[str]:
        """Addresses of a name, asked of that server; raises OSError."""
        answer = self._ask("resolve", where=where, name=name, server=server, device=device)
        assert isinstance(answer, list)
        if answer[0] != "":
            raise OSError(answer[0])
        return list(answer[1])

    def packets(self, where: str, device: str) -> tuple[int, int]:
        """Packets a device took in and gave out since it is there."""
        answer = self._ask("packets", where=where, device=device)
        assert isinstance(answer, list)
        return int(answer[0]), int(answer[1])

    def tick(self, where: str, host: str, port: int = 443, every_s: float = 0.02, timeout_s: float = 0.25) -> None:
        """Begin to connect from there again and again; `tocks` ends it. host: an address."""
        self._ask("tick", where=where, host=host, port=port, every_s=every_s, timeout_s=timeout_s)

    def tocks(self) -> list[tuple[float, bool]]:
        """When each of these attempts ended (time.monotonic of this machine), and whether it came about."""
        answer = self._ask("tocks")
        assert isinstance(answer, list)
        return [(float(at), bool(ok)) for at, ok in answer]

    def sipp(self, ends: bool = False) -> str:
        """Start sipp as an exchange that answers calls and OPTIONS, on 203.0.113.41, or end it; "" or why not."""
        return str(self._ask("sipp", ends=ends))

    def inside(self, where: str, argv: Sequence[object]) -> list[str]:
        """The command line that runs `argv` in that namespace, whoever starts it."""
        own = f"/proc/{self._process.pid}/ns"
        enter = ["nsenter", f"--mount={own}/mnt", f"--pid={own}/pid_for_children", f"--net={own}/net"]
        there = ["ip", "netns", "exec", where, "sh", "-c", BIND_RESOLVER, str(self.folder / f"resolv.{where}")]
        return [*enter, *there, *(str(one) for one in argv)]

    def run(
        self, where: str, argv: Sequence[object], timeout_s: float = 30.0, check: bool = False, said: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """A process in that namespace, to its end; said: what it reads."""
        line = self.inside(where, argv)
        return subprocess.run(line, capture_output=True, text=True, timeout=timeout_s, check=check, env=self.environ, input=said)

    def popen(self, where: str, argv: Sequence[object], **how: object) -> subprocess.Popen[str]:
        """A process in that namespace that goes on; it is killed with the lab at the latest."""
        process = Inhabitant(self.inside(where, argv), text=True, env=self.environ, **how)  # type: ignore[call-overload]
        self._mine.append(process)
        return process

    def lines(self) -> tuple[str, str]:
        """The setting `lines` of this shop."""
        return (
            "fibre device=wan1 gateway=192.0.2.1 dns=100.64.1.53 source=192.0.2.2 carrier=Elisa",
            "mobile device=wan2 gateway=198.51.100.1 dns=100.64.2.53 source=198.51.100.2 carrier=Telia metered allowance_mb=5000",
        )

    def settings(self) -> dict[str, object]:
        """Settings of a box that looks at all there is."""
        return {
            "lines": self.lines(),
            "anchors": ("1.1.1.1:443", "8.8.8.8:443", "9.9.9.9:443"),
            "public_dns": ("1.1.1.1", "8.8.8.8"),
            "proof_page": "https://proof.example/",
            "proof_text": PROOF_TEXT,
            "cloud_page": "https://cloud.kassa.example/login",
            "lan_device": "lan0",
            "card_host": "cards.example:443",
            "sip_server": "203.0.113.40:5060",
            "link_address": "192.0.2.1:80",
            "receipt_printer": "tcp://192.168.8.20:9100",
        }

    def end(self) -> None:
        """Everything stops; the kernel takes the namespaces back."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        for one in self._mine:
            one.wait(timeout=10)
            for pipe in (one.stdin, one.stdout, one.stderr):
                if pipe is not None and not pipe.closed:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()


def make_queue(folder: Path) -> None:
    """A print queue `office` that tells where its printer stands, and never that it is away."""
    folder.mkdir()
    program = folder / "lpstat"
    program.write_text("#!/bin/sh\necho 'device for office: socket://192.168.8.30:9100'\n")
    program.chmod(0o755)


@contextlib.contextmanager
def lab(ipv6: int = 0) -> Iterator[Net]:
    """The lab, from its start to its end; skips the test, with the reason, where it cannot be. ipv6: the line that has it, 0 for none."""
    if why := why_not():
        print(f"no lab: {why}")
        pytest.skip(f"no lab: {why}")
    folder = Path(tempfile.mkdtemp(prefix="tideover-lab-"))
    try:
        make_authority(folder)
        make_queue(folder / "bin")
        with open(folder / "said", "w") as said:
            process = subprocess.Popen(
                [*UNSHARE, sys.executable, "-m", "net.lab_inside", str(folder), str(ipv6)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env={**os.environ, "PYTHONPATH": str(TESTS)},
            )
        net = Net(process, folder)
        try:
            net._ask("ready")
            yield net
        finally:
            net.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
