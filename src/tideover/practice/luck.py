"""What happens to each call on its way to the cloud, as planned and counted; no sockets, no clock of its own.

Only the interface's calls suffer (speech.py says which); the vendor's own till and the owner's hand pass
untouched. It changes no byte of a call that it lets through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

from tideover.practice.faults import HANG_S, Call, Plan, Strike
from tideover.practice.hostile import spoil
from tideover.practice.speech import PracticeSpeech, Speech, says
from tideover.practice.wire import Answer, Dropped, Request, Response

WAIT_REAL_S = 1.0  # So long the calls beside a hanging one get to finish before the clock jumps.


class Luck:
    """The way from one shop to its cloud."""

    def __init__(
        self,
        forward: Callable[[Request], Awaitable[Answer]],
        spend: Callable[[float], Awaitable[None]],
        crash: Callable[[], bool],
        chance: Random,
        speech: Speech | None = None,
    ) -> None:
        """spend: so many seconds pass; crash: the shop's box dies now, False if there is none to die.

        speech: how this cloud speaks; None: as the practice cloud does.
        """
        self._speech: Speech = speech or PracticeSpeech()
        self._forward, self._spend, self._crash, self._chance = forward, spend, crash, chance
        self._plan: Plan | None = None
        self._till_loses: list[bool] = []
        self._dead_tokens: set[str] = set()
        self._hostile, self._hostile_left = "off", 0
        self._struck: dict[str, int] = {}  # By plans that were disarmed.
        self._calls = self._sends = self._booked = 0
        self._active: set[asyncio.Event] = set()  # Calls on their way that do not wait for the clock.
        self.may_crash = False  # A box that can be killed is known.
        self.logs_in = True  # False: nobody can log in, and whoever was is thrown out.

    # What a rehearsal says --------------------------------------------------------------------------

    def arm(self, faults: dict[str, float], sends_expected: int, entries: Sequence[str]) -> None:
        self.disarm()
        self._plan = Plan(faults, sends_expected, entries, self._chance)

    def disarm(self) -> None:
        self._struck = self._faults_injected()
        self._plan = None

    @property
    def is_armed(self) -> bool:
        return self._plan is not None

    def solved(self, entry: str) -> None:
        """The vendor takes that entry from now on."""
        if self._plan is not None:
            self._plan.solved.add(entry)

    def lose_till_answer(self, forward: bool) -> None:
        """The next sale of the vendor's own till gets no answer; forward: though it is booked."""
        self._till_loses.append(forward)

    def be_hostile(self, mode: str, count: int) -> None:
        """So many next reads are answered with nonsense of that mode; "off": none."""
        self._hostile, self._hostile_left = mode, 0 if mode == "off" else count

    def counts(self) -> dict[str, Any]:
        """What happened so far."""
        return {"faults_injected": self._faults_injected(), "calls": self._calls, "sends": self._sends, "booked": self._booked}

    def _faults_injected(self) -> dict[str, int]:
        now = self._plan.counts if self._plan is not None else {}
        return {name: self._struck.get(name, 0) + now.get(name, 0) for name in {**self._struck, **now}}

    # One call -----------------------------------------------------------------------------------------

    async def serve(self, request: Request) -> Answer:
        """One request of the shop and what comes back, if anything does."""
        if request.method == "POST" and request.target == "/till/sales" and self._till_loses:
            if self._till_loses.pop(0):
                await self._forward(request)
            return Dropped()
        if not self._speech.suffers(request):
            return await self._forward(request)
        done = asyncio.Event()
        self._active.add(done)
        try:
            return await self._call(request, done)
        finally:
            self._active.discard(done)
            done.set()

    async def _call(self, request: Request, done: asyncio.Event) -> Answer:
        send = self._speech.is_send(request)
        self._calls += 1
        self._sends += send
        if self._hostile_left > 0 and not send:
            self._hostile_left -= 1
            return spoil(self._hostile, await self._pass(request))
        if not self.logs_in:
            return self._speech.logged_out()
        if self._speech.needs_login(request) and request.header("authorization") in self._dead_tokens:
            return self._speech.logged_out()
        if self._plan is None:
            return await self._pass(request)
        strike = self._plan.strike(Call(send, self._speech.entry_of(request) if send else ""), self.may_crash)
        return await self._suffer(strike, request, done)

    async def _suffer(self, strike: Strike, request: Request, done: asyncio.Event) -> Answer:
        match strike.fault:
            case "crash":
                if strike.after:
                    await self._pass(request)
                self.may_crash = False  # Until the next box is named.
                self._crash()
                return Dropped()
            case "expire-login":
                self._dead_tokens.add(request.header("authorization"))  # And every later call under it.
                return self._speech.logged_out()
            case "refuse":
                return self._speech.refusal(request)
            case "lost-reply":
                await self._pass(request)
                if strike.hang:
                    await self._pass_time(HANG_S, done)
                return Dropped()
            case "busy":
                return _busy(strike.seconds)
            case "slow":
                await self._pass_time(strike.seconds, done)
                return await self._pass(request)
            case "duplicate":
                first, second = await self._pass(request), await self._pass(request)
                return first if isinstance(second, Dropped) else second
            case None:
                return await self._pass(request)

    async def _pass(self, request: Request) -> Answer:
        answer = await self._forward(request)
        if isinstance(answer, Response) and answer.status == 201 and request.target == "/api/sales":
            self._booked += 1
        return answer

    async def _pass_time(self, seconds: float, done: asyncio.Event) -> None:
        """Time passes once the calls beside this one are through: it is this one that is slow, not they."""
        self._active.discard(done)  # Two that wait must not wait for each other.
        others = [asyncio.ensure_future(other.wait()) for other in self._active]
        if others:
            _, late = await asyncio.wait(others, timeout=WAIT_REAL_S)
            for one in late:
                one.cancel()
        await self._spend(seconds)


def _busy(seconds: float) -> Response:
    if seconds:
        return says(429, {"cause": "busy", "reason": "Too many calls."}, (b"retry-after", str(int(seconds)).encode()))
    return says(503, {"cause": "busy", "reason": "Come back later."})
