"""What the pages of a playbook's run show: the step in turn with what its kind needs, all steps with what was said of them.

Reads the run, its wording, and, for the return checklist, what the box sees. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from tideover.activate import back, steps
from tideover.activate.mode import is_open
from tideover.activate.steps import Mark, Place, Run
from tideover.kit.sums import limit_lines
from tideover.model.open_item import OpenItem
from tideover.plan.contacts import dialled
from tideover.plan.playbook import CHECKLIST, ReadyWay
from tideover.plan.wording import Wording
from tideover.web.headline import PLACES
from tideover.web.house import House
from tideover.words import Say
from tideover.words import say as words_in
from tideover.world import to_ms

SAYS = ReadyWay("say", "")  # The two sentences: a step before the first.
LIMITS_MAX = 3
QUOTE = "'"
DIVERSION = "diversion"  # What a step opens that diverts the calls.
OPEN_SHOWN_MAX = 8

KINDS = {"say": "Say", "do": "Do", "call": "Call", "decide": "Decide", "check": "Check"}
DONE = {"say": "Said", "do": "Done", "call": "Called", "decide": "Decided", "check": "Yes"}
FAILED = {"say": "It did not work", "do": "It did not work", "call": "Nobody answers", "decide": "Not decided", "check": "No"}
STATES = {"done": "Done", "skipped": "Left out", "failed": "It did not work", "open": "Not done yet"}
WHERE = {  # Where a person settles what is open: code of the item to the page and what the link says.
    "slip": ("/slips", "To the slips"),
    "pad-count": ("/slips", "To the slips"),
    "slip-once": ("/slips", "To the slips"),
    "in-flight": ("/", "To what waits"),
    "waiting": ("/", "To what waits"),
    "parked": ("/", "To what waits"),
    "difference": ("/", "To what waits"),
    "day-open": ("/day", "Close the day"),
    "supplier": ("/run#told", "To the calls"),
    "diversion": ("/calls", "To the diversion"),
}


class Link(Struct, frozen=True):
    """A page that a step names."""

    href: str
    text: str  # In English.


CLOSED_AT = {  # What a step closes, and where: also while the box still sees nothing open.
    "slips": Link("/slips", "To the slips"),
    "bookings": Link("/#waiting", "To what waits"),
    "in-flight": Link("/#waiting", "To what waits"),
    "days": Link("/day", "Close the day"),
    "differences": Link("/#waiting", "To what waits"),
}


class Ringing(Struct, frozen=True):
    """Somebody to ring."""

    name: str
    number: str
    dialled: str
    hours: str
    account: str
    cost: str


class StepLine(Struct, frozen=True):
    """A step among all the others."""

    number: int
    kind: str
    text: str
    state: str  # open, done, skipped, failed; box: ticked by the box.
    is_now: bool
    marks: tuple[Mark, ...] = ()  # Everything that was said of it.


class StepNow(Struct, frozen=True):
    """The step that is shown large."""

    number: int
    way: int
    kind: str
    text: str
    says: tuple[str, ...]
    minutes: int | None
    calls: tuple[Ringing, ...]
    asks_number: bool
    others: int  # Ways that are left after this one.
    state: str
    mark: Mark | None
    seen: int
    against: tuple[tuple[OpenItem, str, str], ...]  # What the box still sees, with the page where it is settled.
    is_last_word: bool  # The step that ends the outage.
    tells: bool  # The step at which suppliers are told that it is over.
    before: str = ""  # The way that did not work.
    page: Link | None = None  # Where it is done.


class RunView(Struct, frozen=True):
    """A run as its pages show it."""

    run: Run
    title: str
    lines: tuple[StepLine, ...]
    now: StepNow | None  # None: every step is over.
    done: int
    total: int
    back: tuple[str, ...]
    deciders: tuple[Any, ...]
    limits: tuple[tuple[str, str], ...]
    is_return: bool
    has_wording: bool
    items: tuple[OpenItem, ...]  # What keeps the outage open, for the return checklist.
    is_out: bool
    ticked: dict[int, int]


class Sight(Struct, frozen=True):
    """What the box sees of the way back."""

    items: tuple[OpenItem, ...]
    known: frozenset[str]  # Matters of which it knows.
    is_out: bool  # An outage is open.
    phase: str


def sight(house: House) -> Sight:
    """Everything that keeps the outage open but the return checklist's own steps. Raises Damaged."""
    outage = house.fallback.outage
    known = set(back.ALWAYS_KNOWN)
    if house.counter.slips.account().states:
        known.add("slips")
    if house.runs.to_tell():
        known.add("suppliers")
    return Sight(tuple(house.close.checklist()), frozenset(known), is_open(outage), outage.phase)


