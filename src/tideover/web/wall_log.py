"""The log as people read it: the newest facts that mean something at the counter, one sentence each, with both their times.

Leaves out what comes by the hundred (sales, receipts, prices) and what only a machine cares for. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from tideover.activate.steps import FIRST
from tideover.detect.cause import CAUSES, CLOUD_DOWN
from tideover.journal.entry import Entry, Kept
from tideover.kit.proof import clipped
from tideover.plan.playbook import Playbook, playbooks, texts
from tideover.plan.records import PlaybookText
from tideover.web.headline import RUNGS
from tideover.web.house import House
from tideover.web.wall_switched import TELLERS as SWITCHED
from tideover.words import Say
from tideover.world import from_ms

LINES_MAX = 12
TEXT_LENGTH_MAX = 300
LATE_MS = 120_000  # Written down so much after it happened: then both times are shown.

Teller = Callable[[Any, Say], str]


class LogLine(Struct, frozen=True):
    """One line."""

    kind: str
    at_ms: int  # When it happened, UTC.
    recorded_ms: int | None  # When it was written down, if that was later.
    who: str
    text: str


def log_lines(house: House, say: Say, limit: int = LINES_MAX) -> list[LogLine]:
    """The newest lines, the newest first, in the reader's language. Raises Damaged."""
    books = playbooks(texts(house.plan.all(PlaybookText)), say.language)
    told = [(kept, _told(kept, house, say, books)) for kept in house.journal.newest(KINDS, 2 * limit)]
    lines = [_line(kept, clipped(text, TEXT_LENGTH_MAX)) for kept, text in told if text][:limit]
    return sorted(lines, key=lambda one: -one.at_ms)  # What was written down late stands where it happened.


def _line(kept: Kept, text: str) -> LogLine:
    entry = kept.entry
    is_late = kept.recorded_at - entry.happened_at >= LATE_MS
    return LogLine(entry.kind, entry.happened_at, kept.recorded_at if is_late else None, _who(entry), text)


def _who(entry: Entry) -> str:
    """Who did it; of a line from paper, who wrote it."""
    writer = getattr(entry.body, "writer", "") if entry.kind == "note" else ""
    return writer if isinstance(writer, str) and writer else entry.operator or ""


def _told(kept: Kept, house: House, say: Say, books: Mapping[str, Playbook]) -> str:
    entry = kept.entry
    if entry.kind in ("run", "run_step", "run_ended"):
        return _of_run(entry, house, say, books)
    if entry.kind == "enrol" and entry.body.till == house.journal.box:
        return ""
    if entry.kind == "word_expected":
        return _word(entry.body, say, house.settings.time_zone)
    return TELLERS[entry.kind](entry.body, say)


# Playbooks --------------------------------------------------------------------------------------------


def _of_run(entry: Entry, house: House, say: Say, books: Mapping[str, Playbook]) -> str:
    body = entry.body
    if entry.kind == "run":
        return say("Playbook begun: {what}. {who} reads aloud.", what=_title(body.playbook, books), who=body.reader or "–")
    first = house.journal.find(entry.refers_to or "")
    what = _title(first.entry.body.playbook, books) if first is not None and first.entry.kind == "run" else "–"
    if entry.kind == "run_ended":
        said = say("Playbook done: {what}.", what=what) if body.how == "finished" else say("Playbook left: {what}.", what=what)
        return f"{said} {body.why}".strip()
    if body.outcome == "open":
        return ""
    if body.step == FIRST and body.outcome == "done":
        return say("{what}: said to the customer.", what=what)
    said = say(OUTCOMES[body.outcome], what=what, n=body.step)
    return f"{said} {'; '.join(one for one in (body.why, body.answer) if one)}".strip()


OUTCOMES = {
    "done": "{what}: step {n} done.",
    "skipped": "{what}: step {n} left out.",
    "failed": "{what}: step {n} did not work; the next way.",
}


def _title(key: str, books: Mapping[str, Playbook]) -> str:
    return books[key].title if key in books else key


# All others -------------------------------------------------------------------------------------------

