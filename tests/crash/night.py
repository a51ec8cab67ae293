"""Cuts the power a million times, on every core: `make crash-night CUTS=1000000 FROM=0`. Each number is one cut.

Numbers are worked off in blocks. It can be ended at any time: the last line says from which number to go on. A number that
broke is named with what broke; `make crash-night FROM=NUMBER CUTS=1` meets it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent.parent / "src")]

from crash.cuts import Faults, cut_and_judge  # noqa: E402

BLOCK = 1_000  # Numbers that one process works off before it tells.


def block(first: int, count: int) -> Faults:
    return cut_and_judge(range(first, first + count))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cuts", type=int, default=1_000_000)
    options.add_argument("--from", dest="first", type=int, default=0)
    given = options.parse_args()
    ends, done, broken, began = given.first + given.cuts, 0, 0, time.monotonic()
    firsts = range(given.first, ends, BLOCK)
    go_on = given.first
    with ProcessPoolExecutor(cpu_count()) as workers:
        try:
            for first, faults in zip(firsts, workers.map(block, firsts, (min(BLOCK, ends - one) for one in firsts)), strict=True):
                done, broken, go_on = done + faults.cuts, broken + len(faults.found), first + faults.cuts
                for number, what in faults.found.items():
                    print(f"cut {number} broke: {what}", flush=True)
                speed = done / (time.monotonic() - began)
                print(f"{done} cuts, {broken} broken, {speed:.0f}/s, {(given.cuts - done) / speed / 60:.0f} minutes left", flush=True)
        except KeyboardInterrupt:
            workers.shutdown(cancel_futures=True)
    print(f"{done} cuts from {given.first}, {broken} broken; go on with FROM={go_on}")
    return 1 if broken or not done else 0


if __name__ == "__main__":
    sys.exit(main())
