"""Looks at everything in turn, hears of every real call, and keeps what was seen lately.

It calls no connector and waits for none, so a hanging cloud never delays it. What it keeps is bounded and may be lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import apsw

from tideover.db import Database
from tideover.detect.sight import HELD_KINDS, SLOW_FRESH_S, Key, Sight, fold
from tideover.detect.verdict import conclude
from tideover.errors import DiskFailed
from tideover.model.outage import Observation, Verdict
from tideover.ports import Probe
from tideover.settings import Settings
from tideover.world import World, from_ms, to_ms

RELOOK_S = 1.0  # After a first doubt we look again this soon: a failure is known in seconds.
SETTLED_S = 300.0  # Down for longer than this …
SETTLED_PAUSES = 3  # … it is looked at this much more rarely: nothing is gained by haste.
LATEST_MAX = 500  # Looks kept in memory.
WAITING_MAX = 1_000  # Looks waiting to be written; more than a minute can bring.
ROWS_MAX = 20_000  # Rows kept in the table: about two days, as most looks are not written.
ROWS_SPARE = 500  # So many more may stand there until they are cut.
KEEP_S = 60.0  # A look that says the same as before is written once in so long, so that gaps can be told.
REMEMBER_ROWS = 2_000  # Rows read back at the start.

INSERT = "INSERT INTO observation (service, kind, target, ok, at_ms, text, took_ms, via) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
CUT = "DELETE FROM observation WHERE id <= (SELECT max(id) FROM observation) - ?"
REMEMBER = (
    "SELECT service, kind, target, ok, at_ms, text, took_ms, via FROM "
    "(SELECT * FROM observation ORDER BY id DESC LIMIT ?) WHERE at_ms BETWEEN ? AND ? ORDER BY id"
)


class Watch:
    """The shop's lookout: `turn` it, `hear` calls, ask for `verdicts`."""

    def __init__(self, database: Database | None, world: World, settings: Settings, probes: Sequence[Probe]) -> None:
        """database: with the table `observation`; None keeps nothing (diagnose on a bare machine)."""
        self._database, self._world, self._settings, self._probes = database, world, settings, list(probes)
        self._sights: dict[Key, Sight] = {}
        self._latest: deque[Observation] = deque(maxlen=LATEST_MAX)
        self._waiting: deque[Observation] = deque(maxlen=WAITING_MAX)
        self._written: dict[Key, Observation] = {}
        self._rows_since_cut = ROWS_SPARE
        self._looked_at: datetime | None = None
        self._not_kept = ""  # Why the table takes nothing any more.
        self._told: tuple[tuple[str, str, str], ...] = ()
        self._on_change: list[Callable[[], None]] = []
        self._on_doubt: list[Callable[[], None]] = []
        self.due_s = 0.0  # Until the next turn.
        self._remember()

    def on_change(self, call: Callable[[], None]) -> None:
        """`call` runs when a service's state or cause changed; make it short, ring a Wake."""
        self._on_change.append(call)

    def on_doubt(self, call: Callable[[], None]) -> None:
        """`call` runs when a real call failed or a person reported: ring the loop that turns this watch."""
        self._on_doubt.append(call)

    def hear(self, look: Observation) -> None:
        """A real call or a person's report; call from the event loop. Raises nothing."""
        doubts = look.ok is False and not self._is_failing(look)
        self._take([look])
        self._tell()
        if doubts:
            self.due_s = min(self.due_s, RELOOK_S)
            for call in self._on_doubt:
                call()

    def forget_reports(self, service: str | None = None) -> None:
        """A person says that it works again: what people reported about it no longer counts."""
        gone = [key for key, one in self._sights.items() if one.kind == "person" and service in (None, one.service)]
        self._take([Observation(*key[:3], True, self._world.now(), "taken back", via=key[3]) for key in gone])
        self._tell()

    async def turn(self) -> tuple[Verdict, ...]:
        """Look at everything at once, keep it, conclude; `due_s` then says when the next turn is due."""
        if not self._looked_just_now():
            self._looked_at = self._world.now()
            self._take(await asyncio.gather(*(probe.look() for probe in self._probes)))
        await self._keep()
        if self._not_kept:
            self._take([Observation("box", "self", "store", False, self._world.now(), self._not_kept)])
        self._tell()
        found = self.verdicts()
        self.due_s = self._pause_s(found)
        return found

    def verdicts(self) -> tuple[Verdict, ...]:
        """What the looks mean at this moment."""
        return conclude(self._sights, self._world.now(), self._settings.watch_s)

    def latest(self) -> list[Observation]:
        """The last looks, newest first."""
        return list(reversed(self._latest))

    def _is_failing(self, look: Observation) -> bool:
        sight = self._sights.get((look.service, look.kind, look.target, look.via))
        return sight is not None and sight.failing

    def _looked_just_now(self) -> bool:
        """Many failing calls in one moment ask for one round of looks, not for many."""
        if self._looked_at is None:
            return False
        return timedelta(0) <= self._world.now() - self._looked_at < timedelta(seconds=RELOOK_S / 2)

    def _pause_s(self, found: Sequence[Verdict]) -> float:
        looked_at = [one for one in self._sights.values() if one.kind in HELD_KINDS]
        if any(one.failing and one.state != "down" for one in looked_at):
            return min(RELOOK_S, self._settings.watch_s)
        cloud = next(one for one in found if one.service == "cloud")
        lasts = self._world.now() - cloud.since if cloud.state == "down" and cloud.since else timedelta(0)
        settled = lasts > timedelta(seconds=SETTLED_S) and not any(one.good for one in looked_at if one.kind == "cloud")
        return self._settings.watch_s * (SETTLED_PAUSES if settled else 1)

    def _take(self, looks: Sequence[Observation]) -> None:
        self._sights = fold(looks, self._settings.watch_s, self._sights)
        for look in looks:
            self._latest.append(look)
            key = (look.service, look.kind, look.target, look.via)
            before = self._written.get(key)
            if before is None or before.ok != look.ok or abs(look.at - before.at) >= timedelta(seconds=KEEP_S):
                self._written[key] = look
                self._waiting.append(look)
        for key in [key for key in self._written if key not in self._sights]:
            del self._written[key]

    def _tell(self) -> None:
        now = tuple((one.service, one.state, one.cause) for one in self.verdicts())
        if now != self._told:
            self._told = now
            for call in self._on_change:
                call()

    # The table ----------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Write what is new. A disk that does not take it is itself something seen, and no reason to stop looking."""
        if self._database is None or not self._waiting:
            return
        rows = [_row(look) for look in self._waiting]
        self._waiting.clear()
        self._rows_since_cut += len(rows)
        cut = self._rows_since_cut >= ROWS_SPARE
        if cut:
            self._rows_since_cut = 0

        def work(connection: apsw.Connection) -> None:
            connection.executemany(INSERT, rows)
            if cut:
                connection.execute(CUT, (ROWS_MAX,))

        try:
            await self._database.write_soon(work)
        except DiskFailed as error:
            self._database, self._not_kept = None, error.message

    def _remember(self) -> None:
        """After a restart, what was seen a moment ago still counts; older looks are a gap."""
        if self._database is None:
            return
        now_ms = to_ms(self._world.now())
        rows = self._database.rows(REMEMBER, (REMEMBER_ROWS, now_ms - round(SLOW_FRESH_S * 1000), now_ms))
        looks = [_look(row) for row in rows]
        self._sights = fold(looks, self._settings.watch_s)
        self._written = {(one.service, one.kind, one.target, one.via): one for one in looks}
        self._latest.extend(looks)


def _row(look: Observation) -> tuple[object, ...]:
    return (look.service, look.kind, look.target, look.ok, to_ms(look.at), look.text, look.took_ms, look.via)


def _look(row: tuple[object, ...]) -> Observation:
    service, kind, target, ok, at_ms, text, took_ms, via = row
    return Observation(service, kind, target, None if ok is None else bool(ok), from_ms(at_ms), text, took_ms, via)
