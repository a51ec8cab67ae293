"""The records of the plan; each has a key, and every change of one is kept (plan/store.py).

Nothing here is a fact of trade: facts are entries of the journal.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tideover.model.money import Minor, RatePpm

Key = Annotated[str, Meta(min_length=1, max_length=100)]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Role = Literal["cashier", "manager", "owner", "on-call", "helper"]
Right = Literal["discount", "refund", "account", "void", "pay-out", "replace", "lend"]
Text = Annotated[str, Meta(max_length=1_000)]
Label = Annotated[str, Meta(max_length=200)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=50)]


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who works here. A PIN is never part of the plan."""

    name: Key  # As on the rota; the operator of entries.
    role: Role = "cashier"
    phone: Label = ""
    email: Label = ""
    language: Literal["en", "fi"] = "en"  # Of pages and papers made for them.
    other_phones: Labels = ()
    languages: Labels = ()  # Spoken with customers: "sv", "en" …
    can: Labels = ()  # "decide", "fetch", "deliver", "keyholder".
    knows: Labels = ()  # Topics: "till", "router", "payroll" …


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """Something the shop needs to trade, and how long it can do without."""

    key: Key  # Stable: power, network, internet, dns, cloud, login, cards, phones …
    name: Label
    tolerable_s: Annotated[int, Meta(ge=0, le=604_800)]  # A week: longer is not a service the shop needs.
    owner: Label = ""  # Who looks after it; "" for the settings' owner.
    supplier: Label = ""  # Party.key of who is called when it fails.
    busy: Label = ""  # When it matters most, in words: "Fri 15-18".
    cost_per_hour_minor: Minor | None = None  # What an hour without it costs; None: nobody has reckoned.
    manual_way: Text = ""  # How the shop does without, in one sentence.
    promised_ppm: RatePpm | None = None  # How much of each month it works, by the supplier's contract; None: no such promise.
    repair_h: Annotated[int, Meta(ge=1, le=8_760)] | None = None  # Within how many hours it is mended, by the contract.
    promise: Text = ""  # What the contract says of it, in its own words.


class TillPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """A place where sales are taken, and the device that stands there."""

    name: Key  # As the till was enrolled.
    place: Label = ""
    device: Label = ""
    pad: Label = ""  # Series of the slips that lie there.


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """Standing authority: who may do what up to which sum without asking."""

    id: Key
    person: Label  # Person.name; "" for everyone with `role`.
    right: Right
    role: Role | None = None
    each_minor: Minor | None = None  # For one case; None: no limit.
    day_minor: Minor | None = None  # In one trading day; None: no limit.
    share_ppm: RatePpm | None = None  # Of a line's full price, for discounts; None: no limit.
    from_day: Day | None = None  # First trading day; None: always was.
    until_day: Day | None = None  # Last trading day; None: until withdrawn.
    only_in_outage: bool = False
    given_by: Label = ""


class Pad(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbered slips that were printed and handed out: SERIES-FIRST … SERIES-LAST."""

    key: Key  # SERIES-FIRST, as `pad_key` writes it.
    series: Annotated[str, Meta(pattern=r"^[A-Z]{1,4}$")]
    first: Annotated[int, Meta(ge=1, le=999_999)]
    last: Annotated[int, Meta(ge=1, le=999_999)]
    place: Label = ""  # Till or drawer where the pad lies.
    issued_to: Label = ""
    issued_on: Day | None = None


class Thing(Struct, frozen=True, forbid_unknown_fields=True):
    """A device, spare, line, SIM, terminal, receipt book, key: what it can do, where it is, who holds it.

    Its last proof is a fact of the journal.
    """

    key: Key
    name: Label
    can: Labels = ()  # "till", "internet", "cards", "print", "receipts", "light" …: what a playbook's step needs.
    place: Label = ""
    home: Label = ""  # Where it belongs, if that is elsewhere.
    holder: Label = ""  # Person.name.
    carrier: Label = ""  # Of lines and SIMs: two of one carrier fail together.
    stands_in_for: Label = ""  # Thing.key that it replaces.
    count: Annotated[int, Meta(ge=0, le=100_000)] = 1
    note: Text = ""


class Channel(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to reach a party, and for what."""

    address: Label  # Phone number, mail address or page.
    use_for: Label = ""  # "faults", "orders", "lost cards" …
    hours: Label = ""  # In their own time: "Mon-Fri 8-16".
    time_zone: Label = ""  # IANA name; "" is the shop's.
    cost: Label = ""  # "0.73 EUR/min".


class Party(Struct, frozen=True, forbid_unknown_fields=True):
    """A supplier, vendor, carrier, bank, landlord, insurer, helper: how and when they are reached."""

    key: Key
    name: Label
    role: Label = "supplier"
    account: Label = ""  # Our number with them.
    channels: Annotated[tuple[Channel, ...], Meta(max_length=20)] = ()
    told_in_outage: bool = False  # Called when the fallback opens: papers may look different.
    note: Text = ""


class Check(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that has to be seen to work, again and again. What was seen is a fact of the journal (`checked`)."""

    key: Key
    what: Text  # What is done, as one tells a colleague.
    subject: Label = ""  # What it proves: "thing/spare-pc", "party/elisa", "person/Anna"; never a number, for it stands in the journal.
    loss: Text = ""  # What is lost if it does not work on the day; the nag says this.
    period_days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    grace_days: Annotated[int, Meta(ge=0, le=365)] = 7  # After them the second person is asked, too.
    first_on: Day | None = None  # First due day; None: due at once.
    first_person: Label = ""
    second_person: Label = ""


class PlaybookText(Struct, frozen=True, forbid_unknown_fields=True):
    """The shop's own text of a playbook in one language; stands above the starter one."""

    key: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,79}\.[a-z]{2}$")]  # "internet-down.fi", which is its file's name, too.
    text: Annotated[str, Meta(max_length=50_000)]


class Duty(Struct, frozen=True, forbid_unknown_fields=True):
    """Who owns a matter that nobody else owns: parked records, findings, a cause of them."""

    matter: Key  # "parked", "finding", or more exactly "parked/closed-period", "finding/over-short".
    person: Label


Record = Person | Service | TillPlace | Grant | Pad | Thing | Party | Check | PlaybookText | Duty

KINDS: dict[type[Struct], tuple[str, str]] = {  # Record to its kind in the table and the field that is its key.
    Person: ("person", "name"),
    Service: ("service", "key"),
    TillPlace: ("till", "name"),
    Grant: ("grant", "id"),
    Pad: ("pad", "key"),
    Thing: ("thing", "key"),
    Party: ("party", "key"),
    Check: ("check", "key"),
    PlaybookText: ("playbook", "key"),
    Duty: ("duty", "matter"),
}
