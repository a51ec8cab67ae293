"""Plays every real day with every fault: five days; two clouds with seeds 1 to 5, Tryton with 1 and 2. `make rehearse-all` runs it.

Long: a day with Tryton has up to 4,200 lines, and Tryton takes some 30 to 100 ms of processor time for each.

Exit 0 only if each rehearsal exits 0 and its claim says so in every key that matters. The days lie
outside the repository; without them the generated days of tests/rehearse are played instead.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tideover.world import real_world

HERE = Path(__file__).parent
REAL_WEEK = HERE.parent.parent / "shared" / "data" / "retail-week"
FAULTS = "lost-reply=0.1,duplicate=0.05,refuse=0.02,busy=0.1,slow=0.1,expire-login=2,crash=3"
LIMITS_S = {"practice": 300, "assisted": 300, "tryton": 3_600}  # Of one rehearsal.
SEEDS_MAX = {"tryton": 2}
EMPTY = ("lost", "doubled", "difference_minor", "rounding_minor", "parked_lines", "parked_sum_minor")


async def one(day: Path, cloud: str, seed: int, more: tuple[str, ...]) -> tuple[str, list[str]]:
    """(what was played, its faults); no faults if all is well."""
    name = f"{day.stem} {cloud} seed {seed} {' '.join(more)}".strip()
    arguments = ("rehearse", str(day), "--cloud", cloud, "--seed", str(seed), "--faults", FAULTS, "--json", *more)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tideover", *arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), LIMITS_S[cloud])
    except TimeoutError:
        process.kill()
        await process.wait()
        return name, [f"took longer than {LIMITS_S[cloud]} s"]
    if process.returncode != 0:
        said = json.loads(out)["proof"] if out else err.decode()[-1_500:]
        return name, [f"exit {process.returncode}: {said}"]
    return name, faults_of(json.loads(out))


def faults_of(claim: dict[str, Any]) -> list[str]:
    """What is wrong with a claim, checked here once more."""
    found = [f"{key} is {claim[key]}" for key in EMPTY if claim[key]]
    found += [f"{key} is not empty" for key in ("parked",) if claim[key]]
    entries = claim["fallback_sales"] + claim["fallback_refunds"]
    if entries != claim["booked"] or claim["proof"] != "holds":
        found.append(f"{entries} entries, {claim['booked']} booked, proof {claim['proof']}")
    if claim["input_lines"] != claim["cloud_lines"] + claim["booked_lines"] + claim["unbookable_lines"]:
        found.append("the lines do not add up")
    found += [f"the fault {part.partition('=')[0]} never struck" for part in FAULTS.split(",") if not _struck(claim, part)]
    return found


def _struck(claim: dict[str, Any], part: str) -> bool:
    return claim["faults_injected"].get(part.partition("=")[0], 0) > 0


async def play(days: list[Path], clouds: list[str], seeds: list[int], together: int, more: tuple[str, ...]) -> int:
    """Plays all of them, some at once; returns how many went wrong."""
    room = asyncio.Semaphore(together)
    wrong = 0
    real = real_world()

    async def in_turn(day: Path, cloud: str, seed: int) -> None:
        nonlocal wrong
        async with room:
            since = real.stopwatch_s()
            name, faults = await one(day, cloud, seed, more)
        wrong += bool(faults)
        took = f"{real.stopwatch_s() - since:.0f} s"
        print(f"{'✗' if faults else '✓'} {name}, {took}{': ' + '; '.join(faults) if faults else ''}", flush=True)

    all_of_them = [(day, cloud, seed) for cloud in clouds for day in days for seed in seeds if seed <= SEEDS_MAX.get(cloud, seed)]
    await asyncio.gather(*(in_turn(*one_of_them) for one_of_them in all_of_them))
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cloud", action="append", choices=tuple(LIMITS_S), help="only this cloud")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1 to N; Tryton has 1 and 2")
    parser.add_argument("--day", action="append", type=Path, help="only this file; may be given several times")
    parser.add_argument("--together", type=int, default=2, help="so many at once")
    parser.add_argument("more", nargs="*", help="further arguments for 'tideover rehearse', after --")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tideover-days-") as folder:
        days = given.day or sorted(REAL_WEEK.glob("*.csv")) or generated(Path(folder))
        clouds = given.cloud or list(LIMITS_S)
        wrong = asyncio.run(play(days, clouds, list(range(1, given.seeds + 1)), given.together, tuple(given.more)))
    print("every proof holds" if not wrong else f"{wrong} went wrong")
    raise SystemExit(1 if wrong else 0)


def generated(folder: Path) -> list[Path]:
    """Five days of the same shape, for a checkout without the real ones."""
    sys.path.insert(0, str(HERE))
    from rehearse.days import write_day

    return [write_day(folder, f"2011-11-{day}", day) for day in range(14, 19)]


if __name__ == "__main__":
    main()
