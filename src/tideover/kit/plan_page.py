"""The plan on one page: what to do first, who decides, whom to call, how we go on selling, what is due.

Fits on A4, whatever is in the plan. What does not fit stands on the other papers, and the page says how much that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from tideover.kit.matter import Matter
from tideover.kit.office_hours import in_our_time
from tideover.kit.proof import clipped, due_on, in_words, last_seen, newest, unbroken
from tideover.kit.rungs import money_ways, rungs
from tideover.kit.sheet import Lack, Sheet
from tideover.plan.playbook_words import NAMES, key_of, word_for
from tideover.plan.records import Channel, Check, Party, Person, Service, Thing
from tideover.words import Say, say

GOOD_DAYS = 183  # Half a year: then nobody believes it any more.


class Room(NamedTuple):
    """How much of everything is shown, and how many letters a sentence and a name have."""

    deciders: int
    others: int
    calls: int
    services: int
    things: int
    checks: int
    places: int
    text: int
    name: int


# The first one that fits at 8 pt is taken; a page of the widest letters there are still fits the last.
ROOMS = (
    Room(3, 5, 9, 10, 14, 8, 6, 110, 44),
    Room(3, 4, 6, 8, 10, 6, 5, 90, 40),
    Room(3, 3, 6, 6, 7, 5, 4, 60, 34),
    Room(2, 2, 3, 4, 4, 4, 3, 44, 24),
)
RANK = {"owner": 0, "manager": 1, "on-call": 2, "helper": 3, "cashier": 4}


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """The page; a lack where the plan names neither people nor services nor things."""
    if not (matter.people or matter.services or matter.things):
        return [Lack("plan", "nobody has said yet who decides and what the shop needs; answer the first questions with 'tideover start'")]
    said = say(language)
    title = said("Plan B on one page")
    destroy_by = (matter.today + timedelta(days=GOOD_DAYS)).isoformat()
    return [
        Sheet(
            kind="plan",
            name="plan",
            title=title,
            template="plan_page.typ",
            data=_data(matter, said),
            language=language,
            rows=len(matter.services) + len(matter.things),
            destroy_by=destroy_by,
            pages_max=1,
        )
    ]


def _data(matter: Matter, said: Say) -> dict[str, Any]:
    return {"levels": [_level(matter, said, room) for room in ROOMS], "words": _words(said)}


def _level(matter: Matter, said: Say, room: Room) -> dict[str, Any]:
    deciders = _who(matter.people, "decide") or [one for one in matter.people if one.role in ("owner", "manager")][: room.deciders]
    others = [one for one in matter.people if one not in deciders and one.can]
    services, parties, checks = _pressing(matter.services), _callable(matter), _dated(matter)
    return {
        "first": _first(matter, said, deciders, room),
        "deciders": [_person(one, said, room) for one in deciders[: room.deciders]],
        "deciders-more": _more(said, deciders, room.deciders),
        "others": [_person(one, said, room) for one in others[: room.others]],
        "others-more": _more(said, others, room.others),
        "rungs": [_cut(row, room) for row in rungs(matter, said)],
        "money": [_cut(row, room) for row in money_ways(matter, said)],
        "services": [_service(one, matter, said, room) for one in services[: room.services]],
        "services-more": _more(said, services, room.services),
        "calls": [_call(one, matter, said, room) for one in parties[: room.calls]],
        "calls-more": _more(said, parties, room.calls),
        "things": [_thing(one, said, room) for one in matter.things[: room.things]],
        "things-more": _more(said, matter.things, room.things),
        "checks": [_check(one, matter, said, room) for one in checks[: room.checks]],
        "checks-more": _more(said, checks, room.checks),
        "review": said.day(_review(matter)),
        "places": _places(matter, said, deciders, room),
    }


def _words(said: Say) -> dict[str, str]:
    return {
        "first": said("First"),
        "decides": said("Who decides"),
        "others": said("Who else helps"),
        "nobody": said("Write the name here:"),
        "call": said("Call"),
        "no-calls": said("No numbers in the plan yet. Write them here:"),
        "rungs": said("How we go on selling: the first one that works"),
        "money": said("How we are paid"),
        "services": said("What we need"),
        "without": said("Without it for"),
        "instead": said("What we do instead"),
        "busy": said("Busiest"),
        "cost": said("An hour costs"),
        "things": said("Where things are"),
        "holder": said("Who has it"),
        "checks": said("To be looked at"),
        "due": said("Due"),
        "seen": said("Last"),
        "who": said("Who"),
        "review": said("This plan is gone through by"),
        "places": said("A copy lies"),
        "proof": said("Proven: somebody saw it work that day. Only said: somebody believes it. Believe the first."),
    }


def _more(said: Say, there: Sequence[Any], shown: int) -> str:
    return said("and {n} more", n=len(there) - shown) if len(there) > shown else ""


def _cut(row: dict[str, str], room: Room) -> dict[str, str]:
    return {name: clipped(text, room.text) for name, text in row.items()}


# First ----------------------------------------------------------------------------------------------


def _first(matter: Matter, said: Say, deciders: Sequence[Person], room: Room) -> list[str]:
    """What everybody does, in this order."""
    cloud = next((one for one in matter.services if one.key == "cloud"), None)
    minutes = -(-(cloud.tolerable_s if cloud else matter.settings.tolerable_s) // 60)
    names = " / ".join(clipped(one.name, room.name) for one in deciders[:2])
    opens = (
        said("Plan B begins when {who} says so, at the latest after {n} minutes without the till.", who=names, n=minutes)
        if names
        else said("Plan B begins at the latest after {n} minutes without the till.", n=minutes)
    )
    receipt = said("Every customer gets a receipt, by hand if nothing prints.") if matter.law.receipt_always else ""
    return [
        said("Breathe. Say: “Our system is down. We can serve you all the same; it takes a moment longer.”"),
        said("Restart what has stopped once. After five minutes stop trying and serve the customer."),
        opens,
        " ".join(filter(None, (said("Take the card for what you see, and the first way of selling below that works."), receipt))),
        said("Write down on the log sheet what happened and when. Do not go back before the checklist “Back to normal”."),
    ]


# People and calls -------------------------------------------------------------------------------------


def _who(people: Sequence[Person], ability: str) -> list[Person]:
    able = [one for one in people if ability in {key_of(word) for word in one.can}]
    return sorted(able, key=lambda one: (RANK[one.role], one.name))


def _person(one: Person, said: Say, room: Room) -> dict[str, str]:
    phones = [phone for phone in (one.phone, *one.other_phones) if phone][:2]
    can = ", ".join(word_for(NAMES, key_of(word), said.language) for word in one.can if key_of(word) != "decide")
    topics = ", ".join(word_for(NAMES, key_of(word), said.language) for word in one.knows)
    knows = said("knows: {what}", what=topics) if topics else ""
    phone = clipped(" · ".join(phones), room.name)
    return {"name": clipped(one.name, room.name), "phone": phone, "can": clipped("; ".join(filter(None, (can, knows))), room.text // 2)}


def _callable(matter: Matter) -> list[Party]:
    """Whom a failing service leads to, in its order; then everybody else who is no supplier of goods."""
    first = [one.supplier for one in _pressing(matter.services) if one.supplier]
    known = {one.key: one for one in matter.parties if one.channels}
    rest = [key for key, one in known.items() if not one.told_in_outage]
    return [known[key] for key in dict.fromkeys((*first, *rest)) if key in known]


def fault_channel(party: Party) -> Channel:
    """The line for faults, else the first one that is a phone, else the first."""
    faults = ("fault", "vika", "vikailmoitus", "viat", "häiriö")
    phones = [one for one in party.channels if "@" not in one.address]
    meant = [one for one in phones if any(word in one.use_for.casefold() for word in faults)]
    return next(iter((*meant, *phones, *party.channels)))


def _call(party: Party, matter: Matter, said: Say, room: Room) -> dict[str, str]:
    channel = fault_channel(party)
    account = said("our number {what}", what=unbroken(party.account)) if party.account else ""
    return {
        "name": clipped(party.name, room.name),
        "number": clipped(channel.address, room.name),
        "note": clipped(" · ".join(filter(None, (party.role, in_our_time(channel, matter, said), account))), room.text),
    }


# Services, things, checks -------------------------------------------------------------------------------


def _pressing(services: Sequence[Service]) -> list[Service]:
    return sorted(services, key=lambda one: (one.tolerable_s, one.key))


def _service(one: Service, matter: Matter, said: Say, room: Room) -> dict[str, str]:
    cost = "" if one.cost_per_hour_minor is None else said.money(one.cost_per_hour_minor, matter.settings.currency)
    return {
        "name": clipped(one.name, room.name),
        "without": said.age(one.tolerable_s) if one.tolerable_s else said("not a minute"),
        "instead": clipped(one.manual_way, room.text),
        "busy": clipped(one.busy, room.text // 4),
        "cost": cost,
    }


def _thing(one: Thing, said: Say, room: Room) -> dict[str, str]:
    name = f"{one.name} ({one.count})" if one.count != 1 else one.name
    away = said("belongs: {place}", place=one.home) if one.home and one.home != one.place else ""
    return {
        "name": clipped(name, room.name),
        "place": clipped(" · ".join(filter(None, (one.place, away, one.carrier))), room.name) or "?",
        "holder": clipped(one.holder, room.name // 2),
    }


def _dated(matter: Matter) -> list[Check]:
    """Checks of things and people first come first; numbers stand on the contact list."""
    checks = [one for one in matter.checks if not one.subject.startswith(("party/", "person/"))]
    return sorted(checks, key=lambda one: (due_on(one, matter.seen.get(one.key)), one.key))


def _check(one: Check, matter: Matter, said: Say, room: Room) -> dict[str, str]:
    seen = matter.seen.get(one.key)
    due = due_on(one, seen)
    who = " / ".join(filter(None, (one.first_person, one.second_person)))
    last = in_words(said, newest((seen, last_seen(matter, one.subject) if one.subject else None)))
    return {
        "what": clipped(one.what, room.text),
        "due": said.day(due) if due else said("at once"),
        "seen": last,
        "who": clipped(who, room.name),
    }


def _review(matter: Matter) -> str:
    """The day of the check that is the plan's own, else of the first one that is due."""
    own = [one for one in matter.checks if one.subject == "plan"]
    days = [due_on(one, matter.seen.get(one.key)) for one in own or matter.checks]
    return min((day for day in days if day), default="")


def _places(matter: Matter, said: Say, deciders: Sequence[Person], room: Room) -> list[str]:
    """Where a copy belongs; where one really lies is known by the copies themselves."""
    tills = [said("by {place}", place=clipped(one.place or one.name, room.name // 2)) for one in matter.tills]
    homes = [said("at home with {who}", who=clipped(one.name, room.name)) for one in deciders]
    return [*tills[: room.places - 2], *homes[:2]] or [said("by the till")]
