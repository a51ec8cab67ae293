"""The line driver on real routes: it moves the shop, proves it, goes back, heals, and leaves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from net.lab import Net, lab

ROOT = Path(__file__).parent.parent.parent
MOVER: list[subprocess.Popen[str]] = []
STEPS = ("route", "names", "flows", "proof", "back", "restoring")


@pytest.fixture(scope="module")
def wired() -> Iterator[Net]:
    with lab(ipv6=1) as net:
        net.environ["PYTHONPATH"] = f"{ROOT / 'tests'}:{ROOT / 'src'}"
        MOVER.append(net.popen("box", [sys.executable, "-m", "net.mover"], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        yield net
        MOVER.clear()


@pytest.fixture
def net(wired: Net, tmp_path: Path) -> Iterator[Net]:
    """The lab as nobody has touched it yet."""
    yield wired
    wired.clear()
    moved(wired, tmp_path, ["restore"])
    wired.upstreams.write_text("nameserver 100.64.1.53\n")
    assert wired.reach("lan", "1.1.1.1", timeout_s=5.0) == ""


def moved(net: Net, folder: Path, *do: list[str], before: tuple[object, ...] = (), **told: Any) -> list[dict[str, Any]]:
    """What the driver answers to each word; fewer answers than words where it died. before: a command that starts it, with less right."""
    given = json.dumps({"folder": str(folder), "lines": net.lines(), "resolver": str(net.upstreams), "do": do, **told}) + "\n"
    if before or "die_at" in told:
        done = net.run("box", [*before, sys.executable, "-m", "net.mover"], said=given)
        assert not done.stderr, done.stderr
        return json.loads(done.stdout)
    stdin, stdout = MOVER[0].stdin, MOVER[0].stdout
    assert stdin is not None and stdout is not None
    stdin.write(given)
    stdin.flush()
    return json.loads(stdout.readline())


def words(answers: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["answer"]["word"], one["answer"]["now"]) for one in answers]


def listing(net: Net) -> str:
    """All that the kernel of the box sends by, and all it filters by."""
    script = "ip -4 rule; ip -6 rule; ip -4 route show table all; ip -6 route show table all; nft list ruleset"
    return net.run("box", ["sh", "-c", script]).stdout + net.upstreams.read_text()


def flows(net: Net, *more: str) -> list[str]:
    return net.run("box", ["conntrack", "-L", *more]).stdout.splitlines()


def test_a_bound_look_leaves_by_its_own_line_and_no_other(net: Net, tmp_path: Path) -> None:
    """30 of 30 over the standby, all seen there and none beside it; before anybody armed anything, not one."""
    control = [net.reach("box", "1.1.1.1", device="wan2", timeout_s=0.1) for _ in range(3)]

    assert [("done", "fibre")] == words(moved(net, tmp_path, ["arm"]))
    before = [net.packets(f"isp{line}", "c")[0] for line in (1, 2)]
    looks = [net.reach("box", "1.1.1.1", device="wan2") for _ in range(30)]
    went = [net.packets(f"isp{line}", "c")[0] - was for line, was in zip((1, 2), before, strict=True)]

    assert [""] * 30 == looks
    assert "" not in control
    assert went[1] >= 60 and went[0] < 10, went  # A few of the machine's own, for IPv6's neighbours.
    assert "" == net.reach("box", "1.1.1.1", device="wan1")
    for bound in ("oif wan2", "from 198.51.100.2"):  # By its device, or by our address on it.
        assert "via 198.51.100.1 dev wan2" in net.run("box", ["ip", "route", "get", "1.1.1.1", *bound.split()]).stdout


def test_without_its_rules_a_bound_look_fails_on_a_line_that_is_well(net: Net, tmp_path: Path) -> None:
    """So they are no ornament: the same look, the same line, the rules taken away."""
    moved(net, tmp_path, ["arm"])
    assert "" == net.reach("box", "1.1.1.1", device="wan2")

    for number in ("21032", "21052", "21012"):
        net.run("box", ["ip", "rule", "del", "pref", number], check=True)

    assert "" != net.reach("box", "1.1.1.1", device="wan2", timeout_s=0.2)
    moved(net, tmp_path, ["arm"])
    assert "" == net.reach("box", "1.1.1.1", device="wan2")


def test_the_shop_moves_with_its_names_and_nothing_else(net: Net, tmp_path: Path) -> None:
    """Provider dead: new connections of the shop go over the second line, names too; flows of others stay; the old one's are forgotten."""
    moved(net, tmp_path, ["arm"])
    for host in ("8.8.8.8", "9.9.9.9"):
        net.reach("lan", host)
    net.reach("box", "192.168.8.20", 9100)
    net.reach("box", "1.1.1.1", device="wan2")
    assert flows(net, "--src-nat", "192.0.2.2")
    net.fault("provider-dead")

    answers = moved(net, tmp_path, ["engage", "mobile"], hurry=True)

    assert [("done", "mobile")] == words(answers)
    assert [] == flows(net, "--src-nat", "192.0.2.2")
    assert ["9100"] == [one.split("dport=")[1].split()[0] for one in flows(net, "-p", "tcp", "-d", "192.168.8.20")]
    assert flows(net, "-p", "tcp", "-q", "198.51.100.2")
    assert "" == net.reach("lan", "8.8.8.8")
    assert (200, "<h1>Kassa Cloud</h1>") == net.fetch("lan", "https://cloud.kassa.example/")
    assert net.upstreams.read_text().endswith("nameserver 100.64.2.53\n")


