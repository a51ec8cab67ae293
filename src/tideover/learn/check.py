"""Is it known to work, is it time to look again, and who is asked? Proof and claim are told apart at every step.

What was seen is an entry of the journal; the state is computed from the entries each time and stands nowhere. A claim never
makes a check green: it only keeps the nag quiet for a shorter time. Nobody's "later" or "works" without a proof keeps the second person
from being asked once the grace is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from tideover.copies.fold import fold
from tideover.errors import NotFound, Rejected
from tideover.journal.entry import Entry
from tideover.journal.outcome import Appended
from tideover.journal.reading import READ_MAX, Reading
from tideover.journal.store import Journal
from tideover.model.facts import CheckAsked, Checked, Text
from tideover.plan.records import Check, Person
from tideover.plan.store import Plan
from tideover.rules.calendar import trading_day
from tideover.settings import Settings
from tideover.words import Say
from tideover.world import World

State = Literal["never", "fresh", "claimed", "due", "overdue", "handed-on", "fails"]
GREEN: State = "fresh"

CLAIM_SHARE = 4  # "Only said" keeps the nag quiet for a quarter of the period …
CLAIM_QUIET_DAYS_MAX = 14  # … and at most so long.
LATER_DAYS_MAX = 30  # Nobody puts it off for longer in one go.
ASKED_KEPT = 20  # "Later" and "you do it" since the last answer that still matter.
TEXT_LENGTH_MAX = 1_000
FUTURE = "9999-12-31"


class Answer(Struct, frozen=True):
    """What somebody or something saw, or said."""

    on: str  # YYYY-MM-DD.
    by: str
    method: str = "person"
    note: str = ""
    evidence: str = ""


class Asked(Struct, frozen=True):
    """A person put it off, or handed it on."""

    on: str
    by: str
    until: str | None = None  # Day on which it is asked again; None: handed on.
    to: str = ""


class Known(Struct, frozen=True):
    """All that still matters of a check's answers."""

    proof: Answer | None = None  # The newest that saw it work.
    failed: Answer | None = None  # The newest that saw or said that it does not; gone with the next proof.
    claim: Answer | None = None  # The newest that only said so, since the last proof or failure.
    asked: tuple[Asked, ...] = ()  # Since the last answer.


class DueCheck(Struct, frozen=True):
    """A check on one day."""

    check: Check
    known: Known
    state: State
    due_on: str  # YYYY-MM-DD.
    overdue_on: str  # From this day on the second person is asked, too.
    is_overdue: bool
    asked: tuple[str, ...]  # Who is asked today; empty: nobody.
    quiet_until: str | None = None  # Day on which it is asked again, where somebody said "works" or "later".

    @property
    def is_green(self) -> bool:
        """Somebody saw it work, and not too long ago."""
        return self.state == GREEN

    @property
    def is_open(self) -> bool:
        """Its day has come and nobody has seen it work."""
        return self.state in ("claimed", "due", "overdue", "handed-on", "fails") or bool(self.asked)


NOTHING = Known()


class CheckAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says to a check with one tap."""

    check: Annotated[str, Meta(min_length=1, max_length=200)]  # Its key, or a part that only one has.
    answer: Literal["works", "said", "fails", "later", "hand-on"]
    proof: Text = ""  # For works: what shows it.
    note: Text = ""
    days: Annotated[int, Meta(ge=1, le=LATER_DAYS_MAX)] = 7  # For later.
    to: Annotated[str, Meta(max_length=200)] = ""  # For hand-on: a person.
    by: Annotated[str, Meta(max_length=200)] = ""  # Who says it, where the caller may say so.


class CheckView(Struct, frozen=True):
    """A check as it is told to others, in the reader's language."""

    key: str
    what: str
    subject: str
    state: State
    is_green: bool  # Proven, and not too long ago; a claim never makes it so.
    is_overdue: bool
    due_on: str
    asked: tuple[str, ...]
    quiet_until: str | None
    nag: str
    proof: Answer | None
    claim: Answer | None
    failed: Answer | None
    period_days: int


# What the entries say ---------------------------------------------------------------------------


def take(known: Known, entry: Entry) -> Known:
    """What is known after an entry of kind `checked` or `check_asked`."""
    body, on, by = entry.body, entry.trading_day, entry.operator or ""
    if isinstance(body, CheckAsked):
        asked = Asked(on, by, body.until if body.answer == "later" else None, body.to)
        return replace(known, asked=(asked,) if asked.to else (*known.asked, asked)[-ASKED_KEPT:])  # Who is asked now has not said "later".
    answer = Answer(on, by, body.method, body.note, body.evidence)
    if not body.works:
        return replace(known, failed=answer, claim=None, asked=())
    if body.standing == "proof":
        return Known(proof=answer)
    return replace(known, claim=answer, asked=())


# What follows from it ---------------------------------------------------------------------------


