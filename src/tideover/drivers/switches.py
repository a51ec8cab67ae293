"""Makes the switches that the settings name, and what moves the shop from line to line with them.

In a practice box nothing real is made: lines there exist in memory only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from tideover.activate.allowances import Allowances, Meter
from tideover.activate.line_proofs import LineProofs
from tideover.activate.mover import Mover
from tideover.activate.switch import Busy
from tideover.activate.switching import Switching
from tideover.detect.route import line_in_use
from tideover.drivers.by_hand import ByHand
from tideover.drivers.line_proof import prover_of
from tideover.drivers.pretend import Pretend, Wires
from tideover.errors import Misconfigured
from tideover.journal.store import Journal
from tideover.model.line import Line, lines_of
from tideover.model.outage import Verdict
from tideover.model.switching import LineProved
from tideover.ports import Switch
from tideover.settings import Settings
from tideover.world import World

NO_DEVICE = "the settings name no device of a line: the shop's router holds them, and a person moves them there"


def pretended(settings: Settings, world: World) -> list[Switch]:
    """The switches of a practice box."""
    names = tuple(one.name for one in lines_of(settings.lines))
    return [Pretend("lines", Wires(targets=names, in_use=names[0]), world)] if names else []


def line_switch(lines: Sequence[Line], uplinks: Switch | None) -> list[Switch]:
    """What moves the box's own lines: the driver where it was made, else a look and a person's hand."""
    if not lines:
        return []
    if uplinks is not None:
        return [uplinks]
    return [ByHand("lines", partial(line_in_use, lines), NO_DEVICE)]


def mover_of(
    settings: Settings,
    world: World,
    folder: Path,
    journal: Journal,
    switches: Iterable[Switch | None],
    verdicts: Callable[[], Sequence[Verdict]],
    busy: Callable[[], Awaitable[frozenset[Busy]]],
    meter: Meter | None = None,
) -> Mover:
    """The engine with all its switches. Raises Misconfigured."""
    lines = lines_of(settings.lines)
    made = pretended(settings, world) if settings.is_practice else [one for one in switches if one is not None]
    switching = Switching(journal, world, made)
    allowances = Allowances(journal, world, folder, lines, settings.time_zone, None if settings.is_practice else meter)
    prove = _pretend_proof if settings.is_practice else _prove_of(settings, world)
    proofs = LineProofs(journal, world, lines, prove, lambda: switching.log)
    return Mover(switching, world, settings, lines, verdicts, allowances, proofs, busy)


def _prove_of(settings: Settings, world: World) -> Callable[[Line, bool], Awaitable[LineProved]] | None:
    try:
        prover = prover_of(settings, world)
    except Misconfigured:  # The watch has said so already.
        return None
    return None if prover is None else prover.prove


async def _pretend_proof(line: Line, measures: bool) -> LineProved:
    return LineProved(line.name, True, 1_000_000 if measures else None, "played")
