"""What the wall says, put together once for each look: the state, what to do now and who does it, the next word, the money.

A step of an open playbook stands before the box's own advice: people who read it aloud know more. A stranger is shown
neither steps nor names nor sums. Reads only; what a damaged journal cannot tell is None, never invented.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tideover.activate import steps
from tideover.activate.runs import Runs, Word
from tideover.activate.steps import Run
from tideover.plan.playbook import CHECKLIST, playbooks, texts
from tideover.plan.playbook_text import StepKind
from tideover.plan.records import Person, PlaybookText, Service
from tideover.plan.symptom import playbook_for
from tideover.web import access, rights
from tideover.web.headline import SERVICES, Headline, told_first
from tideover.web.house import House
from tideover.web.plan_api import checks_of
from tideover.web.status import Status, as_far_as_read
from tideover.web.wall_answer import answers
from tideover.web.wall_ladder import ladder_rows, rung_since, to_sell_on
from tideover.web.wall_log import log_lines
from tideover.web.wall_services import not_watched, service_rows
from tideover.words import Say
from tideover.world import from_ms, to_ms

NAMED_MAX = 3  # People who may do it; the fourth is found in the plan.
PEOPLE_MAX = 200  # Names that a field proposes.


class Doing(Struct, frozen=True):
    """What to do now, in the reader's language."""

    text: str
    who: tuple[str, ...] = ()  # By name; empty: everybody who sells, or nobody is named.
    part: str = ""  # What they do: reads, decides, does; "" where everybody does it.
    calls: tuple[str, ...] = ()  # Names with their numbers.
    run: str = ""  # The open run of a playbook that it comes from.
    title: str = ""  # Of that playbook.
    step: int = 0
    steps: int = 0


class NextWord(Struct, frozen=True):
    """When somebody says something new."""

    at: int  # UTC ms.
    whom: str
    text: str
    is_late: bool


class Offer(Struct, frozen=True):
    """The playbook that fits what is wrong."""

    key: str
    title: str


def doing_now(runs: Runs, first: Headline, house: House, say: Say) -> Doing:
    """The open playbook's step in turn, else the headline's action with whoever may do it. Raises Damaged."""
    run = runs.open_run()
    if run is not None:
        return _of_run(runs, run, say)
    text = say(first.action, n=first.count) if first.count is not None else say.told(first.action)
    return Doing(text) if first.who == "everybody" else Doing(text, _who(first.who, runs, house), "does")


def _who(right: rights.Right, runs: Runs, house: House) -> tuple[str, ...]:
    """People who may do it, whoever leads first. Raises Damaged."""
    leader = runs.leader()
    may = rights.holders(house.plan, right) or ([house.settings.owner] if house.settings.owner != "owner" else [])
    names = [leader, *(one for one in may if one != leader)] if leader in may else may
    return tuple(names[:NAMED_MAX])


def _of_run(runs: Runs, run: Run, say: Say) -> Doing:
    wording, place = runs.wording(run), steps.next_step(run)
    reader = (run.reader,) if run.reader else ()
    if wording is None:
        return Doing(say("A playbook is being gone through."), reader, "reads", run=run.id, title=run.playbook)
    known: dict[str, Any] = {"run": run.id, "title": wording.ready.title, "steps": run.steps}
    if place is None:
        return Doing(say("Every step is ticked: end the playbook."), reader, "reads", step=run.steps, **known)
    if place.step == steps.FIRST:
        return Doing(" ".join(wording.ready.says), reader, "says", **known)
    way = wording.ready.steps[place.step - 1].ways[place.way - 1]
    calls = tuple(" ".join(filter(None, (one.name, one.number))) for one in way.calls)
    deciders = tuple(one.name for one in wording.ready.deciders[:NAMED_MAX])
    kind: StepKind = way.kind
    who, part = (deciders, "decides") if kind == "decide" and deciders else (reader, "reads")
    return Doing(way.text, who, part, calls, step=place.step, **known)


def next_word(word: Word | None, now: int) -> NextWord | None:
    return None if word is None else NextWord(to_ms(word.at), word.whom, word.text, to_ms(word.at) < now)


def offer(status: Status, house: House, runs: Runs, say: Say) -> Offer | None:
    """The playbook to start: for what is wrong, or the return checklist on the way back; None where one is open. Raises Damaged."""
    if runs.open_run() is not None:
        return None
    if status.phase == "recovering":
        key = CHECKLIST
    elif status.phase in ("suspected", "fallback") and status.outage is not None:
        key = playbook_for(status.outage.cause, _service(status))
    elif (broken := told_first(status)) is not None and broken.state == "down":
        key = playbook_for(broken.cause, broken.service)
    else:
        return None
    found = playbooks(texts(house.plan.all(PlaybookText)), say.language).get(key)
    return None if found is None else Offer(key, found.title)


def _service(status: Status) -> str:
    """The service that failed: what people say of cards is no matter of the cloud."""
    broken = told_first(status)
    return broken.service if broken is not None and broken.state == "down" else "cloud"


def wall_facts(request: Any, status: Status, say: Say, is_ours: bool, first: Headline) -> dict[str, Any]:
    """Everything that the wall's page shows beside the status in the reader's language; is_ours: the reader is one of the shop."""
    house: House = request.app.state.house
    runs, checks = house.runs, checks_of(request)
    facts: dict[str, Any] = {
        "first": first,
        "services": service_rows(status.verdicts),
        "unwatched": [say(SERVICES[one]) for one in not_watched(status.verdicts, (one.key for one in house.plan.all(Service)))],
        "ladder": as_far_as_read(house, lambda: ladder_rows(house, status, checks.known(), checks.today, say)),
        "selling": to_sell_on(status)[1],
        "since": as_far_as_read(house, lambda: rung_since(house.journal, status)),
        "doing": Doing(say(first.action, n=first.count) if first.count is not None else say.told(first.action)),
        "then_who": (),
        "answers": (),
        "word": None,
        "leader": "",
        "offer": None,
        "log": (),
        "people": (),
    }
    if not is_ours:
        return facts
    facts["doing"] = as_far_as_read(house, lambda: doing_now(runs, first, house, say)) or facts["doing"]
    facts["answers"] = answers(house, access.of(request).name, say)
    if first.then and first.place is not None:
        right = first.place.right
        facts["then_who"] = as_far_as_read(house, lambda: _who(right, runs, house)) or ()
    facts["word"] = as_far_as_read(house, lambda: next_word(runs.word(), status.now))
    facts["leader"] = as_far_as_read(house, runs.leader) or ""
    facts["offer"] = as_far_as_read(house, lambda: offer(status, house, runs, say))
    facts["log"] = [(one, from_ms(one.at_ms), one.recorded_ms) for one in as_far_as_read(house, lambda: log_lines(house, say)) or ()]
    facts["people"] = [one.name for one in house.plan.all(Person)[:PEOPLE_MAX]]
    return facts
