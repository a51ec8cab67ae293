"""Looks quickly at each line by itself: the one in use twice a second, a spare one every few seconds, a metered one hardly ever.

A cable that comes out is heard at once. When nothing answers any more, the next round begins before the first is over; when the
line in use falls silent, a metered spare is looked at, too. Decides nothing: what was seen goes to the watch. The bytes that the
looks cost are counted. docs/algorithms/verdict.md says what makes a line dead.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from tideover.detect.doubt import known, wanted
from tideover.detect.line_rounds import IDLE_S, NOTHING, Looks, Round, Rounds
from tideover.detect.looks.addresses import Addresses
from tideover.detect.looks.bound import Way, way_of
from tideover.detect.looks.carrier import CarrierEvents, CarrierProbe, said
from tideover.detect.looks.look import TIMEOUT_S
from tideover.detect.looks.names import NameProbe, asked_name
from tideover.detect.looks.neighbour import NeighbourProbe
from tideover.detect.looks.no_way import no_way
from tideover.detect.looks.probe import anchor_probes, far_probes, name_server, named_hosts
from tideover.detect.looks.route import gateway_of
from tideover.detect.watch import Watch
from tideover.detect.ways import PROVIDERS, Ways, service_of
from tideover.model.line import Line
from tideover.model.outage import Observation
from tideover.ports import Probe
from tideover.settings import Settings
from tideover.world import Wake, World

QUICK_TIMEOUT_S = 0.5
IN_USE_EACH_S = 2.0  # How often the default route is read.


class LineWatch:
    """`turn` it in a loop of its own; `look_now` asks for a proof of one line at once."""

    def __init__(
        self, lines: Sequence[Line], settings: Settings, world: World, watch: Watch, in_use: Callable[[], str],
        platform: str = sys.platform, no_way: Callable[[Line, str], str] = no_way,
    ) -> None:  # fmt: skip
        """in_use: name of the line that the default route takes, "" if nobody knows. Raises Misconfigured."""
        self._no_way, self._lan_device = no_way, settings.lan_device
        self._world, self._watch, self._in_use, self._platform = world, watch, in_use, platform
        self._lines = tuple(lines)
        self.wake = Wake(world)
        self._on_change: list[Callable[[], None]] = []
        self._told: tuple[tuple[str, str, str], ...] = ()
        self._running: set[asyncio.Task[None]] = set()
        self._used, self._used_at_s = "", -IN_USE_EACH_S
        self._failed: Exception | None = None
        book = Addresses(world)
        self._rounds = {one.name: Rounds(one, looks_of(one, settings, world, book, platform), world.stopwatch_s()) for one in self._lines}
        self._events = CarrierEvents(self._carrier)
        watch.on_change(self._compare)
        watch.on_bad_look(self.wake.ring)
        usual = Ways(self._lines)
        watch.ways = lambda: replace(usual, in_use=self._used)  # Until somebody puts a fuller one there.
        watch.waiting = self._waiting

    def on_change(self, call: Callable[[], None]) -> None:
        """`call` runs when a line's verdict changed; make it short, ring a Wake."""
        self._on_change.append(call)

    @property
    def in_use(self) -> str:
        """As it was read last."""
        return self._used

    @property
    def goes_by(self) -> str:
        """The line that the shop goes by: as whoever moves it says, else as the routes say."""
        return self._watch.ways().in_use or self._used

    @property
    def spent_bytes(self) -> dict[str, int]:
        """What the looks have cost each line since the start, both ways, by the packets of one look."""
        return {name: one.spent_bytes for name, one in self._rounds.items()}

    def _waiting(self) -> frozenset[str]:
        now_s = self._world.stopwatch_s()
        return frozenset(name for name, one in self._rounds.items() if one.waits(now_s))

    def look_now(self, name: str) -> None:
        """Full rounds on that line at once, as before it is switched to. Raises nothing."""
        if name in self._rounds:
            self._rounds[name].hurry(self._world.stopwatch_s())
            self.wake.ring()

    async def turn(self) -> float:
        """Begin the rounds that are due and take in those that ended; seconds until there is something to do again."""
        if not self._lines:
            return IDLE_S
        self._events.start(self._platform)
        now_s = self._world.stopwatch_s()
        self._read_in_use(now_s)
        asked = wanted(self._watch.sights, self._lines, self.goes_by, self._world.now())
        for rounds in self._rounds.values():
            name = rounds.line.name
            for one in rounds.begin(now_s, self.goes_by, asked.get(name, NOTHING), known(self._watch.sights, name)):
                task = asyncio.ensure_future(self._play(rounds, one))
                self._running.add(task)
                task.add_done_callback(self._over)
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed
        due_s = min(one.due_s(self.goes_by, asked.get(name, NOTHING)) for name, one in self._rounds.items())
        return max(0.0, due_s - self._world.stopwatch_s())

    async def shut(self) -> None:
        """Stop listening and close what is open."""
        self._events.stop()
        running = list(self._running)
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and isinstance(task.exception(), Exception):
            self._failed = task.exception()  # The supervisor shall hear of it.
            self.wake.ring()

    async def _play(self, rounds: Rounds, one: Round) -> None:
        """One round, all its looks beside each other."""

        async def look(probe: Probe) -> None:
            seen = self._honest(rounds.line, await probe.look())
            one.seen.append(seen)
            if one.is_far:  # The slowest of them keeps nobody waiting.
                self._watch.hear_all([seen])

        was_dead = rounds.is_silent
        try:
            await asyncio.gather(*(look(probe) for probe in one.probes))
        finally:
            rounds.took_in(one, self._world.stopwatch_s())
        if not one.is_far:
            self._watch.hear_all(one.seen)
        if rounds.is_silent and not was_dead and rounds.line.name == self.goes_by:
            self._hurry_others(rounds.line.name)
        self.wake.ring()

    def _hurry_others(self, name: str, is_dead: bool = False) -> None:
        """That line fell silent: what stands of the others must be fresh before anybody moves, for they may have died with it."""
        for other in self._rounds.values():
            if other.line.name != name:
                other.hurry(self._world.stopwatch_s(), only_if_old=True, is_free=is_dead)
        self.wake.ring()

    def _honest(self, line: Line, look: Observation) -> Observation:
        """A look that this machine itself keeps from its line is none."""
        if look.ok is not False or look.kind == "carrier" or not (why := self._no_way(line, self._platform)):
            return look
        return replace(look, ok=None, text=why)

    def _carrier(self, device: str, ok: bool, text: str) -> None:
        """The kernel says that a plug came out or went in."""
        if device == self._lan_device:
            self._watch.hear_all([said(device, ok, text, self._world, "")])
        for line in self._lines:
            if line.device == device:
                self._watch.hear_all([said(device, ok, text, self._world, line.name)])
                self._rounds[line.name].hurry(self._world.stopwatch_s())
                if not ok:
                    self._hurry_others(line.name)
                self._used_at_s = -IN_USE_EACH_S
                self.wake.ring()

    def _read_in_use(self, now_s: float) -> None:
        if now_s - self._used_at_s >= IN_USE_EACH_S:
            self._used, self._used_at_s = self._in_use(), now_s

    def _compare(self) -> None:
        """The watch concluded something else than before: is it about a line?"""
        keys = {service_of(one.name) for one in self._lines}
        told = tuple((one.service, one.state, one.cause) for one in self._watch.verdicts() if one.service in keys)
        if told != self._told:
            mine = service_of(self.goes_by)
            if any(one[:2] == (mine, "down") for one in told) and not any(one[:2] == (mine, "down") for one in self._told):
                self._hurry_others(self.goes_by, is_dead=True)
            self._told = told
            for call in self._on_change:
                call()


