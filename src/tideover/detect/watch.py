"""Looks at everything in turn, hears of every real call, and keeps what was seen lately.

It calls no connector and waits for none, so a hanging cloud never delays it. What it keeps is bounded and may be lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from tideover.db import Database
from tideover.detect.doubt import FAR, doubted
from tideover.detect.line_rounds import ANEW_S, METERED_FAR_USE_S, kind_of
from tideover.detect.record.history import History
from tideover.detect.record.spells import Said
from tideover.detect.sight import HELD_KINDS, PACE_FRESH_S_MAX, SLOW_ROW, Key, Sight, Sights, fold, is_fresh
from tideover.detect.verdict import conclude
from tideover.detect.ways import Ways
from tideover.model.line import lines_of
from tideover.model.outage import Observation, Verdict
from tideover.ports import Probe
from tideover.settings import Settings
from tideover.world import World

RELOOK_KINDS = frozenset({"link", "anchor", "dns", "content", "cloud", "login", "card", "sip"})
RELOOK_S = 1.0  # After a first doubt we look again this soon: a failure is known in seconds.
LATE_MAX = 4  # Looks begun beside one that waits for its answer, ANEW_S apart: four that wait for 2 s each are over in 4.1 s.
PAID_KINDS = RELOOK_KINDS - {"link"}  # These go out over the line in use.
BOUND_S = 12.0  # What lies beyond, bound to no line, where it is looked at bound to the line in use, too.
METERED_NEAR_S = 60.0  # An anchor or a name server, bound to no line, where the line in use costs by the byte.
SETTLED_S = 300.0  # Down for longer than this …
SETTLED_PAUSES = 3  # … it is looked at this much more rarely: nothing is gained by haste.
LATEST_MAX = 500  # Looks kept in memory.


@runtime_checkable
class Hurried(Protocol):
    """A look that says the same word again for a while, unless it is told not to."""

    def hurry(self) -> None: ...


class Watch:
    """The shop's lookout: `turn` it, `hear` calls, ask for `verdicts`."""

    def __init__(self, database: Database | None, world: World, settings: Settings, probes: Sequence[Probe]) -> None:
        """database: with the tables of `History`; None keeps nothing (diagnose on a bare machine)."""
        self._world, self._settings, self._probes = world, settings, list(probes)
        usual = Ways(lines_of(settings.lines))
        self.ways: Callable[[], Ways] = lambda: usual  # Whoever knows which line is in use puts his own here.
        self.waiting: Callable[[], frozenset[str]] = frozenset  # Whoever looks over lines says on which he waits.
        self.history = History(database, settings.watch_s)
        self._sights: dict[Key, Sight] = {}
        self._latest: deque[Observation] = deque(maxlen=LATEST_MAX)
        self._looked_at: datetime | None = None
        self._used = ""  # The line in use …
        self._moved_at: datetime | None = None  # … and when the shop came to it from another.
        self._is_hurried = False
        self._told: tuple[tuple[str, str, str, bool], ...] = ()
        self._on_change: list[Callable[[], None]] = []
        self._on_doubt: list[Callable[[], None]] = []
        self._on_bad_look: list[Callable[[], None]] = []
        self.due_s = 0.0  # Until the next turn.
        remembered = self.history.remember(world.now())
        self._sights = fold(remembered, settings.watch_s)
        self._latest.extend(remembered)

    def on_change(self, call: Callable[[], None]) -> None:
        """`call` runs when a service's state or cause changed; make it short, ring a Wake."""
        self._on_change.append(call)

    def on_doubt(self, call: Callable[[], None]) -> None:
        """`call` runs when a real call failed or a person reported: ring the loop that turns this watch."""
        self._on_doubt.append(call)

    def on_bad_look(self, call: Callable[[], None]) -> None:
        """`call` runs when anything answered and now does not, whoever saw it: whoever looks over lines looks again."""
        self._on_bad_look.append(call)

    @property
    def sights(self) -> Sights:
        """All there is, as it was seen last."""
        return self._sights

    def hear(self, look: Observation) -> None:
        """A real call or a person's report; call from the event loop. Raises nothing."""
        self.hear_all([look])

    def hear_all(self, looks: Sequence[Observation]) -> None:
        """Several looks of one moment. What only says again what was known costs no conclusion: quick looks come by the dozen."""
        doubts = any(look.ok is False and not self._is_failing(look) for look in looks)
        before = self._sights
        self._take(looks)
        if any(_turned(before.get(key), self._sights.get(key)) for key in map(_key, looks)):
            self._tell()
        if doubts:
            self.due_s = min(self.due_s, RELOOK_S)
            for call in self._on_doubt:
                call()

    def reports(self) -> list[Said]:
        """What people say does not work, as far as it still counts."""
        now, watch_s = self._world.now(), self._settings.watch_s
        said = [one for one in self._sights.values() if one.kind == "person" and one.failing and is_fresh(one, now, watch_s)]
        return [Said(one.service, one.target, one.turned_at) for one in said if one.turned_at is not None]

    def forget_reports(self, service: str | None = None) -> None:
        """A person says that it works again: what people reported about it no longer counts."""
        gone = [key for key, one in self._sights.items() if one.kind == "person" and service in (None, one.service)]
        self._take([Observation(*key[:3], True, self._world.now(), "taken back", via=key[3]) for key in gone])
        self._tell()

    async def turn(self) -> tuple[Verdict, ...]:
        """Look at everything at once, keep it, conclude; `due_s` then says when the next turn is due."""
        began = self._world.now()
        self._read_in_use(began)
        if not self._looked_just_now():
            self._looked_at = began
            self._hurried()
            await self._look([one for one in self._probes if not self._is_spared(one, began)])
        if self.history.failed:
            self._take([Observation("box", "self", "store", False, self._world.now(), self.history.failed)])
        found = self._tell()
        await self.history.keep(self._world.now())
        took_s = (self._world.now() - began).total_seconds()
        self.due_s = self._pause_s(found, took_s if 0 <= took_s <= self._settings.watch_s else 0.0)
        return found

    async def _look(self, probes: Sequence[Probe]) -> None:
        """Everything at once. What lets us wait is a question already: it is asked again beside the look that waits."""
        running = {asyncio.ensure_future(one.look()): one for one in probes}
        came: set[int] = set()  # What answered, or could not look.
        late = 0
        try:
            while running:
                with contextlib.suppress(TimeoutError):
                    await self._world.within(ANEW_S, asyncio.wait(running))
                ended = [task for task in running if task.done()]
                self._take([task.result() for task in ended])
                came |= {id(running[task]) for task in ended if task.result().ok is not False}
                for task in ended:
                    del running[task]
                running |= {asyncio.ensure_future(one.look()): one for one in self._hurried() if one not in running.values()}
                waiting = {id(one): one for one in running.values() if id(one) not in came and self._is_open(one)}
                if waiting and late < LATE_MAX:
                    late += 1
                    self._tell()
                    running |= {asyncio.ensure_future(one.look()): one for one in waiting.values()}
        finally:
            for task in running:
                task.cancel()

    def _is_open(self, probe: Probe) -> bool:
        """Whether it answers is not known to be so or otherwise: what is down already may be silent."""
        mine = [one for one in self._sights.values() if (one.kind, one.target, one.via) == (kind_of(probe), probe.name, "")]
        return kind_of(probe) in RELOOK_KINDS and not any(one.state == "down" and one.failing for one in mine)

    def _is_spared(self, probe: Probe, now: datetime) -> bool:
        """What is looked at bound to the line in use need not be looked at twice so often; where each byte costs, not at all."""
        line, kind = self.ways().named(self.ways().in_use), kind_of(probe)
        if line is None or kind not in (PAID_KINDS if line.is_metered else FAR) or (kind == "cloud" and self._calls_fail()):
            return False
        rare_s = PACE_FRESH_S_MAX if line.is_metered and kind in FAR else 0.0
        mine = [one for one in self._sights.values() if one.kind == kind and is_fresh(one, now, self._settings.watch_s, rare_s)]
        is_bound = any(one.via == line.name and one.state != "unknown" for one in mine)
        if line.is_metered and is_bound:
            return True
        pause_s = (METERED_FAR_USE_S if kind in FAR else METERED_NEAR_S) if line.is_metered else BOUND_S if is_bound else 0.0
        good = [one for one in mine if one.target == probe.name and not one.via and one.good and self._is_of_this_line(one, now)]
        return any(timedelta(0) <= now - one.last_at < timedelta(seconds=pause_s) for one in good)

    def _read_in_use(self, now: datetime) -> None:
        in_use = self.ways().in_use
        if in_use not in ("", self._used):
            self._moved_at = now if self._used else None
            self._used = in_use

    def _is_of_this_line(self, sight: Sight, now: datetime) -> bool:
        """What was seen before the shop moved says nothing of the line that it goes by now; a clock set back hinders nobody."""
        moved_at = self._moved_at
        return sight.last_at is not None and (moved_at is None or moved_at > now or sight.last_at >= moved_at)

    def _calls_fail(self) -> bool:
        """A real call failed since the cloud's front door was looked at by the way that calls take."""
        ways = ("", self.ways().in_use)
        failed = [one.last_at for one in self._sights.values() if one.kind == "call" and one.failing and one.last_at is not None]
        looked = [one.last_at for one in self._sights.values() if one.kind == "cloud" and one.via in ways and one.last_at is not None]
        return bool(failed) and (not looked or max(failed) > max(looked))

    def _hurried(self) -> list[Probe]:
        """One thing of the shop just failed: those that rest between two looks are asked now, for what lies between may have."""
        if not self._is_hurried:
            return []
        self._is_hurried = False
        found = [one for one in self._probes if isinstance(one, Hurried)]
        for one in found:
            one.hurry()
        return found

    def verdicts(self) -> tuple[Verdict, ...]:
        """What the looks mean at this moment."""
        return conclude(self._sights, self._world.now(), self._settings.watch_s, self.ways())

    def doubted(self) -> frozenset[str]:
        """Names of the lines that are not called down, and may be dead at this moment: nobody should move there yet."""
        return doubted(self._sights, self.ways().lines, self.waiting())

    def latest(self) -> list[Observation]:
        """The last looks, newest first."""
        return list(reversed(self._latest))

    def _is_failing(self, look: Observation) -> bool:
        sight = self._sights.get(_key(look))
        return sight is not None and sight.failing

    def _looked_just_now(self) -> bool:
        """Many failing calls in one moment ask for one round of looks, not for many."""
        if self._looked_at is None:
            return False
        return timedelta(0) <= self._world.now() - self._looked_at < timedelta(seconds=RELOOK_S / 2)

    def _pause_s(self, found: Sequence[Verdict], took_s: float) -> float:
        looked_at = [one for one in self._sights.values() if one.kind in HELD_KINDS]
        loose = [one for one in self._sights.values() if one.kind in RELOOK_KINDS and not one.via]
        doubtful = [one for one in loose if (one.failing or one.slow) and self._is_looked_at(one)]
        is_slow = any(one.kind == "cloud" and not one.failing and 0 < one.slow < SLOW_ROW for one in doubtful)
        if is_slow or self._is_hurried or any(one.failing and one.state != "down" for one in doubtful):
            return min(RELOOK_S, self._settings.watch_s)
        cloud = next(one for one in found if one.service == "cloud")
        lasts = self._world.now() - cloud.since if cloud.state == "down" and cloud.since else timedelta(0)
        settled = lasts > timedelta(seconds=SETTLED_S) and not any(one.good for one in looked_at if one.kind == "cloud")
        return max(min(RELOOK_S, self._settings.watch_s), self._settings.watch_s * (SETTLED_PAUSES if settled else 1) - took_s)

    def _is_looked_at(self, sight: Sight) -> bool:
        """A turn in haste would look at it again; what is spared or long past would stay in doubt for ever."""
        now, mine = self._world.now(), [one for one in self._probes if (kind_of(one), one.name) == (sight.kind, sight.target)]
        return is_fresh(sight, now, self._settings.watch_s) and not any(self._is_spared(one, now) for one in mine)

    def _take(self, looks: Sequence[Observation]) -> None:
        new = [look for look in looks if look.ok is False and not self._is_failing(look)]
        self._is_hurried = self._is_hurried or any(look.kind == "device" or (look.kind == "link" and not look.via) for look in new)
        self._sights = fold(looks, self._settings.watch_s, self._sights)
        for call in self._on_bad_look if new else ():
            call()
        self._latest.extend(looks)
        self.history.take(looks)

    def _tell(self) -> tuple[Verdict, ...]:
        found = self.verdicts()
        self.history.conclude(found, self._world.now())
        now = tuple((one.service, one.state, one.cause, "dns" in one.kinds) for one in found)  # Where names are told one may move to.
        if now != self._told:
            self._told = now
            for call in self._on_change:
                call()
        return found


def _key(look: Observation) -> Key:
    return (look.service, look.kind, look.target, look.via)


def _turned(before: Sight | None, after: Sight | None) -> bool:
    """Whether that look can change what is concluded: all but an answer of what has answered all along."""
    calm = [one is not None and one.state == "up" and not one.failing and not one.is_slow for one in (before, after)]
    return not all(calm)
