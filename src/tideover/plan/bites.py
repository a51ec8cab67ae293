"""What would help this shop most next: one bite at a time, each under ten minutes. Pure.

Proportion is a requirement: a five-line plan and a pad of slips is a good day already. Never nags, never counts a score.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

MINUTES_MAX = 10


class Standing(Struct, frozen=True):
    """What the shop has, as far as its next bite depends on it."""

    answered: frozenset[str] = frozenset()  # Pages of questions with at least one answer.
    items: int = 0  # In the copy.
    has_printed: bool = False  # Any paper of the kit.
    has_tried: bool = False  # Unplugged once, with a sale kept.
    contacts: int = 0  # Customers and suppliers in the copies.
    has_pocket: bool = False  # A phone holds the pocket kit.
    orders: bool = False  # A copy of open orders exists.
    has_pin: bool = False  # Somebody can sign in.
    watches_line: bool = False  # Addresses to tell "our line" from "their cloud" are set.
    checks_seen: int = 0  # Checks with an answer.
    has_grants_for_staff: bool = False  # Somebody besides the deciders may do something alone.
    deciders: int = 0
    supplier_told: bool = False  # A supplier is marked to be called in an outage.


class Bite(Struct, frozen=True):
    """One thing to do."""

    key: str
    title: str
    why: str
    minutes: int
    page: str  # Where it is done.


# Key, title, why, minutes, page, and whether it is still missing; the most useful first.
_BITES: tuple[tuple[str, str, str, int, str, Callable[[Standing], bool]], ...] = (
    (
        "people",
        "Name who decides and who fetches.",
        "Else everybody waits for everybody while the queue grows.",
        2,
        "/start/ask/people",
        lambda has: "people" not in has.answered,
    ),
    (
        "prices",
        "Bring a price export.",
        "Without prices on paper nobody can sell what has no sticker.",
        3,
        "/start/file/items",
        lambda has: has.items == 0,
    ),
    (
        "shop",
        "Say who you are: name, business id, address.",
        "A handwritten receipt is lawful only with them.",
        2,
        "/start/ask/till",
        lambda has: "till" not in has.answered,
    ),
    (
        "print",
        "Print the plan and the first pad, and lay them by the till.",
        "A file on this computer is out of reach when its power is.",
        8,
        "/kit",
        lambda has: not has.has_printed,
    ),
    (
        "try",
        "Unplug the internet, sell something, plug it in again.",
        "What was never tried is a hope, not a plan.",
        8,
        "/start/try",
        lambda has: not has.has_tried,
    ),
    (
        "line",
        "Write down whose line it is, and their number.",
        "On the day nobody can look it up.",
        1,
        "/start/ask/line",
        lambda has: "line" not in has.answered,
    ),
    (
        "phone",
        "Say which phone can carry the till.",
        "It is a second line that you own already.",
        1,
        "/start/ask/phone",
        lambda has: "phone" not in has.answered,
    ),
    (
        "cards",
        "Write down the card terminal and its helpline.",
        "Card payments fail by themselves, and another helpline knows why.",
        1,
        "/start/ask/cards",
        lambda has: "cards" not in has.answered,
    ),
    (
        "spares",
        "Say what lies ready: spare computer, receipt book, cash machine.",
        "What nobody can find in a minute is not there.",
        1,
        "/start/ask/spares",
        lambda has: "spares" not in has.answered,
    ),
    (
        "watch",
        "Let Tideover watch the line.",
        "It says within seconds whether it is your line or their cloud.",
        1,
        "/start/try",
        lambda has: not has.watches_line,
    ),
    (
        "pin",
        "Choose a PIN.",
        "Then you open these pages without the one-time link, and others do not.",
        1,
        "/start/pin",
        lambda has: not has.has_pin,
    ),
    (
        "second",
        "Name a second person who may decide.",
        "The first one has days off, and a phone that is empty.",
        2,
        "/start/ask/people",
        lambda has: has.deciders == 1,
    ),
    (
        "check",
        "Do the first of your five checks.",
        "Each takes a few minutes and turns a hope into a date.",
        5,
        "/checks",
        lambda has: has.checks_seen == 0,
    ),
    (
        "grants",
        "Say what the staff may decide alone, and up to which sum.",
        "Then a refund of ten euros waits for nobody.",
        5,
        "/plan",
        lambda has: not has.has_grants_for_staff,
    ),
    (
        "contacts",
        "Bring customers and suppliers.",
        "Their numbers are in the cloud that is away.",
        4,
        "/start/file/contacts",
        lambda has: has.contacts == 0,
    ),
    (
        "pocket",
        "Put the pocket kit on your phones.",
        "Plan, numbers and prices open there without a network.",
        5,
        "/kit",
        lambda has: not has.has_pocket,
    ),
    (
        "orders",
        "Bring the open orders.",
        "The urgent ones are on paper before somebody stands there to fetch them.",
        4,
        "/start/file/orders",
        lambda has: not has.orders,
    ),
    (
        "suppliers",
        "Mark the suppliers who must hear that papers will look different.",
        "An order that their system does not know is thrown away.",
        5,
        "/plan",
        lambda has: not has.supplier_told,
    ),
)


def bites_of(has: Standing) -> list[Bite]:
    """What is still missing, the most useful bite first; empty when the first steps are behind the shop."""
    return [Bite(key, title, why, minutes, page) for key, title, why, minutes, page, is_missing in _BITES if is_missing(has)]
