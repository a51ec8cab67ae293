"""A line of the lab dies beside an armed box: when is it said, by the box and by others, and when is the shop out over the second one?"""

from __future__ import annotations

import contextlib
import json
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

WATCHERS = Path(__file__).with_name("failover_watchers.py")
ROOT = Path(__file__).parents[2]
START_S, NOTICE_S = 120.0, 12.0
PEERS_S = 30.0  # The slowest prober needs 27 s.
PHASES_S = 5.0  # A prober is anywhere in its pause when the line dies.
KINDS = {"cable pulled": "cable-pulled", "provider dead behind a live gateway": "provider-dead", "only TCP dead": "tcp-black-hole"}
MOVES = ("Move the shop to mobile", "It is moved to mobile")
DONE = ("Nothing hurts now",)  # An armed box has moved the shop before anybody read more.
NOTHING = ("", "", "")
PROBERS = ("Peplink-like", "Peplink-like by TCP", "mwan3-like")
TICK_S = 0.002

Event = dict[str, Any]


@dataclass
class Strike:
    """One fault; times are ms since the shop's last connection over that line."""

    kind: str
    noticed_ms: float = float("inf")
    step_ms: float = float("inf")  # The right next step stands on the wall.
    step: str = ""
    carried_ms: float = float("inf")  # A connection from the shop came about again.
    decided_ms: float = float("inf")  # An armed box wrote down that it moves the shop.
    trip_ms: float = 0.0
    others: dict[str, float] = field(default_factory=dict)  # What the kernel and the probers said; who is missing said nothing.
    waited_ms: float = 0.0


