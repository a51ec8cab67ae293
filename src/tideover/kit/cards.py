"""The cards: one page for each kind of failure, and the index by what people see.

First what is said to the customer, then who decides and up to what sum, then five to nine steps with a box each. Only lays
out what plan/playbook.py resolved; decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tideover.kit.matter import Matter
from tideover.kit.proof import unbroken
from tideover.kit.sheet import Lack, Sheet
from tideover.kit.sums import limit_lines
from tideover.plan.playbook import (
    CHECKLIST,
    Call,
    Playbook,
    Ready,
    ReadyStep,
    ReadyWay,
    faults,
    for_everyone,
    playbooks,
    resolve,
    with_lines,
    with_tills,
)
from tideover.words import Say, say

KINDS = {"say": "Say", "do": "Do", "call": "Call", "decide": "Decide", "check": "Check"}
LIMITS_MAX = 2  # Holders of one right on a card; the others stand on the grants card.


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """A card for each playbook but the return checklist, the index before them, and what is wrong with the shop's own texts."""
    told = say(language)
    cards = [(key, playbook) for key, playbook in playbooks(matter.playbooks, language).items() if key != CHECKLIST]
    made: list[Sheet | Lack] = [_index(cards, told)]
    made += [_card(key, number, ready_of(matter, playbook), matter, told) for number, (key, playbook) in enumerate(cards, 1)]
    made += [
        Lack("card", f"Your text {key} cannot be read, so the starter card was made: {'; '.join(one.text for one in wrong)}.")
        for key, wrong in faults(matter.playbooks).items()
    ]
    return made


def ready_of(matter: Matter, playbook: Playbook) -> Ready:
    """The playbook with the matter's things, people and sums."""
    return resolve(
        playbook,
        with_lines(with_tills(matter.things, matter.selling, matter.law), matter.settings.lines),
        matter.people,
        (*for_everyone(matter.settings), *matter.grants),
        matter.parties,
        matter.services,
        day=matter.today.isoformat(),
        tolerable_s=matter.settings.tolerable_s,
    )


def _card(key: str, number: int, ready: Ready, matter: Matter, told: Say) -> Sheet:
    return Sheet(
        kind="card",
        name=f"card-{key}",
        title=ready.title,
        template="card.typ",
        data={
            "number": str(number),
            "title": ready.title,
            "signs": ready.signs,
            "says": ready.says,
            "boxes": boxes(ready, matter, told),
            "steps": [step_values(one, told) for one in ready.steps],
            "back": ready.back,
            "times": [told("It began"), told("Plan B opened"), told("Back again")],
            "words": {"say": told("Say this first, to the customer"), "back": told("The way back"), "times": told("Write down the time")},
        },
        language=told.language,
        revision=_revision(ready, matter),
        rows=len(ready.steps),
        pages_max=1,
    )


def _revision(ready: Ready, matter: Matter) -> str:
    """The text's own number and the plan's, since a card changes with either."""
    return f"{ready.revision} / {matter.revision}" if matter.revision else ready.revision


# What stands above the steps ------------------------------------------------------------------------


def boxes(ready: Ready, matter: Matter, told: Say) -> list[dict[str, Any]]:
    """Who decides, who reads aloud, and what may be done without asking."""
    blank = {"strong": "", "rest": "", "whole": False, "write": True}
    deciders = [_row(one.name, one.phone, whole=True) for one in ready.deciders]
    reader = _row(ready.reader, told("or whoever holds this card")) if ready.reader else blank
    sums = [_row(*one) for one in limit_lines(ready.limits, matter.settings.currency, told, LIMITS_MAX)]
    return [
        {"label": told("Decides"), "rows": deciders or [blank]},
        {"label": told("Reads aloud"), "rows": [reader]},
        {"label": told("Without asking anybody"), "rows": sums or [_row("", told("No sum is agreed: ask the one who decides."))]},
    ]


def _row(strong: str, rest: str, *, whole: bool = False) -> dict[str, Any]:
    """A name in bold and what follows it; whole: a number that does not break over two lines."""
    return {"strong": strong, "rest": rest, "whole": whole, "write": False}


# Steps ------------------------------------------------------------------------------------------


def step_values(step: ReadyStep, told: Say) -> dict[str, Any]:
    """One step as its template shows it."""
    first, *others = step.ways
    return {"number": str(step.number), **_way(first, told), "others": list(_others(others, told))}


def _others(ways: Iterable[ReadyWay], told: Say) -> Iterator[dict[str, Any]]:
    for way in ways:
        yield {"label": told("If that does not work:"), **_way(way, told)}


def _way(way: ReadyWay, told: Say) -> dict[str, Any]:
    return {
        "kind": told(KINDS[way.kind]),
        "text": way.text,
        "minutes": told("{n} min", n=way.minutes) if way.minutes is not None else "",
        "calls": [_call(one, told) for one in way.calls],
        "write": told("Name and number:") if way.asks_number else "",
    }


def _call(call: Call, told: Say) -> dict[str, str]:
    rest = [call.hours, told("our number with them: {what}", what=unbroken(call.account)) if call.account else "", call.cost]
    return {"name": call.name, "number": call.number, "rest": " · ".join(one for one in rest if one)}


# The index ----------------------------------------------------------------------------------------


def _index(cards: Iterable[tuple[str, Playbook]], told: Say) -> Sheet:
    rows = [{"number": str(number), "title": one.title, "signs": one.signs} for number, (_, one) in enumerate(cards, 1)]
    return Sheet(
        kind="card",
        name="card-index",
        title=told("Which card? What do you see?"),
        template="card_index.typ",
        data={
            "title": told("What do you see?"),
            "hint": told("Find the line that fits, take that card, and let one of you read it aloud. In doubt, take the first that fits."),
            "rows": rows,
        },
        language=told.language,
        rows=len(rows),
    )
