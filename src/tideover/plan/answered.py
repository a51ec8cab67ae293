"""What the first answers make of the plan: people, services, things, parties, checks, grants, settings. Pure.

Answering again changes what was answered otherwise, and nothing that a person has changed in the plan since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Literal, NamedTuple, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tideover.plan.answers import Answers, Helper
from tideover.plan.records import KINDS, Channel, Grant, Party, Person, Record, Right, Role, Service, Thing, TillPlace
from tideover.plan.starter import starter_checks
from tideover.words import Say, say

FIRST_SERIES, FIRST_SLIPS = "A", 50  # The first pad: twelve sheets of four, and an afternoon of a busy counter.
CALL_S, TILL_S, CARDS_S, PHONES_S = 1_800, 1_800, 900, 3_600  # How long a shop usually does without, until it says otherwise.
DECIDERS_RIGHTS: tuple[Right, ...] = ("discount", "refund", "account", "replace")


class Place(NamedTuple):
    """What follows from a country."""

    currency: str
    time_zone: str
    cash_rounding_minor: int


PLACES = {
    "FI": Place("EUR", "Europe/Helsinki", 5),
    "GB": Place("GBP", "Europe/London", 1),
    "AU": Place("AUD", "Australia/Sydney", 5),
    "DE": Place("EUR", "Europe/Berlin", 1),
    "AT": Place("EUR", "Europe/Vienna", 1),
    "FR": Place("EUR", "Europe/Paris", 1),
}


def settings_of(answers: Answers, exports: str) -> dict[str, Any]:
    """The settings that the answers decide; exports: the folder where the cloud's exports are put."""
    country = answers.of("shop.country")
    found: dict[str, Any] = {"cloud": "assisted", "cloud_url": exports}
    for key, name in (("shop.name", "shop_name"), ("shop.business_id", "business_id"), ("shop.address", "address")):
        if answers.has(key):
            found[name] = answers.of(key)
    if country:
        found["country"] = country
    if country in PLACES:
        place = PLACES[country]
        found |= {"currency": place.currency, "time_zone": place.time_zone, "cash_rounding_minor": place.cash_rounding_minor}
    for name in ("language", "currency", "time_zone"):
        if answers.of(f"shop.{name}"):
            found[name] = answers.of(f"shop.{name}")
    if answers.owner:
        found["owner"] = answers.owner
    return found


def records_of(answers: Answers, today: date, language: str = "en") -> tuple[Record, ...]:
    """The plan that these answers make; language: of its texts."""
    told = say(language)
    spoken = cast(Literal["en", "fi"], told.language)
    return (
        *_people(answers, spoken),
        *_parties(answers, told),
        *_services(answers, told),
        *_things(answers, told),
        TillPlace(told("Till 1"), told("counter"), pad=FIRST_SERIES),
        *_grants(answers),
        *starter_checks(today, answers.owner, answers.second, language),
    )


def _people(answers: Answers, language: Literal["en", "fi"]) -> Iterable[Person]:
    for one in answers.people:
        can = (*(["decide"] if one.decides else []), *(["fetch", "deliver"] if one.fetches else []))
        yield Person(one.name, _role(one, answers.owner), one.phone, language=language, can=can)


def _role(one: Helper, owner: str) -> Role:
    if one.name == owner:
        return "owner"
    return "manager" if one.decides else "on-call" if one.fetches else "cashier"


def _parties(answers: Answers, told: Say) -> Iterable[Party]:
    """Whom to call when what was named fails."""
    asked = (
        ("till-vendor", "till.brand", "till.support", "till or CRM"),
        ("line-carrier", "line.carrier", "line.support", "carrier of the line"),
        ("phone-carrier", "phone.carrier", "", "carrier of the phone"),
        ("card-provider", "cards.terminal", "cards.support", "card terminal"),
    )
    for key, name, support, role in asked:
        if answers.has(name):
            number = answers.has(support) if support else ""
            yield Party(key, answers.of(name), told(role), channels=(Channel(number, told("faults")),) if number else ())


