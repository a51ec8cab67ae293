#!/usr/bin/env python3
"""A line dies: how soon is it said, with which next step, how soon is the shop on the other line, and how often is a live one left?

In the lab of namespaces (tests/net/lab.py) with a real box, beside a Peplink-like prober (5 s × 3) and an mwan3-like one at the same
fault; times begin with the shop's last connection over that line. --quick waits for no prober and computes the middle of its times.
The limit is one round trip, for a cable the kernel's own event, for a move one bare rule. False switches are counted in simulated days.
"""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from figures.shape import Check, Figure, main, median

ROOT = Path(__file__).parents[1]
NOTICED_S_MAX, CARRIER_MS_MAX = 2.0, 50.0
STEP_S_MAX = 10.0
MOVES, STRIKES = 30, 3  # Of the long run; strikes of each kind.
LAN_MS_MEDIAN, LAN_MS_MAX = 10.0, 100.0
BURSTY_A_DAY_MAX = 6.0
NOT_KNOWN_MAX = 0.05
LOSS = 0.1
COMPUTED = {"Peplink-like": 17_500.0, "mwan3-like": 24_500.0}  # ms; each in the middle of its pause when the line dies.
Say = Callable[[str], None]
Told = tuple[list[Check], dict[str, float]]


def ms(value: float, never: float) -> float:
    """JSON knows no endless number: what never came has lasted as long as it was waited for."""
    return value if math.isfinite(value) else never


def dead_lines(quick: bool, say: Say) -> tuple[Told, float, float]:
    """Checks and peers; ours and the limit for a provider that is dead behind a live gateway, ms."""
    from figures.failover_lines import KINDS, NOTICE_S, PEERS_S, PROBERS, strikes

    say(f"a dead line, {len(KINDS)} kinds …")
    found = strikes([*KINDS], 1, is_armed=False, peers_s=0.0) if quick else strikes([*KINDS], STRIKES, is_armed=True, peers_s=PEERS_S)
    checks, peers = [], {}
    for kind in KINDS:
        mine = [one for one in found if one.kind == kind]
        noticed = [ms(one.noticed_ms, NOTICE_S * 1_000) for one in mine]
        checks.append(Check(f"{kind}: noticed, longest of {len(mine)}, s", max(noticed) / 1_000, "<=", NOTICED_S_MAX))
        checks.append(Check(f"{kind}: right next step, longest, s", max(ms(one.step_ms, 40_000) for one in mine) / 1_000, "<=", STEP_S_MAX))
        peers[f"ours, {kind}"] = median(noticed)
        for prober in () if quick else PROBERS:
            times = [one.others.get(prober, math.inf) for one in mine]
            never = "" if all(map(math.isfinite, times)) else " (never, so long it was waited for)"
            peers[f"{prober}, {kind}{never}"] = median(ms(value, one.waited_ms) for value, one in zip(times, mine, strict=True))
        if kind == "cable pulled":
            kernel = [ms(one.others.get("kernel", math.inf), one.waited_ms) for one in mine]
            late = [value - event for value, event in zip(noticed, kernel, strict=True)]
            checks.append(Check(f"{kind}: from the kernel's own event to the box's word, median, ms", median(late), "<=", CARRIER_MS_MAX))
            peers["limit of a cable: the kernel's own event"] = median(kernel)
        if not quick:
            peers[f"ours, {kind}, to the shop's traffic on the second line"] = median(ms(one.carried_ms, one.waited_ms) for one in mine)
    if quick:
        peers |= {f"{name}, computed": value for name, value in COMPUTED.items()}
    else:
        whole = [max(0.0, one.carried_ms - one.decided_ms) if math.isfinite(one.decided_ms) else one.waited_ms for one in found]
        whole = [ms(one, NOTICE_S * 1_000) for one in whole]
        peers["ours, whole box, from its entry to the shop's traffic"] = median(whole)
        checks.append(Check(f"whole box: from its entry to the shop's traffic, longest of {len(whole)}, ms", max(whole), "<=", LAN_MS_MAX))
    dead = "provider dead behind a live gateway"
    return (checks, peers), peers[f"ours, {dead}"], median(one.trip_ms for one in found)


def single_faults(say: Say) -> list[Check]:
    """Every single fault of the lab's scenes: the expected word and step."""
    from net.scene import KNOWN_S, play
    from net.scenes import SCENES

    singles = [one for one in SCENES if len(one.troubles) == 1]
    say(f"{len(singles)} single faults …")
    with ThreadPoolExecutor(3) as pool:
        played = list(pool.map(play, singles))
    for one in played:
        if faults := one.faults():
            say(f"{one.scene.name}: {'; '.join(faults)}")
        elif one.known_s > STEP_S_MAX:
            say(f"{one.scene.name}: the step after {one.step_s:.1f} s, its word after {one.known_s:.1f} s")
    wrong = sum(bool(one.faults()) for one in played)
    longest = max(ms(one.step_s, KNOWN_S) for one in played)
    return [
        Check(f"{len(played)} single faults: wrong or missing word or step", wrong, "==", 0),
        Check(f"{len(played)} single faults: right next step on the wall, longest, s", longest, "<=", STEP_S_MAX),
    ]


