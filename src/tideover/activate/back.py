"""The way back: which steps of the return checklist the box ticks by itself, and what keeps it, or the outage, from its end.

A person's tick never stands against what the box sees. Where the box knows nothing a person ticks. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from tideover.activate.steps import Place, Run, place_of
from tideover.model.open_item import OpenItem
from tideover.plan.playbook import CHECKLIST, Ready, ReadyWay

# What a step closes (playbook_words.MATTERS) to the codes of open items that stand for it. A diversion is known by people's
# ticks alone: the step that closes it is the tick.
OF_MATTER: dict[str, frozenset[str]] = {
    "slips": frozenset({"slip", "pad-count", "slip-once"}),
    "in-flight": frozenset({"in-flight"}),
    "bookings": frozenset({"waiting", "parked"}),
    "days": frozenset({"day-open"}),
    "differences": frozenset({"difference"}),
    "suppliers": frozenset({"supplier"}),
}
OUTAGE = "outage"  # The step that ends it.
ALWAYS_KNOWN = frozenset({"in-flight", "bookings", "days", "differences"})


def standing_against(way: ReadyWay, items: Iterable[OpenItem]) -> list[OpenItem]:
    """What the box sees open of what this step closes."""
    codes = frozenset[str]().union(*(OF_MATTER.get(one, frozenset()) for one in way.closes))
    return [one for one in items if one.code in codes]


def is_ticked_by_box(way: ReadyWay, items: Iterable[OpenItem], known: Collection[str], is_out: bool) -> bool:
    """True if the box knows of everything that the step closes that it is settled. known: matters of which it knows."""
    if way.closes == (OUTAGE,):
        return not is_out
    return bool(way.closes) and all(one in known for one in way.closes) and not standing_against(way, items)


def ticks(run: Run, ready: Ready, items: Sequence[OpenItem], known: Collection[str], is_out: bool) -> dict[int, int]:
    """Open steps that the box ticks by itself, each with the way that stands."""
    places = (place_of(run, step.number) for step in ready.steps)
    return {
        one.step: one.way for one in places if one is not None and is_ticked_by_box(way_at(ready, one), items, known, is_out)
    }


def steps_open(run: Run, ready: Ready, items: Sequence[OpenItem], known: Collection[str], owner: str) -> Iterator[OpenItem]:
    """What an open return checklist still asks for, the step that ends the outage left out."""
    if run.playbook != CHECKLIST or run.ended is not None:
        return
    ticked = ticks(run, ready, items, known, is_out=True)
    for step in ready.steps:
        place = place_of(run, step.number)
        failed = run.marks[step.number].outcome == "failed" if place is None else False
        if OUTAGE in step.ways[0].closes or (place is None and not failed) or step.number in ticked:
            continue
        text = f"Step {step.number} of the return checklist is open."
        if failed:
            text = f"Step {step.number} of the return checklist did not come out as it should."
        yield OpenItem("return-step", text, owner)


def way_at(ready: Ready, place: Place) -> ReadyWay:
    """The way at that place of the wording; the two sentences are no step of it."""
    return ready.steps[place.step - 1].ways[place.way - 1]
