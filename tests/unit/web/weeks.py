"""A week and more as a shop sees it: outages of line, cloud and cards, a night in which the box was off, and what was promised."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tideover.detect.watch import Watch
from tideover.model.outage import Observation, Verdict
from tideover.model.run import WordExpected
from tideover.model.switching import ServiceAway, ServiceBack
from tideover.plan.records import Party, Service
from tideover.world import to_ms

SERVICES = ("network", "internet", "cloud", "login", "cards", "line-fibre", "line-mobile")
OUTAGES = (  # Service, state, cause, hours before now, minutes.
    ("internet", "down", "our-line", 150.0, 22),
    ("internet", "down", "our-line", 75.0, 4),
    ("internet", "degraded", "flapping", 74.0, 95),
    ("internet", "down", "our-line", 20.5, 15),
    ("cloud", "down", "their-cloud", 52.0, 141),
    ("cards", "down", "told-by-person", 8.0, 35),
)
OFF = (100.0, 91.0)  # Hours before now in which the box was off.
PARTIES = (
    Party("elisa", "Maximiliana Žilkahämeen Verkko ja Puhelin Oyj", role="carrier"),
    Party("kassapilvi", "Kassapilvi", role="vendor"),
    Party("nets", "Nets", role="bank"),
)
SUPPLIED = (Service("internet", "Internet", 1800, supplier="elisa"), Service("cloud", "Cloud", 1800, supplier="kassapilvi"),
            Service("cards", "Cards", 1800, supplier="nets"))  # fmt: skip


def verdict_of(service: str, hours: float, since: datetime) -> Verdict:
    """What was concluded so many hours before now."""
    for name, state, cause, began, minutes in OUTAGES:
        if name == service and began - minutes / 60 < hours <= began:
            return Verdict(service, state, cause, (f"{service}: no answer in 2 s",), since)  # type: ignore[arg-type]
    return Verdict(service, "up", "none", (f"{service}: answers",), since)


async def live_through(house: Any, days: int = 8) -> None:
    """The history of so many days in the tables, one conclusion a minute; a house of tests gets its watch anew."""
    now, history = house.world.now(), house.watch.history
    for minute in range(days * 1440, -1, -1):
        hours, at = minute / 60, now - timedelta(minutes=minute)
        if OFF[0] >= hours > OFF[1]:
            continue
        found = [verdict_of(service, hours, at) for service in SERVICES]
        history.conclude(found, at)
        looks = [(one.service, one.service == "cloud" and one.state == "down") for one in found]
        history.take(Observation(one, "anchor", "Anchor", not bad, at, "", 23) for one, bad in looks)
        if minute % 30 == 0:
            await history.keep(at)


async def write_down(house: Any) -> None:
    """The journal's words about those outages, a vendor's promises, and the plan that names the vendors."""
    now, journal = house.world.now(), house.journal
    for one in (*PARTIES, *SUPPLIED):
        house.plan.put(one, "Anna")
    for service, _, cause, began, minutes in OUTAGES:
        since = now - timedelta(hours=began)
        until = since + timedelta(minutes=minutes)
        by = "Anna" if service == "cards" else ""
        away = await journal.record("service_away", ServiceAway(service, cause, to_ms(since), by), happened_at=since)
        if service == "cloud":
            for said, due, text in ((10, 40, "they look into it"), (45, 75, "in an hour"), (200, 0, "")):
                body = WordExpected(to_ms(since + timedelta(minutes=due)) if due else 0, "Kassapilvi support", text)
                await journal.record("word_expected", body, operator="Anna", happened_at=since + timedelta(minutes=said))
        body = ServiceBack(service, to_ms(until), minutes * 60)
        await journal.record("service_back", body, refers_to=away.id, happened_at=until)


def with_week(house: Any) -> None:
    """A house whose watch keeps what it sees, after such a week."""
    house.watch = Watch(house.databases[1], house.world, house.settings, [])


def see_now(house: Any, cloud_ok: bool = True) -> None:
    """What the box sees at this moment."""
    for n in range(6):
        at = house.world.now() - timedelta(seconds=30 - 5 * n)
        looks: list[Any] = [("internet", "anchor", name, True) for name in ("Anchor One", "Anchor Two")]
        looks += [("network", "link", "the router", True), ("cloud", "cloud", "the cloud", cloud_ok)]
        house.watch.hear_all([Observation(*one, at, "answers" if one[3] else "503", 23) for one in looks])
