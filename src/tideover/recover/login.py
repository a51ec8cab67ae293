"""Call the cloud with a log-in that may run out at any time: it is renewed once for all calls in flight.

A log-in that is not accepted pauses every call; nothing is dropped, and it is tried again now and then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from tideover.errors import Misconfigured, TideoverError
from tideover.model.answer import Answer
from tideover.ports import Sink
from tideover.world import Turns, World

PAUSE = timedelta(seconds=60)  # Between two tries of a log-in that is not accepted.


class Login:
    """One connector's log-in, as its callers share it."""

    def __init__(self, sink: Sink, world: World) -> None:
        self._sink, self._world = sink, world
        self._one_at_a_time = Turns(world)
        self._renewals = 0  # A call that began before the last one need not renew again.
        self._paused_by: TideoverError | None = None
        self.paused_until: datetime | None = None

    async def answer_to(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The cloud's answer; if the log-in ran out it is renewed and the same call made again, once."""
        answer = Answer(word="silent")
        for _ in range(2):
            renewals = self._renewals
            try:
                answer = await call()
            except Misconfigured as error:
                self.pause(error)
                return Answer(word="silent")
            if not answer.login or not await self._renewed(renewals):
                break
        return answer

    async def may_call(self) -> bool:
        """False while the log-in is not accepted; tries it again when the pause is over."""
        if self.paused_until is None:
            return True
        if self._world.now() < self.paused_until:
            return False
        return await self._renewed(self._renewals)

    @property
    def trouble(self) -> str:
        """Why nothing is called; "" if all is well."""
        if self.paused_until is None:
            return ""
        return self._paused_by.message if self._paused_by else "The log-in could not be renewed yet."

    async def _renewed(self, renewals: int) -> bool:
        """True if the log-in is fresh; `renewals`: how many there had been when the call began."""
        async with self._one_at_a_time:
            if self._renewals != renewals:
                return True
            try:
                accepted = await self._sink.renew_login()
            except Misconfigured as error:
                self.pause(error)
                return False
            if accepted:
                self._renewals += 1
                self.paused_until = self._paused_by = None
            else:
                self.pause(None)
            return accepted

    def pause(self, error: TideoverError | None) -> None:
        """Call nothing for a while; `error` says why, where it is known."""
        self.paused_until, self._paused_by = self._world.now() + PAUSE, error
