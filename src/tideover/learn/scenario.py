"""What can be rehearsed, which is next, and who plays what: the one that was played the longest ago, and the role one had the longest ago.

Pure: chance is handed in. A scenario is a trouble of trouble.py, the playbook that fits it, and what people do until the books are closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from msgspec import Struct

from tideover.model.run import Rehearsed

ALL_TASKS = (
    "confirmed", "playbook", "first-step", "sale", "three-sales", "refund", "slip", "back", "replayed", "day-closed", "outage-closed",
)  # fmt: skip
TALK_TASKS = ("playbook", "first-step", "run-ended")
UNTIL_MENDED = ("sale", "three-sales", "refund", "slip")  # Once these are done, the line is back.
TASKS: dict[str, tuple[str, str]] = {  # What is to be done, and how: told when somebody asks for help.
    "confirmed": ("Say that it is down", "On the first page: confirm the outage. Whoever may decide presses it."),
    "playbook": ("Open the right playbook", "On the first page: start the playbook that fits what is down."),
    "first-step": ("Take its first step", "Read it aloud, do it, and tick it."),
    "sale": ("Sell something without the cloud", "On the till: scan or search, take the money, finish."),
    "three-sales": ("Sell three things", "Two more sales on the till, one of them in cash with change."),
    "refund": ("Take something back", "On the till: find one of the sales, and give the money back."),
    "slip": ("Key a paper slip", "Write a slip by hand, with its number, and key it on the page of slips."),
    "back": ("Lead back to the cloud", "The line is back: give the all-clear on the first page, or wait for it."),
    "replayed": ("See every sale in the cloud", "It goes by itself; solve on the first page what waits for a person."),
    "day-closed": ("Count and close the day", "Count the drawer, read the card terminal, and close the day."),
    "outage-closed": ("Close the outage", "Go through the return checklist until nothing is open."),
    "run-ended": ("Take the playbook to its end", "Each step: done, left out with a reason, or it did not work."),
}
ROLES = ("decides", "reads", "sells", "writes")  # More people than roles help the one who sells.
ROLE_NAMES = {
    "decides": "decides: confirms, leads, gives the all-clear",
    "reads": "reads the playbook aloud, and ticks",
    "sells": "sells on the till, takes back",
    "writes": "writes slips, keys them, counts",
    "helps": "helps at the counter",
}


class Scenario(Struct, frozen=True):
    """One story."""

    playbook: str  # Key of the right one.
    title: str
    troubles: tuple[str, ...]  # Of trouble.TROUBLES.
    tasks: tuple[str, ...] = ALL_TASKS
    on_return: tuple[str, ...] = ()  # Troubles that begin when the line is back.


SCENARIOS: dict[str, Scenario] = {
    "internet-down": Scenario("internet-down", "The internet line goes dead", ("line",)),
    "cloud-down": Scenario("cloud-down", "The cloud till does not answer", ("cloud",)),
    "login-broken": Scenario("login-broken", "Nobody can log in to the cloud", ("login",)),
    "nasty-return": Scenario("internet-down", "The line goes dead, and comes back badly", ("line",), on_return=("nasty",)),
    "cards-down": Scenario("cards-down", "Card payments do not work", ("cards",), TALK_TASKS),
}


def draw(chance: Random, past: Iterable[Rehearsed]) -> str:
    """A scenario: by chance among those that were never played, else among the half that was played the longest ago."""
    last = {one.scenario: one.started_at for one in sorted(past, key=lambda one: one.started_at)}
    never = [key for key in SCENARIOS if key not in last]
    oldest = sorted(SCENARIOS, key=lambda key: last.get(key, -1))
    return chance.choice(never or oldest[: (len(oldest) + 1) // 2])


def cast(people: Sequence[str], past: Iterable[Rehearsed]) -> dict[str, str]:
    """Person to role: each role goes to whoever had it the longest ago, never before first; one alone plays all of it.

    With fewer people than roles one plays several, joined by ", "; in the order of `people` where nothing else decides.
    """
    last: dict[tuple[str, str], int] = {}
    for one in sorted(past, key=lambda one: one.started_at):
        last |= {(person, role): one.started_at for person, roles in one.cast.items() for role in roles.split(", ")}
    played: dict[str, list[str]] = {person: [] for person in people}
    for role in ROLES if people else ():
        chosen = min(people, key=lambda one: (len(played[one]), last.get((one, role), -1), people.index(one)))
        played[chosen].append(role)
    return {person: ", ".join(roles or ["helps"]) for person, roles in played.items()}
