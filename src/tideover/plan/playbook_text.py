"""A playbook as a text that a shopkeeper edits in any editor: read strictly, each fault with its line and its cure, and written.

The form is that of the files in `playbooks/`. Reads only text: what the shop owns, and who decides, is playbook.py's matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from msgspec import Struct

from tideover.errors import BadRecord
from tideover.plan import playbook_words as words
from tideover.plan.playbook_words import StepKind
from tideover.plan.records import Right
from tideover.words import plain

RIGHTS = get_args(Right)
TITLE_LENGTH_MAX = 60
SIGN_LENGTH_MAX = 90
SAID_LENGTH_MAX = 160  # Longer is not said in one breath.
STEP_LENGTH_MAX = 240  # Longer is not read aloud at one go.
SAYS = 2  # What is going on, and what we do for you: nobody at a counter listens to a third.
SIGNS_MAX = 5
BACK_MAX = 4
WAYS_MAX = 4
STEPS_MAX = 9  # More are not used when it counts.
CHECKLIST_STEPS_MAX = 16  # The return checklist is worked through with time.
CHECKLIST = "return"
MINUTES_MAX = 600
FACTS = ("thing", "minutes")

_STEP = re.compile(r"\d{1,3}[.)]\s*(.*)")
_ITEM = re.compile(r"[-*•]\s+(.*)")
_HEAD = re.compile(r"(?P<word>[^:(\[]*?)\s*(?:\((?P<time>[^):]*)\))?\s*(?P<marks>(?:\[[^\]:]*\]\s*)*):\s*(?P<text>.*)")
_TIME = re.compile(r"(\d{1,3})\s*min\.?")
_FACT = re.compile(r"\{([^{}]*)\}")
_QUOTES = '"“”„«»'


class Need(Struct, frozen=True):
    """An ability of a thing that a way needs."""

    can: str
    is_spare: bool = False  # Only of a thing that stands in for another.


class Way(Struct, frozen=True):
    """One way to do a step."""

    kind: StepKind
    text: str  # {thing} is what `needs` found, {minutes} how long the shop can do without.
    minutes: int | None = None  # Then it is enough: on to the next way.
    needs: tuple[Need, ...] = ()  # All of them.
    to: tuple[str, ...] = ()  # Services, parties, roles, abilities of people: the first that is found is called.
    opens: tuple[str, ...] = ()  # What stays to be undone once this is ticked: "diversion".
    closes: tuple[str, ...] = ()  # What must be settled before this may be ticked (playbook_words.MATTERS).


class Step(Struct, frozen=True):
    """A step: ways in the order in which they are tried. A way whose needs the shop does not own is left out."""

    ways: tuple[Way, ...]


class Playbook(Struct, frozen=True):
    """What to do in one kind of failure, as written."""

    title: str
    signs: tuple[str, ...]  # What people see; the index is made of these.
    says: tuple[str, ...]  # To the customer, before anything else.
    steps: tuple[Step, ...]
    back: tuple[str, ...] = ()  # How to go back to normal.
    concerns: tuple[str, ...] = ()  # Service.key.
    decides: tuple[str, ...] = ("decide", "manager", "owner")  # Roles or abilities, in this order.
    reads: tuple[str, ...] = ("cashier",)  # Who reads the card aloud.
    may: tuple[Right, ...] = ()  # Whose limits stand on the card.
    revision: str = "1"


class Fault(Struct, frozen=True):
    """What is wrong in a text, and what to do."""

    line: int  # From 1.
    why: str

    @property
    def text(self) -> str:
        return f"line {self.line}: {self.why}"


def read_playbook(text: str, key: str = "") -> Playbook:
    """The playbook of a text. Raises BadRecord that names every fault with its line."""
    playbook, faults = try_playbook(text, key)
    if faults:
        raise BadRecord(what="playbook", why="; ".join(one.text for one in faults))
    return playbook


def try_playbook(text: str, key: str = "") -> tuple[Playbook, list[Fault]]:
    """The playbook as far as it can be read, and all faults by line. `key`: 'return' may have more steps than a card."""
    reading = _Reading(text)
    steps_max = CHECKLIST_STEPS_MAX if key.partition(".")[0] == CHECKLIST else STEPS_MAX
    playbook = reading.whole(steps_max)
    return playbook, sorted(reading.faults, key=lambda one: one.line)


class _Reading:
    """One text on its way to a playbook."""

    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._head: dict[str, str] = {}
        self._lists: dict[str, list[str]] = {"signs": [], "says": [], "back": []}
        self._steps: list[list[Way]] = []
        self._at: dict[str, int] = {}  # Heading or head's name to its line.
        self._title, self._section, self._last = "", "", 0
        for number, raw in self._joined(text):
            self._last = number
            self._line(number, raw)

    def _joined(self, text: str) -> Iterator[tuple[int, str]]:
        """The lines with their numbers; an indented line without a mark of its own goes on with the one before."""
        kept: list[tuple[int, str]] = []
        for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            line = plain(raw)
            goes_on = raw[:1] in (" ", "\t") and not _ITEM.match(line) and not _STEP.match(line) and not self._is_if_not(line)
            if line and goes_on and kept:
                kept[-1] = (kept[-1][0], f"{kept[-1][1]} {line}")
            elif line:
                kept.append((number, line))
        return iter(kept)

    @staticmethod
    def _is_if_not(line: str) -> bool:
        start = line.casefold()
        return any(start.startswith(one.casefold()) for by in words.MARKS["if-not"].values() for one in by)

    def fault(self, line: int, why: str) -> None:
        self.faults.append(Fault(line, why))

    def _line(self, number: int, line: str) -> None:
        if line.startswith("##"):
            self._heading(number, line.lstrip("#").strip())
        elif line.startswith("#"):
            if self._title:
                self.fault(number, "a playbook has one title: headings inside it start with ##")
            self._title = self._fitting(number, line.lstrip("#").strip(), TITLE_LENGTH_MAX)
        elif not self._title:
            self.fault(number, "the first line is the title: write # and then what has happened")
            self._title = line
        elif not self._section:
            self._header(number, line)
        elif self._section == "steps":
            self._step(number, line)
        elif self._section in self._lists:
            self._item(number, line)

    def _heading(self, number: int, word: str) -> None:
        section = words.section_of(word.rstrip(":"))
        if section is None:
            self.fault(number, f"'{word}' is no heading of a playbook: use one of {words.words_of(words.SECTIONS)}")
        elif section in self._at:
            self.fault(number, f"the heading '{word}' stands here a second time: put both together")
        self._section = section or "unknown"
        self._at.setdefault(self._section, number)

    def _header(self, number: int, line: str) -> None:
        word, colon, value = line.partition(":")
        name = words.header_of(word.strip()) if colon else None
        if name is None:
            self.fault(number, f"above the first heading only these lines may stand: {words.words_of(words.HEADERS)}")
        elif name in self._head:
            self.fault(number, f"'{word.strip()}' stands here a second time: keep one of them")
        else:
            self._head[name], self._at[name] = value.strip(), number

    def _item(self, number: int, line: str) -> None:
        item = _ITEM.match(line)
        if item is None:
            self.fault(number, "each line here starts with a dash and a space")
        text = item[1] if item else line
        length = SIGN_LENGTH_MAX if self._section == "signs" else SAID_LENGTH_MAX
        if self._section == "says" and text[:1] in _QUOTES and text[-1:] in _QUOTES:
            text = text.strip(_QUOTES).strip()
        self._lists[self._section].append(self._fitting(number, text, length))

    def _step(self, number: int, line: str) -> None:
        step = _STEP.match(line)
        head = _HEAD.fullmatch(step[1] if step else line)
        if not step and self._is_if_not(line):
            if not self._steps:
                self.fault(number, "'If not' stands below a step: write the step first")
            elif head is None:
                self.fault(number, "after 'If not' comes a colon and then what to do")
            else:
                word = self._behind_if_not(head["word"])
                kind = self._kind(number, word) if word else self._steps[-1][0].kind
                self._steps[-1].append(self._way(number, kind, head))
        elif not step or head is None:
            self.fault(number, "a step is a number, say, do, call, decide or check, and a colon, like this: 1. Do: …")
        else:
            self._steps.append([self._way(number, self._kind(number, head["word"]), head)])

    @staticmethod
    def _behind_if_not(text: str) -> str:
        mark = next(one for by in words.MARKS["if-not"].values() for one in by if text.casefold().startswith(one.casefold()))
        return text[len(mark) :].strip(" ,")

    def _kind(self, number: int, word: str) -> StepKind:
        kind = words.kind_of(word)
        if kind is None:
            self.fault(number, f"'{word}' is no kind of step: use one of {words.words_of(words.KINDS)}")
        return kind or "do"

    def _way(self, number: int, kind: StepKind, head: re.Match[str]) -> Way:
        minutes, needs, to = self._minutes(number, head["time"]), [], []
        matters: dict[str, list[str]] = {"opens": [], "closes": []}
        for mark in re.findall(r"\[([^\]]*)\]", head["marks"] or ""):
            word, _, rest = mark.strip().partition(" ")
            names = [one.strip() for one in rest.split(",") if one.strip()]
            match words.mark_of(word) if names else None:
                case "needs":
                    needs += [_need(one) for one in names]
                case "to":
                    to += [words.key_of(one) for one in names]
                case "opens" | "closes" as which:
                    matters[which] += self._matters(number, names)
                case _:
                    self.fault(number, "square brackets say what is needed or who is called, like [needs spare internet] or [to cloud]")
        text = self._fitting(number, head["text"], STEP_LENGTH_MAX)
        for fact in _FACT.findall(text):
            if fact not in FACTS:
                self.fault(number, f"in braces only 'thing' and 'minutes' may stand, not '{fact}'")
            elif fact == "thing" and not needs:
                self.fault(number, "'thing' in braces is what is needed: ask for it before the colon, like [needs spare internet]")
        return Way(kind, text, minutes, tuple(needs), tuple(to), tuple(matters["opens"]), tuple(matters["closes"]))

    def _matters(self, number: int, names: list[str]) -> list[str]:
        keys = [words.key_of(one) for one in names]
        for name, key in zip(names, keys, strict=True):
            if key not in words.MATTERS:
                self.fault(number, f"'{name}' is nothing that a step opens or closes: use one of {', '.join(words.MATTERS)}")
        return [one for one in keys if one in words.MATTERS]

    def _minutes(self, number: int, text: str | None) -> int | None:
        if text is None:
            return None
        found = _TIME.fullmatch(text.strip())
        if found is None or not 1 <= int(found[1]) <= MINUTES_MAX:
            self.fault(number, "round brackets before the colon are the time for it in minutes, like (5 min)")
            return None
        return int(found[1])

    def _fitting(self, number: int, text: str, length: int) -> str:
        if not text:
            self.fault(number, "nothing is written here: fill it in or take the line out")
        elif len(text) > length:
            self.fault(number, f"this is {len(text)} characters long and has room for {length}: make it shorter, or two of it")
        return text

    def whole(self, steps_max: int) -> Playbook:
        """What was read, after a look at what is missing."""
        self._count("signs", len(self._lists["signs"]), 1, SIGNS_MAX)
        self._count("says", len(self._lists["says"]), SAYS, SAYS)
        self._count("steps", len(self._steps), 1, steps_max)
        self._count("back", len(self._lists["back"]), 0, BACK_MAX)
        for ways in self._steps:
            if len(ways) > WAYS_MAX:
                self.fault(self._at["steps"], f"the step '{ways[0].text[:40]}' has {len(ways)} ways: keep the best {WAYS_MAX}")
        if not self._title:
            self.fault(1, "the first line is the title: write # and then what has happened")
        if not self._head.get("revision"):
            self.fault(self._at.get("revision", 1), "the line 'Revision:' is missing: write one and raise it at every change")
        given = {name: tuple(words.key_of(one) for one in self._split(name)) for name in ("concerns", "decides", "reads")}
        return Playbook(
            title=self._title,
            steps=tuple(Step(tuple(ways)) for ways in self._steps),
            may=self._rights(),
            revision=self._head.get("revision", ""),
            **{name: keys for name, keys in given.items() if keys},
            **{name: tuple(items) for name, items in self._lists.items()},
        )

    def _count(self, section: str, found: int, least: int, most: int) -> None:
        line, name = self._at.get(section, self._last or 1), words.words_of({section: words.SECTIONS[section]})
        if least and section not in self._at:
            self.fault(line, f"a heading is missing: write ## and then one of: {name}")
        elif not least <= found <= most:
            self.fault(line, f"under '{name}' stand {found} lines where there should be {least if least == most else f'{least} to {most}'}")

    def _split(self, name: str) -> list[str]:
        return [one.strip() for one in self._head.get(name, "").split(",") if one.strip()]

    def _rights(self) -> tuple[Right, ...]:
        keys = [(one, words.key_of(one)) for one in self._split("may")]
        for word, key in keys:
            if key not in RIGHTS:
                self.fault(self._at["may"], f"'{word}' is nothing that a grant allows: use one of {', '.join(RIGHTS)}")
        return tuple(key for _, key in keys if key in RIGHTS)  # type: ignore[misc]


def _need(text: str) -> Need:
    """'spare internet' is the ability 'internet' of a thing that stands in for another."""
    word, _, rest = text.partition(" ")
    if rest and words.mark_of(word) == "spare":
        return Need(words.key_of(rest.strip()), True)
    return Need(words.key_of(text))


# Writing ----------------------------------------------------------------------------------------


def write_playbook(playbook: Playbook, language: str) -> str:
    """The text of a playbook with the words of that language; `read_playbook` reads it back to the same."""
    parts = [f"# {playbook.title}", "\n".join(_header_lines(playbook, language))]
    parts.append("\n".join([_heading_line("signs", language), "", *(f"- {one}" for one in playbook.signs)]))
    parts.append("\n".join([_heading_line("says", language), "", *(f"- {one}" for one in playbook.says)]))
    steps = [line for number, step in enumerate(playbook.steps, 1) for line in _step_lines(number, step, language)]
    parts.append("\n".join([_heading_line("steps", language), "", *steps]))
    if playbook.back:
        parts.append("\n".join([_heading_line("back", language), "", *(f"- {one}" for one in playbook.back)]))
    return "\n\n".join(parts) + "\n"


def _heading_line(section: str, language: str) -> str:
    return f"## {words.word_for(words.SECTIONS, section, language)}"


def _header_lines(playbook: Playbook, language: str) -> Iterator[str]:
    for name in ("concerns", "decides", "reads", "may"):
        if keys := getattr(playbook, name):
            listed = ", ".join(words.word_for(words.NAMES, key, language) for key in keys)
            yield f"{words.word_for(words.HEADERS, name, language)}: {listed}"
    yield f"{words.word_for(words.HEADERS, 'revision', language)}: {playbook.revision}"


def _step_lines(number: int, step: Step, language: str) -> Iterator[str]:
    first = step.ways[0]
    yield f"{number}. {words.word_for(words.KINDS, first.kind, language)}{_marks(first, language)}: {first.text}"
    for way in step.ways[1:]:
        kind = f", {words.word_for(words.KINDS, way.kind, language).lower()}" if way.kind != first.kind else ""
        yield f"   {words.word_for(words.MARKS, 'if-not', language)}{kind}{_marks(way, language)}: {way.text}"


def _marks(way: Way, language: str) -> str:
    marks = f" ({way.minutes} min)" if way.minutes is not None else ""
    if way.needs:
        spare = words.word_for(words.MARKS, "spare", language)
        named = (f"{spare} " * one.is_spare + words.word_for(words.NAMES, one.can, language) for one in way.needs)
        marks += f" [{words.word_for(words.MARKS, 'needs', language)} {', '.join(named)}]"
    if way.to:
        named = (words.word_for(words.NAMES, one, language) for one in way.to)
        marks += f" [{words.word_for(words.MARKS, 'to', language)} {', '.join(named)}]"
    for mark, keys in (("opens", way.opens), ("closes", way.closes)):
        if keys:
            named = (words.word_for(words.NAMES, one, language) for one in keys)
            marks += f" [{words.word_for(words.MARKS, mark, language)} {', '.join(named)}]"
    return marks
