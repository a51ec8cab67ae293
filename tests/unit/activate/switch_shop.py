"""A shop with two lines that exist in memory: a real journal, a clock that is told, verdicts that a test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from tideover.activate.allowances import Allowances
from tideover.activate.line_proofs import LineProofs
from tideover.activate.mover import Mover
from tideover.activate.switch import Busy
from tideover.activate.switching import Switching
from tideover.db import Database
from tideover.drivers.pretend import Pretend, Wires
from tideover.journal.keys import TillKey
from tideover.journal.store import Journal
from tideover.migrations.journal import MIGRATIONS
from tideover.model.line import lines_of
from tideover.model.outage import Verdict
from tideover.model.switching import LineProved
from tideover.settings import Settings
from tideover.world import ClockPage, ToldWorld, to_ms
from unit.recover.shop import FRIDAY, THREE_PM

LINES = ("fibre device=wan0 carrier=Elisa", "mobile device=wwan0 metered allowance_mb=5000 cycle_day=5 carrier=Telia")
KEYS: list[TillKey] = []  # Making one costs more than a test.


class Counting:
    """A meter whose figures a test sets."""

    def __init__(self) -> None:
        self.counted: dict[str, dict[str, int]] = {}
        self.limits: dict[str, int | None] = {}

    async def read(self) -> dict[str, dict[str, int]]:
        return self.counted

    async def limit(self, line: str, left_bytes: int | None) -> str:
        self.limits[line] = left_bytes
        return ""


class Shop:
    """Everything that moves a line, on one file; `start` is a start of the box."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        page = ClockPage(folder / "clock")
        page.now_ms = to_ms(THREE_PM)
        self.world = ToldWorld(page, 1)
        self.wires = Wires(targets=("fibre", "mobile"), in_use="fibre")
        self.calls: dict[str, str] = {"number": ""}
        self.states = {"fibre": "up", "mobile": "up"}
        self.since = {"fibre": self.world.now() - timedelta(days=1), "mobile": self.world.now() - timedelta(days=1)}
        self.causes = {"fibre": "none", "mobile": "none"}
        self.names = ""  # What is wrong with names; "" where none looks.
        self.busy: set[Busy] = set()
        self.proofs: list[tuple[str, bool]] = []
        self.proof = LineProved("mobile", True, 1_000_000, "the log-in page is reached")
        self.meter = Counting()
        self.said: list[str] = []
        self.switches = [Pretend("lines", self.wires, self.world)]
        self.settings = Settings(lines=LINES)
        self.start()

    def start(self) -> None:
        if not KEYS:
            KEYS.append(TillKey.generate())
        self.database = Database(self.folder / "journal.db", MIGRATIONS)
        self.journal = Journal(self.database, self.world, KEYS[0], lambda at: FRIDAY)
        lines = lines_of(self.settings.lines)
        self.switching = Switching(self.journal, self.world, self.switches)
        self.switching.on_told(self.said.append)
        allowances = Allowances(self.journal, self.world, self.folder, lines, "Europe/Helsinki", self.meter)
        proofs = LineProofs(self.journal, self.world, lines, self._prove, lambda: self.switching.log)
        self.mover = Mover(self.switching, self.world, self.settings, lines, self.verdicts, allowances, proofs, self._busy)

    def end(self) -> None:
        self.journal.close()
        self.database.close()

    def turns(self, line: str, state: str, cause: str = "") -> None:
        """From now on that line is seen so."""
        self.states[line], self.since[line] = state, self.world.now()
        self.causes[line] = cause or {"up": "none", "down": "our-line"}.get(state, "not-known")

    def set_clock(self, seconds: float) -> None:
        """The clock is set; no time passes."""
        passed_s = self.world.passed_s()
        self.pass_s(seconds)
        self.world.passed_s = lambda: passed_s  # type: ignore[method-assign]

    def pass_s(self, seconds: float) -> None:
        self.world.page.now_ms += round(seconds * 1000)

    def verdicts(self) -> list[Verdict]:
        names = [Verdict("dns", "down", self.names, (), None)] if self.names else []
        return names + [Verdict(f"line-{name}", state, self.causes[name], (), self.since[name]) for name, state in self.states.items()]

    def entries(self) -> list[tuple[str, str, str]]:
        """What the journal says of switches: what, from, to."""
        bodies = [one.entry.body for one in self.journal.read(kinds=("switched",))]
        return [(one.what, one.before, one.target) for one in bodies]

    async def _busy(self) -> frozenset[Busy]:
        return frozenset(self.busy)

    async def _prove(self, line, measures) -> LineProved:
        self.proofs.append((line.name, measures))
        return replace(self.proof, bytes_per_s=self.proof.bytes_per_s if measures else None)


def in_lines(folder: Path, work: Callable[[Shop], Awaitable[None]]) -> Shop:
    """Play `work` in a shop of its own."""
    shop = Shop(folder)

    async def play() -> None:
        try:
            await work(shop)
        finally:
            await shop.mover.shut()

    try:
        asyncio.run(play())
    finally:
        shop.end()
        shop.world.page.close()
    return shop
