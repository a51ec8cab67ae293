"""Proves each line that is not in use, weekly or when asked: the log-in page is reached, and fast enough.

A proof is dated and expires. It costs a few hundred kilobytes, on a line that counts its bytes at most once a month.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

from tideover.activate.allowance import SLOW_BYTES_PER_S, is_throttled
from tideover.activate.ladder import Way
from tideover.activate.switch import LineNow
from tideover.activate.switch_log import Proof, SwitchLog
from tideover.errors import Damaged, NotFound, WrongState
from tideover.journal.store import Journal
from tideover.model.line import Line
from tideover.model.switching import LineProved
from tideover.world import World

EVERY = timedelta(days=7)
AGAIN = timedelta(days=1)  # After a proof that failed.
MEASURED_EVERY = timedelta(days=30)  # On a line that counts its bytes.
EXPIRES = timedelta(days=35)  # Four weeks missed: then it is said to be old.
THROTTLE_LOOKS_BACK = timedelta(days=180)

Prove = Callable[[Line, bool], Awaitable[LineProved]]  # The line, and whether its speed is measured. Raises nothing, ends by itself.


class LineProofs:
    """The proofs of one shop's lines."""

    def __init__(self, journal: Journal, world: World, lines: Sequence[Line], prove: Prove | None, log: Callable[[], SwitchLog]) -> None:
        """prove: None where the settings name no page to prove it with. log: what the journal says."""
        self._journal, self._world, self._prove, self._log = journal, world, prove, log
        self._lines = {one.name: one for one in lines}

    @property
    def can_prove(self) -> bool:
        """The settings name something to prove a line with."""
        return self._prove is not None

    def newest(self, line: str) -> Proof | None:
        """The last proof of that line, good or bad."""
        found = self._log().proofs.get(line)
        return found[-1] if found else None

    def speed(self, line: str) -> Proof | None:
        """The last proof in which its speed was measured."""
        return next((one for one in reversed(self._log().proofs.get(line, ())) if one.body.bytes_per_s is not None), None)

    def is_throttled(self, line: str) -> bool:
        """The last measure lies far below those before it."""
        last, since = self.speed(line), self._world.now() - THROTTLE_LOOKS_BACK
        if last is None or last.body.bytes_per_s is None:
            return False
        before = [
            one.body.bytes_per_s
            for one in self._log().proofs[line]
            if one is not last and one.body.bytes_per_s is not None and one.at >= since
        ]
        return is_throttled(last.body.bytes_per_s, before)

    def due(self, lines: Iterable[LineNow], in_use: str) -> str:
        """The line whose proof is due: it answers, and is not the one in use; "" for none."""
        if self._prove is None:
            return ""
        return next((one.name for one in lines if one.name != in_use and one.state == "up" and self._is_due(one.name)), "")

    def _is_due(self, name: str) -> bool:
        last = self.newest(name)
        return last is None or self._age(last.at) >= (EVERY if last.body.works else AGAIN)

    def _age(self, at: datetime) -> timedelta:
        return abs(self._world.now() - at)

    async def prove(self, name: str, by: str = "", measures: bool | None = None) -> LineProved:
        """Prove it now. measures: None leaves it to the rule, True is a person's wish. Raises NotFound, WrongState."""
        if name not in self._lines:
            raise NotFound(what="line", id=name[:40])
        if self._prove is None:
            raise WrongState(what="Proving a line", why="the settings name no page of the cloud (cloud_page) and no proof_page")
        line, speed = self._lines[name], self.speed(name)
        if measures is None:
            measures = not line.is_metered or speed is None or self._age(speed.at) >= MEASURED_EVERY
        found = await self._prove(line, measures)
        with contextlib.suppress(Damaged):  # The answer counts all the same.
            await self._journal.record("line_proved", found, operator=by or None)
        return found

    def other_line(self, lines: Sequence[LineNow], in_use: str) -> Way | None:
        """The way of rung 1: another line than the one in use, with its last proof; None where the shop has none."""
        others = [one for one in lines if one.name != in_use]
        ways = [self._way(one) for one in others]
        return next((one for one in ways if one.ready), ways[0] if ways else None)

    def _way(self, line: LineNow) -> Way:
        worked = next((one for one in reversed(self._log().proofs.get(line.name, ())) if one.body.works), None)
        proven_at = worked.at if worked else None
        why = self._why_not(line)
        return Way(line.name, not why, proven_at, why)

    def _why_not(self, line: LineNow) -> str:
        last, speed = self.newest(line.name), self.speed(line.name)
        if line.is_nameless and line.state in ("up", "degraded"):
            return "no name is found over it"
        if line.state != "up":
            return {"down": "it is dead", "degraded": "it works only in part"}.get(line.state, "it is not known whether it works")
        if line.used_percent is not None and line.used_percent >= 100:
            return "its allowance is used up"
        if last is not None and not last.body.works and self._age(last.at) < EXPIRES:
            return "its last proof failed"
        if speed is not None and (speed.body.bytes_per_s or 0) < SLOW_BYTES_PER_S and self._age(speed.at) < EXPIRES:
            return f"too slow for the cloud till: {megabits(speed.body.bytes_per_s or 0)} Mbit/s"
        return ""


def megabits(bytes_per_s: int) -> str:
    """Mbit/s with one decimal."""
    return f"{bytes_per_s * 8 / 1_000_000:.1f}"