def due(
    checks: Iterable[Check], answers: Mapping[str, Known], today: date, people: Sequence[Person] = (), owner: str = ""
) -> list[DueCheck]:
    """Each check as it stands today, what is asked first: the failed, the overdue, the due, then by day.

    answers: key of a check to what is known of it. people: who works here; somebody who has left is not asked. owner: is asked where
    nobody else can be. Raises nothing.
    """
    staff = {one.name for one in people}
    stand = [_stand(check, answers.get(check.key, NOTHING), today, staff, owner) for check in checks]
    return sorted(stand, key=lambda one: (not one.asked, one.state != "fails", not one.is_overdue, one.due_on, one.check.key))


def _stand(check: Check, known: Known, today: date, staff: set[str], owner: str) -> DueCheck:
    due_on, now = _due_on(check, known, today), today.isoformat()
    overdue_on = _after(due_on, check.grace_days + 1)
    is_due, is_overdue = now >= due_on, now >= overdue_on
    quiet = {by: until for by, until in _quiet(check, known) if now < until <= _after(now, LATER_DAYS_MAX)} if is_due else {}
    wanted = _wanted(check, known, is_overdue, staff, owner) if is_due else []
    is_quiet_for_all = not is_overdue and any(by not in wanted for by in quiet)
    asked = () if is_quiet_for_all else tuple(one for one in wanted if one not in quiet)
    return DueCheck(
        check=check,
        known=known,
        state=_state(known, is_due, is_overdue),
        due_on=due_on,
        overdue_on=overdue_on,
        is_overdue=is_overdue,
        asked=asked,
        quiet_until=None if asked else min(quiet.values(), default=None),
    )


def _due_on(check: Check, known: Known, today: date) -> str:
    if known.failed is not None:
        return min(known.failed.on, today.isoformat())  # A clock that was set back must not put it off.
    if known.proof is not None:
        return _after(min(known.proof.on, today.isoformat()), check.period_days)
    return check.first_on or today.isoformat()


def _state(known: Known, is_due: bool, is_overdue: bool) -> State:
    if known.failed is not None:
        return "fails"
    if not is_due:
        return "fresh" if known.proof is not None else "never"
    if is_overdue:
        return "overdue"
    if known.claim is not None:
        return "claimed"
    if any(one.to for one in known.asked):
        return "handed-on"
    return "due" if known.proof is not None else "never"


def _wanted(check: Check, known: Known, is_overdue: bool, staff: set[str], owner: str) -> list[str]:
    """Whose it is now: the first person or who was asked instead; once the grace is over the second as well."""
    handed = next((one.to for one in reversed(known.asked) if one.to), "")
    named = [handed or check.first_person, *((check.second_person, check.first_person) if is_overdue else ())]
    here = [one for one in named if one and (not staff or one in staff or one == owner)]
    instead = [one for one in (check.second_person, owner) if one in staff or one == owner][:1]  # Who was named has left.
    return list(dict.fromkeys(here or instead))


def _quiet(check: Check, known: Known) -> Iterator[tuple[str, str]]:
    """Who answered without proving it, and the day on which they are asked again."""
    if known.claim is not None:
        yield known.claim.by, _after(known.claim.on, claim_quiet_days(check))
    for one in known.asked:
        if one.until is not None:
            yield one.by, one.until


