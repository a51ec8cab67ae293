"""Cuts the power a million times, on every core: `make crash-night CUTS=1000000 FROM=0`. Each number is one cut.

Numbers are worked off in blocks. It can be ended at any time, killed too: a note in the folder says how far it is, and the same
call goes on there, unless it had come to its end, or the source is another one now: then it begins anew (--keep-going: goes on although
the source is another one, and says so). A number that broke is named with what broke; `make crash-night FROM=NUMBER CUTS=1` meets it again.
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
from sim.note import begin_anew, read_note, write_note  # noqa: E402

BLOCK = 1_000  # Numbers that one process works off before it tells.


def block(first: int, count: int) -> Faults:
    return cut_and_judge(range(first, first + count))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cuts", type=int, default=1_000_000)
    options.add_argument("--from", dest="first", type=int, default=0)
    options.add_argument("--out", type=Path, default=Path("crash-night"))
    options.add_argument("--keep-going", action="store_true")
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    note = given.out / f"cuts-{given.first}-{given.cuts}.json"
    done, broken = read_note(note, (0, {}), keep_going=given.keep_going)  # Of an earlier run, which need not have come to its end.
    if done >= given.cuts:
        begin_anew(note)
        done, broken = 0, {}
    begun, began, ends = done, time.monotonic(), given.first + given.cuts
    firsts = range(given.first + done, ends, BLOCK)
    with ProcessPoolExecutor(cpu_count()) as workers:
        try:
            for faults in workers.map(block, firsts, [min(BLOCK, ends - one) for one in firsts]):
                done, broken = done + faults.cuts, {**broken, **faults.found}
                write_note(note, [done, broken])
                for number, what in faults.found.items():
                    print(f"cut {number} broke: {what}", flush=True)
                speed = (done - begun) / (time.monotonic() - began)
                left_h = (given.cuts - done) / speed / 3600
                print(f"{done} of {given.cuts} cuts, {len(broken)} broken, {speed:.0f}/s, {left_h:.2f} h left", flush=True)
        except KeyboardInterrupt:
            workers.shutdown(cancel_futures=True)
    print(f"{done} of {given.cuts} cuts from {given.first}, {len(broken)} broken; see {note}")
    return 1 if broken or not done else 0


if __name__ == "__main__":
    sys.exit(main())
