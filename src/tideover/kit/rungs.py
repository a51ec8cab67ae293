"""The ladder and the ways to be paid in this shop's own words, each with its last proof. Pure.

Says what the plan says, never what works now.
"""

from __future__ import annotations

from collections.abc import Iterable

from tideover.kit.matter import Matter, Seen
from tideover.kit.proof import in_words, last_seen, newest
from tideover.plan.playbook_words import NAMES, key_of, word_for
from tideover.plan.records import Thing
from tideover.plan.series import is_for_slips
from tideover.words import Say

Row = dict[str, str]


def rungs(matter: Matter, said: Say) -> list[Row]:
    """All six rungs, 0 first: number, way (in a few words), what (the shop's own things), seen (last proof)."""
    cloud = next((one.name for one in matter.services if one.key == "cloud"), "")
    lines = [one for one in able(matter, "internet") if one.stands_in_for or one.key not in ("line", "internet")]
    devices = [one for one in able(matter, "till") if not can(one, "receipts")]
    offline = able(matter, "vendor-offline")
    return [
        _row("0", said("The cloud till, as always"), cloud or said("the shop's own system"), ""),
        _of_things("1", said("The cloud till over another line"), lines, said("no second line in the plan"), matter, said),
        _of_things("2", said("The cloud till on another device"), devices, said("no spare device in the plan"), matter, said),
        _of_things("3", said("The cloud till's own offline mode"), offline, said("none in the plan"), matter, said),
        _till(matter, said),
        _slips(matter, said),
    ]


def money_ways(matter: Matter, said: Say) -> list[Row]:
    """Ways to be paid when the usual terminal is away, most convenient first."""
    spare = [one for one in able(matter, "cards") if one.stands_in_for or one.key not in ("terminal", "card-terminal")]
    mobile = [one for one in able(matter, "mobile-pay") if one not in spare]
    machines = [one for one in matter.things if can(one, "cash-machine") or one.key == "cash-machine"]
    nearest = ", ".join(one.place or one.name for one in machines)
    cash = said("nearest cash machine: {place}", place=nearest) if nearest else said("write the nearest cash machine here:")
    account = sorted(
        {one.person or word_for(NAMES, one.role or "", said.language) for one in matter.grants if one.right == "account"} - {""}
    )
    rows = [_of_things("", said("Cards, another way"), spare, said("no second way in the plan"), matter, said)]
    if mobile:
        rows.append(_of_things("", said("Mobile payment"), mobile, "", matter, said))
    rows.append(_row("", said("Cash"), cash, _seen(machines, matter, said) if machines else ""))
    if account:
        rows.append(_row("", said("On account"), said("allowed by: {who}", who=", ".join(account)), ""))
    return rows


def can(thing: Thing, ability: str) -> bool:
    """True if the plan says so, in either language."""
    return ability in {key_of(word) for word in thing.can}


def able(matter: Matter, ability: str) -> list[Thing]:
    """Things that can do it, those that were seen to work last first."""
    found = [one for one in matter.things if can(one, ability) and one.count > 0]
    return sorted(found, key=lambda one: _rank(last_seen(matter, f"thing/{one.key}")), reverse=True)


def _rank(seen: Seen | None) -> tuple[int, str]:
    if seen is None or not seen.works:
        return (0, "")
    return (2 if seen.standing == "proof" else 1, seen.on)


def _row(number: str, way: str, what: str, seen: str) -> Row:
    return {"number": number, "way": way, "what": what, "seen": seen}


def _of_things(number: str, way: str, things: Iterable[Thing], none: str, matter: Matter, said: Say) -> Row:
    things = list(things)
    if not things:
        return _row(number, way, none, "–")
    named = [", ".join(filter(None, (one.name, one.place, one.carrier))) for one in things[:2]]
    return _row(number, way, "; ".join(named), _seen(things, matter, said))


def _seen(things: Iterable[Thing], matter: Matter, said: Say) -> str:
    return in_words(said, newest(last_seen(matter, f"thing/{one.key}") for one in things))


def _till(matter: Matter, said: Say) -> Row:
    way = said("The till of Tideover")
    if not matter.law.till_lawful:
        return _row("4", way, said("not lawful here: {why}", why=said.told(matter.law.why)), "–")
    places = {one.name: one.place for one in matter.tills}
    named = ", ".join(f"{one} ({places[one]})" if places.get(one) else one for one in matter.selling)
    return _row("4", way, named or said("no till is enrolled yet"), _seen_of(("till", "tideover-till"), matter, said) if named else "–")


def _slips(matter: Matter, said: Say) -> Row:
    """The floor: the pads that were handed out, else the thing that the plan calls slips."""
    slips = [one for one in matter.pads if is_for_slips(one)][:3]
    pads = ", ".join(f"{one.series}-{one.first:04d}–{one.last:04d}{f' ({one.place})' if one.place else ''}" for one in slips)
    things = [one for one in matter.things if one.key == "slips"]
    what = pads or ", ".join(one.place for one in things if one.place) or said("print the first pad of slips")
    return _row("5", said("Numbered slips"), what, _seen(things, matter, said) if things else _seen_of(("slips",), matter, said))


def _seen_of(subjects: Iterable[str], matter: Matter, said: Say) -> str:
    return in_words(said, newest(last_seen(matter, one if "/" in one else f"thing/{one}") for one in subjects))
