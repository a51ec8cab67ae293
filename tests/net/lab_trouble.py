"""How each fault of the lab is made, and mended; what is broken is a set, and the rules of the kernel are written anew from it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from net.lab_plan import CARDS, EXCHANGE, HIJACK, PROVIDER_DNS, VENDOR
from net.lab_servers import Beyond

Within = Callable[[str, Callable[[], Any]], Any]
PORTS = {"lan-switch-dead": ("p-box", "p-lan", "p-printer", "p-office"), "box-port-dead": ("p-box",), "printer-dead": ("p-printer",)}
NARROW = ("slow", "throttled")
RELAYED = ("bursty", "delay")
VENDOR_SET = f"{{ {', '.join(VENDOR)} }}"


class Trouble:
    """What is broken now: (fault, line) and how."""

    def __init__(self, beyond: Beyond, within: Within) -> None:
        self._beyond, self._within = beyond, within
        self._now: dict[tuple[str, int], dict[str, Any]] = {}
        self._relays: dict[int, subprocess.Popen[str]] = {}

    def begin(self, name: str, line: int, how: dict[str, Any]) -> None:
        """Raises OSError, SubprocessError."""
        if (name, line) in self._now:
            self.end(name, line)
        self._now[name, line] = how
        self._show(name, line, is_on=True)

    def end(self, name: str, line: int) -> None:
        """name "": all of them. One that is not there is no error."""
        for one in [key for key in self._now if not name or key == (name, line)]:
            del self._now[one]
            self._show(*one, is_on=False)

    def _show(self, name: str, line: int, is_on: bool) -> None:
        if name == "cable-pulled":
            self._ip(f"isp{line}", f"link set c {'down' if is_on else 'up'}")
        elif name == "lan-switch-mute":
            self._ip("switch", f"link set br0 {'down' if is_on else 'up'}")
        elif name in PORTS:
            dark = {port for (one, _) in self._now for port in PORTS.get(one, ())}
            for port in PORTS["lan-switch-dead"]:
                self._ip("switch", f"link set {port} {'down' if port in dark else 'up'}")
        elif name in NARROW:
            self._narrow(line)
        elif name in RELAYED:
            self._relay(name, line, is_on)
        else:
            self._behave()
            for space, rules in (("isp1", self._provider(1)), ("isp2", self._provider(2)), ("net", self._beyond_rules())):
                self._nft(space, rules)

    def _on(self, name: str, line: int = 0) -> dict[str, Any] | None:
        return self._now.get((name, line))

    def _behave(self) -> None:
        """What the servers themselves do differently."""
        slow, down, beyond = self._on("vendor-slow"), self._on("vendor-down"), self._beyond
        beyond.vendor_waits_s = 0.0 if slow is None else float(slow.get("seconds", 8))
        beyond.vendor_is_503 = down is not None and down.get("way") == "503"
        beyond.login_is_broken = self._on("login-broken") is not None
        beyond.lying = {PROVIDER_DNS[line] for line in (1, 2) if self._on("dns-lies", line) is not None}
        beyond.hijack = "bill" if any(name == "bill" for name, _ in self._now) else "portal"

    def _provider(self, line: int) -> list[str]:
        forward, early = [], []
        if any(self._on(name, line) is not None for name in ("provider-dead", "standby-without-internet")):
            forward.append("drop")
        if self._on("tcp-black-hole", line) is not None:
            forward.append("meta l4proto tcp drop")
        if (loss := self._on("loss", line)) is not None:
            forward.append(f"numgen random mod 1000 < {round(float(loss.get('percent', 10)) * 10)} drop")
        if self._on("vendor-unreachable", line) is not None:
            forward.append(f"ip daddr {VENDOR_SET} drop")
        if any(self._on(name, line) is not None for name in ("portal", "bill")):
            early.append(f'iifname "c" tcp dport {{ 80, 443 }} dnat ip to {HIJACK}')
            forward.append(f'iifname "c" ip daddr != {{ {HIJACK}, {PROVIDER_DNS[line]} }} drop')
        return [
            "chain forward { type filter hook forward priority 0;",
            *forward,
            "}",
            "chain early { type nat hook prerouting priority -100;",
            *early,
            "}",
        ]

    def _beyond_rules(self) -> list[str]:
        rules = []
        if self._on("dns-dead") is not None:
            rules += ["udp dport 53 drop", "tcp dport 53 drop"]
        rules += [f"ip daddr {PROVIDER_DNS[one]} drop" for one in (1, 2) if self._on("provider-dns-dead", one) is not None]
        for name, hosts in (("vendor-down", VENDOR_SET), ("card-host-down", CARDS), ("exchange-down", EXCHANGE)):
            if (how := self._on(name)) is not None:
                way = how.get("way", "silent" if name == "exchange-down" else "refused")
                rules += {"refused": [f"ip daddr {hosts} reject with tcp reset"], "silent": [f"ip daddr {hosts} drop"]}.get(way, [])
        rules = [one.replace(" reject with", " meta l4proto tcp reject with") for one in rules]
        return ["chain input { type filter hook input priority 0;", *rules, "}"]

    def _nft(self, space: str, rules: list[str]) -> None:
        text = "\n".join(["table inet lab", "delete table inet lab", "table inet lab {", *rules, "}"])
        done = self._within(space, lambda: subprocess.run(["nft", "-f", "-"], input=text, text=True, capture_output=True, check=False))
        if done.returncode:
            raise OSError(f"nft: {done.stderr}\n{text}")

    def _ip(self, space: str, words: str) -> None:
        done = subprocess.run(["ip", "-n", space, *words.split()], text=True, capture_output=True, check=False)
        if done.returncode:
            raise OSError(f"ip {words}: {done.stderr}")

    def _narrow(self, line: int) -> None:
        """Both ways; a queue of 0.4 s, as cheap modems have it."""
        asked = {one: how for (one, at), how in self._now.items() if at == line and one in NARROW}
        kbit = min((int(how.get("kbit", 64 if one == "throttled" else 256)) for one, how in asked.items()), default=0)
        for device in ("c", "u0"):
            if kbit:
                words = f"qdisc replace dev {device} root tbf rate {kbit}kbit burst 4kb latency 400ms"
            else:
                words = f"qdisc del dev {device} root"
            done = subprocess.run(["tc", "-n", f"isp{line}", *words.split()], text=True, capture_output=True, check=False)
            if done.returncode and kbit:
                raise OSError(f"tc {words}: {done.stderr}")

    def _relay(self, name: str, line: int, is_on: bool) -> None:
        """Everything that passes the provider goes through the relay; its own gateway address does not."""
        space = f"isp{line}"
        if (old := self._relays.pop(line, None)) is not None:
            old.kill()
            old.communicate()
            for words in ("rule del pref 201", "rule del pref 202"):
                self._ip(space, words)
        if not is_on:
            return
        how = self._now[name, line]
        own = {"delay_ms": 20, "percent": 10} if name == "bursty" else {"delay_ms": 200, "percent": 0}
        usual = {"jitter_ms": 5, "burst_s": 4, "seed": 1, **own}
        numbers = [str({**usual, **how}[one]) for one in ("delay_ms", "jitter_ms", "percent", "burst_s", "seed")]
        command = [sys.executable, str(Path(__file__).with_name("lab_relay.py")), *numbers]
        relay = self._within(space, lambda: subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        self._relays[line] = relay
        if relay.stdout is None or relay.stdout.readline() != "up\n":
            raise OSError("the relay did not start: is there a /dev/net/tun?")
        for words in (
            *("link set ta up", "link set tb up", "route add default dev ta table 201", "route add default dev tb table 202"),
            *("rule add iif c lookup 201 pref 201", "rule add iif u0 lookup 202 pref 202"),
        ):
            self._ip(space, words)
