"""A shop whose seconds cost nothing: the real lookout and the real line rounds on an event loop that jumps to what is due next.

What is looked at answers, is silent or slow as a test says; the loop's own clock is the only one, so that seconds are counted.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tideover.detect.cause import explain
from tideover.detect.line_rounds import Looks, Rounds, price
from tideover.detect.line_watch import QUICK_TIMEOUT_S, LineWatch
from tideover.detect.looks.look import TIMEOUT_S, service_of, timed
from tideover.detect.record.spells import Spells, Word, step
from tideover.detect.watch import Watch
from tideover.detect.ways import PORTAL, PROVIDERS
from tideover.model.line import lines_of
from tideover.model.outage import Kind, Observation
from tideover.settings import Settings
from tideover.trade.receipt_desk import LOOK_S
from tideover.world import Wake
from unit.detect.lookout import FRIDAY

PRINTER_S = 3.0  # So long the driver waits for the printer to take a connection.
TWO_LINES = ("fibre device=wan0 gateway=192.0.2.1 carrier=Elisa", "mobile device=wwan0 gateway=198.51.100.1 carrier=Telia metered")
WAYS: dict[str, tuple[bool, str, float]] = {  # Does it answer, what it says, after how many seconds.
    "well": (True, "answers", 0.03),
    "silent": (False, "", 3_600.0),
    "refuses": (False, "refuses the connection", 0.03),
    "503": (False, "answers 503", 0.05),
    "500": (False, "answers 500", 0.05),
    "slow": (True, "answers", 1.6),
    "slower": (True, "answers", 0.9),
    "portal": (False, f"shows {PORTAL}", 0.05),
}
BEYOND: tuple[Kind, ...] = ("content", "cloud", "login", "card", "sip")


class Jumping(selectors.DefaultSelector):
    """Waits for nothing: it moves the clock on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.at_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found and timeout:
            self.at_s += timeout
        return found


class Clockwork(asyncio.SelectorEventLoop):
    """An event loop whose time is that of its selector."""

    def __init__(self) -> None:
        self.jumping = Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.at_s