def claim_quiet_days(check: Check) -> int:
    """How long the nag is quiet after somebody only said that it works."""
    return max(1, min(check.period_days // CLAIM_SHARE, CLAIM_QUIET_DAYS_MAX))


def _after(day: str, days: int) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:
        return FUTURE


# What is said about it --------------------------------------------------------------------------


def nag(one: DueCheck, today: date, said: Say) -> str:
    """What is known, and what is lost if it does not work on the day; in the reader's language."""
    known, loss = one.known, said.told(one.check.loss)
    if known.failed is not None:
        text = said("It did not work on {day}.", day=said.day(known.failed.on))
    elif known.claim is not None and one.state != GREEN:
        text = said("It was only said to work, on {day}; nobody has shown it since.", day=said.day(known.claim.on))
    elif known.proof is not None:
        days = (today - date.fromisoformat(known.proof.on)).days
        text = said("It was last seen to work on {day}, {n} days ago.", day=said.day(known.proof.on), n=max(0, days))
    else:
        text = said("Nobody has seen it work yet.")
    return f"{text} {loss}".strip()


def view(one: DueCheck, today: date, said: Say) -> CheckView:
    """All of it for a page, a list or a program."""
    check, known = one.check, one.known
    return CheckView(
        key=check.key,
        what=said.told(check.what),
        subject=check.subject,
        state=one.state,
        is_green=one.is_green,
        is_overdue=one.is_overdue,
        due_on=one.due_on,
        asked=one.asked,
        quiet_until=one.quiet_until,
        nag=nag(one, today, said),
        proof=known.proof,
        claim=known.claim,
        failed=known.failed,
        period_days=check.period_days,
    )


# In an open house -------------------------------------------------------------------------------


class Checks:
    """Reads what was answered, and writes answers. Keeps no state but how far it has read."""

    def __init__(self, journal: Reading, plan: Plan, world: World, settings: Settings) -> None:
        """journal: one that can only be read will do for `due`."""
        self._journal, self._plan, self._world, self._settings = journal, plan, world, settings
        self._known: dict[str, Known] = {}
        self._seq = 0

    @property
    def today(self) -> date:
        """The shop's trading day."""
        return date.fromisoformat(trading_day(self._world.now(), self._settings.time_zone, self._settings.day_turns_at))

    def known(self) -> Mapping[str, Known]:
        """What is known of each check that was ever answered; reads only what came since the last call. Raises Damaged."""
        while kepts := self._journal.read(after=self._seq, kinds=("checked", "check_asked"), limit=READ_MAX):
            for kept in kepts:
                key = kept.entry.body.check
                self._known[key] = take(self._known.get(key, NOTHING), kept.entry)
            self._seq = kepts[-1].seq
        return self._known

    def due(self) -> list[DueCheck]:
        """Every check of the plan as it stands today, those of the phone numbers among them; what is asked comes first."""
        return due(self._plan.checks(), self.known(), self.today, self._plan.people(), self._settings.owner)

    def one(self, key: str) -> DueCheck:
        """One check as it stands today, by its key or by a part of key or text that only one has. Raises NotFound."""
        stand = self.due()
        sought = fold(key)
        for fits in (
            lambda one: one.check.key == key,
            lambda one: fold(one.check.key).startswith(sought),
            lambda one: sought in fold(f"{one.check.key} {one.check.subject} {one.check.what}"),
        ):
            found = [one for one in stand if sought and fits(one)]
            if len(found) == 1:
                return found[0]
        raise NotFound(what="check", id=key[:100])

    async def answer(self, given: CheckAnswer, by: str) -> Appended:
        """What a person says. Raises as the answers below."""
        match given.answer:
            case "works":
                return await self.proven(given.check, by, given.proof, given.note)
            case "said":
                return await self.claimed(given.check, by, given.note)
            case "fails":
                return await self.failed(given.check, by, given.note)
            case "later":
                return await self.later(given.check, by, given.days)
            case _:
                return await self.hand_on(given.check, by, given.to)

    # The one-tap answers; each raises NotFound for a check that the plan does not have, and Damaged -----

    async def proven(self, key: str, by: str, evidence: str, note: str = "") -> Appended:
        """Somebody saw it work, and this shows it. Raises Rejected if nothing does."""
        if not evidence.strip():
            raise Rejected(why="what shows it is missing: a number, a name, what was seen; without it choose 'only said'")
        return await self._answer(key, by, "proof", True, note, evidence)

    async def claimed(self, key: str, by: str, note: str = "") -> Appended:
        """Somebody says that it works; nothing shows it."""
        return await self._answer(key, by, "claim", True, note)

    async def failed(self, key: str, by: str, note: str = "") -> Appended:
        """It does not work."""
        return await self._answer(key, by, "proof", False, note)

    async def seen(self, key: str, by: str, works: bool, evidence: str) -> Appended:
        """The box has looked itself: a proof, or that it does not work. Raises NotFound, Damaged."""
        check = self.one(key).check
        body = Checked(check.key, check.subject, "proof", "machine", works, "", evidence[:TEXT_LENGTH_MAX])
        return await self._open_journal.record("checked", body, operator=by)

    async def later(self, key: str, by: str, days: int) -> Appended:
        """Ask that person again after so many days. Raises Rejected beyond LATER_DAYS_MAX."""
        if not 1 <= days <= LATER_DAYS_MAX:
            raise Rejected(why=f"it can be put off for 1 to {LATER_DAYS_MAX} days")
        until = (self.today + timedelta(days=days)).isoformat()
        return await self._ask(by, CheckAsked(check=self.one(key).check.key, answer="later", until=until))

    async def hand_on(self, key: str, by: str, to: str) -> Appended:
        """Ask somebody else instead. Raises NotFound for a person whom the plan does not know."""
        if self._plan.get(Person, to) is None:
            raise NotFound(what="person", id=to[:100])
        return await self._ask(by, CheckAsked(check=self.one(key).check.key, answer="handed-on", to=to))

    async def _answer(self, key: str, by: str, standing: Literal["proof", "claim"], works: bool, note: str, evidence: str = "") -> Appended:
        if max(len(note), len(evidence)) > TEXT_LENGTH_MAX:
            raise Rejected(why=f"the text is longer than {TEXT_LENGTH_MAX} characters")
        check = self.one(key).check
        body = Checked(check.key, check.subject, standing, "person", works, note.strip(), evidence.strip())
        return await self._open_journal.record("checked", body, operator=by)

    async def _ask(self, by: str, body: CheckAsked) -> Appended:
        return await self._open_journal.record("check_asked", body, operator=by)

    @property
    def _open_journal(self) -> Journal:
        if not isinstance(self._journal, Journal):
            raise Rejected(why="the journal is only open for reading")
        return self._journal