def test_a_move_back_leads_to_what_was_there(net: Net, tmp_path: Path) -> None:
    """Engaging the usual line is the machine's own default again; restoring leaves not a rule, a route or a line of a file."""
    untouched = listing(net)
    moved(net, tmp_path, ["arm"])
    armed = listing(net)

    answers = moved(net, tmp_path, ["engage", "mobile"], ["in_use"], ["engage", "fibre"])
    back = listing(net)
    moved(net, tmp_path, ["engage", "mobile"], ["restore"])

    assert [("done", "mobile"), ("done", "fibre")] == words([answers[0], answers[2]])
    assert "mobile" == answers[1]["answer"]
    assert armed == back
    assert armed != untouched == listing(net)
    assert [] == list(tmp_path.iterdir())


def test_there_is_nowhere_to_go(net: Net, tmp_path: Path) -> None:
    """A standby without internet: looked at first, it is refused untouched; in a hurry, it is tried and all is back; no cable, no try."""
    moved(net, tmp_path, ["arm"])
    armed = listing(net)
    net.fault("standby-without-internet")
    net.reach("lan", "8.8.8.8")

    looked = moved(net, tmp_path, ["engage", "mobile"])
    kept = flows(net, "--src-nat", "192.0.2.2")
    hurried = moved(net, tmp_path, ["engage", "mobile"], ["in_use"], hurry=True)
    net.fault("cable-pulled", line=2)
    dark = moved(net, tmp_path, ["engage", "mobile"], hurry=True)

    assert [("refused", "fibre")] == words(looked)
    assert kept
    assert [("rolled-back", "fibre")] == words(hurried[:1])
    assert "fibre" == hurried[1]["answer"]
    assert ("refused", "wan2 has no cable") == (dark[0]["answer"]["word"], dark[0]["answer"]["why"])
    net.clear()
    moved(net, tmp_path, ["arm"])
    assert armed == listing(net)


