"""The engine that moves lines in the lab's box, with its journal, driver, meter, prover and telephone system; only what it sees is told.

    with engine(net, folder) as ask:
        ask(["arm"], ["see", "fibre", "down"], ["turn"])     # One answer for each word.

A process of the box (python -m net.engine FOLDER) does what it is told, a JSON list of words a line. Its clock is the machine's, put
forward by "pass"; the machine's own is never touched. die_at: the step of a move before which it kills itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from net.lab import Net
from tideover.activate.allowances import Allowances
from tideover.activate.line_proofs import LineProofs
from tideover.activate.mover import Mover
from tideover.activate.switching import Switching
from tideover.db import Database
from tideover.drivers.found_before import Shelf
from tideover.drivers.line_proof import Carries, prover_of
from tideover.drivers.meter import meter_of
from tideover.drivers.pbx import Asterisk, Pbx
from tideover.drivers.uplinks import Uplinks
from tideover.journal.keys import TillKey
from tideover.journal.store import Journal
from tideover.migrations.journal import MIGRATIONS
from tideover.model.line import lines_of
from tideover.model.outage import Verdict
from tideover.settings import Settings
from tideover.world import RealWorld
from unit.drivers.phone_system import PASSWORD, USER, PhoneSystem

ROOT = Path(__file__).parent.parent.parent


class PutForward(RealWorld):
    """The machine's clock, and some time more; `ahead` is how far it was set wrong."""

    more = timedelta()
    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.more + self.ahead

    def passed_s(self) -> float:
        return super().passed_s() + self.more.total_seconds()


class Engine:
    """All that moves lines, with verdicts that are told."""

    def __init__(self, folder: Path, settings: Settings, resolver: Path, phones: PhoneSystem, die_at: str = "") -> None:
        self.world, self.settings, self.phones = PutForward(), settings, phones
        self.database = Database(folder / "journal.db", MIGRATIONS)
        self.journal = Journal(self.database, self.world, key_of(folder / "key"), lambda at: "2026-07-24")
        lines = lines_of(settings.lines)
        self.seen = {one.name: ("up", "none", self.world.now() - timedelta(hours=1)) for one in lines}
        self.meter, prover = meter_of(settings, self.world, folder), prover_of(settings, self.world)
        driver = Uplinks(
            lines,
            folder,
            self.world,
            carries=Carries(settings, self.world, prover),
            in_hurry=lambda: self.switching.in_hurry,
            resolver_file=resolver,
            lift=self.meter and self.meter.lift,
            noticed=lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == die_at else None,
        )
        self.switching = Switching(self.journal, self.world, [driver])
        self.said: list[str] = []
        self.switching.on_told(self.said.append)
        allowances = Allowances(self.journal, self.world, folder, lines, "UTC", self.meter)
        proofs = LineProofs(self.journal, self.world, lines, prover and prover.prove, lambda: self.switching.log)
        pbx = Pbx(
            Asterisk("127.0.0.1", phones.port, "CF", replace(settings, pbx_user=USER), lambda: PASSWORD), Shelf(folder, "pbx"), self.world
        )

        async def busy() -> frozenset[Any]:
            return frozenset({"call"}) if await pbx.calls_up() else frozenset()

        self.mover = Mover(self.switching, self.world, settings, lines, self.verdicts, allowances, proofs, busy)

    def verdicts(self) -> list[Verdict]:
        return [Verdict(f"line-{name}", state, cause, (), since) for name, (state, cause, since) in self.seen.items()]  # type: ignore[arg-type]

    async def do_arm(self) -> None:
        await self.switching.arm("lines", True, "Oona")
        await self.mover.turn()

    async def do_see(self, line: str, state: str, cause: str = "") -> None:
        self.seen[line] = (state, cause or {"up": "none"}.get(state, "our-line"), self.world.now())

    async def do_pass(self, seconds: float) -> None:
        self.world.more += timedelta(seconds=seconds)

    async def do_jump(self, seconds: float) -> None:
        """The clock is set; no time passes."""
        self.world.ahead += timedelta(seconds=seconds)

    async def do_calls(self, count: int) -> None:
        self.phones.calls = count

    async def do_hand(self, word: str) -> None:
        self.mover.hands.note("till 1", word)

    async def do_turn(self) -> dict[str, object]:
        """at_s: when what is seen was there to be decided on, by the clock of the lab's ticks."""
        at_s = time.monotonic()
        await self.mover.turn()
        decision = self.mover.decision
        return {"at_s": at_s, "word": decision.word, "target": decision.target, "why": decision.why, "in_use": self.mover.in_use}

    async def do_back(self) -> None:
        """A person leads back, and what was is forgotten: else the hold-down of the last run would be measured."""
        await self.switching.engage("lines", "fibre", "Oona", is_back=True)
        self.switching.log.acts.clear()
        await self.mover.turn()

    async def do_restore(self) -> None:
        await self.switching.heal(first=("lines",))
        await self.switching.restore("lines", "Oona")

    async def do_entries(self) -> list[tuple[str, str, str]]:
        bodies = [one.entry.body for one in self.journal.read(kinds=("switched",))]
        return [(one.what, one.before, one.target) for one in bodies]  # type: ignore[attr-defined]

    async def do_said(self) -> list[str]:
        return self.said

    async def do_percent(self, line: str) -> int | None:
        return self.mover.allowances.percent(line)

    async def do_used(self, line: str) -> int:
        usage = self.mover.allowances.usage(line)
        return 0 if usage is None else usage.used

    async def do_prove(self, line: str) -> dict[str, object]:
        found = await self.mover.proofs.prove(line, "Oona", measures=True)
        return {"works": found.works, "bytes_per_s": found.bytes_per_s, "is_throttled": self.mover.proofs.is_throttled(line)}

    async def end(self) -> None:
        await self.mover.shut()
        self.journal.close()
        self.database.close()


def key_of(file: Path) -> TillKey:
    if not file.exists():
        file.write_bytes(TillKey.generate().to_pem())
    return TillKey.from_pem(file.read_bytes())


async def serve(folder: Path) -> None:
    told = json.loads(sys.stdin.readline())
    settings = Settings(**{name: tuple(value) if isinstance(value, list) else value for name, value in told["settings"].items()})
    async with PhoneSystem() as phones:
        one = Engine(folder, settings, Path(told["resolver"]), phones, told["die_at"])
        print("ready", flush=True)
        while words := (await asyncio.to_thread(sys.stdin.readline)).strip():
            print(json.dumps([await getattr(one, f"do_{word}")(*given) for word, *given in json.loads(words)]), flush=True)
        await one.end()


@contextlib.contextmanager
def engine(net: Net, folder: Path, die_at: str = "", **settings: object) -> Iterator[Callable[..., list[Any]]]:
    """Words in, answers out; [] where it has died."""
    net.environ["PYTHONPATH"] = f"{ROOT / 'tests'}:{ROOT / 'src'}"
    process = net.popen("box", [sys.executable, "-m", "net.engine", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def say(what: object) -> str:
        stdin.write(json.dumps(what) + "\n")
        stdin.flush()
        return stdout.readline()

    names = ("lines", "anchors", "cloud_page", "card_host")  # Not the proof page: it stands for what the shop does not need.
    known = {name: value for name, value in net.settings().items() if name in names}
    assert say({"settings": {**known, **settings}, "resolver": str(net.upstreams), "die_at": die_at}) == "ready\n"
    try:
        yield lambda *words: json.loads(say(words) or "[]")
    finally:
        with contextlib.suppress(BrokenPipeError):
            stdin.close()
        process.wait(timeout=30)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
