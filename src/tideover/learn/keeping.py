"""The entries that a rehearsal leaves in the real journal: what it showed, what failed, what is mended, who did it; never a sale. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tideover.journal.entry import Fact
from tideover.learn import gap
from tideover.learn.acknowledge import PREFIX, content_of
from tideover.learn.gap import Gap
from tideover.learn.rehearsing import Playing
from tideover.model.facts import Checked
from tideover.model.run import Acknowledged, PracticeFindingClosed, Rehearsed
from tideover.plan.playbook import texts
from tideover.plan.records import Check, Person, PlaybookText
from tideover.plan.store import Plan
from tideover.rules.calendar import trading_day
from tideover.settings import Settings
from tideover.words import Say
from tideover.world import World, from_ms

CHECK = "rehearsal"  # Key of the monthly reminder.
PERIOD_DAYS, GRACE_DAYS = 30, 7
SERVICE = "cloud"  # How long the shop can do without it is what the first sale is measured by.


def facts_of(
    playing: Playing, body: Rehearsed, open_gaps: Sequence[Gap], plan: Plan, settings: Settings, world: World, has_done: bool
) -> list[Fact]:
    """All of them, to be written in one commit. has_done: the right playbook was read and something of it done."""
    at = from_ms(body.ended_at)
    today = date.fromisoformat(trading_day(at, settings.time_zone, settings.day_turns_at))
    tolerable_s, id = plan.tolerable_s(SERVICE), playing.id
    owner = plan.owner_of("rehearsal")
    facts = [Fact("rehearsed", body, operator=playing.by, id=id)]
    raised = gap.raised_by(body, id, open_gaps, owner, today, tolerable_s)
    facts += [Fact("practice_finding", one, refers_to=id, operator=playing.by) for one in raised]
    mended = gap.closed_by(body, body.started_at, open_gaps, tolerable_s)
    facts += [Fact("practice_finding_closed", PracticeFindingClosed(id), refers_to=one.id, operator=playing.by) for one in mended]
    if body.how == "finished" and has_done:
        facts += [Fact("acknowledged", one, refers_to=id, operator=one.person) for one in _did(playing, plan, settings)]
    if body.how == "finished" and plan.get(Check, CHECK) is not None:
        seen = Checked(CHECK, CHECK, "proof", "machine", True, evidence=f"rehearsal {id}")
        facts.append(Fact("checked", seen, refers_to=id, operator=playing.by))
    return facts


def _did(playing: Playing, plan: Plan, settings: Settings) -> list[Acknowledged]:
    """Who took part did it, in the language in which they work."""
    counts, key, found = texts(plan.all(PlaybookText)), playing.story.playbook, []
    for name in playing.people:
        known = plan.get(Person, name)
        language = settings.language if known is None else known.language
        text = counts.get(f"{key}.{language}")
        if text is not None:
            found.append(Acknowledged(name, PREFIX + key, language, content_of(text), "did"))
    return found


def monthly(told: Say, owner: str, second: str, first_on: str) -> Check:
    """The reminder, as a check of the plan, in the shop's language."""
    return Check(
        key=CHECK,
        what=told("Rehearse a failure: a quarter of an hour, with a clock."),
        subject=CHECK,
        loss=told("What nobody has done for a month takes three times as long with a queue."),
        period_days=PERIOD_DAYS,
        grace_days=GRACE_DAYS,
        first_on=first_on,
        first_person=owner,
        second_person=second,
    )
