"""What failed in a rehearsal and who mends it: raised once, open until a later rehearsal or check shows that it works. Pure.

Nobody closes one with a word: a note that it was mended proves nothing. One that was broken off neither raises nor closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from tideover.journal.entry import Entry
from tideover.learn.scenario import SCENARIOS, TASKS
from tideover.model.facts import Checked
from tideover.model.run import PracticeFinding, PracticeFindingClosed, Rehearsed

KINDS = ("practice_finding", "practice_finding_closed")
DUE_DAYS = 30  # The next rehearsal.
CHECK, SAID = "check/", "said/"  # Beginnings of keys: shown by a check; shown by people in a later rehearsal.


class Gap(Struct, frozen=True):
    """Something that failed, as kept."""

    id: str
    key: str
    text: str
    owner: str
    due: str
    raised_on: str
    raised_ms: int
    by: str  # Entry that showed it.
    proof: str = ""  # Entry that shows that it is mended; "" while open.
    closed_on: str = ""

    @property
    def is_open(self) -> bool:
        return not self.proof


def take(gaps: Mapping[str, Gap], entry: Entry) -> dict[str, Gap]:
    """Id to gap after an entry of KINDS."""
    body = entry.body
    if isinstance(body, PracticeFinding):
        gap = Gap(entry.id, body.key, body.text, body.owner, body.due, entry.trading_day, entry.happened_at, entry.refers_to or "")
        return {**gaps, entry.id: gap}
    if isinstance(body, PracticeFindingClosed) and entry.refers_to in gaps:
        return {**gaps, entry.refers_to: replace(gaps[entry.refers_to], proof=body.proof, closed_on=entry.trading_day)}
    return dict(gaps)


def found_in(body: Rehearsed, tolerable_s: int) -> Iterator[tuple[str, str]]:
    """Key and text of each gap that a rehearsal showed; nothing where it was broken off."""
    if body.how == "interrupted":
        return
    what = SCENARIOS[body.scenario].title if body.scenario in SCENARIOS else body.scenario
    for one in body.missed:
        yield f"{body.scenario}/{one}", f"In the rehearsal nobody did it: {_name(one)}. ({what})"
    for one in body.helped:
        if one not in body.missed:
            yield f"{body.scenario}/{one}", f"In the rehearsal it needed help: {_name(one)}. ({what})"
    if body.to_sale_s is not None and body.to_sale_s > tolerable_s:
        minutes = -(-body.to_sale_s // 60)
        yield f"{body.scenario}/slow-sale", f"The first sale without the cloud took {minutes} minutes. ({what})"


def _name(one: str) -> str:
    if one in TASKS:
        return TASKS[one][0]
    if one == "step-0":
        return "the two sentences to the customer"
    return f"step {one.removeprefix('step-')} of the playbook" if one.startswith("step-") else one


def raised_by(body: Rehearsed, id: str, open_gaps: Iterable[Gap], owner: str, today: date, tolerable_s: int) -> list[PracticeFinding]:
    """The findings to be written: a gap that is open already is not raised again."""
    known = {one.key for one in open_gaps}
    due = (today + timedelta(days=DUE_DAYS)).isoformat()
    return [PracticeFinding(key, text, owner, due) for key, text in found_in(body, tolerable_s) if key not in known]


def closed_by(body: Rehearsed, at_ms: int, open_gaps: Iterable[Gap], tolerable_s: int) -> list[Gap]:
    """The open gaps that this rehearsal shows to be mended: of the same scenario, later, played to its end, and they did not come again."""
    if body.how != "finished":
        return []
    again = {key for key, _ in found_in(body, tolerable_s)}
    mine = f"{body.scenario}/"
    return [one for one in open_gaps if one.key.startswith(mine) and one.key not in again and one.raised_ms < at_ms]


def said(text: str, owner: str, due: str) -> PracticeFinding:
    """What people saw fail by themselves; the same words are the same gap."""
    key = sha256(" ".join(text.casefold().split()).encode()).hexdigest()[:16]
    return PracticeFinding(SAID + key, text, owner, due)


def closed_by_check(body: Checked, at_ms: int, open_gaps: Iterable[Gap]) -> list[Gap]:
    """The open gaps that this answer to a check shows to be mended: a proof, and a later one; a claim shows nothing."""
    if body.standing != "proof" or not body.works:
        return []
    return [one for one in open_gaps if one.key == CHECK + body.check and one.raised_ms < at_ms]
