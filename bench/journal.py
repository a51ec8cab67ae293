#!/usr/bin/env python3
"""A durable sale over HTTP: 20 tills at once against the raw group commit of the same minute, how long a sale takes at 300 a second,
and how many syncs it waits for on a slow disk while the box brings a backlog to a cloud and pulls copies.

The tills are two processes with ten connections each; their sales are signed beforehand, so that they only write and read while
the clock runs. What they work is told; where it comes near two cores, the figure would be theirs and not the box's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from figures.box import Box
from figures.group_commit import group_commit, paced_appends_ms, synced_appends
from figures.long_journal import make
from figures.press import Seat, enrol, press
from figures.shape import Check, Figure, main, median, share
from figures.slow_disk import on_slow_disks
from msgspec import Struct

TILLS = 20
PACE_PER_S = 300
PER_S_AT_MOST = 12_000  # So many sales are signed beforehand for each second of a run.
RATIO_MIN = 0.4
P99_MS_MAX = 10
FLAT_MIN = 0.75  # The longest journal's rate over the shortest one's.
CLIENT_SHARE_MAX = 0.5  # Of one core.
SYNCS_MS = (5, 50, 200)  # A good disk of a till's PC, a worn one, a memory card.
SYNCS_MAX = 3


class Round(Struct, frozen=True):
    """One length of journal, measured once: the peers and ours one after the other."""

    raw_per_s: float
    limit_per_s: float
    ours_per_s: float
    p99_ms: float
    sync_p99_ms: float  # Of one plain synced append: no sale can be quicker than the disk.
    client_share: float


class Place(Struct):
    """A data directory and its tills."""

    folder: Path
    seats: list[Seat]


def one_round(place: Place, seconds: float) -> Round:
    raw = group_commit(place.folder, TILLS, seconds / 2)
    limit = synced_appends(place.folder / "append.log", TILLS, seconds / 4)
    alone = paced_appends_ms(place.folder / "append.log", PACE_PER_S, seconds / 4)
    with Box(place.folder) as box:
        box.wait_alive()
        box.confirm_outage()
        ready = round(PER_S_AT_MOST * seconds / TILLS)
        hard = press(box.port, place.seats, seconds, ready)
        assert hard.acknowledged < 0.9 * PER_S_AT_MOST * seconds, "the signed sales ran out before the time did"
        calm = press(box.port, hard.seats, seconds, round(PACE_PER_S * seconds / TILLS) + 2, pace_s=TILLS / PACE_PER_S)
        place.seats = calm.seats
    return Round(raw.per_s, limit, hard.per_s, share(calm.latencies_ms, 0.99), share(alone, 0.99), hard.client_share)


def made(folder: Path, sizes: Sequence[int], say: Callable[[str], None]) -> dict[int, Place]:
    places = {}
    for size in sizes:
        say(f"making a journal of {size:,} entries …")
        inside = folder / str(size)
        inside.mkdir()
        make(inside, size)
        places[size] = Place(inside, enrol(inside, TILLS))
    return places


def rounds(places: dict[int, Place], times: int, seconds: float, say: Callable[[str], None]) -> dict[int, list[Round]]:
    """Each length in turn, so that a busy moment of the machine hits all of them."""
    found: dict[int, list[Round]] = {size: [] for size in places}
    for _ in range(times):
        for size, place in places.items():
            one = one_round(place, seconds)
            found[size].append(one)
            calm = f"p99 {one.p99_ms:.1f} ms at {PACE_PER_S} a second (the disk alone {one.sync_p99_ms:.1f})"
            say(f"{size:>9,}: {one.ours_per_s:.0f} of {one.raw_per_s:.0f} a second, {calm}, clients {one.client_share:.0%} of a core")
    return found


def slow_checks(seconds: float, pace_s: float, together: int, say: Callable[[str], None]) -> list[Check]:
    """together: so many shops at once on this machine; each stands for one that has a machine of its own."""
    checks = []
    for one in on_slow_disks(SYNCS_MS, seconds, pace_s, together):
        say(f"{one.sync_ms:.0f} ms a sync: {len(one.latencies_ms)} sales while {one.booked} were brought to the cloud")
        syncs = share(one.latencies_ms, 0.99) / one.sync_ms
        checks.append(Check(f"p99 while replaying, a sync takes {one.sync_ms:.0f} ms, in syncs", syncs, "<=", SYNCS_MAX))
    return checks


def ratio(one: Round) -> float:
    return one.ours_per_s / one.raw_per_s


def p99s(several: Sequence[Round]) -> list[float]:
    return [one.p99_ms for one in several]


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    sizes = (1_000, 100_000) if quick else (1_000, 100_000, 1_000_000)
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder, ThreadPoolExecutor(1) as beside:
        slow = beside.submit(slow_checks, *((5.0, 0.513, len(SYNCS_MS)) if quick else (200.0, 1.0, 1)), say)
        if not quick:
            slow.result()  # A quick run makes its journals meanwhile: a slow disk leaves the processor alone.
        places = made(Path(folder), sizes, say)
        on_slow_disk = slow.result()
        found = rounds(places, *((1, 0.8) if quick else (5, 4.0)), say)
    everything = [one for several in found.values() for one in several]
    ours = median(one.ours_per_s for one in everything)
    raw = median(one.raw_per_s for one in everything)
    ends = (sizes[0], sizes[-1])
    share_of = [median(map(ratio, found[size])) for size in ends]
    checks = [
        Check("sales kept over HTTP, share of the raw group commit", median(map(ratio, everything)), ">=", RATIO_MIN),
        *(Check(f"p99 at {PACE_PER_S} a second, {size} entries, ms", median(p99s(found[size])), "<", P99_MS_MAX) for size in ends),
        Check(f"that share with {ends[1]} entries over {ends[0]}", share_of[1] / share_of[0], ">=", FLAT_MIN),
        *on_slow_disk,
        Check("the clients' work, share of a core", max(one.client_share for one in everything), "<", CLIENT_SHARE_MAX),
    ]
    limit = median(one.limit_per_s for one in everything)
    peers = {f"raw group commit, {TILLS} writers": raw}
    return Figure("journal", sizes[-1], "sales/s", ours, peers, limit, tuple(checks))


if __name__ == "__main__":
    main(__doc__ or "", measure)
