"""Where a run of a playbook stands, folded from its entries: which step is in turn, which way of it, and who said what.

Several people may be at it at once: the same word twice is one word, and a word about what is no longer so is told from a new
one (`judge`). Pure; `runs` carries it out. Never says what a step is: that stands in the wording that the run copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.journal.entry import Entry
from tideover.model.run import RunEnded, RunStarted, RunStep

FIRST = 0  # The two sentences to the customer; the card's own steps follow with their numbers.

Outcome = Literal["done", "skipped", "failed", "open"]
Judged = Literal["new", "same", "stale", "ended", "unknown"]


class Place(Struct, frozen=True):
    """A step and the way of it that is to be tried."""

    step: int
    way: int  # From 1.


class Mark(Struct, frozen=True):
    """What somebody said of a step."""

    step: int
    way: int
    outcome: Outcome
    why: str
    answer: str
    by: str
    at_ms: int  # UTC.
    recorded_ms: int = 0
    seq: int = 0  # In the journal: which of two was said later.
    reader: str = ""


class Ending(Struct, frozen=True):
    """How a run ended."""

    how: Literal["finished", "left"]
    why: str
    by: str
    at_ms: int


class Run(Struct, frozen=True):
    """A playbook that is, or was, gone through."""

    id: str
    playbook: str
    language: str
    revision: str
    content: str  # SHA-256 of the wording.
    by: str
    started_ms: int
    since_ms: int  # Since when the step in turn is.
    ways: tuple[int, ...]  # How many ways there are of each step, the two sentences first.
    reader: str = ""
    outage: str | None = None
    marks: Mapping[int, Mark] = {}  # Step to the newest word about it.
    words: tuple[Mark, ...] = ()  # Everything that was said, in order.
    ended: Ending | None = None

    @property
    def steps(self) -> int:
        """How many steps the card has, the two sentences not counted."""
        return len(self.ways) - 1


def begin(entry: Entry, ways: Sequence[int]) -> Run:
    """The run that an entry of kind `run` opens; ways: how many each step of its wording has, the two sentences first."""
    body: RunStarted = entry.body
    at_ms = entry.happened_at
    return Run(
        id=entry.id,
        playbook=body.playbook,
        language=body.language,
        revision=body.revision,
        content=body.content,
        by=entry.operator or "",
        started_ms=at_ms,
        since_ms=at_ms,
        ways=tuple(ways) or (1,) * (body.steps + 1),
        reader=body.reader,
        outage=body.outage,
    )


def take(run: Run, entry: Entry, recorded_ms: int = 0, seq: int = 0) -> Run:
    """The run after one more entry; of other runs and kinds, and after its end, nothing changes."""
    if entry.refers_to != run.id or run.ended is not None:
        return run
    body, by, at_ms = entry.body, entry.operator or "", entry.happened_at
    if isinstance(body, RunEnded):
        return replace(run, ended=Ending(body.how, body.why, by, at_ms))
    if not isinstance(body, RunStep) or not _is_there(run, body.step, body.way):
        return run
    mark = Mark(body.step, body.way, body.outcome, body.why, body.answer, by, at_ms, recorded_ms, seq, body.reader)
    after = replace(run, marks={**run.marks, body.step: mark}, words=(*run.words, mark), reader=body.reader or run.reader)
    return after if next_step(after) == next_step(run) else replace(after, since_ms=at_ms)


def next_step(run: Run) -> Place | None:
    """The first step that is not over, and the way that stands; None: all are over."""
    return next((place for step in range(len(run.ways)) if (place := place_of(run, step)) is not None), None)


def place_of(run: Run, step: int) -> Place | None:
    """The way of that step that is to be tried; None if the step is over."""
    mark = run.marks.get(step)
    if mark is None:
        return Place(step, 1)
    if mark.outcome == "open":
        return Place(step, mark.way)
    if mark.outcome == "failed" and mark.way < run.ways[step]:
        return Place(step, mark.way + 1)
    return None


def state_of(run: Run, step: int) -> Outcome:
    """open, done, skipped, or failed: no way of it worked."""
    return "open" if place_of(run, step) is not None else run.marks[step].outcome


def seen_of(run: Run, step: int) -> int:
    """How much was said of that step so far: a form carries it, so that a word about what has changed meanwhile is told."""
    return sum(mark.step == step for mark in run.words)


def judge(run: Run, word: RunStep, seen: int | None = None) -> Judged:
    """What is to be done with a word about a step: write it, or not, and why.

    same: it stands already, so a second tap does no harm. stale: somebody has said something else meanwhile. seen: what the
    page that it was said on had seen (`seen_of`); None: not looked at.
    """
    if not _is_there(run, word.step, word.way):
        return "unknown"
    mark = run.marks.get(word.step)
    newest = ("open", 1) if mark is None else (mark.outcome, mark.way)
    if newest == (word.outcome, word.way) and word.reader in ("", run.reader):
        return "same"
    if run.ended is not None:
        return "ended"
    if seen is not None and seen != seen_of(run, word.step):
        return "stale"
    if word.outcome == "open":
        return "new" if word.way <= _reached(run, word.step) else "stale"
    return "new" if place_of(run, word.step) == Place(word.step, word.way) else "stale"


def missed(run: Run) -> tuple[int, ...]:
    """Steps of which nobody said that they were done, did not work, or why they were left out."""
    return tuple(step for step in range(len(run.ways)) if place_of(run, step) is not None)


def _reached(run: Run, step: int) -> int:
    """The furthest way that was come to: a step goes back by undoing, never forward."""
    mark, place = run.marks.get(step), place_of(run, step)
    return place.way if place is not None else mark.way if mark is not None else 1


def _is_there(run: Run, step: int, way: int) -> bool:
    return 0 <= step < len(run.ways) and 1 <= way <= run.ways[step]