def open_items(house: House) -> list[OpenItem]:
    """Everything that keeps the outage open, the steps of a return checklist that was begun among it."""
    seen = sight(house)
    found = list(seen.items)
    for run in house.runs.open_runs():
        if (wording := house.runs.wording(run)) is not None:
            found += back.steps_open(run, wording.ready, seen.items, seen.known, house.settings.owner)
    return found


def view_of(house: House, run: Run, say: Say, step: int | None = None) -> RunView:
    """The run, with that step large, else the one in turn."""
    wording = house.runs.wording(run)
    is_return = run.playbook == CHECKLIST
    seen = sight(house) if is_return and run.ended is None else Sight((), frozenset(), False, "")
    ticked = back.ticks(run, wording.ready, seen.items, seen.known, seen.is_out) if wording and is_return and run.ended is None else {}
    turn = next((one for one in range(len(run.ways)) if steps.place_of(run, one) is not None and one not in ticked), None)
    shown = step if step is not None and 0 <= step < len(run.ways) else turn
    lines = tuple(_line(run, wording, number, number == turn, number in ticked, say) for number in range(len(run.ways)))
    return RunView(
        run=run,
        title=wording.ready.title if wording else run.playbook,
        lines=lines,
        now=None if shown is None or run.ended is not None else _now(run, wording, shown, ticked, seen, say),
        done=sum(one.state != "open" for one in lines),
        total=len(lines),
        back=wording.ready.back if wording else (),
        deciders=wording.ready.deciders if wording else (),
        limits=tuple(limit_lines(wording.ready.limits, wording.currency, say, LIMITS_MAX)) if wording else (),
        is_return=is_return,
        has_wording=wording is not None,
        items=seen.items,
        is_out=seen.is_out,
        ticked=ticked,
    )


def _way(wording: Wording | None, place: Place, say: Say) -> ReadyWay:
    if place.step == steps.FIRST:
        return SAYS
    if wording is None:
        return ReadyWay("do", say("The words of this step are not in this plan. Take the card on paper: step {n}.", n=place.step))
    return back.way_at(wording.ready, place)


def _line(run: Run, wording: Wording | None, number: int, is_now: bool, is_ticked: bool, say: Say) -> StepLine:
    mark, place = run.marks.get(number), steps.place_of(run, number)
    way = _way(wording, place or Place(number, mark.way if mark else 1), say)
    text = say("Two sentences to the customer") if number == steps.FIRST else way.text
    state = "box" if is_ticked else steps.state_of(run, number)
    return StepLine(number, way.kind, text, state, is_now, tuple(one for one in run.words if one.step == number))


def _now(run: Run, wording: Wording | None, number: int, ticked: dict[int, int], seen: Sight, say: Say) -> StepNow:
    mark, place = run.marks.get(number), steps.place_of(run, number)
    here = place or Place(number, mark.way if mark else 1)
    way = _way(wording, here, say)
    calls = tuple(Ringing(one.name, one.number, dialled(one.number), one.hours, one.account, one.cost) for one in way.calls)
    against = [(one, *WHERE.get(one.code, ("", ""))) for one in back.standing_against(way, seen.items)[:OPEN_SHOWN_MAX]]
    tried = number != steps.FIRST and wording is not None and place is not None and place.way > 1
    return StepNow(
        number=number,
        way=here.way,
        kind=way.kind,
        text=way.text,
        says=wording.ready.says if wording and number == steps.FIRST else (),
        minutes=way.minutes,
        calls=calls,
        asks_number=way.asks_number,
        others=run.ways[number] - here.way,
        state="box" if number in ticked else steps.state_of(run, number),
        mark=mark,
        seen=steps.seen_of(run, number),
        against=tuple(against),
        is_last_word=back.OUTAGE in way.closes,
        tells="suppliers" in way.closes,
        before=back.way_at(wording.ready, Place(number, here.way - 1)).text if tried else "",
        page=page_of(way, run.language),
    )


def page_of(way: ReadyWay, language: str) -> Link | None:
    """The page of this box that the step names, in its own language, or where it is done; calls are always diverted on theirs."""
    told = words_in(language)
    for name, place in PLACES.items():
        is_named = name in way.text or f"”{told(name.strip(QUOTE))}”" in way.text
        if is_named or (DIVERSION in way.opens and place.href == "/calls"):
            return Link(place.href, place.text)
    return next((CLOSED_AT[one] for one in way.closes if one in CLOSED_AT), None)


def last_word(run: Run) -> Mark | None:
    """The newest word that may be taken back."""
    newest: Sequence[Mark] = [one for one in run.words if run.marks[one.step] is one and one.outcome != "open" and one.by]
    return newest[-1] if newest else None


def minutes_left(view: RunView, now: Any) -> int | None:
    """Whole minutes that are left of the time-box of the step in turn; negative once it is over. None: it has none."""
    if view.now is None or view.now.minutes is None or not any(one.is_now and one.number == view.now.number for one in view.lines):
        return None
    return (view.run.since_ms + view.now.minutes * 60_000 - to_ms(now)) // 60_000