class Told:
    """What the watchers say, as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.events: list[Event] = []
        self._new: queue.Queue[Event] = queue.Queue()
        self._process = process
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._new.put(json.loads(line))

    def until(self, is_so: Callable[[list[Event]], bool], limit_s: float) -> bool:
        """True as soon as what was said makes it so."""
        ends_s = time.monotonic() + limit_s
        while not is_so(self.events):
            left_s = ends_s - time.monotonic()
            if left_s <= 0:
                return False
            with contextlib.suppress(queue.Empty):
                self.events.append(self._new.get(timeout=left_s))
        return True


@contextlib.contextmanager
def shop(is_armed: bool) -> Iterator[tuple[Any, Told, Path]]:
    """A lab, a box that sees that all is well, and the watchers."""
    from net.lab import lab
    from net.scene import PORT, open_box

    with lab() as net, tempfile.TemporaryDirectory(prefix="tideover-bench-") as place:
        net.environ["PYTHONPATH"] = str(ROOT / "src")
        if not is_armed:  # Both lines as DHCP lays them; an armed box lays its own.
            net.run("box", ["ip", "route", "add", "default", "via", "198.51.100.1", "dev", "wan2", "metric", "200"], check=True)
            net.run("box", ["sh", "-c", "for one in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 2 > $one; done"], check=True)
        with open_box(net, Path(place)):
            told = Told(net.popen("box", [sys.executable, WATCHERS, PORT, "wan1"], stdout=subprocess.PIPE))
            if not told.until(lambda events: any(one["who"] == "box" for one in events), START_S):
                raise RuntimeError(f"the box did not begin in time: {(Path(place) / 'said.txt').read_text()[-1_000:]}")
            if is_armed:
                arm(net, place)
            if not told.until(lambda events: is_fair(last_said(events)), START_S):
                raise RuntimeError(f"the box did not see a fair day: {last_said(told.events)}")
            yield net, told, Path(place)


def arm(net: Any, place: str) -> None:
    command = [sys.executable, "-m", "tideover", "switch", "arm", "lines", "--data", place, "--json"]
    done = net.run("box", command, timeout_s=START_S)
    if done.returncode:
        said = (Path(place) / "said.txt").read_text()[-1_500:]
        raise RuntimeError(f"arming: {done.stderr or done.stdout}\n{said}")


def last_said(events: Sequence[Event]) -> Event:
    return next((one for one in reversed(events) if one["who"] == "box"), {"who": "", "verdicts": {}})


def is_fair(one: Event) -> bool:
    verdicts = one.get("verdicts", {})
    return all(verdicts.get(name, [""])[0] == "up" for name in ("internet", "line-fibre", "line-mobile"))


def strike(kind: str, is_armed: bool, peers_s: float, seed: int) -> Strike:
    """One fault of one kind in a lab of its own; peers_s: so long the others are waited for."""
    with shop(is_armed) as (net, told, folder):
        told.until(lambda events: False, random.Random(seed).random() * PHASES_S if peers_s else 0.5)
        net.tick("lan", "1.1.1.1", every_s=TICK_S)
        told.until(lambda events: False, 0.1)
        first, called_s = len(told.events), time.monotonic()
        net.fault(KINDS[kind], line=1)
        told.until(lambda events: any(is_dead(one) for one in events[first:]), NOTICE_S)
        told.until(lambda events: any(step_of(one) for one in events[first:]), NOTICE_S)
        told.until(lambda events: False, 0.5 if is_armed else 0.0)
        tocks = net.tocks()
        left_s = max(0.0, peers_s - (time.monotonic() - called_s))
        told.until(lambda events: set(PROBERS) <= {one["who"] for one in events if one["what"] == "down"}, left_s)
        began_s, again_s = gap(tocks, called_s)
        found = told_of(kind, told.events, first, began_s)
        if is_armed:
            found.carried_ms = since(began_s, again_s)
            found.decided_ms = since(began_s, decided_s(folder))
        return found


def decided_s(folder: Path) -> float | None:
    """When the first entry of a move was made, by time.monotonic."""
    import apsw

    connection = apsw.Connection(str(folder / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        row = connection.execute("SELECT happened_at FROM entry WHERE kind = 'switched' ORDER BY seq LIMIT 1").fetchone()
    finally:
        connection.close()
    return None if row is None else row[0] / 1_000 - time.time() + time.monotonic()


def told_of(kind: str, events: Sequence[Event], first: int, began_s: float) -> Strike:
    """What came of it, of all that was said since."""
    after = [one for one in events[first:] if one["at"] >= began_s]
    named = next((one for one in after if step_of(one)), None)
    return Strike(
        kind,
        since(began_s, next((one["at"] for one in after if is_dead(one)), None)),
        since(began_s, named["at"] if named else None),
        step_of(named) if named else "",
        trip_ms=next(one["took_s"] for one in events if one["who"] == "way") * 1_000,
        others={one["who"]: since(began_s, one["at"]) for one in events[first:] if one["what"] == "down"},  # The kernel's may come before.
        waited_ms=since(began_s, time.monotonic()),
    )


def gap(tocks: Sequence[tuple[float, bool]], called_s: float) -> tuple[float, float | None]:
    """The last connection of the shop before the longest time without one, and the first after it; None: none came any more.

    Attempts begin all the time, so a short gap is a gap as well; making the fault takes a while on a busy machine.
    """
    came = sorted(at for at, ok in tocks if ok and at >= called_s) or [called_s]
    over_s = max((at for at, _ in tocks), default=called_s)
    began_s, again_s = max(pairwise([*came, max(over_s, came[-1])]), key=lambda one: one[1] - one[0])
    return began_s, again_s if again_s in came[1:] else None


def since(began_s: float, at_s: float | None) -> float:
    return float("inf") if at_s is None else (at_s - began_s) * 1_000


def is_dead(one: Event) -> bool:
    return one.get("verdicts", {}).get("line-fibre", [""])[0] == "down"


def step_of(one: Event) -> str:
    """The next step that stands on the wall for the internet, once it is the right one."""
    state, _, step = one.get("verdicts", {}).get("internet", NOTHING)
    if state == "down" and step.startswith(MOVES):
        return step
    state, _, step = one.get("verdicts", {}).get("line-fibre", NOTHING)
    return step if state == "down" and step.startswith(DONE) else ""


def strikes(kinds: Sequence[str], times: int, is_armed: bool, peers_s: float, beside: int = 2) -> list[Strike]:
    """So many of each kind, each in a lab of its own, some beside each other."""
    with ThreadPoolExecutor(beside) as pool:
        return list(pool.map(lambda one: strike(one[1], is_armed, peers_s, one[0]), enumerate([*kinds] * times)))
