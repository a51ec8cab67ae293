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
Right = Literal["discount", "refund", "account", "void", "pay-out"]


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who works here. A PIN is never part of the plan."""

    name: Key  # As on the rota; the operator of entries.
    role: Role = "cashier"
    phone: str = ""
    email: str = ""
    language: Literal["en", "fi"] = "en"


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """Something the shop needs to trade, and how long it can do without."""

    key: Key  # Stable: power, network, internet, dns, cloud, login, cards, phones …
    name: str
    tolerable_s: Annotated[int, Meta(ge=0, le=604_800)]  # A week: longer is not a service the shop needs.
    owner: str = ""  # Who looks after it; "" for the settings' owner.
    supplier: str = ""  # Who is called when it fails.


class TillPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """A place where sales are taken, and the device that stands there."""

    name: Key  # As the till was enrolled.
    place: str = ""
    device: str = ""
    pad: str = ""  # Series of the slips that lie there.


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """Standing authority: who may do what up to which sum without asking."""

    id: Key
    person: str  # Person.name; "" for everyone with `role`.
    right: Right
    role: Role | None = None
    each_minor: Minor | None = None  # At one time; None: no limit.
    day_minor: Minor | None = None  # In one trading day; None: no limit.
    share_ppm: RatePpm | None = None  # Of a line's full price, for discounts; None: no limit.
    from_day: Day | None = None  # First trading day; None: always was.
    until_day: Day | None = None  # Last trading day; None: until withdrawn.
    only_in_outage: bool = False
    given_by: str = ""


class Pad(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbered slips that were printed and handed out: SERIES-FIRST … SERIES-LAST."""

    key: Key  # SERIES-FIRST, as `pad_key` writes it.
    series: Annotated[str, Meta(pattern=r"^[A-Z]{1,4}$")]
    first: Annotated[int, Meta(ge=1, le=999_999)]
    last: Annotated[int, Meta(ge=1, le=999_999)]
    place: str = ""  # Till or drawer where the pad lies.
    issued_to: str = ""
    issued_on: Day | None = None


class Duty(Struct, frozen=True, forbid_unknown_fields=True):
    """Who owns a matter that nobody else owns: parked records, findings, a cause of them."""

    matter: Key  # "parked", "finding", or more exactly "parked/closed-period", "finding/over-short".
    person: str


Record = Person | Service | TillPlace | Grant | Pad | Duty

KINDS: dict[type[Struct], tuple[str, str]] = {  # Record to its kind in the table and the field that is its key.
    Person: ("person", "name"),
    Service: ("service", "key"),
    TillPlace: ("till", "name"),
    Grant: ("grant", "id"),
    Pad: ("pad", "key"),
    Duty: ("duty", "matter"),
}
