"""The long run: PYTHONPATH=tests:src python -m sim.night --from 1 --count 100000 --hands 2 --out sim-night

Each hand plays its own part and writes three files into the folder: how far it is (it goes on there when started again),
the seeds that failed, and those made small for kept.py. One line tells rate and time left. A run that had come to its end begins anew,
and so does one whose source is another one now; with --keep-going the latter goes on, and says so.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from pathlib import Path

from sim.note import begin_anew, peek_note, read_note, write_note
from sim.script import script_of
from sim.shrink import as_test, play, shrink

TELL_S = 60.0  # Between two lines; real seconds.
SHRUNK_MAX = 20  # Failing seeds that a hand makes small; the rest are only named.
WROTE_EVERY = 10  # Seeds between two notes of how far it is.


def note_of(first: int, hands: int, number: int, out: Path) -> Path:
    """Where that hand notes how far it is; another range has other notes."""
    return out / f"hand-{number}-of-{hands}-from-{first}.json"


def seeds_of(first: int, count: int, hands: int, number: int) -> range:
    return range(first + number, first + count, hands)


def anew_if_finished(first: int, count: int, hands: int, out: Path) -> None:
    """Where every hand had come to its end, all begin again."""
    notes = [note_of(first, hands, number, out) for number in range(hands)]
    left = [len(seeds_of(first, count, hands, number)) - peek_note(note, (0, []))[0] for number, note in enumerate(notes)]
    if max(left) <= 0:
        for note in notes:
            begin_anew(note)


def hand(first: int, count: int, hands: int, number: int, out: Path, keep_going: bool = False) -> int:
    """Play every `hands`-th seed of the range; returns how many failed, in earlier runs too."""
    note = note_of(first, hands, number, out)
    done, failed = read_note(note, (0, []), keep_going=keep_going)
    seeds = seeds_of(first, count, hands, number)
    began_s = told_s = time.monotonic()
    begun = done
    for seed in seeds[done:]:
        if faults := play(script_of(seed)):
            failed.append(seed)
            _tell_of(seed, faults, len(failed), out, number)
        done += 1
        if done % WROTE_EVERY == 0 or done == len(seeds):
            write_note(note, [done, failed])
        if time.monotonic() - told_s > TELL_S or done == len(seeds):
            told_s = time.monotonic()
            rate = (done - begun) / (told_s - began_s)
            left_h = (len(seeds) - done) / rate / 3600
            print(f"hand {number}: {done} of {len(seeds)} seeds, {len(failed)} failed, {rate:.2f}/s, {left_h:.2f} h left", flush=True)
    return len(failed)


def _tell_of(seed: int, faults: list[str], how_many: int, out: Path, number: int) -> None:
    with open(out / f"failed-{number}.txt", "a", encoding="utf-8") as file:
        file.write(f"{seed}\t{faults[0]}\n")
    print(f"seed {seed}: {faults[0][:300]}", flush=True)
    if how_many <= SHRUNK_MAX:
        small = shrink(script_of(seed))
        with open(out / f"small-{number}.txt", "a", encoding="utf-8") as file:
            file.write(as_test(small, play(small) or faults) + "\n")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--from", type=int, default=1, dest="first")
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--hands", type=int, default=multiprocessing.cpu_count())
    options.add_argument("--out", type=Path, default=Path("sim-night"))
    options.add_argument("--keep-going", action="store_true")
    told = options.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    anew_if_finished(told.first, told.count, told.hands, told.out)
    parts = [(told.first, told.count, told.hands, number, told.out, told.keep_going) for number in range(told.hands)]
    if told.hands == 1:
        failed = hand(*parts[0])
    else:
        with multiprocessing.get_context("spawn").Pool(told.hands) as pool:
            failed = sum(pool.starmap(hand, parts, chunksize=1))
    print(f"{told.count} seeds from {told.first}: {failed} failed; see {told.out}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
