"""The ladder on the wall: each rung with what it takes in this shop, whether it works now, and its last proof.

A proof is a real sale or a check that somebody saw work, with its day; a rung without one says that it was never proven.
Decides nothing: which rung is used stands in `activate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from msgspec import Struct

from tideover.journal.store import Journal
from tideover.kit.matter import Matter, Seen
from tideover.kit.proof import in_words
from tideover.kit.rungs import able, rungs
from tideover.learn.check import Known
from tideover.plan.carriers import shared_carriers
from tideover.plan.records import Service, Thing
from tideover.web.headline import RUNGS
from tideover.web.house import House
from tideover.web.status import Status
from tideover.words import Say
from tideover.world import from_ms

State = Literal["in-use", "works", "by-hand", "no"]

CLOUD, OTHER_LINE, TILL, SLIPS = 0, 1, 4, 5
ABILITIES = {1: "internet", 2: "till", 3: "vendor-offline"}  # What a thing must be able to do to carry that rung.
NEVER = "Never proven."


class LadderRow(Struct, frozen=True):
    """One rung, in the reader's language."""

    number: int
    name: str
    state: State
    what: str  # The shop's own things for it.
    why: str  # Why it does not work; "" where it does.
    proof: str
    is_proven: bool


def ladder_rows(house: House, status: Status, known: Mapping[str, Known], today: date, say: Say) -> list[LadderRow]:
    """All rungs, 0 first. Raises Damaged."""
    matter = _matter(house, known, today)
    planned = {int(row["number"]): row for row in rungs(matter, say)}
    rows = []
    for one in status.rung.ladder:
        plan = planned[one.number]
        has_things = one.number in ABILITIES and bool(_carriers(matter, one.number))
        state: State = "no"
        if one.number == status.rung.number and (one.works or one.number == to_sell_on(status)[0]):
            state = "in-use"
        elif one.works:
            state = "works"
        elif has_things:
            state = "by-hand"
        proof = _proof(house, status, one.number, plan["seen"], say)
        why = "" if state != "no" else say.told(one.why)
        if one.number == OTHER_LINE:
            why = " ".join(filter(None, (why, *(say.told(shared.text) for shared in shared_carriers((), house.mover.lines)))))
        name = say(RUNGS.get(one.name, one.name))
        rows.append(LadderRow(one.number, name, state, plan["what"], why, proof or say(NEVER), bool(proof)))
    return rows


def to_sell_on(status: Status) -> tuple[int, str]:
    """Number and name of the rung to sell on now: the one in use, or the highest that works while nobody has decided yet."""
    ladder, used = status.rung.ladder, (status.rung.number, status.rung.name)
    if status.phase == "fallback" or any(one.works for one in ladder if one.number == used[0]):
        return used  # What was decided stands; it falls further by itself.
    return next(((one.number, one.name) for one in ladder if one.works), used)


def _carriers(matter: Matter, number: int) -> list[Thing]:
    """Spares for that rung, as the kit's plan on a page names them."""
    found = able(matter, ABILITIES[number])
    if number == 1:
        return [one for one in found if one.stands_in_for or one.key not in ("line", "internet")]
    return [one for one in found if number != 2 or "receipts" not in one.can]


def _matter(house: House, known: Mapping[str, Known], today: date) -> Matter:
    """As much of the plan as the rungs need."""
    plan, settings = house.plan, house.settings
    seen = {key: found for key, one in known.items() if (found := _seen(one)) is not None}
    return Matter(
        settings=settings,
        law=plan.law(),
        today=today,
        services=tuple(plan.all(Service)),
        things=tuple(plan.all(Thing)),
        tills=tuple(plan.tills()),
        selling=house.journal.selling_tills(),
        pads=tuple(plan.pads()),
        checks=tuple(plan.checks()),
        seen=seen,
    )


def _seen(one: Known) -> Seen | None:
    """What counts of a check's answers: that it fails, else its last proof, else its last claim."""
    if one.failed is not None:
        return Seen(one.failed.on, "proof", one.failed.by, False)
    if one.proof is not None:
        return Seen(one.proof.on, "proof", one.proof.by, True)
    return None if one.claim is None else Seen(one.claim.on, "claim", one.claim.by, True)


def _proof(house: House, status: Status, number: int, checked: str, say: Say) -> str:
    """The last proof in words; "" for none. checked: what the checks say, as the kit words it."""
    found = [] if checked in ("–", "", in_words(say, None)) else [checked]
    if number == CLOUD:
        cloud = next((one for one in status.verdicts if one.service == "cloud"), None)
        if cloud is not None and cloud.state == "up":
            return say("answers now")
        if came := max((one.as_of for one in status.copies if one.as_of is not None), default=None):
            found.insert(0, say("it last answered {time}", time=say.clock(from_ms(came), house.settings.time_zone, from_ms(status.now))))
    if number == TILL and (sales := house.journal.newest(("sale",), 1, not_till=house.journal.box)):
        found.insert(0, say("a real sale on {day}", day=say.day(sales[0].entry.trading_day)))
    if number == SLIPS and (slips := house.journal.newest(("slip_keyed",), 1)):
        found.insert(0, say("a real sale on {day}", day=say.day(slips[0].entry.trading_day)))
    return "; ".join(found)


def rung_since(journal: Journal, status: Status) -> int | None:
    """Since when the rung in use is used, UTC ms; None where it never changed."""
    changes = journal.newest(("rung",), 20)
    change = next((one.entry for one in changes if one.entry.body.of_till is None), None)
    if change is None or change.body.number != status.rung.number:
        return None
    return change.happened_at
