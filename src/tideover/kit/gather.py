"""Reads the shop once for its papers: plan, copies, journal and settings become one Matter.

Only reads, from databases that are open for whatever purpose; what is not there is left empty, and the maker that needs it says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from tideover.copies.store import Copies
from tideover.errors import Damaged
from tideover.journal.reading import Reading
from tideover.kit.jobs import printed_prices
from tideover.kit.matter import Matter, Seen
from tideover.model.item import DATASETS, Dataset
from tideover.plan.playbook import texts
from tideover.plan.records import Check, Grant, Party, Person, PlaybookText, Service, Thing, TillPlace
from tideover.plan.store import Plan
from tideover.rules.calendar import local_date
from tideover.settings import Settings
from tideover.world import from_ms

SOLD_DAYS = 28  # Four weeks: each weekday four times, and last season's best sellers no longer.
LOG_SHEET = "L-"


def gather(settings: Settings, plan: Plan, copies: Copies, journal: Reading, now: datetime, **more: Any) -> Matter:
    """The shop as it stands; more: fields of Matter that somebody else knows better. Raises FileDamaged."""
    today = local_date(now, settings.time_zone)
    known: dict[str, Any] = {
        "revision": plan.revision(),
        "playbooks": texts(plan.all(PlaybookText)),
        "people": _all(plan, Person),
        "services": _all(plan, Service),
        "things": _all(plan, Thing),
        "parties": _all(plan, Party),
        "grants": _all(plan, Grant),
        "tills": _all(plan, TillPlace),
        "pads": tuple(plan.pads()),
        "checks": _all(plan, Check),
        "printed_prices": printed_prices(copies.database),
        **_of_copies(copies, settings.time_zone),
        **_of_journal(journal, copies, settings.time_zone, today),
        **more,
    }
    return Matter(settings=settings, law=plan.law(), today=today, **known)


def _all(plan: Plan, kind: Any) -> tuple[Any, ...]:
    return tuple(plan.all(kind))


# Copies -------------------------------------------------------------------------------------------


def _of_copies(copies: Copies, zone: str) -> dict[str, Any]:
    """Every dataset but the sales, which are only counted; archived items and merged customers are on no paper."""
    states = {state.dataset: state.as_of for state in copies.states()}
    return {
        "items": tuple(one for one in _rows(copies, "items") if not one.archived),
        "stock": tuple(_rows(copies, "stock")),
        "customers": tuple(one for one in _rows(copies, "customers") if one.merged_into is None),
        "suppliers": tuple(_rows(copies, "suppliers")),
        "orders": tuple(_rows(copies, "orders")),
        "quotes": tuple(_rows(copies, "quotes")),
        "invoices": tuple(_rows(copies, "invoices")),
        "as_of": {name: local_date(at, zone).isoformat() for name in DATASETS if (at := states.get(name)) is not None},
    }


def _rows(copies: Copies, dataset: Dataset) -> Iterator[Any]:
    """Record by record, a slice of them in memory at a time."""
    after: str | None = None
    while True:
        found = copies.rows(dataset, after)
        yield from found.rows
        if not found.more:
            return
        after = found.cursor


# Journal ------------------------------------------------------------------------------------------


def _of_journal(journal: Reading, copies: Copies, zone: str, today: date) -> dict[str, Any]:
    """What the journal adds; a torn one adds what can still be read of it: paper is wanted most on that day."""
    found: dict[str, Any] = {"sold": _sold_in_cloud(copies, today)[0]}
    asked = {
        "sold": lambda: sold(journal, copies, today),
        "seen": lambda: seen(journal, zone),
        "selling": journal.selling_tills,
        "log_sheets_keyed": lambda: log_sheets_keyed(journal),
    }
    for name, ask in asked.items():
        with suppress(Damaged):
            found[name] = ask()
    return found


def sold(journal: Reading, copies: Copies, today: date) -> Mapping[str, int]:
    """Item code to the number of lines it was sold on in the last four weeks.

    A day that the cloud's copy holds is counted there alone: what was sold in an outage has come to it by now.
    """
    lines, days = _sold_in_cloud(copies, today)
    for back in range(SOLD_DAYS):
        day = (today - timedelta(days=back)).isoformat()
        if day not in days:
            for kept in journal.day(day, kinds=("sale",)):
                lines.update(line.item for line in kept.entry.body.lines if line.item and line.quantity > 0)
    return dict(lines)


def _sold_in_cloud(copies: Copies, today: date) -> tuple[Counter[str], set[str]]:
    first = (today - timedelta(days=SOLD_DAYS)).isoformat()
    lines: Counter[str] = Counter()
    days: set[str] = set()
    for sale in _rows(copies, "sales"):
        if sale.day >= first:
            days.add(sale.day)
            lines.update(line.item for line in sale.lines if line.quantity > 0)
    return lines, days


def _entries(journal: Reading, kind: str) -> Iterator[Any]:
    after = 0
    while kepts := journal.read(after=after, kinds=(kind,)):
        yield from (kept.entry for kept in kepts)
        after = kepts[-1].seq


def seen(journal: Reading, zone: str) -> Mapping[str, Seen]:
    """What each check is worth: that it fails, else its last proof, else its last claim. A claim hides neither of the others."""
    answers: dict[str, Seen] = {}
    for entry in _entries(journal, "checked"):
        on = local_date(from_ms(entry.happened_at), zone).isoformat()
        heard = Seen(on, entry.body.standing, entry.operator or "", entry.body.works)
        before = answers.get(entry.body.check)
        if not is_claim(heard) or before is None or is_claim(before):
            answers[entry.body.check] = heard
    return answers


def is_claim(seen: Seen) -> bool:
    """Somebody only said that it works."""
    return seen.works and seen.standing == "claim"


def log_sheets_keyed(journal: Reading) -> int:
    """The highest number of a log sheet that was keyed in; 0 for none."""
    numbers = (entry.body.sheet.removeprefix(LOG_SHEET) for entry in _entries(journal, "note"))
    return max((int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) <= 6), default=0)
