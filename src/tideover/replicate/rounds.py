"""Goes round the copies: pulls what is due, plans each one's next time, tells a person what was odd.

One broken dataset never holds up the others; a cloud that is silent ends the round early.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from tideover.copies.store import Copies, check_dataset
from tideover.errors import CloudSilent, Misconfigured, Unavailable
from tideover.model.finding import Finding
from tideover.model.item import DATASETS, Dataset
from tideover.ports import Source
from tideover.replicate.due import RETRY_FIRST_S, Due, due_now, last_night, next_after_failure, next_after_good, next_night
from tideover.replicate.pull import pull
from tideover.settings import Settings
from tideover.world import Turns, Wake, World

SILENT_MAX = 2  # Silences in one round after which the rest waits for the next: the line is away.

Tell = Callable[[Finding], Awaitable[object]]


class Replicate:
    """The copies' loop: call `turn`, pause as long as it says (or until `wake` rings), again."""

    def __init__(self, copies: Copies, source: Source, world: World, settings: Settings, tell: Tell | None = None) -> None:
        """tell: where findings go (the journal); each is told once until a pull of that dataset is clean again."""
        self._copies, self._source, self._world, self._settings = copies, source, world, settings
        self._tell = tell
        self._told: set[str] = set()
        self._hinted: set[Dataset] = set()
        self._one_at_a_time = Turns(world)  # Two pulls of one dataset would gather into the same rows.
        self.wake = Wake(world)

    def hint(self, *datasets: Dataset) -> None:
        """Something says that these changed (none named: all of them): they are pulled in the next turn, at once."""
        self._hinted.update(check_dataset(one) for one in datasets or DATASETS)
        self.wake.ring()

    async def turn(self) -> float:
        """Pull everything due now; returns seconds until the next is due."""
        now, settings = self._world.now(), self._settings
        night = last_night(now, settings.full_pull_at, settings.time_zone)
        silent = 0
        for due in due_now(self._copies.states(), frozenset(self._hinted), now, settings.replicate_s, night):
            self._hinted.discard(due.dataset)
            silent = 0 if await self._pull(due) else silent + 1
            if silent == SILENT_MAX:
                return max(RETRY_FIRST_S, self._pause_s())
        return self._pause_s()

    async def pull_now(self, dataset: Dataset) -> None:
        """Pull one at once, for a person who waits; a turn of the loop waits for it. Raises Unavailable, Misconfigured."""
        async with self._one_at_a_time:
            pulled = await pull(dataset, self._source, self._copies, self._world, False, self._settings.owner)
        await self._copies.plan_next(dataset, self._next_good())
        await self._report(dataset, pulled.findings)

    async def _pull(self, due: Due) -> bool:
        """Pull one; False if the cloud was silent."""
        interval_s = self._settings.replicate_s
        try:
            async with self._one_at_a_time:
                pulled = await pull(due.dataset, self._source, self._copies, self._world, due.whole, self._settings.owner)
        except (Unavailable, Misconfigured) as error:
            now, failures = self._world.now(), self._copies.state(due.dataset).failures
            wait_s = getattr(error, "retry_after_s", None)
            await self._copies.plan_next(due.dataset, next_after_failure(now, interval_s, failures, wait_s))
            return not isinstance(error, CloudSilent)
        await self._copies.plan_next(due.dataset, self._next_good())
        await self._report(due.dataset, pulled.findings)
        return True

    def _next_good(self) -> datetime:
        now, settings = self._world.now(), self._settings
        return next_after_good(now, settings.replicate_s, next_night(now, settings.full_pull_at, settings.time_zone))

    async def _report(self, dataset: Dataset, findings: tuple[Finding, ...]) -> None:
        if not findings:
            self._told = {key for key in self._told if not key.endswith(f":{dataset}")}
        for finding in findings:
            if finding.key not in self._told and self._tell is not None:
                self._told.add(finding.key)
                await self._tell(finding)

    def _pause_s(self) -> float:
        now = self._world.now()
        dues = [state.next_due for state in self._copies.states()]
        first = min((due for due in dues if due is not None), default=now)
        return max(0.0, (first - now).total_seconds()) if None not in dues else 0.0