PHASES = {
    "suspected": "Something may be wrong.",
    "cleared": "It was nothing, or it is over.",
    "fallback": "The fallback is open.",
    "recovering": "The way back has begun.",
    "closed": "The outage is closed.",
}


def _outage(body: Any, say: Say) -> str:
    cause = CAUSES.get(body.cause, CLOUD_DOWN).meaning if body.cause not in ("", "none", "not-known") else ""
    words = [say(PHASES[body.phase])] if body.phase in PHASES else []
    if body.phase in ("suspected", "fallback") and cause:
        words.append(say(cause))
    return " ".join(words)


def _rung(body: Any, say: Say) -> str:
    return say("Now selling on: {what}.", what=say(RUNGS.get(body.name, body.name))) if body.of_till is None else ""


def _drawn(body: Any, say: Say) -> str:
    return say("Slip {what}: {word}.", what=body.slip, word=say(SLIP_STATES[body.state])) + (f" {body.why}" if body.why else "")


LATE = {
    "happened": "A sale that came too late has happened: it is in the books.",
    "did_not_happen": "A sale that came too late did not happen.",
}
SLIP_STATES = {"void": "spoiled", "missing": "missing", "sought": "somebody looks for it"}
SETTLED = {"was_booked": "A sale in flight was booked.", "was_not_booked": "A sale in flight was not booked; it is ours now."}
SOLVED = {
    "send_on": "A parked sale goes on.",
    "was_booked": "A parked sale was booked already.",
    "settled_elsewhere": "A parked sale was settled elsewhere.",
}
TOLD = {
    "outage": "Told of the outage: {who}.",
    "over": "Told that it is over: {who}.",
    "nothing": "Not told after all: {who}.",
}


def _word(body: Any, say: Say, zone: str) -> str:
    if not body.at:
        return say("The next word has come.")
    said = say("The next word is expected at {time} from {who}.", time=say.clock(from_ms(body.at), zone), who=body.whom)
    return f"{said} {body.text}".strip()


def _checked(body: Any, say: Say) -> str:
    said = "Seen to work: {what}." if body.standing == "proof" else "Said to work: {what}."
    return say(said if body.works else "Does not work: {what}.", what=body.check) + (f" {body.note}" if body.note else "")


TELLERS: Mapping[str, Teller] = {
    "outage": _outage,
    "rung": _rung,
    "note": lambda body, say: body.text,
    "handed_over": lambda body, say: say("{who} leads from here on.", who=body.to) + (f" {body.note}" if body.note else ""),
    "party_told": lambda body, say: say(TOLD[body.what], who=body.party) + (f" {body.note}" if body.note else ""),
    "in_flight": lambda body, say: say("A sale was in flight at the cut: {what}.", what=body.reference or "–"),
    "in_flight_settled": lambda body, say: say(SETTLED[body.outcome]),
    "parked": lambda body, say: say("A sale waits for {who}.", who=body.owner),
    "solved": lambda body, say: say(SOLVED[body.how]) + (f" {body.note}" if body.note else ""),
    "finding": lambda body, say: say.told(body.text),
    "finding_closed": lambda body, say: say("A difference is explained.") + f" {say.told(body.note)}",
    "late_settled": lambda body, say: say(LATE[body.outcome]) + (f" {body.why}" if body.why else ""),
    "till_closed": lambda body, say: say("A till's day is ended: receipts {what}.", what=f"{body.first or '–'} – {body.last or '–'}"),
    "close": lambda body, say: say("The day {day} is closed.", day=say.day(body.day)),
    "enrol": lambda body, say: say("A till may sign: {what}.", what=body.name),
    "revoke": lambda body, say: say("A till may sign no more.") + f" {say.told(body.why)}",
    "slip_void": _drawn,
    "checked": _checked,
    "loss_accepted": lambda body, say: say("A loss was accepted.") + f" {body.why}",
    "practice_finding": lambda body, say: say("Found in a rehearsal: {what}", what=body.text),
    "rehearsed": lambda body, say: say("A rehearsal has ended."),
    **SWITCHED,
}
KINDS = frozenset({*TELLERS, "word_expected", "run", "run_step", "run_ended"})
