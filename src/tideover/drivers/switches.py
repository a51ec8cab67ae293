"""Makes the switches that the settings name, and what moves the shop from line to line with them.

In a practice box and in a simulation nothing real is made: lines there exist in memory only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tideover.activate.allowances import Allowances, Meter
from tideover.activate.line_proofs import LineProofs
from tideover.activate.mover import Mover
from tideover.activate.switch import Busy
from tideover.activate.switching import Switching
from tideover.detect.looks.route import line_in_use
from tideover.detect.watch import Watch
from tideover.detect.ways import Ways
from tideover.drivers.by_hand import ByHand
from tideover.drivers.line_proof import Carries, LineProver, prover_of
from tideover.drivers.meter import Meter as Counters
from tideover.drivers.meter import meter_of
from tideover.drivers.modem import modem_of
from tideover.drivers.openwrt import router_of
from tideover.drivers.pbx import Pbx, pbx_of
from tideover.drivers.pretend import Pretend, Wires
from tideover.drivers.uplinks import Uplinks
from tideover.errors import Misconfigured
from tideover.journal.store import Journal
from tideover.model.line import Line, lines_of
from tideover.model.switching import LineProved
from tideover.ports import Switch
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.world import World

if TYPE_CHECKING:
    import httpx

NO_DEVICE = "the settings name no device of a line: the shop's router holds them, and a person moves them there"

NOT_SEEN = (
    "Nobody knows what was laid for lines that the settings name no more: {file} cannot be read ({why}). "
    "The shop opens without it; make the file readable for the box's user, and start the box anew."
)


class Surroundings:
    """What stands around the mover: drivers, the meter, the prover; real ones, or played ones."""

    def __init__(self, folder: Path, world: World, settings: Settings) -> None:
        self.folder, self.world, self.settings = folder, world, settings
        self.lines = lines_of(settings.lines)
        self.switches: list[Switch] = []
        self.meter: Meter | None = None
        self.prove: Callable[[Line, bool], Awaitable[LineProved]] | None = None
        self.in_hurry: Callable[[], bool] = lambda: False
        self.pbx: Pbx | None = None
        self.left_over: Uplinks | None = None  # What an earlier setting had laid for lines that are named no more.
        self.not_seen = ""  # Why nobody knows whether there is something of that kind.

    def make_played(self) -> None:
        """For a practice box and a simulation."""
        names = tuple(one.name for one in self.lines)
        if names:
            self.switches = [Pretend("lines", Wires(targets=names, in_use=names[0]), self.world)]
        self.prove = _pretend_proof

    def make_real(self, secrets: Secrets, client: httpx.AsyncClient) -> None:
        """What the settings name. Raises Misconfigured."""
        prover = _prover(self.settings, self.world)
        self.prove = None if prover is None else prover.prove
        carries = Carries(self.settings, self.world, prover)
        if self.lines:
            self.switches.append(self._line_switch(carries))
        if not any(one.device for one in self.lines):
            gone = self._uplinks(carries, Counters((), self.folder, self.world, {}, self.settings.time_zone))
            try:
                self.left_over = gone if gone.is_left_over else None
            except OSError as error:  # A shop must open.
                self.not_seen = NOT_SEEN.format(file=error.filename, why=error.strerror)
        self.pbx = pbx_of(self.settings, secrets, self.world, self.folder)
        router = router_of(self.settings, secrets, self.world, self.folder, client, carries.from_here)
        modem = modem_of(self.settings, self.world, self.folder)
        self.switches.extend(one for one in (router, self.pbx, modem) if one is not None)

    def _line_switch(self, carries: Carries) -> Switch:
        """The driver where a line has a device of this machine; else a look, and a person's hand."""
        if any(one.device for one in self.lines):
            meter = self.meter = meter_of(self.settings, self.world, self.folder)
            return self._uplinks(carries, meter)
        return ByHand("lines", partial(line_in_use, self.lines), NO_DEVICE)

    def _uplinks(self, carries: Carries, meter: Counters | None) -> Uplinks:
        return Uplinks(
            self.lines,
            self.folder,
            self.world,
            carries=carries,
            in_hurry=lambda: self.in_hurry(),
            resolver_file=Path(self.settings.resolver_file) if self.settings.resolver_file else None,
            lift=None if meter is None else meter.lift,
        )

    async def busy(self) -> frozenset[Busy]:
        """What the telephone system says; what it does not say hinders nothing."""
        if self.pbx is None:
            return frozenset()
        calls = await self.pbx.calls_up()
        return frozenset({"call"}) if calls else frozenset()


def mover_of(
    folder: Path,
    world: World,
    settings: Settings,
    secrets: Secrets,
    journal: Journal,
    client: httpx.AsyncClient,
    watch: Watch,
    is_played: bool,
    tell: Callable[[str], None] = lambda text: None,
) -> Mover:
    """The engine with all its switches; the watch hears from it which line is in use. Raises Misconfigured.

    tell: hears what does not keep the shop from opening.
    """
    around = Surroundings(folder, world, settings)
    if is_played:
        around.make_played()
    else:
        around.make_real(secrets, client)
    if around.not_seen:
        tell(around.not_seen)
    switching = Switching(journal, world, around.switches, around.left_over)
    around.in_hurry = lambda: switching.in_hurry
    allowances = Allowances(journal, world, folder, around.lines, settings.time_zone, around.meter)
    proofs = LineProofs(journal, world, around.lines, around.prove, lambda: switching.log)
    mover = Mover(switching, world, settings, around.lines, watch.verdicts, allowances, proofs, around.busy)
    mover.doubted = watch.doubted
    if around.lines:
        watch.ways = lambda: Ways(around.lines, mover.in_use, mover.was_armed, allowances.used_up(), mover.throttled)
    return mover


def _prover(settings: Settings, world: World) -> LineProver | None:
    try:
        return prover_of(settings, world)
    except Misconfigured:  # The watch has said so already.
        return None


async def _pretend_proof(line: Line, measures: bool) -> LineProved:
    return LineProved(line.name, True, 1_000_000 if measures else None, "the log-in page is reached")
