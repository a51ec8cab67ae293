"""The box's PC: its data directory, its disk, its power, and what people do to all three.

One person stands at it at a time. Whatever happens to it, no file is thrown away that the shop still needs:
a disk that was replaced is read out in the evening.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec

from sim.disk import Disk
from sim.line import Line
from sim.script import Event, Script
from sim.till import LATE_S_MAX, TURNS, ZONE, Cable
from sim.virtual import Elapsed, Lifetime, SimWorld
from tideover.app import House, Seams, open_house
from tideover.box import live
from tideover.detect.looks.probe import CloudProbe
from tideover.errors import DiskFailed, FolderUnusable
from tideover.model.outage import Observation
from tideover.web.access import Access
from tideover.web.intake import Intake

TRY_AGAIN_S = 30.0  # Somebody starts a box that will not open again so often.
NOT_COPIED = shutil.ignore_patterns("*-shm", "box.lock")  # What lives in memory only.


class Machine:
    """The box, on or off; `house` is None while it is off."""

    def __init__(self, script: Script, folder: Path, world: SimWorld, line: Line, cable: Cable, elapsed: Elapsed) -> None:
        self.script, self.world, self.cable = script, world, cable
        self.folder = folder / "box"
        self.folder.mkdir()
        self.house: House | None = None
        self.access: Access | None = None
        self.life = Lifetime()
        self.old: list[Path] = []  # Data directories of replaced PCs.
        self.forgotten: list[Path] = []  # Left for an older copy that lacks nothing which anybody but the box had seen.
        self.told: list[str] = []
        self.unnoticed: list[str] = []  # Old copies that ran as if they were the right one.
        self.unplugged: list[tuple[float, float]] = []  # When the box alone had no line.
        self.phases: list[tuple[float, str]] = []  # The outage's, when they began by a clock that is right.
        self.is_wrong = False  # An old copy stands in the place of the right directory.
        self.is_replaced = False  # A new PC stands there, and the tills are strangers to it.
        self.take_back: Callable[[float], None] = lambda since_s: None  # Tells the tills that the wrong box answered since then.
        self.seen: Callable[[str], int] = lambda box: 0  # The highest number of an entry of that box that a till was told of.
        self._stick = 0  # Each PC has a stick of its own, for the second witness.
        self._shelf, self._line, self._elapsed = folder, line, elapsed
        self._chance = random.Random(f"machine {script.seed}")
        self._hands = asyncio.Lock()
        self._folders = 0
        self._loops: asyncio.Task[None] | None = None
        self._disk = Disk() if script.all_of("power", "full") else None
        self._is_full = False

    # On and off ---------------------------------------------------------------------------------

    def _open(self) -> House:
        seams = Seams(
            transport=self._line, probes=self._probes(), threaded=False, vfs=self._disk and self._disk.name, tell=self.told.append
        )
        return open_house(
            self.folder,
            self.world,
            seams,
            cloud="practice",
            cloud_url="http://cloud",
            time_zone=ZONE,
            day_turns_at=TURNS,
            watch_s=self.script.watch_s,
            tolerable_s=self.script.tolerable_s,
            clean_s=self.script.clean_s,
            replicate_s=3600,
            heads_folder=str(self._witness()) if self.script.second_witness else "",
        )

    def _witness(self) -> Path:
        folder = self._shelf / f"stick-{self._stick}"
        folder.mkdir(exist_ok=True)
        return folder

    def _probes(self) -> list[Any]:
        async def answers() -> bool:
            await asyncio.sleep(0.1)
            return self._line.up and not self._line.is_unplugged

        class Anchor(CloudProbe):
            async def look(probe) -> Observation:
                return msgspec.structs.replace(await super().look(), service="internet", kind="anchor")

        return [CloudProbe("cloud", answers, self.world), Anchor("anchor", answers, self.world)]

    async def on(self, serves: bool = True) -> None:
        """Start the box; with a full disk, again and again. serves: whether tills reach it."""
        while True:
            try:
                house = self._open()
                break
            except (DiskFailed, FolderUnusable, apsw.FullError):
                assert self._is_full, "the box does not open, and nothing is wrong with its disk"
                await asyncio.sleep(TRY_AGAIN_S)
        with contextlib.suppress(DiskFailed):
            if house.secrets.get("cloud.login") is None:
                house.secrets.put("cloud.login", msgspec.json.encode({"user": "shop", "password": "practice"}))
        house.fallback.on_change(lambda: self.phases.append((self._elapsed.s, house.fallback.outage.phase)))
        self.house, self.access = house, Access(house)  # type: ignore[arg-type]
        self.cable.life = self.life = Lifetime()
        self.cable.intake = Intake(house, self.access) if serves else None  # type: ignore[arg-type]
        self._loops = asyncio.create_task(live(house))

    async def off(self, cut: bool = False) -> None:
        """Kill it: nothing more is written. cut: the power is gone as well, and what was not synced with it."""
        house, self.house, self.cable.intake = self.house, None, None
        assert house is not None and self._loops is not None, "it is on"
        await self.life.end()
        self._loops.cancel()
        await asyncio.gather(self._loops, return_exceptions=True)
        if self._disk is None:
            left, self.folder = self.folder, self._next_folder()
            shutil.copytree(left, self.folder, ignore=NOT_COPIED)  # As it stands in this moment; closing would tidy up.
            house.ends.close()
            shutil.rmtree(left)
            return
        self._disk.fails_with = apsw.IOError
        with contextlib.suppress(apsw.Error):
            house.ends.close()
        if cut:
            self._disk.cut(self._chance)
        self._arm()

    def _arm(self) -> None:
        assert self._disk is not None
        self._disk.fails_with = apsw.FullError if self._is_full else None

    def _next_folder(self) -> Path:
        self._folders += 1
        return self._shelf / f"box-{self._folders}"

    def close(self) -> None:
        """Let go of the files."""
        if self.house is not None:
            self.house.ends.close()
        if self._disk is not None:
            self._disk.unregister()

    # What happens to it -------------------------------------------------------------------------

    async def suffer(self, event: Event) -> None:
        """Carry out one event of the script, at its time."""
        match event.what:
            case "full":
                await self._fill_up(event)
            case "restore":
                await self._restore(event)
            case "replace":
                await self._replace(event)
            case "power":
                await self._stop_and_go(event, cut=True)
            case "torn":
                await self._stop_and_go(event, meanwhile=self._tear)
            case _:
                await self._stop_and_go(event)

    async def at(self, after_s: float) -> None:
        await asyncio.sleep(max(0.0, after_s - self._elapsed.s))

    async def _stop_and_go(self, event: Event, cut: bool = False, meanwhile: Callable[[], None] = lambda: None) -> None:
        await self.at(event.at_s)
        async with self._hands:
            await self.off(cut)
            meanwhile()
            await asyncio.sleep(event.span_s)
            await self.on()

    def _tear(self) -> None:
        """What a power cut may leave of files that are not the journal's synced part."""
        with open(self.folder / "journal.db-wal", "ab") as log:
            log.write(self._chance.randbytes(5_000))
        heads = self.folder / "heads.log"
        heads.write_bytes(heads.read_bytes()[: -self._chance.randint(1, 300)])
        (self.folder / "operator.token").write_text("torn")
        (self.folder / "secrets.key.new").write_bytes(b"half")
        if self._chance.random() < 0.5:
            (self.folder / "copies.db").write_bytes(self._chance.randbytes(8_192))

    async def _fill_up(self, event: Event) -> None:
        await self.at(event.at_s)
        async with self._hands:
            self._is_full = True
            self._arm()
        await asyncio.sleep(event.span_s)
        self._is_full = False
        self._arm()
        async with self._hands:  # A disk that failed once is not written to again before a new start.
            await self.off()
            await self.on()

    async def _restore(self, event: Event) -> None:
        """An old copy runs in the place of the right directory; it must not go unnoticed."""
        await self.at(event.at_s - event.size)
        async with self._hands:
            copy, stick = self._next_folder(), self._stick
            shutil.copytree(self.folder, copy, ignore=NOT_COPIED)
        await self.at(event.at_s)
        async with self._hands:
            at_s = self._elapsed.s
            if stick != self._stick:
                return  # A copy of another PC's directory: nobody takes that.
            assert self.house is not None, "nobody else is at it"
            box = self.house.journal.box
            await self.off()
            self._line.is_unplugged = not self.script.second_witness  # Until the tills have said what they know.
            right, self.folder = self.folder, copy
            seen = _last(right) if self.script.second_witness else self.seen(box)  # What nobody saw, nobody can miss.
            lost, lacks = max(0, seen - _last(copy)), _last(right) > _last(copy)
            self.is_wrong = True
            await self.on()
            await asyncio.sleep(event.span_s)
            if self._line.is_unplugged:
                self._line.is_unplugged = False
                self.unplugged.append((at_s, self._elapsed.s))
            assert self.house is not None, "nobody else is at it"
            self.is_wrong = False
            if self.house.journal.broken is None:
                if lost:
                    self.unnoticed.append(f"a copy that lacks {lost} witnessed entries ran from {at_s:.0f} s for {event.span_s:.0f} s")
                elif lacks:
                    self.forgotten.append(right)
                return  # It lacks nothing that anybody saw, so it is the right one as much as the other.
            await self.off()
            await asyncio.sleep(LATE_S_MAX)  # What was on its way to the wrong box never reaches the right one.
            self.folder = right
            self.take_back(at_s)
            await self.on()

    async def _replace(self, event: Event) -> None:
        await self.at(event.at_s)
        async with self._hands:
            await self.off()
            self.old.append(self.folder)
            self.folder = self._next_folder()
            self.folder.mkdir()
            self._stick += 1
            await asyncio.sleep(event.span_s)
            self.is_replaced = True
            await self.on()

    async def swap_disk(self, folder: Path, stick: int, serves: bool) -> Path:
        """Run the box on another data directory: an old disk is read out, and the right one comes back. Returns the one put aside."""
        async with self._hands:
            await self.off()
            aside, self.folder, self._stick = self.folder, folder, stick
            await self.on(serves)
            return aside

    async def stop(self) -> None:
        """The simulation is over; the box stays open for whoever looks at it."""
        assert self._loops is not None
        self._loops.cancel()
        await asyncio.gather(self._loops, return_exceptions=True)


def _last(folder: Path) -> int:
    connection = apsw.Connection(str(folder / "journal.db"))
    try:
        return connection.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()[0]
    finally:
        connection.close()
