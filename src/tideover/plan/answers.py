"""What a shop answered to the first questions: read strictly from a file or a page, and written back as it may be read again.

Collects every fault with its line and field rather than stopping at the first. Never invents an answer: skipped is skipped.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import FileUnreadable
from tideover.plan.questions import GROUPS, PEOPLE_MAX, PERSON_FIELDS, QUESTIONS, TEXT_LENGTH_MAX, Question
from tideover.words import plain

FILE_BYTES_MAX = 100_000  # Thirty people and every field come to 6 kB.
FAULTS_SHOWN = 20
NONE_HERE = frozenset({"no", "none", "nothing", "-", "0", "ei", "ei ole", "ei mitään"})  # Answered: there is none.
PHONE = re.compile(r"[0-9+() /.\-]{3,40}")


class Helper(Struct, frozen=True):
    """Somebody named in the answers."""

    name: str
    phone: str = ""
    does: str = "works"  # Of questions.DOES.

    @property
    def decides(self) -> bool:
        return self.does in ("decides", "both")

    @property
    def fetches(self) -> bool:
        return self.does in ("fetches", "both")


class Answers(Struct, frozen=True):
    """The answers by the questions' keys; what was skipped is not in it."""

    given: Mapping[str, str] = {}
    people: tuple[Helper, ...] = ()

    def of(self, key: str) -> str:
        """The answer, "" where it was skipped."""
        return self.given.get(key, "")

    def has(self, key: str) -> str:
        """The answer as a thing that is there; "" where it was skipped, or where there is none."""
        answer = self.of(key)
        return "" if answer.casefold().rstrip(".!") in NONE_HERE else answer

    @property
    def owner(self) -> str:
        """Who decides; "" while nobody is named."""
        return next((one.name for one in self.people if one.decides), self.people[0].name if self.people else "")

    @property
    def second(self) -> str:
        """Who is asked when the owner does not answer; "" where there is only one."""
        others = [one for one in self.people if one.name != self.owner]
        return next((one.name for one in (*(one for one in others if one.decides), *others)), "")


class Fault(Struct, frozen=True):
    """One answer that cannot be used."""

    field: str
    why: str
    line: int | None = None  # Of the file, from 1.

    def __str__(self) -> str:
        where = f"line {self.line}, {self.field}" if self.line else self.field
        return f"{where}: {self.why}"


def read_answers(text: str, name: str = "answers.toml") -> Answers:
    """The answers in a TOML text. Raises FileUnreadable with every fault."""
    if len(text) > FILE_BYTES_MAX:
        raise _unreadable(name, [Fault("file", f"it is larger than {FILE_BYTES_MAX // 1000} kB")])
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(name, [Fault("file", str(error).replace("\n", " ")[:300])]) from error
    answers, faults = checked(table)
    if faults:
        lines = _lines_of(text)
        raise _unreadable(name, [replace(one, line=lines.get(one.field)) for one in faults])
    return answers


def _unreadable(name: str, faults: list[Fault]) -> FileUnreadable:
    more = f"; and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
    told = "; ".join(str(one).rstrip(".") for one in faults[:FAULTS_SHOWN]) + more
    return FileUnreadable(file=name, why=told, next="Correct it there and run the same command again; docs/answers.toml is an example.")


def checked(table: Mapping[str, Any]) -> tuple[Answers, list[Fault]]:
    """Answers by section, as a file or a page has them, and what cannot be used."""
    faults: list[Fault] = []
    given: dict[str, str] = {}
    for section, fields in table.items():
        if section == "people":
            continue
        if not isinstance(fields, Mapping):
            why = _unknown(section, _SECTIONS) if section not in _SECTIONS else f"write its fields below a line [{section}]"
            faults.append(Fault(section, why))
            continue
        for field, value in fields.items():
            key = f"{section}.{field}"
            if key not in QUESTIONS:
                faults.append(Fault(key, _unknown(key, QUESTIONS)))
            elif answer := _answer(QUESTIONS[key], key, value, faults):
                given[key] = answer
    return Answers(given, tuple(_people(table.get("people", []), faults))), faults


_SECTIONS = tuple(dict.fromkeys([key.partition(".")[0] for key in QUESTIONS] + ["people"]))


def _unknown(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, list(known), 1)
    return f"there is no such question; did you mean {near[0]}?" if near else "there is no such question"