@pytest.mark.parametrize("step", STEPS)
def test_a_box_killed_in_a_move_heals(net: Net, tmp_path: Path, step: str) -> None:
    """Killed before any change of a move, the next start leads back to what was there."""
    untouched = listing(net)
    told: dict[str, Any] = {"hurry": True, "die_at": step, "proof": "no" if step == "back" else "look"}
    moved(net, tmp_path, ["arm"])
    armed = listing(net)

    answers = moved(net, tmp_path, ["engage", "mobile"], ["restore"], **told)
    healed = moved(net, tmp_path, ["heal"], ["in_use"])

    assert (1 if step == "restoring" else 0) == len(answers)
    assert "fibre" == healed[1]["answer"]
    assert (untouched if step == "restoring" else armed) == listing(net)
    assert "" == net.reach("lan", "8.8.8.8")


def test_a_proven_move_outlives_the_box(net: Net, tmp_path: Path) -> None:
    """Killed after the proof, the shop stays where it was moved; a machine that was started anew is as it is without us."""
    moved(net, tmp_path, ["arm"], ["engage", "mobile"])

    assert [("done", "mobile")] == words(moved(net, tmp_path, ["heal"]))

    for command in ("ip rule flush protocol 114", "ip -6 rule flush protocol 114", "ip route flush table 21090"):
        net.run("box", command.split())
    assert [("rolled-back", "fibre")] == words(moved(net, tmp_path, ["heal"]))
    assert "nameserver 100.64.1.53\n" == net.upstreams.read_text()


def test_a_device_that_was_away_is_laid_again(net: Net, tmp_path: Path) -> None:
    """The kernel forgets the routes of a device that goes down; the next arming brings them back, and the shop with them."""
    moved(net, tmp_path, ["arm"], ["engage", "mobile"])
    net.run("box", ["sh", "-c", "ip link set wan2 down; ip link set wan2 up"], check=True)

    answers = moved(net, tmp_path, ["in_use"], ["arm"], ["in_use"])

    assert ["fibre", "mobile"] == [answers[0]["answer"], answers[2]["answer"]]
    assert "" == net.reach("lan", "8.8.8.8", timeout_s=3.0)
    assert "[Errno 113] No route to host" == net.reach("box", "2001:db8:a::1", timeout_s=3.0)


@pytest.mark.parametrize(("gateway", "said"), [("203.0.113.77", "mobile: its gateway"), ("198.51.100.2", "")])
def test_a_wrong_gateway_changes_nothing(net: Net, tmp_path: Path, gateway: str, said: str) -> None:
    """One that the kernel refuses, and our own address, which it takes and which carries nothing: the shop stays where it is."""
    wrong = [net.lines()[0], net.lines()[1].replace("gateway=198.51.100.1", f"gateway={gateway}")]

    answers = moved(net, tmp_path, ["arm"], ["engage", "mobile"], ["in_use"], lines=wrong, hurry=True)

    assert ("rolled-back", "fibre") == (answers[1]["answer"]["word"], answers[1]["answer"]["now"])
    assert answers[0]["answer"]["text"].startswith(said)
    assert "fibre" == answers[2]["answer"]
    assert "" == net.reach("lan", "8.8.8.8")


def test_a_proof_that_hangs_is_none(net: Net, tmp_path: Path) -> None:
    """Cut after its time; then all is back."""
    answers = moved(net, tmp_path, ["arm"], ["engage", "mobile"], proof="hang", proof_s=0.3, hurry=True)

    assert ("rolled-back", "mobile carries nothing: no proof came within 0 s") == (
        answers[1]["answer"]["word"],
        answers[1]["answer"]["why"],
    )
    assert "" == net.reach("lan", "8.8.8.8")


def test_without_the_right_it_only_observes(net: Net, tmp_path: Path) -> None:
    """Every word is refused, and says why; what is in use it still knows."""
    untouched = listing(net)
    dropped = ("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin")

    answers = moved(net, tmp_path, ["arm"], ["engage", "mobile"], ["restore"], ["heal"], ["read_back"], before=dropped)

    assert [("refused", "fibre")] * 4 + [("done", "fibre")] == words(answers)
    assert {False} == {one["can_act"] for one in answers}
    assert {"this program has no right to change routes (CAP_NET_ADMIN)"} == {one["answer"]["why"] for one in answers[:4]}
    assert untouched == listing(net)


