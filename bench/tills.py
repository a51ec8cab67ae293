#!/usr/bin/env python3
"""Twenty tills at once: 300 entries a second in all, each acknowledged only when it is on stable storage.

The peer is the raw group commit of the same minute, the limit one plain synced append at the same pace on the same disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from figures.box import Box
from figures.group_commit import group_commit, paced_appends_ms
from figures.long_journal import make
from figures.press import enrol, press
from figures.shape import Check, Figure, main, median, share

TILLS = 20
PACE_PER_S = 300
P99_MS_MAX = 50
HELD_MIN = 0.98  # Of the pace: a box that falls behind would look quick.
ROUNDS, ROUNDS_QUICK = 5, 2


def one_round(folder: Path, seats: list, seconds: float) -> tuple[list[float], float, list]:
    """Milliseconds to each acknowledgement, entries a second that came through, and the tills as they are afterwards."""
    with Box(folder) as box:
        box.wait_alive()
        box.confirm_outage()
        found = press(box.port, seats, seconds, round(PACE_PER_S * seconds / TILLS) + 2, pace_s=TILLS / PACE_PER_S)
    return found.latencies_ms, found.per_s, found.seats


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    size, seconds, rounds = (1_000, 2.0, ROUNDS_QUICK) if quick else (100_000, 10.0, ROUNDS)
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as text:
        folder = Path(text)
        make(folder, size)
        seats = enrol(folder, TILLS)
        p99s, rates, peers, limits = [], [], [], []
        for number in range(rounds):
            peers.append(share(group_commit(folder, TILLS, seconds / 4).latencies_ms, 0.99))
            limits.append(share(paced_appends_ms(folder / "append.log", PACE_PER_S, seconds / 4), 0.99))
            latencies, rate, seats = one_round(folder, seats, seconds)
            p99s.append(share(latencies, 0.99))
            rates.append(rate)
            say(f"round {number + 1}: p99 {p99s[-1]:.1f} ms at {rate:.0f} entries a second (one synced append {limits[-1]:.1f} ms)")
    checks = (
        Check(f"p99 of an acknowledgement, {TILLS} tills, {PACE_PER_S} entries a second, ms", median(p99s), "<", P99_MS_MAX),
        Check("entries a second that came through, share of the pace", median(rates) / PACE_PER_S, ">=", HELD_MIN),
    )
    return Figure("tills", size, "ms", median(p99s), {f"raw group commit, {TILLS} writers": median(peers)}, median(limits), checks)


if __name__ == "__main__":
    main(__doc__ or "", measure)
