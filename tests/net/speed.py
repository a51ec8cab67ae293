"""How long after the decision the shop's traffic is on the second line: the real engine, journal and driver in the lab's box.

`decided_to_carried(net, folder, n)` gives the milliseconds of each of n moves, for bench/failover.py and whoever looks for a slow step.
A process of the box (python -m net.speed FOLDER) does what a line at a time tells it: "kill" takes the first line for dead and turns the
engine once, "back" leads the shop back. It answers with the moment of the decision, by the clock that the lab's ticks use, and the act.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from net.lab import Net
from tideover.activate.allowances import Allowances
from tideover.activate.line_proofs import LineProofs
from tideover.activate.mover import Mover
from tideover.activate.switching import Switching
from tideover.db import Database
from tideover.drivers.line_proof import Carries
from tideover.drivers.uplinks import Uplinks
from tideover.journal.keys import TillKey
from tideover.journal.store import Journal
from tideover.migrations.journal import MIGRATIONS
from tideover.model.line import lines_of
from tideover.model.outage import Verdict
from tideover.settings import Settings
from tideover.world import real_world

ROOT = Path(__file__).parent.parent.parent
EVERY_S = 0.002
ATTEMPT_S = 0.25
FAR = "203.0.113.20"  # The card host: no look of the move's own proof goes there.


class Engine:
    """All that moves lines, with verdicts that are told."""

    def __init__(self, folder: Path, lines: tuple[str, ...], resolver: Path) -> None:
        self.world, self.dead = real_world(), False
        self.database = Database(folder / "journal.db", MIGRATIONS)
        journal = Journal(self.database, self.world, TillKey.generate(), lambda at: "2026-07-24")
        settings = Settings(lines=lines, anchors=("1.1.1.1:443", "8.8.8.8:443", "9.9.9.9:443"), line_clean_s=0.0)
        known = lines_of(lines)
        hurry = lambda: self.switching.in_hurry  # noqa: E731
        driver = Uplinks(known, folder, self.world, carries=Carries(settings, self.world, None), in_hurry=hurry, resolver_file=resolver)
        self.switching = Switching(journal, self.world, [driver])
        allowances = Allowances(journal, self.world, folder, known, "UTC", None)
        proofs = LineProofs(journal, self.world, known, None, lambda: self.switching.log)
        self.mover = Mover(self.switching, self.world, settings, known, self.verdicts, allowances, proofs, _idle)
        self.journal = journal

    def verdicts(self) -> list[Verdict]:
        since = self.world.now() - timedelta(hours=1)
        state, cause = ("down", "our-line") if self.dead else ("up", "none")
        return [Verdict("line-fibre", state, cause, (), since), Verdict("line-mobile", "up", "none", (), since)]

    async def kill(self) -> dict[str, object]:
        """The verdict turns; what follows is the way from there to the kernel."""
        self.dead = True
        at_s = time.monotonic()
        await self.mover.turn()
        done = self.switching.log.acts[-1].body
        return {"at_s": at_s, "what": done.what, "took_ms": done.took_ms, "turn_ms": (time.monotonic() - at_s) * 1_000}

    async def back(self) -> dict[str, object]:
        self.dead = False
        answer = await self.switching.engage("lines", "fibre", "Oona", "the next run", is_back=True)
        self.switching.log.acts.clear()  # Else the hold-down of the last run is measured.
        await self.mover.turn()
        return {"word": answer.word}


async def _idle() -> frozenset[str]:
    return frozenset()


async def serve(folder: Path, told: dict[str, object]) -> None:
    lines = told["lines"]
    assert isinstance(lines, list)
    engine = Engine(folder, tuple(lines), Path(str(told["resolver"])))
    await engine.switching.arm("lines", True, "Oona")
    await engine.mover.turn()
    print("armed", flush=True)
    while word := (await asyncio.to_thread(sys.stdin.readline)).strip():
        print(json.dumps(await (engine.kill() if word == "kill" else engine.back())), flush=True)
    await engine.switching.restore("lines", "Oona")
    await engine.mover.shut()
    engine.journal.close()
    engine.database.close()


def decided_to_carried(net: Net, folder: Path, n: int) -> list[float]:
    """Milliseconds from the decision to the first connection of the shop's own that came about; the line is dead in every run."""
    environ = {**net.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'src'}"}
    command = [sys.executable, "-m", "net.speed", str(folder)]
    net.environ, before = environ, net.environ
    process = net.popen("box", command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    net.environ = before
    assert process.stdin is not None and process.stdout is not None

    def asked(line: str) -> str:
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return process.stdout.readline()

    assert asked(json.dumps({"lines": net.lines(), "resolver": str(net.upstreams)})) == "armed\n"
    found = []
    for _ in range(n):
        net.fault("provider-dead", line=1)
        net.tick("lan", FAR, every_s=EVERY_S, timeout_s=ATTEMPT_S)
        time.sleep(0.1)
        done = json.loads(asked("kill"))
        assert done["what"] == "engaged", done
        tocks = net.tocks()
        found.append((min(at for at, ok in tocks if ok and at > done["at_s"]) - done["at_s"]) * 1_000)
        net.clear("provider-dead", line=1)
        assert json.loads(asked("back"))["word"] == "done"
    process.stdin.close()
    process.wait(timeout=30)
    return found


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), json.loads(sys.stdin.readline())))