def test_ipv6_does_not_stay_on_a_dead_line(net: Net, tmp_path: Path) -> None:
    """The line in use has none: a device is told so at once, and turns to IPv4; back home it works again."""
    moved(net, tmp_path, ["arm"], ["engage", "mobile"])

    assert "[Errno 113] No route to host" == net.reach("box", "2001:db8:a::1", timeout_s=3.0)

    moved(net, tmp_path, ["engage", "fibre"])
    assert "" == net.reach("box", "2001:db8:a::1", timeout_s=3.0)


def test_what_others_laid_stays(net: Net, tmp_path: Path) -> None:
    """A rule and a table of another program outlive arming and restoring; one in our numbers makes us refuse."""
    net.run("box", ["sh", "-c", "ip rule add from 10.9.9.9 lookup 77 pref 500; ip route add 10.9.9.0/24 dev lan0 table 77"], check=True)
    before = listing(net)
    moved(net, tmp_path, ["arm"], ["engage", "mobile"], ["restore"])

    assert before == listing(net)

    net.run("box", ["ip", "rule", "add", "from", "10.9.9.9", "lookup", "21001", "pref", "501"], check=True)
    assert [("refused", "")] == words(moved(net, tmp_path, ["arm"]))
    for number in ("500", "501"):
        net.run("box", ["ip", "rule", "del", "pref", number], check=True)
    net.run("box", ["ip", "route", "flush", "table", "77"], check=True)


@pytest.mark.parametrize("left", [(), ("fibre gateway=192.0.2.1", "mobile gateway=198.51.100.1")], ids=["no line", "no device"])
def test_lines_that_are_named_no_more_leave_nothing_behind(net: Net, tmp_path: Path, left: tuple[str, ...]) -> None:
    """Their settings went while the shop was moved: the next start takes away rules, tables and name servers, once."""
    before = listing(net)
    moved(net, tmp_path, ["arm"], ["engage", "mobile"])
    assert before != listing(net)

    assert [("done", ""), ("refused", "")] == words(moved(net, tmp_path, ["heal"], ["heal"], lines=left))
    assert before == listing(net)
    assert [] == [one.name for one in tmp_path.glob("lines-*")]


BY_HAND = "nameserver 9.9.9.9\n"


@pytest.mark.parametrize("do", [(), (["engage", "mobile"],), (["engage", "mobile"], ["engage", "fibre"])], ids=["armed", "moved", "back"])
def test_name_servers_that_a_person_wrote_meanwhile_stay(net: Net, tmp_path: Path, do: tuple[list[str], ...]) -> None:
    """They are not the box's any more: neither the lines' end nor a move back lays the text of months ago over them."""
    moved(net, tmp_path, ["arm"], *do)
    net.upstreams.write_text(BY_HAND)

    assert [("done", "")] == words(moved(net, tmp_path, ["heal"], lines=()))
    assert BY_HAND == net.upstreams.read_text()


def test_name_servers_that_a_person_wrote_meanwhile_come_back_after_a_move(net: Net, tmp_path: Path) -> None:
    """What stood there just before the move is what counts, not what stood there when somebody armed the lines."""
    moved(net, tmp_path, ["arm"])
    net.upstreams.write_text(BY_HAND)

    moved(net, tmp_path, ["engage", "mobile"])
    assert BY_HAND != net.upstreams.read_text()
    moved(net, tmp_path, ["engage", "fibre"])
    assert BY_HAND == net.upstreams.read_text()


