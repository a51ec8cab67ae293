"""One rehearsal as it stands, pure: what it is at, when something is broken or mended, when it is over, and what is kept of it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.learn.measure import Seen, closed_s, may_mend, missed, next_up, open_tasks, span_s
from tideover.learn.scenario import SCENARIOS, Scenario
from tideover.model.run import Part, Rehearsed

Phase = Literal["opening", "calm", "broken", "back", "ending"]
How = Literal["finished", "interrupted", "given_up"]

SPAN_S = 900  # A quarter of an hour.
CALM_S = 15  # People find their places; then it breaks.
BROKEN_S_MAX = 480  # So long the line is away at most: the way back must be played, too.
OUT_OF_TIME = "The quarter of an hour was over."
REAL_OUTAGE = "A real outage began."
BOX_STOPPED = "The box stopped in the middle of it."
SET_UP_FAILED = "The practice box could not be set up."
PRACTICE_DIED = "The practice box ended by itself."


class Playing(Struct, frozen=True):
    """A rehearsal that runs; kept in a file, so that one that is torn off is known at the next start."""

    id: str  # Of its entry `rehearsed`.
    scenario: str
    people: dict[str, str]
    by: str
    started_ms: int
    folder: str  # Name below the folder of rehearsals.
    phase: Phase = "opening"
    ready_ms: int = 0  # Since when people can play.
    broken_ms: int = 0
    mended_ms: int = 0
    helped: tuple[str, ...] = ()
    port: int = 0
    ending: str = ""  # Why it ends, while it does.

    @property
    def story(self) -> Scenario:
        return SCENARIOS[self.scenario]


def next_act(playing: Playing, seen: Seen, now_ms: int, calm_s: int = CALM_S) -> Literal["break", "mend", "end", "wait"]:
    """What the conductor does now. The clock runs from the moment in which people can play."""
    if playing.phase in ("opening", "ending"):
        return "wait"
    if now_ms - playing.ready_ms >= SPAN_S * 1000 or (playing.broken_ms and not open_tasks(seen, playing.story)):
        return "end"
    if playing.phase == "calm":
        return "break" if now_ms - playing.ready_ms >= calm_s * 1000 else "wait"
    comes_back = playing.phase == "broken" and playing.story.tasks[-1] == "outage-closed"
    if comes_back and (may_mend(seen, playing.story) or now_ms - playing.broken_ms >= BROKEN_S_MAX * 1000):
        return "mend"
    return "wait"


def left_s(playing: Playing, now_ms: int) -> int:
    """Seconds on the clock."""
    return SPAN_S if not playing.ready_ms else max(0, SPAN_S - (now_ms - playing.ready_ms) // 1000)


def with_help(playing: Playing, seen: Seen) -> Playing:
    """Somebody asked what comes next: that task, or that step of the playbook, counts as helped."""
    task = next_up(seen, playing.story)
    return playing if not task or task in playing.helped else replace(playing, helped=(*playing.helped, task))


def kept_of(playing: Playing, seen: Seen, how: How, ended_ms: int, head: str, note: str) -> Rehearsed:
    """The entry. What was not broken yet took no time and was not missed."""
    broken, story = playing.broken_ms, playing.story
    return Rehearsed(
        scenario=playing.scenario,
        started_at=playing.started_ms,
        ended_at=max(ended_ms, playing.started_ms),
        how=how,
        people=tuple(Part(person, roles) for person, roles in playing.people.items()),
        to_step_s=span_s(seen, "first-step", broken) if broken else None,
        to_sale_s=span_s(seen, "sale", broken) if broken else None,
        to_closed_s=closed_s(seen, story, broken) if broken else None,
        missed=missed(seen, story) if broken else (),
        helped=playing.helped,
        reader=seen.reader,
        head=head,
        note=note,
    )
