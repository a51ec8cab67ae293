"""How long after the decision the shop's traffic is on the second line: the real engine, journal and driver in the lab's box."""

from __future__ import annotations

import time
from pathlib import Path

from net.engine import engine
from net.lab import Net

EVERY_S, ATTEMPT_S = 0.002, 0.25
FAR = "203.0.113.20"  # The card host: no look of the move's own proof goes there.


def decided_to_carried(net: Net, folder: Path, n: int) -> list[float]:
    """Milliseconds from the decision to the first connection of the shop's own that came about, of n moves; for bench/failover.py.

    The line is dead in every run; a connection is tried every two milliseconds from the till.
    """
    found = []
    with engine(net, folder) as ask:
        ask(["arm"])
        for _ in range(n):
            net.fault("provider-dead", line=1)
            net.tick("lan", FAR, every_s=EVERY_S, timeout_s=ATTEMPT_S)
            time.sleep(0.05)
            _, told, entries = ask(["see", "fibre", "down"], ["turn"], ["entries"])
            tocks = net.tocks()
            assert entries[-1] == ["engaged", "fibre", "mobile"], entries
            found.append((min(at for at, ok in tocks if ok and at > told["at_s"]) - told["at_s"]) * 1_000)
            net.clear("provider-dead", line=1)
            ask(["see", "fibre", "up"], ["back"])
    return found
