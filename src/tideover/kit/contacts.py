"""Contacts on paper: staff, whoever is called when something fails, suppliers; each with what it is for and when it was last verified.

Vendors' hours stand in our time and theirs. Never says that a number is right: it says when somebody last heard it answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tideover.kit.alphabet import name_key
from tideover.kit.matter import Matter, Seen
from tideover.kit.office_hours import in_our_time
from tideover.kit.proof import clipped, last_seen
from tideover.kit.sheet import Lack, Sheet
from tideover.model.item import Supplier
from tideover.plan.playbook_words import NAMES, key_of, word_for
from tideover.plan.records import Party, Person
from tideover.words import Say, say

GOOD_DAYS = 92  # Verified monthly; a list that missed two rounds goes.
TEXT, NAME, NUMBER = 140, 70, 80  # Letters; more makes a row of its own page.
RANK = {"owner": 0, "manager": 1, "on-call": 2, "helper": 3, "cashier": 4}
Row = dict[str, str]


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """The list; a lack where the plan and the copies know nobody."""
    said = say(language)
    parts = [
        {"title": said("People"), "rows": [row for one in _by_rank(matter) for row in _person(one, matter, said)]},
        {"title": said("When something fails"), "rows": _parties(_helpers(matter), matter, said)},
        {"title": said("Suppliers"), "rows": [*_parties(_suppliers(matter), matter, said), *_from_copy(matter, said)]},
    ]
    parts = [part for part in parts if part["rows"]]
    if not parts:
        return [Lack("contacts", "the plan names neither people nor anybody to call, and there is no copy of the suppliers")]
    return [
        Sheet(
            kind="contacts",
            name="contacts",
            title=said("Contacts"),
            template="contacts.typ",
            data={"parts": parts, "words": _words(said)},
            language=language,
            rows=sum(len(part["rows"]) for part in parts),
            as_of=matter.as_of.get("suppliers", "") if matter.suppliers else "",
            destroy_by=(matter.today + timedelta(days=GOOD_DAYS)).isoformat(),
        )
    ]


def _words(said: Say) -> dict[str, str]:
    return {
        "how": said("Once a month each number is called: whoever hears it answer ticks it here and in the plan."),
        "name": said("Name"),
        "number": said("Number or address"),
        "for": said("For what, when"),
        "account": said("Our number"),
        "verified": said("Verified"),
        "tick": said("Tick, date"),
    }


# Rows -------------------------------------------------------------------------------------------------


def _row(name: str, note: str, number: str, use: str, account: str, verified: str) -> Row:
    return {
        "name": clipped(name, NAME),
        "note": clipped(note, TEXT),
        "number": clipped(number, NUMBER),
        "for": clipped(use, TEXT),
        "account": clipped(account, NAME),
        "verified": verified,
    }


def _verified(said: Say, seen: Seen | None) -> str:
    if seen is None:
        return said("never")
    if not seen.works:
        return said("wrong {day}", day=said.day(seen.on))
    return said.day(seen.on) if seen.standing == "proof" else said("only said {day}", day=said.day(seen.on))


def _by_rank(matter: Matter) -> list[Person]:
    language = matter.settings.language
    return sorted(
        matter.people, key=lambda one: ("decide" not in map(key_of, one.can), RANK[one.role], name_key(one.name, language), one.name)
    )


def _person(one: Person, matter: Matter, said: Say) -> list[Row]:
    can = [word_for(NAMES, key_of(word), said.language) for word in one.can]
    spoken = [said("speaks {what}", what=", ".join(one.languages))] if one.languages else []
    topics = ", ".join(word_for(NAMES, key_of(word), said.language) for word in one.knows)
    knows = [said("knows: {what}", what=topics)] if topics else []
    note, use = word_for(NAMES, one.role, said.language), "; ".join((*([", ".join(can)] if can else []), *knows, *spoken))
    verified = _verified(said, last_seen(matter, f"person/{one.name}"))
    numbers = [address for address in (one.phone, *one.other_phones, one.email) if address] or [""]
    return [
        _row(*((one.name, note) if n == 0 else ("", "")), number, use if n == 0 else "", "", verified) for n, number in enumerate(numbers)
    ]


def _helpers(matter: Matter) -> list[Party]:
    """Whoever a failing service leads to first, then the others who deliver no goods."""
    first = [one.supplier for one in sorted(matter.services, key=lambda one: (one.tolerable_s, one.key))]
    known = {one.key: one for one in matter.parties if not is_supplier(one) or one.key in first}
    return [known[key] for key in dict.fromkeys((*(key for key in first if key in known), *known))]


def _suppliers(matter: Matter) -> list[Party]:
    helpers = {one.key for one in _helpers(matter)}
    return sorted((one for one in matter.parties if one.key not in helpers), key=lambda one: name_key(one.name, matter.settings.language))


def is_supplier(party: Party) -> bool:
    """Somebody who delivers goods: told in an outage, or called so."""
    return party.told_in_outage or key_of(party.role) == "supplier" or party.role.casefold() in ("supplier", "toimittaja")


def _parties(parties: Sequence[Party], matter: Matter, said: Say) -> list[Row]:
    rows: list[Row] = []
    for one in parties:
        verified = _verified(said, last_seen(matter, f"party/{one.key}"))
        note = " · ".join(filter(None, (one.role, one.note)))
        for n, channel in enumerate(one.channels):
            use = " · ".join(filter(None, (channel.use_for, in_our_time(channel, matter, said), channel.cost)))
            rows.append(_row(*((one.name, note) if n == 0 else ("", "")), channel.address, use, one.account if n == 0 else "", verified))
        if not one.channels:
            rows.append(_row(one.name, note, "", "", one.account, said("no number")))
    return rows


def _from_copy(matter: Matter, said: Say) -> list[Row]:
    """Suppliers that only the cloud knows; those of the plan stand above with more."""
    known = {one.name.casefold() for one in matter.parties} | {one.key for one in matter.parties}
    rest = [one for one in matter.suppliers if one.name.casefold() not in known and one.code not in known]
    return [
        row
        for one in sorted(rest, key=lambda one: (name_key(one.name, matter.settings.language), one.code))
        for row in _supplier(one, matter, said)
    ]


def _supplier(one: Supplier, matter: Matter, said: Say) -> list[Row]:
    verified = _verified(said, last_seen(matter, f"party/{one.code}"))
    numbers = [address for address in (one.phone, one.email) if address] or [""]
    return [
        _row(one.name if n == 0 else "", "", number, "", one.our_account if n == 0 else "", verified if number else said("no number"))
        for n, number in enumerate(numbers)
    ]


def supplier_rows(matter: Matter) -> list[tuple[Any, ...]]:
    """Name, numbers, our account number: everybody who delivers, those who are to be told first."""
    told = sorted(
        (one for one in matter.parties if is_supplier(one)),
        key=lambda one: (not one.told_in_outage, name_key(one.name, matter.settings.language)),
    )
    known = {one.name.casefold() for one in told} | {one.key for one in told}
    rows = [(one.name, tuple(channel.address for channel in one.channels), one.account, one.told_in_outage) for one in told]
    rest = [one for one in matter.suppliers if one.name.casefold() not in known and one.code not in known]
    rest.sort(key=lambda one: (name_key(one.name, matter.settings.language), one.code))
    return [*rows, *((one.name, tuple(filter(None, (one.phone, one.email))), one.our_account, False) for one in rest)]
