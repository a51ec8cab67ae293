"""The lab itself: it carries, it breaks as it says, and it leaves nothing behind."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from net.lab import FAULTS, PROOF_TEXT, Net, lab


@pytest.fixture(scope="module")
def net() -> Iterator[Net]:
    with lab() as one:
        yield one


def host() -> tuple[str, ...]:
    """What somebody would see of a lab that leaks."""
    commands = ("ip -o link", "ip -4 addr", "ip rule", "ip route show table all", "ip netns list", "nft list ruleset")
    said = tuple(subprocess.run(one.split(), capture_output=True, text=True, check=False).stdout for one in commands)
    return (*said, Path("/proc/self/mounts").read_text())


def test_nothing_is_left_of_a_lab() -> None:
    """Links, addresses, rules, routes, namespaces, mounts and nft rules of this machine are the same before, during and after."""
    before = host()
    with lab() as net:
        during = host()
        folder = net.folder
        left_running = net.popen("lan", ["sleep", "1000"])

    assert (before, before) == (during, host())
    assert not folder.exists()
    assert left_running.poll() is not None


def test_everything_is_there(net: Net) -> None:
    """A till reaches the cloud, the proof page says its text, and names come from the box."""
    assert "" == net.reach("lan", "cloud.kassa.example")
    assert (200, f"<p>{PROOF_TEXT}</p>") == net.fetch("lan", "https://proof.example/")
    assert ["203.0.113.20"] == net.resolve("lan", "cards.example", "192.168.8.1")
    assert "nameserver 127.0.0.1\n" == net.run("box", ["cat", "/etc/resolv.conf"]).stdout


def test_a_signal_reaches_who_it_is_meant_for(net: Net) -> None:
    """A box that is told to stop, or killed, in a lab that goes on."""
    asked = net.popen("box", ["sh", "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done"], stdout=subprocess.PIPE)
    assert asked.stdout is not None and "up\n" == asked.stdout.readline()
    asked.terminate()
    killed = net.popen("box", ["sleep", "1000"])
    killed.kill()

    assert 7 == asked.wait(timeout=10)
    assert 0 != killed.wait(timeout=10)


def test_a_provider_serves_its_own_customers_only(net: Net) -> None:
    """The name server of one line refuses who comes over the other: a resolver that is not swapped is a dead one."""
    with pytest.raises(OSError, match="says 5"):
        net.resolve("box", "proof.example", "100.64.2.53", device="wan1")


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_can_be_made_and_mended(net: Net, name: str) -> None:
    """Each by its name; afterwards all is as before."""
    net.fault(name)
    net.clear(name)

    assert "" == net.reach("lan", "proof.example", timeout_s=3.0)
    assert "" == net.reach("box", "192.168.8.20", 9100, timeout_s=3.0)


def test_loss_is_as_asked(net: Net) -> None:
    """20 % each way: of 400 pings 64 % come back, within chance."""
    net.fault("loss", percent=20)
    said = net.run("lan", ["ping", "-q", "-c", "400", "-i", "0.002", "-W", "1", "1.1.1.1"]).stdout
    net.clear()
    came = int(said.split(" received")[0].split(", ")[-1])

    assert 200 <= came <= 310, said


def test_the_relay_delays(net: Net) -> None:
    """100 ms each way are 200 ms there and back, for what passes the provider and not for its gateway."""
    net.fault("delay", delay_ms=100, jitter_ms=0)
    beyond = net.run("lan", ["ping", "-c", "3", "-i", "0.1", "1.1.1.1"]).stdout
    near = net.run("box", ["ping", "-c", "3", "-i", "0.1", "192.0.2.1"]).stdout
    net.clear()

    assert 200 <= least_ms(beyond) < 400
    assert least_ms(near) < 100


def least_ms(said: str) -> float:
    return float(said.rsplit(" = ", 1)[1].split("/")[0])


def test_only_one_line_has_ipv6() -> None:
    """With it, an anchor's IPv6 address is reached over that line."""
    with lab(ipv6=1) as net:
        assert "" == net.reach("box", "2001:db8:a::1", timeout_s=3.0)
        assert "" != net.reach("box", "2001:db8:a::1", device="wan2", timeout_s=0.2)