class LoopWorld:
    """The world as that loop has it."""

    def __init__(self) -> None:
        self.chance, self.environ = random.Random(1), {}

    def stopwatch_s(self) -> float:
        return asyncio.get_running_loop().time()

    passed_s = stopwatch_s

    def now(self) -> datetime:
        return FRIDAY + timedelta(seconds=asyncio.get_running_loop().time())

    def busy(self, change: int) -> None:
        pass

    async def pause(self, seconds: float, wake: Wake | None = None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await (wake.wait() if wake is not None else asyncio.Event().wait())
        except TimeoutError:
            pass
        if wake is not None:
            wake.reset()

    async def within(self, seconds: float, work: Awaitable[Any]) -> Any:
        async with asyncio.timeout(seconds):
            return await work


@dataclass
class Thing:
    """One thing that is looked at, over one line or bound to none."""

    shop: Shop
    kind: Kind
    name: str
    via: str = ""
    timeout_s: float = TIMEOUT_S
    looks: int = 0

    async def look(self) -> Observation:
        self.looks += 1
        of = service_of(self.kind, self.via)
        return await timed(self.shop.world, of, self.kind, self.name, self.timeout_s, self._ask(), self.via)

    async def _ask(self) -> tuple[bool, str]:
        ok, text, took_s = WAYS[self.shop.way_of(self.kind, self.via)]
        await asyncio.sleep(took_s)
        return ok, text


@dataclass
class Shop:
    """What is broken, and what looks at it. Build it inside the loop."""

    settings: Settings
    world: LoopWorld = field(default_factory=LoopWorld)
    broken: dict[str, str] = field(default_factory=dict)  # Kind, or line/kind, to how it is.

    def __post_init__(self) -> None:
        self.lines = lines_of(self.settings.lines)
        self.loose = [*self._things(""), Thing(self, "link", "the router")] if not self.lines else self._things("")
        self.watch = Watch(None, self.world, self.settings, self.loose)
        self.over = LineWatch(self.lines, Settings(), self.world, self.watch, lambda: self.in_use, "none", lambda line, platform: "")
        self.in_use = self.lines[0].name if self.lines else ""
        self.bound: dict[str, list[Thing]] = {one.name: [] for one in self.lines}
        for line in self.lines:
            near, anchors, names, far = self._looks(line.name)
            self.bound[line.name] = [*near, *anchors, *names, *far]
            self.over._rounds[line.name] = Rounds(line, Looks(near, anchors, names, far), self.world.stopwatch_s())
        self.told: list[tuple[float, dict[str, tuple[str, str]]]] = []
        self.steps: list[tuple[float, dict[str, str]]] = []  # The next step of each service, whenever anything changed.
        self.spells, self.words = Spells(), list[Word]()  # What the log says: it went away, it came back.
        self.ids = map(str, count())
        self.bell = Wake(self.world)
        self.watch.on_doubt(self.bell.ring)
        self.watch.on_change(self._note)

    def way_of(self, kind: str, via: str) -> str:
        """How that thing is over that line; what is bound to none goes over the line in use."""
        line = via or self.in_use
        return self.broken.get(f"{line}/{kind}") or self.broken.get(kind) or "well"

    def paid(self, line: str) -> int:
        """Bytes of all looks that went out over that line, while it is in use."""
        return price(one for one in (*self.loose, *self.bound[line]) for _ in range(one.looks) if (one.kind, one.via) != ("link", ""))

    def _things(self, via: str) -> list[Thing]:
        anchors = [Thing(self, "anchor", name, via) for name in ("A", "B", "C")]
        names = [Thing(self, "dns", f"{PROVIDERS} resolver", via), Thing(self, "dns", "9.9.9.9", via)]
        return [*anchors, *names, *(Thing(self, kind, f"the {kind}", via) for kind in BEYOND)]

    def _looks(self, via: str) -> tuple[tuple[Thing, ...], ...]:
        quick = [Thing(self, one.kind, one.name, via, QUICK_TIMEOUT_S) for one in self._things(via) if one.kind in ("anchor", "dns")]
        anchors, names = ([one for one in quick if one.kind == kind] for kind in ("anchor", "dns"))
        far = [one for one in self._things(via) if one.kind in BEYOND]
        return (Thing(self, "link", "the router", via, QUICK_TIMEOUT_S),), tuple(anchors), tuple(names), tuple(far)

    def _note(self) -> None:
        found, at_s = self.watch.verdicts(), self.world.stopwatch_s()
        self.told.append((at_s, {one.service: (one.state, one.cause) for one in found}))
        self.steps.append((at_s, {one.service: explain(one, found, self.watch.ways()).next_step for one in found}))

    async def _watching(self) -> None:
        while True:
            found = await self.watch.turn()
            self.spells, words = step(self.spells, found, (), self.ids, self.world.now())
            self.words += words
            await self.world.pause(self.watch.due_s, self.bell)

    async def _looking_over(self) -> None:
        while True:
            await self.world.pause(await self.over.turn(), self.over.wake)

    async def _printing(self) -> None:
        """As the receipts' desk looks at its printer."""
        while True:
            ok, text, took_s = WAYS[self.way_of("printer", "")]
            await asyncio.sleep(min(took_s, PRINTER_S))
            self.watch.hear(Observation("printer", "device", "the receipt printer", ok, self.world.now(), text or "it does not answer"))
            await self.world.pause(LOOK_S)

    async def lives(self, seconds: float) -> None:
        """So long the loops run."""
        loops = [asyncio.ensure_future(one()) for one in (self._watching, self._looking_over, self._printing)]
        try:
            await asyncio.wait(loops, timeout=seconds)
        finally:
            for one in loops:
                one.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self.over.shut()
        for one in loops:
            if not one.cancelled() and one.exception() is not None:
                raise one.exception()


@contextmanager
def clockwork() -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """Runs what it is given to its end, however many seconds that takes there."""
    loop = Clockwork()
    try:
        yield loop.run_until_complete
    finally:
        loop.close()
