"""Does a line tell names, as far as was seen since the names of the line in use fell silent? What was seen there before says nothing.

A line's names are its provider's, where those are asked; else whoever is asked over it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from tideover.detect.sight import Sight
from tideover.detect.ways import PROVIDERS

NAMES_LOOKS = 2  # Bad looks in a row until other lines are asked: a single packet is lost often.
ASKED_S = 10.0  # A line over which no look for names was made for so long after they fell silent cannot be asked.
Told = Literal["answers", "silent", "open"]  # open: nothing sure was seen since then.


def deciding(sights: Iterable[Sight], via: str) -> tuple[Sight, ...]:
    """Of all sights, those that say whether names are told over that line."""
    asked = tuple(one for one in sights if (one.kind, one.via) == ("dns", via))
    return tuple(one for one in asked if PROVIDERS in one.target) or asked


def doubted_at(sights: Iterable[Sight], in_use: str) -> datetime | None:
    """Since when all of them have failed over the line in use; None while one answers."""
    known = tuple(sights)
    mine = deciding(known, in_use) or deciding(known, "")
    if not mine or any(one.bad < NAMES_LOOKS or one.turned_at is None for one in mine):
        return None
    return max(one.turned_at for one in mine if one.turned_at is not None)


def told_over(sights: Iterable[Sight], via: str, since: datetime | None) -> Told:
    """What was seen there since then; None: whenever it was."""
    fresh = [one for one in deciding(sights, via) if since is None or (one.last_at is not None and one.last_at >= since)]
    if any(one.answers for one in fresh):
        return "answers"
    return "silent" if fresh and all(one.state == "down" and one.failing for one in fresh) else "open"


def may_tell(sights: Iterable[Sight], via: str, since: datetime | None, now: datetime | None) -> bool:
    """Names were told there since then; or nobody can ask there, and so nothing speaks against it."""
    known = tuple(sights)
    if told_over(known, via, since) == "answers":
        return True
    return since is not None and now is not None and now - since > timedelta(seconds=ASKED_S) and not deciding(known, via)
