"""Carries runs of playbooks out: copies the wording, writes each word into the journal, and knows who leads and who was told.

Several people may be at one run; a second tap does no harm. It ticks nothing by itself: what the box sees (`standing`) is asked
anew at each look and written down when the run ends. A journal that takes nothing is told, never hidden.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from tideover.activate import calls, steps
from tideover.activate.steps import Outcome, Run
from tideover.errors import NotFound, Rejected, WrongState
from tideover.journal.entry import Fact, Kept
from tideover.journal.store import Journal
from tideover.model.facts import OutageStep
from tideover.model.open_item import OpenItem
from tideover.model.outage import Outage
from tideover.model.run import HandedOver, PartyTold, RunEnded, RunStarted, RunStep, WordExpected
from tideover.model.switching import Switched
from tideover.plan.records import Party
from tideover.plan.wording import Wording, Wordings, ways_of
from tideover.world import World, from_ms, to_ms

KINDS = ("outage", "run", "run_step", "run_ended", "handed_over", "word_expected", "party_told", "switched")
READ_ROWS = 1_000
RUNS_OPEN_MAX = 20  # Of one shop at once; more is a finger that rests on a button.
OVER = frozenset({"closed", "cleared"})

BY_BOX = frozenset(calls.LEFT_ON.values()) - {calls.LEFT_ON[calls.CARD]}
STALE = "somebody has gone on meanwhile; look at the step again"


class Lead(Struct, frozen=True):
    """Who leads."""

    to: str
    note: str
    by: str
    at_ms: int


class Word(Struct, frozen=True):
    """When the next word about the outage comes, and from whom."""

    at: datetime
    whom: str
    text: str
    by: str


class Told(Struct, frozen=True):
    """The newest word about a party that is told in an outage."""

    what: str  # "outage", "over" or "nothing".
    by: str
    at_ms: int
    note: str = ""


class Left(Struct, frozen=True):
    """Something that was switched on, and stays on until somebody takes it off."""

    by: str  # "" for the box.
    at_ms: int
    run: str = ""  # Id of the run in which it was ticked.


class Runs:
    """The runs of one shop."""

    def __init__(
        self,
        journal: Journal,
        wordings: Wordings,
        world: World,
        outage: Callable[[], Outage],
        parties: Callable[[], Iterable[Party]] = tuple,
    ) -> None:
        """outage: as it stands now. parties: those of the plan."""
        self._journal, self._wordings, self._world = journal, wordings, world
        self._outage, self._parties = outage, parties
        self._lock = asyncio.Lock()
        self._after = 0
        self._runs: dict[str, Run] = {}
        self._lead: Lead | None = None
        self._word: Word | None = None
        self._told: dict[str, Told] = {}
        self._moved: list[tuple[int, str, bool, Left]] = []  # Number of the entry, what, on or off.
        self._is_out = False  # An outage is open, as far as the journal was read.

    # What stands --------------------------------------------------------------------------------

    def open_runs(self) -> list[Run]:
        """Runs that nobody has ended, the newest first. Raises Damaged."""
        return [one for one in self.all() if one.ended is None]

    def open_run(self) -> Run | None:
        """The run that was begun last and is not over."""
        return next(iter(self.open_runs()), None)

    def all(self) -> list[Run]:
        """Every run, the newest first."""
        self._take_up()
        return list(reversed(self._runs.values()))

    def run(self, id: str) -> Run:
        """That run. Raises NotFound."""
        self._take_up()
        if id not in self._runs:
            raise NotFound(what="run of a playbook", id=id[:40])
        return self._runs[id]

    def wording(self, run: Run) -> Wording | None:
        """What is read aloud in that run; None where its wording is not in this plan."""
        return self._wordings.find(run.content)

    def leader(self) -> str:
        """Who leads now; "" where nobody was named since the last outage."""
        self._take_up()
        return self._lead.to if self._lead else ""

    def lead(self) -> Lead | None:
        """The same with who handed over, when, and with what word."""
        self._take_up()
        return self._lead

    def word(self) -> Word | None:
        """The next word that is expected; it may be overdue. None: none is."""
        self._take_up()
        return self._word

    def told_of(self, party: str) -> Told | None:
        """What that party was told in this outage; None: nothing."""
        self._take_up()
        found = self._told.get(party)
        return None if found is None or found.what == "nothing" else found

    def to_tell(self) -> list[tuple[Party, Told | None]]:
        """The parties that the plan says are told in an outage, each with what it was told."""
        return [(one, self.told_of(one.key)) for one in self._parties() if one.told_in_outage]

    def left_on(self) -> dict[str, Left]:
        """What was switched on and not off since, as people ticked it or the box did it: "diversion", "diversion/pbx" …"""
        self._take_up()
        words = [*self._moved]
        for run in self._runs.values():
            wording = self.wording(run)
            for mark in run.marks.values() if wording else ():
                if mark.outcome == "done" and mark.step:
                    way, left = wording.ready.steps[mark.step - 1].ways[mark.way - 1], Left(mark.by or run.by, mark.at_ms, run.id)
                    words += [(mark.seq, one, True, left) for one in way.opens]
                    words += [(mark.seq, one, False, left) for one in way.closes]
        found: dict[str, Left] = {}
        for _, what, is_on, left in sorted(words, key=lambda one: one[:3]):
            found.pop(what, None)
            if is_on:
                found[what] = left
        return found

    def left_open(self, owner: str) -> Iterator[OpenItem]:
        """What people must still do before an outage is over: take diversions off, tell suppliers."""
        for what, left in self.left_on().items():
            text = f"The phones are still diverted: {left.by or owner} did it. Take it off, and tick it on the return checklist."
            if what in BY_BOX:
                text = "The phones are still diverted by the box: lead them back on the page of switching."
            yield OpenItem("diversion", text, left.by or owner)
        for party, told in self.to_tell():
            if told is None or told.what != "over":
                yield OpenItem("supplier", f"{party.name} has not been told that it is over.", owner)

    # What people do -----------------------------------------------------------------------------

    async def start(self, playbook: str, language: str, by: str, reader: str = "") -> Run:
        """Open a playbook to be gone through; one that is open already is gone on with. reader: else whom the plan names.

        Raises NotFound (no such playbook), WrongState (too many are open), Damaged.
        """
        async with self._lock:
            runs = self.open_runs()
            if (running := next((one for one in runs if one.playbook == playbook), None)) is not None:
                return running
            if len(runs) >= RUNS_OPEN_MAX:
                raise WrongState(what="Starting a playbook", why="too many are open; end one first")
            wording = self._wordings.now(playbook, language)
            if wording is None:
                raise NotFound(what="playbook", id=playbook[:100])
            body = RunStarted(
                playbook=playbook,
                language=language,
                revision=wording.ready.revision,
                content=self._wordings.keep(wording),
                steps=len(wording.ready.steps),
                reader=reader or wording.ready.reader,
                outage=self._outage_id(),
            )
            appended = await self._journal.record("run", body, operator=by)
            return self.run(appended.id)

    async def mark(
        self,
        run: str,
        step: int,
        way: int,
        outcome: Outcome,
        by: str,
        why: str = "",
        answer: str = "",
        reader: str = "",
        seen: int | None = None,
    ) -> Run:
        """Say what became of a step; the same word again changes nothing. seen: see `steps.judge`.

        Raises NotFound, Rejected (skipped without a reason), WrongState (somebody said otherwise meanwhile, or it is over), Damaged.
        """
        async with self._lock:
            standing = self.run(run)
            if outcome == "skipped" and not why.strip():
                raise Rejected(why="say why the step is left out")
            body = RunStep(step=step, way=way, outcome=outcome, why=why.strip(), answer=answer.strip(), reader=reader.strip())
            match steps.judge(standing, body, seen):
                case "unknown":
                    raise NotFound(what="step", id=f"{step}")
                case "ended":
                    raise WrongState(what="Ticking a step", why="this playbook is over")
                case "stale":
                    raise WrongState(what="Ticking a step", why=STALE)
                case "new":
                    await self._journal.record("run_step", body, refers_to=run, operator=by)
            return self.run(run)

    async def read_by(self, run: str, reader: str, by: str) -> Run:
        """Somebody else reads aloud from here on. Raises as `mark`."""
        standing = self.run(run)
        place = steps.next_step(standing) or steps.Place(steps.FIRST, 1)
        if not reader.strip():
            raise Rejected(why="say who reads aloud")
        if steps.next_step(standing) is None:
            raise WrongState(what="Changing who reads", why="nothing is left to be read")
        return await self.mark(run, place.step, place.way, "open", by, reader=reader)

    async def end(self, run: str, how: str, by: str, why: str = "", seen: Iterable[tuple[int, int, str]] = ()) -> Run:
        """The run is over: gone through, or left with a reason. Over already: nothing changes.

        seen: (step, way, what the box saw) of steps that the box ticked by itself; they are written down now.
        Raises NotFound, Rejected (left without a reason), WrongState (finished with steps open), Damaged.
        """
        async with self._lock:
            standing = self.run(run)
            if standing.ended is not None:
                return standing
            if how not in ("finished", "left"):
                raise Rejected(why="a playbook is finished or left")
            ticks = [RunStep(step, way, "done", answer=what) for step, way, what in seen if steps.place_of(standing, step)]
            if how == "finished" and (open_still := set(steps.missed(standing)) - {one.step for one in ticks}):
                raise WrongState(what="Finishing the playbook", why=f"step {min(open_still)} is open")
            if how == "left" and not why.strip():
                raise Rejected(why="say why the playbook is left")
            facts = [Fact("run_step", one, refers_to=run) for one in ticks]
            await self._journal.record_together([*facts, Fact("run_ended", RunEnded(how, why.strip()), refers_to=run, operator=by)])
            return self.run(run)

    async def hand_over(self, to: str, by: str, note: str = "") -> None:
        """That person leads from here on. Raises Rejected, Damaged."""
        if not to.strip():
            raise Rejected(why="say who leads from here on")
        async with self._lock:
            self._take_up()
            if self._lead is None or (self._lead.to, self._lead.note) != (to.strip(), note.strip()):
                await self._journal.record("handed_over", HandedOver(to.strip(), note.strip()), refers_to=self._outage_id(), operator=by)

    async def expect_word(self, at: datetime | None, whom: str, text: str, by: str) -> None:
        """When the next word comes and from whom; None: it has come and no further one is expected. Raises Rejected, Damaged."""
        if at is not None and not whom.strip():
            raise Rejected(why="say who gives the next word")
        async with self._lock:
            body = WordExpected(0 if at is None else to_ms(at), whom.strip(), text.strip())
            await self._journal.record("word_expected", body, refers_to=self._outage_id(), operator=by)

    async def told(self, party: str, what: str, by: str, note: str = "") -> None:
        """That party knows of the outage ("outage"), or that it is over ("over"); "nothing" takes it back.

        Raises NotFound (nobody of that key in the plan), Rejected, Damaged.
        """
        if party not in {one.key for one in self._parties()}:
            raise NotFound(what="party", id=party[:100])
        if what not in ("outage", "over", "nothing"):
            raise Rejected(why="a party is told of the outage, or that it is over")
        async with self._lock:
            now = self.told_of(party)
            if (now.what if now else "nothing") != what:
                await self._journal.record("party_told", PartyTold(party, what, note.strip()), refers_to=self._outage_id(), operator=by)

    # Reading ------------------------------------------------------------------------------------

    def _outage_id(self) -> str | None:
        outage = self._outage()
        return outage.id if outage.id and outage.phase in ("suspected", "fallback", "recovering") else None

    def _take_up(self) -> None:
        while kepts := self._journal.read(after=self._after, kinds=KINDS, limit=READ_ROWS):
            for kept in kepts:
                self._take(kept)
            self._after = kepts[-1].seq

    def _take(self, kept: Kept) -> None:
        entry, body = kept.entry, kept.entry.body
        match body:
            case OutageStep():
                self._is_out = body.phase not in OVER
                if not self._is_out:
                    self._forget()
            case Switched():
                if (found := calls.moved(entry)) is not None:
                    self._moved.append((kept.seq, *found, Left(entry.operator or "", entry.happened_at)))
            case RunStarted():
                wording = self._wordings.find(body.content)
                self._runs[entry.id] = steps.begin(entry, ways_of(wording) if wording else ())
            case RunStep() | RunEnded() if entry.refers_to in self._runs:
                self._runs[entry.refers_to] = steps.take(self._runs[entry.refers_to], entry, kept.recorded_at, kept.seq)
                self._rest(body)
            case HandedOver():
                self._lead = Lead(body.to, body.note, entry.operator or "", entry.happened_at)
            case WordExpected():
                self._word = Word(from_ms(body.at), body.whom, body.text, entry.operator or "") if body.at else None
            case PartyTold():
                self._told[body.party] = Told(body.what, entry.operator or "", entry.happened_at, body.note)

    def _rest(self, body: RunStep | RunEnded) -> None:
        """Without an outage, who leads and which word is expected ends with the last run."""
        if isinstance(body, RunEnded) and not self._is_out and not any(one.ended is None for one in self._runs.values()):
            self._forget()

    def _forget(self) -> None:
        self._lead, self._word, self._told = None, None, {}
