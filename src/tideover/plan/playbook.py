"""Playbooks: what to do in each kind of failure, and what of it counts in this shop, with its own things, people and sums.

Starter texts lie in `playbooks/`; a text of the shop's own with the same key stands above them. Pure but for reading those
files once. Never says that anything happened: a run of a playbook is another matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

from tideover.plan.law import Law
from tideover.plan.playbook_text import CHECKLIST, Fault, Need, Playbook, Step, Way, read_playbook, try_playbook, write_playbook
from tideover.plan.playbook_words import StepKind, key_of
from tideover.plan.records import Grant, Party, Person, PlaybookText, Right, Service, Thing
from tideover.settings import Settings
from tideover.words import LANGUAGES

__all__ = [
    "CHECKLIST", "STARTERS", "Call", "Fault", "Limit", "Need", "Playbook", "Ready", "ReadyStep", "ReadyWay", "Step", "Way",
    "faults", "for_everyone", "in_force", "limits", "people_who", "playbooks", "read_playbook", "resolve", "starter_texts", "texts",
    "try_playbook", "with_lines", "with_tills", "write_playbook",
]  # fmt: skip

FOLDER = Path(__file__).parent / "playbooks"
# The starter ones in the order in which a shop meets them; a card's number is its place here.
STARTERS = (
    "internet-down", "line-unsteady", "cloud-down", "login-broken", "crm-down", "cards-down", "power-cut", "phones-dead",
    "till-pc-dead", "printer-dead", "premises-closed", "room-closed", "person-away", "days-not-hours", CHECKLIST,
)  # fmt: skip
DECIDERS_MAX = 3
CALLS_MAX = 2
FAULT_WORDS = ("fault", "vika", "vikailmoitus", "häiriö", "outage", "support", "tuki")


# What counts --------------------------------------------------------------------------------------


@cache
def starter_texts() -> Mapping[str, str]:
    """Key with language ("internet-down.fi") to the starter text."""
    keys = [f"{key}.{language}" for key in STARTERS for language in LANGUAGES]
    return {key: (FOLDER / f"{key}.md").read_text(encoding="utf-8") for key in keys}


@cache
def _starter(key: str) -> Playbook:
    return read_playbook(starter_texts()[key], key)


def texts(plan_texts: Iterable[PlaybookText]) -> dict[str, str]:
    """Key with language to the text that counts in this shop: its own, else the starter one."""
    return {**starter_texts(), **{one.key: one.text for one in plan_texts}}


def playbooks(plan_texts: Mapping[str, str], language: str) -> dict[str, Playbook]:
    """Key without language to the playbook, in the order of the cards; the shop's own ones after the starter ones.

    plan_texts: as `texts` gives them, or only the shop's own. A text that cannot be read gives way to the starter one, so
    that no card is missing; `faults` names it. One that is written in the other language only is given as it is.
    """
    found = {key: _best(plan_texts, key, language) for key in _keys(plan_texts)}
    return {key: one for key, one in found.items() if one is not None}


def faults(plan_texts: Mapping[str, str]) -> dict[str, list[Fault]]:
    """Key with language to what is wrong with the shop's own text; nothing for those that can be read."""
    own = {key: text for key, text in plan_texts.items() if starter_texts().get(key) != text}
    return {key: found for key, text in sorted(own.items()) if (found := try_playbook(text, key)[1])}


def _keys(plan_texts: Mapping[str, str]) -> list[str]:
    own = sorted({key.rpartition(".")[0] or key for key in plan_texts} - set(STARTERS))
    return [*STARTERS[:-1], *own, CHECKLIST]


def _best(plan_texts: Mapping[str, str], key: str, language: str) -> Playbook | None:
    for wanted in (language, *(other for other in LANGUAGES if other != language)):
        full = f"{key}.{wanted}"
        text = plan_texts.get(full)
        if text is not None and text != starter_texts().get(full):
            playbook, wrong = try_playbook(text, key)
            if not wrong:
                return playbook
        if full in starter_texts():
            return _starter(full)
    return None


# What a shop's own things, people and sums make of it -----------------------------------------------


class Limit(Struct, frozen=True):
    """What somebody may do without asking."""

    right: Right
    person: str  # Person.name; "" for everyone with `role`.
    role: str  # Role's key; "" and no person: everybody who works here.
    each_minor: int | None
    day_minor: int | None
    share_ppm: int | None
    only_in_outage: bool
    from_day: str = ""  # First day, if that is still to come.
    until_day: str = ""


