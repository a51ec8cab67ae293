"""Plays rehearsals beside the real shop: sets a practice box up, breaks and mends, measures, and keeps what it showed.

The practice box is a process of its own in a folder of its own; its journal is only read. Into the real journal go the facts of the
rehearsal and nothing that was sold in it. A real outage, or anybody's word, ends it at once.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import apsw
import msgspec
from msgspec.structs import replace

from tideover.copies.store import Copies
from tideover.db import open_for_reading
from tideover.disk import write_whole
from tideover.errors import NotFound, RehearsalStopped, Rejected, WrongState
from tideover.journal.entry import Kept
from tideover.journal.reading import as_kept
from tideover.journal.store import Journal
from tideover.journal.verify import COLUMNS
from tideover.learn import gap, rehearsing
from tideover.learn.gap import Gap
from tideover.learn.keeping import facts_of
from tideover.learn.measure import Seen, look
from tideover.learn.practice_log import Past, PracticeLog
from tideover.learn.practice_shop import PracticeShop
from tideover.learn.practice_stock import practice_stock
from tideover.learn.rehearsing import How, Playing
from tideover.learn.scenario import SCENARIOS, cast, draw
from tideover.learn.trouble import WELL
from tideover.model.outage import Outage
from tideover.model.run import PracticeFindingClosed
from tideover.model.sale import NAME_LENGTH_MAX
from tideover.plan.store import Plan
from tideover.rules.calendar import trading_day
from tideover.settings import Settings
from tideover.world import Wake, World, to_ms

FOLDER, FILE = "rehearsals", "rehearsal.json"
KEPT_FOLDERS = 12  # Journals of the last year.
TURN_S, IDLE_S = 1.0, 3_600.0
PEOPLE_MAX = 20
READ_ROWS = 2_000
OPEN_MAX, TEXT_MAX, DUE_DAYS_MAX = 100, 500, 366  # Of findings that people type in.
LEFT = ("journal.db", "practice.mark")  # What stays of a practice folder.


class Rehearsals:
    """The rehearsals of one real box."""

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        plan: Plan,
        copies: Copies,
        settings: Settings,
        world: World,
        outage: Callable[[], Outage],
    ) -> None:
        """folder: the real data directory; outage: the real one, as it stands."""
        self._folder, self._journal, self._plan, self._copies = folder, journal, plan, copies
        self._settings, self._world, self._outage = settings, world, outage
        self.log = PracticeLog(journal)
        self.wake = Wake(world)
        self.playing: Playing | None = None
        self.seen = Seen()
        self.calm_s = rehearsing.CALM_S  # Until something breaks.
        self.told = ""  # What became of the last one, until the next begins.
        self._shop: PracticeShop | None = None
        self._stop: tuple[How, str] | None = None
        self._is_swept = False

    # What people do -------------------------------------------------------------------------------

    def start(self, scenario: str, people: Sequence[str], by: str) -> Playing:
        """Begin one, drawn by chance if none is chosen; the practice box stands some seconds later.

        Raises Rejected (nobody takes part), NotFound (no such scenario), WrongState (one runs, a real outage is open, this is practice).
        """
        self._may_start()
        if scenario and scenario not in SCENARIOS:
            raise NotFound(what="scenario", id=scenario[:40])
        names = list(dict.fromkeys(one.strip() for one in people if one.strip()))
        if not 1 <= len(names) <= PEOPLE_MAX:
            raise Rejected(why=f"say who takes part: 1 to {PEOPLE_MAX} people")
        past = [one.body for one in self.log.past()]
        self._is_swept = True
        id, now = self._world.new_id(), to_ms(self._world.now())
        chosen = scenario or draw(self._world.chance, past)
        self.playing, self.seen, self.told, self._stop = Playing(id, chosen, cast(names, past), by, now, id), Seen(), "", None
        self._keep()
        self.wake.ring()
        return self.playing

    def _may_start(self) -> None:
        if self._settings.is_practice:
            raise WrongState(what="Starting a rehearsal", why="this is a practice box already")
        if self.playing is not None or (not self._is_swept and (self._folder / FILE).exists()):
            raise WrongState(what="Starting a rehearsal", why="one is running")
        if self._is_real():
            raise WrongState(what="Starting a rehearsal", why="a real outage is open")
        if not self._journal.is_writable:
            raise WrongState(what="Starting a rehearsal", why="the journal takes nothing, so nothing would be kept of it")

    def stop(self, how: How, note: str = "") -> None:
        """End it: the turn that is woken by this does it at once. Raises WrongState if none runs."""
        if self.playing is None:
            raise WrongState(what="Ending the rehearsal", why="none is running")
        if self._stop is None:
            self._stop = how, note
            self._put(phase="ending", ending=note or how)
        self.wake.ring()

    def help(self) -> str:
        """The next task, for people who ask; it counts as helped. Raises WrongState if none runs."""
        if self.playing is None or self.playing.phase in ("opening", "ending"):
            raise WrongState(what="Helping", why="no rehearsal is running")
        self.playing = rehearsing.with_help(self.playing, self.seen)
        self._keep()
        return self.playing.helped[-1] if self.playing.helped else ""

    async def is_mended(self, finding: str, by: str) -> None:
        """The last rehearsal showed that it works now. Raises NotFound, WrongState if no finished one came after it."""
        found = next((one for one in self.log.open_gaps() if one.id == finding), None)
        if found is None:
            raise NotFound(what="finding of a rehearsal", id=finding[:40])
        proof = self.proof_of(found)
        if proof is None:
            raise WrongState(what="Closing the finding", why="only a later rehearsal or check shows that it is mended")
        await self._journal.record("practice_finding_closed", PracticeFindingClosed(proof.id), refers_to=found.id, operator=by)

    def proof_of(self, found: Gap) -> Past | None:
        """The rehearsal by which people may say that what they had said is mended: a later one, played to its end."""
        last = next((one for one in self.log.past() if one.body.how == "finished"), None)
        is_later = last is not None and last.body.started_at > found.raised_ms
        return last if is_later and found.is_open and found.key.startswith(gap.SAID) else None

    async def say(self, text: str, owner: str, due: str, by: str) -> None:
        """People saw something fail in the last rehearsal; said twice it is one finding.

        Raises Rejected (no text, no owner, no day from today on), WrongState (nobody has rehearsed, too many are open).
        """
        past, now = self.log.past(), self._world.now()
        today = date.fromisoformat(trading_day(now, self._settings.time_zone, self._settings.day_turns_at))
        open_gaps = self.log.open_gaps()
        if not past:
            raise WrongState(what="Raising a finding", why="nobody has rehearsed yet")
        if len(open_gaps) >= OPEN_MAX:
            raise WrongState(what="Raising a finding", why="too many are open; mend one first")
        body = gap.said(text.strip()[:TEXT_MAX], owner.strip()[:NAME_LENGTH_MAX], due.strip())
        if not body.text or not body.owner:
            raise Rejected(why="say what failed, and who mends it")
        if not today <= _day(body.due) <= today + timedelta(days=DUE_DAYS_MAX):
            raise Rejected(why="say by which day it is mended: today at the earliest, within a year")
        if body.key not in {one.key for one in open_gaps}:
            await self._journal.record("practice_finding", body, refers_to=past[0].id, operator=by)

    # What the box does ----------------------------------------------------------------------------

    async def turn(self) -> float:
        """One look; returns the seconds until the next. A rehearsal that a crash tore off is put away first."""
        if not self._is_swept:
            await self._sweep()
            self._is_swept = True
        await self._close_proven()
        if self.playing is None:
            return IDLE_S
        if self.playing.phase == "opening" and self._stop is None:
            await self._open()
        self._read()
        if self._stop is None:
            await self._act()
        if self._stop is not None:
            await self._end(*self._stop)
            return 0.0
        return TURN_S

    def on_real_outage(self) -> None:
        """Rings when the real box's phase changes."""
        if self.playing is not None and self._is_real() and self._stop is None:
            self.stop("interrupted", rehearsing.REAL_OUTAGE)

    def _is_real(self) -> bool:
        return self._outage().phase == "fallback"

    async def _open(self) -> None:
        assert self.playing is not None, "somebody started it"
        folder = self._folder / FOLDER / self.playing.folder
        folder.mkdir(parents=True, exist_ok=True)
        self._shop = PracticeShop(folder, self._world)
        home = f"http://{self._host}:{self._settings.port}/rehearsal" if self._settings.port else ""
        stock = practice_stock(tuple(self.playing.people), self._plan, self._copies, self._settings, self._world, home)
        try:
            await self._shop.open(stock, self._settings.bind)
        except RehearsalStopped:
            self._stop = self._stop or ("given_up", rehearsing.SET_UP_FAILED)
            return
        self._put(phase=self.playing.phase if self._stop else "calm", port=self._shop.port, ready_ms=to_ms(self._world.now()))

    @property
    def _host(self) -> str:
        return "127.0.0.1" if self._settings.bind in ("0.0.0.0", "::") else self._settings.bind

    async def _act(self) -> None:
        assert self.playing is not None and self._shop is not None, "it was opened"
        if not self._shop.is_running:
            self._stop = "given_up", rehearsing.PRACTICE_DIED
            return
        if self._is_real():
            self.on_real_outage()
            return
        now = to_ms(self._world.now())
        match rehearsing.next_act(self.playing, self.seen, now, self.calm_s):
            case "break":
                await self._tell(self.playing.story.troubles)
                self._put(phase="broken", broken_ms=now)
            case "mend":
                await self._tell((WELL, *self.playing.story.on_return))
                self._put(phase="back", mended_ms=now)
            case "end":
                is_over = bool(rehearsing.left_s(self.playing, now))
                self._stop = "finished", "" if is_over else rehearsing.OUT_OF_TIME

    async def _tell(self, troubles: Sequence[str]) -> None:
        assert self._shop is not None, "it was opened"
        for one in troubles:
            try:
                await self._shop.tell("/v1/practice", {"what": one})
            except RehearsalStopped:
                self._stop = "given_up", rehearsing.PRACTICE_DIED

    def _put(self, **changes: object) -> None:
        assert self.playing is not None, "one runs"
        self.playing = replace(self.playing, **changes)
        self._keep()

    def _keep(self) -> None:
        write_whole(self._folder / FILE, msgspec.json.encode(self.playing))

    # What is kept ---------------------------------------------------------------------------------

    def _read(self) -> None:
        if self.playing is not None and self.playing.broken_ms:
            self.seen = look(self._news(self.seen.seq), self.playing.story, self.seen)

    def _news(self, after: int) -> list[Kept]:
        """The practice journal's entries after that number; nothing where there is none to read."""
        assert self.playing is not None, "one runs"
        path = self._folder / FOLDER / self.playing.folder / "journal.db"
        try:
            connection = open_for_reading(path)
        except apsw.Error:
            return []
        try:
            sql = f"SELECT {COLUMNS} FROM entry WHERE seq > ? ORDER BY seq LIMIT {READ_ROWS}"
            return [as_kept(row) for row in connection.execute(sql, (after,)).fetchall()]
        except (apsw.Error, msgspec.DecodeError):
            return []
        finally:
            connection.close()

    async def _end(self, how: How, note: str) -> None:
        """The practice box ends, then what it showed is written in one commit, then the file goes: in this order after a crash, too."""
        assert self.playing is not None, "one runs"
        ended = to_ms(self._world.now())
        await self.shut()
        self._read()
        everything = self._news(0)
        head = f"{everything[-1].seq}:{everything[-1].hash.hex()}" if everything else ""
        body = rehearsing.kept_of(self.playing, self.seen, how, ended, head, note)
        if self._journal.find(self.playing.id) is None:
            has_done = "done" in self.seen.steps.values()
            await self._journal.record_together(
                facts_of(self.playing, body, self.log.open_gaps(), self._plan, self._settings, self._world, has_done)
            )
        self._put_away()
        self.told = note or how
        self.playing, self._stop = None, None

    async def _sweep(self) -> None:
        """A rehearsal that was torn off by the end of the box: it is kept as broken off, and its folder is tidied."""
        try:
            self.playing = msgspec.json.decode((self._folder / FILE).read_bytes(), type=Playing)
        except OSError:
            return
        except msgspec.DecodeError:
            (self._folder / FILE).unlink(missing_ok=True)
            return
        self.seen = Seen()
        await self._end("interrupted", rehearsing.BOX_STOPPED)

    async def _close_proven(self) -> None:
        """Findings that a check has shown to be mended since."""
        for one in self.log.proofs() if self._journal.is_writable else ():
            await self._journal.record("practice_finding_closed", PracticeFindingClosed(one.entry), refers_to=one.gap.id)

    def _put_away(self) -> None:
        """Of a practice folder the journal stays; of the folders, the last ones."""
        assert self.playing is not None, "one ran"
        place = self._folder / FOLDER
        for one in (place / self.playing.folder).iterdir() if (place / self.playing.folder).is_dir() else ():
            if not one.is_dir() and not one.name.startswith(LEFT):
                one.unlink(missing_ok=True)
            elif one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
        for old in sorted(one for one in place.iterdir() if one.is_dir())[:-KEPT_FOLDERS] if place.is_dir() else ():
            shutil.rmtree(old, ignore_errors=True)
        (self._folder / FILE).unlink(missing_ok=True)

    async def shut(self) -> None:
        """The programs of a rehearsal end; what was to be kept is kept at the next start."""
        shop, self._shop = self._shop, None
        if shop is not None:
            await asyncio.shield(shop.close())


def _day(text: str) -> date:
    """As a form sends it. Raises Rejected."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Rejected(why="a day is written like 2026-12-24") from error
