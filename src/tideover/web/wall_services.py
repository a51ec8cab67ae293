"""Each service as the counter needs it: does it work, what shows it, and what it means for the next customer.

What nobody looks at is unknown and is named as such: unknown is not well.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from tideover.detect.ways import SERVICE_OF_LINE
from tideover.web.headline import SERVICES
from tideover.web.status import VerdictNow

Words = tuple[str, str]  # When it is down, and when it works in part.

AS_ALWAYS = "Sell as always."
NOBODY_KNOWS = "Nobody can tell: try it before you promise it."
OTHERWISE = "Work without it; the playbook says how."
SELLING: dict[str, Words] = {
    "cloud": (
        "Nothing reaches the cloud till: sell as it stands at the top of this page.",
        "Sell where the cloud till answers; have the slips at hand.",
    ),
    "login": ("Do not log out anywhere: whoever is logged in may go on selling.", "Do not log out anywhere."),
    "internet": (
        "Cloud till, card terminal, phones and mail may hang on this line. Cash always works.",
        "Card payments may fail at the first try: ask for the slip before the goods leave.",
    ),
    "network": (
        "Tills do not reach each other or the box; each sells on by itself.",
        "Tills may reach the box late; they sell on by themselves.",
    ),
    "box": ("Write numbered slips until this machine works again.", "Selling goes on; the person on call looks at this machine."),
    "certificate": ("Tills sell on by themselves and send later; no new device gets in.", "Selling goes on as usual."),
    "dns": ("Names are not found: what is open stays open, do not close it.", "Pages open slowly: wait, do not press twice."),
    "cards": (
        "No cards on the usual terminal: spare terminal, mobile payment, transfer, account or cash.",
        "Cards may fail at the first try: have the other ways at hand.",
    ),
    "phones": ("Customers cannot ring us: selling goes on.", "Calls may be cut off: write down the number first."),
    "power": ("Whatever has no battery is dead: slips, cash and daylight.", "Save what is open; the light may go again."),
    "printer": ("Receipts come from the office printer, by mail or by hand.", "Look at each receipt before the customer leaves."),
    "office-printer": ("Papers come later; receipts go by mail or by hand.", "Look at each page before it goes out."),
    "tills": ("Sell on slips at that till.", "Sell on the till that works."),
}


OF_LINE: Words = (
    "This line carries nothing: what needs it goes over the other, or waits.",
    "This line works in part: keep it for the cloud till and cards.",
)


class ServiceRow(Struct, frozen=True):
    """One service on the wall; texts in English."""

    service: str
    state: str
    since: int | None  # UTC ms.
    meaning: str
    evidence: tuple[str, ...]
    for_selling: str


def for_selling(service: str, state: str) -> str:
    """What it means for the next customer."""
    if state == "up":
        return AS_ALWAYS
    if state == "unknown":
        return NOBODY_KNOWS
    down, in_part = OF_LINE if service.startswith(SERVICE_OF_LINE) else SELLING.get(service, (OTHERWISE, OTHERWISE))
    return down if state == "down" else in_part


def service_rows(verdicts: Iterable[VerdictNow]) -> list[ServiceRow]:
    """Every verdict, the broken ones first."""
    ranks = {"down": 0, "degraded": 1, "unknown": 2, "up": 3}
    rows = [
        ServiceRow(one.service, one.state, one.since, one.meaning, one.evidence, for_selling(one.service, one.state)) for one in verdicts
    ]
    return sorted(rows, key=lambda one: ranks.get(one.state, 2))


def not_watched(verdicts: Iterable[VerdictNow], planned: Iterable[str]) -> list[str]:
    """What this shop trades through and nobody looks at, by key: the plan's services, else the usual ones."""
    seen = {one.service for one in verdicts}
    wanted = list(dict.fromkeys(planned)) or ["cards", "phones", "power", "printer"]
    return [one for one in wanted if one not in seen and one in SERVICES]
