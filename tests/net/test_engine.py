"""Armed, with what is seen told: the allowance, the carrier's brake, calls and sales, and a box that dies midway; on real packets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from net.engine import engine
from net.lab import Net, lab

NOT_LISTED, CLOUD = "https://proof.example/bytes/400000", "https://cloud.kassa.example/"
ALWAYS = tuple(f"{day} 00:00-23:59" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
CLEAN_S = 600.0


@pytest.fixture(scope="module")
def wired() -> Iterator[Net]:
    with lab() as net:
        yield net


@pytest.fixture
def net(wired: Net, tmp_path: Path) -> Iterator[Net]:
    yield wired
    wired.clear()
    with engine(wired, tmp_path) as ask:
        ask(["restore"])
    assert wired.reach("lan", "1.1.1.1", timeout_s=5.0) == ""
    assert "21" not in wired.run("box", ["ip", "rule", "show", "protocol", "114"]).stdout


def small(net: Net, megabytes: int = 1) -> tuple[str, ...]:
    """The lines, with an allowance that a few pages use up."""
    return tuple(one.replace("allowance_mb=5000", f"allowance_mb={megabytes}") for one in net.lines())


def got(net: Net, url: str) -> int:
    """Bytes that a till gets of that page; 0 where it gets nothing."""
    try:
        return len(net.fetch("lan", url)[1])
    except OSError:
        return 0


def test_at_the_end_of_the_allowance_only_what_is_listed_passes_and_the_way_back_is_forced(net, tmp_path):
    """In the rush and with a call up: nothing that the shop does not need goes over the metered line, and the shop is led back."""
    with engine(net, tmp_path, lines=small(net), rush=ALWAYS) as ask:
        ask(["arm"], ["calls", 1], ["see", "fibre", "down"], ["turn"], ["pass", 61], ["turn"])
        before = [got(net, NOT_LISTED), got(net, CLOUD)]
        for _ in range(3):
            got(net, NOT_LISTED)
        _, used_up, percent, said = ask(["pass", 61], ["turn"], ["percent", "mobile"], ["said"])
        after = [got(net, NOT_LISTED), got(net, CLOUD)]
        clean, forced = ask(["see", "fibre", "up"], ["pass", 30], ["turn"], ["pass", 31], ["turn"])[2::2]

    assert before[0] == 400_000 and before[1] > 0
    assert (0, before[1]) == tuple(after)
    assert percent >= 100
    assert any("is used up" in one for one in said), said
    assert ("nowhere", "mobile") != (used_up["word"], used_up["in_use"])
    assert ("stay", "mobile") == (clean["word"], clean["in_use"])  # Half a minute is not clean yet.
    assert ("back", "fibre") == (forced["word"], forced["in_use"])


def test_nothing_goes_back_in_a_call_or_with_a_sale_in_hand(net, tmp_path):
    """The telephone system says that a call is up: it stays, long after the line is clean; then the sale; then it goes back."""
    with engine(net, tmp_path, line_clean_s=CLEAN_S) as ask:
        ask(["arm"], ["see", "fibre", "down"], ["turn"], ["see", "fibre", "up"], ["calls", 1], ["pass", 2 * CLEAN_S])
        [call] = ask(["turn"])
        _, _, sale = ask(["calls", 0], ["hand", "sale"], ["turn"])
        _, card = ask(["hand", "card"], ["turn"])
        _, back, entries = ask(["hand", ""], ["turn"], ["entries"])

    assert [("stay", "fibre", "mobile")] * 3 == [(one["word"], one["target"], one["in_use"]) for one in (call, sale, card)]
    assert ["a call is up", "a sale is in hand", "a card payment is under way"] == [
        one["why"].split("but ")[1] for one in (call, sale, card)
    ]
    assert ("back", "fibre") == (back["word"], back["in_use"])
    assert ["began", "engaged", "began", "restored"] == [what for what, _, _ in entries]


def test_a_carrier_that_holds_the_line_back_is_noticed(net, tmp_path):
    """Measured well, then narrowed to 64 kbit/s: it works, and is called held back; freed, it is not any more."""
    with engine(net, tmp_path, proof_page="https://proof.example/bytes/400000") as ask:
        ask(["arm"])
        [free] = ask(["prove", "mobile"])
        net.fault("throttled", line=2)
        [held] = ask(["prove", "mobile"])
        net.clear("throttled", line=2)
        [freed] = ask(["prove", "mobile"])

    assert [True] * 3 == [one["works"] for one in (free, held, freed)]
    assert [False, True, False] == [one["is_throttled"] for one in (free, held, freed)], (free, held, freed)


@pytest.mark.parametrize(("step", "where"), [("route", "fibre"), ("names", "fibre"), ("engaged", "mobile")])
def test_a_box_killed_in_a_switch_is_whole_after_its_start(net, tmp_path, step, where):
    """Journal and kernel agree again, each act has its end: led back, or accepted where it was proven already."""
    net.fault("provider-dead", line=1)
    with engine(net, tmp_path, die_at=step) as ask:
        ask(["arm"])
        assert [] == ask(["see", "fibre", "down"], ["turn"])
    with engine(net, tmp_path) as ask:
        _, healed, entries = ask(["see", "fibre", "unknown"], ["turn"], ["entries"])
        again = ask(["see", "fibre", "down"], ["turn"], ["entries"])[1]

    words = [what for what, _, _ in entries]
    assert where == healed["in_use"]
    assert words in (["healed"], ["began", "healed"]) and entries[-1][2] == where, entries
    assert "mobile" == again["in_use"]
    assert "" == net.reach("lan", "9.9.9.9")


def test_a_clock_that_jumps_moves_nothing_and_loses_no_count(net, tmp_path):
    """Half a year forward and back again while the line is dead: not one act, and what the cycle had carried is known as before."""
    with engine(net, tmp_path, lines=small(net, 5000)) as ask:
        ask(["arm"], ["pass", 61], ["turn"])
        ask(["see", "fibre", "down"], ["turn"])
        got(net, NOT_LISTED)
        ask(["pass", 61])
        turned, used, _, away, _, back, after, entries = ask(
            ["turn"],
            ["used", "mobile"],
            ["jump", 180 * 86_400.0],
            ["turn"],
            ["jump", -180 * 86_400.0],
            ["turn"],
            ["used", "mobile"],
            ["entries"],
        )

    assert used >= 400_000
    assert after >= used
    assert ["mobile"] == sorted({one["in_use"] for one in (turned, back)})
    assert 2 == len([one for one in entries if one[1:] == ["fibre", "mobile"]])
    assert away