def _services(answers: Answers, told: Say) -> Iterable[Service]:
    def called(key: str, name: str) -> str:
        return key if answers.has(name) else ""

    shares = answers.of("phone.shares") == "yes"
    line = told("Share the phone's internet with the till.") if shares else told("Sell on numbered slips.")
    second = answers.has("cards.second")
    cards = told("Take payment by: {what}.", what=second) if second else told("Cash; the nearest cash machine stands on the plan.")
    yield Service("internet", told("Internet line"), CALL_S, supplier=called("line-carrier", "line.carrier"), manual_way=line)
    slips = told("Sell on numbered slips from the price list.")
    yield Service(
        "cloud", answers.has("till.brand") or told("Cloud till"), TILL_S, supplier=called("till-vendor", "till.brand"), manual_way=slips
    )
    yield Service("cards", told("Card payments"), CARDS_S, supplier=called("card-provider", "cards.terminal"), manual_way=cards)
    phones = told("Use a staff member's own phone; the numbers stand on the plan.")
    yield Service("phones", told("Phones"), PHONES_S, supplier=called("phone-carrier", "phone.carrier"), manual_way=phones)


LINES = {"fibre": "Fibre", "cable": "Cable or copper (DSL)", "mobile": "Mobile (4G, 5G)", "shared": "From the house or the mall"}


def _things(answers: Answers, told: Say) -> Iterable[Thing]:
    """What lies ready, under the keys that the first checks ask about."""
    carrier, phone = answers.has("line.carrier"), answers.has("phone.carrier")
    kind = told(LINES.get(answers.of("line.kind"), ""))
    if carrier or kind:
        yield Thing("line", told("Internet line"), ("internet",), carrier=carrier, note=kind)
    if phone or answers.of("phone.shares") == "yes":
        can = ("phone", "internet") if answers.of("phone.shares") == "yes" else ("phone",)
        note = told("The same carrier as the line: both may fail together.") if phone and phone == carrier else ""
        yield Thing("phone-line", told("Phone that shares its internet"), can, carrier=phone, stands_in_for="line", note=note)
    if answers.has("cards.terminal"):
        own = told("Has a connection of its own.") if answers.of("cards.own_line") == "yes" else ""
        yield Thing("card-terminal", answers.of("cards.terminal"), ("cards",), note=own)
    asked = (
        ("second-card-way", "cards.second", told("Second way to be paid"), ("cards",), "card-terminal"),
        ("spare-computer", "spares.computer", told("Spare computer"), ("till",), "till"),
        ("receipt-book", "spares.receipt_book", told("Receipt book"), ("receipts",), ""),
        ("cash-machine", "spares.cash_machine", told("Nearest cash machine"), ("cash-machine",), ""),
    )
    for key, field, name, can, instead in asked:
        if place := answers.has(field):
            yield Thing(key, name, can, place=place, stands_in_for=instead)
    yield Thing("slips", told("Numbered slips"), ("receipts", "till"), place=told("counter"))


def _grants(answers: Answers) -> Iterable[Grant]:
    """Whoever decides may decide; what the others may is for them to say, on the plan's page."""
    for one in answers.people:
        for right in DECIDERS_RIGHTS if one.decides else ():
            yield Grant(f"{right}-{one.name}"[:100], one.name, right, given_by=answers.owner)


# Answering again -----------------------------------------------------------------------------------


class Changes(NamedTuple):
    """What is to be done to a plan."""

    put: tuple[Record, ...]
    remove: tuple[tuple[type[Struct], str], ...]


def changes(
    before: Iterable[Record], after: Iterable[Record], standing: Callable[[type[Struct], str], Any], is_new: bool = False
) -> Changes:
    """How a plan made from `before` follows the answers: only fields that were answered otherwise are touched.

    standing: the record of that kind and key as the plan has it now, or None.
    is_new: the plan holds nothing yet, so that a record it lacks was not taken out by a person.
    """
    was, now = {_key(one): one for one in before}, {_key(one): one for one in after}
    put: list[Record] = []
    for key, record in now.items():
        there, earlier = standing(*key), was.get(key)
        if there is None and (earlier is None or earlier != record or is_new):
            put.append(record)
        elif there is not None and (merged := _merged(there, earlier, record)) != there:
            put.append(merged)
    gone = tuple(key for key, record in was.items() if key not in now and standing(*key) == record)
    return Changes(tuple(put), gone)


def _key(record: Struct) -> tuple[type[Struct], str]:
    return type(record), getattr(record, KINDS[type(record)][1])


def _merged(there: Any, earlier: Any, record: Any) -> Any:
    """The record that stands, with what was answered otherwise; where nothing was answered before, with what it left empty."""
    taken: dict[str, Any] = {}
    for field in msgspec.structs.fields(record):
        new, old = getattr(record, field.name), getattr(there, field.name)
        is_first = earlier is None and old == field.default != new
        if is_first or (earlier is not None and new != getattr(earlier, field.name)):
            taken[field.name] = new
    return replace(there, **taken)
