"""What must never break, checked from what is left after an afternoon; each checker returns the faults it found.

They read the files and the cloud's own list, and know nothing of how the shop got there.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import apsw
import msgspec

from sim.shop import SimShop
from tideover.journal.entry import decode
from tideover.journal.verify import verify_file
from tideover.rules.balance import check_document


class Left(msgspec.Struct):
    """What an afternoon left behind."""

    entries: dict[str, tuple[Any, bytes]]  # Id to entry and signed bytes, from journal.db.
    documents: list[dict[str, Any]]  # Every row of the cloud's table, lines and payments with it.
    parked: set[str]


def read(shop: SimShop) -> Left:
    """Read both databases with plain SQL."""
    house = shop.house
    assert house is not None, "the box is on at the end"
    journal = apsw.Connection(str(shop.folder / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    entries = {row[0]: (decode(bytes(row[1])), bytes(row[1])) for row in journal.execute("SELECT id, signed FROM entry ORDER BY seq")}
    journal.close()
    cloud = apsw.Connection(str(shop.folder / "practice.db"), flags=apsw.SQLITE_OPEN_READONLY)
    documents = [
        {
            "id": row[0],
            "external_id": row[1],
            "day": row[2],
            "kind": row[3],
            "state": row[4],
            "total_minor": row[5],
            "reference": row[6],
            "lines": cloud.execute("SELECT item, quantity, amount_minor FROM sale_line WHERE sale_id = ?", (row[0],)).fetchall(),
            "payments": cloud.execute("SELECT tender, amount_minor FROM payment WHERE sale_id = ?", (row[0],)).fetchall(),
        }
        for row in cloud.execute("SELECT id, external_id, day, kind, state, total_minor, reference FROM sale").fetchall()
    ]
    cloud.close()
    return Left(entries, documents, {one.id for one in house.outbox.parked()})


def nothing_acknowledged_is_lost(shop: SimShop, left: Left) -> list[str]:
    """1 and 3: every entry that a till saw acknowledged stands there, byte for byte."""
    faults = []
    for till in shop.tills:
        for entry, signed in till.acknowledged.items():
            if entry not in left.entries:
                faults.append(f"{till.name}'s {entry} was acknowledged and is gone")
            elif left.entries[entry][1] != signed:
                faults.append(f"{till.name}'s {entry} was changed")
    return faults


def every_sale_is_booked_once_or_has_a_name(shop: SimShop, left: Left) -> list[str]:
    """2 and 6: one final document per sale, none for what is parked for good."""
    finals = Counter(one["external_id"] for one in left.documents if one["state"] == "final" and one["external_id"])
    faults = [f"{entry} is not an entry, but the cloud has it" for entry in finals if entry not in left.entries]
    for entry, (fact, _) in left.entries.items():
        if fact.kind not in ("sale", "refund"):
            continue
        if finals[entry] > 1:
            faults.append(f"{entry} stands in the cloud {finals[entry]} times")
        if finals[entry] == 0 and entry not in left.parked:
            faults.append(f"{entry} is neither in the cloud nor with a person")
    return faults


def every_sale_in_flight_happened_once(shop: SimShop, left: Left) -> list[str]:
    """The check list: booked by the cloud's till, or an entry instead; never both, never neither."""
    settled = {fact.refers_to: fact.body for fact, _ in left.entries.values() if fact.kind == "in_flight_settled"}
    by_reference = Counter(one["reference"] for one in left.documents if one["state"] == "final" and one["reference"])
    faults = []
    for reference, check in shop.in_flight.items():
        outcome = settled.get(check)
        if outcome is None:
            faults.append(f"{reference} was never settled")
            continue
        entry_made = outcome.entry is not None and outcome.entry in left.entries
        if entry_made == bool(by_reference[reference]):
            faults.append(f"{reference}: in the cloud {by_reference[reference]} times, and as an entry: {entry_made}")
    return faults


def the_chain_is_whole(shop: SimShop, left: Left) -> list[str]:
    """4: chain, signatures and numbers."""
    found = verify_file(Path(shop.folder / "journal.db"), None)
    return [] if found.chain == "whole" else [f"{found.chain}: {found.why}"]


def money_is_conserved(shop: SimShop, left: Left) -> list[str]:
    """5: each document balances, here and there, and both say the same sum."""
    faults = []
    for entry, (fact, _) in left.entries.items():
        if fact.kind in ("sale", "refund"):
            faults += [f"{entry}: {fault}" for fault in check_document(fact.body, fact.kind)]
    for one in left.documents:
        if one["state"] != "final":
            continue
        if one["total_minor"] != sum(line[2] for line in one["lines"]):
            faults.append(f"cloud's {one['id']}: its lines come to something else")
        if one["external_id"] in left.entries:
            document = left.entries[one["external_id"]][0].body
            if one["total_minor"] != sum(line.amount_minor for line in document.lines):
                faults.append(f"{one['external_id']} has another sum in the cloud")
    return faults


def a_sale_that_happened_is_never_refused(shop: SimShop, left: Left) -> list[str]:
    """7: no till's entry was turned away for good."""
    return [f"{till.name}: {entry} was refused" for till in shop.tills for entry in till.refused if entry not in till.acknowledged]


def a_sale_keeps_its_day(shop: SimShop, left: Left) -> list[str]:
    """8: the cloud books it on the day it belongs to."""
    days = {entry: fact.trading_day for entry, (fact, _) in left.entries.items()}
    return [
        f"{one['external_id']} is booked on {one['day']}"
        for one in left.documents
        if one["state"] == "final" and one["external_id"] in days and one["day"] != days[one["external_id"]]
    ]


LEGAL = {
    "none": {"suspected", "fallback"},
    "suspected": {"cleared", "fallback"},
    "cleared": {"suspected", "fallback"},
    "fallback": {"recovering"},
    "recovering": {"fallback", "closed"},
    "closed": {"suspected", "fallback"},
}


def the_outage_takes_legal_steps(shop: SimShop, left: Left) -> list[str]:
    """The phases follow docs/contracts.md, and there is never a second outage beside an open one."""
    faults, phase, outage = [], "none", ""
    for fact, _ in left.entries.values():
        if fact.kind != "outage":
            continue
        step = fact.body
        if step.phase not in LEGAL[phase]:
            faults.append(f"the outage went from {phase} to {step.phase}")
        if phase in ("suspected", "fallback", "recovering") and step.outage != outage:
            faults.append(f"outage {step.outage} began while {outage} was open")
        phase, outage = step.phase, step.outage
    return faults


def nothing_died(shop: SimShop, left: Left) -> list[str]:
    """No loop ended with an error that nobody foresaw."""
    return [f"a loop died: {fact.body.loop}: {fact.body.error}" for fact, _ in left.entries.values() if fact.kind == "loop_died"]


CHECKERS = (
    nothing_acknowledged_is_lost,
    every_sale_is_booked_once_or_has_a_name,
    every_sale_in_flight_happened_once,
    the_chain_is_whole,
    money_is_conserved,
    a_sale_that_happened_is_never_refused,
    a_sale_keeps_its_day,
    the_outage_takes_legal_steps,
    nothing_died,
)


def faults_of(shop: SimShop) -> list[str]:
    """Every fault that any checker found."""
    left = read(shop)
    return [f"{check.__name__}: {fault}" for check in CHECKERS for fault in check(shop, left)]
