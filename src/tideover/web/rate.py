"""Counts tries, so that nobody can guess a PIN or a code by trying them all. Holds little, forgets by itself.

Never counts a try that is refused: who is made to wait cannot push others out of what is remembered.
"""

from __future__ import annotations

from tideover.errors import TooOften
from tideover.world import World, to_ms

KEYS_MAX = 1_000  # Different names and addresses remembered at once; the oldest are forgotten first, those that wait last.
GROWN_FORGOTTEN_MS = 86_400_000  # A day without a failure, and the waits begin small again.


class _Key:
    """What is known of one name or address."""

    def __init__(self) -> None:
        self.tries: list[int] = []  # UTC ms, within the span.
        self.waits = 0  # How often it was made to wait without a success since.
        self.until = 0  # UTC ms; no try before.


class Tries:
    """At most so many tries of one key within `span_s`; then it waits, and with `wait_s_max` twice as long each time."""

    def __init__(self, world: World, what: str, span_s: int, wait_s_max: int | None = None) -> None:
        self._world, self._what, self._span_ms = world, what, span_s * 1000
        self._wait_ms_max = (wait_s_max or span_s) * 1000
        self._keys: dict[str, _Key] = {}

    def count(self, **tries_max: int) -> None:
        """Counts one try under each key, given with how many it may have; raises TooOften where one of them has to wait."""
        now = to_ms(self._world.now())
        for key in tries_max:
            wait_ms = self._wait_ms(key, now)
            if wait_ms > 0:
                raise TooOften(what=self._what, wait_s=-(-wait_ms // 1000))
        for key, most in tries_max.items():
            self._add(key, now, most)

    def _wait_ms(self, key: str, now: int) -> int:
        known = self._keys.get(key)
        left = 0 if known is None else known.until - now
        return left if left <= self._wait_ms_max else 0  # More than ever set: the clock was set back.

    def _add(self, key: str, now: int, most: int) -> None:
        known = self._keys.pop(key, None) or _Key()
        if known.tries and not 0 <= now - known.tries[-1] < GROWN_FORGOTTEN_MS:
            known = _Key()
        known.tries = [*(at for at in known.tries if now - self._span_ms < at <= now), now]
        grows = self._wait_ms_max > self._span_ms
        if len(known.tries) >= most or (grows and known.waits):  # Who has waited once has one try at a time.
            first = known.tries[0] if not grows else now
            known.until = first + min(self._span_ms << min(known.waits, 20), self._wait_ms_max)
            known.waits += 1
        self._make_room(now)
        self._keys[key] = known

    def _make_room(self, now: int) -> None:
        if len(self._keys) >= KEYS_MAX:
            free = (key for key in self._keys if self._keys[key].until <= now)
            del self._keys[next(free, next(iter(self._keys)))]

    def forget(self, *keys: str) -> None:
        """A try succeeded: those keys start afresh."""
        for key in keys:
            self._keys.pop(key, None)
