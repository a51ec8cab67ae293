"""What should be looked at once more, over which line, and at once: a first bad look opens a question, and only fresh looks close it. Pure.

The question stands from the first bad look over the line in use. There it is closed by a good look, or by enough bad ones; over the other
lines by one good look, or enough bad ones, that came after it: what a resting line saw before says nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tideover.detect.naming import deciding, doubted_at, told_over
from tideover.detect.sight import SLOW_ROW, USUAL_AFTER, Sight, Sights
from tideover.detect.uplink import LOSSY_DOUBT, LOSSY_ROW, NAMES_ROW, carries, is_lossy
from tideover.model.line import Line
from tideover.model.outage import Kind

FAR: tuple[Kind, ...] = ("content", "cloud", "login", "card", "sip")  # In Looks.far.
COMPARED: frozenset[Kind] = frozenset({"cloud", "card", "sip"})  # The other line tells whose side it is.
ASKED_FOR_S = 60.0  # So long a question is pressed; then the usual pauses serve.
NAMES_ANEW_S = 90.0  # So often another line is asked for names after that, before a row of looks breaks off (sight.FRESH_S_MIN).


def since(kind: Kind, sights: Sequence[Sight], in_use: str) -> datetime | None:
    """When the first look of the present row of bad ones over the way that the shop goes was made; None where nothing fails."""
    bad = [one.turned_at for one in sights if one.kind == kind and one.via in ("", in_use) and one.failing and one.turned_at is not None]
    return min(bad, default=None)


def wanted(sights: Sights, lines: Sequence[Line], in_use: str, now: datetime) -> Mapping[str, frozenset[Kind]]:
    """Name of each line to the kinds that should be looked at there again."""
    seen = [one for one in sights.values() if one.kind in FAR or one.kind == "anchor"]
    found: dict[str, set[Kind]] = {one.name: set() for one in lines}
    if in_use not in found:
        return {}
    bound = {(one.kind, one.via): one for one in seen if one.kind in FAR}
    failing = any(one.failing for one in bound.values())
    by_chance = failing and is_lossy([one for one in seen if (one.kind, one.via) == ("anchor", in_use)], LOSSY_DOUBT)
    for kind in FAR:
        began = since(kind, seen, in_use)
        here = bound.get((kind, in_use))
        if began is None or now - began > timedelta(seconds=ASKED_FOR_S):
            if here is not None and _is_unlearnt(here):
                found[in_use].add(kind)
            continue
        if here is None or not _is_settled(here, began, by_chance):
            found[in_use].add(kind)
        door = bound.get(("cloud", in_use))
        if kind == "content" and door is not None and not _is_settled(door, began):  # Its certificate tells whose page that is.
            found[in_use].add("cloud")
        if kind not in COMPARED:
            continue
        for line in lines:
            if line.name == in_use:
                continue
            there = bound.get((kind, line.name))
            if there is None or not _is_settled(there, began):
                found[line.name].add(kind)
            if not any(one.last_at is not None and one.last_at >= began for one in seen if (one.kind, one.via) == ("anchor", line.name)):
                found[line.name].add("anchor")
    for name in _names_wanted(sights, lines, in_use, now):
        found[name].add("dns")
    return {name: frozenset(kinds) for name, kinds in found.items() if kinds}


def _names_wanted(sights: Sights, lines: Sequence[Line], in_use: str, now: datetime) -> list[str]:
    """The lines that must be asked for names, as those of the line in use are silent: nobody moves where none is found.

    As long as that lasts: what was told there grows old, and what was silent there may answer again.
    """
    told = [one for one in sights.values() if one.kind == "dns"]
    began = doubted_at(told, in_use)
    if began is None:
        return []
    return [one.name for one in lines if one.name != in_use and _is_name_wanted(deciding(told, one.name), one.name, began, now)]


def _is_name_wanted(asked: Sequence[Sight], via: str, began: datetime, now: datetime) -> bool:
    is_young = now - began <= timedelta(seconds=ASKED_FOR_S)
    looked = [one.last_at for one in asked if one.last_at is not None and one.last_at >= began]
    if not looked:
        return is_young or bool(asked)
    if now - max(looked) >= timedelta(seconds=NAMES_ANEW_S):
        return True
    if told_over(asked, via, began) == "answers" or (len(looked) == len(asked) and all(one.bad >= NAMES_ROW for one in asked)):
        return False
    return is_young or any(0 < one.bad < NAMES_ROW for one in asked)


def known(sights: Sights, via: str) -> frozenset[Kind]:
    """What is down over that line already: that it lets us wait is nothing new."""
    return frozenset(one.kind for one in sights.values() if one.kind in FAR and one.via == via and one.state == "down" and one.failing)


def _is_settled(sight: Sight, began: datetime, by_chance: bool = False) -> bool:
    """It was looked at since then, and said enough; by_chance: the line loses so much that it takes more."""
    if sight.last_at is None or sight.last_at < began:
        return False
    return sight.state == "down" and (not by_chance or sight.bad >= LOSSY_ROW) if sight.failing else True


def _is_unlearnt(sight: Sight) -> bool:
    """How long the cloud usually takes is not known yet, or it began to be slow just now."""
    return sight.kind == "cloud" and not sight.failing and (sight.timed < USUAL_AFTER or 0 < sight.slow < SLOW_ROW)


def doubted(sights: Sights, lines: Sequence[Line], waiting: frozenset[str] = frozenset()) -> frozenset[str]:
    """Names of the lines that nobody should move to yet: not called down, and the newest look at every anchor failed.

    waiting: lines on which a full round has waited for its first answer for too long already (line_rounds.DOUBT_S).
    """
    found = set()
    for line in lines:
        mine = [one for one in sights.values() if one.via == line.name]
        anchors = [one for one in mine if one.kind == "anchor"]
        if carries(anchors) == "down" or any(one.kind == "carrier" and one.failing for one in mine):
            continue
        if line.name in waiting or (anchors and all(one.failing for one in anchors)):
            found.add(line.name)
    return frozenset(found)
