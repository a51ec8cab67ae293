"""What a person reads first: one state, one next action, one sum. Pure; says it in English, words.py in theirs.

Never shows more than one thing to do: the first that stands in the way of all others.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.detect.cause import CAUSES, CLOUD_DOWN, NOT_KNOWN
from tideover.detect.verdict import lead
from tideover.detect.ways import SERVICE_OF_LINE
from tideover.model.money import Minor
from tideover.web.rights import EVERYBODY, ROLES, Right
from tideover.web.status import Status, VerdictNow

Tone = Literal["calm", "watch", "act", "stop"]

SELL_ON = {
    0: "Sell on the cloud till, as always.",
    1: "Sell on the cloud till over the other line.",
    2: "Sell on the cloud till on the other device.",
    3: "Sell on the cloud till; it keeps its sales until the cloud is back.",
    4: "Sell on Tideover's till.",
    5: "Sell on numbered slips.",
}

CONFIRM = "Keep selling where the cloud till answers. If you know it is down, confirm it."

RUNGS = {
    "cloud": "the cloud till",
    "other-line": "the cloud till over another line",
    "other-device": "the cloud till on another device",
    "vendor-offline": "the cloud till's own offline mode",
    "till": "Tideover's till",
    "slips": "numbered slips",
}
SERVICES = {
    "cloud": "cloud till",
    "login": "cloud's log-in",
    "internet": "internet line",
    "network": "shop network",
    "box": "this box",
    "certificate": "certificate",
    "dns": "name service",
    "cards": "card payments",
    "phones": "phones",
    "power": "power",
    "printer": "receipt printer",
    "office-printer": "office printer",
    "tills": "tills",
}
TONES = {"calm": "In order", "watch": "Look", "act": "Act", "stop": "Stop"}
PARTS = {"reads": "reads aloud", "says": "says it to the customer", "decides": "may decide", "does": "may do it"}
RUNG_STATES = {"in-use": "in use", "works": "works", "by-hand": "set it up by hand", "no": "not now"}
STATES = {"up": "works", "degraded": "works in part", "down": "down", "unknown": "not known"}
COPIES = {
    "items": "items and prices",
    "stock": "stock",
    "customers": "customers",
    "suppliers": "suppliers",
    "orders": "open orders",
    "quotes": "quotes",
    "sales": "recent sales",
    "invoices": "unpaid invoices",
}
KINDS = {"sale": "Sale", "refund": "Refund"}
CALLERS = {
    "anyone": "Open to whoever reaches the box",
    "shop": "For staff and tills",
    "staff": "For staff",
    "machine": "For commands on this machine",
    "till": "For tills",
}


CONFIRMED = frozenset(("", "flapping", "anchors-silent", "told-by-person", "not-known"))  # Only a person's word settles these.
ASKS = frozenset(  # Their step ends with a person's word.
    ("our-line", "our-network", "their-cloud", "their-login", "all-lines", "same-carrier", "way-between", "beyond-our-line", "no-way"),
)
THEN = {  # Their step once the outage is confirmed; "" where selling on is all that can be done.
    "our-line": "Do not restart the router more than once.",
    "our-network": "Look whether the router has power and its lights are on, and whether the cable is in.",
    "their-cloud": "Restarting anything here does not help.",
    "their-login": "Do not log out anywhere.",
    "all-lines": "Restart each router once, not more.",
    "same-carrier": "A phone of another carrier can lend its line.",
    "way-between": "Restarting anything here does not help. Tell the provider of the line.",
    "beyond-our-line": "Restarting anything here does not help.",
    **dict.fromkeys(("no-way", "told-by-person", "not-known", "flapping", "anchors-silent", ""), ""),
}
WORRY_AGE_S = 86_400  # A copy that fails to be renewed and is older than this is a problem of the day.


class Place(Struct, frozen=True):
    """The page where a step is done."""

    href: str
    text: str  # Of its button.
    right: Right  # What it takes to do it there; to look is everybody's.


PLACES = {  # By the name that a step calls it.
    "'Switching'": Place("/switching", "Open the page 'Switching'", "switch"),
    "'Calls'": Place("/calls", "Open the page 'Calls'", "calls"),
    "'Receipts'": Place("/receipts", "Open the page 'Receipts'", "receipts"),
}


CLOSING = Place("/day", "Close the day", "close-day")


class Headline(Struct, frozen=True):
    """One state, one action, one sum."""

    tone: Tone
    state: str
    action: str
    count: int | None = None  # The {n} of the action.
    sum_label: str = ""
    sum_minor: Minor | None = None
    who: Right | Literal["everybody"] = "everybody"  # Whoever may do it, or everybody who sells.
    place: Place | None = None  # Where it is done, or the second thing.
    then: str = ""  # The second thing, where selling on comes first.


def cause_of(cause: str) -> str:
    """What a cause means, as a sentence."""
    return CAUSES[cause].meaning if cause in CAUSES and cause != "not-known" else CLOUD_DOWN.meaning


def headline(status: Status, has_cloud: bool) -> Headline:
    """The first thing that matters now."""
    if not status.journal.writable:
        return Headline("stop", "The box cannot record sales.", "Sell on numbered slips and call the person on call.", who="everybody")
    phase = status.phase
    if phase == "suspected":
        return _doubt(status, _cause(status))
    if phase == "fallback":
        then = _then(status)
        first = Headline("act", _cause(status), SELL_ON[status.rung.number], place=place_of(then), then=then)
        return _with_sum(first, status, "Sold without the cloud today")
    if phase == "recovering":
        return _with_rest(_recovering(status), status)
    return _with_rest(_fair(status, has_cloud), status)


def _cause(status: Status) -> str:
    return cause_of(status.outage.cause if status.outage else "")


def open_item(status: Status) -> tuple[str, int, Right] | None:
    """The first thing that waits for a person, how many of it, and the right that it takes."""
    if status.recover is None or status.in_flight is None:  # Then the journal is damaged, and that was said first.
        return None
    items: tuple[tuple[str, int, Right], ...] = (
        ("Check the sales that were in flight: {n} open.", status.in_flight.open, "settle"),
        ("Sales that wait for a person: {n}. What to do stands below.", status.recover.parked, "solve"),
    )
    return next((one for one in items if one[1]), None)


def _recovering(status: Status) -> Headline:
    state = "The cloud is back; our sales are being booked there."
    if (item := open_item(status)) is not None:
        return Headline("act", state, item[0], item[1], who=item[2])
    if status.recover and (on_the_way := status.recover.waiting + status.recover.sending):
        return Headline("watch", state, "Sell on the cloud till again. Sales on their way: {n}.", on_the_way)
    action = "Count the drawer, close the day, finish the return checklist."
    return Headline("act", "The cloud is back and holds all our sales.", action, who="close-day", place=CLOSING)


def _fair(status: Status, has_cloud: bool) -> Headline:
    if not has_cloud:
        return Headline("watch", "No cloud is set up yet.", "Run 'tideover connect' on this machine.", who="start")
    if (item := open_item(status)) is not None:
        return Headline("act", "The cloud till works.", item[0], item[1], who=item[2])
    cloud = next((one for one in status.verdicts if one.service == "cloud"), None)
    if cloud is None or cloud.state == "unknown":
        return Headline("watch", "It is not known yet whether the cloud answers.", "Sell on the cloud till as long as it answers.")
    if cloud.state != "up":
        return _doubt(status, cause_of(cloud.cause))
    if not _has_prices(status):
        state = "The cloud till works, but we have no fresh copy of its prices."
        return Headline("watch", state, "Look below what is wrong with the copies.", who="start")
    trouble = told_first(status)
    if trouble is not None and trouble.state == "down":
        return _mend(trouble) if trouble.cause != "told-by-person" else _said(trouble)
    return Headline("calm", "All is well.", SELL_ON[0])


def told_first(status: Status) -> VerdictNow | None:
    """The lowest layer that is down, or works in part; lines that rest hurt nobody."""
    return lead(one for one in status.verdicts if not one.service.startswith(SERVICE_OF_LINE))


def place_of(step: str) -> Place | None:
    """The page that a step names."""
    return next((one for name, one in PLACES.items() if name in step), None)


def _is_usual(one: VerdictNow) -> bool:
    """Its step is the cause's own; else a line that carries was found, or it hangs on something."""
    return one.next_step == CAUSES.get(one.cause, NOT_KNOWN).next_step


