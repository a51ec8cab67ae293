"""What a rehearsal shows, read from the practice box's journal: what was done when, and which steps nobody took. Pure.

Times count from the moment in which something was broken, never from the first click: noticing is part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tideover.journal.entry import Kept
from tideover.learn.scenario import UNTIL_MENDED, Scenario
from tideover.model.facts import CloudAnswer, OutageStep, SlipKeyed
from tideover.model.run import RunEnded, RunStarted, RunStep

SALES = 3
TAKEN = frozenset({"done", "skipped", "failed"})
TRIED = frozenset({"done", "failed"})  # Somebody did it, whether it worked or not; a step that is left out was not done.
PHASE_TASKS = {"fallback": "confirmed", "recovering": "back", "closed": "outage-closed"}


class Seen(Struct, frozen=True):
    """What the practice journal has said so far."""

    done: dict[str, int] = {}  # Task to when it was first done, UTC ms.
    runs: dict[str, int] = {}  # Runs of the right playbook, to how many steps they have.
    steps: dict[int, str] = {}  # Of those runs: step to the newest word about it.
    sales: int = 0
    to_book: tuple[str, ...] = ()  # Sales and refunds of which the cloud has said nothing good yet.
    booked: int = 0
    reader: str = ""
    wrong_runs: int = 0  # Playbooks that were opened and do not fit.
    seq: int = 0


def take(seen: Seen, kept: Kept, scenario: Scenario) -> Seen:
    """What is known after one more entry."""
    entry, at = kept.entry, kept.recorded_at
    seen = replace(seen, seq=kept.seq)
    match entry.body:
        case OutageStep(phase=phase):
            return _did(seen, PHASE_TASKS.get(phase, ""), at)
        case RunStarted():
            return _opened(seen, entry, at, scenario)
        case RunStep() | RunEnded() if entry.refers_to in seen.runs:
            return _stepped(seen, entry.body, at)
        case SlipKeyed():
            return _did(seen, "slip", at)
        case CloudAnswer(word=word) if word in ("created", "exists") and entry.refers_to in seen.to_book:
            return _answered(seen, tuple(one for one in seen.to_book if one != entry.refers_to), at)
    match entry.kind:
        case "sale":
            is_slip = entry.body.slip is not None  # Counts as the first sale, but not among the till's three.
            seen = replace(seen, sales=seen.sales + (not is_slip), to_book=(*seen.to_book, entry.id))
            return _did(_did(seen, "sale", at), "three-sales" if seen.sales >= SALES else "", at)
        case "refund":
            return _did(replace(seen, to_book=(*seen.to_book, entry.id)), "refund", at)
        case "void":
            return replace(seen, to_book=tuple(one for one in seen.to_book if one != entry.refers_to))
        case "close":
            return _did(seen, "day-closed", at)
    return seen


def _did(seen: Seen, task: str, at_ms: int) -> Seen:
    return seen if not task or task in seen.done else replace(seen, done={**seen.done, task: at_ms})


def _opened(seen: Seen, entry: Any, at_ms: int, scenario: Scenario) -> Seen:
    if entry.body.playbook != scenario.playbook:
        return replace(seen, wrong_runs=seen.wrong_runs + (entry.body.playbook != "return"))
    seen = replace(seen, runs={**seen.runs, entry.id: entry.body.steps}, reader=entry.body.reader or seen.reader)
    return _did(seen, "playbook", at_ms)


def _stepped(seen: Seen, body: RunStep | RunEnded, at_ms: int) -> Seen:
    if isinstance(body, RunEnded):
        return _did(seen, "run-ended" if body.how == "finished" else "", at_ms)
    word = "failed" if body.outcome == "open" and body.way > 1 else body.outcome  # An earlier way of it was tried.
    seen = replace(seen, steps={**seen.steps, body.step: word}, reader=body.reader or seen.reader)
    if TRIED.isdisjoint(seen.steps.values()):  # A tick that was taken back was none.
        return replace(seen, done={task: at for task, at in seen.done.items() if task != "first-step"})
    return _did(seen, "first-step", at_ms)


def _answered(seen: Seen, to_book: tuple[str, ...], at_ms: int) -> Seen:
    seen = replace(seen, to_book=to_book, booked=seen.booked + 1)
    return seen if to_book else replace(seen, done={**seen.done, "replayed": at_ms})  # The last time that all was there counts.


def look(entries: Iterable[Kept], scenario: Scenario, seen: Seen | None = None) -> Seen:
    """All of them, in order."""
    seen = seen or Seen()
    for one in entries:
        seen = take(seen, one, scenario)
    return seen


# What follows from it -----------------------------------------------------------------------------


def is_done(seen: Seen, task: str) -> bool:
    """A replay is not done while something waits again."""
    return task in seen.done and not (task == "replayed" and seen.to_book)


def open_tasks(seen: Seen, scenario: Scenario) -> tuple[str, ...]:
    """What is still to be done, in order."""
    return tuple(task for task in scenario.tasks if not is_done(seen, task))


def missed(seen: Seen, scenario: Scenario) -> tuple[str, ...]:
    """Tasks that nobody did, then steps of the right playbook that nobody took; step 0 is the two sentences."""
    return (*open_tasks(seen, scenario), *_untaken(seen))


def _untaken(seen: Seen) -> tuple[str, ...]:
    """Of a playbook that nobody opened no step is missed: that one task says it."""
    steps = range(max(seen.runs.values()) + 1) if seen.runs else ()
    return tuple(f"step-{number}" for number in steps if seen.steps.get(number, "open") not in TAKEN)


def next_up(seen: Seen, scenario: Scenario) -> str:
    """What comes next: a task, or the step in turn where the playbook is all there is; "" if nothing is left."""
    task = next(iter(open_tasks(seen, scenario)), "")
    return next(iter(_untaken(seen)), task) if task == "run-ended" else task


def span_s(seen: Seen, task: str, broken_ms: int) -> int | None:
    """Seconds from the break to that task; None if it was not done."""
    return max(0, seen.done[task] - broken_ms) // 1000 if is_done(seen, task) else None


def closed_s(seen: Seen, scenario: Scenario, broken_ms: int) -> int | None:
    """Seconds to closed books: all of it done, and nothing on its way. None: not closed, or no part of this scenario."""
    if "day-closed" not in scenario.tasks or not all(is_done(seen, one) for one in ("replayed", "day-closed", "outage-closed")):
        return None
    return max(0, max(seen.done[one] for one in ("replayed", "day-closed", "outage-closed")) - broken_ms) // 1000


def may_mend(seen: Seen, scenario: Scenario) -> bool:
    """What had to be done without the cloud is done."""
    return all(is_done(seen, one) for one in UNTIL_MENDED if one in scenario.tasks)
