"""How long after the decision the shop's own connections pass over the second line: by the box's engine, and by a bare rule."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FAR = "1.1.1.1"
TICK_S, AROUND_S = 0.002, 0.3
TABLE = "route replace default via 198.51.100.1 dev wan2 table 77"
THERE, BACK = "rule add pref 40 iif lan0 lookup 77", "rule del pref 40"


def moves(times: int) -> tuple[list[float], list[float]]:
    """ms from the decision to the first connection of the shop: engine, journal and driver as in the box; and a bare `ip rule add`."""
    from net.lab import lab
    from net.speed import decided_to_carried

    with lab() as net, tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        net.environ["PYTHONPATH"] = f"{ROOT / 'tests'}:{ROOT / 'src'}"
        bare = by_hand(net, times)
        return decided_to_carried(net, Path(folder), times), bare


def by_hand(net: Any, times: int) -> list[float]:
    """By an `ip` that runs already, so that its start is not measured."""
    ip = net.popen("box", ["ip", "-force", "-batch", "-"], stdin=subprocess.PIPE)

    def tell(words: str) -> None:
        ip.stdin.write(f"{words}\n")
        ip.stdin.flush()

    net.fault("provider-dead", line=1)
    tell(TABLE)
    found = []
    while len(found) < times:
        net.tick("lan", FAR, every_s=TICK_S)
        time.sleep(AROUND_S)
        decided_s = time.monotonic()
        tell(THERE)
        time.sleep(AROUND_S)
        tocks = net.tocks()
        tell(BACK)
        time.sleep(AROUND_S)
        came = [at for at, ok in tocks if ok]
        if came and min(came) < decided_s:  # The last rule was not gone yet.
            continue
        found.append((min(came) - decided_s) * 1_000 if came else float("inf"))
    ip.communicate()
    net.clear("provider-dead", line=1)
    return found
