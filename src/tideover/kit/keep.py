"""Keeps paper true: looks which printed copies are out of date, lines up what is to be printed again, and prints it.

Looks only at papers that somebody holds, and only when something they are made from changed. Never prints what nobody
needs again, and never says that a paper is there before it is: a job ends with the entry `printed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from tideover.copies.store import Copies
from tideover.disk import passing, remove
from tideover.errors import NotFound, Rejected, WrongState
from tideover.journal.store import Journal
from tideover.kit import copies as register
from tideover.kit.copies import KEPT, TOUCHED, Copy, kind_of, language_of
from tideover.kit.jobs import Job, Jobs, Paper, State
from tideover.kit.work import Done, Pressed, ToPress, Wish, Work
from tideover.model.facts import CopyEnded, CopyPlaced, Printed
from tideover.plan.store import Plan
from tideover.ports import PrintAnswer, Printer
from tideover.rules.calendar import local_date
from tideover.settings import Settings
from tideover.world import Wake, World, to_ms

IDLE_S = 30.0  # A change of the plan rings no bell; a paper is stale within a minute all the same.
PRINTING_S = 5.0
NOTHING_HELD_S = 3_600.0
PRINTED_AT_ONCE = 20  # In one turn.
RANKING_DAYS = 28  # So long the order of the best sellers stands.
PENDING: tuple[State, ...] = ("waiting", "queued")
DAY_MS = 86_400_000


class Keep:
    """The copies of one shop, and what is to be printed."""

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        plan: Plan,
        copies: Copies,
        settings: Settings,
        world: World,
        work: Work,
        printer: Printer | None,
    ) -> None:
        """folder: the data directory; work: makes papers away from the tills; printer: None where a person prints."""
        self.folder, self._journal, self._plan, self._copies = folder, journal, plan, copies
        self._settings, self._world, self.printer = settings, world, printer
        self.work, self.jobs, self.wake = work, Jobs(copies.database), Wake(world)
        self._held: dict[str, Copy] = {}
        self._seq, self._marks, self._priced = 0, {}, ""
        self._begun = False

    async def turn(self) -> float:
        """One look and one round of printing; seconds until the next is due. Raises Unavailable, DiskFailed."""
        if not self._journal.is_writable:
            return IDLE_S
        if not self._begun:
            await self._begin()
        await self._look()
        await self._line_up()
        await self._keep_prices()
        await self._print()
        if self.jobs.all("queued", "sending", "sent"):
            return PRINTING_S
        return IDLE_S if register.standing(self.copies()) else NOTHING_HELD_S

    def copies(self) -> dict[str, Copy]:
        """Every copy that was ever printed, by id, as far as the journal goes."""
        while entries := self._journal.read(after=self._seq, kinds=register.KINDS):
            self._held = register.take(self._held, (kept.entry for kept in entries))
            self._seq = entries[-1].seq
        return self._held

    def stale(self) -> list[Copy]:
        """Copies that lie about and say something else than their original."""
        now = {artefact: paper.content for artefact, paper in self.jobs.papers().items()}
        return register.stale(register.standing(self.copies()), now)

    async def _begin(self) -> None:
        """After a start: what was on its way to the printer may be there, or not."""
        for job in self.jobs.all("sending"):
            await self.move(job, ("sending",), state="unknown", why="the box was stopped while it was sent")
        for job in self.jobs.all("waiting" if self.printer else "queued"):
            if not (job.by_hand and self.printer):
                await self.move(job, PENDING, state=self.first_state(), why="")
        self._begun = True

    # Looking ----------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Lay out anew what may have changed, in the other process."""
        held = {copy.artefact for copy in register.standing(self.copies())}
        marks = self.marks()
        kinds = self._to_look_at(held, marks) if held else set()
        if kinds:
            seen = await self._ask(kinds, {language_of(one) for one in held})
            found = {one.artefact: one for one in seen.papers if one.artefact in held}
            gone = [Paper(one, "", "", "") for one in sorted(held - found.keys()) if kind_of(one) in kinds]
            await self.jobs.keep_papers([*found.values(), *gone], held, to_ms(self._world.now()))
        elif not held and self.jobs.papers():
            await self.jobs.keep_papers([], [], 0)
        self._marks = marks

    def marks(self) -> dict[str, str]:
        """What papers are made from, as a few words that change with it."""
        (changes,) = self._plan.database.rows("SELECT count(*) FROM intent")[0]
        shop = {"plan": str(changes), "tills": "\n".join(self._journal.selling_tills()), "day": self.today().isoformat()}
        return {**{state.dataset: state.hash for state in self._copies.states()}, **shop}

    def today(self) -> date:
        """In the shop's zone."""
        return local_date(self._world.now(), self._settings.time_zone)

    def _to_look_at(self, held: set[str], marks: dict[str, str]) -> set[str]:
        kinds, known = {kind_of(one) for one in held}, self.jobs.papers()
        changed = {name for name, mark in marks.items() if self._marks.get(name) != mark}
        if changed & {"plan", "tills", "day"}:
            return kinds
        touched = {kind for name in changed for kind in TOUCHED[name]}  # type: ignore[index]
        return kinds & (touched | {kind_of(one) for one in held - known.keys()})

    async def _ask(self, kinds: Iterable[str], languages: Iterable[str]) -> Done:
        return await self.carry_out(Wish(str(self.folder), self._now_ms, tuple(sorted(kinds)), tuple(sorted(languages))))

    async def carry_out(self, wish: Wish) -> Done:
        """Have it done; where the lists' order of best sellers is missing or old, it is kept from now on. Raises Unavailable."""
        at = self.jobs.ranking_at()
        is_old = at is None or not 0 <= self._now_ms - at < RANKING_DAYS * DAY_MS
        listed = "price-list" in wish.kinds or any(kind_of(one.artefact) == "price-list" for one in wish.press)
        if not (is_old and listed):
            return await self.work(wish)
        done = await self.work(Wish(**{name: getattr(wish, name) for name in Wish.__struct_fields__} | {"wants_ranking": True}))
        await self.jobs.keep_ranking(done.ranking, self._now_ms)
        return done

    @property
    def _now_ms(self) -> int:
        return to_ms(self._world.now())

    def now(self) -> datetime:
        return self._world.now()

    def new_id(self) -> str:
        return self._world.new_id()

    # Lining up --------------------------------------------------------------------------------------

    async def _line_up(self) -> None:
        """A job for each stale paper; none for one that is true again, or made no more: that one is only fetched."""
        papers, stale = self.jobs.papers(), [copy for copy in self.stale() if not copy.is_on_phone]
        again = {copy.id: copy for copy in stale if papers[copy.artefact].content}
        jobs = {job.replaces: job for job in self.jobs.all() if job.replaces}
        await self.jobs.drop(job.id for id, job in jobs.items() if id not in again and job.state in PENDING and not job.by_hand)
        for id in again.keys() - jobs.keys():
            copy = again[id]
            await self.jobs.add(self._job(copy.artefact, copy.place, copy.holder, replaces=id))

    def _job(self, artefact: str, place: str, holder: str, *, replaces: str | None = None, by_hand: bool = False) -> Job:
        return Job(self._world.new_id(), artefact, replaces, place, holder, by_hand, self.first_state(), since=self._now_ms)

    def first_state(self) -> State:
        """Queued for the shop's printer, or waiting for a person."""
        return "queued" if self.printer else "waiting"

    async def _keep_prices(self) -> None:
        """When every price list that somebody holds is true, remember its prices: the change sheet counts from them."""
        held = [copy for copy in register.standing(self.copies()) if copy.kind == "price-list"]
        items = self._marks.get("items", "")
        if not held or items == self._priced or any(copy.kind == "price-list" for copy in self.stale()):
            return
        done = await self.work(Wish(str(self.folder), self._now_ms, wants_prices=True))
        await self.jobs.keep_prices(done.prices, sha256(done.prices).hexdigest(), self._now_ms)
        self._priced = items

    # Printing ---------------------------------------------------------------------------------------

    async def _print(self) -> None:
        if self.printer is None:
            return
        for job in self.jobs.all("sent"):
            await self._heard(job, await self.printer.ask(job.number), ("sent",))
        for job in [one for one in self.jobs.all("queued") if self._is_due(one)][:PRINTED_AT_ONCE]:
            if not await self._send(job):
                return  # A printer that is away takes the next one neither.

    def _is_due(self, job: Job) -> bool:
        """False for a paper that was printed by itself a short time ago: prices may be changing all morning."""
        last = max((copy.printed_at for copy in self.copies().values() if copy.artefact == job.artefact), default=0)
        return job.by_hand or not 0 <= self._now_ms - last < self._settings.print_again_s * 1_000

    async def _send(self, job: Job) -> bool:
        path = passing(self.folder, f"{job.id}.pdf")
        made = await self.press(job, path)
        try:
            if not made.pages:
                await self.jobs.drop([job.id])
            elif await self.move(job, ("queued",), state="sending", content=made.content, pages=made.pages, why=""):
                answer = await self.printer.send(path, made.title)  # type: ignore[union-attr]
                await self._heard(self.job(job.id), answer, ("sending",))
                return answer.word != "away"
            return True
        finally:
            remove(path)

    async def press(self, job: Job, path: Path) -> Pressed:
        """The job's paper as a file, with the copy's id on its foot. Raises Unavailable."""
        wish = Wish(str(self.folder), self._now_ms, press=(ToPress(job.artefact, str(path), job.id),))
        return (await self.carry_out(wish)).pressed[0]

    async def _heard(self, job: Job, answer: PrintAnswer, states: tuple[State, ...]) -> None:
        """What the printer said moves the job on."""
        if answer.word == "confirmed":
            await self.is_there(job, "")
        elif answer.word == "away":
            state = "queued" if job.state == "sending" else job.state
            await self.move(job, states, state=state, why=answer.why)
        else:
            await self.move(job, states, state=answer.word, number=answer.number or job.number, why=answer.why)

    async def is_there(self, job: Job, by: str) -> None:
        """The paper lies in the printer: it is a copy from now on, and the job waits until somebody puts it in its place."""
        paper = self.jobs.papers().get(job.artefact)
        as_of = (paper.as_of if paper else "") or self.today().isoformat()
        if job.id not in self.copies():  # Else the box was stopped between the entry and the next line.
            await self.record("printed", Printed(job.artefact, job.content, job.pages, as_of), by, id=job.id)
        await self.move(job, ("waiting", "queued", "sending", "sent", "unknown"), state="printed", why="")

    async def record(self, kind: str, body: Any, by: str, refers_to: str | None = None, id: str | None = None) -> None:
        await self._journal.record(kind, body, refers_to=refers_to, operator=by or None, id=id)
        self.wake.ring()

    async def move(self, job: Job, states: tuple[State, ...], **changes: Any) -> bool:
        return await self.jobs.move(job.id, states, self._now_ms, **changes)

    # What people do ---------------------------------------------------------------------------------

    def job(self, id: str) -> Job:
        """Raises NotFound."""
        found = self.jobs.get(id)
        if found is None:
            raise NotFound(what="print job", id=id)
        return found

    def copy(self, id: str) -> Copy:
        """Raises NotFound."""
        found = self.copies().get(id)
        if found is None:
            raise NotFound(what="printed copy", id=id)
        return found

    async def order(self, artefact: str, place: str, holder: str) -> Job:
        """One further copy of a paper. Raises Rejected."""
        if kind_of(artefact) not in KEPT or artefact.startswith(register.ON_PHONES):
            raise Rejected(why="there is no such paper to print")
        job = self._job(artefact, place, holder, by_hand=True)
        if not await self.jobs.add(job):
            raise Rejected(why="too many papers wait to be printed: print or drop some first")
        self.wake.ring()
        return job

    async def placed(self, copy: Copy, place: str, holder: str, by: str) -> None:
        """It lies there now; the one whose place it takes is gone, and its job is done."""
        await self.record("copy_placed", CopyPlaced(place, holder), by, refers_to=copy.id)
        job = self.jobs.get(copy.id)
        if job is not None and job.replaces and not self.copy(job.replaces).ended:
            await self.end(self.copy(job.replaces), "replaced", by)
        await self.jobs.drop([copy.id])

    async def end(self, copy: Copy, how: Any, by: str, note: str = "") -> None:
        """It is no more. Raises WrongState."""
        if copy.ended:
            raise WrongState(what="That copy", why=f"it was {copy.ended} already")
        await self.record("copy_ended", CopyEnded(how, note), by, refers_to=copy.id)
