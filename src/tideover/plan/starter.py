"""The first five checks of a shop: a plan B of five lines, each with a day, an owner and what is lost without it.

Only proposes: the shop keeps, moves or drops each one. Never says that anything was seen.
"""

from __future__ import annotations

from datetime import date, timedelta

from tideover.plan.records import Check
from tideover.words import say

# Key, subject, days until the first time, days between two, what is done, what is lost. Cheapest and most useful first.
_FIVE = (
    (
        "slips-and-cash",
        "thing/slips",
        0,
        90,
        "Look: a pad of numbered slips and a pen lie at each till, and everybody can name the nearest cash machine.",
        "Without slips and cash nothing can be sold while the till is away, and the customer at the counter goes elsewhere.",
    ),
    (
        "phone-as-line",
        "thing/phone-line",
        2,
        90,
        "Measure the phone's connection at the counter (1 Mbit/s is enough), share it with a computer once and open the till through it.",
        "Without a phone that is known to carry the till, a cut cable closes the cloud till for the rest of the day.",
    ),
    (
        "staff-told",
        "staff",
        4,
        90,
        "Tell everybody who works here about plan B; each finds the slips, the price list and this page without help.",
        "A plan that only one person knows stays in the drawer on that person's day off.",
    ),
    (
        "spare-computer",
        "thing/spare-computer",
        7,
        30,
        "Open the spare computer, let it and its browser update, and log in to the till on it.",
        "A spare that has lain for a year first updates for an hour, with the queue waiting.",
    ),
    (
        "second-card-way",
        "thing/second-card-way",
        14,
        90,
        "Take a small payment in the second way (another terminal, mobile payment, invoice) with the shop's own line unplugged.",
        "When the card terminal is away, everybody who carries no cash leaves without buying.",
    ),
)
GRACE_DAYS = 7


def starter_checks(today: date, owner: str, second: str = "", language: str = "en") -> tuple[Check, ...]:
    """Five dated checks in the shop's language, in the order of their days; `second` is asked when the grace is over."""
    told = say(language)
    return tuple(
        Check(
            key=key,
            what=told(what),
            subject=subject,
            loss=told(loss),
            period_days=period_days,
            grace_days=GRACE_DAYS,
            first_on=(today + timedelta(days=after_days)).isoformat(),
            first_person=owner,
            second_person=second,
        )
        for key, subject, after_days, period_days, what, loss in _FIVE
    )
