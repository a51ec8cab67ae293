"""What the box says to somebody who said "it is down for us": does it see the same, and what to do now.

A person's word is kept either way, and is never set against the box's: the box sees what it looks at, and no more.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tideover.detect.cause import explain
from tideover.detect.verdict import conclude
from tideover.detect.ways import Ways
from tideover.model.outage import Verdict
from tideover.web.headline import Place, place_of
from tideover.web.house import House
from tideover.web.service_words import name_of
from tideover.web.wall_services import for_selling
from tideover.words import Say

SHOWN_MAX = 3  # The newest of that person.
TOO = "The box sees it too: {what}."
NOT_SO = "The box does not see it: what it looks at works ({what})."
BLIND = "The box cannot look at this itself ({what}): your word counts."
HERE = "It may be this device alone: try it at another one."


class SaidBack(Struct, frozen=True):
    """One answer, in the reader's language."""

    agrees: bool | None  # None: the box cannot tell.
    text: str
    meaning: str
    next_step: str
    place: Place | None = None


def answers(house: House, name: str, say: Say) -> list[SaidBack]:
    """To everything that this person said and that still counts, the newest first."""
    mine = sorted((one for one in house.watch.reports() if one.name == name), key=lambda one: one.at, reverse=True)[:SHOWN_MAX]
    if not mine:
        return []
    own = {key: one for key, one in house.watch.sights.items() if one.kind != "person"}
    ways = house.watch.ways()
    found = conclude(own, house.world.now(), house.settings.watch_s, ways)
    return [said_back(one.service, found, ways, say) for one in mine]


def said_back(service: str, found: Sequence[Verdict], ways: Ways, say: Say) -> SaidBack:
    """found: what the box sees by itself, without anybody's word."""
    own = next((one for one in found if one.service == service), None)
    what = name_of(service, say)
    if own is not None and own.state in ("down", "degraded"):
        why = explain(own, found, ways)
        return SaidBack(True, say(TOO, what=what), say.told(why.meaning), say.told(why.next_step), place_of(why.next_step))
    if own is not None and own.state == "up":
        return SaidBack(False, say(NOT_SO, what=what), say(HERE), say(for_selling(service, "degraded")))
    return SaidBack(None, say(BLIND, what=what), "", say(for_selling(service, "down")))