def combined_faults(quick: bool, say: Say) -> list[Check]:
    from unit.detect.combined import figures

    seeds = range(40 if quick else 200)
    found = figures(seeds)
    say(f"{len(seeds)} combined faults: {found['not_known_share']:.1%} not known, {found['steady_share']:.1%} steady after 10 s")
    return [
        Check(f"{len(seeds)} combined faults: wrong advice", found["wrong_advice"], "==", 0),
        Check(f"{len(seeds)} combined faults: not known yet, share of what is broken", found["not_known_share"], "<=", NOT_KNOWN_MAX),
    ]


def moved(quick: bool, say: Say) -> Told:
    from figures.failover_moves import moves

    times = 5 if quick else MOVES
    say(f"{times} moves, and as many bare rules …")
    ours, bare = ([ms(one, 1_000.0) for one in some] for some in moves(times))
    checks = [
        Check("the shop's traffic on the second line after the decision, median, ms", median(ours), "<=", LAN_MS_MEDIAN),
        Check(f"the same, longest of {times}, ms", max(ours), "<=", LAN_MS_MAX),
    ]
    return checks, {"ours, from the decision to the shop's traffic": median(ours), "limit of a move: one bare rule": median(bare)}


def false_switches(quick: bool, say: Say) -> list[Check]:
    from figures.failover_days import at_random, bursty, flapping, left, policy

    days = 3.0 if quick else 30.0
    say(f"{days:.0f} days of a bad line …")
    random_loss, bursts = left(at_random(days, 1, LOSS), days), left(bursty(days, 1), days)
    span = 1 / 24 if quick else 1.0
    flaps = left(flapping(span), span)
    say(f"ours spent {bursts.away_s / days / 864:.0f} % of the bursty days on the second line: the first was never clean for long enough")
    checks = [
        Check(f"false switches a day, {days:.0f} days, 10 % lost at random", random_loss.per_day, "<=", 0),
        Check(f"false switches a day, {days:.0f} days, 10 % lost in bursts", bursts.per_day, "<=", BURSTY_A_DAY_MAX),
        Check("20 s on, 20 s off: switches in the worst ten minutes", flaps.most_in_ten_minutes, "<=", 1),
    ]
    for name, targets, every_s in (("any of 3, 3 × 1 s", 3, 1.0), ("any of 2, 3 × 5 s", 2, 5.0)):
        at_once, burst = policy(days, 1, LOSS, targets, every_s, 3), policy(days, 1, 0.0, targets, every_s, 3)
        say(f"{name}: {at_once:.2f} false switches a day at random loss, {burst:.0f} in the same bursts")
        checks.append(Check(f"in the same bursts ours, times {name} ({burst:.0f} a day)", bursts.per_day / max(burst, 1.0), "<", 1))
    return checks


def looks(quick: bool, say: Say) -> list[Check]:
    """By bench/probes.py, which has more to say of them."""
    import probes

    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        running, ports = probes.served("127.0.0.1", folder)
        try:
            share = min(asyncio.run(probes.our_share(ports, 3 if quick else 40)) for _ in range(2 if quick else 3))
        finally:
            probes.over(running)
    checks = [Check(f"{probes.TARGETS} targets at 1 Hz, percent of a core", share, "<", probes.SHARE_MAX)]
    if (cost := probes.look_bytes(5 if quick else 100)) is not None:
        checks.append(Check("metered line at rest, MB a month", probes.month_megabytes(cost), "<=", probes.MEGABYTES_MAX))
    return checks


def measure(quick: bool, say: Say) -> Figure:
    sys.path.append(str(ROOT / "tests"))
    from net.lab import why_not

    checks: list[Check] = []
    peers: dict[str, float] = {}
    ours = limit = 0.0
    if why := why_not():
        say(f"no lab, so nothing is said of dead lines, next steps and moves: {why}")
    else:
        moves = moved(quick, say)
        dead, ours, limit = dead_lines(quick, say)
        for more, beside in (dead, moves):
            checks += more
            peers |= beside
        checks += [] if quick else single_faults(say)
    checks += [*combined_faults(quick, say), *false_switches(quick, say), *looks(quick, say)]
    return Figure("failover", 5 if quick else MOVES, "ms", ours, peers, limit, tuple(checks))


if __name__ == "__main__":
    main(__doc__ or "", measure)
