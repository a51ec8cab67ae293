"""Decide what to do next with one sale that the cloud must learn of.

This is the whole of "once": the entry's id was made at the till and stored before anything
was sent; after silence the cloud is asked, never told again blindly; where it cannot be
asked, a person is. Nothing here does I/O or knows what a sale is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from tideover.model.answer import Attempt
from tideover.model.manifest import Manifest

ATTEMPTS_MAX = 19  # 24.6 h of waits if all are silent (tested); then a person looks.
WAIT_FIRST = timedelta(seconds=2)
WAIT_MAX = timedelta(hours=4)  # A cloud's Retry-After beyond this is not believed either.

ParkReason = Literal["differs", "refused", "exhausted", "cannot-ask"]


class Send(Struct, frozen=True):
    """Tell the cloud, under the entry's id."""

    not_before: datetime  # UTC.


class Ask(Struct, frozen=True):
    """Ask the cloud whether it has the entry; tell it nothing."""

    not_before: datetime  # UTC.


class Park(Struct, frozen=True):
    """A person looks; nothing is sent or asked until then."""

    reason: ParkReason


class Done(Struct, frozen=True):
    """It is in the cloud, in its final state."""


Step = Send | Ask | Park | Done


def next_step(attempts: Sequence[Attempt], manifest: Manifest, now: datetime) -> Step:
    """Return the one right next step for an entry.

    attempts: all sends and asks so far, oldest first; empty if never sent.
    manifest: only `window` and `settle` are looked at.
    now: UTC.
    Raises nothing: every answer of the cloud is a value.
    """
    if not attempts:
        return Send(not_before=now)
    last = attempts[-1]
    match last.word:
        case "created" | "exists":
            return Done()
        case "differs" | "refused":
            return Park(reason=last.word)
        case _ if len(attempts) >= ATTEMPTS_MAX:
            return Park(reason="exhausted")
        case "partial":
            return _go_on(attempts, manifest, now)
        case "silent" if manifest.settle is None:
            return _send_again_or_park(attempts, manifest, now)
        case "silent":
            return Ask(not_before=_over(last) + max(manifest.settle, _wait(attempts)))
        case _:
            return _after_absent(attempts, manifest, now)


def _send_again_or_park(attempts: Sequence[Attempt], manifest: Manifest, now: datetime) -> Send | Park:
    """The cloud cannot be asked: only its key keeps a second send from doubling."""
    at = max(now, _over(attempts[-1]) + _wait(attempts))
    return Send(not_before=at) if _is_inside(attempts, manifest, at) else Park(reason="cannot-ask")


def _after_absent(attempts: Sequence[Attempt], manifest: Manifest, now: datetime) -> Send | Ask:
    """Inside the window, as of now, one "absent" is enough; past it two, `settle` apart."""
    last = attempts[-1]
    at = max(now, _over(last))
    asked_twice = len(attempts) > 1 and attempts[-2].word == "absent"
    if asked_twice or _is_inside(attempts, manifest, at):
        return Send(not_before=at)
    return Ask(not_before=_over(last) + (manifest.settle or timedelta(0)))


def _go_on(attempts: Sequence[Attempt], manifest: Manifest, now: datetime) -> Send | Park:
    """Half-booked: the same send again continues it, as soon as the cloud finds its first half (by key, or by looking)."""
    last = attempts[-1]
    at = max(now, _over(last) + _wait_for_the_rest(attempts))
    if last.act == "ask" or _is_inside(attempts, manifest, at):
        return Send(not_before=at)
    if manifest.settle is None:
        return Park(reason="cannot-ask")
    return Send(not_before=max(at, _over(last) + manifest.settle))


def _wait_for_the_rest(attempts: Sequence[Attempt]) -> timedelta:
    """A half-booked sale is continued at once; one that stays half-booked, ever more rarely."""
    stuck = 0
    for attempt in reversed(attempts):
        if attempt.word != "partial":
            break
        stuck += 1
    return timedelta(0) if stuck == 1 else min(WAIT_FIRST * 2 ** (stuck - 2), WAIT_MAX)


def _is_inside(attempts: Sequence[Attempt], manifest: Manifest, at: datetime) -> bool:
    """True if the cloud still honours our key at `at`; a first send "in the future" (a clock set back) proves nothing."""
    first = attempts[0].at
    return first <= at < first + manifest.window


def _over(attempt: Attempt) -> datetime:
    """Waits count from the end of an attempt: until then its request may have been on the way."""
    return attempt.over_at or attempt.at


def _wait(attempts: Sequence[Attempt]) -> timedelta:
    """Doubling wait by the number of silences so far, or what the cloud asked for if longer; bounded."""
    silences = sum(attempt.word == "silent" for attempt in attempts)
    asked_s = min(attempts[-1].retry_after_s or 0, WAIT_MAX.total_seconds())
    return max(min(WAIT_FIRST * 2 ** (silences - 1), WAIT_MAX), timedelta(seconds=max(0, asked_s)))