class Call(Struct, frozen=True):
    """Somebody to ring."""

    name: str
    number: str = ""  # "" where the plan knows none.
    hours: str = ""
    account: str = ""  # Our number with them: they ask for it first.
    cost: str = ""


class ReadyWay(Struct, frozen=True):
    """A way that this shop can go."""

    kind: StepKind
    text: str
    minutes: int | None = None
    calls: tuple[Call, ...] = ()
    asks_number: bool = False  # It is a call, and the plan knows nobody: room to write one.
    opens: tuple[str, ...] = ()  # As Way.
    closes: tuple[str, ...] = ()


class ReadyStep(Struct, frozen=True):
    """A step that this shop can take; the ways after the first are for when it does not work."""

    number: int
    ways: tuple[ReadyWay, ...]


class Ready(Struct, frozen=True):
    """A playbook as it counts in this shop."""

    title: str
    signs: tuple[str, ...]
    says: tuple[str, ...]
    steps: tuple[ReadyStep, ...]
    back: tuple[str, ...]
    deciders: tuple[Person, ...]  # First, then who stands in; empty: the plan names nobody.
    reader: str  # Who reads aloud; "" where the plan names nobody.
    limits: tuple[Limit, ...]
    revision: str
    left_out: int = 0  # Steps that need things the shop does not own.


def resolve(
    playbook: Playbook,
    things: Sequence[Thing],
    people: Sequence[Person],
    grants: Sequence[Grant],
    parties: Sequence[Party],
    services: Sequence[Service] = (),
    *,
    day: str = "",
    tolerable_s: int = 1800,
) -> Ready:
    """What the playbook says in this shop; raises nothing.

    day: grants that are not in force on it are left out; "" for no look at days. tolerable_s: where no service of the
    playbook has its own.
    """
    shop = _Shop(things, people, parties, services, _minutes(playbook, services, tolerable_s))
    ways = [tuple(shop.ways(step)) for step in playbook.steps]
    shown = [one for one in ways if one]
    deciders = people_who(people, playbook.decides)[:DECIDERS_MAX]
    return Ready(
        title=playbook.title,
        signs=playbook.signs,
        says=playbook.says,
        steps=tuple(ReadyStep(number, one) for number, one in enumerate(shown, 1)),
        back=tuple(shop.filled(one, ()) for one in playbook.back),
        deciders=tuple(deciders),
        reader=_reader(people, playbook.reads, deciders),
        limits=limits(grants, playbook.may, day),
        revision=playbook.revision,
        left_out=len(ways) - len(shown),
    )


class _Shop:
    """What there is, for one playbook."""

    def __init__(
        self, things: Sequence[Thing], people: Sequence[Person], parties: Sequence[Party], services: Sequence[Service], minutes: int
    ) -> None:
        self._things = sorted((one for one in things if one.count > 0), key=lambda one: one.key)
        self._people, self._parties, self._minutes = people, parties, minutes
        self._supplier = {key_of(one.key): one.supplier for one in services if one.supplier}

    def ways(self, step: Step) -> Iterable[ReadyWay]:
        """The ways for which there is everything."""
        for way in step.ways:
            found = [self._fulfils(need) for need in way.needs]
            if all(found):
                calls = next((some for some in map(self._calls, way.to) if some), ())
                text = self.filled(way.text, [one for one in found if one])
                yield ReadyWay(way.kind, text, way.minutes, calls[:CALLS_MAX], bool(way.to) and not calls, way.opens, way.closes)

    def filled(self, text: str, found: Sequence[Thing]) -> str:
        """The text with what {thing} and {minutes} stand for."""
        named = ", ".join(dict.fromkeys(f"{one.name} ({one.place})" if one.place else one.name for one in found))
        return text.replace("{minutes}", str(self._minutes)).replace("{thing}", named)

    def _fulfils(self, need: Need) -> Thing | None:
        """The thing that can do it: one that stands in for another first, for the other is what has failed."""
        able = [one for one in self._things if need.can in {key_of(ability) for ability in one.can}]
        spare = [one for one in able if one.stands_in_for]
        return next(iter(spare if need.is_spare else [*spare, *able]), None)

    def _calls(self, to: str) -> tuple[Call, ...]:
        """Whom that names: the service's supplier, a party by key or role, else people who can or know it."""
        sought = {self._supplier[to]} if to in self._supplier else {to}
        parties = [one for one in self._parties if one.key in sought] or [one for one in self._parties if key_of(one.role) == to]
        if parties:
            return tuple(_party_call(one) for one in parties)
        return tuple(Call(one.name, _phone(one)) for one in people_who(self._people, (to,)))