def looks_of(
    line: Line, settings: Settings, world: World, book: Addresses, platform: str = sys.platform, far_s: float = TIMEOUT_S
) -> Looks:
    """What is looked at on one line. A line that this machine cannot be bound to is only heard of. Raises Misconfigured.

    far_s: how long cloud, proof page and telephone may take.
    """
    way = way_of(line, platform)
    if not way.can_bind:
        return Looks()
    anchors = anchor_probes(settings, world, way, book, QUICK_TIMEOUT_S)
    near: list[Probe] = [CarrierProbe(line.device, world, line.name, platform)] if line.device else []
    if line.gateway or line.device:
        gateway = line.gateway or (lambda: gateway_of(line.device))
        near.append(NeighbourProbe("the router", gateway, world, QUICK_TIMEOUT_S, way=way, book=book))
    names = _name_probes(line, way, settings, world)
    far = far_probes(settings, world, way, book, far_s)
    return Looks(tuple(near), tuple(anchors), tuple(names), tuple(far))


def _name_probes(line: Line, way: Way, settings: Settings, world: World) -> list[Probe]:
    name = asked_name(named_hosts(settings))
    found: list[Probe] = []
    for address in line.dns:
        server, port = name_server(address, "lines")
        found.append(NameProbe(f"{PROVIDERS} {address}", server, name, world, QUICK_TIMEOUT_S, way=way, port=port))
    for address in settings.public_dns[:1]:
        server, port = name_server(address, "public_dns")
        found.append(NameProbe(address, server, name, world, QUICK_TIMEOUT_S, way=way, port=port))
    return found