@pytest.mark.parametrize("named", ["", "other"])
def test_name_servers_come_back_though_the_settings_name_their_file_no_more(net: Net, tmp_path: Path, named: str) -> None:
    """The note knows the file; another one that is named now is not touched."""
    (other := tmp_path / "other.conf").write_text(BY_HAND)
    before = listing(net)
    moved(net, tmp_path, ["arm"], ["engage", "mobile"])

    assert [("done", "")] == words(moved(net, tmp_path, ["heal"], lines=(), resolver=str(other) if named else ""))
    assert (before, BY_HAND, []) == (listing(net), other.read_text(), list(tmp_path.glob("lines-*")))


def test_another_file_of_name_servers_is_kept_before_it_is_written(net: Net, tmp_path: Path) -> None:
    """Armed anew after the setting changed: a move writes the new file, and gives back what stood in that one."""
    (other := tmp_path / "other.conf").write_text(BY_HAND)
    before = listing(net)
    moved(net, tmp_path, ["arm"])

    moved(net, tmp_path, ["arm"], ["engage", "mobile"], resolver=str(other))
    assert ("nameserver 100.64.2.53", "nameserver 100.64.1.53\n") == (other.read_text().split("\n")[1], net.upstreams.read_text())
    moved(net, tmp_path, ["restore"], resolver=str(other))
    assert (before, BY_HAND) == (listing(net), other.read_text())


def test_name_servers_that_cannot_come_back_are_not_forgotten(net: Net, tmp_path: Path) -> None:
    """The only copy of them is the note: it stays until they are back."""
    before = listing(net)
    moved(net, tmp_path, ["arm"], ["engage", "mobile"])
    note = tmp_path / "lines-armed.json"
    note.write_text(json.dumps({one: value for one, value in json.loads(note.read_text()).items() if one != "resolver_file"}))

    [answer] = moved(net, tmp_path, ["heal"], lines=(), resolver="")
    assert ("failed", True) == (answer["answer"]["word"], "resolver_file" in answer["answer"]["why"])
    assert note.exists()
    assert [("done", "")] == words(moved(net, tmp_path, ["heal"], lines=()))
    assert before == listing(net)


def test_without_the_right_what_a_new_start_of_the_machine_emptied_is_seen(net: Net, tmp_path: Path) -> None:
    """What lies there is left, with the reason; once the kernel's tables are empty, names and notes are put right and nothing is said."""
    dropped = ("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin")
    before = listing(net)
    moved(net, tmp_path, ["arm"], ["engage", "mobile"])

    assert [("refused", "")] == words(moved(net, tmp_path, ["heal"], lines=(), before=dropped))
    empty = "for n in 4 6; do ip -$n rule flush protocol 114; ip -$n route flush table all proto 114; done"
    net.run("box", ["sh", "-c", empty], check=True)
    assert [("done", ""), ("refused", "")] == words(moved(net, tmp_path, ["heal"], ["heal"], lines=(), before=dropped))
    assert (before, []) == (listing(net), list(tmp_path.glob("lines-*")))


def test_one_line_that_is_named_no_more_leaves_nothing_behind(net: Net, tmp_path: Path) -> None:
    """The shop was moved to it: it goes back, its rules and its table go, the other's stay."""
    moved(net, tmp_path, ["arm"])
    assert "21002" in listing(net)
    moved(net, tmp_path, ["engage", "mobile"])

    answers = moved(net, tmp_path, ["heal"], ["arm"], lines=net.lines()[:1])
    assert [("rolled-back", "fibre"), ("done", "fibre")] == words(answers)
    assert ("21001" in listing(net), "21002" in listing(net), "21090" in listing(net)) == (True, False, False)


def test_it_keeps_what_every_switch_promises(net: Net, tmp_path: Path) -> None:
    """The list of tests/conformance, with the kernel as the thing: also a death after each single change, and a kernel that hangs."""
    done = net.run("box", [sys.executable, "-m", "net.promises", tmp_path, *net.lines()], timeout_s=120)

    assert ("all hold\n", "") == (done.stdout, done.stderr)