def _party_call(party: Party) -> Call:
    """Their line for faults, else their first one that is a phone."""
    phones = [one for one in party.channels if _is_phone(one.address)]
    faults_first = sorted(phones, key=lambda one: not any(word in one.use_for.casefold() for word in FAULT_WORDS))
    if not faults_first:
        return Call(party.name, account=party.account)
    best = faults_first[0]
    return Call(party.name, best.address, f"{best.hours} {best.time_zone}".strip(), party.account, best.cost)


def _is_phone(address: str) -> bool:
    return "@" not in address and "/" not in address and sum(letter.isdigit() for letter in address) >= 3


def _phone(person: Person) -> str:
    return person.phone or next(iter(person.other_phones), "")


def people_who(people: Sequence[Person], sought: Iterable[str]) -> list[Person]:
    """People with one of these roles, abilities or topics, in the order of the words, then by name."""
    found: dict[str, Person] = {}
    for word in sought:
        for one in sorted(people, key=lambda one: one.name):
            if word in {one.role, *map(key_of, one.can), *map(key_of, one.knows)}:
                found.setdefault(one.name, one)
    return list(found.values())


def _reader(people: Sequence[Person], sought: Iterable[str], deciders: Sequence[Person]) -> str:
    """Who reads aloud: not the one who decides, as long as there is somebody else."""
    names = [one.name for one in people_who(people, sought)] + sorted(one.name for one in people)
    first = deciders[0].name if deciders else ""
    return next((name for name in names if name != first), first)


def _minutes(playbook: Playbook, services: Sequence[Service], tolerable_s: int) -> int:
    known = {key_of(one.key): one.tolerable_s for one in services}
    return -(-next((known[one] for one in playbook.concerns if one in known), tolerable_s) // 60)


# Sums -------------------------------------------------------------------------------------------


def limits(grants: Iterable[Grant], rights: Iterable[Right], day: str = "") -> tuple[Limit, ...]:
    """What the grants allow, right by right in the given order: first everybody, then roles, then people by name."""
    listed = [one for one in grants if not day or in_force(one, day)]
    return tuple(
        Limit(
            right,
            one.person,
            one.role or "",
            one.each_minor,
            one.day_minor,
            one.share_ppm,
            one.only_in_outage,
            one.from_day if one.from_day and day and one.from_day > day else "",
            one.until_day or "",
        )
        for right in rights
        for one in sorted((grant for grant in listed if grant.right == right), key=_rank)
    )


ROLE_ORDER = ("cashier", "helper", "on-call", "manager", "owner")


def _rank(grant: Grant) -> tuple[int, int, str, str]:
    role = ROLE_ORDER.index(grant.role) if grant.role in ROLE_ORDER else -1
    return (1 if grant.person else 0, role, grant.person, grant.id)


def in_force(grant: Grant, day: str) -> bool:
    """True unless it is over: one that begins later is on paper already, with its day."""
    return grant.until_day is None or day <= grant.until_day


def for_everyone(settings: Settings) -> tuple[Grant, ...]:
    """What the settings allow everybody without any grant, as grants without a holder."""
    found = []
    if settings.discount_limit_ppm:
        found.append(Grant("settings/discount", "", "discount", share_ppm=settings.discount_limit_ppm))
    if settings.refund_limit_minor:
        found.append(Grant("settings/refund", "", "refund", each_minor=settings.refund_limit_minor))
    return tuple(found)


def with_tills(things: Sequence[Thing], selling: Sequence[str], law: Law) -> tuple[Thing, ...]:
    """The things and, where the law lets them sell, our own tills: what [needs Tideover till] asks for.

    selling: as `Reading.selling_tills` names them, like everything that says what can sell; a place in the plan is no till.
    """
    named = ", ".join(selling)
    if not named or not law.till_lawful:
        return tuple(things)
    return (*things, Thing("tideover-till", f"Tideover: {named}"[:200], ("tideover-till",)))


def with_lines(things: Sequence[Thing], lines: Sequence[str]) -> tuple[Thing, ...]:
    """The things and, where the box knows two lines, the page that moves the shop between them: what [needs two lines] asks for."""
    return tuple(things) if len(lines) < 2 else (*things, Thing("two-lines", "Switching", ("two-lines",)))


def is_starter(key: str) -> bool:
    """True for a playbook that came with the program."""
    return key in STARTERS
