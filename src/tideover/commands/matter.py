"""Gathers the shop for its papers from files that are open for reading: for the kit, the first start, and the process beside the box.

Leaves out pads on which no blank number is left: what is used up is not printed again. Writes nothing.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tideover.commands.reading import Opened
from tideover.errors import Damaged
from tideover.kit.gather import gather
from tideover.kit.logo import logo_of
from tideover.kit.matter import Matter
from tideover.plan.records import Pad
from tideover.trade.slip import SlipLog, pad_states
from tideover.trade.slip_desk import take_up


def matter_of(found: Opened, folder: Path, now: datetime) -> Matter:
    """The shop as it stands in that data directory. Raises FileDamaged."""
    return gather(found.settings, found.plan, found.copies, found.journal, now, pads=pads_left(found), **logo_of(folder))


def pads_left(found: Opened) -> tuple[Pad, ...]:
    """Pads of slips and forms that still have blank numbers; all of them where the journal is torn: paper is wanted most on that day."""
    pads, log = found.plan.pads(), SlipLog()
    try:
        take_up(found.journal, log)
    except Damaged:
        return tuple(pads)
    return tuple(pad for pad, state in zip(pads, pad_states(pads, log), strict=True) if state.unused)
