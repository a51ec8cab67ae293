"""Call the cloud with a log-in that may run out at any time: it is renewed once for all calls in flight.

A log-in that is not accepted pauses every call; nothing is dropped, and it is tried again now and then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from tideover.errors import Misconfigured, TideoverError
from tideover.model.answer import Answer
from tideover.ports import Sink
from tideover.rules.pace import growing_s
from tideover.world import Turns, World

PAUSE_S = 60.0  # Between two tries of a log-in that is refused, and at most of one that gets no answer.
PAUSE_MAX = timedelta(seconds=2 * PAUSE_S)
PAUSE_FIRST_S = 2.0  # After the first that gets no answer: most clouds are back in a moment.


class Login:
    """One connector's log-in, as its callers share it."""

    def __init__(self, sink: Sink, world: World) -> None:
        self._sink, self._world = sink, world
        self._one_at_a_time = Turns(world)
        self._renewals = 0  # A call that began before the last one need not renew again.
        self._unanswered = 0  # Log-ins on end.
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
        return not self._is_paused() and await self._renewed(self._renewals)

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
            if self._is_paused():  # Somebody else has just tried.
                return False
            try:
                accepted = await self._sink.renew_login()
            except Misconfigured as error:
                self.pause(error)
                return False
            if accepted:
                self._renewals += 1
                self._unanswered, self.paused_until, self._paused_by = 0, None, None
            else:
                self._pause_unanswered()
            return accepted

    def pause(self, error: TideoverError) -> None:
        """Call nothing for a while; `error` says why."""
        self.paused_until, self._paused_by = self._world.now() + timedelta(seconds=PAUSE_S), error

    def _pause_unanswered(self) -> None:
        self._unanswered += 1
        wait_s = growing_s(PAUSE_FIRST_S, PAUSE_S, self._unanswered, self._world.chance)
        self.paused_until, self._paused_by = self._world.now() + timedelta(seconds=wait_s), None

    def _is_paused(self) -> bool:
        """A pause that is longer than any was begun by a clock that has been set back."""
        left = timedelta(0) if self.paused_until is None else self.paused_until - self._world.now()
        return timedelta(0) < left <= PAUSE_MAX
