"""A scene of the lab: a box that looks at all there is, something that breaks, and what the wall says of it from then on.

Several scenes are played at once, each in a lab of its own; what the box said is kept in order, so that a test can ask for what was said
and for what never was.
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from net.lab import Net, lab
from tideover.settings import write_settings

PORT = 8787
GLANCE_S = 0.2
START_S = 90.0  # A box beside others on a busy machine.
KNOWN_S = 40.0  # Until the expected word stands there; how long it takes is the bench's matter.
HEALS_S = 45.0  # Until all is well again.
STAYS_S = 2.0  # It must still stand there after this.

Trouble = tuple[str, int, dict[str, object]]  # A fault of the lab, the line it strikes, how.


@dataclass(frozen=True)
class Said:
    """What the box said at one moment."""

    at_s: float  # Since the first trouble.
    states: dict[str, tuple[str, str]]  # Service to state and cause.
    next_steps: dict[str, str]
    rung: int
    phase: str


@dataclass
class Scene:
    """What happens, and what must be said of it."""

    name: str
    troubles: tuple[Trouble, ...]
    service: str  # Whose verdict names it …
    cause: str  # … and how.
    next_step: str = ""  # How its next step begins; "": whatever it says.
    may_fail: frozenset[str] = frozenset()  # Services that may be down or degraded beside it: what hangs on it.
    heals: bool = False  # All troubles end, and everything must be up again.
    stays_up: bool = False  # Never called down, however long it lasts.
    never: str = ""  # No next step of any service may hold this word at any time.
    warm_s: float = 0.0  # A fair day lasts so long before: what is usual must be known.
    one_carrier: bool = False  # Both lines are one company's.
    needs: tuple[str, ...] = ()  # Services that must have been seen well before.
    settings: dict[str, object] = field(default_factory=dict)

    def is_right(self, one: Said) -> bool:
        """The right word, and the right step beside it."""
        return one.states.get(self.service, ("", ""))[1] == self.cause and one.next_steps.get(self.service, "").startswith(self.next_step)

    def has_step(self, one: Said) -> bool:
        """People do the right thing, whatever it is called."""
        return one.states.get(self.service, ("up", ""))[0] != "up" and one.next_steps.get(self.service, "").startswith(self.next_step)


@dataclass
class Played:
    """How it went."""

    scene: Scene
    before: Said
    story: list[Said]  # Each time that something changed.
    fair: bool  # All was well before.
    known: bool  # The expected word came, and stayed.
    healed: bool
    known_s: float  # Until the expected word stood there …
    step_s: float  # … and until its next step did, whatever the word was: what people do at once.
    next_step: str  # As it stood there then.
    entries: list[str]  # Kinds in the journal afterwards.
    said: str  # What the box printed.

    @property
    def last(self) -> Said:
        return self.story[-1]

    def blamed(self) -> set[str]:
        """Services that were called down or degraded at any time, and did not have to be."""
        bad = {
            service for one in self.story for service, (state, cause) in one.states.items() if state == "down" or is_called(state, cause)
        }
        return bad - {self.scene.service} - self.scene.may_fail

    def faults(self) -> list[str]:
        """What was not as it must be."""
        scene, said = self.scene, self.next_step
        if not self.fair:
            return ["the day was never fair"]
        found = [] if self.known else [f"{scene.service} was never called {scene.cause}, with the right step; the last was {said!r}"]
        if self.known and not said.startswith(scene.next_step):
            found.append(f"the next step was {said!r}")
        if blamed := self.blamed():
            found.append(f"called down or degraded, and well: {', '.join(sorted(blamed))}")
        if scene.never and (wrong := {step for one in self.story for step in one.next_steps.values() if scene.never in step}):
            found.append(f"it was advised: {wrong}")
        if scene.stays_up and any(one.states.get(scene.service, ("", ""))[0] == "down" for one in self.story):
            found.append(f"{scene.service} was called down")
        if not self.healed:
            found.append("it did not come back")
        if moved := [kind for kind in self.entries if kind in ("armed", "switched")]:
            found.append(f"nobody armed it, and the journal holds {moved}")
        return found

    def told(self) -> str:
        """For a test that fails."""
        lines = [f"{one.at_s:6.2f} s  {one.phase} rung {one.rung}  {show(one.states)}" for one in self.story]
        return "\n".join([f"{self.scene.name}: wanted {self.scene.service} {self.scene.cause}", *lines, self.said[-2_000:]])


def is_called(state: str, cause: str) -> bool:
    """It is degraded, and not for looks that were late or lost: on a busy machine the lab itself loses them."""
    return state == "degraded" and cause not in ("lossy", "line-slow", "their-slow")


def show(states: dict[str, tuple[str, str]]) -> str:
    return ", ".join(f"{name} {state} {cause}" for name, (state, cause) in states.items() if state != "up")


@contextlib.contextmanager
def open_box(net: Net, folder: Path, **settings: object) -> Iterator[subprocess.Popen[str]]:
    """A box of that lab, ready to be asked."""
    write_settings(folder, {"shop_name": "Kulmakauppa", "port": PORT, **net.settings(), **settings})
    with open(folder / "said.txt", "w") as said:
        box = net.popen(
            "box", [sys.executable, "-m", "tideover", "box", "--data", folder], stdout=said, stderr=said, stdin=subprocess.DEVNULL
        )
    try:
        yield box
    finally:
        box.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            box.wait(timeout=10)


def status(net: Net) -> dict[str, Any]:
    """Raises OSError while the box does not answer."""
    code, text = net.fetch("box", f"http://127.0.0.1:{PORT}/v1/status")
    if code != 200:
        raise OSError(f"{code}: {text[:200]}")
    return json.loads(text)


def said(net: Net, since_s: float) -> Said:
    now = status(net)
    verdicts = now["verdicts"]
    return Said(
        time.monotonic() - since_s,
        {one["service"]: (one["state"], one["cause"]) for one in verdicts},
        {one["service"]: one["next_step"] for one in verdicts},
        now["rung"]["number"],
        now["phase"],
    )


def wait_for(net: Net, story: list[Said], since_s: float, holds: Callable[[Said], bool], limit_s: float) -> bool:
    """Looks until it holds and still does a little later; each change joins the story."""
    held_s: float | None = None
    while (now_s := time.monotonic() - since_s) < limit_s:
        try:
            seen = said(net, since_s)
        except OSError:
            time.sleep(GLANCE_S)
            continue
        if not story or replace(seen, at_s=story[-1].at_s) != story[-1]:
            story.append(seen)
        if not holds(seen):
            held_s = None
        elif held_s is None:
            held_s = now_s
        elif now_s - held_s >= STAYS_S:
            return True
        time.sleep(GLANCE_S)
    return False


def is_fair(one: Said, needs: tuple[str, ...] = ()) -> bool:
    """Nothing is wrong, and what the box looks at was seen."""
    seen = [state for state, _ in one.states.values()]
    wanted = ("internet", "cloud", "line-fibre", "line-mobile", *needs)
    return not {"down", "degraded"} & set(seen) and all(one.states.get(name, ("", ""))[0] == "up" for name in wanted)


def play(scene: Scene) -> Played:
    """From a fair day through the trouble, and back where it heals."""
    with lab() as net, tempfile.TemporaryDirectory(prefix="tideover-scene-") as place:
        folder = Path(place)
        net.run(
            "box", ["ip", "route", "add", "default", "via", "198.51.100.1", "dev", "wan2", "metric", "200"], check=True
        )  # As DHCP does.
        net.run(
            "box", ["sh", "-c", "for one in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 2 > $one; done"], check=True
        )  # As most systems do.
        if scene.one_carrier:
            scene.settings["lines"] = tuple(one.replace("carrier=Telia", "carrier=Elisa") for one in net.lines())
        with open_box(net, folder, **scene.settings):
            before: list[Said] = []
            fair = wait_for(net, before, time.monotonic(), lambda one: is_fair(one, scene.needs), START_S)
            time.sleep(scene.warm_s)
            story: list[Said] = []
            began_s = time.monotonic()
            for name, line, how in scene.troubles:
                net.fault(name, line, **how)
            known = fair and wait_for(net, story, began_s, scene.is_right, KNOWN_S)
            known_s, step_s = (next((one.at_s for one in story if right(one)), math.inf) for right in (scene.is_right, scene.has_step))
            next_step = story[-1].next_steps.get(scene.service, "") if story else ""
            healed = True
            if scene.heals and known:
                net.clear()
                healed = wait_for(net, story, began_s, is_fair, HEALS_S + time.monotonic() - began_s)
        nothing = Said(0.0, {}, {}, 0, "it was never ready")
        return Played(
            scene,
            before[-1] if before else nothing,
            story or before or [nothing],
            fair,
            known,
            healed,
            known_s,
            step_s,
            next_step,
            kinds(folder),
            (folder / "said.txt").read_text(),
        )


def kinds(folder: Path) -> list[str]:
    """Kinds of the journal's entries, in order."""
    import apsw

    connection = apsw.Connection(str(folder / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [kind for (kind,) in connection.execute("SELECT kind FROM entry ORDER BY seq")]
    finally:
        connection.close()