def _answer(question: Question, field: str, value: Any, faults: list[Fault]) -> str:
    """The text of one answer; "" if it was skipped or cannot be used, and then the fault is noted."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if not isinstance(value, str):
        faults.append(Fault(field, 'write it as a text in quotes, like "Elisa"'))
        return ""
    text = _chosen(question, plain(value))
    why = "" if not text else _why_not(question, text)
    if why:
        faults.append(Fault(field, why))
    return "" if why else text


def _why_not(question: Question, text: str) -> str:
    if len(text) > TEXT_LENGTH_MAX:
        return f"it is longer than {TEXT_LENGTH_MAX} characters"
    if question.kind == "phone" and not PHONE.fullmatch(text):
        return f"{text[:40]!r} is no phone number"
    if question.kind == "choice" and not question.other and text not in dict(question.choices):
        return f"{text[:40]!r} is none of {', '.join(value for value, _ in question.choices)}"
    return _why_no_code(question.key, text)


_CODES = {
    "shop.country": (r"[A-Z]{2}", "write the country as two capital letters, like FI"),
    "shop.currency": (r"[A-Z]{3}", "write the currency as three capital letters, like EUR"),
    "shop.time_zone": (r"[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_\-]+){1,2}|UTC", "write the zone as an area and a city, like Europe/Helsinki"),
}


def _why_no_code(key: str, text: str) -> str:
    pattern, why = _CODES.get(key, ("", ""))
    return why if pattern and not re.fullmatch(pattern, text) else ""


def _chosen(question: Question, text: str) -> str:
    """The choice that was meant, whatever its capitals."""
    return next((value for value, _ in question.choices if value.casefold() == text.casefold()), text)


def _people(rows: Any, faults: list[Fault]) -> Iterable[Helper]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        faults.append(Fault("people", "write each person below a line [[people]]"))
        return
    if len(rows) > PEOPLE_MAX:
        faults.append(Fault("people", f"more than {PEOPLE_MAX} people: bring the others on the plan's own page"))
    known = {one.key: one for one in PERSON_FIELDS}
    seen: set[str] = set()
    for number, row in enumerate(rows[:PEOPLE_MAX], 1):
        where = f"people.{number}"
        told = {field: _answer(known[field], f"{where}.{field}", value, faults) for field, value in row.items() if field in known}
        faults += [Fault(f"{where}.{field}", _unknown(field, known)) for field in row if field not in known]
        name = told.get("name", "")
        if name and name.casefold() in seen:
            faults.append(Fault(f"{where}.name", f"{name} stands there twice"))
        elif name:
            seen.add(name.casefold())
            yield Helper(name, told.get("phone", ""), told.get("does") or "works")
        elif any(told.values()):
            faults.append(Fault(f"{where}.name", "the name is missing"))


def _lines_of(text: str) -> dict[str, int]:
    """Field to the line on which it stands, as far as the file is written plainly."""
    found: dict[str, int] = {}
    section, number_of_person = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[\[\s*people\s*\]\]", line):
            number_of_person += 1
            section = f"people.{number_of_person}"
        elif head := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            section = head.group(1)
        elif field := re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line):
            found.setdefault(f"{section}.{field.group(1)}" if section else field.group(1), number)
            continue
        else:
            continue
        found.setdefault(section, number)
    return found


def written(answers: Answers) -> str:
    """The answers as a file that `read_answers` reads back."""
    lines = ["# The answers to Tideover's first questions. Change one and run: tideover start --answers THIS-FILE", ""]
    sections: dict[str, list[str]] = {}
    for key, text in answers.given.items():
        section, _, field = key.partition(".")
        sections.setdefault(section, []).append(f"{field} = {_quoted(text)}")
    for section, fields in sections.items():
        lines += [f"[{section}]", *fields, ""]
    for one in answers.people:
        lines += ["[[people]]", f"name = {_quoted(one.name)}", f"phone = {_quoted(one.phone)}", f"does = {_quoted(one.does)}", ""]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(plain(text), ensure_ascii=False)


def joined(answers: Answers, bite: str, table: Mapping[str, Any]) -> tuple[Answers, list[Fault]]:
    """The answers with one page's fields in the place of the earlier ones; what cannot be used leaves the earlier answer."""
    found, faults = checked(table)
    if bite == "people":
        return (answers if faults else replace(answers, people=found.people)), faults
    group = next((one for one in GROUPS if one.bite == bite), None)
    mine = {one.key for one in group.questions} if group else set()
    bad = {one.field for one in faults}
    kept = {key: text for key, text in answers.given.items() if key not in mine or key in bad}
    return replace(answers, given=kept | {key: text for key, text in found.given.items() if key in mine}), faults


def is_answered(answers: Answers, bite: str) -> bool:
    """True if anything of that page was answered."""
    if bite == "people":
        return bool(answers.people)
    group = next((one for one in GROUPS if one.bite == bite), None)
    return group is not None and any(answers.of(one.key) for one in group.questions)