def _mend(one: VerdictNow) -> Headline:
    """What is broken, and its own step."""
    place = place_of(one.next_step)
    who: Right | Literal["everybody"] = place.right if place is not None and ROLES[place.right] != EVERYBODY else "everybody"
    return Headline("act", one.meaning, one.next_step, who=who, place=place)


def _said(one: VerdictNow) -> Headline:
    """Nobody but a person looks at it, and a person said it: no cloud is away, but all is not well either."""
    what = SERVICES.get(one.service, one.service)
    return Headline("watch", f"Somebody here says that this does not work: {what}.", "Ask them what they see, and start its playbook.")


def _doubt(status: Status, meaning: str) -> Headline:
    """The cloud may be away: what mends it comes first, else a person's word."""
    first = told_first(status)
    if first is None or (first.cause in CONFIRMED and _is_usual(first)):
        return Headline("watch", meaning, CONFIRM, who="decide")
    if first.cause in ASKS and _is_usual(first):
        return Headline("watch", first.meaning, first.next_step, who="decide")
    return _mend(first)


def _then(status: Status) -> str:
    """What mends it while the shop sells on; "" for nothing."""
    first = told_first(status)
    if first is None:
        return ""
    return THEN.get(first.cause, first.next_step) if _is_usual(first) else first.next_step


def _has_prices(status: Status) -> bool:
    """Without them nobody could sell tomorrow if the cloud were away; one pull that failed is no reason to worry yet."""
    items = next((one for one in status.copies if one.dataset == "items"), None)
    return items is None or (items.as_of is not None and (items.error is None or (items.age_s or 0) < WORRY_AGE_S))


def _with_sum(first: Headline, status: Status, label: str) -> Headline:
    if status.money is None:
        return first
    return replace(first, sum_label=label, sum_minor=status.money.fallback_minor)


def _with_rest(first: Headline, status: Status) -> Headline:
    """What is not in the cloud yet, if anything; else what our own tills took today, if anything."""
    money = status.money
    if money is None:
        return first
    rest = money.waiting_minor + money.parked_minor
    label, minor = ("Not yet in the cloud", rest) if rest else ("Sold without the cloud today", money.fallback_minor)
    return replace(first, sum_label=label, sum_minor=minor) if minor else first
