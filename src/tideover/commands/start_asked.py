"""Asks the six questions in the terminal: one by one, Enter skips, < goes back, every answer kept as it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from tideover.commands.output import say as tell
from tideover.plan.answers import Answers, checked
from tideover.plan.questions import GROUPS, PEOPLE_ASKED, PERSON_FIELDS, Group, Question
from tideover.web.starting import keep_answers, kept_answers
from tideover.words import Say, say
from tideover.world import real_world

BACK = "<"


class Step(Struct, frozen=True):
    """One prompt."""

    group: Group
    question: Question
    person: int | None = None  # Which of the people, from 0.

    @property
    def is_first(self) -> bool:
        """True where a new page of questions begins."""
        first = self.group.questions[0].key if self.group.questions else PERSON_FIELDS[0].key
        return self.question.key == first and not self.person


def steps() -> list[Step]:
    """Every prompt in its order."""
    found = [Step(group, question) for group in GROUPS for question in group.questions]
    people = next(group for group in GROUPS if group.bite == "people")
    return found + [Step(people, question, number) for number in range(PEOPLE_ASKED) for question in PERSON_FIELDS]


def ask_all(folder: Path, files: dict[str, Path | None], lang: str | None) -> Answers:
    """The answers, kept in the folder as they come; asks for a price export at the end, where none was given."""
    told = say(lang or _language())
    told_before = kept_answers(folder)
    table = _table(told_before)
    table.setdefault("shop", {}).setdefault("language", told.language)
    tell(told("Six questions. Enter skips or keeps, < goes back; everything can be answered later."))
    asked, place = steps(), 0
    while place < len(asked):
        step = asked[place]
        if step.person and not _name_of(table, step.person - 1):
            break  # Nobody was named at the last row: enough people.
        if step.is_first:
            number = GROUPS.index(step.group) + 1
            tell(f"\n{number}/{len(GROUPS)}  {told(step.group.title)}. {told(step.group.why)}")
        answer = _prompt(step, table, told)
        if answer == BACK:
            place = max(0, place - 1)
            continue
        if _take(step, answer, table, told):
            keep_answers(folder, checked(table)[0])
            place += 1
    if files["items"] is None:
        tell("\n" + told("A price export of the till, CSV or XLSX: drag the file here, or Enter for later."))
        path = click.prompt(">", default="", show_default=False, err=True).strip().strip("'\"")
        files["items"] = Path(path).expanduser() if path else None
    return checked(table)[0]


def _language() -> str:
    return "fi" if real_world().environ.get("LANG", "").startswith("fi") else "en"


def _table(answers: Answers) -> dict[str, Any]:
    """The answers by section, as a file has them."""
    table: dict[str, Any] = {"people": [{"name": one.name, "phone": one.phone, "does": one.does} for one in answers.people]}
    for key, text in answers.given.items():
        section, _, field = key.partition(".")
        table.setdefault(section, {})[field] = text
    return table


def _prompt(step: Step, table: dict[str, Any], told: Say) -> str:
    question = step.question
    now = _now(step, table)
    lines = [f"  {told(question.text)}  ({told(question.why)})"]
    lines += [f"     {number} {told(shown)}" for number, (_, shown) in enumerate(question.choices, 1)]
    tell("\n".join(lines))
    hint = f" [{now}]" if now else f" ({told('for example {what}', what=question.example)})" if question.example else ""
    return click.prompt(f"  >{hint}", default="", show_default=False, prompt_suffix=" ", err=True).strip()


def _now(step: Step, table: dict[str, Any]) -> str:
    if step.person is not None:
        rows = table["people"]
        return rows[step.person].get(step.question.key, "") if step.person < len(rows) else ""
    section, _, field = step.question.key.partition(".")
    return table.get(section, {}).get(field, "")


def _name_of(table: dict[str, Any], person: int) -> str:
    return table["people"][person].get("name", "") if person < len(table["people"]) else ""


def _take(step: Step, answer: str, table: dict[str, Any], told: Say) -> bool:
    """Put it where it belongs; False if it cannot be used, which was said."""
    if not answer:
        return True
    if answer.isdigit() and 0 < int(answer) <= len(step.question.choices):
        answer = step.question.choices[int(answer) - 1][0]
    before = _now(step, table)
    _put(step, answer, table)
    field = f"people.{step.person + 1}" if step.person is not None else step.question.key
    faults = [one for one in checked(table)[1] if one.field.startswith(field) and not one.why.startswith("the name is missing")]
    for one in faults:
        tell(f"  ! {told.told(one.why)}")
    if faults:
        _put(step, before, table)
    return not faults


def _put(step: Step, answer: str, table: dict[str, Any]) -> None:
    if step.person is None:
        section, _, field = step.question.key.partition(".")
        table.setdefault(section, {})[field] = answer
        return
    while len(table["people"]) <= step.person:
        table["people"].append({})
    table["people"][step.person][step.question.key] = answer
